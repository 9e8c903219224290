// One text column of an open row group. Starts as a dictionary of packed texts and goes over to the
// texts themselves when most of them differ (event ids). Belongs to one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "store/lake/parquet/byte_buffer.hpp"
#include "store/lake/parquet/definition_runs.hpp"
#include "store/lake/parquet/file_writer.hpp"
#include "store/lake/text_dictionary.hpp"

namespace adbacus {

class TextColumn {
 public:
  explicit TextColumn(std::uint64_t seed) : seed_(seed), dictionary_(seed) {}

  // Rows ascend; a row that is not appended is null. `packed` is one non-empty packed field of the
  // encoded event `record`.
  void append(std::uint32_t row, std::string_view packed, std::string_view record) {
    runs_.add(row);
    if (plain_) return append_text(packed);
    const TextDictionary::Found found = dictionary_.find_or_add(packed, record);
    ids_.push_back(found.id);
    if (found.is_new) append_text(packed);
    if (runs_.values() == check_at_) check_dictionary();
  }
  void encode(std::uint32_t rows, parquet::EncodedChunk& out) const;
  // For the next row group; a column that had left its dictionary starts without one.
  void clear();
  // For the first row group of another file.
  void reset();

 private:
  void append_text(std::string_view packed);
  void check_dictionary();
  void leave_dictionary();
  void encode_range(parquet::EncodedChunk& out) const;

  std::uint64_t seed_;
  DefinitionRuns runs_;
  bool plain_ = false;
  std::uint32_t check_at_ = kFirstCheck;  // number of values at which to look at the dictionary
  TextDictionary dictionary_;
  std::vector<std::uint32_t> ids_;    // per value, while !plain_
  std::vector<std::uint32_t> sizes_;  // of texts_: per distinct value, or per value if plain_
  ByteBuffer texts_;

  static constexpr std::uint32_t kFirstCheck = 1024;
};

}  // namespace adbacus
