// Reads one generation of ids: answers whether a key is in it with some cache misses for nearly all
// keys that are not, and one page read for those that are. Filters and first keys of pages are in
// memory (1.15 bytes an id, checked when opened), the ids on disk (checked with every page).
// Immutable and thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/archive/id_generation_format.hpp"
#include "base/file_system.hpp"
#include "base/huge_block.hpp"

namespace adbacus {

class IdGeneration {
 public:
  // corrupt: the file is no whole generation. Loads on up to `threads` threads.
  static Result<std::shared_ptr<const IdGeneration>> open(FileSystem& fs, const std::string& path,
                                                          unsigned threads);

  const IdGenerationInfo& info() const { return directory_.info; }
  const std::string& path() const { return path_; }
  std::uint64_t file_bytes() const { return file_bytes_; }
  std::size_t memory_bytes() const { return resident_.size_bytes() + sizeof(*this); }

  void prefetch(const Hash128& key) const {
    const View& shard = view_of(key);
    if (shard.filter.segment_count > 0) {
      prefetch_fuse(shard.filter, shard.filter_bytes, id_in_shard(key.high, directory_.shard_bits));
    }
  }
  // False: the key is not here. True: perhaps, find() tells.
  bool may_hold(const Hash128& key) const {
    const View& shard = view_of(key);
    return shard.filter.segment_count > 0 &&
           may_contain(shard.filter, shard.filter_bytes,
                       id_in_shard(key.high, directory_.shard_bits));
  }
  // A hint that find() follows.
  void will_read(const Hash128& key) const;
  // The period in which the key was seen first. corrupt names the file. `pages_read` grows.
  Result<std::optional<std::uint32_t>> find(const Hash128& key, std::uint64_t& pages_read) const;

  // All ids in order, a few hundred pages at a time. Owned by one thread.
  class Cursor {
   public:
    explicit Cursor(std::shared_ptr<const IdGeneration> generation);
    // Replaces `out` by the next ids; empty at the end.
    Result<void> next(std::vector<ArchivedId>& out);

   private:
    std::shared_ptr<const IdGeneration> generation_;
    std::size_t shard_ = 0;
    std::uint32_t page_ = 0;  // in the shard
    std::string bytes_;
  };

 private:
  struct View {
    BinaryFuseShape filter;
    const std::uint8_t* filter_bytes = nullptr;
    const std::uint32_t* first_keys = nullptr;
  };
  const View& view_of(const Hash128& key) const {
    return views_[id_shard_of(key.high, directory_.shard_bits)];
  }
  struct PageRun {
    std::uint64_t offset = 0;
    std::uint32_t pages = 0;
  };
  // Where the key can be: one page, more only where pages begin with the same bits.
  PageRun pages_of(const Hash128& key) const;
  Error corrupt(const std::string& what) const;
  Result<void> load(unsigned threads);
  Result<void> read_exactly(std::uint64_t offset, std::span<char> out) const;

  std::string path_;
  std::unique_ptr<File> file_;
  std::uint64_t file_bytes_ = 0;
  IdGenerationDirectory directory_;
  HugeBlock resident_;
  std::vector<View> views_;
};

}  // namespace adbacus
