// The keys that each group of a segment added to the id windows, beside the segment (.ids), so that
// a restart need not decode events: 20 M ids are back in under a second. Written without sync and
// wholly rebuildable from the segment; the log's end is the authority, never the sidecar. Owned by
// the commit sequence; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "eventlog/embedded/deduplication.hpp"
#include "eventlog/embedded/segment_format.hpp"

namespace adbacus {

struct SidecarChunk {
  Seq first_seq = 0;
  std::uint32_t count = 0;  // entries of the group, whether or not they added keys
  TimeUs time_us = 0;
  NewIds ids;
};

struct SidecarExtent {
  Seq next_seq = 0;          // chunks cover every entry of the segment before it
  std::uint64_t offset = 0;  // behind the last good chunk; 0: no usable sidecar
};

// Visits the chunks in order while they are valid, contiguous and before `end_seq`. A missing or
// damaged sidecar is not an error: the extent says how far it helps.
SidecarExtent load_id_sidecar(FileSystem& fs, const std::string& path, const SegmentHeader& segment,
                              Seq end_seq, const std::function<void(const SidecarChunk&)>& visit);

// Which log a sidecar belongs to; nothing if it is missing or damaged.
std::optional<LogIdentity> read_sidecar_identity(FileSystem& fs, const std::string& path);

// How many keys of each window a sidecar holds, from its first megabyte and its size. Nothing
// relies on it.
struct IdCounts {
  std::size_t live = 0;
  std::size_t conversion = 0;
  std::size_t transaction = 0;
  std::size_t import_run = 0;
};
IdCounts estimate_id_sidecar(FileSystem& fs, const std::string& path);

class IdSidecarWriter {
 public:
  // Continues at `extent`, or starts anew if its offset is 0. Failures turn the writer off until
  // the next open: the sidecar is then short and recovery decodes the rest.
  void open(FileSystem& fs, const std::string& path, const SegmentHeader& segment,
            const SidecarExtent& extent);
  void append(Seq first_seq, std::uint32_t count, TimeUs time_us, const NewIds& ids);
  // Where another writer may go on, chunks before `next_seq` having been appended.
  SidecarExtent extent(Seq next_seq) const;

 private:
  void write(std::string_view bytes);

  std::unique_ptr<File> file_;
  std::uint64_t offset_ = 0;
  std::string buffer_;
};

}  // namespace adbacus
