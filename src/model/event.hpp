// The canonical event: what every dialect is normalised to and everything downstream reads.
// All text fields are views; the owner of their bytes (a request body, an Arena, a log buffer)
// must outlive the Event. Empty text means "not sent". No I/O, no clock, free of threads.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.hpp"

namespace adbacus {

enum class EventType : std::uint8_t {
  impression = 1,
  viewable_impression,
  click,
  conversion,
  view,
  interaction,
  page_view,
  custom,  // Event::type_name carries the tenant's own name
};
inline constexpr std::size_t kEventTypes = 9;  // array size for tables indexed by EventType

enum class ConversionStatus : std::uint8_t { none, pending, approved, rejected, rebill };

// What became of an accepted event, decided where it gets its place in the order.
enum class Disposition : std::uint8_t {
  counted,
  repeat,             // e.g. a transaction id again with the same status
  transition,         // another status of a known conversion: in no count
  duplicate_id,       // same event id again
  duplicate_differs,  // same event id again, other content; else like duplicate_id
};

enum class TrafficClass : std::uint8_t { valid, suspect, machine, givt, sivt };

// Markers set while the event was normalised.
namespace event_flag {
inline constexpr std::uint16_t clock_skew = 1U << 0U;    // ts was ahead and was clamped
inline constexpr std::uint16_t generated_id = 1U << 1U;  // event_id made by the server
inline constexpr std::uint16_t seconds_assumed = 1U << 2U;
inline constexpr std::uint16_t value_rounded = 1U << 3U;
inline constexpr std::uint16_t no_time = 1U << 4U;      // ts absent: receive time
inline constexpr std::uint16_t unknown_ref = 1U << 5U;  // names an object the tenant has not
inline constexpr std::uint16_t unknown_disposition = 1U << 6U;  // transition not legal from here
inline constexpr std::uint16_t conflicting_ref = 1U << 7U;  // its objects do not belong together
inline constexpr std::uint16_t signed_decision = 1U << 8U;  // decision_id is one of ours, and valid
inline constexpr std::uint16_t foreign_decision = 1U << 9U;  // decision_id is not, or no more
inline constexpr std::uint16_t declared_bot = 1U << 10U;     // its user agent says so
}  // namespace event_flag

struct Event {
  EventType type = EventType::impression;
  ConversionStatus status = ConversionStatus::none;
  std::uint16_t flags = 0;          // event_flag bits
  TimeUs time_us = 0;               // event time after clamping
  TimeUs sent_time_us = 0;          // the sender's original ts if it was clamped, else 0
  std::int16_t utc_offset_min = 0;  // the sender's zone, minutes east of UTC

  bool has_value = false;
  bool has_cost = false;
  std::int64_t value_micros = 0;  // conversion value, 1/1,000,000 of the currency's major unit
  std::int64_t cost_micros = 0;   // media cost

  // Identity.
  std::string_view tenant;
  std::string_view event_id;
  std::string_view user_id;
  std::string_view session_id;
  // What it happened on.
  std::string_view campaign_id;
  std::string_view line_item_id;
  std::string_view placement_id;
  std::string_view creative_id;
  std::string_view ad_id;
  std::string_view publisher_id;
  // Exact links.
  std::string_view click_id;
  std::string_view impression_id;
  std::string_view decision_id;
  // Where it came from, what it was.
  std::string_view type_name;  // custom events: their name
  std::string_view source;
  std::string_view conversion_type;  // the field `type`: purchase, signup, ...
  std::string_view transaction_id;
  std::string_view currency;  // ISO 4217; the tenant's default is filled in at ingest
  std::string_view url;
  std::string_view referrer;
  // Context; never a raw IP address.
  std::string_view ip_prefix;  // "203.0.113.0/24" or a /48
  std::string_view ip_hash;    // keyed hash, 16 lower-case hex digits
  std::string_view user_agent;
  std::string_view country;  // ISO 3166-1 alpha-2 where known
  std::string_view region;
  std::string_view city;
  std::string_view device;
  std::string_view os;
  std::string_view browser;
  std::string_view language;
  std::string_view geometry;    // "x,y,w,h" integer CSS px, parts may be empty
  std::string_view consent;     // canonical JSON object as sent
  std::string_view metadata;    // minified JSON object, at most 4 KiB
  std::string_view import_run;  // name of the import run; empty for live events
};

// "impression", ...; the tenant's own name for custom events stands in type_name.
std::string_view event_type_name(EventType type);
// Case-insensitive; false if unknown.
bool parse_event_type(std::string_view text, EventType& out);

std::string_view conversion_status_name(ConversionStatus status);  // "" for none
// What reports and the lake show: a conversion that was sent without a status is an approved one.
// Deduplication tells the two apart, so the event itself keeps what was sent.
inline ConversionStatus shown_status(EventType type, ConversionStatus status) {
  const bool unsaid = type == EventType::conversion && status == ConversionStatus::none;
  return unsaid ? ConversionStatus::approved : status;
}
bool parse_conversion_status(std::string_view text, ConversionStatus& out);
std::string_view disposition_name(Disposition disposition);
std::string_view traffic_class_name(TrafficClass traffic_class);

// What decides the event's partition: user_id, else session_id, else event_id.
std::string_view routing_key(const Event& event);

// Visits every text field in the order of the binary format (docs/formats/event_record.md).
// Fn(index, name, field, is_id); a field's index is its bit in the record's presence mask, so the
// fields of a common event come first and the mask stays at two bytes.
template <class E, class Fn>
void for_each_text(E& e, Fn&& fn) {
  fn(0, "tenant", e.tenant, true);
  fn(1, "event_id", e.event_id, true);
  fn(2, "user_id", e.user_id, true);
  fn(3, "session_id", e.session_id, true);
  fn(4, "campaign_id", e.campaign_id, true);
  fn(5, "line_item_id", e.line_item_id, true);
  fn(6, "placement_id", e.placement_id, true);
  fn(7, "creative_id", e.creative_id, true);
  fn(8, "country", e.country, false);
  fn(9, "device", e.device, false);
  fn(10, "browser", e.browser, false);
  fn(11, "metadata", e.metadata, false);
  fn(12, "source", e.source, false);
  fn(13, "ad_id", e.ad_id, true);
  fn(14, "publisher_id", e.publisher_id, true);
  fn(15, "conversion_type", e.conversion_type, false);
  fn(16, "currency", e.currency, false);
  fn(17, "type_name", e.type_name, false);
  fn(18, "click_id", e.click_id, true);
  fn(19, "impression_id", e.impression_id, true);
  fn(20, "decision_id", e.decision_id, true);
  fn(21, "transaction_id", e.transaction_id, true);
  fn(22, "os", e.os, false);
  fn(23, "region", e.region, false);
  fn(24, "city", e.city, false);
  fn(25, "language", e.language, false);
  fn(26, "ip_prefix", e.ip_prefix, false);
  fn(27, "ip_hash", e.ip_hash, false);
  fn(28, "user_agent", e.user_agent, false);
  fn(29, "url", e.url, false);
  fn(30, "referrer", e.referrer, false);
  fn(31, "geometry", e.geometry, false);
  fn(32, "consent", e.consent, false);
  fn(33, "import_run", e.import_run, false);
}
inline constexpr std::size_t kTextFields = 34;

// Indices into PackedEvent::packed of the fields that hot paths read.
namespace text_field {
inline constexpr std::size_t tenant = 0;
inline constexpr std::size_t event_id = 1;
inline constexpr std::size_t user_id = 2;
inline constexpr std::size_t session_id = 3;
inline constexpr std::size_t campaign_id = 4;
inline constexpr std::size_t line_item_id = 5;
inline constexpr std::size_t placement_id = 6;
inline constexpr std::size_t creative_id = 7;
inline constexpr std::size_t country = 8;
inline constexpr std::size_t device = 9;
inline constexpr std::size_t browser = 10;
inline constexpr std::size_t metadata = 11;
inline constexpr std::size_t source = 12;
inline constexpr std::size_t ad_id = 13;
inline constexpr std::size_t publisher_id = 14;
inline constexpr std::size_t conversion_type = 15;
inline constexpr std::size_t currency = 16;
inline constexpr std::size_t type_name = 17;
inline constexpr std::size_t click_id = 18;
inline constexpr std::size_t impression_id = 19;
inline constexpr std::size_t decision_id = 20;
inline constexpr std::size_t transaction_id = 21;
inline constexpr std::size_t os = 22;
inline constexpr std::size_t region = 23;
inline constexpr std::size_t city = 24;
inline constexpr std::size_t language = 25;
inline constexpr std::size_t ip_prefix = 26;
inline constexpr std::size_t ip_hash = 27;
inline constexpr std::size_t user_agent = 28;
inline constexpr std::size_t url = 29;
inline constexpr std::size_t referrer = 30;
inline constexpr std::size_t geometry = 31;
inline constexpr std::size_t consent = 32;
inline constexpr std::size_t import_run = 33;
}  // namespace text_field

}  // namespace adbacus
