#include "report/negotiation.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

TEST(Negotiation, FollowsTheClientsPreference) {
  using F = ReportFormat;
  const std::vector<std::pair<std::string_view, std::optional<F>>> cases{
      {"", F::json},
      {"*/*", F::json},
      {"text/csv", F::csv},
      {"application/x-ndjson", F::ndjson},
      {"application/*", F::json},
      {"text/*", F::csv},
      {"text/csv;q=0.5, application/json;q=0.4", F::csv},
      {"application/json;q=0.1, */*;q=0.9", F::csv},
      {"text/html, application/xhtml+xml, */*;q=0.8", F::json},
      {"text/csv;q=0, */*", F::json},
      {"text/html", std::nullopt},
      {"application/json;q=0", std::nullopt},
      {";;,,", std::nullopt},
      {"text/csv;q=nonsense", std::nullopt},
  };
  for (const auto& [accept, expected] : cases) {
    F format = F::json;
    const bool ok = negotiate(accept, format);
    EXPECT_EQ(ok, expected.has_value()) << accept;
    if (ok && expected) {
      EXPECT_EQ(format, *expected) << accept;
    }
  }
}

}  // namespace
}  // namespace adbacus
