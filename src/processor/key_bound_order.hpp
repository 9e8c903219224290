// Says in the log how many new keys a tenant may bring a day, where the configuration differs from
// what the log says: so a replay and a recount apply at each place what was applied there at the
// time. Called by `serve` before it takes events. Where retention has
// dropped all bounds it is said again.
#pragma once

#include <cstdint>

#include "eventlog/event_log.hpp"

namespace adbacus {

// What cannot be said now (the disk is full) is logged, and the bound before goes on.
void order_key_bound(EventLog& log, std::uint64_t keys_max);

}  // namespace adbacus
