// The settings of who may call and how often.
#include <algorithm>
#include <fmt/ranges.h>

#include "app/config_setting.hpp"
#include "base/base64url.hpp"
#include "catalog/web_origin.hpp"
#include "http/outbound_rules.hpp"
#include "http/text.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kRequestsMax = 1'000'000'000;
constexpr std::size_t kTextBytesMax = 4'096;
constexpr std::size_t kSecretBytesMin = 32;

template <class Field>
Setting quota(std::string name, std::string_view whose, Field field) {
  return live(whole_number(std::move(name),
                           fmt::format("requests of {} in access.window_s; 0 = no quota", whose),
                           field, 0, kRequestsMax));
}

template <class Field>
Setting line_of_text(std::string name, std::string meaning, Field field) {
  Setting setting;
  setting.name = std::move(name);
  setting.meaning = std::move(meaning);
  setting.set = [=](Config& config, const std::string& text) -> Result<void> {
    if (text.size() > kTextBytesMax) return bad_value("is too long");
    field(config) = text;
    return {};
  };
  setting.show = [=](const Config& config) { return field(config); };
  return setting;
}

Setting hs256_secret() {
  Setting setting = line_of_text("access.jwt_hs256_secret",
                                 "secret that tokens are signed with (HS256), base64url of 32 "
                                 "random bytes or more; empty: none",
                                 FIELD(jwt.hs256_secret));
  setting.secret = true;
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    const auto bytes = base64url_decode(text);
    if (!text.empty() && (!bytes || bytes->size() < kSecretBytesMin)) {
      return bad_value("must be base64url, without padding, of 32 bytes or more");
    }
    config.jwt.hs256_secret = text;
    return {};
  };
  return setting;
}

void add_tokens(std::vector<Setting>& rows) {
  rows.push_back(line_of_text("access.jwt_issuer",
                              "who signs the tokens that are accepted, their iss; empty: none are",
                              FIELD(jwt.issuer)));
  rows.push_back(line_of_text("access.jwt_audience", "what their aud has to be or to hold",
                              FIELD(jwt.audience)));
  rows.push_back(line_of_text("access.jwt_keys_file",
                              "file with the issuer's public keys (JSON Web Key Set), read again "
                              "when it changes",
                              FIELD(jwt.keys_file)));
  rows.push_back(line_of_text("access.jwt_keys_url",
                              "URL of the issuer's public keys (JSON Web Key Set), see outbound",
                              FIELD(jwt.keys_url)));
  rows.push_back(whole_number("access.jwt_keys_refresh_s",
                              "keys are fetched again so often, seconds",
                              FIELD(jwt.keys_url_times.refresh_us), 60, 86'400, kSecondUs));
  rows.push_back(hs256_secret());
  rows.push_back(line_of_text("access.jwt_tenant_claim", "claim that names the tenant",
                              FIELD(jwt.tenant_claim)));
  rows.push_back(line_of_text("access.jwt_role_claim",
                              "claim that names the role: owner, admin, analyst, viewer, sender",
                              FIELD(jwt.role_claim)));
  rows.push_back(whole_number("access.jwt_leeway_s",
                              "the issuer's clock may differ so much, seconds", FIELD(jwt.leeway_s),
                              0, 600));
}

// Parts between commas, without blanks around them.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = http::take_element(text, ',');
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

Setting outbound_allowed() {
  Setting setting;
  setting.name = "outbound.allowed";
  setting.meaning =
      "servers that may be called although they are not public, not https or not at port 443: "
      "origins like https://id.internal:8443, separated by commas";
  setting.is_list = true;
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    auto allowed = parts_of(text);
    if (auto rules = http::OutboundRules::make(allowed); !rules) {
      return bad_value("must be origins: " + rules.error().message);
    }
    config.outbound.allowed = std::move(allowed);
    return {};
  };
  setting.show = [](const Config& config) {
    return fmt::format("{}", fmt::join(config.outbound.allowed, ","));
  };
  return setting;
}

Setting origins() {
  Setting setting;
  setting.name = "access.origins";
  setting.meaning =
      "origins beside the server's own whose pages may use sessions (behind a proxy that changes "
      "Host), separated by commas";
  setting.is_list = true;
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    std::vector<std::string> origins;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t comma = std::min(text.find(',', begin), text.size());
      auto origin = canonical_origin(text.substr(begin, comma - begin));
      if (!origin) return bad_value("must be origins like https://ads.example");
      origins.push_back(*std::move(origin));
      begin = comma + 1;
    }
    config.sessions.origins = std::move(origins);
    return {};
  };
  setting.show = [](const Config& config) {
    return fmt::format("{}", fmt::join(config.sessions.origins, ","));
  };
  return setting;
}

void add_oidc(std::vector<Setting>& rows) {
  rows.push_back(line_of_text("access.oidc_issuer",
                              "provider that people sign in with (OpenID Connect), its URL as in "
                              "the iss of its tokens; empty: none",
                              FIELD(oidc.issuer)));
  rows.push_back(
      line_of_text("access.oidc_client_id", "this server's name there", FIELD(oidc.client_id)));
  rows.push_back(line_of_text("access.oidc_client_secret",
                              "this server's secret there; empty: a public client",
                              FIELD(oidc.client_secret)));
  rows.back().secret = true;
  rows.push_back(line_of_text("access.oidc_redirect_url",
                              "URL of /v1/session/oidc/callback as browsers reach it, as it is "
                              "registered there",
                              FIELD(oidc.redirect_url)));
  rows.push_back(whole_number("access.oidc_refresh_s",
                              "what the provider says about itself is fetched again so often, "
                              "seconds",
                              FIELD(oidc.times.refresh_us), 60, 86'400, kSecondUs));
}

void add_sessions(std::vector<Setting>& rows) {
  rows.push_back(whole_number("access.session_hours", "who has signed in stays so, hours",
                              FIELD(sessions.lifetime_hours), 1, 720));
  rows.push_back(yes_or_no("access.secure_cookie",
                           "sessions only where browsers speak TLS (to a proxy)",
                           FIELD(sessions.is_secure)));
  rows.push_back(origins());
}

}  // namespace

void add_outbound_settings(std::vector<Setting>& rows) {
  rows.push_back(outbound_allowed());
  rows.push_back(line_of_text("outbound.ca_file",
                              "authorities that https believes, PEM; empty: the system's",
                              FIELD(outbound.ca_file)));
}

void add_access_settings(std::vector<Setting>& rows) {
  rows.push_back(whole_number("access.reload_interval_ms",
                              "a key's change acts within this, milliseconds",
                              FIELD(access.reload_interval_ms), 10, 4'000));
  rows.push_back(whole_number("access.use_write_interval_ms",
                              "a key's last use is stored this often, milliseconds",
                              FIELD(access.use_write_interval_ms), 1'000, 3'600'000));
  rows.push_back(
      live(whole_number("access.window_s", "what the quotas below are counted in, seconds",
                        FIELD(quotas.window_s), 1, 86'400)));
  rows.push_back(quota("access.key_requests", "one key that has no quota of its own",
                       FIELD(quotas.key_requests)));
  rows.push_back(quota("access.user_requests", "one user", FIELD(quotas.user_requests)));
  rows.push_back(quota("access.tenant_requests", "one tenant", FIELD(quotas.tenant_requests)));
  rows.push_back(quota("access.address_requests", "one IPv4 address or IPv6 /64",
                       FIELD(quotas.address_requests)));
  rows.push_back(quota("access.page_requests", "one address with one public key",
                       FIELD(quotas.page_requests)));
  add_tokens(rows);
  add_sessions(rows);
  add_oidc(rows);
}

}  // namespace adbacus
