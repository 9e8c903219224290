#include "app/dead_letters/dead_letter_routes.hpp"

#include <charconv>
#include <memory>

#include "app/dead_letters/dead_letter_json.hpp"
#include "eventlog/entry_keys.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kPageDefault = 100;
constexpr std::size_t kPageMax = 1'000;
constexpr std::size_t kWaitingMax = 64;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

std::optional<LetterState> parse_state(std::string_view text) {
  for (const LetterState state :
       {LetterState::open, LetterState::fixed, LetterState::replayed, LetterState::dropped}) {
    if (letter_state_name(state) == text) return state;
  }
  return std::nullopt;
}

DeskCaller caller_of(const http::Request& request) {
  return {.tenant = request.principal.tenant, .actor = request.principal.key_id};
}

http::Response wrong_parameter(const http::Request& request, const char* name, const char* code,
                               const char* detail) {
  return http::problem(request, 422, code, detail, {{std::string("?") + name, code, detail}});
}

http::Response no_such_letter(const http::Request& request) {
  return http::problem(request, 404, "not_found", "A dead letter's id is a whole number.");
}

http::RouteSpec spec_of(http::Method method, std::string path, std::string summary) {
  http::RouteSpec spec;
  spec.method = method;
  spec.path = std::move(path);
  spec.scope = http::scope_admin;
  spec.summary = std::move(summary);
  spec.tags = {"dead letters"};
  return spec;
}

}  // namespace

DeadLetterRoutes::DeadLetterRoutes(DeadLetterDesk& desk, const LogIdentity& log)
    : desk_(desk),
      log_(log),
      pool_({.threads = 1, .queue_max = kWaitingMax, .running_per_tenant_max = 1}) {}

void DeadLetterRoutes::add(http::Router& router, http::RouteSpec spec, Answer answer) {
  if (spec.path.find("{id}") != std::string::npos)
    spec.params.push_back({"id", "path", "string", true, "Place of the entry in the log."});
  auto run = [this, answer = std::move(answer)](const http::Request& request,
                                                http::Responder responder) {
    // A job must be copyable; the responder keeps the request alive.
    auto pending = std::make_shared<http::Responder>(std::move(responder));
    const bool taken = pool_.submit(
        request.principal.tenant, [&request, pending, answer] { pending->send(answer(request)); });
    if (taken) return;
    pending->send(http::problem(
        request, {ErrorCode::unavailable, "too many requests for dead letters wait"}));
  };
  router.add(std::move(spec), std::move(run));
}

void DeadLetterRoutes::add_routes(http::Router& router) {
  http::RouteSpec listing =
      spec_of(http::Method::get, "/v1/dead-letters", "List entries that could not be counted");
  listing.params = {{"state", "query", "string", false, "open, fixed, replayed or dropped."},
                    {"event_id", "query", "string", false, "Only of this event id."},
                    {"cursor", "query", "string", false, "next_cursor of the page before."},
                    {"limit", "query", "integer", false, "1 to 1,000, default 100."}};
  listing.unknown_params_refused = true;
  add(router, std::move(listing), [this](const http::Request& r) { return list(r); });
  add(router, spec_of(http::Method::get, "/v1/dead-letters/{id}", "One dead letter with its event"),
      [this](const http::Request& r) { return find(r); });
  http::RouteSpec fixing = spec_of(http::Method::post, "/v1/dead-letters/{id}/fix",
                                   "Count a corrected event in the dead letter's place");
  fixing.request_body =
      R"({"type":"object","description":"One event as POST /v1/events takes it."})";
  add(router, std::move(fixing), [this](const http::Request& r) {
    return settle(r, [&](const DeskCaller& who, Seq seq) { return desk_.fix(who, seq, r.body); });
  });
  add(router,
      spec_of(http::Method::post, "/v1/dead-letters/{id}/replay",
              "Try to count the dead letter's event as it is"),
      [this](const http::Request& r) {
        return settle(r, [&](const DeskCaller& who, Seq seq) { return desk_.replay(who, seq); });
      });
  http::RouteSpec dropping = spec_of(http::Method::post, "/v1/dead-letters/{id}/drop",
                                     "Give the dead letter up: it is never counted");
  dropping.params = {{"reason", "query", "string", false, "Kept with the letter."}};
  add(router, std::move(dropping), [this](const http::Request& r) {
    const std::string* reason = r.param("reason");
    return settle(r, [&](const DeskCaller& who, Seq seq) {
      return desk_.drop(who, seq, reason != nullptr ? *reason : std::string());
    });
  });
}

http::Response DeadLetterRoutes::list(const http::Request& request) const {
  LetterFilter filter;
  if (const std::string* state = request.param("state")) {
    filter.state = parse_state(*state);
    if (!filter.state)
      return wrong_parameter(request, "state", "invalid_parameter",
                             "state is open, fixed, replayed or dropped");
  }
  if (const std::string* id = request.param("event_id")) filter.event_id = *id;
  Seq after = 0;
  if (const std::string* cursor = request.param("cursor")) {
    const auto number = parse_number(*cursor);
    if (!number)
      return wrong_parameter(request, "cursor", "invalid_parameter", "cursor is not one of ours");
    after = *number;
  }
  std::size_t limit = kPageDefault;
  if (const std::string* text = request.param("limit")) {
    const auto number = parse_number(*text);
    if (!number || *number == 0 || *number > kPageMax)
      return wrong_parameter(request, "limit", "invalid_number", "limit is 1 to 1000");
    limit = static_cast<std::size_t>(*number);
  }
  http::JsonWriter json;
  write_page(json, desk_.list(caller_of(request), filter, after, limit));
  return {200, "application/json", {}, std::move(json).take()};
}

http::Response DeadLetterRoutes::find(const http::Request& request) const {
  const auto seq = parse_number(request.path_args[0]);
  if (!seq) return no_such_letter(request);
  const auto letter = desk_.find(caller_of(request), *seq);
  if (!letter) return http::problem(request, letter.error());
  const auto bytes = desk_.event_bytes(*letter);
  if (!bytes) return http::problem(request, bytes.error());
  http::JsonWriter json;
  write_letter(json, *letter, &*bytes);
  return {200, "application/json", {}, std::move(json).take()};
}

http::Response DeadLetterRoutes::settle(
    const http::Request& request,
    const std::function<Result<LetterOutcome>(const DeskCaller&, Seq)>& order) {
  const auto seq = parse_number(request.path_args[0]);
  if (!seq) return no_such_letter(request);
  const auto outcome = order(caller_of(request), *seq);
  if (!outcome) return http::problem(request, outcome.error());
  if (outcome->result == LetterOutcome::Result::failed_again) {
    return http::problem(request, 409, "failed_again",
                         "the event could not be counted; the dead letter stays open");
  }
  http::JsonWriter json;
  json.begin_object().key("letter");
  write_letter(json, outcome->letter, nullptr);
  json.member("position", position_token(log_, outcome->seq)).end_object();
  const bool waiting = outcome->result == LetterOutcome::Result::waiting;
  return {waiting ? 202 : 200, "application/json", {}, std::move(json).take()};
}

}  // namespace adbacus
