// URLs that a browser may be sent to, and lists of domains. RELIABILITY R9: what this server
// redirects to was chosen by the tenant, and every browser reads it as it was checked. Pure
// functions, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace adbacus::http {

// http(s) with a plain ASCII host, at most 2,048 bytes of visible ASCII; no user info, no
// backslash, no CR, LF or NUL, also not percent-encoded, and no path that begins with "//".
bool is_safe_destination(std::string_view url);

bool is_https(std::string_view url);
// Of a safe destination, in lower case without the port: "shop.example".
std::string destination_host(std::string_view url);
// One of the domains or below one of them. `domains` are in lower case.
bool is_in_domains(std::string_view host, std::span<const std::string> domains);

// Bytes outside ASCII percent-encoded, as browsers do it; a host outside ASCII becomes an unsafe
// one: it is to be given in its xn-- form.
std::string ascii_url(std::string_view url);

}  // namespace adbacus::http
