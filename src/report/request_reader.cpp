#include "report/request_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "eventlog/entry_keys.hpp"
#include "model/currency.hpp"
#include "model/money.hpp"
#include "report/suggestion.hpp"
#include "report/zone.hpp"

namespace adbacus {
namespace {

using namespace std::string_literals;

constexpr std::size_t kIdBytesMax = 128;

const char* comma_hint(std::string_view name) {
  return name.find_first_of("; |") == std::string_view::npos ? ""
                                                             : "; commas separate several names";
}

}  // namespace

RequestReader::RequestReader(const Arguments& arguments, const ReportCaller& caller,
                             CheckedReport& out)
    : arguments_(arguments), caller_(caller), out_(out), request_(out.request) {
  out_.problems = arguments.problems;
  request_.tenant = caller.tenant;
  request_.default_currency = caller.currency;
}

void RequestReader::problem(std::string pointer, std::string code, std::string detail) {
  out_.problems.push_back({std::move(pointer), std::move(code), std::move(detail)});
}

std::string RequestReader::pointer_of(std::string_view name) const {
  return std::string(arguments_.is_json ? "/" : "?").append(name);
}

const std::string* RequestReader::text(std::string_view name) {
  const Argument* argument = arguments_.find(name);
  if (argument == nullptr) return nullptr;
  if (argument->is_list || argument->values.size() != 1) {
    problem(argument->pointer, "invalid_type", "one value expected");
    return nullptr;
  }
  return &argument->values[0];
}

std::vector<std::pair<std::string, std::string>> RequestReader::list(std::string_view name) {
  std::vector<std::pair<std::string, std::string>> out;
  const Argument* argument = arguments_.find(name);
  if (argument == nullptr) return out;
  if (!argument->is_list && argument->values[0].empty()) return out;  // "order=": as if not given
  for (std::size_t i = 0; i < argument->values.size(); ++i) {
    std::string_view rest = argument->values[i];
    if (argument->is_list) {
      out.emplace_back(rest, argument->pointer_of(i));
      continue;
    }
    for (;;) {
      const std::size_t comma = rest.find(',');
      out.emplace_back(rest.substr(0, comma), argument->pointer);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return out;
}

void RequestReader::refuse_unknown(const std::vector<std::string>& known) {
  const auto is_known = [&known](std::string_view name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  std::vector<std::string> shown = known;
  if (arguments_.is_json) std::replace(shown.begin(), shown.end(), "filter"s, "filters"s);
  for (const Argument& argument : arguments_.plain) {
    if (is_known(argument.name)) continue;
    std::string detail = unknown_name("parameter", argument.name, shown);
    if (is_known("filter") && find_dimension(argument.name)) {
      const std::string condition = argument.name + ":eq:<value>";
      detail +=
          "; to restrict to one value: " +
          (arguments_.is_json ? "\"filters\":[\"" + condition + "\"]" : "filter=" + condition);
    }
    problem(argument.pointer, "unknown_parameter", std::move(detail));
  }
  if (!arguments_.filters.empty() && !is_known("filter")) {
    problem(arguments_.filters[0].pointer, "unknown_parameter",
            unknown_name("parameter", "filter", known));
  }
}

void RequestReader::read_tenant() {
  const std::string* tenant = text("tenant_id");
  if (tenant != nullptr && *tenant != caller_.tenant) out_.foreign_tenant = true;
}

void RequestReader::read_after() {
  if (const std::string* token = text("after")) {
    const Result<Seq> seq = parse_position(*caller_.log, *token);
    if (seq) {
      request_.after = *seq;
    } else {
      problem(pointer_of("after"), "bad_position", "not a position of this server's log");
    }
  }
  request_.wait_ms = static_cast<int>(read_integer("wait_ms", 0, caller_.limits.wait_ms_max)
                                          .value_or(caller_.limits.wait_ms_default));
}

void RequestReader::read_currency() {
  const std::string* currency = text("currency");
  if (currency == nullptr) return;
  std::string code = *currency;  // in any case, as in events
  for (char& c : code) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  if (valid_currency(code)) {
    request_.currency = std::move(code);
  } else {
    problem(pointer_of("currency"), "invalid_currency", "an ISO 4217 code like EUR expected");
  }
}

void RequestReader::read_timezone() {
  request_.timezone = caller_.timezone;
  const std::string* name = text("timezone");
  if (name == nullptr) return;
  const bool plausible =
      !name->empty() && name->size() <= 64 &&
      std::all_of(name->begin(), name->end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (plausible && Zone::find(*name)) {
    request_.timezone = *name;
  } else {
    problem(pointer_of("timezone"), "invalid_timezone",
            "an IANA time zone like Europe/Berlin expected");
  }
}

std::optional<TimeUs> RequestReader::read_instant(std::string_view name) {
  const std::string* value = text(name);
  if (value == nullptr) return std::nullopt;
  const Result<TimeUs> time = parse_instant(*value);
  if (time) return *time;
  problem(pointer_of(name), "invalid_time", time.error().message);
  return std::nullopt;
}

std::optional<DayNumber> RequestReader::read_date(std::string_view name) {
  const std::string* value = text(name);
  if (value == nullptr) return std::nullopt;
  const Result<DayNumber> day = parse_date(*value);
  if (day) return *day;
  problem(pointer_of(name), "invalid_date", day.error().message);
  return std::nullopt;
}

void RequestReader::read_range(bool takes_instants, bool takes_dates) {
  const bool has_dates = takes_dates && (arguments_.find("start_date") != nullptr ||
                                         arguments_.find("end_date") != nullptr);
  const bool has_instants =
      takes_instants && (arguments_.find("from") != nullptr || arguments_.find("to") != nullptr);
  if (has_dates && has_instants) {
    problem(pointer_of("start_date"), "conflicting_parameters",
            "give either from and to or start_date and end_date");
    return;
  }
  const bool dates = has_dates || !takes_instants;
  bool complete = true;
  for (const std::string_view name : dates
                                         ? std::array<std::string_view, 2>{"start_date", "end_date"}
                                         : std::array<std::string_view, 2>{"from", "to"}) {
    if (arguments_.find(name) != nullptr) continue;
    std::string detail = std::string(name) + " is required";
    if (takes_instants && takes_dates && !has_dates) detail += ", or start_date and end_date";
    problem(pointer_of(name), "missing_parameter", std::move(detail));
    complete = false;
  }
  if (!dates) {
    const auto from = read_instant("from");
    const auto to = read_instant("to");
    if (!complete || !from || !to) return;
    request_.from_us = *from;
    request_.to_us = *to;
  } else {
    const auto start = read_date("start_date");
    const auto end = read_date("end_date");
    const Result<Zone> zone = Zone::find(request_.timezone);
    if (!complete || !start || !end || !zone) return;
    request_.from_us = zone->start_of(*start);
    request_.to_us = zone->start_of(*end + 1);
    if (*start <= *end && request_.from_us >= request_.to_us) {
      problem(pointer_of("start_date"), "invalid_range",
              "no such day in " + request_.timezone + ": its clocks went past it");
      return;
    }
  }
  if (request_.from_us >= request_.to_us) {
    problem(pointer_of(dates ? "end_date" : "to"), "invalid_range",
            dates
                ? "end_date is before start_date"
                : (takes_dates ? "to must be later than from; for whole days, both included, give "
                                 "start_date and end_date"
                               : "to must be later than from"));
  } else if (request_.to_us - request_.from_us > caller_.limits.range_max_us) {
    problem(pointer_of(dates ? "end_date" : "to"), "range_too_long",
            "at most " + std::to_string(caller_.limits.range_max_us / kDayUs) + " days");
  }
}

void RequestReader::read_metrics() {
  const auto names = list("metrics");
  if (names.empty()) {
    problem(pointer_of("metrics"), "missing_parameter", "metrics is required, e.g. impressions");
    return;
  }
  if (names.size() > caller_.limits.metrics_max) {
    problem(pointer_of("metrics"), "too_many_metrics",
            "at most " + std::to_string(caller_.limits.metrics_max));
    return;
  }
  for (const auto& [name, pointer] : names) {
    const bool repeated = std::any_of(request_.metrics.begin(), request_.metrics.end(),
                                      [&n = name](const Metric& m) { return m.name == n; });
    if (repeated) {
      problem(pointer, "repeated_metric", "given more than once");
    } else if (auto metric = find_metric(name)) {
      request_.metrics.push_back(std::move(*metric));
    } else {
      std::string detail = unknown_name("metric", name, metric_names());
      if (find_dimension(name))
        detail = name + " is a dimension: dimensions=" + name + "; " + detail;
      problem(pointer, "unknown_metric", detail + comma_hint(name));
    }
  }
}

void RequestReader::add_dimension(std::string_view name, const std::string& pointer,
                                  bool in_front) {
  auto dimension = find_dimension(name);
  if (!dimension) {
    std::string detail = unknown_name("dimension", name, dimension_names());
    if (find_metric(name)) detail = std::string(name) + " is a metric, not a dimension; " + detail;
    problem(pointer, "unknown_dimension", detail + comma_hint(name));
    return;
  }
  auto& all = request_.dimensions;
  if (std::any_of(all.begin(), all.end(), [name](const Dimension& d) { return d.name == name; })) {
    if (!in_front) problem(pointer, "repeated_dimension", "given more than once");
    return;
  }
  all.insert(in_front ? all.begin() : all.end(), std::move(*dimension));
}

void RequestReader::read_dimensions(std::string_view name) {
  const auto names = list(name);
  if (names.size() > caller_.limits.dimensions_max) {
    problem(pointer_of(name), "too_many_dimensions",
            "at most " + std::to_string(caller_.limits.dimensions_max));
    return;
  }
  for (const auto& [value, pointer] : names) add_dimension(value, pointer, false);
}

void RequestReader::read_granularity() {
  const std::string* name = text("granularity");
  if (name == nullptr || *name == "none" || *name == "total") return;
  const auto dimension = find_dimension(*name);
  if (dimension && dimension->kind == Dimension::Kind::time) {
    add_dimension(*name, pointer_of("granularity"), true);
    return;
  }
  problem(pointer_of("granularity"), "unknown_granularity",
          unknown_name("granularity", *name,
                       {"none", "minute", "five_minute", "hour", "day", "week", "month",
                        "hour_of_day", "weekday"}));
}

std::string RequestReader::read_id(std::string_view name, SeriesDim dim) {
  const std::string* id = text(name);
  if (id == nullptr) return {};
  if (id->empty() || id->size() > kIdBytesMax) {
    problem(pointer_of(name), "invalid_id", "an id has 1 to 128 bytes");
    return {};
  }
  ReportFilter filter;
  filter.field.name = name;
  filter.field.series = dim;
  filter.field.column = name;
  filter.values = {*id};
  request_.filters.push_back(std::move(filter));
  return *id;
}

bool RequestReader::read_flag(std::string_view name) {
  const std::string* value = text(name);
  if (value == nullptr || *value == "0" || *value == "false") return false;
  if (*value != "1" && *value != "true") {
    problem(pointer_of(name), "invalid_flag", "true, false, 1 or 0 expected");
  }
  return true;
}

std::optional<std::int64_t> RequestReader::read_integer(std::string_view name, std::int64_t min,
                                                        std::int64_t max) {
  const std::string* value = text(name);
  if (value == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, code] = std::from_chars(value->data(), end, number);
  if (code == std::errc() && stop == end && number >= min && number <= max) return number;
  problem(pointer_of(name), "invalid_number",
          "an integer from " + std::to_string(min) + " to " + std::to_string(max) + " expected");
  return std::nullopt;
}

}  // namespace adbacus
