#include "access/jwt.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <vector>

#include "access/testing/jwt_signer.hpp"
#include "base/base64url.hpp"
#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNowUs = 1'790'000'000 * kSecondUs;
constexpr std::string_view kClaims =
    R"({"iss":"https://id.example","aud":"adbacus","sub":"u1","jti":"j1",)"
    R"("nbf":1789999990,"exp":1790000300})";
constexpr JwtAlgorithm kAll[] = {JwtAlgorithm::eddsa, JwtAlgorithm::es256, JwtAlgorithm::rs256,
                                 JwtAlgorithm::ps256, JwtAlgorithm::hs256};

// Making RSA keys takes long, so all tests share these.
const JwtSigner& signer(JwtAlgorithm algorithm) {
  static const std::vector<JwtSigner> signers = [] {
    std::vector<JwtSigner> made;
    for (const JwtAlgorithm one : kAll)
      made.emplace_back(one, std::string(jwt_algorithm_name(one)));
    return made;
  }();
  return signers[static_cast<std::size_t>(algorithm)];
}

std::string jwks(std::initializer_list<std::string> keys) {
  std::string text = R"({"keys":[)";
  for (const std::string& key : keys) text.append(text.back() == '[' ? "" : ",").append(key);
  return text + "]}";
}

const std::vector<JwtKey>& all_keys() {
  static const std::vector<JwtKey> keys =
      *read_jwks(jwks({signer(kAll[0]).jwk(), signer(kAll[1]).jwk(), signer(kAll[2]).jwk(),
                       signer(kAll[3]).jwk(), signer(kAll[4]).jwk()}));
  return keys;
}

const JwtPolicy kPolicy{"https://id.example", "adbacus"};

// "" if the token is good, else why not.
std::string verdict(std::string_view token, std::span<const JwtKey> keys = all_keys()) {
  const auto jwt = verify_jwt(token, keys, kPolicy, kNowUs);
  if (jwt) return "";
  EXPECT_EQ(jwt.error().code, ErrorCode::unauthorized);
  return jwt.error().message;
}
constexpr const char* kUnknown = "the token is not signed by a known key";

std::string with_claims(std::string_view claims) {
  return verdict(signer(JwtAlgorithm::eddsa).sign(signer(JwtAlgorithm::eddsa).header(), claims));
}
// The usual claims with one member replaced, added or, with an empty value, left out.
std::string with_claim(std::string_view name, std::string_view value) {
  std::string text;
  const JsonNode claims = *parse_json(kClaims);
  for (std::size_t i = 0; i < claims.names.size(); ++i) {
    if (claims.names[i] == name) continue;
    text += fmt::format(R"({}"{}":{})", text.empty() ? "" : ",", claims.names[i],
                        json_text(claims.items[i]));
  }
  if (!value.empty()) text += fmt::format(R"(,"{}":{})", name, value);
  return with_claims("{" + text + "}");
}
std::string with_header(std::string_view header) {
  return verdict(signer(JwtAlgorithm::eddsa).sign(header, kClaims));
}

TEST(Jwt, EveryAlgorithmVerifiesItsOwnTokensAndNoOthers) {
  for (const JwtAlgorithm by : kAll) {
    for (const JwtAlgorithm named : kAll) {
      const std::string token = signer(by).sign(signer(named).header(), kClaims);
      EXPECT_EQ(verdict(token), by == named ? "" : kUnknown)
          << jwt_algorithm_name(by) << " as " << jwt_algorithm_name(named);
    }
  }
  const auto jwt = verify_jwt(signer(kAll[0]).sign(signer(kAll[0]).header(), kClaims), all_keys(),
                              kPolicy, kNowUs);
  ASSERT_TRUE(jwt);
  EXPECT_EQ(jwt->subject, "u1");
  EXPECT_EQ(jwt->id, "j1");
  EXPECT_EQ(jwt->expires_us, 1'790'000'300 * kSecondUs);
}

TEST(Jwt, ATokenWithoutSignatureIsRefusedHoweverNoneIsWritten) {
  for (const char* none : {"none", "None", "NONE", "nOnE", ""}) {
    for (const char* id : {"", R"(,"kid":"EdDSA")", R"(,"kid":"HS256")"}) {
      const std::string header = fmt::format(R"({{"alg":"{}"{}}})", none, id);
      EXPECT_EQ(verdict(jwt_of(header, kClaims, "")), kUnknown) << header;
    }
  }
  EXPECT_EQ(verdict(jwt_of(R"({"kid":"EdDSA"})", kClaims, "")), kUnknown);
  EXPECT_EQ(verdict(jwt_of(R"({"kid":"EdDSA","alg":["EdDSA"]})", kClaims, "")), kUnknown);
  EXPECT_EQ(verdict(jwt_of(R"({"kid":"EdDSA","alg":null})", kClaims, "")), kUnknown);
}

TEST(Jwt, APublicKeyIsNoSharedSecret) {
  for (const JwtAlgorithm algorithm :
       {JwtAlgorithm::rs256, JwtAlgorithm::ps256, JwtAlgorithm::es256, JwtAlgorithm::eddsa}) {
    const JwtSigner& victim = signer(algorithm);
    for (const std::string& secret : {victim.pem(), victim.jwk(), victim.jwk_without_algorithm()}) {
      for (const std::string& header :
           {fmt::format(R"({{"alg":"HS256","kid":"{}"}})", jwt_algorithm_name(algorithm)),
            std::string(R"({"alg":"HS256"})"), victim.header()}) {
        const std::string message = base64url_encode(header) + "." + base64url_encode(kClaims);
        EXPECT_EQ(verdict(message + "." + base64url_encode(hmac_sha256(secret, message))),
                  kUnknown);
      }
    }
  }
}

TEST(Jwt, KeysThatTheTokenBringsAreNotLookedAt) {
  const JwtSigner mine(JwtAlgorithm::eddsa, "EdDSA");
  for (const std::string& more :
       {fmt::format(R"("jwk":{})", mine.jwk()), std::string(R"("jku":"https://evil.example/k")"),
        std::string(R"("x5u":"file:///etc/passwd")"), std::string(R"("x5c":["MII"])")}) {
    const std::string header = fmt::format(R"({{"alg":"EdDSA","kid":"EdDSA",{}}})", more);
    EXPECT_EQ(verdict(mine.sign(header, kClaims)), kUnknown) << more;
    EXPECT_EQ(with_header(header), "") << "they change nothing about a good signature";
  }
}

TEST(Jwt, TheKeyIdOnlyLooksAKeyUp) {
  for (const char* id : {"../../etc/passwd", "/dev/null", "' OR 1=1 --", "EdDSA' UNION SELECT 'x",
                         "", "eddsa", "EdDSA ", "ES256", "0", "\\u0000"}) {
    EXPECT_EQ(with_header(fmt::format(R"({{"alg":"EdDSA","kid":"{}"}})", id)), kUnknown) << id;
  }
  EXPECT_EQ(with_header(R"({"alg":"EdDSA","kid":0})"), kUnknown);
  EXPECT_EQ(with_header(R"({"alg":"EdDSA","kid":["EdDSA"]})"), kUnknown);
  EXPECT_EQ(with_header(R"({"alg":"EdDSA"})"), kUnknown) << "one of five";
  const auto one = *read_jwks(jwks({signer(JwtAlgorithm::eddsa).jwk()}));
  EXPECT_EQ(verdict(signer(JwtAlgorithm::eddsa).sign(R"({"alg":"EdDSA"})", kClaims), one), "");
}

TEST(Jwt, IssuerAudienceAndTimesAreNeededAndChecked) {
  EXPECT_EQ(with_claims(kClaims), "");
  for (const char* issuer : {"", "null", "1", R"("https://id.example/")", R"("HTTPS://ID.EXAMPLE")",
                             R"(["https://id.example"])"}) {
    EXPECT_EQ(with_claim("iss", issuer), "the token is of another issuer") << issuer;
  }
  for (const char* audience : {"", "null", R"("other")", R"("adbacus ")", R"(["other"])", "[]",
                               R"({"adbacus":1})", R"([["adbacus"]])"}) {
    EXPECT_EQ(with_claim("aud", audience), "the token is for another audience") << audience;
  }
  EXPECT_EQ(with_claim("aud", R"(["other","adbacus"])"), "");
  EXPECT_EQ(with_claim("exp", ""), "the token has no exp");
  for (const char* bad : {"null", R"("1790000300")", "-1", "1e300", "true", "[1790000300]"}) {
    EXPECT_EQ(with_claim("exp", bad), "the token has an exp that is no time") << bad;
    EXPECT_EQ(with_claim("nbf", bad), "the token has an nbf or iat that is no time") << bad;
  }
  EXPECT_EQ(with_claim("exp", "1789999970"), "the token has expired");
  EXPECT_EQ(with_claim("exp", "1789999971"), "") << "within the leeway";
  EXPECT_EQ(with_claim("exp", "1790000000.5"), "");
  EXPECT_EQ(with_claim("nbf", ""), "the token has neither nbf nor iat");
  EXPECT_EQ(with_claim("nbf", "1790000030"), "") << "within the leeway";
  EXPECT_EQ(with_claim("nbf", "1790000031"), "the token is not valid yet");
  EXPECT_EQ(with_claims(R"({"iss":"https://id.example","aud":"adbacus","iat":1789999999,)"
                        R"("exp":1790000300})"),
            "");
  EXPECT_EQ(with_claims(R"({"iss":"https://id.example","aud":"adbacus","iat":1790001000,)"
                        R"("exp":1790000300})"),
            "the token is not valid yet");
}

TEST(Jwt, OtherTypesAndExtensionsAreRefused) {
  for (const char* type : {"JWT", "jwt", "at+jwt", "application/at+jwt", "application/JWT"}) {
    EXPECT_EQ(with_header(fmt::format(R"({{"alg":"EdDSA","kid":"EdDSA","typ":"{}"}})", type)), "");
  }
  for (const char* type : {R"("JOSE")", R"("id_token")", R"("logout+jwt")", R"("")", "1", "null"}) {
    EXPECT_EQ(with_header(fmt::format(R"({{"alg":"EdDSA","kid":"EdDSA","typ":{}}})", type)),
              "the token is of another type")
        << type;
  }
  EXPECT_EQ(with_header(R"({"alg":"EdDSA","kid":"EdDSA","b64":false,"crit":["b64"]})"),
            "the token needs an extension");
}

TEST(Jwt, NamesThatStandTwiceAreRefused) {
  EXPECT_NE(with_header(R"({"alg":"EdDSA","kid":"EdDSA","alg":"none"})"), "");
  EXPECT_NE(with_claims(R"({"iss":"https://id.example","aud":"adbacus","nbf":1,"exp":1790000300,)"
                        R"("iss":"other"})"),
            "");
}

TEST(Jwt, EveryChangeOfATokenIsFound) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
  Rng rng(seed);
  constexpr std::string_view kBytes =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n";
  for (const JwtAlgorithm algorithm : kAll) {
    const std::string good = signer(algorithm).sign(signer(algorithm).header(), kClaims);
    ASSERT_EQ(verdict(good), "");
    for (int i = 0; i < 300; ++i) {
      std::string token = good;
      switch (rng.below(4)) {
        case 0:
          token[rng.below(token.size())] = kBytes[rng.below(kBytes.size())];
          break;
        case 1:
          token.erase(rng.below(token.size()), 1 + rng.below(4));
          break;
        case 2:
          token.insert(rng.below(token.size() + 1), 1, kBytes[rng.below(kBytes.size())]);
          break;
        default:
          token.resize(rng.below(token.size()));
          break;
      }
      if (token == good) continue;
      ASSERT_NE(verdict(token), "") << token;
    }
  }
  EXPECT_EQ(verdict(std::string(9'000, 'a')), "the token is too long");
}

TEST(Jwt, AnEllipticSignatureIsNotDer) {
  const JwtSigner& es256 = signer(JwtAlgorithm::es256);
  const std::string message = base64url_encode(es256.header()) + "." + base64url_encode(kClaims);
  const std::string raw = es256.signature(message);
  const auto half = [&](std::size_t at) {
    std::string bytes = raw.substr(at, 32);
    if ((static_cast<unsigned char>(bytes[0]) & 0x80U) != 0) bytes.insert(0, 1, '\0');
    return std::string("\x02", 1) + static_cast<char>(bytes.size()) + bytes;
  };
  const std::string body = half(0) + half(32);
  const std::string der = std::string("\x30", 1) + static_cast<char>(body.size()) + body;
  EXPECT_EQ(verdict(message + "." + base64url_encode(raw)), "");
  EXPECT_EQ(verdict(message + "." + base64url_encode(der)), kUnknown);
  EXPECT_EQ(verdict(message + "." + base64url_encode(std::string(64, '\0'))), kUnknown);
}

TEST(Jwks, PinsEveryKeyToOneAlgorithm) {
  for (const JwtAlgorithm algorithm : kAll) {
    const auto keys = read_jwks(jwks({signer(algorithm).jwk_without_algorithm()}));
    ASSERT_TRUE(keys);
    EXPECT_EQ((*keys)[0].algorithm(),
              algorithm == JwtAlgorithm::ps256 ? JwtAlgorithm::rs256 : algorithm);
  }
}

TEST(Jwks, LeavesOutWhatItDoesNotKnowAndRefusesWhatIsWrong) {
  const std::string good = signer(JwtAlgorithm::eddsa).jwk();
  for (const char* other : {R"({"kty":"EC","crv":"P-521","x":"AA","y":"AA"})", R"({"kty":"new"})",
                            R"({"kty":"RSA","use":"enc","n":"AQ","e":"AQAB"})", "{}", "1",
                            R"({"kty":"RSA","alg":"RS1","n":"AQ","e":"AQAB"})",
                            R"({"kty":"oct","alg":"none","k":"AA"})",
                            R"({"kty":"OKP","crv":"Ed25519","key_ops":["sign"],"x":"AA"})"}) {
    const auto keys = read_jwks(jwks({other, good}));
    ASSERT_TRUE(keys) << other;
    EXPECT_EQ(keys->size(), 1U) << other;
    EXPECT_FALSE(read_jwks(jwks({other}))) << other;
  }
  const std::string ones(32, '\xff');
  const std::vector<std::string> wrong{
      "",
      "[]",
      "{}",
      R"({"keys":{}})",
      jwks({}),
      jwks({good, good}),
      jwks({R"({"kty":"oct","k":"c2hvcnQ"})"}),
      jwks({R"({"kty":"OKP","crv":"Ed25519","x":"AA"})"}),
      jwks({fmt::format(R"({{"kty":"EC","crv":"P-256","x":"{0}","y":"{0}"}})",
                        base64url_encode(ones))}),
      jwks({R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"}),
      jwks({fmt::format(R"({{"kty":"RSA","n":"{}","e":"AQ"}})",
                        base64url_encode(std::string(256, '\xff')))}),
      jwks({good.substr(0, good.size() - 1) + R"(,"d":"AA"})"})};
  for (const std::string& text : wrong) {
    const auto keys = read_jwks(text);
    EXPECT_FALSE(keys) << text;
    EXPECT_TRUE(keys || keys.error().code == ErrorCode::invalid_argument) << text;
  }
}

TEST(Jwt, NoApiKeyLooksLikeOne) {
  EXPECT_FALSE(looks_like_jwt("adb_abcdefgh." + std::string(43, 'A')));
  EXPECT_FALSE(looks_like_jwt("eyJhbGciOiJub25lIn0.e30"));
  EXPECT_TRUE(looks_like_jwt("eyJhbGciOiJub25lIn0.e30."));
}

}  // namespace
}  // namespace adbacus
