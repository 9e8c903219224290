#include "report/engine.hpp"

#include <algorithm>

#include "base/clamped_sum.hpp"
#include "report/comparison.hpp"
#include "report/grouping.hpp"
#include "report/shaping.hpp"

namespace adbacus {
namespace {

// The store's own code becomes part of the message the routes understand.
Error with_code(const Error& error) {
  constexpr std::string_view kTooMany = "too_many_rows";
  if (error.code != ErrorCode::invalid_argument || !error.message.starts_with(kTooMany)) {
    return error;
  }
  return {error.code, "too_many_rows: narrow the range or ask for fewer dimensions"};
}

void merge_freshness(const RollupResult& result, bool first, Freshness& freshness) {
  freshness.position = first ? result.position : std::min(freshness.position, result.position);
  freshness.data_as_of_us =
      first ? result.data_as_of_us : std::min(freshness.data_as_of_us, result.data_as_of_us);
  const std::string whole = "+" + freshness.source + "+";
  if (whole.find("+" + result.source + "+") != std::string::npos) return;
  freshness.source += (freshness.source.empty() ? "" : "+") + result.source;
}

bool all_zero(const std::vector<std::int64_t>& sums) {
  return std::all_of(sums.begin(), sums.end(), [](std::int64_t sum) { return sum == 0; });
}

}  // namespace

ReportEngine::ReportEngine(ReportReader& reader, RawReader* raw, Clock& clock,
                           EngineOptions options)
    : reader_(reader), raw_(raw), clock_(clock), options_(options) {}

Result<ReportEngine::Prepared> ReportEngine::prepare(ReportRequest request) const {
  auto zone = Zone::find(request.timezone);
  if (!zone) return Error{zone.error().code, "invalid_timezone: " + zone.error().message};
  PlanLimits limits;
  limits.has_raw = raw_ != nullptr;
  limits.raw_range_max_us = options_.raw_range_max_us;
  limits.now_us = clock_.wall_us();
  auto plan = make_plan(request, *zone, limits);
  if (!plan) return plan.error();
  Prepared prepared{std::move(request), *zone, std::move(*plan), {}, {}};
  for (const Metric& metric : prepared.request.metrics) {
    prepared.slots.push_back(add_measures(metric, prepared.measures));
  }
  return prepared;
}

bool ReportEngine::is_visible(const Prepared& prepared, Seq after) const {
  return reader_.visible() >= after && (!prepared.plan.needs_raw() || raw_->visible() >= after);
}

bool ReportEngine::is_quick(const Prepared& prepared) const {
  const Plan& plan = prepared.plan;
  return !plan.needs_raw() && !plan.with_reach && prepared.request.comparison == Comparison::none &&
         plan.parts.size() == 1 && reader_.answers_quickly(rollup_query(prepared, plan.parts[0]));
}

RollupQuery ReportEngine::rollup_query(const Prepared& prepared, const PlanPart& part) const {
  const ReportRequest& request = prepared.request;
  RollupQuery query;
  query.tenant = request.tenant;
  query.cube = part.source == ReportSource::breakdown ? Cube::breakdown : Cube::traffic;
  query.from_us = part.from_us;
  query.to_us = part.to_us;
  query.unit = prepared.plan.unit;
  query.timezone = request.timezone;
  query.measures = prepared.measures;
  query.rows_max = options_.groups_max;
  for (const Dimension& dimension : request.dimensions) {
    if (dimension.kind == Dimension::Kind::series) query.dimensions.push_back(dimension.series);
  }
  if (prepared.plan.split_currency) query.dimensions.push_back(SeriesDim::currency);
  for (const ReportFilter& filter : request.filters) {
    query.filters.push_back(
        rename_fields<SeriesDim>(filter, [](const Dimension& field) { return field.series; }));
  }
  if (!request.currency.empty()) {
    // Events without money carry no currency: they belong to every one.
    query.filters.push_back({SeriesDim::currency, FilterOp::in, {request.currency, std::string()}});
  }
  return query;
}

RawQuery ReportEngine::raw_query(const Prepared& prepared, const PlanPart& part) const {
  const ReportRequest& request = prepared.request;
  RawQuery query;
  query.tenant = request.tenant;
  query.from_us = part.from_us;
  query.to_us = part.to_us;
  query.unit = prepared.plan.unit;
  query.timezone = request.timezone;
  query.measures = prepared.measures;
  query.rows_max = options_.groups_max;
  query.after = request.after.value_or(0);
  for (const Dimension& dimension : request.dimensions) {
    if (dimension.kind != Dimension::Kind::time) query.columns.push_back(dimension.column);
  }
  if (prepared.plan.split_currency) query.columns.emplace_back("currency");
  for (const ReportFilter& filter : request.filters) {
    query.filters.push_back(
        rename_fields<std::string>(filter, [](const Dimension& field) { return field.column; }));
  }
  if (!request.currency.empty()) {
    query.filters.push_back({"currency", FilterOp::in, {request.currency, std::string()}});
  }
  return query;
}

Result<RollupResult> ReportEngine::ask(const Prepared& prepared, const PlanPart& part) const {
  auto result = part.source == ReportSource::raw ? raw_->query(raw_query(prepared, part))
                                                 : reader_.query(rollup_query(prepared, part));
  if (!result) return with_code(result.error());
  return result;
}

Result<RollupResult> ReportEngine::ask_reach(const Prepared& prepared, bool by_group) const {
  Prepared users = prepared;
  users.plan.split_currency = false;
  users.measures = {{Counter64::events, kNetSlices}};
  if (!by_group) {
    users.request.dimensions.clear();
    users.plan.unit = TimeUnit::none;
  }
  const PlanPart& part = users.plan.parts[0];  // the planner cuts no range that counts users
  if (part.source == ReportSource::raw) {
    RawQuery query = raw_query(users, part);
    query.with_reach = true;
    auto result = raw_->query(query);
    return result ? std::move(result) : Result<RollupResult>(with_code(result.error()));
  }
  RollupQuery query = rollup_query(users, part);
  query.with_reach = true;
  auto result = reader_.query(query);
  return result ? std::move(result) : Result<RollupResult>(with_code(result.error()));
}

Result<void> ReportEngine::read_reach(const Prepared& prepared, ReportAnswer& answer) const {
  auto total = ask_reach(prepared, false);
  if (!total) return total.error();
  merge_freshness(*total, false, answer.freshness);
  answer.totals.reach = total->rows.empty() ? 0 : total->rows[0].reach;
  if (prepared.request.dimensions.empty()) return {};
  auto result = ask_reach(prepared, true);
  if (!result) return result.error();
  merge_freshness(*result, false, answer.freshness);
  const auto places = places_of(prepared.request.dimensions);
  const auto less = [&places](const ReportGroup& a, const ReportGroup& b) {
    return group_less(places, a, b);
  };
  for (ReportGroup& group : answer.groups) group.reach = 0;
  std::vector<ReportGroup> users_only;  // groups in which nothing else was counted
  for (RollupResult::Row& row : result->rows) {
    ReportGroup key;
    if (prepared.plan.unit != TimeUnit::none) key.times = {row.bucket_us};
    key.texts = std::move(row.dims);
    const auto found = std::lower_bound(answer.groups.begin(), answer.groups.end(), key, less);
    if (found != answer.groups.end() && !less(key, *found)) {
      found->reach = row.reach;
    } else if (row.reach != 0) {
      key.sums.resize(prepared.measures.size());
      key.reach = row.reach;
      users_only.push_back(std::move(key));
    }
  }
  std::move(users_only.begin(), users_only.end(), std::back_inserter(answer.groups));
  std::sort(answer.groups.begin(), answer.groups.end(), less);
  return {};
}

Result<ReportAnswer> ReportEngine::run_range(const Prepared& prepared) const {
  const ReportRequest& request = prepared.request;
  ReportAnswer answer;
  answer.measures = prepared.measures;
  answer.slots = prepared.slots;
  answer.from_us = prepared.plan.parts.front().from_us;
  answer.to_us = prepared.plan.exact || prepared.plan.with_reach ? request.to_us
                                                                 : prepared.plan.parts.back().to_us;
  answer.freshness.exact = prepared.plan.exact;
  std::vector<RollupResult> results;
  for (const PlanPart& part : prepared.plan.parts) {
    auto result = ask(prepared, part);
    if (!result) return result.error();
    merge_freshness(*result, results.empty(), answer.freshness);
    results.push_back(std::move(*result));
  }
  auto grouping =
      group_rows(request, prepared.plan, prepared.zone, prepared.measures, std::move(results));
  if (!grouping) return grouping.error();
  answer.groups = std::move(grouping->groups);
  answer.has_money = !grouping->currencies.empty();
  if (grouping->currencies.size() > 1) {
    if (prepared.plan.split_currency) {
      return Error{ErrorCode::invalid_argument,
                   "mixed_currencies: the range holds money of several currencies; ask for one "
                   "with currency=, or give /v1/report the dimension currency"};
    }
  } else if (!grouping->currencies.empty()) {
    answer.currency = *grouping->currencies.begin();
  } else {
    answer.currency = request.currency.empty() ? request.default_currency : request.currency;
  }
  answer.totals.sums.resize(prepared.measures.size());
  for (const ReportGroup& group : answer.groups) {
    const bool fits = std::none_of(group.sums.begin(), group.sums.end(), is_clamped);
    if (!fits || !add_sums(answer.totals.sums, group.sums)) {
      return Error{ErrorCode::invalid_argument,
                   "sum_too_large: a sum of money leaves 64 bits of micros; narrow the report"};
    }
  }
  std::erase_if(answer.groups, [](const ReportGroup& group) { return all_zero(group.sums); });
  if (prepared.plan.with_reach) {
    if (auto done = read_reach(prepared, answer); !done) return done.error();
  }
  if (request.dimensions.empty()) answer.groups = {answer.totals};  // always one row
  answer.freshness.provisional =
      answer.to_us > answer.freshness.data_as_of_us - options_.late_events_us;
  return answer;
}

Result<void> ReportEngine::compare(const Prepared& prepared, ReportAnswer& answer) const {
  ReportRequest earlier = prepared.request;
  earlier.comparison = Comparison::none;
  shift_range(prepared.zone, prepared.request.comparison, earlier.from_us, earlier.to_us);
  if (earlier.from_us < 0) {
    return Error{ErrorCode::invalid_argument,
                 "invalid_range: the earlier range starts before 1970"};
  }
  auto before = prepare(std::move(earlier));
  if (!before) return before.error();
  auto previous = run_range(*before);
  if (!previous) return previous.error();
  if (previous->currency != answer.currency && previous->has_money && answer.has_money &&
      prepared.plan.split_currency) {
    return Error{ErrorCode::invalid_argument,
                 "mixed_currencies: the two ranges hold money of different currencies"};
  }
  return join_previous(prepared.request, prepared.zone, options_.groups_max, std::move(*previous),
                       answer);
}

Result<ReportAnswer> ReportEngine::run(const Prepared& prepared) const {
  auto answer = run_range(prepared);
  if (!answer) return answer;
  const ReportRequest& request = prepared.request;
  if (request.fill) {
    if (auto done = fill_buckets(request, prepared.zone, options_.groups_max, *answer); !done) {
      return done.error();
    }
  }
  if (request.comparison != Comparison::none) {
    if (auto done = compare(prepared, *answer); !done) return done.error();
  }
  order_groups(request, *answer);
  cut_groups(request, *answer);
  return answer;
}

}  // namespace adbacus
