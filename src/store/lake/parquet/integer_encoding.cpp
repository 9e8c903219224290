#include "store/lake/parquet/integer_encoding.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/rng.hpp"
#include "model/varint.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kGroup = 8;  // values of a bit-packed group: `width` bytes
constexpr std::size_t kMiniblock = 32;
constexpr std::size_t kMiniblocks = 4;
constexpr std::size_t kBlock = kMiniblock * kMiniblocks;
// Shorter runs cost less bit-packed than a new run header, or about the same.
constexpr std::size_t kRunGroupsMin = 2;

char* pack_group(const std::uint32_t* values, unsigned width, char* out) {
  std::uint64_t bits = 0;
  unsigned filled = 0;
  for (std::size_t i = 0; i < kGroup; ++i) {
    bits |= static_cast<std::uint64_t>(values[i]) << filled;
    filled += width;
    if (filled >= 32) {
      const auto word = static_cast<std::uint32_t>(bits);
      std::memcpy(out, &word, sizeof word);
      out += sizeof word;
      bits >>= 32U;
      filled -= 32;
    }
  }
  for (; filled > 0; filled -= 8, bits >>= 8U) *out++ = static_cast<char>(bits);
  return out;
}

bool uniform(const std::uint32_t* group) {
  std::uint32_t differences = 0;
  for (std::size_t i = 1; i < kGroup; ++i) differences |= group[i] ^ group[0];
  return differences == 0;
}

// How many groups from `at` on are one single value.
std::size_t uniform_groups(std::span<const std::uint32_t> values, std::size_t at) {
  std::size_t groups = 0;
  for (std::size_t i = at; i + kGroup <= values.size(); i += kGroup, ++groups) {
    if (values[i] != values[at] || !uniform(&values[i])) break;
  }
  return groups;
}

void put_literals(std::span<const std::uint32_t> values, unsigned width, ByteBuffer& out) {
  const std::size_t whole = values.size() / kGroup;
  const std::size_t rest = values.size() % kGroup;
  out.put_varint((whole + (rest > 0 ? 1 : 0)) << 1U | 1U);
  char* to = out.extend((whole + (rest > 0 ? 1 : 0)) * width);
  for (std::size_t g = 0; g < whole; ++g) to = pack_group(&values[g * kGroup], width, to);
  if (rest == 0) return;
  std::array<std::uint32_t, kGroup> padded{};
  std::copy_n(values.end() - static_cast<std::ptrdiff_t>(rest), rest, padded.begin());
  pack_group(padded.data(), width, to);
}

void pack_miniblock(const std::uint64_t* values, unsigned width, char* out) {
  Uint128 bits = 0;
  unsigned filled = 0;
  for (std::size_t i = 0; i < kMiniblock; ++i) {
    bits |= static_cast<Uint128>(values[i]) << filled;
    filled += width;
    if (filled >= 64) {
      const auto word = static_cast<std::uint64_t>(bits);
      std::memcpy(out, &word, sizeof word);
      out += sizeof word;
      bits >>= 64U;
      filled -= 64;
    }
  }
  for (; filled > 0; filled -= 8, bits >>= 8U) *out++ = static_cast<char>(bits);
}

}  // namespace

void encode_hybrid(std::span<const std::uint32_t> values, unsigned width, ByteBuffer& out) {
  std::size_t literal_from = 0;
  std::size_t at = 0;
  while (at + kGroup <= values.size()) {
    const std::size_t groups = uniform_groups(values, at);
    if (groups < kRunGroupsMin) {
      at += kGroup * std::max<std::size_t>(groups, 1);
      continue;
    }
    if (at > literal_from)
      put_literals(values.subspan(literal_from, at - literal_from), width, out);
    std::size_t end = at + groups * kGroup;
    if (values.size() - end < kGroup) {  // the tail may be of the same value
      while (end < values.size() && values[end] == values[at]) ++end;
      if (end < values.size()) end = at + groups * kGroup;
    }
    encode_hybrid_run(values[at], end - at, width, out);
    literal_from = at = end;
  }
  if (literal_from < values.size()) put_literals(values.subspan(literal_from), width, out);
}

void encode_hybrid_run(std::uint32_t value, std::uint64_t count, unsigned width, ByteBuffer& out) {
  out.put_varint(count << 1U);
  for (unsigned bits = 0; bits < width; bits += 8) out.put_byte((value >> bits) & 0xffU);
}

void encode_delta(std::span<const std::int64_t> values, ByteBuffer& out) {
  out.put_varint(kBlock);
  out.put_varint(kMiniblocks);
  out.put_varint(values.size());
  out.put_varint(zigzag(values.empty() ? 0 : values[0]));
  for (std::size_t at = 1; at < values.size(); at += kBlock) {
    const std::size_t count = std::min(kBlock, values.size() - at);
    std::array<std::uint64_t, kBlock> deltas{};  // wrapping, as the format says
    for (std::size_t i = 0; i < count; ++i) {
      deltas[i] = static_cast<std::uint64_t>(values[at + i]) -
                  static_cast<std::uint64_t>(values[at + i - 1]);
    }
    auto least = static_cast<std::int64_t>(deltas[0]);
    for (std::size_t i = 1; i < count; ++i)
      least = std::min(least, static_cast<std::int64_t>(deltas[i]));
    out.put_varint(zigzag(least));
    std::array<unsigned, kMiniblocks> widths{};
    for (std::size_t i = 0; i < count; ++i) deltas[i] -= static_cast<std::uint64_t>(least);
    for (std::size_t m = 0; m < kMiniblocks; ++m) {
      std::uint64_t all = 0;
      for (std::size_t i = 0; i < kMiniblock; ++i) all |= deltas[m * kMiniblock + i];
      widths[m] = bit_width(all);
      out.put_byte(widths[m]);
    }
    for (std::size_t m = 0; m * kMiniblock < count; ++m) {
      if (widths[m] == 0) continue;
      char* to = out.extend(kMiniblock / 8 * widths[m]);
      pack_miniblock(&deltas[m * kMiniblock], widths[m], to);
    }
  }
}

}  // namespace adbacus
