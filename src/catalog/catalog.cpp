#include "catalog/catalog.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "http/http.hpp"
#include "model/currency.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kTimezoneBytesMax = 64;
constexpr std::size_t kOriginsMax = 100;
constexpr std::size_t kPlacementsMax = 1'000;
constexpr std::size_t kHashHexBytes = 64;
constexpr std::uint32_t kQuotaMax = 1'000'000'000;
constexpr std::uint32_t kQuotaPeriodSMax = 86'400;

Error bad(std::string_view field, std::string_view why) {
  return {ErrorCode::invalid_argument, fmt::format("{}: {}", field, why)};
}

// Control bytes would break the lists and log lines these texts end up in.
bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7f;
  });
}

Result<void> check_text(std::string_view field, const std::string& text, std::size_t bytes_min,
                        std::size_t bytes_max) {
  if (text.size() < bytes_min || text.size() > bytes_max) {
    return bad(field, fmt::format("must have {} to {} bytes", bytes_min, bytes_max));
  }
  if (!is_plain(text)) return bad(field, "must not contain control characters");
  return {};
}

bool is_lower_hex(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Either, never both: who takes the one from a page's source cannot use up budgets with the other.
bool is_public_scope(std::uint32_t scopes) {
  return scopes == http::scope_ingest || scopes == http::scope_decide;
}

Result<void> check_placements(const ApiKey& key) {
  if (key.placements.empty()) return {};
  if (!key.is_public || key.scopes != http::scope_decide) {
    return bad("placements", "only a public key that decides has them");
  }
  if (key.placements.size() > kPlacementsMax) {
    return bad("placements", fmt::format("at most {}", kPlacementsMax));
  }
  for (const std::string& placement : key.placements) {
    if (auto ok = check_text("placements", placement, 1, kIdBytesMax); !ok) return ok;
  }
  return {};
}

}  // namespace

Result<void> check_tenant(const Tenant& tenant) {
  if (auto ok = check_text("id", tenant.id, 1, kIdBytesMax); !ok) return ok;
  if (auto ok = check_text("name", tenant.name, 0, kNameBytesMax); !ok) return ok;
  if (auto ok = check_text("timezone", tenant.timezone, 1, kTimezoneBytesMax); !ok) return ok;
  if (!valid_currency(tenant.currency)) return bad("currency", "must be an ISO 4217 code like EUR");
  return {};
}

Result<void> check_key(const ApiKey& key) {
  if (auto ok = check_text("id", key.id, 1, kIdBytesMax); !ok) return ok;
  if (auto ok = check_text("name", key.name, 0, kNameBytesMax); !ok) return ok;
  if (key.is_operator != key.tenant_id.empty()) {
    return bad("tenant_id", "an operator key has none, every other key has one");
  }
  if (key.secret_hash.size() != kHashHexBytes || !is_lower_hex(key.secret_hash)) {
    return bad("secret_hash", "must be 64 lower-case hex digits");
  }
  if (key.scopes == 0) return bad("scopes", "a key without scopes can do nothing");
  if (key.is_public && (key.is_operator || !is_public_scope(key.scopes))) {
    return bad("scopes", "a public key may only ingest or only decide");
  }
  if (auto ok = check_placements(key); !ok) return ok;
  if ((key.quota == 0) != (key.quota_period_s == 0) || key.quota > kQuotaMax ||
      key.quota_period_s > kQuotaPeriodSMax) {
    return bad("quota", fmt::format("0, or 1 to {} requests in 1 to {} seconds", kQuotaMax,
                                    kQuotaPeriodSMax));
  }
  if (key.origins.size() > kOriginsMax) {
    return bad("origins", fmt::format("at most {}", kOriginsMax));
  }
  for (const std::string& origin : key.origins) {
    if (auto ok = check_text("origins", origin, 1, kNameBytesMax); !ok) return ok;
  }
  return {};
}

Result<void> check_denied_token(const DeniedToken& token) {
  if (auto ok = check_text("jti", token.token_id, 1, kNameBytesMax); !ok) return ok;
  return check_text("iss", token.issuer, 1, kNameBytesMax);
}

}  // namespace adbacus
