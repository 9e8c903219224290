#include "report/request_check.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "report/request_reader.hpp"
#include "report/suggestion.hpp"

namespace adbacus {
namespace {

void add_metrics(ReportRequest& request, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (auto metric = find_metric(name)) request.metrics.push_back(std::move(*metric));
  }
}

// A comparison pairs buckets by their place in the range, which needs at most one time dimension
// that is an instant.
void check_series(RequestReader& reader, const Arguments& arguments, ReportRequest& request) {
  const auto times =
      std::count_if(request.dimensions.begin(), request.dimensions.end(),
                    [](const Dimension& d) { return d.kind == Dimension::Kind::time; });
  const std::string prefix = arguments.is_json ? "/" : "?";
  if (request.fill && times != 1) {
    reader.problem(prefix + "fill", "invalid_combination", "fill needs exactly one time dimension");
  }
  if (request.comparison != Comparison::none && times > 1) {
    reader.problem(prefix + "compare", "invalid_combination",
                   "compare takes at most one time dimension");
  }
  if (request.comparison != Comparison::none && request.with_other) {
    reader.problem(prefix + "other", "invalid_combination", "compare and other do not go together");
  }
}

}  // namespace

CheckedReport check_report(const Arguments& arguments, const ReportCaller& caller) {
  CheckedReport out;
  RequestReader reader(arguments, caller, out);
  reader.refuse_unknown({"metrics",    "dimensions", "granularity", "from",    "to",
                         "start_date", "end_date",   "timezone",    "filter",  "order",
                         "limit",      "fill",       "other",       "compare", "currency",
                         "after",      "wait_ms",    "format",      "raw",     "tenant_id"});
  reader.read_tenant();
  reader.read_timezone();
  reader.read_range(true, true);
  reader.read_metrics();
  reader.read_dimensions("dimensions");
  reader.read_granularity();
  reader.read_filters();
  reader.read_comparison();  // adds columns that can be ordered by
  reader.read_order();
  reader.read_currency();
  reader.read_after();
  reader.read_format();
  ReportRequest& request = out.request;
  request.rows_max = static_cast<std::size_t>(
      reader.read_integer("limit", 1, static_cast<std::int64_t>(caller.limits.rows_max))
          .value_or(1'000));
  request.fill = reader.read_flag("fill");
  request.with_other = reader.read_flag("other");
  request.raw_cells = reader.read_flag("raw");
  check_series(reader, arguments, request);
  return out;
}

CheckedSummary check_summary(const Arguments& arguments, const ReportCaller& caller) {
  CheckedSummary out;
  RequestReader reader(arguments, caller, out);
  reader.refuse_unknown({"tenant_id", "from", "to", "campaign_id", "placement_id", "group_by",
                         "currency", "timezone", "after", "wait_ms"});
  reader.read_tenant();
  reader.read_timezone();
  reader.read_range(true, false);
  out.campaign_id = reader.read_id("campaign_id", SeriesDim::campaign);
  out.placement_id = reader.read_id("placement_id", SeriesDim::placement);
  reader.read_dimensions("group_by");
  reader.read_currency();
  reader.read_after();
  add_metrics(out.request, {"impressions", "clicks", "conversions", "revenue_cents",
                            "revenue_micros", "ctr", "conversion_rate", "ecpm", "ecpc"});
  out.request.rows_max = caller.limits.rows_max;
  out.grouped = arguments.find("group_by") != nullptr;
  return out;
}

CheckedStats check_stats(const Arguments& arguments, const ReportCaller& caller) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kIntervals{
      {{"daily", "day"}, {"weekly", "week"}, {"monthly", "month"}}};
  CheckedStats out;
  RequestReader reader(arguments, caller, out);
  reader.refuse_unknown({"start_date", "end_date", "campaign_id", "interval", "currency",
                         "tenant_id", "after", "wait_ms"});
  reader.read_tenant();
  reader.read_range(false, true);
  reader.read_id("campaign_id", SeriesDim::campaign);
  reader.read_currency();
  reader.read_after();
  const std::string* interval = reader.text("interval");
  out.interval = interval == nullptr ? "daily" : *interval;
  const auto row = std::find_if(kIntervals.begin(), kIntervals.end(),
                                [&](const auto& pair) { return pair.first == out.interval; });
  if (row == kIntervals.end()) {
    reader.problem("?interval", "unknown_interval",
                   unknown_name("interval", out.interval, {"daily", "weekly", "monthly"}));
    return out;
  }
  reader.add_dimension(row->second, "?interval", false);
  reader.add_dimension("campaign_id", "?interval", false);
  reader.add_dimension("source", "?interval", false);
  add_metrics(out.request,
              {"clicks", "attributed_conversions", "attributed_revenue", "attributed_cvr"});
  for (Metric& metric : out.request.metrics) {
    if (metric.is_attributed()) metric.name.erase(0, std::string_view("attributed_").size());
  }
  out.request.rows_max = caller.limits.rows_max;
  return out;
}

}  // namespace adbacus
