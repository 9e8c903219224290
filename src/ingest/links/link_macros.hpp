// The macros of landing URLs. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace adbacus {

struct MacroValues {
  std::string_view click_id;
  std::string_view landing_url;  // empty: {lpurl} becomes nothing
};
// `{click_id}` and `{lpurl}` become their percent-encoded values; other braces stay.
std::string expand_macros(std::string_view url, const MacroValues& values);

}  // namespace adbacus
