#include "base/network/ip_network.hpp"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

namespace adbacus {
namespace {

// Lists have tens of millions of these; inet_pton would copy each first.
std::optional<std::uint32_t> parse_v4(std::string_view text) {
  std::uint32_t address = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at == end || *at++ != '.')) return std::nullopt;
    const char* const begin = at;
    unsigned value = 0;
    while (at != end && *at >= '0' && *at <= '9' && at - begin < 3)
      value = value * 10 + static_cast<unsigned>(*at++ - '0');
    const bool has_leading_zero = at - begin > 1 && *begin == '0';  // octal to some
    if (at == begin || value > 255 || has_leading_zero) return std::nullopt;
    address = address << 8U | value;
  }
  return at == end ? std::optional(address) : std::nullopt;
}

std::uint64_t big_endian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8U | bytes[i];
  return value;
}

void put_big_endian(std::uint64_t value, unsigned char* bytes) {
  for (int i = 7; i >= 0; --i, value >>= 8U) bytes[i] = static_cast<unsigned char>(value & 0xffU);
}

// The lowest `count` of 64 bits.
std::uint64_t low_bits(unsigned count) {
  if (count == 0) return 0;
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

struct HostBits {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};
HostBits host_bits(const IpNetwork& network) {
  const unsigned count = (network.first.is_v4 ? 32U : 128U) - network.prefix_bits;
  return {low_bits(count > 64 ? count - 64 : 0), low_bits(count)};
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    const auto v4 = parse_v4(text);
    return v4 ? std::optional(IpAddress{.is_v4 = true, .low = *v4}) : std::nullopt;
  }
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  std::array<unsigned char, 16> bytes{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::memcpy(terminated.data(), text.data(), text.size());
  if (::inet_pton(AF_INET6, terminated.data(), bytes.data()) != 1) return std::nullopt;
  const IpAddress address{false, big_endian(bytes.data()), big_endian(bytes.data() + 8)};
  if (address.high == 0 && address.low >> 32U == 0xffff)
    return IpAddress{.is_v4 = true, .low = address.low & 0xffffffffU};
  return address;
}

std::string IpAddress::text() const {
  if (is_v4)
    return fmt::format("{}.{}.{}.{}", low >> 24U & 255U, low >> 16U & 255U, low >> 8U & 255U,
                       low & 255U);
  std::array<unsigned char, 16> bytes{};
  put_big_endian(high, bytes.data());
  put_big_endian(low, bytes.data() + 8);
  std::array<char, INET6_ADDRSTRLEN> shown{};
  ::inet_ntop(AF_INET6, bytes.data(), shown.data(), shown.size());
  return shown.data();
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const bool was_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  if (address->is_v4 && !was_v4 && slash != std::string_view::npos) return std::nullopt;
  IpNetwork network{*address, address->is_v4 ? 32U : 128U};
  if (slash != std::string_view::npos) {
    const std::string_view bits = text.substr(slash + 1);
    const char* const end = bits.data() + bits.size();
    unsigned value = 0;
    const auto [stopped, error] = std::from_chars(bits.data(), end, value);
    const bool is_plain = !bits.empty() && (bits.size() == 1 || bits.front() != '0');
    if (!is_plain || error != std::errc() || stopped != end || value > network.prefix_bits)
      return std::nullopt;
    network.prefix_bits = value;
  }
  const HostBits host = host_bits(network);
  if ((network.first.high & host.high) != 0 || (network.first.low & host.low) != 0)
    return std::nullopt;
  return network;
}

IpAddress IpNetwork::last() const {
  const HostBits host = host_bits(*this);
  return {first.is_v4, first.high | host.high, first.low | host.low};
}

std::string IpNetwork::text() const {
  return fmt::format("{}/{}", first.text(), prefix_bits);
}

}  // namespace adbacus
