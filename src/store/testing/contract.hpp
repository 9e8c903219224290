// What every analytics store promises, as test cases that each backend runs:
//   class MyStore : public ::testing::TestWithParam<StoreContractCase> {};
//   TEST_P(MyStore, KeepsTheContract) { StoreUnderTest store(open); GetParam().run(store); }
//   INSTANTIATE_TEST_SUITE_P(…, MyStore, ::testing::ValuesIn(store_contract()), …);
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "store/analytics_store.hpp"

namespace adbacus {

// A store that can be closed and opened again on the same data.
class StoreUnderTest {
 public:
  using Open = std::function<Result<std::unique_ptr<AnalyticsStore>>()>;
  explicit StoreUnderTest(Open open);  // opens it
  AnalyticsStore& operator*() { return *store_; }
  AnalyticsStore* operator->() { return store_.get(); }
  void reopen();

 private:
  Open open_;
  std::unique_ptr<AnalyticsStore> store_;
};

struct StoreContractCase {
  const char* name;
  void (*run)(StoreUnderTest& store);
};
std::span<const StoreContractCase> store_contract();

}  // namespace adbacus
