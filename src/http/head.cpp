#include "http/head.hpp"

#include <array>

#include "http/status.hpp"
#include "http/text.hpp"

namespace adbacus::http {
namespace {

enum CharClass : std::uint8_t {
  in_token = 1,  // RFC 9110 tchar
  in_value = 2,  // field value: HTAB, SP, VCHAR, obs-text
  in_path = 4,   // target before '?'
  in_query = 8,  // target behind '?': also what browsers leave unescaped
  in_host = 16,  // reg-name, IP literal, port
};

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&](std::string_view chars, unsigned bits) {
    for (const char c : chars) {
      auto& cell = table[static_cast<unsigned char>(c)];
      cell = static_cast<std::uint8_t>(cell | bits);
    }
  };
  for (unsigned c = 0x20; c < 256; ++c) {
    if (c != 0x7f) table[c] = in_value;
  }
  mark("\t", in_value);
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
       in_token | in_path | in_query | in_host);
  mark("!#$%&'*+-.^_`|~", in_token);
  mark("-._~!$&'()*+,;=:@%/", in_path | in_query);
  mark("?[]{}|^`\"<>", in_query);
  mark("-._~!$&'()*+,;=:%[]", in_host);
  return table;
}

constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

bool all_in(std::string_view text, CharClass wanted) {
  for (const char c : text) {
    if ((kClasses[static_cast<unsigned char>(c)] & wanted) == 0) return false;
  }
  return true;
}

Refusal bad(std::string_view code, std::string_view detail) {
  return {400, code, detail};
}

// Takes one line off the head. The scanner has checked that every LF follows a CR.
std::string_view take_line(std::string_view& head) {
  const std::size_t end = head.find('\n');
  const std::string_view line = head.substr(0, end - 1);
  head.remove_prefix(end + 1);
  return line;
}

bool is_good_target(Method method, std::string_view target) {
  if (target == "*") return method == Method::options;
  if (!target.starts_with('/')) {
    // Absolute form, which every server must accept (RFC 9112, 3.2.2).
    const std::size_t scheme = target.starts_with("http://")    ? 7
                               : target.starts_with("https://") ? 8
                                                                : 0;
    if (scheme == 0) return false;
    const std::string_view host =
        target.substr(scheme, target.find_first_of("/?", scheme) - scheme);
    if (host.empty() || !all_in(host, in_host)) return false;
  }
  const std::size_t mark = target.find('?');
  if (!all_in(target.substr(0, mark), in_path)) return false;
  return mark == std::string_view::npos || all_in(target.substr(mark + 1), in_query);
}

std::optional<Refusal> parse_request_line(std::string_view line, Request& request,
                                          HeadFacts& facts) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) {
    return bad("bad_request_line", "The request line is not: method, target, version.");
  }
  request.method_text = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (request.method_text.empty() || request.method_text.size() > 32 ||
      !all_in(request.method_text, in_token)) {
    return bad("bad_method", "The method is not a token.");
  }
  request.method = method_of(request.method_text);
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.') {
    return bad("bad_version", "The version is not HTTP/1.1 or HTTP/1.0.");
  }
  facts.http_1_0 = version == "HTTP/1.0";
  if (!facts.http_1_0 && version != "HTTP/1.1") {
    return Refusal{505, "version_not_supported", "This server speaks HTTP/1.1 and HTTP/1.0."};
  }
  if (request.target.size() > kTargetBytesMax) {
    return Refusal{414, "target_too_long", "The request target is longer than 8 KiB."};
  }
  if (!is_good_target(request.method, request.target)) {
    return bad("bad_target", "The request target has a form or a character that is not allowed.");
  }
  return std::nullopt;
}

// What the framing-relevant fields said, before they are weighed against each other.
struct Seen {
  int hosts = 0;
  int lengths = 0;
  int transfer_encodings = 0;
  bool close = false;
  bool keep_alive = false;
};

bool parse_length(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;  // 18 digits cannot overflow
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

std::optional<Refusal> note_field(std::string_view name, std::string_view value, HeadFacts& facts,
                                  Seen& seen) {
  if (equals_ignoring_case(name, "host")) {
    ++seen.hosts;
    if (!all_in(value, in_host)) return bad("bad_host", "The Host field is malformed.");
  } else if (equals_ignoring_case(name, "content-length")) {
    ++seen.lengths;
    facts.framing = Framing::length;
    if (!parse_length(value, facts.content_length)) {
      return bad("bad_content_length", "Content-Length is not one decimal number.");
    }
  } else if (equals_ignoring_case(name, "transfer-encoding")) {
    ++seen.transfer_encodings;
    if (!equals_ignoring_case(value, "chunked")) {
      return bad("bad_transfer_encoding", "Transfer-Encoding is not exactly chunked.");
    }
  } else if (equals_ignoring_case(name, "connection")) {
    for (std::string_view list = value; !list.empty();) {
      const std::string_view option = take_element(list, ',');
      seen.close = seen.close || equals_ignoring_case(option, "close");
      seen.keep_alive = seen.keep_alive || equals_ignoring_case(option, "keep-alive");
    }
  } else if (equals_ignoring_case(name, "content-encoding")) {
    ++facts.content_encoding_fields;
    facts.content_encoding = value;
  } else if (equals_ignoring_case(name, "accept-encoding")) {
    facts.accept_encoding = value;
  } else if (equals_ignoring_case(name, "expect")) {
    if (!equals_ignoring_case(value, "100-continue")) {
      return Refusal{417, "expectation_failed", "Only Expect: 100-continue is understood."};
    }
    facts.expects_continue = true;
  }
  return std::nullopt;
}

std::optional<Refusal> weigh(const Seen& seen, HeadFacts& facts) {
  if (seen.hosts > 1 || (seen.hosts == 0 && !facts.http_1_0)) {
    return bad("bad_host", "HTTP/1.1 needs exactly one Host field.");
  }
  if (seen.lengths > 1 || seen.transfer_encodings > 1 ||
      (seen.lengths != 0 && seen.transfer_encodings != 0)) {
    return bad("ambiguous_length", "The message has more than one statement of its length.");
  }
  if (seen.transfer_encodings != 0) {
    if (facts.http_1_0) {
      return bad("bad_transfer_encoding", "HTTP/1.0 has no Transfer-Encoding.");
    }
    facts.framing = Framing::chunked;
  }
  if (facts.framing == Framing::length && facts.content_length == 0) facts.framing = Framing::none;
  facts.keep_alive = !seen.close && (!facts.http_1_0 || seen.keep_alive);
  if (facts.http_1_0) facts.expects_continue = false;
  return std::nullopt;
}

}  // namespace

HeadScanner::State HeadScanner::scan(std::string_view buffer) {
  for (;;) {
    if (line_ == begin_ && scanned_ < buffer.size() && scanned_ == begin_) {
      // The first byte already tells a TLS hello or other noise from a request.
      const char first = buffer[begin_];
      if (first == '\r' && empty_lines_ < kEmptyLinesMax) {
        // An empty line before the request line, if a line feed follows.
      } else if ((kClasses[static_cast<unsigned char>(first)] & in_token) == 0) {
        return State::bad;
      }
    }
    const std::size_t lf = buffer.find('\n', scanned_);
    if (lf == std::string_view::npos) {
      scanned_ = buffer.size();
      return State::incomplete;
    }
    if (lf == line_ || buffer[lf - 1] != '\r') return State::bad;  // bare LF
    const bool is_empty = lf == line_ + 1;
    const bool is_first = line_ == begin_;
    line_ = scanned_ = lf + 1;
    if (!is_empty) continue;
    if (is_first) {
      begin_ = line_;
      ++empty_lines_;  // one too many fails the check of the first byte
      continue;
    }
    end_ = line_;
    return State::complete;
  }
}

std::optional<Refusal> parse_head(std::string_view head, Request& request, HeadFacts& facts) {
  facts = HeadFacts();
  request.headers.clear();
  if (auto refusal = parse_request_line(take_line(head), request, facts)) return refusal;
  Seen seen;
  for (;;) {
    const std::string_view line = take_line(head);
    if (line.empty()) break;
    if (request.headers.size() == kHeaderFieldsMax) {
      return Refusal{431, "too_many_header_fields", "More than 100 header fields."};
    }
    const std::size_t colon = line.find(':');
    // A name that is not a token also catches folded lines and a space before the colon.
    if (colon == std::string_view::npos || colon == 0 || !all_in(line.substr(0, colon), in_token)) {
      return bad("bad_header_field", "A header line is not: name, colon, value.");
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    if (!all_in(value, in_value)) {
      return bad("bad_header_field", "A header value holds a control character.");
    }
    if (auto refusal = note_field(name, value, facts, seen)) return refusal;
    request.headers.emplace_back(name, value);
  }
  return weigh(seen, facts);
}

}  // namespace adbacus::http
