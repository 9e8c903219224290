// Countries as OpenRTB writes them (ISO 3166-1 alpha-3) and as targeting knows them (alpha-2).
// Pure.
#pragma once

#include <string_view>

namespace adbacus {

// Upper case; empty: there is no such code.
std::string_view country_alpha2(std::string_view alpha3);

}  // namespace adbacus
