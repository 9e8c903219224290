#include "access/oidc_flow.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <vector>

#include "base/base64url.hpp"
#include "base/rng.hpp"
#include "base/sha256.hpp"
#include "http/text.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kCookieBytesMax = 2'048;
constexpr std::size_t kPathBytesMax = 512;
constexpr std::size_t kTenantBytesMax = 128;

std::string derived(std::string_view purpose, std::string_view cookie) {
  Sha256 hash;
  hash.update("oidc ");
  hash.update(purpose);
  hash.update(" ");
  hash.update(cookie);
  return hash.finish();
}

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

}  // namespace

std::string OidcFlow::state() const {
  return derived("state", cookie);
}

std::string OidcFlow::nonce() const {
  return derived("nonce", cookie);
}

std::string OidcFlow::code_verifier() const {
  return derived("verifier", cookie);
}

std::string OidcFlow::code_challenge() const {
  Sha256 hash;
  hash.update(code_verifier());
  return base64url_encode(bytes_of_hex(hash.finish()));
}

OidcFlow begin_oidc_flow(std::string tenant_id, std::string return_to, TimeUs now_us) {
  std::array<std::byte, kSecretBytes> secret{};
  secure_random(secret);
  OidcFlow flow;
  flow.cookie =
      fmt::format("{}.{}.{}.{}",
                  base64url_encode({reinterpret_cast<const char*>(secret.data()), secret.size()}),
                  now_us / kSecondUs, base64url_encode(tenant_id), base64url_encode(return_to));
  flow.tenant_id = std::move(tenant_id);
  flow.return_to = std::move(return_to);
  return flow;
}

std::optional<OidcFlow> read_oidc_flow(std::string_view cookie, TimeUs now_us) {
  if (cookie.size() > kCookieBytesMax) return std::nullopt;
  std::vector<std::string_view> parts;
  for (std::string_view rest = cookie; !rest.empty() && parts.size() < 5;) {
    parts.push_back(http::take_element(rest, '.'));
  }
  if (parts.size() != 4) return std::nullopt;
  const auto secret = base64url_decode(parts[0]);
  const auto tenant_id = base64url_decode(parts[2]);
  const auto return_to = base64url_decode(parts[3]);
  if (!secret || secret->size() != kSecretBytes || !tenant_id || tenant_id->empty() ||
      tenant_id->size() > kTenantBytesMax || !return_to || !is_local_path(*return_to)) {
    return std::nullopt;
  }
  std::int64_t begun_s = 0;
  const char* end = parts[1].data() + parts[1].size();
  const auto [stopped, error] = std::from_chars(parts[1].data(), end, begun_s);
  const std::int64_t now_s = now_us / kSecondUs;
  if (error != std::errc() || stopped != end || begun_s > now_s || now_s - begun_s > kOidcFlowS) {
    return std::nullopt;
  }
  return OidcFlow{std::string(cookie), *tenant_id, *return_to};
}

bool is_local_path(std::string_view path) {
  if (path.empty() || path.size() > kPathBytesMax || path.front() != '/') return false;
  if (path.size() > 1 && path[1] == '/') return false;  // of another server
  return std::all_of(path.begin(), path.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; });
}

}  // namespace adbacus
