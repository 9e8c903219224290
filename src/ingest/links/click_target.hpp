// From the token of a click link to where the click leads and what it happened on. Reads the
// snapshot only. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "catalog/snapshot.hpp"
#include "http/http.hpp"
#include "ingest/links/link_token.hpp"
#include "ingest/request_facts.hpp"

namespace adbacus {

struct ClickTarget {
  std::string tenant;
  std::string destination;  // safe, with macros
  std::string landing_url;  // of the creative; may be empty
  bool is_fixed = false;    // the request named the landing page: no macros in it
  std::string campaign_id;
  std::string line_item_id;
  std::string placement_id;
  std::string creative_id;
  std::string ad_id;
  std::string decision_id;  // as sent, if the token is one
};

struct ClickRefusal {
  int status = 400;
  std::string_view code;
  std::string_view detail;
};

struct ClickRules {
  const SigningKeys& keys;
  const CatalogSnapshot& catalog;
  const IngestOptions& options;
  TimeUs now_us = 0;
};

// `url`: the landing page that the request itself names; null: none.
std::variant<ClickTarget, ClickRefusal> click_target(std::string_view token, const std::string* url,
                                                     const ClickRules& rules);

}  // namespace adbacus
