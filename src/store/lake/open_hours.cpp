#include "store/lake/open_hours.hpp"

#include <algorithm>

namespace adbacus {

OpenHours::OpenHours(const LakeOptions& options, std::uint64_t hash_seed)
    : options_(options), hash_seed_(hash_seed), scratch_(options.compression_level) {}

Result<void> OpenHours::append(const LakeEvent& event, const PackedEvent& packed) {
  const TimeUs hour_us = floor_to(packed.time_us, kHourUs);
  if (last_ == nullptr || hour_us != last_hour_us_) {
    if (files_.empty()) opened_log_us_ = event.log_time_us;
    Open& open = files_[hour_us];
    if (open.file == nullptr) {
      open.file =
          spare_ != nullptr ? std::move(spare_) : std::make_unique<EventFile>(hash_seed_, scratch_);
    }
    last_hour_us_ = hour_us;
    last_ = &open;
  }
  auto appended = last_->file->append(event, packed);
  const std::size_t bytes = last_->file->memory_bytes();
  memory_bytes_ += bytes - last_->counted_bytes;
  last_->counted_bytes = bytes;
  return appended;
}

std::vector<TimeUs> OpenHours::due() const {
  if (last_ != nullptr && is_full(*last_->file)) return {last_hour_us_};
  if (memory_bytes_ > options_.open_bytes_max || files_.size() > options_.open_hours_max)
    return largest();
  return {};
}

// A quarter of the memory at once, so that rows of many hours do not lead to files of one row.
std::vector<TimeUs> OpenHours::largest() const {
  std::vector<std::pair<std::size_t, TimeUs>> by_size;
  for (const auto& [hour_us, open] : files_) by_size.emplace_back(open.counted_bytes, hour_us);
  std::sort(by_size.rbegin(), by_size.rend());
  std::vector<TimeUs> chosen;
  std::size_t bytes = 0;
  for (const auto& [size, hour_us] : by_size) {
    if (!chosen.empty() && bytes * 4 > memory_bytes_ && chosen.size() * 4 > files_.size()) break;
    chosen.push_back(hour_us);
    bytes += size;
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

bool OpenHours::interval_over(TimeUs log_time_us) const {
  return !files_.empty() && log_time_us - opened_log_us_ >= options_.cut_interval_us;
}

std::vector<TimeUs> OpenHours::hours() const {
  std::vector<TimeUs> hours;
  for (const auto& [hour_us, open] : files_) hours.push_back(hour_us);
  return hours;
}

void OpenHours::close(TimeUs hour_us) {
  const auto at = files_.find(hour_us);
  memory_bytes_ -= at->second.counted_bytes;
  if (last_ == &at->second) last_ = nullptr;
  if (spare_ == nullptr) {
    spare_ = std::move(at->second.file);
    spare_->reset();
  }
  files_.erase(at);
}

Seq OpenHours::first_open_seq(const std::vector<TimeUs>& cut, Seq none) const {
  Seq first = none;
  for (const auto& [hour_us, open] : files_) {
    if (!std::binary_search(cut.begin(), cut.end(), hour_us))
      first = std::min(first, open.file->first_seq());
  }
  return first;
}

}  // namespace adbacus
