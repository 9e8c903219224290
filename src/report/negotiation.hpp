// Chooses a report's format by the Accept header (RFC 9110, 12.5.1). Pure function.
#pragma once

#include <string_view>

#include "report/report_request.hpp"

namespace adbacus {

// The client's favourite among JSON, CSV, NDJSON and Parquet, JSON where it has none. False: it
// takes none.
bool negotiate(std::string_view accept, ReportFormat& format);
// For routes that have JSON only.
bool accepts_json(std::string_view accept);

}  // namespace adbacus
