// Parquet's two integer encodings (Apache Parquet format, Encodings.md): the RLE / bit-packed
// hybrid for dictionary indices and definition levels, and DELTA_BINARY_PACKED for numbers. Pure
// functions.
#pragma once

#include <cstdint>
#include <span>

#include "store/lake/parquet/byte_buffer.hpp"

namespace adbacus {

// Bits needed for values 0..largest; 0 for 0.
constexpr unsigned bit_width(std::uint64_t largest) {
  unsigned width = 0;
  for (; largest != 0; largest >>= 1U) ++width;
  return width;
}

// Every value < 2^width, width <= 32. No length or width in front.
void encode_hybrid(std::span<const std::uint32_t> values, unsigned width, ByteBuffer& out);
// `count` times the same value.
void encode_hybrid_run(std::uint32_t value, std::uint64_t count, unsigned width, ByteBuffer& out);
// Blocks of 128 in 4 miniblocks of 32.
void encode_delta(std::span<const std::int64_t> values, ByteBuffer& out);

}  // namespace adbacus
