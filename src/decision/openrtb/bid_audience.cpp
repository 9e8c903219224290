#include "decision/openrtb/bid_audience.hpp"

#include <algorithm>
#include <array>

#include "decision/openrtb/country_codes.hpp"
#include "decision/web_address.hpp"
#include "http/text.hpp"

namespace adbacus {
namespace {

// AdCOM's device types, by number; empty: nothing is said.
constexpr std::array<std::string_view, 9> kDevices{"",       "mobile", "desktop", "tv", "mobile",
                                                   "tablet", "other",  "tv",      "ooh"};
constexpr std::size_t kSegmentsMax = 1'000;

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), http::lower_ascii);
  return out;
}

}  // namespace

bool BidAudience::read(std::string_view key, const std::string& at, const Element& value) {
  if (key == "device") {
    read_device(at, value);
  } else if (key == "site") {
    read_site(at, value);
  } else if (key == "app") {
    read_app(at, value);
  } else if (key == "user") {
    read_user(at, value);
  } else if (key == "regs") {
    read_regs(at, value);
  } else {
    return false;
  }
  return true;
}

void BidAudience::add(std::string_view field, std::string_view value) {
  if (!value.empty()) ads_.context.emplace_back(field, value);
}

void BidAudience::read_device(const std::string& at, const Element& value) {
  fields_.members(at, value,
                  [&](std::string_view key, const std::string& where, const Element& member) {
                    if (key == "ua") {
                      ads_.agent.user_agent = fields_.text(where, member);
                      add("user_agent", ads_.agent.user_agent);
                    }
                    if (key == "sua")
                      ads_.agent.structured = fields_.keep(simdjson::minify(member));
                    if (key == "os") add("os", fields_.text(where, member));
                    if (key == "osv") add("os_version", fields_.text(where, member));
                    if (key == "make") add("device_make", fields_.text(where, member));
                    if (key == "model") add("device_model", fields_.text(where, member));
                    if (key == "carrier") add("carrier", fields_.text(where, member));
                    if (key == "language") add("language", fields_.text(where, member));
                    if (key == "geo") read_geo(where, member);
                    if (key == "ip" || (key == "ipv6" && ip_.empty()))
                      ip_ = fields_.text(where, member);
                    if (key == "ifa") advertising_id_ = fields_.text(where, member);
                    if (key == "lmt" || key == "dnt")
                      ads_.consent.lmt = fields_.flag(where, member) || ads_.consent.lmt;
                    if (key == "devicetype") {
                      const auto type = fields_.whole(where, member, 0, INT32_MAX).value_or(0);
                      add("device", static_cast<std::size_t>(type) < kDevices.size()
                                        ? kDevices[static_cast<std::size_t>(type)]
                                        : std::string_view("other"));
                    }
                  });
}

void BidAudience::read_geo(const std::string& at, const Element& value) {
  fields_.members(at, value,
                  [&](std::string_view key, const std::string& where, const Element& member) {
                    if (key == "country") {
                      const std::string_view country = fields_.text(where, member);
                      const std::string_view known = country_alpha2(country);
                      add("country", known.empty() ? country : known);
                    }
                    if (key == "region") add("region", fields_.text(where, member));
                    if (key == "city") add("city", fields_.text(where, member));
                    if (key == "metro") add("metro", fields_.text(where, member));
                    if (key == "zip") add("zip", fields_.text(where, member));
                    if (key == "lat") latitude_ = fields_.text(where, member);
                    if (key == "lon") longitude_ = fields_.text(where, member);
                  });
}

void BidAudience::read_site(const std::string& at, const Element& value) {
  add("inventory", "site");
  fields_.members(at, value,
                  [&](std::string_view key, const std::string& where, const Element& member) {
                    if (key == "id") add("site_id", fields_.text(where, member));
                    if (key == "domain") domain_ = fields_.text(where, member);
                    if (key == "page") read_page(fields_.text(where, member));
                    if (key == "ref") add("referrer", fields_.text(where, member));
                    if (key == "keywords" || key == "kwarray") read_keywords(where, member);
                  });
}

void BidAudience::read_app(const std::string& at, const Element& value) {
  add("inventory", "app");
  fields_.members(at, value,
                  [&](std::string_view key, const std::string& where, const Element& member) {
                    if (key == "id") add("app_id", fields_.text(where, member));
                    if (key == "bundle") add("bundle", fields_.text(where, member));
                    if (key == "domain") domain_ = fields_.text(where, member);
                    if (key == "keywords" || key == "kwarray") read_keywords(where, member);
                  });
}

// "a, b" or a list of texts.
void BidAudience::read_keywords(const std::string& at, const Element& value) {
  std::vector<std::string_view> words;
  if (value.is_array()) {
    fields_.texts(at, value, words);
  } else {
    for (std::string_view list = fields_.text(at, value); !list.empty();) {
      words.push_back(http::take_element(list, ','));
    }
  }
  for (const std::string_view word : words) add("keyword", word);
}

void BidAudience::read_page(std::string_view url) {
  WebAddress page = web_address(url);
  if (page.path.empty()) return;  // senders write all kinds of things here
  host_ = fields_.keep(std::move(page.host));
  add("path", page.path);
}

void BidAudience::read_user(const std::string& at, const Element& value) {
  fields_.members(
      at, value, [&](std::string_view key, const std::string& where, const Element& member) {
        if (key == "buyeruid") buyer_id_ = fields_.text(where, member);
        if (key == "id") exchange_user_id_ = fields_.text(where, member);
        if (key == "consent") ads_.consent.tcf = fields_.text(where, member);
        if (key == "ext") read_user_ext(where, member);
        if (key == "keywords" || key == "kwarray") read_keywords(where, member);
        if (key == "data") {
          fields_.each(
              where, member, kSegmentsMax,
              [&](const std::string& path, const Element& data) { read_segments(path, data); });
        }
      });
}

// Where exchanges older than 2.6 write the consent string.
void BidAudience::read_user_ext(const std::string& at, const Element& value) {
  if (!value.is_object()) return;
  fields_.members(at, value,
                  [&](std::string_view key, const std::string& where, const Element& member) {
                    if (key == "consent" && ads_.consent.tcf.empty())
                      ads_.consent.tcf = fields_.text(where, member);
                  });
}

void BidAudience::read_segments(const std::string& at, const Element& value) {
  fields_.members(
      at, value, [&](std::string_view key, const std::string& where, const Element& list) {
        if (key != "segment") return;
        fields_.each(
            where, list, kSegmentsMax, [&](const std::string& path, const Element& segment) {
              fields_.members(
                  path, segment,
                  [&](std::string_view name, const std::string& id, const Element& member) {
                    if (name == "id") add("segment", fields_.text(id, member));
                  });
            });
      });
}

// Exchanges older than 2.6 write the signals into `ext`.
void BidAudience::read_regs(const std::string& at, const Element& value) {
  fields_.members(at, value,
                  [&](std::string_view key, const std::string& where, const Element& member) {
                    if (key != "ext") return read_regs_member(key, where, member);
                    fields_.members(where, member,
                                    [&](std::string_view name, const std::string& path,
                                        const Element& old) { read_regs_member(name, path, old); });
                  });
}

void BidAudience::read_regs_member(std::string_view key, const std::string& at,
                                   const Element& value) {
  ConsentSignals& consent = ads_.consent;
  if (key == "coppa") {
    consent.coppa = fields_.flag(at, value) || consent.coppa;
  } else if (key == "gdpr") {
    consent.gdpr = fields_.flag(at, value);
  } else if (key == "gpc") {
    consent.gpc = fields_.flag(at, value) || consent.gpc;
  } else if (key == "us_privacy") {
    consent.us_privacy = fields_.text(at, value);
  } else if (key == "gpp") {
    consent.gpp = fields_.text(at, value);
  } else if (key == "gpp_sid") {
    consent.gpp_sid = fields_.keep(simdjson::minify(value));
  }
}

void BidAudience::finish() {
  const std::string_view host = host_.empty() ? domain_ : host_;
  if (!host.empty()) add("host", fields_.keep(in_lower_case(host)));
  add("ip", ip_);
  if (!latitude_.empty() && !longitude_.empty()) {
    add("location", fields_.keep(std::string(latitude_) + "," + std::string(longitude_)));
  }
  // A device that limits ad tracking has no id across apps and sites, and all of these are.
  if (ads_.consent.lmt) return;
  // Ours is as pages of the tenant know it; the others are apart from those.
  ads_.is_foreign_id = true;
  if (!buyer_id_.empty()) {
    ads_.user_id = buyer_id_;
  } else if (!exchange_user_id_.empty()) {
    ads_.user_id = fields_.keep("exchange:" + std::string(exchange_user_id_));
  } else if (!advertising_id_.empty()) {
    ads_.user_id = fields_.keep("ifa:" + std::string(advertising_id_));
  }
}

}  // namespace adbacus
