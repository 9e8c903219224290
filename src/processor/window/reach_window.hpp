// Distinct users per traffic series and UTC hour, as HyperLogLog registers that rose since the last
// take(). Merging is by maximum, so emitting a register again after a restart changes nothing and
// the window needs no recovery. Memory is bounded: beyond the cap all sketches are dropped and
// simply start over. Owned by one thread.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "store/fact_batch.hpp"

namespace adbacus {

class ReachWindow {
 public:
  static constexpr unsigned kPrecision = 12;  // 4,096 registers, standard error 1.6 %

  void add(SeriesId series, TimeUs event_time_us, std::string_view packed_user_id);
  std::vector<ReachDelta> take();

 private:
  static constexpr std::size_t kSketchesMax = 20'000;  // 80 MB
  static constexpr std::size_t kRegisters = 1U << kPrecision;
  struct Sketch {
    SeriesId series = 0;
    Period hour = 0;
    std::vector<std::uint8_t> ranks;     // kRegisters of them
    std::vector<std::uint16_t> changed;  // registers that rose since take(), each once
    std::vector<bool> is_changed;
  };
  Sketch& sketch(SeriesId series, Period hour);

  std::vector<Sketch> sketches_;
  std::unordered_map<std::uint64_t, std::uint32_t> index_;  // series << 32 | hour -> sketch
  std::vector<std::uint32_t> touched_;                      // sketches with changes
  std::vector<std::uint32_t> last_;                         // by series: last sketch used + 1
};

}  // namespace adbacus
