// The HTML of a banner (`adm`): the creative's own markup, or its image with its link, and the
// pixel that counts it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/creative.hpp"

namespace adbacus {

// Where an ad leads to and what tells that it was shown; may hold macros of the exchange.
struct AdLinks {
  std::string impression = {};
  std::string click = {};
};

// `{click_url}`, `{click_url_enc}` (percent-encoded) and `{impression_url}` of the creative's
// markup are filled; where it does not name the impression, a pixel is put behind it. The
// exchange's macros stay. `size`: of the slot, for images that do not know theirs.
std::string banner_markup(const Creative& creative, const std::optional<AdSize>& size,
                          const AdLinks& links);

// `${AUCTION_...}` becomes AUDIT: the rendering is a test.
std::string with_audit_macros(std::string_view text);

bool is_https_url(std::string_view url);

}  // namespace adbacus
