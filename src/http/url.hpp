// Percent-decoding and query strings (RFC 3986, and '+' as space in queries as browsers send it).
// Pure functions, thread-safe. Decoding is lenient about which bytes come out, strict about the
// form: a '%' without two hex digits is a failure, never passed through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"

namespace adbacus::http {

enum class PlusSign { literal, space };

// nullopt: a '%' that two hex digits do not follow.
std::optional<std::string> percent_decode(std::string_view text, PlusSign plus);
// Appends to `out`; false as above, with `out` then holding a prefix.
bool percent_decode_to(std::string& out, std::string_view text, PlusSign plus);
// Everything but unreserved characters becomes %XX.
std::string percent_encode(std::string_view text);

// "a=1&b=x%20y" (no leading '?') in order; "a" and "a=" have an empty value; empty pieces are
// skipped. false: bad escape or more than params_max parameters. `out` is overwritten.
bool parse_query(std::string_view query, std::size_t params_max, std::vector<QueryParam>& out);

// "https://host:port", without TLS "http://…"; an IPv6 address gets its brackets.
std::string server_url(std::string_view host, std::uint16_t port, bool is_tls);

// The target up to '?', and the rest behind it (empty if none).
struct TargetParts {
  std::string_view path;
  std::string_view query;
};
// Understands "/path?query" and "http://host/path?query"; path of the latter defaults to "/".
TargetParts split_target(std::string_view target);

}  // namespace adbacus::http
