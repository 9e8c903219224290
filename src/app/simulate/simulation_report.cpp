#include "app/simulate/simulation_report.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <iterator>
#include <set>

#include "http/json_writer.hpp"
#include "model/event_time.hpp"

namespace adbacus {
namespace {

constexpr const char* kNote =
    "impressions, clicks, conversions and spend are expected values, from the rates that were "
    "observed in the period without invalid traffic";

struct Row {
  std::string kind = {};  // "line_item", "campaign", "all"
  std::string id = {};
  std::uint64_t logged = 0;
  const SimulatedDelivery* baseline = nullptr;
  const SimulatedDelivery* changed = nullptr;
  double baseline_amount = 0;  // micros that could be spent in the period; 0: no budget
  double changed_amount = 0;
};

double amount_of(std::optional<std::int64_t> daily, std::optional<std::int64_t> lifetime,
                 const LoggedPeriod& period) {
  const double days = static_cast<double>(period.to_us - period.from_us) / kDayUs;
  if (daily) return static_cast<double>(*daily) * days;
  return lifetime ? static_cast<double>(*lifetime) : 0;
}

double item_amount(const TenantPlan& plan, const std::string& id, const LoggedPeriod& period) {
  std::size_t number = 0;
  const PlacementPlan* placement = plan.of_item(id, number);
  if (placement == nullptr) return 0;
  const LineItem& facts = *placement->items[number].facts;
  return amount_of(facts.daily_budget, facts.budget, period);
}

double campaign_amount(const TenantPlan& plan, const std::string& id, const LoggedPeriod& period) {
  for (const auto& placement : plan.placements) {
    for (const ServingItem& item : placement->items) {
      if (item.campaign_id != id) continue;
      return amount_of(item.campaign->daily_budget, item.campaign->budget, period);
    }
  }
  return 0;
}

using Deliveries = std::map<std::string, SimulatedDelivery>;

const SimulatedDelivery& find(const Deliveries& all, const std::string& id) {
  static const SimulatedDelivery kNone;
  const auto found = all.find(id);
  return found == all.end() ? kNone : found->second;
}

void add_rows(const SimulationResult& result, const std::string& kind,
              const std::map<std::string, std::uint64_t>& logged,
              const Deliveries SimulationTally::*of,
              double (*amount)(const TenantPlan&, const std::string&, const LoggedPeriod&),
              std::vector<Row>& rows) {
  std::set<std::string> ids;
  for (const auto& [id, decisions] : logged) ids.insert(id);
  for (const auto* tally : {&result.baseline, &result.changed}) {
    for (const auto& [id, delivery] : tally->*of) ids.insert(id);
  }
  for (const std::string& id : ids) {
    const auto found = logged.find(id);
    rows.push_back({.kind = kind,
                    .id = id,
                    .logged = found == logged.end() ? 0 : found->second,
                    .baseline = &find(result.baseline.*of, id),
                    .changed = &find(result.changed.*of, id),
                    .baseline_amount = amount(*result.baseline_plan, id, result.period),
                    .changed_amount = amount(*result.changed_plan, id, result.period)});
  }
}

std::vector<Row> rows_of(const SimulationResult& result) {
  std::vector<Row> rows;
  add_rows(result, "line_item", result.logged.items, &SimulationTally::items, item_amount, rows);
  add_rows(result, "campaign", result.logged.campaigns, &SimulationTally::campaigns,
           campaign_amount, rows);
  rows.push_back({.kind = "all",
                  .logged = result.logged.decisions,
                  .baseline = &result.baseline.all,
                  .changed = &result.changed.all});
  return rows;
}

double share(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

std::string budget_share(const SimulatedDelivery& delivery, double amount) {
  return amount > 0 ? fmt::format("{:.4f}", delivery.expected.cost / amount) : "";
}

std::int64_t users_of(const SimulatedDelivery& delivery) {
  return std::llround(delivery.users.estimate());
}

std::string percent(double before, double after) {
  if (before == after) return "0.0 %";
  return before == 0 ? "new" : fmt::format("{:+.1f} %", 100 * (after - before) / before);
}

std::string check_text(const SimulationResult& result) {
  std::string text = fmt::format(
      "replayed without changes: {} of {} slots differ from what was logged ({:.2f} %), at most {} "
      "may ({:.2f} %)\n",
      result.differing, result.slots, 100 * share(result.differing, result.slots),
      result.bound.slots, 100 * share(result.bound.slots, result.slots));
  for (const std::string& reason : result.bound.reasons) {
    text += fmt::format("  not replayed exactly: {}\n", reason);
  }
  return text;
}

void write_delivery(http::JsonWriter& json, const char* name, const SimulatedDelivery& delivery,
                    double amount) {
  const ExpectedDelivery& expected = delivery.expected;
  json.key(name).begin_object().member("decisions", delivery.decisions);
  json.member("impressions", expected.impressions).member("clicks", expected.clicks);
  json.member("conversions", expected.conversions);
  json.member("spend_micros", std::llround(expected.cost)).key("budget_share");
  if (amount > 0) {
    json.value(expected.cost / amount);
  } else {
    json.null();
  }
  json.member("users", users_of(delivery)).end_object();
}

void write_missing(http::JsonWriter& json, const char* name, const SimulationTally& tally) {
  json.key(name).begin_object();
  for (std::size_t i = 0; i < tally.missing.size(); ++i) {
    if (tally.missing[i] == 0) continue;
    json.member(elimination_name(static_cast<Elimination>(i)), tally.missing[i]);
  }
  json.end_object();
}

void write_check(http::JsonWriter& json, const SimulationResult& result) {
  json.key("replay").begin_object().member("slots", result.slots);
  json.member("differing", result.differing).member("differing_max", result.bound.slots);
  json.key("not_exact").begin_array();
  for (const std::string& reason : result.bound.reasons) json.value(reason);
  json.end_array().end_object();
}

}  // namespace

std::string simulation_table(const SimulationResult& result) {
  std::string text = fmt::format("tenant {}, {} to {}: {} requests, {} slots\n",
                                 result.period.tenant, utc_text(result.period.from_us),
                                 utc_text(result.period.to_us), result.logged.pages, result.slots);
  text += check_text(result);
  text += fmt::format(
      "{}\n\n{:<10} {:<16} {:>9} {:>9} {:>9} {:>8} {:>12} {:>12} {:>8} {:>7} {:>8}\n", kNote, "",
      "", "logged", "without", "with", "change", "spend", "with", "change", "budget", "users");
  for (const Row& row : rows_of(result)) {
    const double before = row.baseline->expected.cost / 1e6;
    const double after = row.changed->expected.cost / 1e6;
    text +=
        fmt::format("{:<10} {:<16} {:>9} {:>9} {:>9} {:>8} {:>12.2f} {:>12.2f} {:>8} {:>7} {:>8}\n",
                    row.kind, row.id, row.logged, row.baseline->decisions, row.changed->decisions,
                    percent(static_cast<double>(row.baseline->decisions),
                            static_cast<double>(row.changed->decisions)),
                    before, after, percent(before, after),
                    budget_share(*row.changed, row.changed_amount), users_of(*row.changed));
  }
  text += "\nslots without an ad     without      with\n";
  for (std::size_t i = 0; i < kEliminations; ++i) {
    const std::uint64_t before = result.baseline.missing[i];
    const std::uint64_t after = result.changed.missing[i];
    if (before == 0 && after == 0) continue;
    text += fmt::format("  {:<18} {:>10} {:>9}\n", elimination_name(static_cast<Elimination>(i)),
                        before, after);
  }
  return text;
}

std::string simulation_json(const SimulationResult& result) {
  http::JsonWriter json;
  json.begin_object().member("tenant", result.period.tenant);
  json.member("from", utc_text(result.period.from_us)).member("to", utc_text(result.period.to_us));
  json.member("requests", result.logged.pages).member("outcomes_are", kNote);
  write_check(json, result);
  json.key("rows").begin_array();
  for (const Row& row : rows_of(result)) {
    json.begin_object().member("kind", row.kind).member("id", row.id);
    json.member("logged_decisions", row.logged);
    write_delivery(json, "without", *row.baseline, row.baseline_amount);
    write_delivery(json, "with", *row.changed, row.changed_amount);
    json.end_object();
  }
  json.end_array().key("slots_without_ad").begin_object();
  write_missing(json, "without", result.baseline);
  write_missing(json, "with", result.changed);
  json.end_object().end_object();
  return json.text() + "\n";
}

std::string simulation_csv(const SimulationResult& result) {
  std::string text =
      "kind,id,run,logged_decisions,decisions,impressions,clicks,conversions,spend_micros,"
      "budget_share,users\n";
  for (const Row& row : rows_of(result)) {
    for (const bool is_changed : {false, true}) {
      const SimulatedDelivery& delivery = is_changed ? *row.changed : *row.baseline;
      const ExpectedDelivery& expected = delivery.expected;
      const double amount = is_changed ? row.changed_amount : row.baseline_amount;
      // Ids hold no control characters; a quote is written twice.
      std::string id = row.id;
      for (std::size_t at = 0; (at = id.find('"', at)) != std::string::npos; at += 2) {
        id.insert(at, 1, '"');
      }
      text += fmt::format("{},\"{}\",{},{},{},{:.3f},{:.3f},{:.3f},{},{},{}\n", row.kind, id,
                          is_changed ? "with" : "without", row.logged, delivery.decisions,
                          expected.impressions, expected.clicks, expected.conversions,
                          std::llround(expected.cost), budget_share(delivery, amount),
                          users_of(delivery));
    }
  }
  return text;
}

}  // namespace adbacus
