// GET /openrtb2/win/{token} and GET /openrtb2/loss/{token}: how an auction ended that was bid in
// (docs/api/openrtb.md). A loss gives back what the bid took of caps and budgets, once; a win keeps
// it until the impression is counted, which is ingest's part. Handlers run on any I/O thread.
#pragma once

#include <optional>

#include "base/metrics.hpp"
#include "counters/counters.hpp"
#include "decision/ad_server.hpp"
#include "http/router.hpp"
#include "model/auction_notice.hpp"

namespace adbacus {

struct OutcomeOptions {
  std::uint32_t reserve_s = 60;  // how long a decision keeps its share of a budget
  // What was bid before belongs to another process: the log says of it whatever is true.
  TimeUs started_us = 0;
};

class OutcomeRoutes {
 public:
  // Both must outlive the routes.
  OutcomeRoutes(AdServer& ads, Claims& claims, const OutcomeOptions& options);
  void add_routes(http::Router& router);

 private:
  enum class Outcome : std::uint8_t { win, loss };
  struct Counts {
    Counter& taken;
    Counter& ignored;  // repeated, too late, contradicting an earlier one, a test
    Counter& refused;
  };
  static Counts counts(std::string_view kind);

  http::Response answer(const http::Request& request, Outcome outcome);
  // Whether it is the first word on this auction.
  Result<bool> take(const AuctionNotice& notice, const DecisionFacts& decision, Outcome outcome);
  void give_back(const AuctionNotice& notice, const DecisionFacts& decision, TimeUs age_us);

  AdServer& ads_;
  Claims& claims_;
  const OutcomeOptions options_;
  Counts wins_;
  Counts losses_;
};

}  // namespace adbacus
