// Appends groups to the newest segment: one write and one fdatasync each, a new segment when the
// next group does not fit. Knows which failures can be taken back (a full disk) and which can not.
// Owned by the commit sequence; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "eventlog/embedded/chain_hash.hpp"
#include "eventlog/embedded/id_sidecar.hpp"
#include "eventlog/embedded/segment_list.hpp"
#include "eventlog/embedded/spare_segment.hpp"

namespace adbacus {

// The newest segment as recovery found it or a roll made it.
struct ActiveSegment {
  std::unique_ptr<File> file;  // none: no segment yet
  SegmentHeader header;
  std::uint64_t end_offset = kPageBytes;  // behind the last good record
  Seq next_seq = 1;
  TimeUs first_time_us = 0;
  TimeUs last_time_us = 0;
  std::uint64_t import_ids = 0;
  bool holds_gap = false;
  bool holds_controls = false;
  bool sealed = false;
  Digest link{};  // of its footer once sealed; before the first segment zeros
  ChainHash chain;
  SidecarExtent sidecar;
};

class SegmentWriter {
 public:
  struct Parts {
    FileSystem& fs;
    Clock& clock;
    std::string folder;
    SegmentList& list;
    SpareSegment& spare;
  };
  SegmentWriter(Parts parts, LogIdentity identity, std::uint64_t segment_bytes, std::uint16_t epoch,
                ActiveSegment active);

  // Makes sure that a group of up to `bytes` fits, rolling to a new segment if need be.
  // storage_full may be tried again later; any other error is final.
  Result<void> make_room(std::size_t bytes);

  struct Group {
    std::string_view padded;   // starts at end_offset()
    std::string_view records;  // its front
    std::uint32_t count = 0;
    TimeUs time_us = 0;
    std::uint64_t import_ids = 0;
    bool is_control = false;
  };
  // Durable on success. After storage_full the segment is as before; any other error is final: the
  // group may or may not be found by the next recovery.
  Result<void> write(const Group& group);
  void append_sidecar(Seq first_seq, std::uint32_t count, TimeUs time_us, const NewIds& ids);

  // Undoes what a full disk left behind and tries whether a group could be written now.
  Result<void> probe();

  std::uint64_t end_offset() const { return active_.end_offset; }
  Seq next_seq() const { return active_.next_seq; }
  TimeUs last_time_us() const { return active_.last_time_us; }
  std::uint16_t epoch() const { return epoch_; }

 private:
  std::uint64_t data_limit() const { return active_.header.segment_bytes - kPageBytes; }
  Result<void> zero_back();
  Result<void> seal();
  Result<void> start_segment();

  Parts parts_;
  const LogIdentity identity_;
  const std::uint64_t segment_bytes_;
  const std::uint16_t epoch_;
  ActiveSegment active_;
  std::uint64_t dirty_end_ = 0;  // bytes in [end_offset, dirty_end_) may not be zero
  IdSidecarWriter sidecar_;
};

}  // namespace adbacus
