#include "http/response_head.hpp"

#include <array>
#include <charconv>
#include <chrono>

#include "http/status.hpp"

namespace adbacus::http {
namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + 20, number).ptr);
}

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) {
    const bool is_break = c == '\r' || c == '\n' || c == '\0';
    out += is_break ? ' ' : c;
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out += ": ";
  append_clean(out, value);
  out += "\r\n";
}

void append_status_line(std::string& out, int status) {
  switch (status) {  // the answers that make up nearly all traffic
    case 200:
      out += "HTTP/1.1 200 OK\r\n";
      return;
    case 202:
      out += "HTTP/1.1 202 Accepted\r\n";
      return;
    default:
      break;
  }
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(status));
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
}

void append_two(std::string& out, unsigned number) {
  out += static_cast<char>('0' + number / 10 % 10);
  out += static_cast<char>('0' + number % 10);
}

}  // namespace

bool status_has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void append_cors_fields(Response& response, std::string_view origin) {
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  response.headers.emplace_back("Access-Control-Expose-Headers",
                                "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id");
}

void append_response_head(std::string& out, const Response& response, const ResponseFrame& frame) {
  append_status_line(out, response.status);
  if (status_has_body(response.status)) {
    out += "Content-Length: ";
    append_number(out, frame.body_bytes);
    out += "\r\n";
    if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
  }
  out += "X-Content-Type-Options: nosniff\r\nX-Request-Id: ";
  out += frame.request_id;
  out += "\r\n";
  if (!frame.date.empty()) {
    out += "Date: ";
    out += frame.date;
    out += "\r\n";
  }
  if (!frame.hsts.empty()) append_field(out, "Strict-Transport-Security", frame.hsts);
  for (const auto& [name, value] : response.headers) append_field(out, name, value);
  if (!frame.keep_alive) {
    out += "Connection: close\r\n";
  } else if (frame.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

std::string http_date(std::int64_t unix_s) {
  using namespace std::chrono;
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const sys_seconds time{seconds(unix_s)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::string out;
  out += kDays.substr(weekday(day).c_encoding() * 3U, 3);
  out += ", ";
  append_two(out, static_cast<unsigned>(date.day()));
  out += ' ';
  out += kMonths.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3);
  out += ' ';
  append_number(out, static_cast<std::size_t>(static_cast<int>(date.year())));
  out += ' ';
  append_two(out, static_cast<unsigned>(clock.hours().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(clock.minutes().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(clock.seconds().count()));
  out += " GMT";
  return out;
}

}  // namespace adbacus::http
