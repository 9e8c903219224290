// Compares what /v1/report says of a load's time with what the server acknowledged. Gross counts
// and duplicates are compared, because they are a function of the events alone, and the revenue.
// Used by run_load() before and after the load, one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/load/load_tally.hpp"
#include "base/result.hpp"
#include "http/client.hpp"

namespace adbacus {

class ReportCheck {
 public:
  // from_us: start of the load; whole minutes from then on are asked for.
  static Result<ReportCheck> open(const LoadOptions& options, TimeUs from_us);

  // What is there before the load, everything acknowledged until now included; it is taken off
  // afterwards. A server that does not show its positions to us is taken as it is.
  Result<void> read_baseline();
  // Waits until every acknowledged event is visible, reads again and fills the report's
  // differences.
  Result<void> compare(const LoadTally& tally, LoadReport& report);

  // One row a campaign: impressions, clicks, conversions, duplicates, revenue in micros.
  using Rows = std::map<std::string, std::vector<std::int64_t>, std::less<>>;
  static Result<Rows> parse_rows(std::string_view json);

 private:
  ReportCheck(const LoadOptions& options, TimeUs from_us, std::unique_ptr<http::Client> client)
      : options_(options), from_us_(from_us), client_(std::move(client)) {}
  Result<Rows> ask(const std::string& after);
  Result<void> wait_caught_up();

  const LoadOptions& options_;
  TimeUs from_us_;
  std::unique_ptr<http::Client> client_;
  Rows baseline_;
};

}  // namespace adbacus
