#include "eventlog/embedded/waiting_batch.hpp"

#include <cstdint>
#include <utility>

namespace adbacus {
namespace {

constexpr std::size_t kEventBytesMax = std::size_t{256} << 10U;

}  // namespace

Result<void> check_batch(const AppendBatch& batch) {
  for (const EntryMeta& entry : batch.entries) {
    const bool inside = std::uint64_t{entry.offset} + entry.length <= batch.bytes.size();
    if (!inside || entry.length == 0 || entry.length > kEventBytesMax ||
        entry.partition >= kPartitions) {
      return Error{ErrorCode::invalid_argument, "append: an entry's place or size is wrong"};
    }
  }
  return {};
}

AppendAck ack_of(WaitingBatch& waiting) {
  AppendAck ack{.last_seq = waiting.last_seq, .duplicates = 0, .dispositions = {}};
  for (const Disposition disposition : waiting.dispositions) {
    if (disposition == Disposition::duplicate_id || disposition == Disposition::duplicate_differs) {
      ++ack.duplicates;
    }
  }
  ack.dispositions = std::move(waiting.dispositions);
  return ack;
}

}  // namespace adbacus
