#include "decision/decision_routes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "enrich/agent/request_signs.hpp"
#include "http/peers.hpp"

namespace adbacus {
namespace {

constexpr const char* kRequestSchema =
    R"({"type":"object","properties":{"tenant_id":{"type":["string","integer"]},)"
    R"("placement_key":{"type":"string"},"placement_id":{"type":["string","integer"]},)"
    R"("placements":{"type":"array","maxItems":20,"items":{"type":"object"}},)"
    R"("user_id":{"type":["string","integer"]},"session_id":{"type":["string","integer"]},)"
    R"("user":{"type":"object"},"context":{"type":"object"},)"
    R"("keywords":{"type":"array"},"segments":{"type":"array"},"url":{"type":"string"},)"
    R"("referrer":{"type":"string"},"ip":{"type":"string"},"consent":{"type":"object"},)"
    R"("block":{"type":"object"},"trace":{"type":"boolean"},"seed":{"type":"integer"}},)"
    R"("additionalProperties":false})";

http::Response json_answer(std::string body) {
  http::Response response;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

constexpr std::size_t kTracedItemsMax = 10'000;  // about 2 MB of answer, some ms of work

std::size_t traced_items(const TenantPlan& plan, const AdRequest& ads) {
  std::size_t items = 0;
  for (const AdSlot& slot : ads.slots) {
    const PlacementPlan* placement = placement_of(plan, slot);
    if (placement != nullptr) items += placement->items.size();
  }
  return items;
}

// Whether a page may ask so; what it says of its place is replaced by what is known of it. The
// address is cut, because the log keeps what targeting looked at.
std::optional<http::Response> check_page(const http::Request& request, const TenantPlan& plan,
                                         DecisionRequest& asked) {
  if (asked.ads.seed) {
    return http::problem(request, 403, "not_for_pages", "A page does not choose the seed.");
  }
  const auto* listed = request.principal.placements.get();
  for (const AdSlot& slot : asked.ads.slots) {
    if (listed == nullptr) break;
    const PlacementPlan* placement = placement_of(plan, slot);
    if (placement != nullptr &&
        std::find(listed->begin(), listed->end(), placement->id) != listed->end()) {
      continue;
    }
    return http::problem(request, 403, "placement_not_allowed",
                         "The public key is not for this placement.");
  }
  std::erase_if(asked.ads.context, [](const auto& field) { return field.first == "ip"; });
  if (const auto peer = http::PeerAddress::parse(request.remote_ip)) {
    asked.ads.context.emplace_back("ip", asked.texts.emplace_back(http::network_of(*peer).text()));
  }
  return std::nullopt;
}

// A key and an id of different placements: which of them was meant is not ours to guess.
std::vector<http::ProblemItem> conflicting_slots(const TenantPlan& plan,
                                                 const DecisionRequest& asked) {
  std::vector<http::ProblemItem> problems;
  for (std::size_t i = 0; i < asked.ads.slots.size(); ++i) {
    const AdSlot& slot = asked.ads.slots[i];
    if (slot.placement_key.empty() || slot.placement_id.empty()) continue;
    const PlacementPlan* placement = placement_of(plan, slot);
    if (placement == nullptr || placement->id == slot.placement_id) continue;
    problems.push_back({asked.has_many ? fmt::format("/placements/{}/placement_id", i)
                                       : std::string("/placement_id"),
                        "conflicting_fields", "is not the placement of this placement_key"});
  }
  return problems;
}

bool wants_trace(const http::Request& request, const DecisionRequest& asked) {
  const std::string* param = request.param("trace");
  return asked.with_trace || (param != nullptr && (*param == "1" || *param == "true"));
}

}  // namespace

DecisionRoutes::DecisionRoutes(AdServer& ads)
    : ads_(ads),
      delivery_(ads.state(), ads.history(), ads.clock()),
      refused_(counter("adbacus_decisions_total", "Slots decided on", "result=\"refused\"")),
      duration_(histogram("adbacus_decision_duration_seconds",
                          "Time from the parsed request to the answer")) {}

void DecisionRoutes::add_routes(http::Router& router) {
  const auto add = [&](const char* path, const char* summary, AnswerForm form) {
    http::RouteSpec spec;
    spec.method = http::Method::post;
    spec.path = path;
    spec.scope = http::scope_decide;
    spec.summary = summary;
    spec.tags = {"decisions"};
    spec.params = {{.name = "trace",
                    .type = "integer",
                    .description = "1: why each line item was or was not chosen (scope read)"},
                   {.name = "key", .description = "a public key"}};
    spec.for_browsers = true;
    spec.unknown_params_refused = true;
    spec.request_body = kRequestSchema;
    router.add(std::move(spec),
               [this, form](const http::Request& request, http::Responder responder) {
                 handle(request, std::move(responder), form);
               });
  };
  delivery_.add_routes(router);
  add("/v1/decision", "Chooses ads for one or several placements", AnswerForm::native);
  add("/api/decision", "Chooses an ad for a placement", AnswerForm::compatible);
}

void DecisionRoutes::handle(const http::Request& request, http::Responder responder,
                            AnswerForm form) {
  const TimeUs begin_us = ads_.clock().mono_us();
  DecisionRequest asked;
  asked.ads.agent = request.principal.is_public ? signs_of_device(request).agent
                                                : signs_of_forwarder(request).agent;
  asked.ads.is_browser = request.principal.is_public;
  asked.ads.device_ip =
      asked.ads.is_browser ? std::string_view(request.remote_ip) : request.header("x-device-ip");
  asked.ads.consent.gpc = request.principal.is_public && request.header("sec-gpc") == "1";
  if (request.body.size() > kDecisionBytesMax) {
    refused_.add();
    return responder.send(
        http::problem(request, 413, "body_too_large",
                      fmt::format("A request has at most {} bytes.", kDecisionBytesMax)));
  }
  const bool is_object = read_decision_request(request.body, asked);
  if (!is_object || !asked.problems.empty()) {
    refused_.add();
    const int status = is_object ? 422 : 400;
    const char* code = is_object ? "invalid_request" : "invalid_json";
    return responder.send(http::problem(request, status, code, "The request cannot be decided on.",
                                        std::move(asked.problems)));
  }
  responder.send(decide(request, asked, form));
  duration_.record_us(static_cast<std::uint64_t>(ads_.clock().mono_us() - begin_us));
}

http::Response DecisionRoutes::decide(const http::Request& request, DecisionRequest& asked,
                                      AnswerForm form) {
  const std::string& tenant = request.principal.tenant;
  if (!asked.tenant_id.empty() && asked.tenant_id != tenant) {
    refused_.add();
    return http::problem(request, 403, "tenant_mismatch",
                         "tenant_id is not the tenant of this credential.");
  }
  asked.with_trace = wants_trace(request, asked);
  if (asked.with_trace && (request.principal.scopes & http::scope_read) == 0) {
    refused_.add();
    return http::problem(request, 403, "forbidden", "A trace needs the scope read.");
  }
  const TenantView view = ads_.view(tenant);
  if (auto problems = conflicting_slots(*view.tenant->plan, asked); !problems.empty()) {
    refused_.add();
    return http::problem(request, 422, "invalid_request", "The request cannot be decided on.",
                         std::move(problems));
  }
  if (request.header("sec-gpc") == "1") asked.ads.consent.gpc = true;
  if (request.principal.is_public) {
    if (auto refusal = check_page(request, *view.tenant->plan, asked)) {
      refused_.add();
      return *std::move(refusal);
    }
    asked.ads.is_for_page = true;
    if (form == AnswerForm::native) form = AnswerForm::page;
  }
  if (asked.with_trace && traced_items(*view.tenant->plan, asked.ads) > kTracedItemsMax) {
    refused_.add();
    return http::problem(request, 422, "trace_too_large",
                         "The placements have more line items than a trace can hold.");
  }
  const auto answers = ads_.decide(view, asked.ads);
  if (!answers) {
    refused_.add();
    return http::problem(request, answers.error());
  }
  return answer(request, view, asked, *answers, form);
}

http::Response DecisionRoutes::answer(const http::Request& request, const TenantView& view,
                                      const DecisionRequest& asked,
                                      const std::vector<SlotAnswer>& answers, AnswerForm form) {
  const AdRequest& ads = asked.ads;
  const std::string_view context = ads_.context_of(view, ads);
  std::vector<SlotDecisions> slots;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    SlotDecisions& slot = slots.emplace_back();
    slot.slot = &ads.slots[i];
    slot.decisions = ads_.hand_out(view, ads, *slot.slot, answers[i], context, 0);
    if (!asked.with_trace) continue;
    auto trace = ads_.decider().trace(*view.tenant, ads, *slot.slot, answers[i].decisions);
    if (!trace) return http::problem(request, trace.error());
    slot.trace = *std::move(trace);
  }
  const DecisionUrls urls = ads_.urls_of(request);
  if (asked.has_many) {
    return json_answer(many_decisions_json(slots, asked.user_key, urls, form, asked.with_trace));
  }
  const SlotDecisions& only = slots.front();
  const auto* trace = asked.with_trace ? &only.trace : nullptr;
  if (!only.decisions.empty()) {
    return json_answer(one_decision_json(only.decisions.front(), urls, form, trace));
  }
  if (trace != nullptr) return json_answer(no_decision_json(*trace));
  http::Response none;
  none.status = 204;
  none.headers.emplace_back("Cache-Control", "no-store");
  if (!request.principal.is_public) {
    none.headers.emplace_back("X-Adbacus-No-Ad",
                              std::string(elimination_name(answers.front().missing)));
  }
  return none;
}

}  // namespace adbacus
