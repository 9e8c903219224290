// GET /v1/position: which log this server has, how far it is durable, and whose key asked. By this
// a sender that keeps notes of what it sent knows whether they are about this log.
#pragma once

#include <string>

#include "eventlog/event_log.hpp"
#include "http/router.hpp"

namespace adbacus {

// `restored`: the mark of DataPaths::restored; empty for a folder that is no restored backup.
// `log` must outlive the router's use.
void add_position_route(http::Router& router, EventLog& log, std::string restored);

}  // namespace adbacus
