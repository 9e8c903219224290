#include "decision/budget_account.hpp"

#include <algorithm>

namespace adbacus {

void BudgetAccount::settle(std::int64_t amount, const PacingBounds& bounds, std::int64_t delivered,
                           TimeUs now_us, std::uint32_t life_s) {
  // What was delivered is told before the reservations for it end, and a smaller amount before
  // anything gets free, so that nobody sees more left than there is.
  amount_.store(std::min(amount, this->amount()));
  for (std::size_t mode = 0; mode < bounds.size(); ++mode) {
    bounds_[mode].store(std::min(bounds[mode], bounds_[mode].load()));
  }
  delivered_.store(delivered);
  end_reservations(now_us / kSecondUs, std::min(life_s, kLifeMaxS));
  amount_.store(amount);
  for (std::size_t mode = 0; mode < bounds.size(); ++mode) bounds_[mode].store(bounds[mode]);
}

void BudgetAccount::end_reservations(std::int64_t now_s, std::int64_t life_s) {
  const auto slots = static_cast<std::int64_t>(kSlots);
  const std::int64_t end_s = now_s - life_s;
  // After a long pause, seconds that share a slot with later ones end with those.
  for (std::int64_t second = std::max(ended_s_, now_s - slots) + 1; second <= end_s; ++second) {
    reserved_.fetch_sub(by_second_[slot_of(second)].exchange(0));
  }
  ended_s_ = std::max(ended_s_, end_s);
}

bool BudgetAccount::reserve(std::int64_t expected, PacingMode mode, TimeUs now_us) {
  std::int64_t reserved = reserved_.load();
  do {
    const std::int64_t used = delivered_.load() + reserved;
    if (used >= bound(mode) || expected > amount() - used) return false;
  } while (!reserved_.compare_exchange_weak(reserved, reserved + expected));
  by_second_[slot_of(now_us / kSecondUs)].fetch_add(expected, std::memory_order_relaxed);
  return true;
}

void BudgetAccount::release(std::int64_t expected, TimeUs reserved_us) {
  by_second_[slot_of(reserved_us / kSecondUs)].fetch_sub(expected, std::memory_order_relaxed);
  reserved_.fetch_sub(expected, std::memory_order_relaxed);
}

void BudgetAccount::restore(std::int64_t expected, TimeUs reserved_us) {
  by_second_[slot_of(reserved_us / kSecondUs)].fetch_add(expected, std::memory_order_relaxed);
  reserved_.fetch_add(expected, std::memory_order_relaxed);
}

BudgetAccount::State BudgetAccount::state(PacingMode mode) const {
  const std::int64_t used = delivered() + reserved();
  if (used >= amount()) return State::exhausted;
  return used >= bound(mode) ? State::paced : State::open;
}

}  // namespace adbacus
