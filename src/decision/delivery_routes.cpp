#include "decision/delivery_routes.hpp"

#include <array>
#include <cmath>
#include <utility>

#include "http/json_writer.hpp"
#include "model/event_time.hpp"

namespace adbacus {
namespace {

constexpr std::array<std::string_view, 4> kMetrics{"impressions", "clicks", "conversions",
                                                   "revenue"};
constexpr std::array<std::string_view, 2> kPeriods{"daily", "lifetime"};
constexpr std::array<std::string_view, 3> kModes{"STANDARD", "ACCELERATED", "FRONTLOADED"};

// Counts are kept in micros, and written as counts.
void amount(http::JsonWriter& json, const ServingBudget& budget, std::string_view name,
            std::int64_t micros) {
  const bool is_money = budget.is_cost || budget.metric == GoalMetric::revenue;
  json.key(std::string(name) + (is_money ? "_micros" : ""));
  if (is_money) {
    json.value(micros);
  } else {
    json.value(static_cast<double>(micros) / static_cast<double>(kOneCount));
  }
}

constexpr std::int64_t kCurvePoints = 24;

// What share of the budget's traffic is expected by when: in even steps through its period, which
// for most days are hours.
void write_curve(http::JsonWriter& json, const ServingBudget& budget, const LearnedCurve& traffic,
                 TimeUs now_us) {
  json.key("pacing_curve").begin_object();
  json.member("hours_seen", std::llround(traffic.hours));
  json.member("requests_seen", std::llround(traffic.requests));
  json.key("points").begin_array();
  const auto [begin_us, end_us] = period_of(budget, now_us);
  const double all = traffic.curve.between(budget.timezone, begin_us, end_us);
  for (std::int64_t i = 0; i <= kCurvePoints && all > 0; ++i) {
    const TimeUs at_us = begin_us + (end_us - begin_us) / kCurvePoints * i;
    const double share = traffic.curve.between(budget.timezone, begin_us, at_us) / all;
    json.begin_object().member("at", utc_text(at_us)).member("expected_share", share).end_object();
  }
  json.end_array().end_object();
}

void write_budget(http::JsonWriter& json, const ServingBudget& budget, PacingMode pacing,
                  const LearnedCurve& traffic, TimeUs now_us) {
  const BudgetAccount& account = *budget.account;
  const double share = elapsed_share(budget, traffic.curve, now_us);
  json.begin_object();
  json.member("of", budget.is_campaigns ? "campaign" : "line_item");
  json.member("id", budget.owner_id);
  json.member("metric",
              budget.is_cost ? "cost" : kMetrics[static_cast<std::size_t>(budget.metric)]);
  json.member("period", kPeriods[static_cast<std::size_t>(budget.period)]);
  json.member("pacing_mode", kModes[static_cast<std::size_t>(pacing)]);
  amount(json, budget, "amount", budget.amount);
  amount(json, budget, "delivered", account.delivered());
  amount(json, budget, "reserved", account.reserved());
  amount(json, budget, "allowed_now", account.bound(pacing));
  json.member("elapsed_share", share);
  // If the rest of the period's traffic is used as what has come; not before a hundredth of the
  // period has passed.
  json.key("forecast_share_at_end");
  if (share >= 0.01 && budget.amount > 0) {
    json.value(static_cast<double>(account.delivered()) / share /
               static_cast<double>(budget.amount));
  } else {
    json.null();
  }
  write_curve(json, budget, traffic, now_us);
  json.end_object();
}

void write_hour(http::JsonWriter& json, const HourOfDelivery& hour) {
  json.begin_object().member("hour", utc_text(hour.hour_us));
  json.key("counts").begin_object();
  for (std::size_t i = 0; i < hour.counts.size(); ++i) {
    if (hour.counts[i] == 0) continue;
    json.member(elimination_name(static_cast<Elimination>(i)), hour.counts[i]);
  }
  json.end_object().end_object();
}

// False: what stands there is no time.
bool read_time(const http::Request& request, std::string_view name, TimeUs& out) {
  const std::string* text = request.param(name);
  if (text == nullptr) return true;
  const auto time = parse_time_text(*text, EpochUnits::by_magnitude);
  if (time) out = time->us;
  return static_cast<bool>(time);
}

}  // namespace

DeliveryRoutes::DeliveryRoutes(State state, const DeliveryHistory& history, Clock& clock)
    : state_(std::move(state)), history_(history), clock_(clock) {}

void DeliveryRoutes::add_routes(http::Router& router) {
  http::RouteSpec spec;
  spec.path = "/v1/line-items/{id}/delivery";
  spec.scope = http::scope_read;
  spec.summary = "Why a line item was or was not shown, and where its budgets stand";
  spec.tags = {"decisions"};
  spec.params = {{.name = "id", .in = "path", .required = true, .description = "of the line item"},
                 {.name = "from", .description = "first instant; a day ago"},
                 {.name = "to", .description = "end, excluded; now"}};
  spec.unknown_params_refused = true;
  router.add(std::move(spec), [this](const http::Request& request, http::Responder responder) {
    responder.send(answer(request));
  });
}

http::Response DeliveryRoutes::answer(const http::Request& request) const {
  const TimeUs now_us = clock_.wall_us();
  TimeUs from_us = now_us - kDayUs;
  TimeUs to_us = now_us + kHourUs;
  for (auto [name, time] : {std::pair{"from", &from_us}, std::pair{"to", &to_us}}) {
    if (read_time(request, name, *time)) continue;
    return http::problem(
        request, 422, "invalid_request", "A time cannot be read.",
        {{std::string("?") + name, "invalid_value", "must be ISO 8601 or epoch milliseconds"}});
  }
  const std::string& id = request.path_args[0];
  const auto state = state_();
  const TenantState* tenant = state->tenant(request.principal.tenant);
  std::size_t number = 0;
  const PlacementPlan* placement = tenant == nullptr ? nullptr : tenant->plan->of_item(id, number);
  if (placement == nullptr) {
    return http::problem(request, 404, "not_found", "There is no such line item.");
  }
  const ServingItem& item = placement->items[number];
  http::JsonWriter json(2048);
  json.begin_object().member("line_item_id", id).member("campaign_id", item.campaign_id);
  json.member("placement_id", placement->id);
  json.member("from", utc_text(from_us)).member("to", utc_text(to_us));
  json.member("counts_are", "extrapolated from up to ten decisions a second");
  json.key("hours").begin_array();
  const TimeUs first_us = floor_to(from_us, kHourUs);
  for (const auto& hour : history_.hours(tenant->plan->id, id, first_us, to_us)) {
    write_hour(json, hour);
  }
  json.end_array();
  json.key("budgets").begin_array();
  for (const std::size_t budget : item.budgets) {
    write_budget(json, tenant->plan->budgets[budget], item.facts->pacing_mode,
                 *tenant->curves[budget], now_us);
  }
  json.end_array().end_object();
  return {.status = 200,
          .content_type = "application/json",
          .headers = {{"Cache-Control", "no-store"}},
          .body = std::move(json).take()};
}

}  // namespace adbacus
