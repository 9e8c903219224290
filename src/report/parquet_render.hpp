// A report as one Parquet file (Apache Parquet format 2.10), written with the lake's own writer.
// Called on report workers and, for quick answers, on I/O threads. Pure.
#pragma once

#include <string>
#include <vector>

#include "report/columns.hpp"
#include "report/engine.hpp"

namespace adbacus {

// One row a group, columns as in the other formats: dates are DATE, times TIMESTAMP in UTC, exact
// amounts DECIMAL(38,6), counts INT64, ratios and prices DOUBLE; null where JSON has null.
// unavailable: no memory for compression.
Result<std::string> parquet_body(const ReportEngine::Prepared& prepared, const ReportAnswer& answer,
                                 const std::vector<Column>& columns);

}  // namespace adbacus
