// Gives the page cache back what lies far behind the log's end. A log that is written at a hundred
// megabytes a second would else fill all memory with events that the processor has long read, and
// each page of them is a new one: on a virtual machine that costs several microseconds. What a
// restart reads again stays. Belongs to the log's second thread.
#pragma once

#include <cstdint>
#include <memory>

#include "base/file_system.hpp"
#include "eventlog/embedded/segment_list.hpp"

namespace adbacus {

class CacheTrail {
 public:
  // Both outlive the trail.
  CacheTrail(FileSystem& fs, const SegmentList& list) : fs_(fs), list_(list) {}
  // Call now and then while the log grows. A hint only: it never fails.
  void follow();

 private:
  FileSystem& fs_;
  const SegmentList& list_;
  std::unique_ptr<File> file_;
  std::uint64_t number_ = 0;     // of the segment that is open
  std::uint64_t forgotten_ = 0;  // of it, in bytes
};

}  // namespace adbacus
