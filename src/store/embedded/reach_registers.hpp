// HyperLogLog registers as the store keeps them: sorted `index << 8 | rank` numbers, four
// little-endian bytes each, merged by maximum. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/sketch/hyperloglog.hpp"

namespace adbacus {

class ReachRegisters {
 public:
  // Impossible registers are ignored.
  void merge(std::span<const std::uint32_t> registers);
  std::int64_t estimate() const;  // distinct users, rounded

 private:
  HyperLogLog sketch_;
};

// The registers of one series and hour as a blob, from any number of lists, sorted or not.
std::string reach_blob(std::vector<std::uint32_t> registers);
// corrupt: not a whole number of registers.
Result<std::vector<std::uint32_t>> reach_registers(std::string_view blob);

}  // namespace adbacus
