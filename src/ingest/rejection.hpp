// Why an event is refused or only remarked on: the stable codes of docs/api/ingest.md.
// Made by the parser and the rules, counted and written out by the routes. Values, free of threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace adbacus {

enum class RejectCode : std::uint8_t {
  conflicting_event_type,  // the path says another type than the event
  conflicting_fields,      // two forms of one field, not equal
  duplicate_key,
  event_too_large,
  invalid_consent,
  invalid_currency,
  invalid_geometry,
  invalid_id,
  invalid_number,
  invalid_status,
  invalid_string,  // control characters, NUL, lone surrogates, bad escapes
  invalid_timestamp,
  invalid_type,  // JSON type that the field does not take
  invalid_url,
  invalid_utf8,
  invalid_value,  // not an amount of money
  malformed_json,
  metadata_too_large,
  missing_field,
  negative_value,
  pii_in_id,
  string_too_long,
  tenant_mismatch,
  timestamp_in_future,
  timestamp_too_old,
  too_deep,
  too_many_keys,
  unknown_event_type,
  unknown_ref,
};
std::string_view reject_code_name(RejectCode code);

enum class Warning : std::uint8_t {
  bad_device_ip,      // `ip` or X-Device-IP is no address: the event has none
  clock_skew,         // ts up to 24 h ahead: the receive time is used
  conflicting_ref,    // its objects do not belong together, as a line item of another campaign
  cost_ignored,       // a public key's: whoever reads a page could use up a budget
  device_ignored,     // ip or user_agent beside a public key, or a user agent that is not UTF-8
  no_event_id,        // the server made one; a retry cannot be recognised
  no_timezone,        // UTC was assumed
  positive_refund,    // of a refund or chargeback: it adds revenue, and takes none away
  seconds_assumed,    // epoch number too small for milliseconds
  unknown_ref,        // names an object that the tenant does not have
  value_not_counted,  // kept with the event, but only conversions carry revenue
  value_rounded,      // more than six decimal places
};
inline constexpr std::size_t kWarnings = 12;
std::string_view warning_name(Warning warning);

// What is wrong with one event. `path` is the JSON pointer inside the event, "" for all of it.
struct Fault {
  RejectCode code = RejectCode::malformed_json;
  std::string_view detail;  // a constant sentence, never the sender's data
  std::string path;
};

struct Rejection {
  std::uint32_t index = 0;  // in the array; the line from 0 in NDJSON
  RejectCode code = RejectCode::malformed_json;
  std::string pointer;  // into the body as sent
  std::string_view detail;
};

struct WarningCount {
  std::uint32_t count = 0;
  std::uint32_t first_index = 0;
};
using WarningCounts = std::array<WarningCount, kWarnings>;

}  // namespace adbacus
