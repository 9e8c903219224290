#include "app/load/load_request.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

namespace adbacus {
namespace {

// Digits of Content-Length, right-aligned behind optional white space, so that the body can be
// written first.
constexpr std::size_t kLengthDigits = 9;
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kDayMs = 24 * 60 * kMinuteMs;

char* write(std::string_view text, char* at) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

std::string fields(const LoadOptions& options, const std::string& authority) {
  std::string text = " HTTP/1.1\r\nHost: " + authority + "\r\n";
  const bool has_key_in_query = options.mode == LoadMode::pixel;
  if (!options.key.empty() && !has_key_in_query) {
    text += "Authorization: Bearer " + options.key + "\r\n";
  }
  return text;
}

std::string head_of(const LoadOptions& options, const std::string& authority) {
  const std::string post = "Content-Type: application/json\r\nContent-Length:";
  switch (options.mode) {
    case LoadMode::single:
    case LoadMode::batch:
      return "POST /v1/events" + fields(options, authority) + post;
    case LoadMode::decision:
      return "POST /v1/decision" + fields(options, authority) + post;
    case LoadMode::pixel:
      return "GET /v1/p.gif?key=" + options.key + "&";
    case LoadMode::report:
      return "GET /api/report/summary/?";
  }
  return {};
}

// The body ends at `end`; fills the gap between head and body.
void finish_post(std::size_t head_bytes, const char* end, LoadRequest& out) {
  char* const gap = out.buffer.data() + head_bytes;
  char* const body = gap + kLengthDigits + kHeadEnd.size();
  std::memset(gap, ' ', kLengthDigits);
  std::array<char, 20> digits{};
  const auto [last, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), end - body);
  static_cast<void>(error);  // 20 digits hold every number
  const std::string_view number(digits.data(), static_cast<std::size_t>(last - digits.data()));
  write(number, gap + kLengthDigits - number.size());
  write(kHeadEnd, gap + kLengthDigits);
  out.size_bytes = static_cast<std::size_t>(end - out.buffer.data());
}

}  // namespace

LoadRequestWriter::LoadRequestWriter(const LoadOptions& options, const std::string& authority,
                                     std::uint64_t seed, std::uint32_t part)
    : options_(options),
      stream_(options, seed, part),
      text_(options),
      head_(head_of(options, authority)),
      tail_(fields(options, authority) + "\r\n") {}

void LoadRequestWriter::write(std::int64_t now_ms, std::uint32_t event_count, LoadRequest& out) {
  out.events.clear();
  switch (options_.mode) {
    case LoadMode::single:
    case LoadMode::batch:
    case LoadMode::pixel:
      for (std::uint32_t i = 0; i < event_count; ++i) out.events.push_back(stream_.next(now_ms));
      return write_again(out);
    case LoadMode::decision:
      return write_decision(now_ms, out);
    case LoadMode::report:
      return write_report(now_ms, out);
  }
}

void LoadRequestWriter::write_again(LoadRequest& request) {
  if (options_.mode == LoadMode::pixel) return write_pixel(request);
  write_events(request);
}

char* LoadRequestWriter::start(std::size_t bytes_max, LoadRequest& out) {
  const std::size_t room = head_.size() + kLengthDigits + kHeadEnd.size() + bytes_max;
  if (out.buffer.size() < room) out.buffer.resize(room);
  return adbacus::write(head_, out.buffer.data());
}

void LoadRequestWriter::write_events(LoadRequest& out) {
  char* at = start(out.events.size() * (text_.bytes_max() + 1) + 2, out);
  at += kLengthDigits + kHeadEnd.size();
  const bool is_array = options_.mode == LoadMode::batch;
  if (is_array) *at++ = '[';
  for (const LoadEvent& event : out.events) {
    at = text_.write_json(event, at);
    *at++ = ',';
  }
  if (!out.events.empty()) --at;  // the last comma
  if (is_array) *at++ = ']';
  finish_post(head_.size(), at, out);
}

void LoadRequestWriter::write_pixel(LoadRequest& out) {
  char* at = start(text_.bytes_max() + tail_.size(), out);
  at = adbacus::write(tail_, text_.write_query(out.events.front(), at));
  out.size_bytes = static_cast<std::size_t>(at - out.buffer.data());
}

void LoadRequestWriter::write_decision(std::int64_t now_ms, LoadRequest& out) {
  const LoadEvent event = stream_.next(now_ms);
  char* at = start(512, out) + kLengthDigits + kHeadEnd.size();
  constexpr std::array<std::string_view, 3> kDevices{"mobile", "desktop", "tablet"};
  constexpr std::array<std::string_view, 3> kCountries{"DE", "AT", "CH"};
  constexpr std::array<std::string_view, 4> kSystems{"ios", "android", "windows", "macos"};
  constexpr std::array<std::string_view, 4> kBrowsers{"chrome", "safari", "firefox", "edge"};
  constexpr std::array<std::string_view, 5> kRooms{"bedroom", "kitchen", "living", "bath", "hall"};
  at = fmt::format_to(
      at,
      R"({{"placement_key":"load","user_id":"u-{:08}","session_id":"s-{:08}",)"
      R"("context":{{"device":"{}","country":"{}","os":"{}","browser":"{}","language":"{}",)"
      R"("room_type":"{}"}}}})",
      event.user, event.session, kDevices[event.device],
      kCountries[event.country % kCountries.size()], kSystems[event.user % kSystems.size()],
      kBrowsers[event.session % kBrowsers.size()], event.user % 3 == 0 ? "en" : "de",
      kRooms[event.campaign % kRooms.size()]);
  finish_post(head_.size(), at, out);
}

void LoadRequestWriter::write_report(std::int64_t now_ms, LoadRequest& out) {
  const LoadEvent event = stream_.next(now_ms);
  char* at = start(512 + options_.tenant.size() + tail_.size(), out);
  if (!options_.tenant.empty()) at = fmt::format_to(at, "tenant_id={}&", options_.tenant);
  // Whole minutes, the running one included: what a dashboard asks and rollups can answer.
  const std::int64_t to_ms = (now_ms / kMinuteMs + 1) * kMinuteMs;
  at = fmt::format_to(at, "from={}&to={}&campaign_id={}", to_ms - kDayMs, to_ms, event.campaign);
  at = adbacus::write(tail_, at);
  out.size_bytes = static_cast<std::size_t>(at - out.buffer.data());
}

}  // namespace adbacus
