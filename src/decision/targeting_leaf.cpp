#include "decision/targeting_leaf.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <numbers>
#include <optional>
#include <re2/re2.h>

namespace adbacus {
namespace {

constexpr double kEarthKm = 6371.0088;  // mean radius, IUGG
constexpr std::int64_t kPatternMemoryBytes = 1 << 20;
constexpr unsigned kMappedBits = 96;  // of ::ffff:0:0/96, in front of an IPv4 address

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::array<unsigned char, 16>> address_of(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.empty() || text.size() >= terminated.size()) return std::nullopt;
  std::memcpy(terminated.data(), text.data(), text.size());
  std::array<unsigned char, 16> address{};
  if (::inet_pton(AF_INET6, terminated.data(), address.data()) == 1) return address;
  address[10] = address[11] = 0xff;
  if (::inet_pton(AF_INET, terminated.data(), address.data() + 12) == 1) return address;
  return std::nullopt;
}

bool has_prefix(const std::array<unsigned char, 16>& address,
                const std::array<unsigned char, 16>& network, unsigned bits) {
  const unsigned bytes = bits / 8;
  if (std::memcmp(address.data(), network.data(), bytes) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff00U >> (bits % 8));
  return (address[bytes] & mask) == (network[bytes] & mask);
}

// "52.5,13.4" or "52.5,13.4,100"; how many numbers there are.
std::size_t split_numbers(std::string_view text, std::array<double, 3>& out) {
  std::size_t count = 0;
  for (;;) {
    const std::size_t comma = text.find(',');
    const auto number = number_of(text.substr(0, comma));
    if (!number || count == out.size()) return 0;
    out[count++] = *number;
    if (comma == std::string_view::npos) return count;
    text.remove_prefix(comma + 1);
  }
}

// Great-circle distance by the haversine formula.
double distance_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b) {
  constexpr double kRadian = std::numbers::pi / 180;
  const double half_latitude = std::sin((latitude_b - latitude_a) * kRadian / 2);
  const double half_longitude = std::sin((longitude_b - longitude_a) * kRadian / 2);
  const double a = half_latitude * half_latitude + std::cos(latitude_a * kRadian) *
                                                       std::cos(latitude_b * kRadian) *
                                                       half_longitude * half_longitude;
  return 2 * kEarthKm * std::asin(std::min(1.0, std::sqrt(a)));
}

Error wrong(const std::string& text) {
  return {ErrorCode::invalid_argument, fmt::format("targeting: '{}' is not a value of its", text)};
}

}  // namespace

TargetingLeaf::TargetingLeaf() = default;
TargetingLeaf::~TargetingLeaf() = default;
TargetingLeaf::TargetingLeaf(TargetingLeaf&&) noexcept = default;
TargetingLeaf& TargetingLeaf::operator=(TargetingLeaf&&) noexcept = default;

Result<TargetingLeaf> TargetingLeaf::make(const TargetingNode& node, FieldSlot slot) {
  TargetingLeaf leaf;
  leaf.slot_ = slot;
  leaf.op_ = node.op;
  for (const std::string& value : node.values) {
    if (auto prepared = leaf.prepare(value); !prepared) return prepared.error();
  }
  std::sort(leaf.texts_.begin(), leaf.texts_.end());
  const bool is_range = node.op == TargetingOp::between;
  if (node.values.empty() || (is_range && leaf.numbers_.size() != 2)) return wrong(node.field);
  return leaf;
}

Result<void> TargetingLeaf::prepare(const std::string& text) {
  switch (op_) {
    case TargetingOp::eq:
    case TargetingOp::ne:
    case TargetingOp::in:
    case TargetingOp::not_in:
    case TargetingOp::segment:
    case TargetingOp::contains:
    case TargetingOp::starts_with:
      texts_.push_back(text);
      return {};
    case TargetingOp::lt:
    case TargetingOp::lte:
    case TargetingOp::gt:
    case TargetingOp::gte:
    case TargetingOp::between: {
      const auto number = number_of(text);
      if (!number) return wrong(text);
      numbers_.push_back(*number);
      return {};
    }
    case TargetingOp::exists:
      wants_value_ = text == "true";
      return {};
    case TargetingOp::regex: {
      RE2::Options options(RE2::Quiet);
      options.set_max_mem(kPatternMemoryBytes);
      patterns_.push_back(std::make_unique<RE2>(text, options));
      if (!patterns_.back()->ok()) return wrong(text);
      return {};
    }
    case TargetingOp::cidr: {
      const std::size_t slash = text.find('/');
      const auto address = address_of(std::string_view(text).substr(0, slash));
      if (!address) return wrong(text);
      const bool is_v4 = text.find(':') == std::string::npos;
      unsigned bits = is_v4 ? 32 : 128;
      if (slash != std::string::npos) {
        const auto length = number_of(std::string_view(text).substr(slash + 1));
        if (!length || *length < 0 || *length > bits) return wrong(text);
        bits = static_cast<unsigned>(*length);
      }
      networks_.push_back({*address, is_v4 ? bits + kMappedBits : bits});
      return {};
    }
    case TargetingOp::geo_radius: {
      std::array<double, 3> part{};
      if (split_numbers(text, part) != 3) return wrong(text);
      circles_.push_back({part[0], part[1], part[2]});
      return {};
    }
    case TargetingOp::daypart: {
      const auto hours = parse_daypart(text);
      if (!hours) return wrong(text);
      hours_ = {hours_.low | hours->low, hours_.mid | hours->mid, hours_.high | hours->high};
      return {};
    }
  }
  return {};
}

bool TargetingLeaf::has_text(std::string_view value) const {
  return std::binary_search(texts_.begin(), texts_.end(), value);
}

bool TargetingLeaf::matches(const Attributes& request) const {
  const bool is_there = request.count(slot_) > 0;
  if (op_ == TargetingOp::exists) return is_there == wants_value_;
  if (!is_there) return false;
  const bool is_negative = op_ == TargetingOp::ne || op_ == TargetingOp::not_in;
  const bool any =
      request.any_of(slot_, [&](std::string_view value) { return matches_value(value); });
  return any != is_negative;
}

// For ne and not_in: whether the value is one of those that must not be.
bool TargetingLeaf::matches_value(std::string_view value) const {
  switch (op_) {
    case TargetingOp::eq:
    case TargetingOp::ne:
    case TargetingOp::in:
    case TargetingOp::not_in:
    case TargetingOp::segment:
      return has_text(value);
    case TargetingOp::lt:
    case TargetingOp::lte:
    case TargetingOp::gt:
    case TargetingOp::gte:
    case TargetingOp::between:
      return matches_number(value);
    case TargetingOp::exists:
      return true;
    case TargetingOp::contains:
      return std::any_of(texts_.begin(), texts_.end(),
                         [&](const std::string& text) { return value.find(text) != value.npos; });
    case TargetingOp::starts_with:
      return std::any_of(texts_.begin(), texts_.end(),
                         [&](const std::string& text) { return value.starts_with(text); });
    case TargetingOp::regex:
      return std::any_of(patterns_.begin(), patterns_.end(),
                         [&](const auto& pattern) { return RE2::PartialMatch(value, *pattern); });
    case TargetingOp::cidr:
      return matches_network(value);
    case TargetingOp::geo_radius:
      return matches_circle(value);
    case TargetingOp::daypart: {
      const auto hour = number_of(value);
      return hour && *hour >= 0 && *hour < 168 && hours_.has(static_cast<int>(*hour));
    }
  }
  return false;
}

bool TargetingLeaf::matches_number(std::string_view value) const {
  const auto number = number_of(value);
  if (!number) return false;
  if (op_ == TargetingOp::lt) return *number < numbers_[0];
  if (op_ == TargetingOp::lte) return *number <= numbers_[0];
  if (op_ == TargetingOp::gt) return *number > numbers_[0];
  if (op_ == TargetingOp::gte) return *number >= numbers_[0];
  return *number >= numbers_[0] && *number <= numbers_[1];
}

bool TargetingLeaf::matches_network(std::string_view value) const {
  const auto address = address_of(value);
  return address && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
           return has_prefix(*address, network.address, network.bits);
         });
}

bool TargetingLeaf::matches_circle(std::string_view value) const {
  std::array<double, 3> place{};
  if (split_numbers(value, place) != 2) return false;
  return std::any_of(circles_.begin(), circles_.end(), [&](const Circle& circle) {
    return distance_km(circle.latitude, circle.longitude, place[0], place[1]) <= circle.kilometres;
  });
}

}  // namespace adbacus
