// Reads records out of the segment files, from the page cache, in large pieces and never beyond
// what is durable. The processor and verify get one each from the embedded log; one thread each.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "eventlog/embedded/segment_list.hpp"

namespace adbacus {

class SegmentReader final : public EventReader {
 public:
  // Both outlive the reader.
  SegmentReader(FileSystem& fs, SegmentList& list) : fs_(fs), list_(list) {}
  Result<void> read(Seq from, std::size_t bytes_max, int wait_ms, LogBatch& out) override;
  // All control entries from `from` on, whichever segments hold some.
  Result<void> visit_controls(Seq from, const std::function<void(const LogControl&)>& visit);

 private:
  Result<void> seek(Seq from);
  Result<void> fill(Seq from, std::size_t bytes_max, LogBatch& out);
  Result<void> parse(Seq from, std::size_t bytes_max, LogBatch& out, std::size_t& used,
                     std::size_t& needed);
  Error damage(Seq seq) const;

  FileSystem& fs_;
  SegmentList& list_;
  SegmentList::Place place_;  // of the open file
  std::unique_ptr<File> file_;
  Seq next_seq_ = 0;  // first event of the record at offset_
  std::uint64_t offset_ = 0;
};

}  // namespace adbacus
