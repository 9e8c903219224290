#include "access/own_tokens.hpp"

#include <fmt/format.h>
#include <utility>

#include "base/base64url.hpp"
#include "base/hmac.hpp"
#include "base/rng.hpp"
#include "catalog/scope_names.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kPeriodUs = 30 * kDayUs;
constexpr std::string_view kName = "adbacus";  // issuer, audience, and how ids of keys begin
const JwtPolicy kPolicy{std::string(kName), std::string(kName), 30 * kSecondUs};

std::string key_name(std::int64_t period) {
  return fmt::format("{}-{}", kName, period);
}

}  // namespace

Result<std::unique_ptr<OwnTokens>> OwnTokens::start(Catalog& catalog, Clock& clock,
                                                    KeyHolder holder) {
  std::unique_ptr<OwnTokens> made(new OwnTokens(catalog, clock, std::move(holder)));
  if (auto loaded = made->load(); !loaded) return loaded.error();
  return made;
}

// The next period's secret is there before anybody signs with it, also in other processes.
Result<std::shared_ptr<const OwnTokens::Secrets>> OwnTokens::load() {
  const std::int64_t period = clock_.wall_us() / kPeriodUs;
  {
    const std::lock_guard lock(mutex_);
    if (secrets_ && secrets_->period == period) return secrets_;
  }
  auto next = std::make_shared<Secrets>();
  next->period = period;
  for (const std::int64_t one : {period - 1, period, period + 1}) {
    auto secret = catalog_.secret(fmt::format("access tokens {}", one));
    if (!secret) return secret.error();
    auto key = JwtKey::shared_secret(key_name(one), *secret);
    if (!key) return key.error();
    next->keys.push_back(*std::move(key));
    if (one == period) next->secret = *std::move(secret);
  }
  const std::lock_guard lock(mutex_);
  secrets_ = std::move(next);
  return secrets_;
}

Result<std::string> OwnTokens::issue(const std::string& key_id, std::uint32_t scopes) {
  const auto secrets = load();
  if (!secrets) return secrets.error();
  const TimeUs now_us = clock_.wall_us();
  http::JsonWriter header;
  header.begin_object().member("alg", "HS256").member("typ", "at+jwt");
  header.member("kid", key_name((*secrets)->period)).end_object();
  std::string names;
  for (const std::string_view name : scope_names(scopes)) {
    names.append(names.empty() ? "" : " ").append(name);
  }
  http::JsonWriter claims;
  claims.begin_object().member("iss", kName).member("aud", kName).member("sub", key_id);
  claims.member("scope", names).member("iat", now_us / kSecondUs);
  claims.member("exp", (now_us + kLifetimeUs) / kSecondUs);
  claims.member("jti", fmt::format("{:016x}", secure_random_u64())).end_object();
  const std::string message =
      base64url_encode(header.text()) + "." + base64url_encode(claims.text());
  const HmacSha256::Tag tag = HmacSha256((*secrets)->secret)(message);
  return message + "." + base64url_encode({reinterpret_cast<const char*>(tag.data()), tag.size()});
}

Result<http::Principal> OwnTokens::authenticate(std::string_view credential,
                                                std::string_view tenant_header) {
  std::shared_ptr<const Secrets> secrets;
  {
    const std::lock_guard lock(mutex_);
    secrets = secrets_;
  }
  const auto jwt = verify_jwt(credential, secrets->keys, kPolicy, clock_.wall_us());
  if (!jwt) return jwt.error();
  auto principal = holder_(jwt->subject, tenant_header);
  if (!principal) return principal;
  std::uint32_t scopes = 0;
  std::string names = text_claim(jwt->claims, "scope").value_or("");
  for (char& c : names) c = c == ' ' ? ',' : c;
  if (const auto parsed = parse_scopes(names)) scopes = key_scopes(*parsed);
  principal->scopes &= scopes;
  return principal;
}

bool OwnTokens::names_us(std::string_view credential) {
  const auto header = base64url_decode(credential.substr(0, credential.find('.')));
  if (!header) return false;
  const auto node = parse_json(*header);
  if (!node) return false;
  const JsonNode* id = node->member("kid");
  return id != nullptr && id->text.starts_with(kName) && id->text.size() > kName.size() &&
         id->text[kName.size()] == '-';
}

}  // namespace adbacus
