#include "access/sign_in_guard.hpp"

#include <algorithm>

namespace adbacus {
namespace {

constexpr std::size_t kNamesMax = 100'000;
constexpr std::uint32_t kDoublingsMax = 20;

RateBucket bucket_of(const char* kind, const std::string& id, std::uint32_t quota,
                     std::uint32_t period_s) {
  return {hash128(id, hash64(kind, 0)), quota, period_s};
}

}  // namespace

TimeUs SignInGuard::begin(const std::string& address, const std::string& name) {
  const TimeUs now_us = clock_.mono_us();
  {
    const std::lock_guard lock(mutex_);
    const auto found = failures_.find(name);
    if (found != failures_.end() && now_us < found->second.not_before_us) {
      return found->second.not_before_us - now_us;
    }
  }
  const RateBucket buckets[] = {
      bucket_of("sign-in address", address, options_.of_address, options_.window_s),
      bucket_of("sign-in name", name, options_.of_name, options_.window_s)};
  const auto answer = limits_.take(buckets, 1, now_us);
  if (!answer) return kSecondUs;  // without counters nobody guesses
  return answer->is_allowed ? 0 : std::max<TimeUs>(answer->retry_after_us, 1);
}

void SignInGuard::failed(const std::string& name) {
  const TimeUs now_us = clock_.mono_us();
  const std::lock_guard lock(mutex_);
  if (failures_.size() >= kNamesMax) make_room();
  Failures& failures = failures_[name];
  ++failures.count;
  if (failures.count <= options_.free_failures) return;
  const std::uint32_t doublings =
      std::min(failures.count - options_.free_failures - 1, kDoublingsMax);
  failures.not_before_us = now_us + std::min<TimeUs>(kSecondUs << doublings, options_.wait_max_us);
}

void SignInGuard::succeeded(const std::string& name) {
  const std::lock_guard lock(mutex_);
  failures_.erase(name);
}

// Names whose wait is over go; an attacker who fills the table with names gains tries at none of
// them beyond those of its bucket.
void SignInGuard::make_room() {
  const TimeUs now_us = clock_.mono_us();
  std::erase_if(failures_, [&](const auto& row) { return row.second.not_before_us <= now_us; });
  if (failures_.size() >= kNamesMax) failures_.clear();
}

}  // namespace adbacus
