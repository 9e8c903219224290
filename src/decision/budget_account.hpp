// What one budget or goal has left. The statistics say what was delivered, every second; between
// two of them decisions reserve what they will probably cost, so that no burst overspends. A
// reservation ends after `life_s`: by then its impression has come, and is in the statistics, or
// comes too late to cost anything.
//
// Never more than `amount` is reserved and delivered together. What can still go over: costs that
// come later than their reservation lasts (clicks and conversions of decisions that were handed out
// before), and the reservations a killed process forgets. docs/decisions/0012 has the bound.
//
// Amounts are micros, of money or of a count (one impression = 1,000,000).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/clock.hpp"
#include "model/campaign.hpp"

namespace adbacus {

inline constexpr std::int64_t kOneCount = 1'000'000;

// How much of an amount may be used by now, for line items of each PacingMode.
using PacingBounds = std::array<std::int64_t, 3>;

class BudgetAccount {
 public:
  static constexpr std::uint32_t kLifeMaxS = 120;

  // Sets what may be used from now on; called about once a second, by one thread. `delivered` is
  // what the statistics say, `bounds` how much of `amount` pacing allows by now. Reservations made
  // at least `life_s` seconds ago end; some minutes later if nobody settled for minutes, never
  // earlier. All times are monotonic: a wall clock that is set ends nothing.
  void settle(std::int64_t amount, const PacingBounds& bounds, std::int64_t delivered,
              TimeUs now_us, std::uint32_t life_s);
  // Thread-safe, as all that follows. False, and nothing is reserved: the amount or pacing forbids
  // it to line items of this mode.
  bool reserve(std::int64_t expected, PacingMode mode, TimeUs now_us);
  // A reservation made in the same second or a little earlier did not lead to a decision.
  void release(std::int64_t expected, TimeUs reserved_us);
  // Reserves whatever is left: for a decision that another process made. Used at start.
  void restore(std::int64_t expected, TimeUs reserved_us);

  enum class State : std::uint8_t { open, paced, exhausted };
  // As of the last settle() and all reservations since, for the cheapest use.
  State state(PacingMode mode) const;
  std::int64_t amount() const { return amount_.load(std::memory_order_relaxed); }
  std::int64_t bound(PacingMode mode) const {
    return bounds_[static_cast<std::size_t>(mode)].load(std::memory_order_relaxed);
  }
  std::int64_t delivered() const { return delivered_.load(std::memory_order_relaxed); }
  std::int64_t reserved() const { return reserved_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kSlots = 256;  // seconds; a power of two above kLifeMaxS
  static std::size_t slot_of(std::int64_t second) {
    return static_cast<std::size_t>(second) % kSlots;
  }

  void end_reservations(std::int64_t now_s, std::int64_t life_s);

  std::atomic<std::int64_t> amount_{0};
  std::array<std::atomic<std::int64_t>, std::tuple_size_v<PacingBounds>> bounds_{};
  std::atomic<std::int64_t> delivered_{0};
  std::atomic<std::int64_t> reserved_{0};
  std::array<std::atomic<std::int64_t>, kSlots> by_second_{};
  // A machine may have been up for less than a reservation lasts.
  std::int64_t ended_s_ = -static_cast<std::int64_t>(
      kSlots);  // seconds up to here are no longer reserved; of the settling thread
};

}  // namespace adbacus
