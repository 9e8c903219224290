// What of a tenant's numbers a caller sees who is limited to an advertiser or a publisher: the
// reports of an owner with one more filter. Called by the report routes on I/O threads. Pure.
#pragma once

#include <vector>

#include "http/http.hpp"
#include "report/report_request.hpp"

namespace adbacus {

class CatalogSnapshot;

// Filters that must hold beside those asked for; none for callers without a limit. Campaigns of the
// advertiser, placements of the publisher, as they are now: what was deleted is nobody's.
std::vector<ReportFilter> limit_filters(const http::Principal& caller,
                                        const CatalogSnapshot& objects);

}  // namespace adbacus
