// In which of up to eight lists of networks an address lies. In each list the longest prefix that
// holds the address decides, and an entry can be an exception: "all of 10.0.0.0/8, but not
// 10.1.0.0/16". Lists of tens of millions of entries are meant: at most 6 bytes for an IPv4 entry,
// about 18 for an IPv6 one if no prefix is longer than 64 bits, else 35; less where entries meet. A
// look-up is one binary search.
// Immutable once built; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/network/ip_network.hpp"
#include "base/rng.hpp"

namespace adbacus {

using NetworkLists = std::uint8_t;  // one bit a list

class NetworkTable {
 public:
  NetworkTable();  // holds nothing

  NetworkLists find(const IpAddress& address) const;
  // The lists that hold all of the network.
  NetworkLists find_whole(const IpNetwork& network) const;

  std::size_t memory_bytes() const;

 private:
  friend class NetworkTableBuilder;
  // A boundary says which lists hold the addresses from it on, up to the next one.
  class V4 {
   public:
    V4();
    void add(std::uint32_t from, NetworkLists lists);  // in rising order
    void finish();
    NetworkLists find(std::uint32_t address) const;
    NetworkLists find_all(std::uint32_t first, std::uint32_t last) const;
    std::size_t memory_bytes() const;

   private:
    static constexpr std::size_t kBuckets = 1U << 16U;  // by the first 16 bits
    std::size_t upper(std::uint32_t address) const;     // the first boundary behind the address
    std::vector<std::uint32_t> begin_;                  // of each bucket's boundaries, and the end
    std::vector<NetworkLists> carried_;                 // into each bucket from those before
    std::vector<std::uint16_t> from_;                   // last 16 bits
    std::vector<NetworkLists> lists_;
    std::size_t filled_ = 0;  // buckets whose begin is known
    NetworkLists current_ = 0;
  };
  template <class Number>
  class V6 {  // whole addresses, or their first 64 bits
   public:
    void add(Number from, NetworkLists lists);
    void finish();
    NetworkLists find_all(Number first, Number last) const;
    bool empty() const { return from_.empty(); }
    std::size_t memory_bytes() const;

   private:
    static constexpr std::size_t kBlock = 64;
    std::size_t upper(Number address) const;
    std::vector<Number> from_;
    std::vector<NetworkLists> lists_;
    std::vector<Number> block_from_;  // every kBlock-th of from_, to search in what caches hold
  };
  NetworkLists find_v6(const IpAddress& first, const IpAddress& last) const;

  V4 v4_;
  V6<std::uint64_t> v6_;  // if no prefix is longer than 64 bits
  V6<Uint128> v6_long_;   // else
};

// Collects entries, in any order. Owned by one thread.
class NetworkTableBuilder {
 public:
  // `list` is one bit. Of the same network in the same list an exception counts.
  void add(const IpNetwork& network, NetworkLists list, bool is_exception = false);
  std::size_t size() const { return v4_.size() + v6_.size(); }
  NetworkTable build() &&;

 private:
  template <class Number>
  struct Entry {
    Number first;
    std::uint8_t prefix_bits;
    NetworkLists list;
    bool is_exception;
  };
  template <class Number, class Side>
  static void build_side(std::vector<Entry<Number>>& entries, unsigned address_bits, Side& side);

  std::vector<Entry<std::uint32_t>> v4_;
  std::vector<Entry<Uint128>> v6_;
  unsigned v6_bits_max_ = 0;
};

}  // namespace adbacus
