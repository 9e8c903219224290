// What one worker counted: for the report, and for the comparison with the server's reports. One
// thread; added up when the threads have ended.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "app/load/event_stream.hpp"
#include "app/load/latency_histogram.hpp"
#include "app/load/load_options.hpp"

namespace adbacus {

// Acknowledged events of one campaign.
struct CampaignTally {
  std::array<std::uint64_t, kLoadEventTypes> unique{};
  std::uint64_t duplicates = 0;
  std::uint64_t value_cents = 0;

  void add(const LoadEvent& event);
  void add(const CampaignTally& other);
};

struct LoadTally {
  LoadReport counts;  // the counters only
  LatencyHistogram latency;
  std::vector<CampaignTally> campaigns;  // by campaign - 1; empty unless it verifies
  std::vector<std::string> positions;    // the last of each connection
  std::string failure;                   // why the worker gave up; empty if it did not
  // Requests whose first sending may have been taken: then the server has seen more duplicates
  // than were sent on purpose.
  std::uint64_t unknown_outcomes = 0;

  void add(const LoadTally& other);
};

}  // namespace adbacus
