#include "ingest/pixel_image.hpp"

namespace adbacus {
namespace {

// One transparent pixel.
constexpr unsigned char kGif[43] = {
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00,
    0x00, 0xff, 0xff, 0xff, 0x21, 0xf9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3b};

}  // namespace

http::Response pixel_image(std::string_view refusal) {
  http::Response response;
  response.content_type = "image/gif";
  response.headers.emplace_back("Cache-Control", "no-store");
  // Pages that isolate themselves may show it all the same.
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
  if (!refusal.empty()) response.headers.emplace_back("X-Adbacus-Error", refusal);
  response.body.assign(reinterpret_cast<const char*>(kGif), sizeof kGif);
  return response;
}

}  // namespace adbacus
