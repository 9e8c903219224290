// Writes everything a store holds as text lines that depend on its content alone, not on ids,
// commits or compaction: two stores fed by the same log dump the same bytes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "store/embedded/duckdb_connection.hpp"

namespace adbacus {

// Lines in byte order: breakdown|hour|…, conversion|…, reach|hour|…, traffic|minute|…. Rows whose
// counters are all zero are left out. `|`, `%` and line breaks in texts are written as %7C, %25,
// %0A, %0D. Empty tenant: all tenants.
Result<void> dump_store(DuckdbConnection& connection, const std::string& tenant_or_empty,
                        const std::function<void(std::string_view)>& sink);

}  // namespace adbacus
