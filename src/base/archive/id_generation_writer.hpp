// Writes one generation: an immutable file of ids, sorted by hash, with filters in front
// (docs/formats/id_generation.md). Needs memory for one shard, some 50 MiB, whatever the size. The
// file is synced in steps and let go from the page cache, so that it does not come in the way of
// others that sync. Owned by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/archive/id_generation_format.hpp"
#include "base/file_system.hpp"

namespace adbacus {

class IdGenerationWriter {
 public:
  // A new file at `path`, replacing one that is there. `info` says the periods, less than
  // kIdPeriodsMax of them, and the label; `ids_max`: about how many will come.
  static Result<IdGenerationWriter> create(FileSystem& fs, const std::string& path,
                                           const IdGenerationInfo& info, std::uint64_t ids_max);

  // Ids rise over all calls, no key is there twice, periods lie in the range.
  Result<void> add(std::span<const ArchivedId> ids);
  // The file is whole and durable; its name is not.
  Result<IdGenerationInfo> finish();

 private:
  IdGenerationWriter(std::unique_ptr<File> file, const IdGenerationInfo& info, unsigned shard_bits);
  void take_page();
  Result<void> close_shard();
  Result<void> flush(std::size_t at_least);

  std::unique_ptr<File> file_;
  IdGenerationDirectory directory_;
  std::size_t shard_ = 0;
  IdPageBuilder page_;
  std::vector<std::uint32_t> first_keys_;  // of the shard's pages
  std::vector<std::uint64_t> keys_;        // of the shard's ids, without repetitions
  BinaryFuseBuilder filter_;
  std::string buffer_;  // to be written at offset_
  std::uint64_t offset_ = 0;
  std::uint64_t synced_ = 0;
};

}  // namespace adbacus
