#include "http/peers.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

#include "base/hash.hpp"
#include "base/network/ip_network.hpp"
#include "http/text.hpp"

namespace adbacus::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// "1.2.3.4:80" and "[::1]:80" appear in X-Forwarded-For of some proxies.
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end == std::string_view::npos ? text : text.substr(1, end - 1);
  }
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos
             ? text.substr(0, colon)
             : text;
}

bool shares_prefix(const PeerAddress& a, const PeerAddress& b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (std::memcmp(a.bytes.data(), b.bytes.data(), whole) != 0) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xffU << (8 - rest));
  return ((a.bytes[whole] ^ b.bytes[whole]) & mask) == 0;
}

}  // namespace

bool PeerAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

PeerAddress counting_key(const PeerAddress& peer) {
  PeerAddress key = peer;
  if (!peer.is_v4()) std::fill(key.bytes.begin() + 8, key.bytes.end(), std::uint8_t{0});
  return key;
}

std::optional<PeerAddress> PeerAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {  // the C library takes five times as long
    const auto v4 = IpAddress::parse(text);
    if (!v4) return std::nullopt;
    PeerAddress address;
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
    for (unsigned i = 0; i < 4; ++i)
      address.bytes[12 + i] = static_cast<std::uint8_t>(v4->low >> (24 - 8 * i));
    return address;
  }
  std::array<char, INET6_ADDRSTRLEN + 1> buffer{};
  if (text.size() >= buffer.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), buffer.begin());
  PeerAddress address;
  if (inet_pton(AF_INET6, buffer.data(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string PeerAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const bool v4 = is_v4();
  inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? 12 : 0), buffer.data(),
            static_cast<socklen_t>(buffer.size()));
  return buffer.data();
}

PeerAddress network_of(const PeerAddress& peer) {
  const std::ptrdiff_t kept = peer.is_v4() ? 15 : 6;  // bytes of 16
  PeerAddress network = peer;
  std::fill(network.bytes.begin() + kept, network.bytes.end(), std::uint8_t{0});
  return network;
}

std::string network_text(const PeerAddress& peer) {
  return network_of(peer).text() + (peer.is_v4() ? "/24" : "/48");
}

Result<PeerPolicy> PeerPolicy::make(const std::vector<std::string>& trusted_proxies) {
  PeerPolicy policy;
  for (const std::string& entry : trusted_proxies) {
    const std::size_t slash = entry.find('/');
    const auto address = PeerAddress::parse(std::string_view(entry).substr(0, slash));
    if (!address) return Error{ErrorCode::invalid_argument, "trusted proxy: " + entry};
    unsigned bits = 128;
    if (slash != std::string::npos) {
      const unsigned family_bits = address->is_v4() ? 32 : 128;
      const char* end = entry.data() + entry.size();
      const auto parsed = std::from_chars(entry.data() + slash + 1, end, bits);
      if (parsed.ec != std::errc() || parsed.ptr != end || bits > family_bits) {
        return Error{ErrorCode::invalid_argument, "trusted proxy: " + entry};
      }
      bits += 128 - family_bits;
    }
    policy.trusted_.push_back({*address, bits});
  }
  return policy;
}

bool PeerPolicy::is_trusted(const PeerAddress& peer) const {
  return std::any_of(trusted_.begin(), trusted_.end(), [&](const Network& network) {
    return shares_prefix(network.address, peer, network.prefix_bits);
  });
}

PeerAddress PeerPolicy::caller(const PeerAddress& peer, std::string_view forwarded_for) const {
  PeerAddress nearest = peer;
  while (!forwarded_for.empty()) {
    const std::size_t comma = forwarded_for.rfind(',');
    const bool is_last = comma == std::string_view::npos;
    const std::string_view entry =
        trim_blanks(is_last ? forwarded_for : forwarded_for.substr(comma + 1));
    forwarded_for = is_last ? std::string_view() : forwarded_for.substr(0, comma);
    const auto address = PeerAddress::parse(without_port(entry));
    if (!address) break;
    nearest = *address;
    if (!is_trusted(nearest)) break;
  }
  return nearest;
}

std::size_t PeerTable::KeyHash::operator()(const PeerAddress& key) const {
  return hash64({reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()}, 0);
}

bool PeerTable::enter(const PeerAddress& peer) {
  const std::lock_guard lock(mutex_);
  int& count = counts_[counting_key(peer)];
  if (count >= per_peer_max_) return false;
  ++count;
  return true;
}

void PeerTable::leave(const PeerAddress& peer) {
  const std::lock_guard lock(mutex_);
  const auto it = counts_.find(counting_key(peer));
  if (it != counts_.end() && --it->second == 0) counts_.erase(it);
}

}  // namespace adbacus::http
