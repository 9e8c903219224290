#include "report/report_routes.hpp"

#include <utility>

#include "catalog/snapshot.hpp"
#include "report/arguments.hpp"
#include "report/caller_limit.hpp"
#include "report/compatibility_render.hpp"
#include "report/entity_tag.hpp"
#include "report/negotiation.hpp"
#include "report/render.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kAnotherTryUs = 50 * kMillisecondUs;

http::Response problem_of(const http::Request& request,
                          const std::vector<http::ProblemItem>& items) {
  const bool unreadable = items[0].code == "invalid_json";
  return http::problem(request, unreadable ? 400 : 422, items[0].code, items[0].detail, items);
}

// Errors of the engine say "<code>: <detail>".
http::Response problem_of(const http::Request& request, const Error& error) {
  const std::size_t colon = error.message.find(": ");
  if (error.code != ErrorCode::invalid_argument || colon == std::string::npos) {
    return http::problem(request, error);
  }
  const std::string_view message = error.message;
  return http::problem(request, 422, message.substr(0, colon), message.substr(colon + 2));
}

// Answers a caller that takes no JSON; false: it does.
bool refuses_json(const http::Request& request, http::Responder& responder) {
  if (accepts_json(request.header("Accept"))) return false;
  responder.send(http::problem(request, 406, "not_acceptable",
                               "This answer is application/json; /v1/report has other formats."));
  return true;
}

}  // namespace

// One request on its way. Dropped without an answer (the server stops, a queue is full) it says so.
struct ReportRoutes::Pending {
  const http::Request& request;  // lives as long as the responder
  http::Responder responder;
  ReportEngine::Prepared prepared;
  Render render;
  TimeUs start_us;
  TimeUs deadline_us;
  bool answered = false;

  Pending(const http::Request& r, http::Responder s, ReportEngine::Prepared p, Render f,
          TimeUs start, TimeUs deadline)
      : request(r),
        responder(std::move(s)),
        prepared(std::move(p)),
        render(std::move(f)),
        start_us(start),
        deadline_us(deadline) {}
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() {
    if (!answered) {
      send(http::problem(request, 503, "overloaded", "Too many reports are running; try again."));
    }
  }
  void send(http::Response response) {
    answered = true;
    responder.send(std::move(response));
  }
  void send_not_yet_visible() {
    send(http::problem(request, 503, "not_yet_visible",
                       "The position is not included in reports yet; try again."));
  }
};

ReportRoutes::ReportRoutes(ReportReader& reader, RawReader* raw, const LogIdentity& log,
                           const TenantDirectory& tenants, Clock& clock,
                           const ReportOptions& options)
    : engine_(reader, raw, clock, options.engine),
      log_(log),
      tenants_(tenants),
      clock_(clock),
      options_(options),
      pool_(options.pool),
      gate_(reader, clock, options.waiters_max) {}

ReportRoutes::~ReportRoutes() {
  stop();
}

void ReportRoutes::stop() {
  gate_.stop();
  pool_.stop();
}

ReportCaller ReportRoutes::caller_of(const http::Request& request) const {
  ReportCaller caller;
  caller.tenant = request.principal.tenant;
  caller.log = &log_;
  caller.limits = options_.limits;
  if (const auto tenant = tenants_.find(caller.tenant)) {
    caller.timezone = tenant->timezone;
    caller.currency = tenant->currency;
  }
  return caller;
}

void ReportRoutes::handle_report(const http::Request& request, http::Responder responder) {
  Arguments arguments;
  if (request.method == http::Method::post) {
    if (request.body.size() > kReportBodyBytesMax) {
      responder.send(http::problem(request, 413, "body_too_large", "A report has at most 64 KiB."));
      return;
    }
    const std::string_view type = request.header("Content-Type");
    if (!type.empty() && !type.starts_with("application/json")) {
      responder.send(http::problem(request, 415, "unsupported_media_type",
                                   "A report is asked for as application/json."));
      return;
    }
    arguments = arguments_of_json(request.body);
  }
  add_query(request.query, arguments);
  CheckedReport checked = check_report(arguments, caller_of(request));
  if (arguments.find("format") == nullptr &&
      !negotiate(request.header("Accept"), checked.request.format)) {
    responder.send(http::problem(request, 406, "not_acceptable",
                                 "Reports are application/json, text/csv, application/x-ndjson or "
                                 "application/vnd.apache.parquet."));
    return;
  }
  if (checked.request.format != ReportFormat::json &&
      (request.principal.scopes & http::scope_export) == 0) {
    responder.send(
        http::problem(request, 403, "missing_scope", "Whoever only views gets reports as JSON."));
    return;
  }
  start(request, std::move(responder), std::move(checked),
        [this, &request](const ReportEngine::Prepared& prepared, const ReportAnswer& answer) {
          auto response = render_report(prepared, answer, log_);
          return response ? std::move(*response) : http::problem(request, response.error());
        });
}

void ReportRoutes::handle_summary(const http::Request& request, http::Responder responder) {
  if (refuses_json(request, responder)) return;
  Arguments arguments;
  add_query(request.query, arguments);
  const CheckedSummary checked = check_summary(arguments, caller_of(request));
  start(request, std::move(responder), checked,
        [this, campaign_id = checked.campaign_id, placement_id = checked.placement_id,
         grouped = checked.grouped](const ReportEngine::Prepared& prepared,
                                    const ReportAnswer& answer) {
          return render_summary(prepared, answer, log_, {campaign_id, placement_id, grouped});
        });
}

void ReportRoutes::handle_stats(const http::Request& request, http::Responder responder) {
  if (refuses_json(request, responder)) return;
  Arguments arguments;
  add_query(request.query, arguments);
  const CheckedStats checked = check_stats(arguments, caller_of(request));
  start(request, std::move(responder), checked,
        [this, &request, interval = checked.interval](const ReportEngine::Prepared& prepared,
                                                      const ReportAnswer& answer) {
          if (answer.truncated) {
            return http::problem(request, 422, "too_many_rows",
                                 "More rows than one answer may have; narrow the range.");
          }
          return render_stats(prepared, answer, log_, interval);
        });
}

void ReportRoutes::start(const http::Request& request, http::Responder responder,
                         CheckedReport checked, Render render) {
  if (checked.request.tenant.empty()) {
    responder.send(http::problem(request, 422, "tenant_required",
                                 "Name the tenant in the header X-Adbacus-Tenant."));
    return;
  }
  if (checked.foreign_tenant) {
    responder.send(http::problem(request, 403, "tenant_mismatch",
                                 "tenant_id is not the tenant of this credential."));
    return;
  }
  if (!checked.problems.empty()) {
    responder.send(problem_of(request, checked.problems));
    return;
  }
  if (request.principal.is_limited()) {
    static const CatalogSnapshot kNothing;
    const auto objects = options_.objects ? options_.objects() : nullptr;
    for (ReportFilter& filter :
         limit_filters(request.principal, objects != nullptr ? *objects : kNothing)) {
      checked.request.filters.push_back(std::move(filter));
    }
  }
  auto prepared = engine_.prepare(std::move(checked.request));
  if (!prepared) {
    responder.send(problem_of(request, prepared.error()));
    return;
  }
  const TimeUs now = clock_.mono_us();
  const TimeUs wait_us = prepared->request.wait_ms * kMillisecondUs;
  const bool visible =
      !prepared->request.after || engine_.is_visible(*prepared, *prepared->request.after);
  // Whoever is told of an export may block.
  const bool may_be_told =
      options_.exported != nullptr && prepared->request.format != ReportFormat::json;
  const bool quick = visible && !may_be_told && engine_.is_quick(*prepared);
  auto pending = std::make_shared<Pending>(request, std::move(responder), std::move(*prepared),
                                           std::move(render), now, now + wait_us);
  if (quick) {
    run(pending);
  } else if (visible) {
    enqueue(std::move(pending));
  } else {
    wait(std::move(pending), 0);
  }
}

void ReportRoutes::wait(std::shared_ptr<Pending> pending, TimeUs not_before_us) {
  VisibilityGate::Waiter waiter;
  waiter.seq = *pending->prepared.request.after;
  waiter.deadline_us = pending->deadline_us;
  waiter.not_before_us = not_before_us;
  waiter.is_ready = [this, pending] {
    return engine_.is_visible(pending->prepared, *pending->prepared.request.after);
  };
  waiter.done = [this, pending](bool ready) {
    ready ? enqueue(pending) : pending->send_not_yet_visible();
  };
  gate_.wait(std::move(waiter));
}

void ReportRoutes::enqueue(std::shared_ptr<Pending> pending) {
  std::string tenant = pending->prepared.request.tenant;
  pool_.submit(std::move(tenant), [this, pending = std::move(pending)] { run(pending); });
}

void ReportRoutes::run(const std::shared_ptr<Pending>& pending) {
  const auto answer = engine_.run(pending->prepared);
  if (!answer) {
    pending->send(problem_of(pending->request, answer.error()));
    return;
  }
  const auto after = pending->prepared.request.after;
  const TimeUs now = clock_.mono_us();
  if (after && answer->freshness.position < *after) {
    // What is on disk may lag behind what is visible in memory.
    if (now < pending->deadline_us) {
      wait(pending, now + kAnotherTryUs);
    } else {
      pending->send_not_yet_visible();
    }
    return;
  }
  auto response = with_entity_tag(pending->request, pending->render(pending->prepared, *answer));
  if (response.status == 200) tell_export(*pending, answer->groups.size());
  pending->send(std::move(response));
}

void ReportRoutes::tell_export(const Pending& pending, std::size_t rows) const {
  const ReportRequest& report = pending.prepared.request;
  if (!options_.exported || rows < options_.export_rows_min) return;
  const auto tell = [&](std::string_view format) {
    options_.exported({pending.request, report.tenant, format, rows});
  };
  switch (report.format) {
    case ReportFormat::json:
      return;
    case ReportFormat::csv:
      return tell("csv");
    case ReportFormat::ndjson:
      return tell("ndjson");
    case ReportFormat::parquet:
      return tell("parquet");
  }
}

}  // namespace adbacus
