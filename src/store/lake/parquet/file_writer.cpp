#include "store/lake/parquet/file_writer.hpp"

#include <cassert>
#include <fmt/format.h>
#include <utility>
#include <zstd.h>

namespace adbacus::parquet {
namespace {

constexpr std::string_view kMagic = "PAR1";
// Below this a zstd frame's own header eats what it saves.
constexpr std::size_t kCompressBytesMin = 64;

void write_logical_type(LogicalType logical, ThriftWriter& thrift) {
  constexpr int kConverted = 6;
  constexpr int kLogical = 10;
  const auto integer = [&](int converted, bool is_signed) {
    thrift.i32(kConverted, converted);
    thrift.begin(kLogical);
    thrift.begin(10);
    thrift.i8(1, 16);
    thrift.boolean(2, is_signed);
    thrift.end();
    thrift.end();
  };
  switch (logical) {
    case LogicalType::none:
      return;
    case LogicalType::text:
      thrift.i32(kConverted, 0);
      thrift.begin(kLogical);
      thrift.empty(1);
      thrift.end();
      return;
    case LogicalType::timestamp_micros:
      thrift.i32(kConverted, 10);
      thrift.begin(kLogical);
      thrift.begin(8);
      thrift.boolean(1, true);  // UTC
      thrift.begin(2);
      thrift.empty(2);
      thrift.end();
      thrift.end();
      thrift.end();
      return;
    case LogicalType::date:
      thrift.i32(kConverted, 6);
      thrift.begin(kLogical);
      thrift.empty(6);
      thrift.end();
      return;
    case LogicalType::decimal_micros:
      thrift.i32(kConverted, 5);
      thrift.i32(7, 6);
      thrift.i32(8, 38);
      thrift.begin(kLogical);
      thrift.begin(5);
      thrift.i32(1, 6);
      thrift.i32(2, 38);
      thrift.end();
      thrift.end();
      return;
    case LogicalType::uint16:
      integer(12, false);
      return;
    case LogicalType::int16:
      integer(16, true);
      return;
  }
}

void write_schema(std::span<const Column> columns, ThriftWriter& thrift) {
  thrift.list(2, ThriftWriter::kStruct, columns.size() + 1);
  thrift.begin();
  thrift.binary(4, "event");
  thrift.i32(5, static_cast<std::int64_t>(columns.size()));
  thrift.end();
  for (const Column& column : columns) {
    thrift.begin();
    thrift.i32(1, static_cast<int>(column.type));
    thrift.i32(3, column.required ? 0 : 1);
    thrift.binary(4, column.name);
    write_logical_type(column.logical, thrift);
    thrift.end();
  }
}

}  // namespace

void EncodedChunk::clear() {
  dictionary.clear();
  dictionary_values = 0;
  body.clear();
  nulls = 0;
  has_range = false;
}

struct PageCompressor::State {
  ZSTD_CCtx* zstd = nullptr;
  ByteBuffer out;
};

PageCompressor::PageCompressor(int level) : state_(std::make_unique<State>()) {
  state_->zstd = ZSTD_createCCtx();
  if (state_->zstd != nullptr) ZSTD_CCtx_setParameter(state_->zstd, ZSTD_c_compressionLevel, level);
}

PageCompressor::~PageCompressor() {
  ZSTD_freeCCtx(state_->zstd);
}

Result<std::string_view> PageCompressor::compress(std::string_view page) {
  if (state_->zstd == nullptr) return Error{ErrorCode::unavailable, "zstd: no memory"};
  state_->out.clear();
  const std::size_t room = ZSTD_compressBound(page.size());
  const std::size_t size =
      ZSTD_compress2(state_->zstd, state_->out.extend(room), room, page.data(), page.size());
  if (ZSTD_isError(size) != 0U)
    return Error{ErrorCode::internal, fmt::format("zstd: {}", ZSTD_getErrorName(size))};
  state_->out.truncate(size);
  return state_->out.view();
}

FileWriter::FileWriter(std::span<const Column> columns) : columns_(columns) {
  out_.append(kMagic);
}

void FileWriter::reset() {
  groups_.clear();
  open_.clear();
  out_.clear();
  out_.append(kMagic);
}

Result<void> FileWriter::add_page(PageType type, std::string_view raw, std::uint32_t values,
                                  const EncodedChunk& chunk, PageCompressor* compressor,
                                  ChunkEntry& entry) {
  std::string_view stored = raw;
  if (compressor != nullptr) {
    auto compressed = compressor->compress(raw);
    if (!compressed) return compressed.error();
    stored = *compressed;
  }
  const std::size_t header_at = out_.size();
  ThriftWriter thrift(out_);
  thrift.begin();
  thrift.i32(1, static_cast<int>(type));
  thrift.i32(2, static_cast<std::int64_t>(raw.size()));
  thrift.i32(3, static_cast<std::int64_t>(stored.size()));
  thrift.begin(type == PageType::data ? 5 : 7);
  thrift.i32(1, values);
  thrift.i32(2, static_cast<int>(type == PageType::data ? chunk.encoding : Encoding::plain));
  if (type == PageType::data) {
    thrift.i32(3, static_cast<int>(Encoding::rle));
    thrift.i32(4, static_cast<int>(Encoding::rle));
  }
  thrift.end();
  thrift.end();
  const std::size_t header_bytes = out_.size() - header_at;
  out_.append(stored);
  entry.raw_bytes += static_cast<std::int64_t>(header_bytes + raw.size());
  entry.stored_bytes += static_cast<std::int64_t>(header_bytes + stored.size());
  return {};
}

Result<void> FileWriter::add_chunk(const EncodedChunk& chunk, std::uint32_t rows,
                                   PageCompressor& compressor) {
  const bool compressed = chunk.dictionary.size() + chunk.body.size() >= kCompressBytesMin;
  ChunkEntry entry{chunk.encoding,
                   compressed ? Codec::zstd : Codec::uncompressed,
                   -1,
                   0,
                   0,
                   0,
                   chunk.nulls,
                   chunk.has_range,
                   chunk.has_range ? chunk.min : std::string(),
                   chunk.has_range ? chunk.max : std::string()};
  PageCompressor* const with = compressed ? &compressor : nullptr;
  if (chunk.encoding == Encoding::rle_dictionary) {
    entry.dictionary_at = static_cast<std::int64_t>(out_.size());
    if (auto added = add_page(PageType::dictionary, chunk.dictionary.view(),
                              chunk.dictionary_values, chunk, with, entry);
        !added)
      return added;
  }
  entry.data_at = static_cast<std::int64_t>(out_.size());
  if (auto added = add_page(PageType::data, chunk.body.view(), rows, chunk, with, entry); !added)
    return added;
  open_.push_back(std::move(entry));
  return {};
}

void FileWriter::end_row_group(std::uint32_t rows) {
  assert(open_.size() == columns_.size());
  groups_.push_back({std::exchange(open_, {}), rows});
}

std::string_view FileWriter::finish() {
  assert(open_.empty());
  const std::size_t footer_at = out_.size();
  write_footer();
  out_.put(static_cast<std::uint32_t>(out_.size() - footer_at));
  out_.append(kMagic);
  return out_.view();
}

void FileWriter::write_footer() {
  ThriftWriter thrift(out_);
  std::int64_t rows = 0;
  for (const RowGroup& group : groups_) rows += group.rows;
  thrift.begin();
  thrift.i32(1, 2);
  write_schema(columns_, thrift);
  thrift.i64(3, rows);
  thrift.list(4, ThriftWriter::kStruct, groups_.size());
  for (const RowGroup& group : groups_) write_row_group(group, thrift);
  thrift.binary(6, "adbacus");
  thrift.list(7, ThriftWriter::kStruct, columns_.size());  // min and max follow the type's order
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    thrift.begin();
    thrift.empty(1);
    thrift.end();
  }
  thrift.end();
}

void FileWriter::write_row_group(const RowGroup& group, ThriftWriter& thrift) const {
  std::int64_t raw_bytes = 0;
  std::int64_t stored_bytes = 0;
  thrift.begin();
  thrift.list(1, ThriftWriter::kStruct, group.chunks.size());
  for (std::size_t c = 0; c < group.chunks.size(); ++c) {
    const ChunkEntry& chunk = group.chunks[c];
    raw_bytes += chunk.raw_bytes;
    stored_bytes += chunk.stored_bytes;
    const bool has_dictionary = chunk.dictionary_at >= 0;
    thrift.begin();
    thrift.i64(2, has_dictionary ? chunk.dictionary_at : chunk.data_at);
    thrift.begin(3);
    thrift.i32(1, static_cast<int>(columns_[c].type));
    thrift.list(2, ThriftWriter::kI32, has_dictionary ? 3 : 2);
    thrift.i32_element(static_cast<int>(Encoding::rle));
    if (has_dictionary) thrift.i32_element(static_cast<int>(Encoding::plain));
    thrift.i32_element(static_cast<int>(chunk.encoding));
    thrift.list(3, ThriftWriter::kBinary, 1);
    thrift.binary_element(columns_[c].name);
    thrift.i32(4, static_cast<int>(chunk.codec));
    thrift.i64(5, group.rows);
    thrift.i64(6, chunk.raw_bytes);
    thrift.i64(7, chunk.stored_bytes);
    thrift.i64(9, chunk.data_at);
    if (has_dictionary) thrift.i64(11, chunk.dictionary_at);
    thrift.begin(12);
    thrift.i64(3, chunk.nulls);
    if (chunk.has_range) {
      thrift.binary(5, chunk.max);
      thrift.binary(6, chunk.min);
    }
    thrift.end();
    thrift.end();
    thrift.end();
  }
  thrift.i64(2, raw_bytes);
  thrift.i64(3, group.rows);
  const ChunkEntry& first = group.chunks.front();
  thrift.i64(5, first.dictionary_at >= 0 ? first.dictionary_at : first.data_at);
  thrift.i64(6, stored_bytes);
  thrift.end();
}

}  // namespace adbacus::parquet
