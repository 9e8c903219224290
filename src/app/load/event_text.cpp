#include "app/load/event_text.hpp"

#include <charconv>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <string_view>

#include "base/short_text.hpp"

namespace adbacus {
namespace {

constexpr std::array<std::string_view, 10> kCountries{"DE", "AT", "CH", "FR", "GB",
                                                      "US", "NL", "IT", "ES", "PL"};
constexpr std::array<std::string_view, 3> kDevices{"mobile", "desktop", "tablet"};
constexpr std::array<std::string_view, 4> kBrowsers{"Chrome", "Safari", "Firefox", "Edge"};
constexpr std::array<std::string_view, 3> kConversionTypes{"purchase", "signup", "lead"};
constexpr std::array<std::string_view, kLoadEventTypes> kTypes{"IMPRESSION", "CLICK", "CONVERSION"};

char* write(std::string_view text, char* at) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

// Of a literal, whose size the compiler knows.
template <std::size_t kSize>
char* write(const char (&text)[kSize], char* at) {
  std::memcpy(at, text, kSize - 1);
  return at + kSize - 1;
}

char* write_number(std::uint64_t number, char* at) {
  return std::to_chars(at, at + 20, number).ptr;
}

template <unsigned kDigits>
char* write_padded(std::uint32_t number, char* at) {
  for (unsigned i = kDigits; i-- > 0; number /= 10) at[i] = static_cast<char>('0' + number % 10);
  return at + kDigits;
}

char* write_hex64(std::uint64_t number, char* at) {
  for (int shift = 60; shift >= 0; shift -= 4) {
    *at++ = "0123456789abcdef"[(number >> shift) & 0xfU];
  }
  return at;
}

// Behind the event id: as a number where the tenant is one, as in the reference event.
std::string tenant_member(const std::string& tenant) {
  if (tenant.empty()) return "\"";
  const bool is_number = tenant.size() <= 15 && tenant.front() != '0' &&
                         tenant.find_first_not_of("0123456789") == std::string::npos;
  const std::string_view quote = is_number ? "" : "\"";
  return fmt::format("\",\"tenant_id\":{}{}{}", quote, tenant, quote);
}

}  // namespace

EventText::EventText(const LoadOptions& options)
    : tenant_(tenant_member(options.tenant)), has_conversion_fields_(options.conversion_fields) {
  for (const std::string_view country : kCountries) {
    for (const std::string_view device : kDevices) {
      for (const std::string_view browser : kBrowsers) {
        metadata_.push_back(
            fmt::format(R"(,"metadata":{{"device":"{}","country":"{}","browser":"{}"}}}})", device,
                        country, browser));
      }
    }
  }
}

char* EventText::write_time(std::int64_t time_ms, char* at) {
  const std::int64_t second = time_ms / 1'000;
  if (second != cached_second_) {
    const auto seconds = static_cast<std::time_t>(second);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    fmt::format_to_n(cached_time_.data(), cached_time_.size(),
                     "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    cached_second_ = second;
  }
  std::memcpy(at, cached_time_.data(), cached_time_.size());
  at += cached_time_.size();
  at = write_padded<3>(static_cast<std::uint32_t>(time_ms % 1'000), at);
  *at++ = 'Z';
  return at;
}

char* EventText::write_json(const LoadEvent& event, char* at) {
  at = write(R"({"event_id":")", at);
  at = write_event_id(event, at);
  at = write(tenant_, at);
  at = write(R"(,"user_id":"u-)", at);
  at = write_padded<8>(event.user, at);
  at = write(R"(","session_id":"s-)", at);
  at = write_padded<8>(event.session, at);
  at = write(R"(","ts":")", at);
  at = write_time(event.time_ms, at);
  at = write(R"(","event_type":")", at);
  at = put_text(at, kTypes[static_cast<std::size_t>(event.type)]);
  at = write(R"(","campaign_id":)", at);
  char* const campaign = at;
  at = write_number(event.campaign, at);
  const std::string_view digits(campaign, static_cast<std::size_t>(at - campaign));
  at = write(R"(,"line_item_id":)", at);  // campaign * 10
  at = put_text(at, digits);
  at = write(R"(0,"placement_id":)", at);
  at = write_number(event.placement, at);
  at = write(R"(,"creative_id":)", at);  // campaign * 100 + 0 or 1
  at = put_text(at, digits);
  *at++ = '0';
  *at++ = event.creative == 0 ? '0' : '1';
  at = write(R"(,"value_cents":)", at);
  at = write_number(event.value_cents, at);
  if (event.type == LoadEventType::conversion && has_conversion_fields_) {
    at = write(R"(,"type":")", at);
    at = write(kConversionTypes[event.conversion_type], at);
    at = write(R"(","transaction_id":"t-)", at);
    at = write_hex64(event.id_low, at);
    *at++ = '"';
  }
  const std::size_t metadata = (event.country * kDevices.size() + event.device) * kBrowsers.size();
  return write(metadata_[metadata + event.browser], at);
}

char* EventText::write_query(const LoadEvent& event, char* at) {
  at = write("event_id=", at);
  at = write_event_id(event, at);
  at = write("&user_id=u-", at);
  at = write_padded<8>(event.user, at);
  at = write("&session_id=s-", at);
  at = write_padded<8>(event.session, at);
  at = write("&ts=", at);
  at = write_number(static_cast<std::uint64_t>(event.time_ms), at);
  at = write("&event_type=", at);
  at = write(load_event_type_name(event.type), at);
  at = write("&campaign_id=", at);
  at = write_number(event.campaign, at);
  at = write("&placement_id=", at);
  at = write_number(event.placement, at);
  at = write("&creative_id=", at);
  at = write_number(event.campaign * std::uint64_t{100} + event.creative, at);
  if (event.type != LoadEventType::conversion) return at;
  at = write("&value_cents=", at);
  at = write_number(event.value_cents, at);
  if (!has_conversion_fields_) return at;
  at = write("&type=", at);
  at = write(kConversionTypes[event.conversion_type], at);
  at = write("&transaction_id=t-", at);
  return write_hex64(event.id_low, at);
}

}  // namespace adbacus
