// What the URL of a landing page says of where the visit came from: the utm_ parameters and the
// ids that networks give to clicks. Pure functions, thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace adbacus {

inline constexpr std::array<std::string_view, 6> kUtmNames{
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"};

// The first one that a URL has names the click; a network's own click goes before those on whose
// behalf it is measured. Google (gclid; gbraid and wbraid from apps; dclid of its ad server), Meta,
// Microsoft, TikTok, X, LinkedIn, Pinterest, Snap, Reddit.
inline constexpr std::array<std::string_view, 13> kClickIdNames{
    "gclid",     "gbraid", "wbraid", "fbclid",  "msclkid", "ttclid", "twclid",
    "li_fat_id", "epik",   "ScCid",  "rdt_cid", "oppref",  "dclid"};

// Values as they stand in the URL, percent-encoded; "" is not there or empty. Of a name that comes
// twice the first value counts. Views into the URL.
struct LandingParams {
  std::array<std::string_view, kUtmNames.size()> utm{};  // by kUtmNames
  std::string_view click_id = {};
};

// Names in any case; only what stands between '?' and '#' is looked at.
LandingParams landing_params(std::string_view url);

// The URL without the parameters of kClickIdNames; nullopt: it has none.
std::optional<std::string> without_click_ids(std::string_view url);

// Scheme, host and port: "https://shop.example".
std::string_view origin_of_url(std::string_view url);

}  // namespace adbacus
