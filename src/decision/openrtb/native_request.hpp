// What a native impression asks for (OpenRTB Dynamic Native Ads 1.2): a list of assets. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decision/openrtb/json_fields.hpp"

namespace adbacus {

enum class AssetKind : std::uint8_t { title, image, data, other };

struct NativeAsset {
  std::int64_t id = 0;
  bool is_required = false;
  AssetKind kind = AssetKind::other;
  std::int64_t type = 0;        // of image (1 icon, 3 main) or data (1 sponsored, 2 desc, ...)
  std::int64_t length_max = 0;  // of title and data, in characters; 0: any
  std::int64_t w = 0;           // of an image, CSS px; 0: any
  std::int64_t h = 0;
  std::int64_t w_min = 0;
  std::int64_t h_min = 0;
};

struct NativeRequest {
  std::vector<NativeAsset> assets = {};
  bool is_wrapped = false;           // in a member "native", as before 1.1: so is the answer
  bool knows_event_trackers = true;  // since 1.2
};

inline constexpr std::size_t kNativeAssetsMax = 50;
inline constexpr std::int64_t kIconImage = 1;
inline constexpr std::int64_t kMainImage = 3;
inline constexpr std::int64_t kSponsoredData = 1;
inline constexpr std::int64_t kDisplayUrlData = 11;

// `value` is JSON in a text, as the standard says, or the object itself.
NativeRequest read_native_request(const std::string& at, const JsonFields::Element& value,
                                  JsonFields& fields);

}  // namespace adbacus
