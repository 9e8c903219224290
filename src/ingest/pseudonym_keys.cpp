#include "ingest/pseudonym_keys.hpp"

#include <cinttypes>
#include <cstdio>
#include <fmt/format.h>
#include <utility>

#include "base/logging.hpp"
#include "base/rng.hpp"
#include "http/peers.hpp"

namespace adbacus {
namespace {

std::int64_t day_of(TimeUs time_us) {
  return time_us / kDayUs;
}

// A line for each: "<day> <32 hex digits>", the newer first.
DayKeys parse(const std::string& text) {
  std::array<DayKeys::Key, 2> keys{};
  std::size_t at = 0;
  for (DayKeys::Key& key : keys) {
    int bytes = 0;
    const int found = std::sscanf(text.c_str() + at, "%" SCNd64 " %16" SCNx64 "%16" SCNx64 "\n%n",
                                  &key.day, key.secret.data(), &key.secret[1], &bytes);
    if (found != 3 || key.day < 0) {
      key = {};
      break;
    }
    at += static_cast<std::size_t>(bytes);
  }
  if (keys[1].day >= keys[0].day) keys[1] = {};
  return {keys[0], keys[1]};
}

}  // namespace

const IpHashKey* DayKeys::find(TimeUs event_time_us) const {
  const std::int64_t day = day_of(event_time_us);
  if (day >= keys_[0].day) return &keys_[0].secret;
  return day == keys_[1].day ? &keys_[1].secret : nullptr;
}

const IpHashKey& DayKeys::nearest(TimeUs event_time_us) const {
  if (const IpHashKey* const key = find(event_time_us)) return *key;
  return keys_[keys_[1].day < 0 ? 0 : 1].secret;
}

PseudonymKeys::PseudonymKeys(FileSystem& fs, std::string path)
    : fs_(fs), path_(std::move(path)), keys_(std::make_shared<const DayKeys>()) {
  const auto there = fs_.exists(path_);
  if (!there || !*there) return;
  const auto text = read_file(fs_, path_);
  if (text) keys_ = std::make_shared<const DayKeys>(parse(*text));
  if (keys_->all()[0].day < 0)
    log_warn("keys of pseudonyms cannot be read and are made anew", {{"file", path_}});
}

std::shared_ptr<const DayKeys> PseudonymKeys::at(TimeUs now_us) {
  const std::int64_t day = day_of(now_us);
  const std::lock_guard lock(mutex_);
  const DayKeys::Key& newest = keys_->all()[0];
  if (newest.day >= day && newest.day >= 0) return keys_;  // a clock that went back makes none
  const DayKeys::Key made{.day = day, .secret = {secure_random_u64(), secure_random_u64()}};
  const bool is_next = newest.day + 1 == day && newest.day >= 0;
  keys_ = std::make_shared<const DayKeys>(made, is_next ? newest : DayKeys::Key{});
  write(*keys_);
  return keys_;
}

void PseudonymKeys::write(const DayKeys& keys) const {
  std::string text;
  for (const DayKeys::Key& key : keys.all()) {
    if (key.day < 0) continue;
    text += fmt::format("{} {:016x}{:016x}\n", key.day, key.secret[0], key.secret[1]);
  }
  if (const auto written = write_file_atomically(fs_, path_, text); !written)
    log_error("keys of pseudonyms are not stored: after a restart the same visitors are others",
              {{"file", path_}, {"error", written.error().message}});
}

std::string visitor_id(const IpHashKey& key, std::string_view tenant, std::string_view ip,
                       std::string_view user_agent) {
  const auto address = http::PeerAddress::parse(ip);
  if (!address) return {};
  std::string text(tenant);
  text += '\0';
  text.append(reinterpret_cast<const char*>(address->bytes.data()), address->bytes.size());
  text += user_agent;
  return fmt::format("v-{:016x}", sip_hash(text, key));
}

}  // namespace adbacus
