// Builds one Parquet file of events of one event hour, row group by row group, in memory. What it
// writes is a pure function of the rows. Belongs to one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/event_codec.hpp"
#include "store/fact_batch.hpp"
#include "store/lake/event_columns.hpp"
#include "store/lake/number_column.hpp"
#include "store/lake/parquet/file_writer.hpp"
#include "store/lake/text_column.hpp"

namespace adbacus {

// A multiple of DuckDB's vector size, and its own default.
inline constexpr std::uint32_t kRowGroupRows = 122'880;
// Of encoded events; ends a row group early when events are large.
inline constexpr std::size_t kRowGroupBytes = 32U << 20U;

class EventFile {
 public:
  // `hash_seed` keys the dictionaries' hashes and does not show in the file. `scratch` must outlive
  // the file and belong to the same thread.
  EventFile(std::uint64_t hash_seed, parquet::EncodeScratch& scratch);

  // `packed` is the scan of event.bytes. Seqs ascend.
  Result<void> append(const LakeEvent& event, const PackedEvent& packed);
  // The whole file; may be called again, append() may not.
  Result<std::string_view> finish();

  // Starts another file in the same memory.
  void reset();

  std::uint64_t rows() const { return rows_; }
  Seq first_seq() const { return first_seq_; }
  Seq last_seq() const { return last_seq_; }
  std::size_t finished_bytes() const { return writer_.bytes(); }
  // About what it holds; a function of the rows only, so that cuts by memory are repeatable.
  std::size_t memory_bytes() const { return kFixedBytes + group_bytes_ * 2 + writer_.bytes(); }

 private:
  static constexpr std::size_t kFixedBytes = 24U << 10U;
  Result<void> end_row_group();
  void clear_columns();
  Result<void> encode_column(std::size_t column);

  parquet::EncodeScratch& scratch_;
  parquet::FileWriter writer_;
  NumberColumn seq_, log_time_, event_time_, value_, cost_, flags_, sent_time_, utc_offset_;
  NameColumn type_, status_, disposition_, class_;
  std::vector<TextColumn> texts_;
  std::uint32_t group_rows_ = 0;
  std::size_t group_bytes_ = 0;
  std::uint64_t rows_ = 0;
  Seq first_seq_ = 0;
  Seq last_seq_ = 0;
  bool finished_ = false;
};

}  // namespace adbacus
