#include "app/keys/key_routes.hpp"

#include <charconv>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <utility>

#include "admin/named_request.hpp"
#include "app/keys/key_text.hpp"
#include "base/logging.hpp"
#include "catalog/entity_store.hpp"
#include "catalog/key_administration.hpp"
#include "catalog/scope_names.hpp"
#include "http/deferred_answer.hpp"
#include "http/json_writer.hpp"
#include "report/arguments.hpp"

namespace adbacus {
namespace {

const QueryPoolOptions kPool{
    .threads = 1, .queue_max = 64, .running_per_tenant_max = 1, .name = "keys"};
constexpr std::int64_t kExpiresDaysMax = 36'500;
constexpr std::int64_t kOverlapHoursMax = 8'760;
constexpr std::int64_t kOverlapHours = 24;  // where none are sent
constexpr std::int64_t kQuotaMax = 1'000'000'000;
constexpr std::int64_t kQuotaPeriodSMax = 86'400;
constexpr std::uint32_t kQuotaPeriodS = 60;  // where none is sent

const char* const kKeySchema =
    R"({"type":"object","properties":{"id":{"type":"string"},"key":{"type":"string"},)"
    R"("tenant_id":{"type":["string","null"]},"name":{"type":"string"},)"
    R"("scopes":{"type":"array","items":{"type":"string"}},"operator":{"type":"boolean"},)"
    R"("public":{"type":"boolean"},"origins":{"type":"array","items":{"type":"string"}},)"
    R"("placements":{"type":"array","items":{"type":"string"}},)"
    R"("state":{"type":"string"},"created_at":{"type":"string"},)"
    R"("expires_at":{"type":["string","null"]},"revoked_at":{"type":["string","null"]},)"
    R"("last_used_at":{"type":["string","null"]},"quota":{"type":"integer"},)"
    R"("quota_period_s":{"type":"integer"}}})";

// A key the caller may see: of its tenant; an operator sees those of the tenant it named, or all.
bool may_see(const http::Principal& caller, const ApiKey& key) {
  if (caller.is_operator && caller.tenant.empty()) return true;
  return !key.is_operator && key.tenant_id == caller.tenant;
}

// The body's members, each once; what is wrong with it is answered by name.
class BodyReader {
 public:
  explicit BodyReader(std::string_view body) : arguments_(arguments_of_json(body)) {
    if (!arguments_.problems.empty()) wrong_ = arguments_.problems[0].detail;
    for (const Argument& argument : arguments_.plain) {
      static constexpr std::string_view kKnown[] = {
          "name",       "scopes", "tenant_id",      "operator",     "public",       "origins",
          "placements", "quota",  "quota_period_s", "expires_days", "overlap_hours"};
      bool known = false;
      for (const std::string_view name : kKnown) known = known || name == argument.name;
      if (!known && wrong_.empty()) wrong_ = "unknown member \"" + argument.name + "\"";
    }
  }
  std::vector<std::string> list(std::string_view name) const {
    const Argument* found = arguments_.find(name);
    return found != nullptr ? found->values : std::vector<std::string>{};
  }
  std::string text(std::string_view name) {
    const Argument* found = arguments_.find(name);
    if (found == nullptr) return {};
    if (!found->is_list && found->values.size() == 1) return found->values[0];
    wrong_ = fmt::format("{}: must be one value", name);
    return {};
  }
  bool flag(std::string_view name) {
    const std::string value = text(name);
    if (!value.empty() && value != "true" && value != "false") {
      wrong_ = fmt::format("{}: must be true or false", name);
    }
    return value == "true";
  }
  std::int64_t number(std::string_view name, std::int64_t max) {
    const std::string value = text(name);
    std::int64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, number);
    if (!value.empty() && (error != std::errc() || stopped != end || number < 0 || number > max)) {
      wrong_ = fmt::format("{}: must be a whole number from 0 to {}", name, max);
    }
    return number;
  }
  // Of those, a request knows only its own.
  void refuse_all_but(std::string_view name) {
    for (const Argument& argument : arguments_.plain) {
      if (argument.name != name) wrong_ = "unknown member \"" + argument.name + "\"";
    }
  }
  const std::string& wrong() const { return wrong_; }  // empty: nothing

 private:
  Arguments arguments_;
  std::string wrong_;
};

}  // namespace

KeyRoutes::KeyRoutes(Catalog& catalog, Clock& clock, std::function<Result<void>()> changed)
    : catalog_(catalog), clock_(clock), changed_(std::move(changed)), pool_(kPool) {}

void KeyRoutes::add_routes(http::Router& router) {
  const auto bound = [this](Work work) {
    return [this, work](const http::Request& request, http::Responder responder) {
      submit(request, std::move(responder), work);
    };
  };
  http::RouteSpec spec;
  spec.path = "/v1/keys";
  spec.scope = http::scope_admin;
  spec.summary = "API keys of the tenant, without their secrets";
  spec.response_body = fmt::format(
      R"({{"type":"object","properties":{{"keys":{{"type":"array","items":{}}}}}}})", kKeySchema);
  spec.tags = {"administration"};
  router.add(spec, bound(&KeyRoutes::list));
  spec.method = http::Method::post;
  spec.summary = "Make an API key; the answer is the only place where it is shown";
  spec.request_body =
      R"({"type":"object","required":["scopes"],"properties":{"name":{"type":"string"},)"
      R"("scopes":{"type":"array","items":{"type":"string"}},"tenant_id":{"type":"string"},)"
      R"("operator":{"type":"boolean"},"public":{"type":"boolean"},)"
      R"("origins":{"type":"array","items":{"type":"string"}},)"
      R"("placements":{"type":"array","items":{"type":"string"}},)"
      R"("expires_days":{"type":"integer"},"quota":{"type":"integer"},)"
      R"("quota_period_s":{"type":"integer"}}})";
  spec.params = {idempotency_key_param()};
  spec.response_body = kKeySchema;
  spec.success_status = 201;
  router.add(spec, bound(&KeyRoutes::create));
  spec.method = http::Method::del;
  spec.path = "/v1/keys/{id}";
  spec.params.clear();
  spec.summary = "Revoke an API key, at once and for good";
  spec.request_body.clear();
  spec.success_status = 200;
  router.add(spec, bound(&KeyRoutes::revoke));
  spec.method = http::Method::post;
  spec.path = "/v1/keys/{id}/rotate";
  spec.params = {idempotency_key_param()};
  spec.summary = "Replace an API key by one with the same rights; both are valid for a while";
  spec.request_body = R"({"type":"object","properties":{"overlap_hours":{"type":"integer"}}})";
  spec.success_status = 201;
  router.add(spec, bound(&KeyRoutes::rotate));
}

void KeyRoutes::submit(const http::Request& request, http::Responder responder, Work work) {
  auto answer = std::make_shared<http::DeferredAnswer>(request, std::move(responder));
  pool_.submit(request.principal.tenant,
               [this, answer, work] { answer->send((this->*work)(answer->request())); });
}

http::Response KeyRoutes::list(const http::Request& request) {
  const auto keys = catalog_.keys(request.principal.tenant);
  if (!keys) return http::problem(request, keys.error());
  http::JsonWriter json;
  json.begin_object().key("keys").begin_array();
  for (const ApiKey& key : *keys) {
    if (may_see(request.principal, key)) write_key(json, key, "", clock_.wall_us());
  }
  json.end_array().end_object();
  return {200, "application/json", {}, std::move(json).take()};
}

http::Response KeyRoutes::create(const http::Request& request) {
  if (auto answer = repeated(request)) return *std::move(answer);
  const http::Principal& caller = request.principal;
  BodyReader body(request.body);
  std::string scopes;
  for (const std::string& scope : body.list("scopes")) {
    scopes.append(scopes.empty() ? "" : ",").append(scope);
  }
  KeyRequest wanted;
  wanted.name = body.text("name");
  wanted.is_operator = body.flag("operator");
  wanted.is_public = body.flag("public");
  wanted.origins = body.list("origins");
  wanted.placements = body.list("placements");
  wanted.lifetime_us = body.number("expires_days", kExpiresDaysMax) * kDayUs;
  wanted.quota = static_cast<std::uint32_t>(body.number("quota", kQuotaMax));
  wanted.quota_period_s =
      static_cast<std::uint32_t>(body.number("quota_period_s", kQuotaPeriodSMax));
  if (wanted.quota_period_s == 0) wanted.quota_period_s = kQuotaPeriodS;
  const std::string tenant = body.text("tenant_id");
  if (!body.list("overlap_hours").empty()) {
    return http::problem(request, 422, "invalid_body", "unknown member \"overlap_hours\"");
  }
  if (!body.wrong().empty()) return http::problem(request, 422, "invalid_body", body.wrong());
  const auto bits = parse_scopes(scopes);
  if (!bits) return http::problem(request, 422, "invalid_body", "scopes: " + bits.error().message);
  wanted.scopes = *bits;
  const bool above = caller.is_operator && caller.tenant.empty();
  if (!wanted.is_operator) wanted.tenant_id = tenant.empty() ? caller.tenant : tenant;
  if (wanted.is_operator && !tenant.empty()) {
    return http::problem(request, 422, "invalid_body", "an operator key belongs to no tenant");
  }
  if (wanted.is_operator && !caller.is_operator) {
    return http::problem(request, 403, "operator_only", "Only operators make operator keys.");
  }
  if (!wanted.is_operator && !above && wanted.tenant_id != caller.tenant) {
    return http::problem(request, 403, "tenant_mismatch",
                         "tenant_id is not the tenant of this credential.");
  }
  if (!wanted.is_operator && wanted.tenant_id.empty()) {
    return http::problem(request, 422, "tenant_required", "Name the tenant of the key.");
  }
  if ((wanted.scopes & ~caller.scopes) != 0) {
    return http::problem(request, 403, "missing_scope", "A key gives no more than its maker has.");
  }
  const auto created = administration(request).create(wanted);
  if (!created && created.error().code == ErrorCode::invalid_argument) {
    return http::problem(request, 422, "invalid_body", created.error().message);
  }
  if (!created) return http::problem(request, created.error());
  return show_created(*created);
}

http::Response KeyRoutes::show_created(const CreatedKey& created) {
  if (auto known = changed_(); !known) {
    log_warn("a new key is known a moment later", {{"error", known.error().message}});
  }
  http::JsonWriter json;
  write_key(json, created.key, created.text, clock_.wall_us());
  return {201, "application/json", {{"Cache-Control", "no-store"}}, std::move(json).take()};
}

http::Response KeyRoutes::rotate(const http::Request& request) {
  if (auto answer = repeated(request)) return *std::move(answer);
  const std::string& id = request.path_args[0];
  BodyReader body(request.body.empty() ? "{}" : request.body);
  body.refuse_all_but("overlap_hours");
  const bool is_given = !body.list("overlap_hours").empty();
  const std::int64_t hours =
      is_given ? body.number("overlap_hours", kOverlapHoursMax) : kOverlapHours;
  if (!body.wrong().empty()) return http::problem(request, 422, "invalid_body", body.wrong());
  const auto found = catalog_.key(id);
  if (!found) return http::problem(request, found.error());
  if (!*found || !may_see(request.principal, **found)) {
    return http::problem(request, 404, "not_found", "There is no such key.");
  }
  // Whoever rotates a key holds the new one.
  if (((*found)->scopes & ~request.principal.scopes) != 0) {
    return http::problem(request, 403, "missing_scope", "A key gives no more than its maker has.");
  }
  const auto created = administration(request).rotate(id, hours * kHourUs);
  if (!created && created.error().code == ErrorCode::conflict) {
    return http::problem(request, 409, "key_ended", "The key is revoked or has expired.");
  }
  if (!created) return http::problem(request, created.error());
  return show_created(*created);
}

// The audit entry is part of the change. So is the answer that a repeated request gets, but without
// the secret, which is kept nowhere.
KeyAdministration KeyRoutes::administration(const http::Request& request) {
  const auto noted = [this, &request](EntityTransaction& transaction, const char* action,
                                      const ApiKey& key) -> Result<void> {
    const TimeUs now = clock_.wall_us();
    http::JsonWriter json;
    write_key(json, key, "", now);
    AuditEntry entry{.tenant_id = key.tenant_id,
                     .time_us = now,
                     .actor = request.principal.key_id,
                     .action = action,
                     .kind = "key",
                     .object_id = key.id,
                     .after = json.text(),
                     .request_id = request.request_id};
    if (auto ok = transaction.append_audit(entry); !ok) return ok;
    RequestName name;
    if (action != std::string_view("create") || !read_request_name(request, name)) return {};
    return keep_answer(transaction, request, name,
                       {201, "application/json", {}, std::move(json).take()}, now);
  };
  return {catalog_, clock_, noted};
}

// What a request with an Idempotency-Key got before; nullopt: it has to be done.
std::optional<http::Response> KeyRoutes::repeated(const http::Request& request) {
  RequestName name;
  if (!read_request_name(request, name)) return bad_request_name(request);
  if (name.idempotency_key.empty()) return std::nullopt;
  std::optional<http::Response> answer;
  const auto looked_up = catalog_.entities().transact(
      request.principal.tenant, [&](EntityTransaction& transaction) -> Result<void> {
        auto earlier = earlier_answer(transaction, request, name, clock_.wall_us());
        if (!earlier) return earlier.error();
        answer = *std::move(earlier);
        return {};
      });
  if (!looked_up) return http::problem(request, looked_up.error());
  return answer;
}

http::Response KeyRoutes::revoke(const http::Request& request) {
  const std::string& id = request.path_args[0];
  const auto found = catalog_.key(id);
  if (!found) return http::problem(request, found.error());
  if (!*found || !may_see(request.principal, **found)) {
    return http::problem(request, 404, "not_found", "There is no such key.");
  }
  if (((*found)->scopes & ~request.principal.scopes & http::scope_own) != 0) {
    return http::problem(request, 403, "missing_scope", "Only owners revoke an owner's key.");
  }
  const OwnerRule rule = request.principal.is_operator ? OwnerRule::any : OwnerRule::one_stays;
  const auto key = administration(request).revoke(id, rule);
  if (!key && key.error().code == ErrorCode::conflict) {
    return http::problem(request, 409, "last_owner",
                         "This is the tenant's last owner: make another owner or a key with the "
                         "scope own first.");
  }
  if (!key) return http::problem(request, key.error());
  if (auto known = changed_(); !known) {
    log_warn("a revocation acts a moment later", {{"error", known.error().message}});
  }
  http::JsonWriter json;
  write_key(json, *key, "", clock_.wall_us());
  return {200, "application/json", {}, std::move(json).take()};
}

}  // namespace adbacus
