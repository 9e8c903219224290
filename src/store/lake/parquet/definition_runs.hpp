// Which rows of a column have a value, kept as alternating runs so that a column without values
// costs nothing per row. Belongs to one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "store/lake/parquet/byte_buffer.hpp"

namespace adbacus {

class DefinitionRuns {
 public:
  // Row `row` has a value; rows ascend.
  void add(std::uint32_t row) {
    if (row != next_) skip_to(row);
    next_ = row + 1;
  }
  std::uint32_t values() const { return closed_values_ + (next_ - begin_); }
  // Definition levels of the first `rows` rows in a data page's form: length, then hybrid runs.
  void encode(std::uint32_t rows, ByteBuffer& out) const;
  void clear() {
    runs_.clear();
    nulls_ = begin_ = next_ = closed_values_ = 0;
  }

 private:
  struct Run {
    std::uint32_t nulls = 0;
    std::uint32_t values = 0;  // behind the nulls
  };
  Run open() const { return {nulls_, next_ - begin_}; }
  void skip_to(std::uint32_t row);  // out of line, so that add() is a compare and a store

  std::vector<Run> runs_;
  // The newest run: nulls_ nulls, then values in the rows [begin_, next_).
  std::uint32_t nulls_ = 0;
  std::uint32_t begin_ = 0;
  std::uint32_t next_ = 0;
  std::uint32_t closed_values_ = 0;  // in runs_
};

}  // namespace adbacus
