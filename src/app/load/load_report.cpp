#include <fmt/format.h>
#include <iterator>

#include "app/load/run_load.hpp"
#include "http/json_writer.hpp"

namespace adbacus {

std::string load_report_text(const LoadOptions& options, const LoadReport& report) {
  std::string text;
  const auto line = [&text]<class... Args>(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text), format, std::forward<Args>(args)...);
    text += '\n';
  };
  line("{:.0f} events/s, {:.0f} requests/s over {:.2f} s ({} connections, {} threads, seed {})",
       report.events_per_s, report.requests_per_s, report.elapsed_s, options.connections,
       options.threads, report.seed);
  line("latency {} p50 {} us, p99 {} us, p99.9 {} us, max {} us",
       options.rate_per_s > 0 ? "from the intended time:" : "from sending (closed loop):",
       report.p50_us, report.p99_us, report.p999_us, report.max_us);
  line("{} requests, {} events: {} accepted, {} of them duplicates, {} rejected", report.requests,
       report.events, report.accepted, report.duplicates, report.rejected);
  line("{} errors, {} x 429, {} x 503, {} other statuses, {} repeats, {} unsent, {} unsettled",
       report.errors, report.status_429, report.status_503, report.status_other, report.repeats,
       report.unsent, report.unsettled);
  line("own CPU {:.2f} s", report.cpu_s);
  if (!report.is_verified) return text;
  for (const std::string& difference : report.differences) line("differs: {}", difference);
  line("verified: {} differences", report.difference_count);
  return text;
}

std::string load_report_json(const LoadReport& report) {
  http::JsonWriter json;
  json.begin_object().member("ok", report.is_good()).member("seed", std::to_string(report.seed));
  json.member("events_per_s", report.events_per_s);
  json.member("requests_per_s", report.requests_per_s).member("elapsed_s", report.elapsed_s);
  json.member("p50_us", report.p50_us).member("p99_us", report.p99_us);
  json.member("p999_us", report.p999_us).member("max_us", report.max_us);
  json.member("requests", report.requests).member("events", report.events);
  json.member("accepted", report.accepted).member("duplicates", report.duplicates);
  json.member("rejected", report.rejected).member("errors", report.errors);
  json.member("status_429", report.status_429).member("status_503", report.status_503);
  json.member("status_other", report.status_other).member("repeats", report.repeats);
  json.member("unsent", report.unsent).member("unsettled", report.unsettled);
  json.member("cpu_s", report.cpu_s).member("verified", report.is_verified);
  json.member("difference_count", report.difference_count);
  json.key("differences").begin_array();
  for (const std::string& difference : report.differences) json.value(difference);
  json.end_array().end_object();
  return json.text() + "\n";
}

}  // namespace adbacus
