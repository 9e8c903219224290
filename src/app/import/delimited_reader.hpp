// Reads rows of a delimited text file: CSV as in RFC 4180 (quotes, doubled quotes, line breaks
// inside quotes), or tab-separated without quoting. Streams, so files of any size fit. One thread.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

class DelimitedReader {
 public:
  static constexpr std::size_t kRowBytesMax = 1U << 20U;

  // `separator` ',' reads with quoting, '\t' without. The stream must outlive the reader.
  DelimitedReader(std::istream& in, char separator) : in_(in), separator_(separator) {}

  // The next row; false at the end. invalid_argument names the line of a broken row; the next call
  // goes on with the line behind the broken row's first.
  Result<bool> next(std::vector<std::string>& fields);
  std::uint64_t line() const { return line_; }    // of the row's last line, from 1
  std::uint64_t bytes() const { return bytes_; }  // read so far

 private:
  Result<bool> next_quoted(std::vector<std::string>& fields);
  void skip_line(std::istream::pos_type row, std::uint64_t line, std::uint64_t bytes);

  std::istream& in_;
  char separator_;
  std::uint64_t line_ = 0;
  std::uint64_t bytes_ = 0;
  std::string text_;
};

}  // namespace adbacus
