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
    if (row != next_) {
      runs_.push_back(open_);
      open_ = {row - next_, 0};
    }
    ++open_.values;
    next_ = row + 1;
    ++values_;
  }
  std::uint32_t values() const { return values_; }
  // Definition levels of the first `rows` rows in a data page's form: length, then hybrid runs.
  void encode(std::uint32_t rows, ByteBuffer& out) const;
  void clear() {
    runs_.clear();
    open_ = {};
    next_ = values_ = 0;
  }

 private:
  struct Run {
    std::uint32_t nulls = 0;
    std::uint32_t values = 0;  // behind the nulls
  };
  std::vector<Run> runs_;
  Run open_;  // the newest
  std::uint32_t next_ = 0;
  std::uint32_t values_ = 0;
};

}  // namespace adbacus
