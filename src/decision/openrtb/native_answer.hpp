// The native JSON of an ad (`adm`, OpenRTB Dynamic Native Ads 1.2): each asset that was asked for,
// out of what the creative has. Pure.
#pragma once

#include <optional>
#include <string>

#include "decision/openrtb/banner_markup.hpp"
#include "decision/openrtb/native_request.hpp"
#include "decision/serving_plan.hpp"

namespace adbacus {

// nullopt: the creative lacks a required asset. Its own markup, where that is native JSON, has its
// assets; beside them image_url is a main image, the advertiser's name `sponsored` and its domain
// `displayurl`. A text that is too long or an image of the wrong size counts as lacking: nobody's
// ad is cut. `is_secure`: images must be https.
std::optional<std::string> native_answer(const NativeRequest& request, const ServingItem& item,
                                         const Creative& creative, bool is_secure,
                                         const AdLinks& links);

}  // namespace adbacus
