// Writes into a tenant's audit log that data left in bulk. Thread-safe; blocks on the catalog.
#pragma once

#include "base/clock.hpp"
#include "catalog/catalog.hpp"
#include "report/report_routes.hpp"

namespace adbacus {

// What cannot be written is told in the log: the reader has a right to the data all the same.
void audit_export(Catalog& catalog, Clock& clock, const ReportExport& data);

}  // namespace adbacus
