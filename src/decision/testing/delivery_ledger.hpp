// What was delivered, as a store that decisions read would answer it: sums by minute and series.
// Refuses what the port does not promise. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "store/analytics_store.hpp"

namespace adbacus {

struct Delivered {
  TimeUs time_us = 0;
  std::string tenant = "1";
  std::string campaign = {};
  std::string line_item = {};
  std::string creative = {};
  std::string currency = "USD";
  Slice slice = Slice::counted_valid;
  Counters counters = {};
};

class DeliveryLedger final : public ReportReader {
 public:
  void add(const Delivered& delivered);
  Result<RollupResult> query(const RollupQuery& query) override;
  bool wait_visible(Seq, int) override { return true; }
  Seq visible() override { return 0; }

  std::atomic<bool> is_away{false};  // queries then fail

 private:
  // Tenant, campaign, line item, creative, currency.
  using SeriesKey = std::array<std::string, 5>;
  using Minutes = std::map<TimeUs, Counters>;

  static bool is_answerable(const RollupQuery& query);
  static const std::string& dim(const SeriesKey& series, SeriesDim of);
  static bool passes(const SeriesKey& series, const Filter& filter);

  std::mutex mutex_;  // guards all below
  std::map<SeriesKey, std::map<Slice, Minutes>> series_;
};

}  // namespace adbacus
