// Who is at the other end: addresses, the proxies whose word about the caller is believed, and how
// many connections each caller holds. PeerPolicy is read-only after construction; PeerTable is
// thread-safe (one short lock per accept and close).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"

namespace adbacus::http {

// IPv6, or IPv4 in its mapped form.
struct PeerAddress {
  std::array<std::uint8_t, 16> bytes{};
  static std::optional<PeerAddress> parse(std::string_view text);  // no port, no brackets
  std::string text() const;                                        // IPv4 in dotted form
  bool is_v4() const;
  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
};

// One caller's share of the address space: an IPv4 address or an IPv6 /64, which one host owns.
PeerAddress counting_key(const PeerAddress& peer);

// What may be kept of an address: the first one of its /24, or of its /48 (IPv6).
PeerAddress network_of(const PeerAddress& peer);
std::string network_text(const PeerAddress& peer);  // "203.0.113.0/24"

class PeerPolicy {
 public:
  // Each entry is an address or a network in CIDR form. invalid_argument names the bad one.
  static Result<PeerPolicy> make(const std::vector<std::string>& trusted_proxies);
  bool is_trusted(const PeerAddress& peer) const;
  // The nearest address in X-Forwarded-For (read from the right) that is not a trusted proxy; the
  // peer itself where the chain ends or breaks. Only for a trusted peer.
  PeerAddress caller(const PeerAddress& peer, std::string_view forwarded_for) const;

 private:
  struct Network {
    PeerAddress address;
    unsigned prefix_bits;
  };
  std::vector<Network> trusted_;
};

class PeerTable {
 public:
  explicit PeerTable(int per_peer_max) : per_peer_max_(per_peer_max) {}
  void set_per_peer_max(int per_peer_max) { per_peer_max_ = per_peer_max; }
  bool enter(const PeerAddress& peer);  // false: this peer holds its maximum
  void leave(const PeerAddress& peer);

 private:
  struct KeyHash {
    std::size_t operator()(const PeerAddress& key) const;
  };
  std::atomic<int> per_peer_max_;
  std::mutex mutex_;
  std::unordered_map<PeerAddress, int, KeyHash> counts_;  // guarded by mutex_
};

}  // namespace adbacus::http
