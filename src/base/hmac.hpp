// HMAC-SHA256 (RFC 2104, FIPS 198-1): what nobody without the key can make. Thread-safe once built.
#pragma once

#include <array>
#include <memory>
#include <string_view>

struct evp_mac_ctx_st;

namespace adbacus {

class HmacSha256 {
 public:
  using Tag = std::array<unsigned char, 32>;
  explicit HmacSha256(std::string_view key);
  Tag operator()(std::string_view bytes) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* state) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> keyed_;  // copied for each text
};

// Takes the same time wherever they differ.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace adbacus
