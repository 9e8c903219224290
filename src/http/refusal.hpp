// Why a request is not served: a status, a stable code and a sentence. Made while reading a
// request, turned into a problem document by the connection. A plain value over text that is static
// or, where a limit is named, belongs to whoever refused and lives until it refuses again.
#pragma once

#include <string_view>

namespace adbacus::http {

struct Refusal {
  int status = 400;
  std::string_view code;  // snake_case, static storage
  std::string_view detail;
};

}  // namespace adbacus::http
