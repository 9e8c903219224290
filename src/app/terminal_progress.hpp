// One line of progress on stderr, redrawn in place on a terminal and silent in a pipe. One thread.
#pragma once

#include <ostream>
#include <string>

#include "base/clock.hpp"

namespace adbacus {

class TerminalProgress {
 public:
  TerminalProgress(std::ostream& err, Clock& clock, std::string what);
  ~TerminalProgress();  // ends the line
  // Redraws at most ten times a second; `unit` stands behind the numbers.
  void show(std::uint64_t done, std::uint64_t total, const std::string& unit);

 private:
  std::ostream& err_;
  Clock& clock_;
  const std::string what_;
  const bool is_terminal_;
  const TimeUs started_us_;
  TimeUs shown_us_ = 0;
  bool drawn_ = false;
};

}  // namespace adbacus
