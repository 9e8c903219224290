#include "ingest/links/link_macros.hpp"

#include <algorithm>

#include "http/url.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kClickId = "{click_id}";
constexpr std::string_view kLandingUrl = "{lpurl}";

}  // namespace

std::string expand_macros(std::string_view url, const MacroValues& values) {
  std::string out;
  out.reserve(url.size() + values.click_id.size() + values.landing_url.size());
  while (!url.empty()) {
    const std::size_t brace = std::min(url.find('{'), url.size());
    out.append(url.substr(0, brace));
    url.remove_prefix(brace);
    if (url.starts_with(kClickId)) {
      out += http::percent_encode(values.click_id);
      url.remove_prefix(kClickId.size());
    } else if (url.starts_with(kLandingUrl)) {
      out += http::percent_encode(values.landing_url);
      url.remove_prefix(kLandingUrl.size());
    } else if (!url.empty()) {
      out += '{';
      url.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace adbacus
