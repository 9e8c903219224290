// What a thread is busy with, left behind where a process that dies there is read by the next one:
// two numbers in a page shared with a file. Setting them costs two stores; a killed process leaves
// them, a power cut may lose them. A third number vouches for the two. One writer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace adbacus {

class CrashMark {
 public:
  // Opens or makes the file. What it held is in left_behind(), unless its bytes were damaged; the
  // mark itself is clear.
  static Result<std::unique_ptr<CrashMark>> open(const std::string& path);
  ~CrashMark();
  CrashMark(const CrashMark&) = delete;
  CrashMark& operator=(const CrashMark&) = delete;

  // `first` is not 0.
  void set(std::uint64_t first, std::uint64_t last) {
    cell_->last.store(last, std::memory_order_relaxed);
    cell_->check.store(check_of(first, last), std::memory_order_relaxed);
    cell_->first.store(first, std::memory_order_release);
  }
  void clear() { cell_->first.store(0, std::memory_order_release); }
  const std::optional<std::pair<std::uint64_t, std::uint64_t>>& left_behind() const {
    return left_behind_;
  }

 private:
  struct Cell {
    std::atomic<std::uint64_t> first;
    std::atomic<std::uint64_t> last;
    std::atomic<std::uint64_t> check;
  };
  static std::uint64_t check_of(std::uint64_t first, std::uint64_t last) {
    return (first * 0x9E3779B97F4A7C15U) ^ (last * 0xC2B2AE3D27D4EB4FU) ^ 0xADBAC05ADBAC05U;
  }
  explicit CrashMark(Cell* cell);

  Cell* cell_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> left_behind_;
};

}  // namespace adbacus
