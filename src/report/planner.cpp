#include "report/planner.hpp"

#include <algorithm>

namespace adbacus {
namespace {

// Which sources carry every field of the request, the cheapest first.
ReportSource cheapest_source(const ReportRequest& request) {
  ReportSource source = ReportSource::traffic;
  const auto require = [&source](const Dimension& field) {
    switch (field.kind) {
      case Dimension::Kind::time:
        return;
      case Dimension::Kind::series:
        if (!in_traffic_cube(field.series)) source = std::max(source, ReportSource::breakdown);
        return;
      case Dimension::Kind::raw:
        source = ReportSource::raw;
        return;
    }
  };
  for (const Dimension& dimension : request.dimensions) require(dimension);
  for (const ReportFilter& filter : request.filters) {
    for_each_leaf(filter, [&](const ReportFilter& leaf) {
      require(leaf.field);
      // Rollups know a time by the bucket only.
      if (leaf.field.kind == Dimension::Kind::time) source = ReportSource::raw;
    });
  }
  return source;
}

// The unit whose buckets every time dimension asked for can be computed from.
TimeUnit store_unit(const ReportRequest& request, std::size_t& times) {
  TimeUnit unit = TimeUnit::none;
  times = 0;
  bool has_minute = false;
  bool has_five = false;
  for (const Dimension& dimension : request.dimensions) {
    if (dimension.kind != Dimension::Kind::time) continue;
    ++times;
    unit = dimension.unit;
    has_minute = has_minute || unit == TimeUnit::minute;
    has_five = has_five || unit == TimeUnit::five_minute;
  }
  if (times <= 1) return unit;
  if (has_minute) return TimeUnit::minute;
  return has_five ? TimeUnit::five_minute : TimeUnit::hour;
}

bool finer_than_hour(TimeUnit unit) {
  return unit == TimeUnit::minute || unit == TimeUnit::five_minute;
}

// Sketches are kept by traffic series and UTC hour and cannot be taken apart again.
bool sketches_fit(const ReportRequest& request, const Plan& plan, const Zone& zone,
                  ReportSource source, std::size_t times) {
  return source == ReportSource::traffic && times <= 1 && !finer_than_hour(plan.unit) &&
         request.from_us % kHourUs == 0 && request.to_us % kHourUs == 0 &&
         (plan.unit == TimeUnit::none ||
          zone.offsets_are_multiples(request.from_us, request.to_us, kHourUs));
}

Error not_here(const char* code, const char* detail) {
  return {ErrorCode::invalid_argument, std::string(code) + ": " + detail};
}

TimeUs ceil_to(TimeUs time, TimeUs unit) {
  return floor_to(time + unit - 1, unit);
}

// A cube for what lies on its boundaries, raw events for the rest of the range.
Result<void> cut(const ReportRequest& request, const PlanLimits& limits, ReportSource source,
                 Plan& plan) {
  const TimeUs grain = source == ReportSource::traffic ? kMinuteUs : kHourUs;
  // Nothing lies past the end of the near future: rounding up there changes no count.
  const bool open_end = request.to_us >= limits.now_us + limits.future_max_us;
  const TimeUs from = ceil_to(request.from_us, grain);
  const TimeUs to = open_end ? ceil_to(request.to_us, grain) : floor_to(request.to_us, grain);
  if (from == request.from_us && to >= request.to_us) {
    plan.parts = {{source, from, to}};
    return {};
  }
  if (!limits.has_raw) {
    if (source == ReportSource::breakdown) {
      return not_here("range_not_on_hour",
                      "these dimensions are kept by hour, and raw events are not available here: "
                      "from and to must be whole UTC hours, and the time zone's offset too");
    }
    plan.parts = {{source, floor_to(request.from_us, grain), ceil_to(request.to_us, grain)}};
    plan.exact = false;
    return {};
  }
  if (from >= to) {
    plan.parts = {{ReportSource::raw, request.from_us, request.to_us}};
    return {};
  }
  if (request.from_us < from) plan.parts.push_back({ReportSource::raw, request.from_us, from});
  plan.parts.push_back({source, from, to});
  if (to < request.to_us) plan.parts.push_back({ReportSource::raw, to, request.to_us});
  return {};
}

}  // namespace

bool Plan::needs_raw() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const PlanPart& part) { return part.source == ReportSource::raw; });
}

Result<Plan> make_plan(const ReportRequest& request, const Zone& zone, const PlanLimits& given) {
  Plan plan;
  const bool is_attributed = std::any_of(request.metrics.begin(), request.metrics.end(),
                                         [](const Metric& m) { return m.is_attributed(); });
  PlanLimits limits = given;
  limits.has_raw = given.has_raw && !is_attributed;
  std::size_t times = 0;
  plan.unit = store_unit(request, times);
  const bool has_money = std::any_of(request.metrics.begin(), request.metrics.end(),
                                     [](const Metric& m) { return m.needs_currency(); });
  const bool by_currency =
      std::any_of(request.dimensions.begin(), request.dimensions.end(), [](const Dimension& d) {
        return d.kind == Dimension::Kind::series && d.series == SeriesDim::currency;
      });
  plan.split_currency = has_money && !by_currency;
  plan.with_reach = std::any_of(request.metrics.begin(), request.metrics.end(),
                                [](const Metric& m) { return m.needs_reach(); });
  ReportSource source = cheapest_source(request);
  if (source == ReportSource::breakdown &&
      (finer_than_hour(plan.unit) ||
       (plan.unit != TimeUnit::none &&
        !zone.offsets_are_multiples(request.from_us, request.to_us, kHourUs)))) {
    source = ReportSource::raw;
  }
  const bool sketches = plan.with_reach && sketches_fit(request, plan, zone, source, times);
  if (plan.with_reach && !sketches) {
    if (times > 1) {
      return not_here("invalid_combination",
                      "distinct users are counted for at most one time dimension");
    }
    source = ReportSource::raw;
  }
  plan.exact = !sketches;
  if (source != ReportSource::raw) {
    if (auto done = cut(request, limits, source, plan); !done) return done.error();
  } else if (is_attributed) {
    return not_here(
        "needs_rollups",
        "attributed conversions are kept by the minute for campaign, placement, source, "
        "conversion type and currency, and by the hour for the other dimensions of "
        "rollups: not by these dimensions, filters or times");
  } else if (!limits.has_raw) {
    return not_here("needs_raw_events",
                    "these dimensions, filters or times are only in raw events, which are not "
                    "available here");
  } else {
    plan.parts = {{source, request.from_us, request.to_us}};
  }
  for (const PlanPart& part : plan.parts) {
    if (part.source == ReportSource::raw && part.to_us - part.from_us > limits.raw_range_max_us) {
      return not_here("range_too_long", "a report from raw events spans at most 400 days");
    }
  }
  return plan;
}

}  // namespace adbacus
