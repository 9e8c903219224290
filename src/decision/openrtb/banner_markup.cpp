#include "decision/openrtb/banner_markup.hpp"

#include <array>
#include <utility>

#include "http/text.hpp"
#include "http/url.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kAuction = "${AUCTION_";
constexpr std::string_view kAudit = "AUDIT";

// For an attribute in double quotes.
void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"");
  for (const char c : value) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  out += '"';
}

std::string pixel(const AdLinks& links) {
  std::string out = "<img";
  append_attribute(out, "src", links.impression);
  out += R"( width="1" height="1" alt="" style="position:absolute;left:-9999px">)";
  return out;
}

std::string fill(std::string_view markup, const AdLinks& links) {
  const std::array<std::pair<std::string_view, std::string>, 3> macros{
      {{"{click_url}", links.click},
       {"{click_url_enc}", http::percent_encode(links.click)},
       {"{impression_url}", links.impression}}};
  std::string out;
  bool counts = false;
  while (!markup.empty()) {
    const std::size_t brace = markup.find('{');
    out.append(markup.substr(0, brace));
    if (brace == std::string_view::npos) break;
    markup.remove_prefix(brace);
    std::size_t taken = 1;
    std::string_view value = markup.substr(0, 1);
    for (const auto& [name, filled] : macros) {
      if (!markup.starts_with(name)) continue;
      taken = name.size();
      value = filled;
      counts = counts || name == "{impression_url}";
    }
    out.append(value);
    markup.remove_prefix(taken);
  }
  return counts ? out : out + pixel(links);
}

std::string image(const Creative& creative, const std::optional<AdSize>& size,
                  const AdLinks& links) {
  std::string out = "<a";
  append_attribute(out, "href", links.click);
  out += R"( target="_blank" rel="noopener"><img)";
  append_attribute(out, "src", creative.image_url);
  const bool has_size = creative.w && creative.h;
  if (has_size || size) {
    append_attribute(out, "width", std::to_string(has_size ? *creative.w : size->w));
    append_attribute(out, "height", std::to_string(has_size ? *creative.h : size->h));
  }
  out += R"( alt="" border="0"></a>)";
  return out + pixel(links);
}

}  // namespace

std::string banner_markup(const Creative& creative, const std::optional<AdSize>& size,
                          const AdLinks& links) {
  return creative.markup.empty() ? image(creative, size, links) : fill(creative.markup, links);
}

std::string with_audit_macros(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t begin = text.find(kAuction);
    out.append(text.substr(0, begin));
    if (begin == std::string_view::npos) return out;
    text.remove_prefix(begin);
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return out.append(text);
    out.append(kAudit);
    text.remove_prefix(end + 1);
  }
}

bool is_https_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  return url.size() > kScheme.size() &&
         http::equals_ignoring_case(url.substr(0, kScheme.size()), kScheme);
}

}  // namespace adbacus
