// Random events and random reports: the engine over a store that only knows minutes and hours must
// say what a loop over the events says.
#include <gtest/gtest.h>

#include "report/columns.hpp"
#include "report/testing/owned_clock.hpp"
#include "report/testing/random_reports.hpp"

namespace adbacus {
namespace {

bool is_ordered(const ReportRequest& request, const ReportAnswer& answer) {
  if (request.order.empty()) return true;
  const std::size_t metric = request.order[0].column - request.dimensions.size();
  for (std::size_t i = 1; i < answer.groups.size(); ++i) {
    const auto value = [&](std::size_t g) {
      return evaluate(request.metrics[metric], answer.slots[metric], answer.groups[g].sums,
                      std::nullopt);
    };
    const Value a = value(i - 1);
    const Value b = value(i);
    if (b.kind == Value::Kind::null) continue;
    if (a.kind == Value::Kind::null) return false;
    const double left = a.kind == Value::Kind::decimal ? a.decimal : static_cast<double>(a.integer);
    const double right =
        b.kind == Value::Kind::decimal ? b.decimal : static_cast<double>(b.integer);
    if (request.order[0].descending ? left < right : left > right) return false;
  }
  return true;
}

TEST(EngineProperty, AgreesWithALoopOverTheEvents) {
  const std::uint64_t seed = secure_random_u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng random(seed);
  NaiveStore store;
  for (int i = 0; i < 600; ++i) store.events.push_back(random_event(random));
  OwnedClock clock(kRandomStartUs + 10 * kDayUs);
  ReportEngine engine(store, &store, clock, {});
  for (int i = 0; i < 400; ++i) {
    const ReportRequest request = random_request(random);
    const auto prepared = engine.prepare(request);
    ASSERT_TRUE(prepared) << prepared.error().message;
    const auto answer = engine.run(*prepared);
    ASSERT_TRUE(answer) << answer.error().message;
    const LabelledRows expected = naive_rows(store.events, request);
    const LabelledRows actual = rows_of(request, *answer);
    ASSERT_EQ(actual.size(), std::min(expected.size(), request.rows_max)) << "request " << i;
    ASSERT_EQ(answer->truncated, expected.size() > request.rows_max);
    for (const auto& [key, values] : actual) {
      const auto row = expected.find(key);
      ASSERT_NE(row, expected.end()) << "request " << i;
      ASSERT_EQ(values, row->second) << "request " << i;
    }
    ASSERT_TRUE(is_ordered(request, *answer)) << "request " << i;
    ReportRequest total = request;
    total.dimensions.clear();
    const auto sums = naive_rows(store.events, total).begin()->second;
    for (std::size_t m = 0; m < request.metrics.size(); ++m) {
      ASSERT_EQ(value_text(evaluate(request.metrics[m], answer->slots[m], answer->totals.sums,
                                    std::nullopt)),
                sums[m]);
    }
  }
}

}  // namespace
}  // namespace adbacus
