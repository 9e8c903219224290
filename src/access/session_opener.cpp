#include "access/session_opener.hpp"

#include <array>
#include <fmt/format.h>

#include "base/base64url.hpp"
#include "base/logging.hpp"
#include "base/rng.hpp"
#include "catalog/entity_store.hpp"
#include "http/session_cookie.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kSessionsPerUserMax = 20;
constexpr std::size_t kSecretBytes = 32;

}  // namespace

Result<std::string> SessionOpener::open(const http::Request& request, const std::string& tenant_id,
                                        const std::string& user_id) {
  std::array<std::byte, kSecretBytes> bytes{};
  secure_random(bytes);
  std::string secret =
      base64url_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const TimeUs now_us = clock_.wall_us();
  const auto opened =
      catalog_.sign_ins().open_session({session_id_of(secret), tenant_id, user_id, now_us,
                                        now_us + options_.lifetime_hours * kHourUs},
                                       kSessionsPerUserMax);
  if (!opened) return opened.error();
  audit(request, tenant_id, user_id, "sign_in", "session");
  reload();
  return secret;
}

void SessionOpener::audit(const http::Request& request, const std::string& tenant_id,
                          const std::string& user_id, const char* action, const char* kind) {
  AuditEntry entry{
      .tenant_id = tenant_id,
      .time_us = clock_.wall_us(),
      .actor = request.principal.key_id.empty() ? "user:" + user_id : request.principal.key_id,
      .action = action,
      .kind = kind,
      .object_id = user_id,
      .request_id = request.request_id};
  const auto written = write_audit(catalog_.entities(), std::move(entry));
  if (!written) {
    log_error("a sign-in is missing in the audit log",
              {{"action", action}, {"error", written.error().message}});
  }
}

void SessionOpener::reload() {
  if (const auto known = sessions_.reload(); !known) {
    log_warn("a session is known a moment later", {{"error", known.error().message}});
  }
}

std::string SessionOpener::cookie(std::string_view secret) const {
  return cookie_text(secret, std::int64_t{options_.lifetime_hours} * 3600);
}

std::string SessionOpener::ended_cookie() const {
  return cookie_text("", 0);
}

std::string SessionOpener::cookie_text(std::string_view secret, std::int64_t age_s) const {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", http::kSessionCookie,
                     secret, age_s, options_.is_secure ? "; Secure" : "");
}

}  // namespace adbacus
