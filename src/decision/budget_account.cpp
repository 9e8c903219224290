#include "decision/budget_account.hpp"

#include <algorithm>

namespace adbacus {

void BudgetAccount::settle(std::int64_t amount, std::int64_t bound, std::int64_t delivered,
                           TimeUs now_us, std::uint32_t life_s) {
  const std::int64_t end_s = now_us / kSecondUs - std::min(life_s, kLifeMaxS);
  // After a long pause every slot is emptied once.
  const auto slots = static_cast<std::int64_t>(kSlots);
  for (std::int64_t second = std::max(ended_s_, end_s - slots) + 1; second <= end_s; ++second) {
    const std::int64_t ended = by_second_[slot_of(second)].exchange(0, std::memory_order_relaxed);
    reserved_.fetch_sub(ended, std::memory_order_relaxed);
  }
  ended_s_ = std::max(ended_s_, end_s);
  delivered_.store(delivered, std::memory_order_relaxed);
  amount_.store(amount, std::memory_order_relaxed);
  bound_.store(bound, std::memory_order_relaxed);
}

bool BudgetAccount::reserve(std::int64_t expected, TimeUs now_us) {
  std::int64_t reserved = reserved_.load(std::memory_order_relaxed);
  do {
    const std::int64_t used = delivered() + reserved;
    if (used >= bound() || expected > amount() - used) return false;
  } while (
      !reserved_.compare_exchange_weak(reserved, reserved + expected, std::memory_order_relaxed));
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

BudgetAccount::State BudgetAccount::state() const {
  const std::int64_t used = delivered() + reserved();
  if (used >= amount()) return State::exhausted;
  return used >= bound() ? State::paced : State::open;
}

}  // namespace adbacus
