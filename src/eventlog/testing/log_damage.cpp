#include "eventlog/testing/log_damage.hpp"

#include <gtest/gtest.h>

namespace adbacus {

std::unique_ptr<LogModel> make_log(std::uint64_t seed, std::size_t segments) {
  auto model = std::make_unique<LogModel>(seed);
  EXPECT_TRUE(model->open());
  while (model->segments().size() < segments) EXPECT_TRUE(model->commit_some(20, 20'000));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(model->commit_some(20, 2000));
  return model;
}

SeqRange named_range(const std::string& message) {
  SeqRange range;
  const std::size_t at = message.find("--accept-loss=");
  if (at == std::string::npos) return range;
  const std::size_t dash = message.find('-', at + 14);
  range.first = std::stoull(message.substr(at + 14));
  range.last = std::stoull(message.substr(dash + 1));
  return range;
}

void flip_bit(LogModel& model, const std::string& path, std::uint64_t bit) {
  std::string content = model.disk().content(path);
  content[bit / 8] = static_cast<char>(content[bit / 8] ^ (1 << (bit % 8)));
  model.disk().set_content(path, content);
}

}  // namespace adbacus
