// What every event log backend promises, as a table of cases: a backend's test runs each against a
// harness that opens a fresh log. A new backend is a new harness, not a new suite.
#pragma once

#include <memory>
#include <span>

#include "eventlog/event_log.hpp"

namespace adbacus {

class LogHarness {
 public:
  virtual ~LogHarness() = default;
  // The same log each time; the one before was closed and destroyed.
  virtual Result<std::unique_ptr<EventLog>> open() = 0;
  // The answer to append() knows duplicates (a log that is decided elsewhere does not).
  virtual bool tells_duplicates() const = 0;
  virtual void step_wall_clock(TimeUs us) = 0;
};

struct LogContractCase {
  const char* name;                  // reads as a sentence
  void (*run)(LogHarness& harness);  // gtest expectations
};
std::span<const LogContractCase> log_contract_cases();
std::span<const LogContractCase> control_contract_cases();

}  // namespace adbacus
