#include "ingest/ingest_routes.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "enrich/agent/request_signs.hpp"
#include "eventlog/entry_keys.hpp"
#include "ingest/ingest_answer.hpp"
#include "ingest/ingest_query.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kRunNameBytesMax = 64;

constexpr std::string_view kEventSchema =
    R"({"oneOf":[{"type":"object","properties":{"event_id":{"type":"string"},)"
    R"("event_type":{"type":"string"},"ts":{"type":["string","integer"]},)"
    R"("user_id":{"type":["string","integer"]},"campaign_id":{"type":["string","integer"]},)"
    R"("value":{"type":["number","string"]},"metadata":{"type":"object"}}},)"
    R"({"type":"array","items":{"type":"object"}},{"type":"object","required":["events"],)"
    R"("properties":{"events":{"type":"array","items":{"type":"object"}}}}]})";
constexpr std::string_view kAnswerSchema =
    R"({"type":"object","properties":{"status":{"type":"string"},"accepted":{"type":"integer"},)"
    R"("duplicates":{"type":"integer"},"position":{"type":"string"},)"
    R"("event_id":{"type":"string"},"rejected":{"type":"array"},)"
    R"("rejected_total":{"type":"integer"},"warnings":{"type":"array"},)"
    R"("request_id":{"type":"string"}}})";

// The media type in lower case without its parameters.
std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  type.erase(0, std::min(type.find_first_not_of(" \t"), type.size()));
  type.erase(type.find_last_not_of(" \t") + 1);
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return type;
}

std::optional<BodyForm> body_form(std::string_view content_type) {
  if (content_type.empty() || content_type == "application/json") return BodyForm::json;
  const std::string type = media_type(content_type);
  // What curl -d says of any body that is not told otherwise.
  constexpr std::string_view kCurlDefault = "application/x-www-form-urlencoded";
  if (type == "application/json" || type == "text/plain" || type == kCurlDefault)
    return BodyForm::json;
  if (type == "application/x-ndjson" || type == "application/ndjson" || type == "application/jsonl")
    return BodyForm::ndjson;
  return std::nullopt;
}

bool valid_run_name(std::string_view name) {
  return !name.empty() && name.size() <= kRunNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

// Whoever asks for all or nothing must not get less because of a spelling.
std::optional<bool> strict_mode(std::string_view text) {
  if (text == "1" || text == "true") return true;
  if (text.empty() || text == "0" || text == "false") return false;
  return std::nullopt;
}

// What a server says of the device it speaks for; of a page, the connection tells.
void read_device(const http::Request& request, RequestSigns& signs, RequestFacts& facts) {
  facts.from_page = request.principal.is_public;
  facts.device_ip =
      facts.from_page ? std::string_view(request.remote_ip) : request.header("x-device-ip");
  signs = facts.from_page ? signs_of_device(request) : signs_of_forwarder(request);
  facts.device_agent = signs.agent;
  facts.bad_user_agent = signs.has_bad_user_agent;
  facts.device_language = signs.language.view();
}

}  // namespace

// One request on its way to the log.
struct IngestRoutes::Arrival {
  const http::Request* request = nullptr;  // lives as long as the responder is unanswered
  http::Responder responder;
  std::shared_ptr<const IngestOptions> options;
  std::optional<EventType> path_type;
  TimeUs received_us = 0;
  TimeUs started_mono_us = 0;
  BodyForm form = BodyForm::json;
  bool dry_run = false;

  void refuse(int status, std::string_view code, std::string_view detail) {
    responder.send(http::problem(*request, status, code, detail));
  }
};

IngestRoutes::IngestRoutes(EventAppender& log, Clock& clock, TenantLookup& tenants,
                           SnapshotSource objects, AdmissionControl& admission,
                           IngestOptions options)
    : log_(log),
      clock_(clock),
      tenants_(tenants),
      objects_(std::move(objects)),
      admission_(admission),
      options_(std::make_shared<const IngestOptions>(std::move(options))),
      accepted_(counter("adbacus_ingest_events_total", "Events by what ingest did with them.",
                        R"(result="accepted",source="native")")),
      duplicates_(counter("adbacus_ingest_events_total", "Events by what ingest did with them.",
                          R"(result="duplicate",source="native")")),
      rejected_(counter("adbacus_ingest_events_total", "Events by what ingest did with them.",
                        R"(result="rejected",source="native")")),
      duration_(histogram("adbacus_ingest_request_duration_seconds",
                          "From the request's body to its answer, the durable append included.")) {}

void IngestRoutes::set_options(IngestOptions options) {
  auto next = std::make_shared<const IngestOptions>(std::move(options));
  const std::lock_guard lock(options_mutex_);
  options_ = std::move(next);
}

std::shared_ptr<const IngestOptions> IngestRoutes::options() const {
  const std::lock_guard lock(options_mutex_);
  return options_;
}

void IngestRoutes::add_routes(http::Router& router) {
  add_route(router, "/v1/events", std::nullopt, "Take events");
  add_route(router, "/api/events", std::nullopt, "Take events (compatibility)");
  add_route(router, "/api/v1/events", std::nullopt, "Take events (compatibility)");
  add_route(router, "/click", EventType::click, "Take clicks");
  add_route(router, "/conversion", EventType::conversion, "Take conversions");
}

void IngestRoutes::add_route(http::Router& router, std::string path, std::optional<EventType> type,
                             std::string summary) {
  http::RouteSpec spec;
  spec.method = http::Method::post;
  spec.path = std::move(path);
  spec.scope = http::scope_ingest | http::scope_import;
  spec.summary = std::move(summary);
  spec.params = ingest_params();
  spec.request_body = kEventSchema;
  spec.response_body = kAnswerSchema;
  spec.success_status = 202;
  spec.tags = {"ingest"};
  spec.for_browsers = true;
  router.add(std::move(spec),
             [this, type](const http::Request& request, http::Responder responder) {
               Arrival arrival;
               arrival.request = &request;
               arrival.responder = std::move(responder);
               arrival.options = options();
               arrival.path_type = type;
               arrival.received_us = clock_.wall_us();
               arrival.started_mono_us = clock_.mono_us();
               take(std::move(arrival));
             });
}

// Fills `facts`; answers the request and returns false if it cannot be taken at all.
bool IngestRoutes::check(Arrival& arrival, RequestFacts& facts) const {
  const http::Request& request = *arrival.request;
  const auto form = body_form(request.header("content-type"));
  if (!form) {
    arrival.refuse(415, "unsupported_media_type",
                   "Send application/json, application/x-ndjson or text/plain.");
    return false;
  }
  arrival.form = *form;
  if (request.body.size() > arrival.options->body_bytes_max) {
    arrival.refuse(413, "body_too_large",
                   "The body has more than the " + std::to_string(arrival.options->body_bytes_max) +
                       " bytes decompressed that this server takes (server.decompressed_kb).");
    return false;
  }
  auto read = read_ingest_query(request);
  if (auto* refusal = std::get_if<http::Response>(&read)) {
    arrival.responder.send(std::move(*refusal));
    return false;
  }
  const IngestQuery& query = std::get<IngestQuery>(read);
  if (query.tenant_id && *query.tenant_id != request.principal.tenant) {
    arrival.refuse(403, "tenant_mismatch", "The credential belongs to another tenant.");
    return false;
  }
  const auto strict = strict_mode(request.header("x-strict-mode"));
  if (!strict) {
    arrival.refuse(422, "invalid_parameter", "X-Strict-Mode must be 1, true, 0 or false.");
    return false;
  }
  const bool import = query.import_run || query.historical;
  const std::uint32_t needed = import ? http::scope_import : http::scope_ingest;
  if ((request.principal.scopes & needed) == 0) {
    arrival.refuse(403, "missing_scope",
                   import ? "The key lacks the scope import." : "The key lacks the scope ingest.");
    return false;
  }
  facts.import_run = query.import_run ? *query.import_run : query.historical ? "default" : "";
  if (import && !valid_run_name(facts.import_run)) {
    arrival.refuse(422, "invalid_import", "An import's name has 1 to 64 letters, digits, '-_.'.");
    return false;
  }
  facts.options = arrival.options.get();
  facts.received_us = arrival.received_us;
  facts.strict = *strict;
  facts.path_type = arrival.path_type;
  facts.gpc = request.header("sec-gpc") == "1";
  arrival.dry_run = query.dry_run;
  return true;
}

bool IngestRoutes::admitted(Arrival& arrival) {
  const http::Request& request = *arrival.request;
  Admission admission = admission_.admit(request.principal.tenant, request.body.size());
  switch (admission.verdict) {
    case Admission::Verdict::admit:
      return true;
    case Admission::Verdict::delay: {
      // The function that waits must be copyable.
      auto waiting = std::make_shared<Arrival>(std::move(arrival));
      admission_.delay([this, waiting] { take(std::move(*waiting)); });
      return false;
    }
    case Admission::Verdict::refuse:
      break;
  }
  http::Response response =
      http::problem(request, admission.status, admission.code, admission.detail);
  std::erase_if(response.headers, [](const auto& header) { return header.first == "Retry-After"; });
  response.headers.emplace_back("Retry-After", std::to_string(admission.retry_after_s));
  arrival.responder.send(std::move(response));
  return false;
}

void IngestRoutes::take(Arrival arrival) {
  RequestFacts facts;
  if (!check(arrival, facts) || !admitted(arrival)) return;
  const http::Request& request = *arrival.request;
  RequestSigns signs;
  read_device(request, signs, facts);
  if (request.principal.tenant.empty()) {
    arrival.refuse(422, "tenant_required", "An operator names a tenant in X-Adbacus-Tenant.");
    return;
  }
  const std::shared_ptr<const TenantProfile> tenant = tenants_.find(request.principal.tenant);
  if (tenant == nullptr) {
    arrival.refuse(403, "unknown_tenant", "The credential's tenant does not exist.");
    return;
  }
  const std::shared_ptr<const CatalogSnapshot> catalog = objects_();
  facts.tenant = tenant.get();
  facts.objects = catalog->tenant(tenant->id);
  IntakeResult result =
      thread_intake().read(request.body, arrival.form, facts, log_.identity().hash_seed);
  if (result.problem.status != 0) {
    arrival.refuse(result.problem.status, result.problem.code, result.problem.detail);
    return;
  }
  if (!arrival.dry_run) rejected_.add(result.rejected);
  if (result.batch.entries.empty() || (facts.strict && result.rejected > 0)) {
    arrival.responder.send(refused_answer(result, request, arrival.options->rejected_shown_max));
    return;
  }
  if (arrival.dry_run) {
    arrival.responder.send(
        accepted_answer(result.batch.entries.size(), 0, "", answer_tail(result, request)));
    return;
  }
  append(std::move(arrival), std::move(result));
}

void IngestRoutes::append(Arrival arrival, IntakeResult result) {
  struct Pending {
    Arrival arrival;
    std::size_t accepted;
    std::string tail;
  };
  auto pending = std::make_shared<Pending>();
  pending->accepted = result.batch.entries.size();
  pending->tail = answer_tail(result, *arrival.request);
  pending->arrival = std::move(arrival);
  log_.append(std::move(result.batch), [this, pending](Result<AppendAck> ack) {
    Arrival& done = pending->arrival;
    if (!ack) {
      done.responder.send(append_failed_answer(ack.error(), *done.request));
      return;
    }
    accepted_.add(pending->accepted);
    duplicates_.add(ack->duplicates);
    const TimeUs taken_us = clock_.mono_us() - done.started_mono_us;
    duration_.record_us(static_cast<std::uint64_t>(std::max<TimeUs>(taken_us, 0)));
    done.responder.send(accepted_answer(pending->accepted, ack->duplicates,
                                        position_token(log_.identity(), ack->last_seq),
                                        pending->tail));
  });
}

}  // namespace adbacus
