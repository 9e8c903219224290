#include "store/lake/event_query_sql.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "store/clamped_sql.hpp"
#include "store/lake/filter_sql.hpp"

namespace adbacus {
namespace {

constexpr unsigned kClasses = 5;
constexpr SliceMask kAllSlices = (1U << kSlices) - 1;

class SqlBuilder {
 public:
  SqlBuilder(const LakeQuery& query, const EventSqlOptions& options, EventSql& out)
      : query_(query), options_(options), out_(out), fields_(query.timezone, out.parameters) {}

  Result<void> build(const std::vector<std::string>& paths);

 private:
  Result<void> select(SliceMask common, std::string& inner, std::string& outer);
  Result<std::string> where(SliceMask common);
  std::string bucket();

  const LakeQuery& query_;
  const EventSqlOptions& options_;
  EventSql& out_;
  FilterSql fields_;
};

// The bucket's start in microseconds, or its number; "l" is the zone's civil time.
std::string SqlBuilder::bucket() {
  if (query_.unit == TimeUnit::none) return "0";  // before the zone is bound
  const bool utc =
      options_.fixed_bucket_us > 0 || query_.timezone.empty() || query_.timezone == "UTC";
  const std::string zone = utc ? std::string() : fields_.bind(query_.timezone) + "::VARCHAR";
  const std::string utc_us = "epoch_us(event_time)";
  const std::string local = utc ? std::string("make_timestamp(epoch_us(event_time))")
                                : fmt::format("timezone({}, event_time)", zone);
  const std::string local_us = utc ? utc_us : fmt::format("epoch_us({})", local);
  const auto floored = [&](TimeUs unit) {
    return fmt::format("{0} - ((({1}) % {2} + {2}) % {2})", utc_us, local_us, unit);
  };
  const auto calendar = [&](const char* unit) {
    const std::string start = fmt::format("date_trunc('{}', {})", unit, local);
    return utc ? fmt::format("epoch_us({})", start)
               : fmt::format("epoch_us(timezone({}, {}))", zone, start);
  };
  if (options_.fixed_bucket_us > 0) return floored(options_.fixed_bucket_us);
  switch (query_.unit) {
    case TimeUnit::none:
      return "0";
    case TimeUnit::minute:
      return floored(kMinuteUs);
    case TimeUnit::five_minute:
      return floored(5 * kMinuteUs);
    case TimeUnit::hour:
      return floored(kHourUs);
    case TimeUnit::day:
      return calendar("day");
    case TimeUnit::week:
      return calendar("week");
    case TimeUnit::month:
      return calendar("month");
    case TimeUnit::hour_of_day:
      return fmt::format("hour({})", local);
    case TimeUnit::weekday:
      return fmt::format("isodow({})", local);
  }
  return "0";
}

// Classes that are neighbours in the alphabet become a range, which a row group's minimum and
// maximum can decide; valid and suspect are such.
std::string classes_sql(unsigned classes) {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i < kClasses; ++i) names.push_back(traffic_class_name(TrafficClass(i)));
  std::vector<std::string_view> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (std::size_t first = 0; first < kClasses; ++first) {
    const auto chosen = [&](std::size_t place) {
      const auto at = std::find(names.begin(), names.end(), sorted[place]) - names.begin();
      return (classes >> at & 1U) != 0;
    };
    if (!chosen(first)) continue;
    std::size_t last = first;
    while (last + 1 < kClasses && chosen(last + 1)) ++last;
    if (!text.empty()) text += " OR ";
    if (last + 1 == kClasses) {
      text += fmt::format("traffic_class >= '{}'", sorted[first]);
    } else {
      text += fmt::format("traffic_class BETWEEN '{}' AND '{}'", sorted[first], sorted[last]);
    }
    first = last;
  }
  return "(" + text + ")";
}

std::string slices_sql(SliceMask mask) {
  if (mask == kAllSlices) return "true";
  constexpr SliceMask kEveryClass = (1U << kClasses) - 1;
  std::string any;
  const auto add = [&](const std::string& part) { any += (any.empty() ? "" : " OR ") + part; };
  const auto add_classes = [&](Disposition disposition, unsigned first) {
    const auto classes = static_cast<SliceMask>((mask >> first) & kEveryClass);
    if (classes == 0) return;
    std::string part = fmt::format("disposition = '{}'", disposition_name(disposition));
    if (classes != kEveryClass) part += " AND " + classes_sql(classes);
    add("(" + part + ")");
  };
  add_classes(Disposition::counted, static_cast<unsigned>(Slice::counted_valid));
  add_classes(Disposition::repeat, static_cast<unsigned>(Slice::repeat_valid));
  const auto add_whole = [&](Slice slice, Disposition disposition) {
    if ((mask & slice_bit(slice)) != 0)
      add(fmt::format("disposition = '{}'", disposition_name(disposition)));
  };
  add_whole(Slice::duplicate_id, Disposition::duplicate_id);
  add_whole(Slice::duplicate_differs, Disposition::duplicate_differs);
  add_whole(Slice::transition, Disposition::transition);
  return any.empty() ? "false" : "(" + any + ")";
}

// The counting rules of processor/window/counting.hpp in SQL; the lake's tests hold the two
// together.
std::string counted_sql(Counter64 counter) {
  const auto type = [](const char* name) { return fmt::format("event_type = '{}'", name); };
  const auto status = [&](const char* name) {
    return fmt::format("event_type = 'conversion' AND status = '{}'", name);
  };
  const std::string approved =
      "event_type = 'conversion' AND coalesce(status, 'approved') = 'approved'";
  switch (counter) {
    case Counter64::impressions:
      return type("impression");
    case Counter64::viewable:
      return type("viewable_impression");
    case Counter64::clicks:
      return type("click");
    case Counter64::conversions:
      return approved + " AND coalesce(conversion_type, '') NOT IN ('refund', 'chargeback')";
    case Counter64::views:
      return type("view");
    case Counter64::interactions:
      return type("interaction");
    case Counter64::page_views:
      return type("page_view");
    case Counter64::customs:
      return type("custom");
    case Counter64::pending:
      return status("pending");
    case Counter64::rejected:
      return status("rejected");
    case Counter64::rebills:
      return status("rebill");
    case Counter64::value_micros:
      return "event_type = 'conversion' AND coalesce(status, 'approved') IN ('approved', 'rebill')";
    case Counter64::events:
    case Counter64::cost_micros:
      return "true";
  }
  return "false";
}

// Over the sums of inner_sql().
std::string measure_sql(const Measure& measure, SliceMask already) {
  // A transition is in no count but that of rows.
  const bool rows = measure.counter == Counter64::events;
  const auto mask = static_cast<SliceMask>(rows ? measure.slices
                                                : measure.slices & ~slice_bit(Slice::transition));
  std::string where = counted_sql(measure.counter);
  if (mask != already) where += " AND " + slices_sql(mask);
  const bool money =
      measure.counter == Counter64::value_micros || measure.counter == Counter64::cost_micros;
  return clamped_sql(fmt::format("coalesce(sum({}) FILTER (WHERE {}), 0)",
                                 money ? counter_name(measure.counter) : "events", where));
}

// What measures look at besides the dimensions: few combinations, so that the conditions of all
// measures are evaluated once per combination and not once per row.
std::string inner_sql(const LakeQuery& query, SliceMask common) {
  bool by_type = false;
  bool by_conversion = false;
  bool by_slice = common == kAllSlices;
  for (const Measure& measure : query.measures) {
    const std::string where = counted_sql(measure.counter);
    by_type = by_type || where.find("event_type") != std::string::npos;
    by_conversion = by_conversion || where.find("status") != std::string::npos;
    by_slice = by_slice || (common & slice_bit(Slice::transition)) != 0;
  }
  std::string list;
  if (by_type) list += ", event_type";
  if (by_conversion) list += ", status, conversion_type";
  if (by_slice) list += ", disposition, traffic_class";
  if (query.with_reach) list += ", user_id";
  list += ", count(*) AS events";
  if (by_conversion) list += ", sum(value_micros) AS value_micros";
  const auto cost = [](const Measure& m) { return m.counter == Counter64::cost_micros; };
  if (std::any_of(query.measures.begin(), query.measures.end(), cost))
    list += ", sum(cost_micros) AS cost_micros";
  return list;
}

// The slices that every measure is about, if they agree; else all.
SliceMask common_slices(const LakeQuery& query) {
  SliceMask mask = query.with_reach ? kNetSlices : 0;
  for (const Measure& measure : query.measures) {
    if (mask != 0 && mask != measure.slices) return kAllSlices;
    mask = measure.slices;
  }
  return mask == 0 ? kAllSlices : mask;
}

Result<void> SqlBuilder::select(SliceMask common, std::string& inner, std::string& outer) {
  inner = fmt::format("({})::BIGINT AS bucket", bucket());
  outer = "bucket";
  out_.kinds.push_back(DuckdbKind::number);
  for (std::size_t i = 0; i < query_.columns.size(); ++i) {
    const auto text = fields_.text_of(query_.columns[i]);
    if (!text) return text.error();
    inner += fmt::format(", coalesce({}, '') AS d{}", *text, i);
    outer += fmt::format(", d{}", i);
    out_.kinds.push_back(DuckdbKind::text);
  }
  inner += inner_sql(query_, common);
  for (const Measure& measure : query_.measures) {
    outer += ", " + measure_sql(measure, common);
    out_.kinds.push_back(DuckdbKind::number);
  }
  if (query_.with_reach) {
    const std::string net = common == kNetSlices ? "true" : slices_sql(kNetSlices);
    outer += fmt::format(", count(DISTINCT user_id) FILTER (WHERE {})", net);
    out_.kinds.push_back(DuckdbKind::number);
  }
  return {};
}

Result<std::string> SqlBuilder::where(SliceMask common) {
  std::string all = fmt::format("tenant_id = {}", fields_.bind(query_.tenant));
  if (!options_.whole_hours) {
    const std::string from = fields_.bind(query_.from_us);
    all += fmt::format(
        " AND event_time >= make_timestamptz({}::BIGINT) AND event_time < make_timestamptz({}"
        "::BIGINT)",
        from, fields_.bind(query_.to_us));
  }
  if (query_.up_to != 0) all += fmt::format(" AND seq <= {}", query_.up_to);
  if (common != kAllSlices) all += " AND " + slices_sql(common);
  for (const LakeFilter& filter : query_.filters) {
    auto added = fields_.condition(filter);
    if (!added) return added.error();
    all += " AND " + *added;
  }
  return all;
}

Result<void> SqlBuilder::build(const std::vector<std::string>& paths) {
  const SliceMask common = common_slices(query_);
  std::string inner;
  std::string outer;
  if (auto selected = select(common, inner, outer); !selected) return selected;
  auto condition = where(common);
  if (!condition) return condition.error();
  std::string files;
  for (const std::string& path : paths) {
    if (!files.empty()) files += ',';
    files += sql_literal(path);
  }
  out_.text = fmt::format(
      "SELECT {} FROM (SELECT {} FROM read_parquet([{}]) WHERE {} GROUP BY ALL) GROUP BY bucket",
      outer, inner, files, *condition);
  for (std::size_t i = 0; i < query_.columns.size(); ++i) out_.text += fmt::format(", d{}", i);
  return {};
}

}  // namespace

Result<EventSql> event_query_sql(const LakeQuery& query, const std::vector<std::string>& paths,
                                 const EventSqlOptions& options) {
  EventSql sql;
  if (auto built = SqlBuilder(query, options, sql).build(paths); !built) return built.error();
  return sql;
}

}  // namespace adbacus
