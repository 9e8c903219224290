// The constants of the Parquet format that the lake and exported reports use (Apache Parquet
// format 2.10, parquet.thrift).
#pragma once

#include <cstdint>

namespace adbacus::parquet {

enum class PhysicalType : std::uint8_t { int32 = 1, int64 = 2, float64 = 5, byte_array = 6 };
enum class Encoding : std::uint8_t {
  plain = 0,
  rle = 3,
  delta_binary_packed = 5,
  delta_length_byte_array = 6,
  rle_dictionary = 8,
};
enum class Codec : std::uint8_t { uncompressed = 0, zstd = 6 };
enum class PageType : std::uint8_t { data = 0, dictionary = 2 };
enum class LogicalType : std::uint8_t {
  none,
  text,
  timestamp_micros,
  uint16,
  int16,
  date,            // days since 1970-01-01
  decimal_micros,  // 38 digits, 6 of them behind the point
};

// One column of the file. All of them stand at the top level.
struct Column {
  const char* name;
  PhysicalType type;
  LogicalType logical;
  bool required;
};

}  // namespace adbacus::parquet
