// What `adbacus load` is asked to do and what it found out. Plain data, filled by the command line
// or a test and read by run_load().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace adbacus {

enum class LoadMode : std::uint8_t {
  single,    // POST /v1/events, one event a request
  batch,     // POST /v1/events, an array of events a request
  pixel,     // GET /v1/p.gif
  decision,  // POST /v1/decision
  report,    // GET /api/report/summary/ of one campaign over the last 24 h, whole minutes
};

struct LoadOptions {
  std::string url = "http://127.0.0.1:8080";  // plain http, no path
  std::string key;
  LoadMode mode = LoadMode::batch;
  // Events a second (requests, where a request is no event), sent at fixed times whatever the
  // server does; 0: every connection sends its next request as soon as it has its answer.
  double rate_per_s = 0;
  std::uint32_t connections = 32;    // 1..10,000, at least one a thread
  std::uint32_t threads = 1;         // 1..64
  std::uint32_t batch_events = 100;  // 1..10,000
  double duration_s = 10;            // sending ends after this time ...
  std::uint64_t events_max = 0;      // ... or after this many events; 0: no such end
  std::uint64_t seed = 0;            // 0: a random one, said in the report
  std::string tenant = "1";          // written into the events; empty: left out
  std::uint32_t campaigns = 1'000;   // Zipf with exponent 1; 1..1,000,000
  std::uint32_t users = 1'000'000;   // 1..100,000,000
  double duplicate_share = 0.02;     // of the events repeat an earlier one, [0, 0.9]
  bool conversion_fields = true;     // type and transaction_id on conversions
  // Both of these settle every request: after a time-out, a reset, a 429 or a 5xx the same bytes
  // are sent again until they are answered for good or the drain time is over.
  bool verify = false;      // compare /v1/report with what was acknowledged
  std::string ledger_path;  // empty: none
  double timeout_s = 10;    // a request without answer for so long is lost
  double drain_s = 30;      // how long answers and repetitions are waited for at the end

  // All mistakes at once, one a line; empty if there are none.
  std::string mistakes() const;
  bool settles_requests() const { return verify || !ledger_path.empty(); }
  bool sends_events() const { return mode != LoadMode::decision && mode != LoadMode::report; }
  std::uint32_t events_per_request() const { return mode == LoadMode::batch ? batch_events : 1; }
};

struct LoadReport {
  std::uint64_t seed = 0;
  std::uint64_t requests = 0;    // answered with 2xx
  std::uint64_t events = 0;      // in them
  std::uint64_t accepted = 0;    // as the server said, duplicates included
  std::uint64_t duplicates = 0;  // as the server said
  std::uint64_t rejected = 0;    // single events the server refused
  std::uint64_t errors = 0;      // connections that failed or broke, time-outs, bad answers
  std::uint64_t status_429 = 0;
  std::uint64_t status_503 = 0;
  std::uint64_t status_other = 0;  // neither 2xx nor the two above
  std::uint64_t repeats = 0;       // requests sent again
  std::uint64_t unsent = 0;        // requests that were due before the end but found no connection
  std::uint64_t unsettled = 0;     // events whose outcome is not known
  double elapsed_s = 0;            // of sending
  double events_per_s = 0;         // answered with 2xx
  double requests_per_s = 0;
  double cpu_s = 0;  // our own
  TimeUs p50_us = 0, p99_us = 0, p999_us = 0, max_us = 0;
  bool was_settling = false;  // requests were repeated until they were answered for good
  bool is_verified = false;
  std::uint64_t difference_count = 0;
  std::vector<std::string> differences;  // the first of them

  // Nothing was refused, nothing differs, and nothing failed for good.
  bool is_good() const;
};

}  // namespace adbacus
