#include "base/network/network_table.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace adbacus {
namespace {

Uint128 number_of(const IpAddress& address) {
  return static_cast<Uint128>(address.high) << 64U | address.low;
}

// How many of `count` sorted values are not above `value`. Without jumps that depend on the values.
template <class Number>
std::size_t count_up_to(const Number* values, std::size_t count, Number value) {
  const Number* base = values;
  while (count > 1) {
    const std::size_t half = count / 2;
    base += base[half - 1] <= value ? half : 0;
    count -= half;
  }
  const auto before = static_cast<std::size_t>(base - values);
  return count == 1 && *base <= value ? before + 1 : before;
}

}  // namespace

NetworkTable::NetworkTable() = default;

NetworkLists NetworkTable::find(const IpAddress& address) const {
  return address.is_v4 ? v4_.find(static_cast<std::uint32_t>(address.low))
                       : find_v6(address, address);
}

NetworkLists NetworkTable::find_whole(const IpNetwork& network) const {
  const IpAddress last = network.last();
  return network.first.is_v4 ? v4_.find_all(static_cast<std::uint32_t>(network.first.low),
                                            static_cast<std::uint32_t>(last.low))
                             : find_v6(network.first, last);
}

NetworkLists NetworkTable::find_v6(const IpAddress& first, const IpAddress& last) const {
  return v6_long_.empty() ? v6_.find_all(first.high, last.high)
                          : v6_long_.find_all(number_of(first), number_of(last));
}

std::size_t NetworkTable::memory_bytes() const {
  return v4_.memory_bytes() + v6_.memory_bytes() + v6_long_.memory_bytes();
}

NetworkTable::V4::V4() : begin_(kBuckets + 1), carried_(kBuckets) {}

void NetworkTable::V4::add(std::uint32_t from, NetworkLists lists) {
  const std::size_t bucket = from >> 16U;
  for (; filled_ <= bucket; ++filled_) {
    begin_[filled_] = static_cast<std::uint32_t>(from_.size());
    carried_[filled_] = current_;
  }
  from_.push_back(static_cast<std::uint16_t>(from & 0xffffU));
  lists_.push_back(lists);
  current_ = lists;
}

void NetworkTable::V4::finish() {
  for (; filled_ <= kBuckets; ++filled_) {
    begin_[filled_] = static_cast<std::uint32_t>(from_.size());
    if (filled_ < kBuckets) carried_[filled_] = current_;
  }
  from_.shrink_to_fit();
  lists_.shrink_to_fit();
}

std::size_t NetworkTable::V4::upper(std::uint32_t address) const {
  const std::size_t begin = begin_[address >> 16U];
  const std::size_t end = begin_[(address >> 16U) + 1];
  return begin + count_up_to(from_.data() + begin, end - begin,
                             static_cast<std::uint16_t>(address & 0xffffU));
}

NetworkLists NetworkTable::V4::find(std::uint32_t address) const {
  const std::size_t at = upper(address);
  return at == begin_[address >> 16U] ? carried_[address >> 16U] : lists_[at - 1];
}

NetworkLists NetworkTable::V4::find_all(std::uint32_t first, std::uint32_t last) const {
  NetworkLists all = find(first);
  for (std::size_t at = upper(first), end = upper(last); at < end && all != 0; ++at)
    all = static_cast<NetworkLists>(all & lists_[at]);
  return all;
}

std::size_t NetworkTable::V4::memory_bytes() const {
  return begin_.capacity() * sizeof(begin_[0]) + carried_.capacity() +
         from_.capacity() * sizeof(from_[0]) + lists_.capacity();
}

template <class Number>
void NetworkTable::V6<Number>::add(Number from, NetworkLists lists) {
  from_.push_back(from);
  lists_.push_back(lists);
}

template <class Number>
void NetworkTable::V6<Number>::finish() {
  for (std::size_t i = 0; i < from_.size(); i += kBlock) block_from_.push_back(from_[i]);
  from_.shrink_to_fit();
  lists_.shrink_to_fit();
  block_from_.shrink_to_fit();
}

template <class Number>
std::size_t NetworkTable::V6<Number>::upper(Number address) const {
  const std::size_t block = count_up_to(block_from_.data(), block_from_.size(), address);
  if (block == 0) return 0;
  const std::size_t begin = (block - 1) * kBlock;
  const std::size_t count = std::min(kBlock, from_.size() - begin);
  return begin + count_up_to(from_.data() + begin, count, address);
}

template <class Number>
NetworkLists NetworkTable::V6<Number>::find_all(Number first, Number last) const {
  const std::size_t at = upper(first);
  NetworkLists all = at == 0 ? NetworkLists{0} : lists_[at - 1];
  if (first == last) return all;
  for (std::size_t i = at, end = upper(last); i < end && all != 0; ++i)
    all = static_cast<NetworkLists>(all & lists_[i]);
  return all;
}

template <class Number>
std::size_t NetworkTable::V6<Number>::memory_bytes() const {
  return (from_.capacity() + block_from_.capacity()) * sizeof(Number) + lists_.capacity();
}

void NetworkTableBuilder::add(const IpNetwork& network, NetworkLists list, bool is_exception) {
  assert(list != 0 && (list & (list - 1)) == 0);
  const auto bits = static_cast<std::uint8_t>(network.prefix_bits);
  if (network.first.is_v4) {
    v4_.push_back({static_cast<std::uint32_t>(network.first.low), bits, list, is_exception});
  } else {
    v6_.push_back({number_of(network.first), bits, list, is_exception});
    v6_bits_max_ = std::max(v6_bits_max_, network.prefix_bits);
  }
}

// Networks are nested or apart, so one pass in the order of their first addresses, the wider ones
// first, with a stack of those that are open, meets every boundary.
template <class Number, class Side>
void NetworkTableBuilder::build_side(std::vector<Entry<Number>>& entries, unsigned address_bits,
                                     Side& side) {
  const auto key = [](const Entry<Number>& e) {
    return std::tuple(e.first, e.prefix_bits, e.list, e.is_exception);
  };
  std::sort(entries.begin(), entries.end(),
            [&](const Entry<Number>& a, const Entry<Number>& b) { return key(a) < key(b); });
  struct Open {
    Number last;
    NetworkLists lists;
  };
  std::vector<Open> open;
  Number pending_from = 0;  // the newest boundary, held back: one at the same place replaces it
  NetworkLists pending = 0;
  NetworkLists written = 0;
  const auto flush = [&] {
    if (pending != written) side.add(pending_from, pending);
    written = pending;
  };
  const auto change = [&](Number from, NetworkLists lists) {
    if (from != pending_from) flush();
    pending_from = from;
    pending = lists;
  };
  const auto close = [&] {
    const Number last = open.back().last;
    open.pop_back();
    const NetworkLists outer = open.empty() ? NetworkLists{0} : open.back().lists;
    const auto next = static_cast<Number>(last + 1);
    if (next != 0) change(next, outer);
  };
  for (const Entry<Number>& entry : entries) {
    while (!open.empty() && open.back().last < entry.first) close();
    const NetworkLists outer = open.empty() ? NetworkLists{0} : open.back().lists;
    const auto lists =
        static_cast<NetworkLists>(entry.is_exception ? outer & ~entry.list : outer | entry.list);
    const unsigned host = address_bits - entry.prefix_bits;
    const Number all = static_cast<Number>(~Number{0});
    const Number hosts = host == 0 ? Number{0} : static_cast<Number>(all >> (address_bits - host));
    open.push_back({static_cast<Number>(entry.first | hosts), lists});
    change(entry.first, lists);
  }
  while (!open.empty()) close();
  flush();
  side.finish();
  entries = {};
}

NetworkTable NetworkTableBuilder::build() && {
  NetworkTable table;
  build_side(v4_, 32, table.v4_);
  if (v6_bits_max_ > 64) {
    build_side(v6_, 128, table.v6_long_);
  } else {
    std::vector<Entry<std::uint64_t>> first_halves;
    first_halves.reserve(v6_.size());
    for (const Entry<Uint128>& e : v6_) {
      first_halves.push_back(
          {static_cast<std::uint64_t>(e.first >> 64U), e.prefix_bits, e.list, e.is_exception});
    }
    v6_ = {};
    build_side(first_halves, 64, table.v6_);
  }
  return table;
}

}  // namespace adbacus
