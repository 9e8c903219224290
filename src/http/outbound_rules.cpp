#include "http/outbound_rules.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace adbacus::http {
namespace {

constexpr std::uint16_t kPort = 443;

struct Range {
  std::array<std::uint8_t, 4> first;
  unsigned bits;
};

// Not of the public Internet (RFC 6890 and its registries).
constexpr Range kSpecialV4[] = {
    {{0, 0, 0, 0}, 8},        // this host
    {{10, 0, 0, 0}, 8},       // private
    {{100, 64, 0, 0}, 10},    // of carriers
    {{127, 0, 0, 0}, 8},      // loopback
    {{169, 254, 0, 0}, 16},   // link-local, among it the metadata of clouds
    {{172, 16, 0, 0}, 12},    // private
    {{192, 0, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2, 0}, 24},     // documentation
    {{192, 88, 99, 0}, 24},   // 6to4 relays
    {{192, 168, 0, 0}, 16},   // private
    {{198, 18, 0, 0}, 15},    // benchmarks
    {{198, 51, 100, 0}, 24},  // documentation
    {{203, 0, 113, 0}, 24},   // documentation
    {{224, 0, 0, 0}, 3},      // multicast, reserved, broadcast
};
// Within 2000::/3, outside of which nothing is global.
constexpr Range kSpecialV6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},  // protocol assignments, among it Teredo
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02, 0x00, 0x00}, 16},  // 6to4: holds an IPv4 address
    {{0x3f, 0xff, 0x00, 0x00}, 20},  // documentation
};

std::uint32_t word(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | std::uint32_t{bytes[3]};
}

bool is_in(std::uint32_t address, const Range& range) {
  const std::uint32_t mask = ~std::uint32_t{0} << (32 - range.bits);
  return (address & mask) == word(range.first.data());
}

template <std::size_t kCount>
bool is_in_any(std::uint32_t address, const Range (&ranges)[kCount]) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const Range& range) { return is_in(address, range); });
}

}  // namespace

bool is_public_address(const PeerAddress& address) {
  if (address.is_v4()) return !is_in_any(word(address.bytes.data() + 12), kSpecialV4);
  const std::uint32_t top = word(address.bytes.data());
  return is_in(top, {{0x20, 0, 0, 0}, 3}) && !is_in_any(top, kSpecialV6);
}

Result<OutboundRules> OutboundRules::make(const std::vector<std::string>& allowed) {
  OutboundRules rules;
  for (const std::string& text : allowed) {
    const auto url = parse_http_url(text);
    if (!url) return url.error();
    if (url->target != "/") {
      return Error{ErrorCode::invalid_argument, "must end behind the port: " + text};
    }
    rules.allowed_.push_back(url->origin());
  }
  return rules;
}

OutboundRules OutboundRules::unrestricted() {
  OutboundRules rules;
  rules.is_unrestricted_ = true;
  return rules;
}

bool OutboundRules::is_named(const HttpUrl& url) const {
  return is_unrestricted_ ||
         std::find(allowed_.begin(), allowed_.end(), url.origin()) != allowed_.end();
}

Result<void> OutboundRules::check(const HttpUrl& url) const {
  if (is_named(url) || (url.is_tls && url.port == kPort)) return {};
  return Error{ErrorCode::forbidden, url.origin() +
                                         ": only https at port 443 is called unless "
                                         "outbound.allowed names the server"};
}

Result<void> OutboundRules::check(const HttpUrl& url, const PeerAddress& address) const {
  if (is_named(url) || is_public_address(address)) return {};
  return Error{ErrorCode::forbidden,
               url.host + " is " + address.text() +
                   ", no public address, and outbound.allowed does not name " + url.origin()};
}

}  // namespace adbacus::http
