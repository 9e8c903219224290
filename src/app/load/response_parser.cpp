#include "app/load/response_parser.hpp"

#include <charconv>

namespace adbacus {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;

struct Head {
  int status = 0;
  std::size_t end = 0;  // where the body starts
  std::size_t content_length = 0;
  bool has_length = false;
  bool is_chunked = false;
  bool keeps_connection = true;
};

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + 32) : a[i];
    if (c != lower[i]) return false;
  }
  return true;
}

template <class T>
bool parse_number(std::string_view text, int base, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool parse_field(std::string_view line, Head& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equals_ignoring_case(name, "content-length")) {
    head.has_length = true;
    return parse_number(value, 10, head.content_length);
  }
  if (equals_ignoring_case(name, "transfer-encoding")) {
    head.is_chunked = true;
    return equals_ignoring_case(value, "chunked");
  }
  if (equals_ignoring_case(name, "connection") && equals_ignoring_case(value, "close")) {
    head.keeps_connection = false;
  }
  return true;
}

// `text` ends behind the empty line.
bool parse_head(std::string_view text, Head& head) {
  head.end = text.size();
  const std::string_view line = text.substr(0, text.find("\r\n"));
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
  if (!parse_number(line.substr(9, 3), 10, head.status)) return false;
  if (line[7] == '0') head.keeps_connection = false;
  text.remove_prefix(line.size() + 2);
  while (text.size() > 2) {
    const std::size_t end = text.find("\r\n");
    if (!parse_field(text.substr(0, end), head)) return false;
    text.remove_prefix(end + 2);
  }
  return head.status >= 100;
}

ParsedResponse broken() {
  ParsedResponse response;
  response.state = ParsedResponse::State::broken;
  return response;
}

// Joins the chunks behind the head. Trailers are skipped.
ParsedResponse parse_chunks(std::string_view received, ParsedResponse response) {
  std::size_t at = response.size_bytes;
  for (;;) {
    const std::size_t line_end = received.find("\r\n", at);
    if (line_end == std::string_view::npos) {
      return received.size() - at > 1'024 ? broken() : ParsedResponse{};
    }
    std::string_view line = received.substr(at, line_end - at);
    line = trimmed(line.substr(0, line.find(';')));
    std::size_t size = 0;
    if (!parse_number(line, 16, size) || size > kResponseBytesMax) return broken();
    at = line_end + 2;
    if (size == 0) break;
    if (received.size() < at + size + 2) return {};
    if (received.substr(at + size, 2) != "\r\n") return broken();
    response.joined += received.substr(at, size);
    at += size + 2;
  }
  for (;;) {
    const std::size_t line_end = received.find("\r\n", at);
    if (line_end == std::string_view::npos) return {};
    const bool is_last = line_end == at;
    at = line_end + 2;
    if (is_last) break;
  }
  response.size_bytes = at;
  response.state = ParsedResponse::State::complete;
  return response;
}

}  // namespace

ParsedResponse parse_response(std::string_view received) {
  std::size_t start = 0;
  Head head;
  for (;;) {
    const std::size_t end = received.find("\r\n\r\n", start);
    if (end == std::string_view::npos) {
      return received.size() - start > kHeadBytesMax ? broken() : ParsedResponse{};
    }
    head = {};
    if (!parse_head(received.substr(start, end + 4 - start), head)) return broken();
    head.end += start;
    if (head.status >= 200) break;
    start = head.end;
  }
  ParsedResponse response;
  response.status = head.status;
  response.keeps_connection = head.keeps_connection;
  response.size_bytes = head.end;
  if (head.is_chunked) return parse_chunks(received, std::move(response));
  const bool has_no_body = head.status == 204 || head.status == 304;
  if (!has_no_body && (!head.has_length || head.content_length > kResponseBytesMax)) {
    return broken();
  }
  const std::size_t length = has_no_body ? 0 : head.content_length;
  if (received.size() - head.end < length) return {};
  response.body = received.substr(head.end, length);
  response.size_bytes += length;
  response.state = ParsedResponse::State::complete;
  return response;
}

bool parse_events_answer(std::string_view body, EventsAnswer& out) {
  const auto number_after = [body](std::string_view name, std::uint64_t& number) {
    const std::size_t at = body.find(name);
    if (at == std::string_view::npos) return false;
    const char* first = body.data() + at + name.size();
    return std::from_chars(first, body.data() + body.size(), number).ec == std::errc();
  };
  if (!number_after("\"accepted\":", out.accepted)) return false;
  number_after("\"duplicates\":", out.duplicates);  // absent where the log cannot know at once
  constexpr std::string_view kPosition = "\"position\":\"";
  if (const std::size_t at = body.find(kPosition); at != std::string_view::npos) {
    const std::string_view rest = body.substr(at + kPosition.size());
    out.position = rest.substr(0, rest.find('"'));
  }
  constexpr std::string_view kRejected = "\"rejected\":[";
  if (const std::size_t at = body.find(kRejected); at != std::string_view::npos) {
    const std::string_view rest = body.substr(at + kRejected.size());
    if (!rest.starts_with("]")) out.rejected = rest;
  }
  return true;
}

}  // namespace adbacus
