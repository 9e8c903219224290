// Sends demo traffic to a running server: first the past hours, then a steady stream, until told to
// stop. One thread; `stop` may be set from another.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace adbacus {

struct DemoOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string ca_file;      // authorities that https believes; empty: the system's
  std::string pinned_file;  // the only certificate that https believes; empty: see ca_file
  std::string key;          // of the tenant `demo`, or of an operator
  bool key_is_new = false;  // the server may not know it yet
  int backfill_hours = 24;  // at most 71: older events are refused as too old
  std::size_t backfill_events = 200'000;
  double events_per_second = 25;
  std::uint64_t seconds = 0;  // of the steady stream; 0 = until stopped
  std::uint64_t seed = 1;
};

struct DemoReport {
  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;
};

Result<DemoReport> run_demo(const DemoOptions& options, Clock& clock, const std::atomic<bool>& stop,
                            const std::function<void(const DemoReport&)>& progress);

}  // namespace adbacus
