#include "processor/attribution/touch_files.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <new>
#include <utility>

#include "base/breather.hpp"
#include "base/logging.hpp"
#include "base/thread_name.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kSuffix = ".touches";
constexpr std::size_t kDigits = 12;
constexpr std::size_t kWaitingMax = 16;  // 10 MB each; the rest is written later

// Of a file name; false: it is none of ours.
bool read_number(std::string_view name, std::uint64_t& first_number) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return false;
  const char* const end = name.data() + kDigits;
  std::uint64_t index = 0;
  const auto [stopped, error] = std::from_chars(name.data(), end, index);
  first_number = index * kSegmentTouches;
  return error == std::errc() && stopped == end;
}

}  // namespace

TouchFiles::TouchFiles(FileSystem& fs, std::string folder) : fs_(fs), folder_(std::move(folder)) {}

TouchFiles::~TouchFiles() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string TouchFiles::path_of(std::uint64_t first_number) const {
  return fmt::format("{}/{:0{}}{}", folder_, first_number / kSegmentTouches, kDigits, kSuffix);
}

std::vector<std::uint64_t> TouchFiles::numbers_there() const {
  std::vector<std::uint64_t> numbers;
  const auto names = fs_.list(folder_);
  if (!names) return numbers;
  for (const std::string& name : *names) {
    std::uint64_t number = 0;
    if (read_number(name, number)) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void TouchFiles::remove(std::uint64_t first_number) {
  (void)fs_.remove(path_of(first_number));  // one that stays is removed or used by a later start
}

void TouchFiles::clear() {
  for (const std::uint64_t number : numbers_there()) remove(number);
  next_ = oldest_ = 0;
}

std::vector<std::shared_ptr<TouchSegment>> TouchFiles::load(TimeUs now_us, TimeUs kept_us) {
  std::vector<std::shared_ptr<TouchSegment>> segments;
  for (const std::uint64_t number : numbers_there()) {
    if (!segments.empty() && number != segments.back()->first_number() + kSegmentTouches) break;
    auto segment = TouchSegment::read(fs_, path_of(number));
    const bool is_good = segment && (*segment)->is_full() && (*segment)->first_number() == number;
    if (!is_good) {
      log_warn("attribution: a file of touches cannot be used", {{"path", path_of(number)}});
      break;
    }
    segments.push_back(std::move(*segment));
  }
  if (segments.empty()) {
    clear();
    return segments;
  }
  // Only what is forgotten is removed: an oldest one behind a younger one is not the oldest.
  const TimeUs horizon_us = floor_to(now_us, kHourUs) - kept_us;
  if (segments.front()->earlier().newest_log_us >= horizon_us) {
    log_warn("attribution: the oldest file of touches is missing", {{"folder", folder_}});
    clear();
    return {};
  }
  oldest_ = segments.front()->first_number();
  next_ = segments.back()->first_number() + kSegmentTouches;
  return segments;
}

void TouchFiles::keep(const TouchTable& table) {
  for (; oldest_ < std::min(table.first_number(), next_); oldest_ += kSegmentTouches)
    remove(oldest_);
  next_ = std::max(next_, table.first_number());
  if (table.full_until() <= next_) return;
  const std::lock_guard lock(mutex_);
  for (auto& segment : table.full_segments(next_)) {
    if (waiting_.size() >= kWaitingMax) break;
    next_ = segment->first_number() + kSegmentTouches;
    waiting_.push_back(std::move(segment));
  }
  changed_.notify_all();
  if (thread_.joinable()) return;
  thread_ = std::thread([this] { run(); });
  name_thread(thread_, "touch-write");
}

void TouchFiles::run() {
  const Breather breather;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const std::shared_ptr<const TouchSegment> segment = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    write(*segment);
    lock.lock();
  }
}

void TouchFiles::write(const TouchSegment& segment) {
  Result<void> done = fs_.make_folders(folder_);
  if (done) done = segment.write(fs_, path_of(segment.first_number()));
  if (!done) {
    log_warn("attribution: touches cannot be written; a restart reads the log instead",
             {{"error", done.error().message}});
  }
}

}  // namespace adbacus
