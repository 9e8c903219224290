// Names of HTTP statuses and methods. Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "http/http.hpp"

namespace adbacus::http {

std::string_view reason_phrase(int status);  // "Unknown" for a status we never send
Method method_of(std::string_view text);     // case-sensitive; Method::other if not ours
std::string_view method_name(Method method);

}  // namespace adbacus::http
