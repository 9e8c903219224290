// JSON pointers (RFC 6901), which say where in a body something is wrong. Pure.
#pragma once

#include <string>
#include <string_view>

namespace adbacus::http {

// "/" and the name, escaped.
std::string pointer_part(std::string_view name);

}  // namespace adbacus::http
