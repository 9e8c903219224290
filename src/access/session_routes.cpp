#include "access/session_routes.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "catalog/entity_store.hpp"
#include "catalog/schema/json_node.hpp"
#include "catalog/schema/stored.hpp"
#include "catalog/scope_names.hpp"
#include "http/deferred_answer.hpp"
#include "http/json_writer.hpp"
#include "http/peers.hpp"
#include "http/session_cookie.hpp"
#include "http/text.hpp"

namespace adbacus {
namespace {

const QueryPoolOptions kPool{
    .threads = 2, .queue_max = 32, .running_per_tenant_max = 1, .name = "sign_in"};
constexpr std::uint32_t kAnyScope = ~0U;

// The texts of a body that has these members and no others.
class Members {
 public:
  Members(const http::Request& request, std::initializer_list<std::string_view> known) {
    const auto body = parse_json(request.body);
    if (!body || body->type != JsonNode::Type::object) {
      wrong_ = body ? "must be an object" : body.error().message;
      return;
    }
    for (std::size_t i = 0; i < body->names.size(); ++i) {
      if (std::find(known.begin(), known.end(), body->names[i]) == known.end()) {
        wrong_ = body->names[i] + ": unknown member";
      } else if (body->items[i].type != JsonNode::Type::text) {
        wrong_ = body->names[i] + ": must be a text";
      }
    }
    body_ = *body;
  }
  std::string text(std::string_view name) const {
    const JsonNode* member = body_.member(name);
    return member != nullptr ? member->text : std::string();
  }
  std::string needed(std::string_view name) {
    std::string value = text(name);
    if (value.empty() && wrong_.empty()) wrong_ = std::string(name) + ": is needed";
    return value;
  }
  const std::string& wrong() const { return wrong_; }  // empty: nothing

 private:
  JsonNode body_;
  std::string wrong_;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), http::lower_ascii);
  return text;
}

std::string address_of(const http::Request& request) {
  const auto address = http::PeerAddress::parse(request.remote_ip);
  return address ? http::counting_key(*address).text() : request.remote_ip;
}

http::Response too_many(const http::Request& request, TimeUs wait_us) {
  auto answer = http::problem(request, 429, "too_many_tries", "Too many tries to sign in.");
  answer.headers.emplace_back("Retry-After", std::to_string((wait_us + kSecondUs - 1) / kSecondUs));
  return answer;
}

// Neither keys nor tokens have such an id.
bool is_session(const http::Principal& caller) {
  return caller.key_id.starts_with("user:");
}

void write_caller(http::JsonWriter& json, const http::Principal& caller) {
  json.member("tenant_id", caller.tenant).key("user_id");
  if (caller.user_id.empty()) {
    json.null();
  } else {
    json.value(caller.user_id);
  }
  json.key("scopes").begin_array();
  for (const std::string_view name : scope_names(caller.scopes)) json.value(name);
  if ((caller.scopes & http::scope_export) != 0) json.value("export");
  json.end_array();
}

}  // namespace

struct SessionRoutes::Person {
  std::string tenant_id;
  std::string user_id;  // empty: nobody is known by that name, or may not sign in
  std::string hash;     // of the password, or of nobody's
  std::uint32_t scopes = 0;
};

SessionRoutes::SessionRoutes(Catalog& catalog, Clock& clock, RateLimits& limits,
                             SessionAuthenticator& sessions, const SessionOptions& options,
                             const PasswordCost& cost)
    : catalog_(catalog),
      clock_(clock),
      opener_(catalog, clock, sessions, options),
      origins_(options.origins),
      cost_(cost),
      nobodys_password_(absent_password(cost)),
      guard_(limits, clock, {}),
      pool_(kPool) {}

void SessionRoutes::add_routes(http::Router& router) {
  const auto add = [&](http::Method method, const char* path, const char* summary,
                       std::uint32_t scope, const char* body, int status, Work work) {
    http::RouteSpec spec;
    spec.method = method;
    spec.path = path;
    spec.summary = summary;
    spec.scope = scope;
    spec.is_open = scope == 0;
    spec.for_limited = scope != http::scope_admin;  // what is left is about the caller himself
    spec.request_body = body;
    spec.success_status = status;
    spec.tags = {"access"};
    router.add(std::move(spec),
               [this, work](const http::Request& request, http::Responder responder) {
                 submit(request, std::move(responder), work);
               });
  };
  using http::Method;
  add(Method::post, "/v1/session", "Sign in with a password", 0,
      R"({"type":"object","required":["email","password"],"properties":{"tenant_id":)"
      R"({"type":"string"},"email":{"type":"string"},"password":{"type":"string"}}})",
      201, &SessionRoutes::sign_in);
  add(Method::get, "/v1/session", "Who is calling", kAnyScope, "", 200, &SessionRoutes::show);
  add(Method::del, "/v1/session", "Sign out", kAnyScope, "", 204, &SessionRoutes::sign_out);
  add(Method::put, "/v1/session/password", "Change one's own password; ends all sessions",
      kAnyScope,
      R"({"type":"object","required":["current","password"],"properties":{"current":)"
      R"({"type":"string"},"password":{"type":"string"}}})",
      204, &SessionRoutes::change_own_password);
  add(Method::put, "/v1/users/{id}/password", "Give a user a password; ends the user's sessions",
      http::scope_admin,
      R"({"type":"object","required":["password"],"properties":{"password":{"type":"string"}}})",
      204, &SessionRoutes::set_password);
}

void SessionRoutes::submit(const http::Request& request, http::Responder responder, Work work) {
  auto answer = std::make_shared<http::DeferredAnswer>(request, std::move(responder));
  pool_.submit(address_of(request),
               [this, answer, work] { answer->send((this->*work)(answer->request())); });
}

// A page of somebody else must not sign its visitors in. What sends no Origin is no page.
std::optional<http::Response> SessionRoutes::check_page(const http::Request& request) const {
  const std::string_view origin = request.header("origin");
  if (origin.empty() || http::is_own_origin(origin, request.header("host")) ||
      std::find(origins_.begin(), origins_.end(), origin) != origins_.end()) {
    return std::nullopt;
  }
  return http::problem(request, 403, "origin_not_allowed",
                       "Only this server's own pages, and those of access.origins, may do this.");
}

Result<SessionRoutes::Person> SessionRoutes::person_named(const std::string& tenant_id,
                                                          const std::string& email) {
  Person person;
  person.hash = nobodys_password_;
  const auto tenant = catalog_.tenant(tenant_id);
  if (!tenant) return tenant.error();
  if (!*tenant) return person;
  person.tenant_id = tenant_id;
  EntityQuery query;
  query.tenant_id = tenant_id;
  query.kind = EntityKind::user;
  query.filters = {{"email", {email}}};
  query.limit = 1;
  const auto found = catalog_.entities().list(query);
  if (!found) return found.error();
  if (found->empty()) return person;
  const auto user = read_entity<User>(found->front());
  if (!user) return user.error();
  const auto password = catalog_.sign_ins().password(tenant_id, found->front().id);
  if (!password) return password.error();
  if (!*password || user->status != SwitchStatus::active) return person;
  person.user_id = found->front().id;
  person.hash = (*password)->hash;
  person.scopes = role_scopes(user->role);
  return person;
}

http::Response SessionRoutes::sign_in(const http::Request& request) {
  if (auto refusal = check_page(request)) return *std::move(refusal);
  Members body(request, {"tenant_id", "email", "password"});
  const std::string email = lower(body.needed("email"));
  const std::string password = body.needed("password");
  std::string tenant_id = body.text("tenant_id");
  if (!body.wrong().empty()) return http::problem(request, 422, "invalid_body", body.wrong());
  if (tenant_id.empty()) tenant_id = "1";
  const std::string name = tenant_id + '\n' + email;
  if (const TimeUs wait_us = guard_.begin(address_of(request), name); wait_us > 0) {
    return too_many(request, wait_us);
  }
  const auto person = person_named(tenant_id, email);
  if (!person) return http::problem(request, person.error());
  const bool is_right = is_password(password, person->hash);
  if (!is_right || person->user_id.empty()) {
    guard_.failed(name);
    if (!person->tenant_id.empty()) {
      opener_.audit(request, person->tenant_id, person->user_id, "sign_in_refused", "session");
    }
    return http::problem(request, 401, "wrong_credentials", "Unknown user or wrong password.");
  }
  guard_.succeeded(name);
  return open_session(request, *person);
}

http::Response SessionRoutes::open_session(const http::Request& request, const Person& person) {
  const auto secret = opener_.open(request, person.tenant_id, person.user_id);
  if (!secret) return http::problem(request, secret.error());
  http::Principal caller;
  caller.tenant = person.tenant_id;
  caller.user_id = person.user_id;
  caller.scopes = person.scopes;
  http::JsonWriter json;
  json.begin_object();
  write_caller(json, caller);
  json.member("csrf_token", http::csrf_token_of(*secret)).end_object();
  return {201,
          "application/json",
          {{"Set-Cookie", opener_.cookie(*secret)}, {"Cache-Control", "no-store"}},
          std::move(json).take()};
}

http::Response SessionRoutes::show(const http::Request& request) {
  http::JsonWriter json;
  json.begin_object();
  write_caller(json, request.principal);
  if (is_session(request.principal)) {
    json.member("csrf_token", http::csrf_token_of(http::session_in(request.header("cookie"))));
  }
  json.end_object();
  return {200, "application/json", {{"Cache-Control", "no-store"}}, std::move(json).take()};
}

http::Response SessionRoutes::sign_out(const http::Request& request) {
  if (!is_session(request.principal)) {
    return http::problem(request, 422, "no_session", "This credential is no session.");
  }
  const auto ended =
      catalog_.sign_ins().end_session(session_id_of(http::session_in(request.header("cookie"))));
  if (!ended) return http::problem(request, ended.error());
  opener_.audit(request, request.principal.tenant, request.principal.user_id, "sign_out",
                "session");
  opener_.reload();
  return {204, "", {{"Set-Cookie", opener_.ended_cookie()}}, ""};
}

http::Response SessionRoutes::change_own_password(const http::Request& request) {
  const http::Principal& caller = request.principal;
  if (!is_session(caller)) {
    return http::problem(request, 422, "no_session", "Only who has signed in has a password.");
  }
  Members body(request, {"current", "password"});
  const std::string current = body.needed("current");
  const std::string password = body.needed("password");
  if (!body.wrong().empty()) return http::problem(request, 422, "invalid_body", body.wrong());
  const std::string name = caller.tenant + '\n' + caller.key_id;
  if (const TimeUs wait_us = guard_.begin(address_of(request), name); wait_us > 0) {
    return too_many(request, wait_us);
  }
  const auto stored = catalog_.sign_ins().password(caller.tenant, caller.user_id);
  if (!stored) return http::problem(request, stored.error());
  if (!*stored || !is_password(current, (*stored)->hash)) {
    guard_.failed(name);
    return http::problem(request, 403, "wrong_password", "The current password is another.");
  }
  guard_.succeeded(name);
  return store_password(request, caller.user_id, password);
}

http::Response SessionRoutes::set_password(const http::Request& request) {
  Members body(request, {"password"});
  const std::string password = body.needed("password");
  if (!body.wrong().empty()) return http::problem(request, 422, "invalid_body", body.wrong());
  const std::string& id = request.path_args[0];
  const auto found = catalog_.entities().find(request.principal.tenant, EntityKind::user, id);
  if (!found) return http::problem(request, found.error());
  if (!*found) return http::problem(request, 404, "not_found", "There is no such user.");
  const auto user = read_entity<User>(**found);
  if (!user) return http::problem(request, user.error());
  if ((role_scopes(user->role) & ~request.principal.scopes) != 0 ||
      request.principal.is_limited()) {
    return http::problem(request, 403, "missing_scope",
                         "Only those who may do as much give a user a password.");
  }
  return store_password(request, id, password);
}

http::Response SessionRoutes::store_password(const http::Request& request,
                                             const std::string& user_id,
                                             std::string_view password) {
  auto hash = hash_password(password, cost_);
  if (!hash && hash.error().code == ErrorCode::invalid_argument) {
    return http::problem(request, 422, "invalid_body", "password: " + hash.error().message);
  }
  if (!hash) return http::problem(request, hash.error());
  const auto stored = catalog_.sign_ins().put_password(
      {request.principal.tenant, user_id, *std::move(hash), clock_.wall_us()});
  if (!stored) return http::problem(request, stored.error());
  opener_.audit(request, request.principal.tenant, user_id, "update", "password");
  opener_.reload();
  return {204, "", {}, ""};
}

}  // namespace adbacus
