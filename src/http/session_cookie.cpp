#include "http/session_cookie.hpp"

#include "base/sha256.hpp"
#include "http/text.hpp"

namespace adbacus::http {

std::string_view session_in(std::string_view cookies) {
  return cookie_in(cookies, kSessionCookie);
}

std::string_view cookie_in(std::string_view cookies, std::string_view name) {
  std::string_view found;
  bool is_there = false;
  while (!cookies.empty()) {
    const std::string_view pair = take_element(cookies, ';');
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    if (is_there) return {};
    is_there = true;
    found = pair.substr(equals + 1);
  }
  return found;
}

std::string csrf_token_of(std::string_view session) {
  Sha256 hash;
  hash.update("csrf ");
  hash.update(session);
  return hash.finish();
}

bool is_own_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!origin.starts_with(scheme)) continue;
    return !host.empty() && equals_ignoring_case(origin.substr(scheme.size()), host);
  }
  return false;
}

}  // namespace adbacus::http
