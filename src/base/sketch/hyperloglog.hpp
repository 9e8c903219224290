// Distinct counts by HyperLogLog with 4,096 registers: standard error 1.04 / sqrt(4096) = 1.6 %.
// Few registers are kept as a sorted list, many as an array. Registers depend only on the set of
// hashes added, so sketches can be merged, and deltas of risen registers applied in any order, any
// number of times. Owned by one thread.
//
// Sources: Flajolet, Fusy, Gandouet, Meunier 2007 (the sketch); Ertl 2017, "New cardinality
// estimation algorithms for HyperLogLog sketches", algorithm 6 (the estimate, without bias over the
// whole range and without tables).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

class HyperLogLog {
 public:
  static constexpr unsigned kPrecision = 12;
  static constexpr std::uint32_t kRegisters = 1U << kPrecision;
  static constexpr std::uint32_t kRankMax = 64 - kPrecision + 1;

  // A register as stored and sent: index << 8 | rank. The hash's top 12 bits are the index, the
  // rank is the position of the first one among the other 52 bits, or 53.
  static constexpr std::uint32_t entry_of(std::uint64_t hash) {
    const auto index = static_cast<std::uint32_t>(hash >> (64 - kPrecision));
    const std::uint64_t rest = (hash << kPrecision) | (1ULL << (kPrecision - 1));
    return index << 8U | (static_cast<std::uint32_t>(__builtin_clzll(rest)) + 1);
  }

  // True if a register rose: only then must entry_of(hash) be passed on.
  bool add(std::uint64_t hash) { return raise(entry_of(hash)); }
  bool raise(std::uint32_t entry);  // `entry` must be valid
  void merge(const HyperLogLog& other);
  double estimate() const;

  std::vector<std::uint32_t> entries() const;  // registers above 0, sorted by index
  // `entries` may be in any order; an impossible index or rank is ErrorCode::corrupt.
  static Result<HyperLogLog> from_entries(std::span<const std::uint32_t> entries);

  std::size_t memory_bytes() const;

 private:
  // Longer lists cost more to insert into than they save.
  static constexpr std::size_t kListMax = 512;

  void make_dense();

  std::vector<std::uint32_t> list_;  // sorted entries while ranks_ is empty
  std::vector<std::uint8_t> ranks_;  // kRegisters of them once dense
};

}  // namespace adbacus
