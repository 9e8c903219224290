// `adbacus load`: sends the load that is asked for and says what came of it. Blocks until the load
// is over; makes its own threads and ends them.
#pragma once

#include <ostream>

#include "app/load/load_options.hpp"
#include "base/result.hpp"

namespace adbacus {

// invalid_argument: the options; unavailable: the server cannot be reached or resolved. What the
// server refuses or loses is in the report, not an error. Once a second a line goes to `progress`,
// if it is given.
Result<LoadReport> run_load(const LoadOptions& options, std::ostream* progress);

// As text for people, or as one JSON object.
std::string load_report_text(const LoadOptions& options, const LoadReport& report);
std::string load_report_json(const LoadReport& report);

}  // namespace adbacus
