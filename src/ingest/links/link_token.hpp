// The token of a click link made by POST /v1/links: whose it is, what the click happens on and
// where it leads. Sealed with the server's signing keys, so nobody else can make or change one.
// Bytes in docs/formats/link_token.md. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/signing_keys.hpp"

namespace adbacus {

struct Link {
  std::string tenant = {};
  std::string campaign_id = {};
  std::string line_item_id = {};
  std::string placement_id = {};
  std::string creative_id = {};
  std::string ad_id = {};
  std::string destination = {};           // empty: the creative's landing_url
  std::vector<std::string> domains = {};  // to which the parameter `url` may lead instead
  std::optional<TimeUs> expires_at = {};  // whole seconds
  bool operator==(const Link&) const = default;
};

std::string encode_link(const Link& link, const SigningKeys& keys);
// nullopt: not made with one of the keys.
std::optional<Link> decode_link(std::string_view token, const SigningKeys& keys);

}  // namespace adbacus
