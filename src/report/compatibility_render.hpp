// The answers of the two compatibility endpoints, in the shapes their clients expect. Pure.
#pragma once

#include <string>

#include "report/render.hpp"

namespace adbacus {

struct SummaryEcho {
  std::string campaign_id;  // as asked; empty: not restricted
  std::string placement_id;
  bool grouped = false;
};
// One object with the summary's fields, with group_by also `groups`. Ids that are canonical
// decimals up to 2^53 are numbers on this path.
http::Response render_summary(const ReportEngine::Prepared& prepared, const ReportAnswer& answer,
                              const LogIdentity& log, const SummaryEcho& echo);

// {"interval","data":[{date,campaign_id,source,clicks,conversions,revenue,cvr}],"freshness"}
http::Response render_stats(const ReportEngine::Prepared& prepared, const ReportAnswer& answer,
                            const LogIdentity& log, const std::string& interval);

// True for "0" and for digits without a leading zero up to 9007199254740992.
bool is_canonical_number(std::string_view id);

}  // namespace adbacus
