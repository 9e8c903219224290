#include "ingest/url_event_door.hpp"

#include <utility>

#include "http/text.hpp"
#include "ingest/ingest_answer.hpp"
#include "ingest/intake.hpp"

namespace adbacus {
namespace {

Counter& events_counter(std::string_view result, std::string_view source) {
  std::string labels = "result=\"";
  labels.append(result).append("\",source=\"").append(source).append("\"");
  return counter("adbacus_ingest_events_total", "Events by what ingest did with them.", labels);
}

}  // namespace

UrlEventDoor::UrlEventDoor(EventAppender& log, Clock& clock, TenantLookup& tenants,
                           SnapshotSource objects, AdmissionControl& admission,
                           IngestOptionsSource options, std::string_view source)
    : log_(log),
      clock_(clock),
      tenants_(tenants),
      objects_(std::move(objects)),
      admission_(admission),
      options_(std::move(options)),
      accepted_(events_counter("accepted", source)),
      duplicates_(events_counter("duplicate", source)),
      rejected_(events_counter("rejected", source)) {}

UrlEvent UrlEventDoor::event_of(const http::Request& request, std::string tenant) const {
  UrlEvent event;
  event.tenant = std::move(tenant);
  event.device_ip = request.remote_ip;
  const RequestSigns signs = signs_of_device(request);
  event.device_agent = KeptAgentSigns(signs.agent);
  event.language = signs.language;
  event.gpc = request.header("sec-gpc") == "1";
  event.received_us = clock_.wall_us();
  return event;
}

void UrlEventDoor::take(UrlEvent event, Done done) {
  const Admission admission = admission_.admit(event.tenant, event.json.size());
  switch (admission.verdict) {
    case Admission::Verdict::admit:
      return append(event, std::move(done));
    case Admission::Verdict::refuse:
      return done(admission.code);
    case Admission::Verdict::delay: {
      auto waiting = std::make_shared<std::pair<UrlEvent, Done>>(std::move(event), std::move(done));
      return admission_.delay(
          [this, waiting] { take(std::move(waiting->first), std::move(waiting->second)); });
    }
  }
}

void UrlEventDoor::append(const UrlEvent& event, Done done) {
  const std::shared_ptr<const TenantProfile> tenant = tenants_.find(event.tenant);
  if (tenant == nullptr) return done("unknown_tenant");
  const std::shared_ptr<const IngestOptions> options = options_();
  const std::shared_ptr<const CatalogSnapshot> catalog = objects_();
  RequestFacts facts;
  facts.options = options.get();
  facts.tenant = tenant.get();
  facts.objects = catalog->tenant(tenant->id);
  facts.received_us = event.received_us;
  facts.gpc = event.gpc;
  facts.from_page = !event.is_own;
  facts.device_ip = event.device_ip;
  facts.device_agent = event.device_agent.view();
  facts.device_language = event.language.view();
  const std::uint64_t hash_seed = log_.identity().hash_seed;
  IntakeResult result = thread_intake().read(event.json, BodyForm::json, facts, hash_seed);
  if (result.batch.entries.empty() && !event.bare_json.empty())
    result = thread_intake().read(event.bare_json, BodyForm::json, facts, hash_seed);
  if (result.problem.status != 0) return done(result.problem.code);
  rejected_.add(result.rejected);
  if (!result.rejections.empty()) return done(reject_code_name(result.rejections.front().code));
  // The log may answer when the door is gone.
  log_.append(std::move(result.batch), [&accepted = accepted_, &duplicates = duplicates_,
                                        done = std::move(done)](Result<AppendAck> ack) {
    if (!ack) return done(append_failed_code(ack.error()));
    accepted.add(1);
    duplicates.add(ack->duplicates);
    done({});
  });
}

bool is_prefetch(const http::Request& request) {
  for (const auto& [name, value] : request.headers) {
    const bool names_purpose = http::equals_ignoring_case(name, "sec-purpose") ||
                               http::equals_ignoring_case(name, "purpose") ||
                               http::equals_ignoring_case(name, "x-purpose") ||
                               http::equals_ignoring_case(name, "x-moz");
    if (!names_purpose) continue;
    // "prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip", "preview"
    const std::string_view purpose = http::trim_blanks(value.substr(0, value.find(';')));
    for (const char* unseen : {"prefetch", "prerender", "preview"})
      if (http::equals_ignoring_case(purpose, unseen)) return true;
  }
  return false;
}

}  // namespace adbacus
