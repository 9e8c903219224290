// The cookie of a signed-in browser, and the token that its pages send back so that no other page
// can act in their name. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace adbacus::http {

inline constexpr std::string_view kSessionCookie = "adbacus_session";
// Stands before a cookie's value where credentials of all kinds are judged: no header can carry it.
inline constexpr char kSessionMark = '\x01';

// The value of the cookie `name` in a Cookie field; empty: it is not in there, or more than once.
std::string_view cookie_in(std::string_view cookies, std::string_view name);
// The cookie's value in a Cookie field; empty: it is not in there, or more than once.
std::string_view session_in(std::string_view cookies);
// Follows from the session's secret, and tells nothing about it.
std::string csrf_token_of(std::string_view session);
// Whether `origin` is a page of the server that was asked as `host`.
bool is_own_origin(std::string_view origin, std::string_view host);

}  // namespace adbacus::http
