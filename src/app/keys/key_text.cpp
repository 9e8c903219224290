#include "app/keys/key_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "catalog/scope_names.hpp"

namespace adbacus {
namespace {

void write_time(http::JsonWriter& json, std::string_view name, TimeUs time) {
  json.key(name);
  if (time == 0) {
    json.null();
  } else {
    json.value(key_time_text(time));
  }
}

}  // namespace

std::string key_time_text(TimeUs time_us) {
  if (time_us == 0) return "-";
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<time_t>(time_us / kSecondUs)));
}

std::string key_scopes_text(std::uint32_t scopes) {
  std::string text;
  for (const std::string_view name : scope_names(scopes)) {
    text.append(text.empty() ? "" : ",").append(name);
  }
  return text;
}

const char* key_state(const ApiKey& key, TimeUs now_us) {
  if (key.revoked_us != 0) return "revoked";
  if (key.expires_us != 0 && key.expires_us <= now_us) return "expired";
  return "live";
}

void write_key(http::JsonWriter& json, const ApiKey& key, const std::string& text, TimeUs now_us) {
  json.begin_object().member("id", key.id);
  if (!text.empty()) json.member("key", text);
  json.key("tenant_id");
  if (key.is_operator) {
    json.null();
  } else {
    json.value(key.tenant_id);
  }
  json.member("name", key.name).key("scopes").begin_array();
  for (const std::string_view name : scope_names(key.scopes)) json.value(name);
  json.end_array().member("operator", key.is_operator).member("public", key.is_public);
  json.key("origins").begin_array();
  for (const std::string& origin : key.origins) json.value(origin);
  json.end_array();
  if (!key.placements.empty()) {
    json.key("placements").begin_array();
    for (const std::string& placement : key.placements) json.value(placement);
    json.end_array();
  }
  json.member("state", key_state(key, now_us));
  write_time(json, "created_at", key.created_us);
  write_time(json, "expires_at", key.expires_us);
  write_time(json, "revoked_at", key.revoked_us);
  write_time(json, "last_used_at", key.last_used_us);
  if (key.quota != 0) {
    json.member("quota", key.quota).member("quota_period_s", key.quota_period_s);
  }
  json.end_object();
}

}  // namespace adbacus
