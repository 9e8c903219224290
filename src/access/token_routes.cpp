#include "access/token_routes.hpp"

#include <fmt/format.h>
#include <memory>
#include <optional>
#include <utility>

#include "base/logging.hpp"
#include "catalog/entity_store.hpp"
#include "catalog/schema/json_node.hpp"
#include "http/deferred_answer.hpp"
#include "http/json_writer.hpp"
#include "model/event_time.hpp"

namespace adbacus {
namespace {

const QueryPoolOptions kPool{
    .threads = 1, .queue_max = 64, .running_per_tenant_max = 1, .name = "tokens"};

const char* const kTokenSchema =
    R"({"type":"object","properties":{"jti":{"type":"string"},"iss":{"type":"string"},)"
    R"("tenant_id":{"type":"string"},"denied_at":{"type":"string"},)"
    R"("expires_at":{"type":["string","null"]}}})";

void write_token(http::JsonWriter& json, const DeniedToken& token) {
  json.begin_object().member("jti", token.token_id).member("iss", token.issuer);
  json.member("tenant_id", token.tenant_id).member("denied_at", utc_text(token.denied_us));
  json.key("expires_at");
  if (token.expires_us == 0) {
    json.null();
  } else {
    json.value(utc_text(token.expires_us));
  }
  json.end_object();
}

// What the body says; an error names the member.
Result<DeniedToken> read_token(std::string_view text) {
  const auto wrong = [](std::string what) {
    return Error{ErrorCode::invalid_argument, std::move(what)};
  };
  const auto body = parse_json(text);
  if (!body) return body.error();
  if (body->type != JsonNode::Type::object) return wrong("must be an object");
  DeniedToken token;
  for (std::size_t i = 0; i < body->names.size(); ++i) {
    const std::string& name = body->names[i];
    const JsonNode& value = body->items[i];
    const bool is_text = value.type == JsonNode::Type::text;
    if (name == "jti" && is_text) {
      token.token_id = value.text;
    } else if (name == "iss" && is_text) {
      token.issuer = value.text;
    } else if (name == "expires_at" && (is_text || value.type == JsonNode::Type::number)) {
      const auto time = is_text ? parse_time_text(value.text, EpochUnits::by_magnitude)
                                : parse_epoch(value.text, EpochUnits::by_magnitude);
      if (!time) return wrong("expires_at: " + time.error().message);
      token.expires_us = time->us;
    } else {
      return wrong(fmt::format("{}: unknown member, or of another type", name));
    }
  }
  return token;
}

}  // namespace

TokenRoutes::TokenRoutes(Catalog& catalog, Clock& clock, std::string issuer,
                         std::function<void()> changed)
    : catalog_(catalog),
      clock_(clock),
      issuer_(std::move(issuer)),
      changed_(std::move(changed)),
      pool_(kPool) {}

void TokenRoutes::add_routes(http::Router& router) {
  const auto bound = [this](Work work) {
    return [this, work](const http::Request& request, http::Responder responder) {
      submit(request, std::move(responder), work);
    };
  };
  http::RouteSpec spec;
  spec.path = "/v1/denied-tokens";
  spec.scope = http::scope_admin;
  spec.tags = {"administration"};
  spec.summary = "Tokens of other issuers that the tenant accepts no more";
  spec.response_body = fmt::format(
      R"({{"type":"object","properties":{{"data":{{"type":"array","items":{}}}}}}})", kTokenSchema);
  router.add(spec, bound(&TokenRoutes::list));
  spec.method = http::Method::post;
  spec.summary = "Accept a token no more, named by its jti, though it has not expired";
  spec.request_body =
      R"({"type":"object","required":["jti"],"properties":{"jti":{"type":"string"},)"
      R"("iss":{"type":"string"},"expires_at":{"type":["string","integer"]}}})";
  spec.response_body = kTokenSchema;
  spec.success_status = 201;
  router.add(spec, bound(&TokenRoutes::deny));
}

void TokenRoutes::submit(const http::Request& request, http::Responder responder, Work work) {
  auto answer = std::make_shared<http::DeferredAnswer>(request, std::move(responder));
  pool_.submit(request.principal.tenant,
               [this, answer, work] { answer->send((this->*work)(answer->request())); });
}

http::Response TokenRoutes::list(const http::Request& request) {
  const auto tokens = catalog_.denied_tokens(request.principal.tenant);
  if (!tokens) return http::problem(request, tokens.error());
  http::JsonWriter json;
  json.begin_object().key("data").begin_array();
  for (const DeniedToken& token : *tokens) write_token(json, token);
  json.end_array().end_object();
  return {200, "application/json", {}, std::move(json).take()};
}

http::Response TokenRoutes::deny(const http::Request& request) {
  auto token = read_token(request.body);
  if (!token) return http::problem(request, 422, "invalid_body", token.error().message);
  token->tenant_id = request.principal.tenant;
  token->denied_us = clock_.wall_us();
  if (token->issuer.empty()) token->issuer = issuer_;
  if (token->tenant_id.empty()) {
    return http::problem(request, 422, "tenant_required",
                         "Name the tenant in the header X-Adbacus-Tenant.");
  }
  const auto done = catalog_.deny_token(*token);
  if (!done && done.error().code == ErrorCode::invalid_argument) {
    return http::problem(request, 422, "invalid_body", done.error().message);
  }
  if (!done) return http::problem(request, done.error());
  audit(request, *token);
  changed_();
  http::JsonWriter json;
  write_token(json, *token);
  return {201, "application/json", {{"Cache-Control", "no-store"}}, std::move(json).take()};
}

// Behind the change, which the catalog has already: a failure is told to the operator.
void TokenRoutes::audit(const http::Request& request, const DeniedToken& token) {
  http::JsonWriter json;
  write_token(json, token);
  AuditEntry entry{.tenant_id = token.tenant_id,
                   .time_us = token.denied_us,
                   .actor = request.principal.key_id,
                   .action = "revoke",
                   .kind = "token",
                   .object_id = token.token_id,
                   .after = std::move(json).take(),
                   .request_id = request.request_id};
  const auto written = write_audit(catalog_.entities(), std::move(entry));
  if (!written) {
    log_error("a denied token is missing in the audit log", {{"error", written.error().message}});
  }
}

}  // namespace adbacus
