// The answer of every pixel: one transparent point, whatever happened. Pure.
#pragma once

#include <string_view>

#include "http/http.hpp"

namespace adbacus {

// `refusal`: its code; empty: there is none.
http::Response pixel_image(std::string_view refusal);

}  // namespace adbacus
