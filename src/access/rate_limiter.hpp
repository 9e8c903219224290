// Quotas by key, user, tenant and address: how many requests each may make in a while. Built by the
// service between the router and the counters; thread-safe. Without any quota a request costs two
// reads of memory that nobody writes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "counters/counters.hpp"
#include "http/rate_gate.hpp"

namespace adbacus {

// Requests in window_s seconds; 0: no quota. A key may have one of its own (ApiKey::quota).
struct RateQuotas {
  std::uint32_t window_s = 60;
  std::uint32_t key_requests = 0;
  std::uint32_t user_requests = 0;
  std::uint32_t tenant_requests = 0;
  std::uint32_t address_requests = 0;   // IPv4 address or IPv6 /64
  std::uint32_t page_requests = 6'000;  // public key and address: the key is there for all to read
};

class RateLimiter final : public http::RateGate {
 public:
  // Both must outlive the object.
  RateLimiter(RateLimits& limits, Clock& clock, const RateQuotas& quotas);
  void set_quotas(const RateQuotas& quotas);
  std::optional<http::Response> pass(http::Request& request, bool is_sparing) override;
  std::optional<http::Response> pass_unknown(http::Request& request) override;

 private:
  static constexpr std::size_t kKinds = 5;
  struct Buckets {
    std::array<RateBucket, kKinds> bucket;
    std::array<std::string_view, kKinds> name;
    std::size_t count = 0;
    void add(std::string_view kind, std::string_view id, std::uint32_t quota,
             std::uint32_t period_s);
  };
  std::uint32_t page_quota(const http::Principal& caller) const;
  std::optional<http::Response> take(http::Request& request, const Buckets& buckets,
                                     bool is_sparing);

  RateLimits& limits_;
  Clock& clock_;
  // Each is read for itself: a request between two quotas is judged by either.
  std::atomic<bool> has_quotas_{false};
  std::atomic<std::uint32_t> window_s_{60};
  std::atomic<std::uint32_t> key_requests_{0};
  std::atomic<std::uint32_t> user_requests_{0};
  std::atomic<std::uint32_t> tenant_requests_{0};
  std::atomic<std::uint32_t> address_requests_{0};
  std::atomic<std::uint32_t> page_requests_{0};
};

}  // namespace adbacus
