// One column of numbers, and one of a small closed set of names, of an open row group. Both belong
// to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "store/lake/parquet/definition_runs.hpp"
#include "store/lake/parquet/file_writer.hpp"

namespace adbacus {

class NumberColumn {
 public:
  // Rows ascend. Of a required column every row is appended.
  void append(std::uint32_t row, std::int64_t value) {
    runs_.add(row);
    values_.push_back(value);
  }
  void encode(const parquet::Column& column, std::uint32_t rows, parquet::EncodedChunk& out) const;
  void clear() {
    runs_.clear();
    values_.clear();
  }

 private:
  bool encode_dictionary(parquet::PhysicalType type, parquet::EncodedChunk& out) const;

  DefinitionRuns runs_;
  std::vector<std::int64_t> values_;
};

// Values are small numbers, each with a name that never changes.
class NameColumn {
 public:
  void append(std::uint32_t row, unsigned value) {
    runs_.add(row);
    std::uint32_t& id = ids_[value];
    if (id == 0) {
      names_.push_back(value);
      id = static_cast<std::uint32_t>(names_.size());
    }
    values_.push_back(id - 1);
  }
  // `name` gives the text of a value.
  void encode(const parquet::Column& column, std::string_view (*name)(unsigned), std::uint32_t rows,
              parquet::EncodedChunk& out) const;
  void clear();

 private:
  static constexpr std::size_t kValuesMax = 16;
  DefinitionRuns runs_;
  std::array<std::uint32_t, kValuesMax> ids_{};  // 1 + place in names_; 0: not seen
  std::vector<unsigned> names_;
  std::vector<std::uint32_t> values_;
};

}  // namespace adbacus
