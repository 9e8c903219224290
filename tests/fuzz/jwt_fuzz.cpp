// libFuzzer target: key sets and tokens. The input is read as a key set, as a token as it stands,
// and as header and claims (two lines) of a token that is rightly signed, so that what comes behind
// the signature is reached. Checked besides memory safety: nothing unsigned is accepted, and what
// is accepted names our algorithm, issuer and audience.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "access/jwt.hpp"
#include "base/base64url.hpp"
#include "base/hmac.hpp"

namespace {

using namespace adbacus;

const std::string kSecret(32, 's');
const JwtPolicy kPolicy{"i", "a"};
constexpr TimeUs kNowUs = 1'000 * kSecondUs;

void demand(bool holds) {
  if (!holds) std::abort();
}

const std::vector<JwtKey>& keys() {
  static const std::vector<JwtKey> all{*JwtKey::shared_secret("k", kSecret)};
  return all;
}

std::string signed_token(std::string_view header, std::string_view claims) {
  const std::string message = base64url_encode(header) + "." + base64url_encode(claims);
  static const HmacSha256 hmac(kSecret);
  const HmacSha256::Tag tag = hmac(message);
  return message + "." + base64url_encode({reinterpret_cast<const char*>(tag.data()), tag.size()});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto set = read_jwks(text)) demand(!set->empty());
  demand(!verify_jwt(text, keys(), kPolicy, kNowUs));
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view header = text.substr(0, line);
  const std::string_view claims = text.substr(line + 1);
  const auto jwt = verify_jwt(signed_token(header, claims), keys(), kPolicy, kNowUs);
  if (!jwt) return 0;
  demand(header.find("HS256") != std::string_view::npos);
  demand(jwt->claims.member("iss")->text == "i" && jwt->claims.member("aud") != nullptr);
  demand(jwt->expires_us + kPolicy.leeway_us > kNowUs);
  return 0;
}
