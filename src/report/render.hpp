// Answers of the general report as bytes: JSON, CSV, NDJSON and Parquet. Pure functions.
#pragma once

#include <string>

#include "eventlog/event_log.hpp"
#include "http/http.hpp"
#include "http/json_writer.hpp"
#include "report/engine.hpp"

namespace adbacus {

// unavailable: no memory for compression.
Result<http::Response> render_report(const ReportEngine::Prepared& prepared,
                                     const ReportAnswer& answer, const LogIdentity& log);

// {"data_as_of":..,"position":..,"provisional":..,"exact":..,"source":..}
void write_freshness(http::JsonWriter& json, const Freshness& freshness, const LogIdentity& log);
void write_value(http::JsonWriter& json, const Value& value);

// Appends one CSV field (RFC 4180). `guard` puts a ' in front of what a spreadsheet would run.
void append_csv_text(std::string& out, std::string_view text, bool guard);

}  // namespace adbacus
