// The digest that links sealed segments: each footer's link covers the link before it, the
// footer's own fields and the segment's bytes, so a foreign, stale or altered segment is found.
// Fed by the commit sequence while it writes, by recovery while it scans. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "eventlog/embedded/segment_format.hpp"

namespace adbacus {

// SHA-256 over XXH3-128 digests of 64 KiB blocks. SHA-256 over the bytes themselves would take
// 0.7 ns a byte (1.4 GB/s with SHA instructions), as much as all else the log does for an event;
// the chain guards against accidents, for which 128 bits a block are plenty.
class ChainHash {
 public:
  void reset();                         // at a segment's first record
  void update(std::string_view bytes);  // records in file order
  // Link of a segment whose footer has all fields but `link`. Ends this hash; reset() starts anew.
  Digest finish(const Digest& previous_link, const SegmentFooter& footer,
                const LogIdentity& identity);

 private:
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  void close_block(std::string_view block);
  std::string partial_;
  std::string block_digests_;  // 16 bytes a block: 64 KiB for a segment of 256 MiB
};

}  // namespace adbacus
