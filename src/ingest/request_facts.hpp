// What one ingest request says about all of its events, and the options of ingest. Filled by the
// routes, read by the parser and the rules. Values; what they view must outlive the request.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "enrich/agent/agent_facts.hpp"
#include "enrich/consent/consent_verdict.hpp"
#include "ingest/ip_pseudonym.hpp"
#include "model/event.hpp"
#include "model/event_time.hpp"

namespace adbacus {

class GeoTables;
class PseudonymKeys;
class SharedAgentParser;
class SigningKeys;
class TenantObjects;

struct IngestOptions {
  TimeUs age_max_us = 72 * kHourUs;               // older events are refused
  TimeUs conversion_age_max_us = 90 * kDayUs;     // the same for conversions
  TimeUs ahead_kept_us = 5 * kMinuteUs;           // clocks may be this much ahead
  TimeUs ahead_clamped_us = 24 * kHourUs;         // up to here the receive time is used instead
  std::size_t body_bytes_max = 10 * 1000 * 1000;  // decompressed
  std::size_t events_max = 10'000;                // in one request
  std::size_t rejected_shown_max = 1'000;         // in one answer
  bool rejects_unknown_refs = false;              // unless the tenant has a word of its own
  // To which signed links may lead, and below them; lower case. Empty: anywhere.
  std::vector<std::string> click_domains = {};
  TimeUs decision_window_us = 96 * kHourUs;  // so long it is remembered what was used up
  std::shared_ptr<const SigningKeys> signing_keys = {};  // set at start-up; null: none is ours
  // Secret; set at start-up. Zero: addresses are hashed by the day's key of pseudonym_keys.
  IpHashKey ip_hash_key{};
  std::shared_ptr<PseudonymKeys> pseudonym_keys = {};  // set at start-up; null: no visitor ids
  bool makes_visitor_ids = true;
  ConsentRules consent = {};
  std::shared_ptr<const GeoTables> geo = {};             // null: addresses are not looked up
  std::shared_ptr<const SharedAgentParser> agents = {};  // null: user agents are not read
};

// What ingest needs to know about a tenant.
struct TenantProfile {
  std::string id;
  std::string currency = "USD";                   // of events that name none
  std::vector<std::string> event_types;           // the tenant's own, beside the built-in ones
  std::optional<bool> rejects_unknown_refs = {};  // empty: as the server does
};

class TenantLookup {
 public:
  virtual ~TenantLookup() = default;
  // Thread-safe, never blocks on I/O. Null: no such tenant.
  virtual std::shared_ptr<const TenantProfile> find(std::string_view tenant) = 0;
};

struct RequestFacts {
  const IngestOptions* options = nullptr;
  const TenantProfile* tenant = nullptr;
  const TenantObjects* objects = nullptr;  // what the tenant manages; null: nothing
  TimeUs received_us = 0;
  bool strict = false;                 // X-Strict-Mode: 1
  std::string_view import_run;         // empty: live
  std::optional<EventType> path_type;  // /click and /conversion
  std::optional<SentTime> sent_at;     // of the whole batch
  bool gpc = false;                    // Sec-GPC: 1
  // A public key: address and user agent are the connection's, whatever the events say.
  bool from_page = false;
  std::string_view device_ip;        // X-Device-IP, or the connection's
  AgentSigns device_agent;           // X-Device-User-Agent, or User-Agent and client hints
  bool bad_user_agent = false;       // it was sent, but not in UTF-8
  std::string_view device_language;  // of the page's Accept-Language

  EpochUnits epoch_units() const { return strict ? EpochUnits::ms_only : EpochUnits::by_magnitude; }
};

}  // namespace adbacus
