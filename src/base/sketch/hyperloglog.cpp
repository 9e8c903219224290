#include "base/sketch/hyperloglog.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <string>

namespace adbacus {
namespace {

constexpr std::uint32_t index_of(std::uint32_t entry) {
  return entry >> 8U;
}
constexpr std::uint8_t rank_of(std::uint32_t entry) {
  return static_cast<std::uint8_t>(entry & 0xffU);
}

// Ertl 2017, equation 50: x + sum over k >= 1 of x^(2^k) * 2^(k-1).
double sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double sum = x;
  for (double weight = 1.0, last = -1.0; sum != last; weight += weight) {
    x *= x;
    last = sum;
    sum += x * weight;
  }
  return sum;
}

// Equation 53: (1 - x - sum over k >= 1 of (1 - x^(2^-k))^2 * 2^-k) / 3.
double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0.0;
  double sum = 1.0 - x;
  for (double weight = 1.0, last = -1.0; sum != last;) {
    x = std::sqrt(x);
    last = sum;
    weight *= 0.5;
    sum -= (1.0 - x) * (1.0 - x) * weight;
  }
  return sum / 3.0;
}

}  // namespace

bool HyperLogLog::raise(std::uint32_t entry) {
  assert(index_of(entry) < kRegisters && rank_of(entry) >= 1 && rank_of(entry) <= kRankMax);
  if (!ranks_.empty()) {
    std::uint8_t& rank = ranks_[index_of(entry)];
    if (rank >= rank_of(entry)) return false;
    rank = rank_of(entry);
    return true;
  }
  const auto at = std::lower_bound(list_.begin(), list_.end(), index_of(entry) << 8U);
  if (at != list_.end() && index_of(*at) == index_of(entry)) {
    if (*at >= entry) return false;
    *at = entry;
    return true;
  }
  list_.insert(at, entry);
  if (list_.size() > kListMax) make_dense();
  return true;
}

void HyperLogLog::make_dense() {
  ranks_.resize(kRegisters);
  for (const std::uint32_t entry : list_) ranks_[index_of(entry)] = rank_of(entry);
  list_ = std::vector<std::uint32_t>();
}

void HyperLogLog::merge(const HyperLogLog& other) {
  for (const std::uint32_t entry : other.list_) raise(entry);
  if (other.ranks_.empty()) return;
  if (ranks_.empty()) make_dense();
  for (std::size_t i = 0; i < kRegisters; ++i) ranks_[i] = std::max(ranks_[i], other.ranks_[i]);
}

double HyperLogLog::estimate() const {
  std::array<std::uint32_t, kRankMax + 1> registers_with_rank{};
  for (const std::uint32_t entry : list_) ++registers_with_rank[rank_of(entry)];
  for (const std::uint8_t rank : ranks_) ++registers_with_rank[rank];
  if (ranks_.empty()) {
    registers_with_rank[0] = kRegisters - static_cast<std::uint32_t>(list_.size());
  }
  constexpr double kCount = kRegisters;
  const double above = kCount - registers_with_rank[kRankMax];
  double z = kCount * tau(above / kCount);
  for (std::size_t rank = kRankMax - 1; rank >= 1; --rank) {
    z = 0.5 * (z + registers_with_rank[rank]);
  }
  z += kCount * sigma(registers_with_rank[0] / kCount);
  return kCount * kCount / (2.0 * std::log(2.0) * z);
}

std::vector<std::uint32_t> HyperLogLog::entries() const {
  if (ranks_.empty()) return list_;
  std::vector<std::uint32_t> entries;
  for (std::uint32_t index = 0; index < kRegisters; ++index) {
    if (ranks_[index] > 0) entries.push_back(index << 8U | ranks_[index]);
  }
  return entries;
}

Result<HyperLogLog> HyperLogLog::from_entries(std::span<const std::uint32_t> entries) {
  HyperLogLog sketch;
  for (const std::uint32_t entry : entries) {
    if (index_of(entry) >= kRegisters || rank_of(entry) == 0 || rank_of(entry) > kRankMax) {
      return Error{ErrorCode::corrupt, "impossible HyperLogLog register " + std::to_string(entry)};
    }
    sketch.raise(entry);
  }
  return sketch;
}

std::size_t HyperLogLog::memory_bytes() const {
  return sizeof(*this) + list_.capacity() * sizeof(list_[0]) + ranks_.capacity();
}

}  // namespace adbacus
