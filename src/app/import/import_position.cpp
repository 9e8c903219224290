#include "app/import/import_position.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace adbacus {
namespace {

constexpr std::string_view kReason = "reason ";
constexpr std::string_view kShown = "shown ";

std::uint64_t take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::string import_position_text(const ImportPosition& position) {
  std::string text = fmt::format("{} {} {}\n", position.row, position.digest, position.position);
  for (const auto& [code, rows] : position.reasons)
    text += fmt::format("{}{} {}\n", kReason, rows, code);
  for (std::string shown : position.first_rejections) {
    for (char& c : shown) c = c == '\n' || c == '\r' ? ' ' : c;
    text += fmt::format("{}{}\n", kShown, shown);
  }
  return text;
}

ImportPosition parse_import_position(std::string_view text) {
  ImportPosition position;
  std::string_view first = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), first.size() + 1));
  position.row = take_number(first);
  if (first.starts_with(' ')) first.remove_prefix(1);
  position.digest = take_number(first);
  if (first.starts_with(' ')) position.position = first.substr(1);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with(kShown)) {
      position.first_rejections.emplace_back(line.substr(kShown.size()));
    } else if (line.starts_with(kReason)) {
      line.remove_prefix(kReason.size());
      const std::uint64_t rows = take_number(line);
      if (line.size() < 2) continue;
      position.reasons[std::string(line.substr(1))] += rows;
      position.rejected += rows;
    }
  }
  return position;
}

}  // namespace adbacus
