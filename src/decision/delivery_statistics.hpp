// What was delivered, from the store's net counts: what budgets and goals have used, and how often
// what was shown is clicked. Belongs to the thread that settles budgets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "decision/delivery_rates.hpp"
#include "decision/serving_plan.hpp"
#include "store/analytics_store.hpp"
#include "store/report_query.hpp"

namespace adbacus {

class DeliveryStatistics {
 public:
  explicit DeliveryStatistics(ReportReader& reader) : reader_(reader) {}

  // What each budget of the plan has used, in its own unit, up to what the store shows now. A day
  // begins at the hour for line items: their counts are kept by the hour. Amounts in another
  // currency than the campaign's are left out.
  Result<std::vector<std::int64_t>> delivered(const TenantPlan& plan, TimeUs now_us);
  // Of the last 7 days.
  Result<RateTable> rates(const std::string& tenant, TimeUs now_us);

 private:
  struct Amounts {
    DeliveryCounts counts = {};
    std::int64_t value_micros = 0;
    std::int64_t cost_micros = 0;
    void add(const Amounts& other);
  };
  // By (campaign or line item, currency).
  using Sums = std::map<std::pair<std::string, std::string>, Amounts>;
  struct Period {
    Sums campaigns = {};
    Sums items = {};
  };
  struct Needs {  // what the budgets of one time zone ask for
    bool campaigns = false;
    bool items = false;
    bool lifetime = false;
    bool are_met_by(const Needs& other) const {
      return (other.campaigns || !campaigns) && (other.items || !items);
    }
  };
  struct Before {      // everything up to the day's begin
    Needs needs = {};  // what was read
    TimeUs day_begin_us = 0;
    TimeUs read_us = 0;
    Period sums = {};
  };

  Result<Period> read(const std::string& tenant, const Needs& needs, TimeUs from_us, TimeUs to_us);
  Result<Sums> read(const std::string& tenant, Cube cube, SeriesDim of, TimeUs from_us,
                    TimeUs to_us);
  static std::int64_t used(const ServingBudget& budget, const Period& period,
                           const std::string& currency);

  ReportReader& reader_;
  std::map<std::pair<std::string, std::string>, Before> before_;  // by tenant and time zone
};

}  // namespace adbacus
