#include "enrich/agent/client_hints.hpp"

#include <simdjson.h>

namespace adbacus {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kBrandsMax = 16;

// Chromium's "Not-A.Brand" in all its spellings, there to keep servers from closed lists.
bool is_made_up(std::string_view brand) {
  return brand.find("Not") != std::string_view::npos &&
         brand.find("Brand") != std::string_view::npos;
}

void offer(std::string_view brand, std::string_view version, ClientHints& hints) {
  if (brand.empty() || is_made_up(brand)) return;
  if (!hints.brand.empty() && (brand == "Chromium" || hints.brand != "Chromium")) return;
  hints.brand = brand;
  hints.brand_version = version;
}

void skip_blanks(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

// A quoted string at the begin of `text`, which moves behind it. False: there is none.
bool take_quoted(std::string_view& text, std::string& out) {
  skip_blanks(text);
  if (!text.starts_with('"')) return false;
  text.remove_prefix(1);
  out.clear();
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\') text.remove_prefix(1);
    if (text.empty()) return false;
    out += text.front();
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  text.remove_prefix(1);
  return true;
}

// `"Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"`
void read_brands(std::string_view text, ClientHints& hints) {
  std::string brand;
  std::string value;
  for (std::size_t count = 0; count < kBrandsMax && take_quoted(text, brand); ++count) {
    std::string version;
    for (skip_blanks(text); text.starts_with(';'); skip_blanks(text)) {
      text.remove_prefix(1);
      skip_blanks(text);
      const std::size_t equals = text.find('=');
      if (equals == std::string_view::npos) return;
      const bool is_version = text.substr(0, equals) == "v";
      text.remove_prefix(equals + 1);
      if (!take_quoted(text, value)) return;
      if (is_version) version = value;
    }
    offer(brand, version, hints);
    if (!text.starts_with(',')) return;
    text.remove_prefix(1);
  }
}

// The text of a quoted header field, or the field itself: some senders leave the quotes away.
std::string plain_text(std::string_view field) {
  std::string text;
  std::string_view rest = field;
  if (take_quoted(rest, text)) return text;
  return field.find('"') == std::string_view::npos ? std::string(field) : std::string();
}

std::string_view text_of(const dom::object& object, std::string_view key) {
  std::string_view text;
  return object[key].get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// ["124","0","6367"] -> "124.0.6367"
std::string version_of(const dom::object& brand) {
  std::string out;
  dom::array parts;
  if (brand["version"].get_array().get(parts) != simdjson::SUCCESS) return out;
  for (const dom::element part : parts) {
    std::string_view text;
    if (part.get_string().get(text) != simdjson::SUCCESS) continue;
    if (!out.empty()) out += '.';
    out += text;
  }
  return out;
}

void read_structured(std::string_view json, ClientHints& hints) {
  dom::parser parser;
  dom::object sua;
  if (parser.parse(json.data(), json.size()).get_object().get(sua) != simdjson::SUCCESS) return;
  dom::array browsers;
  if (sua["browsers"].get_array().get(browsers) == simdjson::SUCCESS) {
    for (const dom::element element : browsers) {
      dom::object browser;
      if (element.get_object().get(browser) == simdjson::SUCCESS)
        offer(text_of(browser, "brand"), version_of(browser), hints);
    }
  }
  dom::object platform;
  if (sua["platform"].get_object().get(platform) == simdjson::SUCCESS) {
    hints.platform = text_of(platform, "brand");
    hints.platform_version = version_of(platform);
  }
  const auto mobile = sua["mobile"];
  std::int64_t number = 0;
  bool flag = false;
  if (mobile.get_int64().get(number) == simdjson::SUCCESS) {
    hints.is_mobile = number == 1;
  } else if (mobile.get_bool().get(flag) == simdjson::SUCCESS) {
    hints.is_mobile = flag;
  }
}

}  // namespace

ClientHints read_client_hints(const AgentSigns& signs) {
  ClientHints hints;
  if (!signs.structured.empty()) {
    read_structured(signs.structured, hints);
    return hints;
  }
  read_brands(signs.brands, hints);
  hints.platform = plain_text(signs.platform);
  hints.platform_version = plain_text(signs.platform_version);
  if (signs.mobile == "?1") hints.is_mobile = true;
  if (signs.mobile == "?0") hints.is_mobile = false;
  return hints;
}

}  // namespace adbacus
