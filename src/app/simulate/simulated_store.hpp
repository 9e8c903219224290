// What the engine would find in the store while it replays a period: what was really delivered
// before, and what the replay itself has delivered since, by expectation. One thread.
#pragma once

#include <array>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "store/analytics_store.hpp"

namespace adbacus {

struct ExpectedDelivery {  // micros of money; counts may be parts of one
  double impressions = 0;
  double clicks = 0;
  double conversions = 0;
  double cost = 0;
  void add(const ExpectedDelivery& other) {
    impressions += other.impressions;
    clicks += other.clicks;
    conversions += other.conversions;
    cost += other.cost;
  }
};

class SimulatedStore final : public ReportReader {
 public:
  // `actual` must outlive the object; `begin` is a whole hour.
  SimulatedStore(ReportReader& actual, TimeUs begin_us) : actual_(actual), begin_us_(begin_us) {}

  // Times never go back.
  void add(const std::string& campaign, const std::string& line_item, TimeUs time_us,
           const ExpectedDelivery& delivered);
  void set_now(TimeUs now_us) { now_us_ = now_us; }

  // Knows what the engine asks for: sums by campaign or line item, and by line item and creative
  // for rates. Those are the ones that were observed, up to the last whole hour.
  Result<RollupResult> query(const RollupQuery& query) override;
  bool wait_visible(Seq, int) override { return true; }
  Seq visible() override { return actual_.visible(); }

 private:
  struct Sum {  // of everything up to and including a minute
    TimeUs minute_us = 0;
    ExpectedDelivery all = {};
  };
  using Sums = std::map<std::string, std::vector<Sum>>;

  static void add(std::vector<Sum>& sums, TimeUs time_us, const ExpectedDelivery& delivered);
  static ExpectedDelivery before(const std::vector<Sum>& sums, TimeUs time_us);
  Result<RollupResult> ask_actual(const RollupQuery& query);

  ReportReader& actual_;
  const TimeUs begin_us_;
  TimeUs now_us_ = 0;
  Sums campaigns_;
  Sums items_;
  // The engine asks for the same again and again; the past does not change.
  using Asked = std::tuple<std::string, Cube, TimeUs, TimeUs, std::vector<SeriesDim>>;
  std::map<Asked, RollupResult> answers_;
};

}  // namespace adbacus
