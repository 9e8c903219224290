#include "processor/window/reach_sketch.hpp"

#include <algorithm>
#include <cstring>

namespace adbacus {

bool ReachSketch::add(std::uint64_t hash) {
  // The top bits choose the register, the rank is the position of the first one among the rest.
  const auto index = static_cast<std::uint32_t>(hash >> (64U - kPrecision));
  const std::uint64_t rest = (hash << kPrecision) | (1ULL << (kPrecision - 1U));
  const auto rank = static_cast<std::uint8_t>(__builtin_clzll(rest) + 1);
  return dense_.empty() ? add_sparse(index, rank) : add_dense(index, rank);
}

bool ReachSketch::add_dense(std::uint32_t index, std::uint8_t rank) {
  std::uint8_t& at = dense_[index];
  if (rank <= (at & ~kRose)) return false;
  const bool first_rise = (at & kRose) == 0;
  at = kRose | rank;
  return first_rise && rose_++ == 0;
}

std::uint32_t& ReachSketch::slot_of(std::uint32_t index) {
  const std::size_t mask = sparse_.size() - 1;
  // Indices are hash bits already.
  for (std::size_t at = index & mask;; at = (at + 1) & mask) {
    if (sparse_[at] == 0 || sparse_[at] >> 8U == index) return sparse_[at];
  }
}

bool ReachSketch::add_sparse(std::uint32_t index, std::uint8_t rank) {
  if ((used_ + 1) * 4 > sparse_.size() * 3) {
    grow();
    if (!dense_.empty()) return add_dense(index, rank);
  }
  std::uint32_t& slot = slot_of(index);
  if (slot == 0) ++used_;
  const std::uint32_t low = slot & 0xffU;
  if (rank <= (low & ~std::uint32_t{kRose})) return false;
  const bool first_rise = (low & kRose) == 0;
  slot = index << 8U | kRose | rank;
  return first_rise && rose_++ == 0;
}

void ReachSketch::grow() {
  const std::vector<std::uint32_t> old = std::move(sparse_);
  sparse_.clear();
  if (old.size() >= kSparseMax) {
    dense_.resize(kRegisters);
    for (const std::uint32_t slot : old) {
      if (slot != 0) dense_[slot >> 8U] = static_cast<std::uint8_t>(slot & 0xffU);
    }
    return;
  }
  sparse_.resize(std::max(kSparseMin, old.size() * 2));
  for (const std::uint32_t slot : old) {
    if (slot != 0) slot_of(slot >> 8U) = slot;
  }
}

void ReachSketch::take_dense(std::vector<std::uint32_t>& out) {
  constexpr std::uint64_t kRoseWord = 0x8080808080808080;
  for (std::size_t i = 0; i < dense_.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, &dense_[i], sizeof word);
    if ((word & kRoseWord) == 0) continue;
    for (std::size_t j = i; j < i + 8; ++j) {
      if ((dense_[j] & kRose) == 0) continue;
      dense_[j] &= static_cast<std::uint8_t>(~kRose);
      out.push_back(static_cast<std::uint32_t>(j << 8U) | dense_[j]);
    }
  }
}

void ReachSketch::take(std::vector<std::uint32_t>& out) {
  if (rose_ == 0) return;
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  out.reserve(out.size() + rose_);
  rose_ = 0;
  if (!dense_.empty()) return take_dense(out);
  for (std::uint32_t& slot : sparse_) {
    if ((slot & kRose) == 0) continue;
    slot &= ~std::uint32_t{kRose};
    out.push_back(slot);
  }
  std::sort(out.begin() + begin, out.end());
}

}  // namespace adbacus
