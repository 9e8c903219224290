#include "app/reconcile_routes.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "app/verify/reconcile.hpp"
#include "eventlog/entry_keys.hpp"
#include "http/json_writer.hpp"
#include "report/instant.hpp"

namespace adbacus {
namespace {

constexpr int kAnotherTryMs = 50;

void write_counters(http::JsonWriter& json, const ReconcileDifference& difference, bool served) {
  json.begin_object();
  for (std::size_t i = 0; i < kCounters; ++i) {
    if (difference.served.v[i] == difference.counted.v[i]) continue;
    json.member(counter_name(Counter64(i)),
                served ? difference.served.v[i] : difference.counted.v[i]);
  }
  json.end_object();
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view code = text.substr(i, 3);
    const char plain = code == "%7C"   ? '|'
                       : code == "%25" ? '%'
                       : code == "%0A" ? '\n'
                       : code == "%0D" ? '\r'
                                       : '\0';
    out.push_back(plain != '\0' ? plain : text[i]);
    if (plain != '\0') i += 2;
  }
  return out;
}

// "cube|level|period|12 dimensions|slice".
void write_difference(http::JsonWriter& json, const ReconcileDifference& difference) {
  std::vector<std::string_view> parts;
  const std::string_view key = difference.key;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('|', begin), key.size());
    parts.push_back(key.substr(begin, end - begin));
    begin = end + 1;
  }
  json.begin_object().member("aggregate", parts[0]).member("granularity", parts[1]);
  json.member("period", parts[2]).key("dimensions").begin_object();
  for (std::size_t i = 1; i < kSeriesDims; ++i) {
    const std::string_view text = parts[3 + i];
    if (!text.empty()) json.member(series_dim_name(SeriesDim(i)), unescaped(text));
  }
  json.end_object().member("slice", parts[3 + kSeriesDims]);
  json.key("served");
  write_counters(json, difference, true);
  json.key("counted");
  write_counters(json, difference, false);
  json.end_object();
}

http::Response problem_of(const http::Request& request, const Error& error) {
  if (error.code == ErrorCode::invalid_argument && error.message.starts_with("too_many_rows")) {
    return http::problem(request, 422, "too_many_rows",
                         "The range has more aggregates than one recount compares; narrow it.");
  }
  if (error.code == ErrorCode::unavailable) {
    return http::problem(request, 503, "not_yet_visible", error.message + "; try again.");
  }
  return http::problem(request, error);
}

}  // namespace

// One request on its way; dropped unanswered it says that too many wait.
struct ReconcileRoutes::Job {
  const http::Request& request;  // lives as long as the responder
  http::Responder responder;
  ReconcileQuery query;
  std::optional<Seq> after;
  int wait_ms;
  bool answered = false;

  Job(const http::Request& r, http::Responder s, ReconcileQuery q, std::optional<Seq> a, int wait)
      : request(r), responder(std::move(s)), query(std::move(q)), after(a), wait_ms(wait) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() {
    if (!answered) {
      send(http::problem(request, 503, "overloaded", "Too many recounts are running; try again."));
    }
  }
  void send(http::Response response) {
    answered = true;
    responder.send(std::move(response));
  }
};

ReconcileRoutes::ReconcileRoutes(ReportReader& served, LakeReader* lake, const LogIdentity& log,
                                 Clock& clock, const ReconcileOptions& options)
    : served_(served),
      lake_(lake),
      log_(log),
      clock_(clock),
      options_(options),
      pool_(options.pool) {}

void ReconcileRoutes::add_routes(http::Router& router) {
  http::RouteSpec spec;
  spec.path = "/v1/reconcile";
  spec.scope = http::scope_read;
  spec.summary = "Recount a range from the raw events and compare every served aggregate";
  const auto param = [&](const char* name, const char* type, bool required, const char* text) {
    spec.params.push_back({name, "query", type, required, text});
  };
  param("from", "string", true, "ISO 8601 or epoch milliseconds; widened to whole UTC hours");
  param("to", "string", true, "the same, exclusive; at most 31 days behind from");
  param("granularity", "string", false, "of the traffic aggregates: hour (default) or minute");
  param("after", "string", false, "position token: everything acknowledged up to it is included");
  param("wait_ms", "integer", false, "how long to wait for it, 0 to 60000, default 5000");
  param("tenant_id", "string", false, "must be the credential's tenant");
  spec.unknown_params_refused = true;
  spec.response_body =
      R"({"type":"object","properties":{"from":{"type":"string"},"to":{"type":"string"},)"
      R"("granularity":{"type":"string"},"position":{"type":"string"},)"
      R"("aggregates":{"type":"integer"},"differences":{"type":"integer"},)"
      R"("other_events":{"type":"object"},)"
      R"("shown":{"type":"array","items":{"type":"object"}},"counted_from":{"type":"string"}}})";
  spec.tags = {"reports"};
  router.add(std::move(spec), [this](const http::Request& request, http::Responder responder) {
    handle(request, std::move(responder));
  });
}

void ReconcileRoutes::handle(const http::Request& request, http::Responder responder) {
  const auto refuse = [&](int status, const char* code, const std::string& detail) {
    responder.send(http::problem(request, status, code, detail));
  };
  ReconcileQuery query;
  query.tenant = request.principal.tenant;
  if (query.tenant.empty()) {
    return refuse(422, "tenant_required", "Name the tenant in the header X-Adbacus-Tenant.");
  }
  const std::string* tenant = request.param("tenant_id");
  if (tenant != nullptr && *tenant != query.tenant) {
    return refuse(403, "tenant_mismatch", "tenant_id is not the tenant of this credential.");
  }
  if (lake_ == nullptr) {
    return refuse(409, "no_raw_events", "The lake is switched off: there is nothing to recount.");
  }
  for (const auto& [name, field] :
       {std::pair{"from", &query.from_us}, std::pair{"to", &query.to_us}}) {
    const std::string* text = request.param(name);
    const auto instant = text != nullptr
                             ? parse_instant(*text)
                             : Result<TimeUs>(Error{ErrorCode::invalid_argument, "is required"});
    if (!instant) {
      return refuse(422, text == nullptr ? "missing_parameter" : "invalid_time",
                    fmt::format("{}: {}", name, instant.error().message));
    }
    *field = *instant;
  }
  query.from_us = floor_to(query.from_us, kHourUs);
  query.to_us = floor_to(query.to_us + kHourUs - 1, kHourUs);
  if (query.from_us >= query.to_us) return refuse(422, "invalid_range", "from must be before to.");
  if (query.to_us - query.from_us > options_.range_max_us) {
    return refuse(422, "range_too_long", "At most 31 days are recounted at once.");
  }
  const std::string* granularity = request.param("granularity");
  if (granularity != nullptr && *granularity != "hour" && *granularity != "minute") {
    return refuse(422, "unknown_granularity", "granularity: must be hour or minute");
  }
  if (granularity != nullptr && *granularity == "minute") query.level = Level::minute;
  std::optional<Seq> after;
  if (const std::string* token = request.param("after"); token != nullptr) {
    const auto seq = parse_position(log_, *token);
    if (!seq) return refuse(422, "bad_position", "after: not a position of this server's log");
    after = *seq;
  }
  int wait_ms = options_.wait_ms_default;
  if (const std::string* text = request.param("wait_ms"); text != nullptr) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), wait_ms);
    if (error != std::errc() || end != text->data() + text->size() || wait_ms < 0 ||
        wait_ms > options_.wait_ms_max) {
      return refuse(422, "invalid_number", "wait_ms: must be from 0 to 60000");
    }
  }
  const std::string of = query.tenant;
  auto job = std::make_shared<Job>(request, std::move(responder), std::move(query), after, wait_ms);
  pool_.submit(of, [this, job] { run(*job); });
}

void ReconcileRoutes::run(Job& job) {
  const TimeUs deadline = clock_.mono_us() + job.wait_ms * kMillisecondUs;
  if (job.after && !served_.wait_visible(*job.after, job.wait_ms)) {
    return job.send(http::problem(job.request, 503, "not_yet_visible",
                                  "The position is not included in reports yet; try again."));
  }
  auto found = reconcile(served_, *lake_, job.query);
  // The lake gets its rows a moment after the counters are visible.
  while (!found && found.error().code == ErrorCode::unavailable && clock_.mono_us() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kAnotherTryMs));
    found = reconcile(served_, *lake_, job.query);
  }
  if (!found) return job.send(problem_of(job.request, found.error()));
  http::JsonWriter json;
  json.begin_object().member("from", format_instant(job.query.from_us, 0));
  json.member("to", format_instant(job.query.to_us, 0));
  json.member("granularity", level_name(job.query.level));
  json.member("position", position_token(log_, found->position));
  json.member("counted_from", "lake").member("aggregates", found->aggregates);
  json.member("differences", found->differences);
  json.key("other_events").begin_object().member("traffic", found->other_traffic);
  json.member("breakdown", found->other_breakdown).end_object();
  json.key("shown").begin_array();
  for (const ReconcileDifference& difference : found->shown) write_difference(json, difference);
  json.end_array().end_object();
  job.send({200, "application/json", {}, std::move(json).take()});
}

}  // namespace adbacus
