#include "store/lake/open_hours.hpp"

#include <algorithm>

namespace adbacus {

OpenHours::OpenHours(const LakeOptions& options, std::uint64_t hash_seed)
    : options_(options), hash_seed_(hash_seed), scratch_(options.compression_level) {}

Result<void> OpenHours::append(const LakeEvent& event, const PackedEvent& packed) {
  const TimeUs hour_us = floor_to(packed.time_us, kHourUs);
  if (last_file_ == nullptr || hour_us != last_hour_us_) {
    if (files_.empty()) opened_log_us_ = event.log_time_us;
    std::unique_ptr<EventFile>& file = files_[hour_us];
    if (file == nullptr) {
      file =
          spare_ != nullptr ? std::move(spare_) : std::make_unique<EventFile>(hash_seed_, scratch_);
      memory_bytes_ += file->memory_bytes();
    }
    last_hour_us_ = hour_us;
    last_file_ = file.get();
  }
  const std::size_t before = last_file_->memory_bytes();
  auto appended = last_file_->append(event, packed);
  memory_bytes_ += last_file_->memory_bytes() - before;
  return appended;
}

std::vector<TimeUs> OpenHours::due() const {
  if (last_file_ != nullptr && (last_file_->rows() >= options_.rows_max ||
                                last_file_->finished_bytes() >= options_.file_bytes_max))
    return {last_hour_us_};
  if (memory_bytes_ > options_.open_bytes_max || files_.size() > options_.open_hours_max)
    return largest();
  return {};
}

// A quarter of the memory at once, so that rows of many hours do not lead to files of one row.
std::vector<TimeUs> OpenHours::largest() const {
  std::vector<std::pair<std::size_t, TimeUs>> by_size;
  for (const auto& [hour_us, file] : files_) by_size.emplace_back(file->memory_bytes(), hour_us);
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
  for (const auto& [hour_us, file] : files_) hours.push_back(hour_us);
  return hours;
}

void OpenHours::close(TimeUs hour_us) {
  const auto at = files_.find(hour_us);
  memory_bytes_ -= at->second->memory_bytes();
  if (last_file_ == at->second.get()) last_file_ = nullptr;
  if (spare_ == nullptr) {
    spare_ = std::move(at->second);
    spare_->reset();
  }
  files_.erase(at);
}

Seq OpenHours::first_open_seq(const std::vector<TimeUs>& cut, Seq none) const {
  Seq first = none;
  for (const auto& [hour_us, file] : files_) {
    if (!std::binary_search(cut.begin(), cut.end(), hour_us))
      first = std::min(first, file->first_seq());
  }
  return first;
}

}  // namespace adbacus
