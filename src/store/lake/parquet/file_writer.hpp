// Lays out one Parquet file in memory: column chunks of one data page each, then the footer. The
// columns encode themselves into an EncodedChunk. Belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/lake/parquet/byte_buffer.hpp"
#include "store/lake/parquet/parquet_format.hpp"
#include "store/lake/parquet/thrift_compact.hpp"

namespace adbacus::parquet {

// One column of one row group, not yet compressed. Reused from chunk to chunk.
struct EncodedChunk {
  ByteBuffer dictionary;  // PLAIN
  std::uint32_t dictionary_values = 0;
  ByteBuffer body;  // definition levels if the column is optional, then the values
  Encoding encoding = Encoding::plain;
  std::uint32_t nulls = 0;
  bool has_range = false;  // min and max, in PLAIN form, are known
  std::string min;
  std::string max;
  void clear();
};

// zstd with a context that is kept; shared by the files of one thread.
class PageCompressor {
 public:
  explicit PageCompressor(int level);
  ~PageCompressor();
  PageCompressor(const PageCompressor&) = delete;
  PageCompressor& operator=(const PageCompressor&) = delete;
  // Valid until the next call. internal if the library refuses.
  Result<std::string_view> compress(std::string_view page);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What encoding a chunk needs and can be kept from one to the next, whatever file it is for.
struct EncodeScratch {
  explicit EncodeScratch(int level) : compressor(level) {}
  EncodedChunk chunk;
  PageCompressor compressor;
};

class FileWriter {
 public:
  // `columns` must outlive the writer.
  explicit FileWriter(std::span<const Column> columns);
  // Chunks of a row group come in the order of the columns.
  Result<void> add_chunk(const EncodedChunk& chunk, std::uint32_t rows, PageCompressor& compressor);
  void end_row_group(std::uint32_t rows);
  std::size_t bytes() const { return out_.size(); }
  // Starts another file with the same columns, in the same memory.
  void reset();
  // Writes the footer behind the last row group; the writer is used up but for content().
  std::string_view finish();
  std::string_view content() const { return out_.view(); }

 private:
  struct ChunkEntry {
    Encoding encoding;
    Codec codec;
    std::int64_t dictionary_at;  // -1: none
    std::int64_t data_at;
    std::int64_t raw_bytes;
    std::int64_t stored_bytes;
    std::int64_t nulls;
    bool has_range;
    std::string min;
    std::string max;
  };
  struct RowGroup {
    std::vector<ChunkEntry> chunks;
    std::uint32_t rows = 0;
  };
  Result<void> add_page(PageType type, std::string_view raw, std::uint32_t values,
                        const EncodedChunk& chunk, PageCompressor* compressor, ChunkEntry& entry);
  void write_footer();
  void write_row_group(const RowGroup& group, ThriftWriter& thrift) const;

  std::span<const Column> columns_;
  ByteBuffer out_;
  std::vector<RowGroup> groups_;
  std::vector<ChunkEntry> open_;
};

}  // namespace adbacus::parquet
