// Reads lake files back through DuckDB and compares them with what was written. Tests only.
#pragma once

#include <string>
#include <vector>

#include "store/lake/duckdb_session.hpp"
#include "store/lake/testing/random_events.hpp"

namespace adbacus::testing_lake {

// From ADBACUS_TEST_SEED, else fresh. Printed by the tests that use it.
std::uint64_t test_seed();
// Every column of every row, in seq order.
void expect_rows(DuckdbSession& session, const std::vector<std::string>& paths,
                 const std::vector<ExpectedRow>& expected);

}  // namespace adbacus::testing_lake
