#include "decision/logged_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <optional>

#include "http/address_text.hpp"
#include "model/id_shape.hpp"

namespace adbacus {
namespace {

constexpr char kValue = '\x1f';
constexpr char kEnd = '\x1e';

void append_clean(std::string& out, std::string_view text) {
  std::replace_copy_if(
      text.begin(), text.end(), std::back_inserter(out),
      [](char c) { return c == kValue || c == kEnd; }, ' ');
}

// Addresses have digits, dots and colons; most values end the look at their first letter.
bool may_have_address(std::string_view value) {
  return value.find_first_not_of("0123456789abcdefABCDEF.:,[] ") == std::string_view::npos &&
         value.find_first_of(".:") != std::string_view::npos;
}

// The first address of its network: what targeting by networks of that size or above looks at.
std::string network_address(const http::PeerAddress& address) {
  return http::network_of(address).text();
}

// Within a longer text too.
bool has_mail_address(std::string_view value) {
  const std::size_t at = value.find('@');
  return at != std::string_view::npos && at > 0 && value.find('.', at) != std::string_view::npos;
}

// "52.52001,13.40495" as "52.5,13.4"; empty if it is none.
std::string coarse_location(std::string_view value) {
  const std::size_t comma = value.find(',');
  if (comma == std::string_view::npos) return {};
  double parts[2] = {};
  const std::string_view texts[2] = {value.substr(0, comma), value.substr(comma + 1)};
  for (int i = 0; i < 2; ++i) {
    const auto [end, error] =
        std::from_chars(texts[i].data(), texts[i].data() + texts[i].size(), parts[i]);
    if (error != std::errc() || end != texts[i].data() + texts[i].size()) return {};
    if (!std::isfinite(parts[i]) || std::abs(parts[i]) > 360) return {};
  }
  return fmt::format("{:.1f},{:.1f}", parts[0], parts[1]);
}

}  // namespace

bool append_logged_field(std::string& out, std::string_view field, std::string_view value) {
  std::optional<std::string> coarse;
  if (field == "location") {
    coarse = coarse_location(value);
  } else if (may_have_address(value)) {
    coarse = http::replace_addresses(value, network_address);
  }
  std::string_view kept = coarse ? std::string_view(*coarse) : value;
  if (!coarse && (value.starts_with("http://") || value.starts_with("https://")))
    kept = value.substr(0, value.find_first_of("?#"));
  if (looks_like_pii(kept) || has_mail_address(kept)) return true;
  append_clean(out, field);
  out.push_back(kValue);
  append_clean(out, kept);
  out.push_back(kEnd);
  return kept != value || value.find_first_of("\x1e\x1f") != std::string_view::npos;
}

bool has_hidden_field(std::string_view logged) {
  return logged.find(kHiddenField) != std::string_view::npos;
}

}  // namespace adbacus
