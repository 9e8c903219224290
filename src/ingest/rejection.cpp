#include "ingest/rejection.hpp"

namespace adbacus {
namespace {

constexpr std::array<std::string_view, 29> kRejectNames{
    "conflicting_event_type", "conflicting_fields", "duplicate_key",
    "event_too_large",        "invalid_consent",    "invalid_currency",
    "invalid_geometry",       "invalid_id",         "invalid_number",
    "invalid_status",         "invalid_string",     "invalid_timestamp",
    "invalid_type",           "invalid_url",        "invalid_utf8",
    "invalid_value",          "malformed_json",     "metadata_too_large",
    "missing_field",          "negative_value",     "pii_in_id",
    "string_too_long",        "tenant_mismatch",    "timestamp_in_future",
    "timestamp_too_old",      "too_deep",           "too_many_keys",
    "unknown_event_type",     "unknown_ref",
};
constexpr std::array<std::string_view, kWarnings> kWarningNames{
    "bad_device_ip",   "clock_skew",  "conflicting_ref",   "cost_ignored",
    "device_ignored",  "no_event_id", "no_timezone",       "positive_refund",
    "seconds_assumed", "unknown_ref", "value_not_counted", "value_rounded"};

}  // namespace

std::string_view reject_code_name(RejectCode code) {
  return kRejectNames.at(static_cast<std::size_t>(code));
}

std::string_view warning_name(Warning warning) {
  return kWarningNames.at(static_cast<std::size_t>(warning));
}

}  // namespace adbacus
