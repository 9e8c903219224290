#include "access/rate_limiter.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <span>
#include <string>

#include "http/peers.hpp"

namespace adbacus {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr std::uint32_t kSparingShare = 5;  // told when less than a fifth is left

// What one caller has of the address space.
std::string address_of(const http::Request& request) {
  const auto address = http::PeerAddress::parse(request.remote_ip);
  return address ? http::counting_key(*address).text() : request.remote_ip;
}

std::int64_t whole_seconds(TimeUs duration_us) {
  return (duration_us + kSecondUs - 1) / kSecondUs;
}

std::string policy_text(std::span<const RateBucket> buckets,
                        std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}\"{}\";q={};w={}", text.empty() ? "" : ", ",
                   names[i], buckets[i].quota, buckets[i].period_s);
  }
  return text;
}

}  // namespace

RateLimiter::RateLimiter(RateLimits& limits, Clock& clock, const RateQuotas& quotas)
    : limits_(limits), clock_(clock) {
  set_quotas(quotas);
}

void RateLimiter::set_quotas(const RateQuotas& quotas) {
  window_s_.store(std::max(quotas.window_s, 1U), kRelaxed);
  key_requests_.store(quotas.key_requests, kRelaxed);
  user_requests_.store(quotas.user_requests, kRelaxed);
  tenant_requests_.store(quotas.tenant_requests, kRelaxed);
  address_requests_.store(quotas.address_requests, kRelaxed);
  page_requests_.store(quotas.page_requests, kRelaxed);
  has_quotas_.store(quotas.key_requests != 0 || quotas.user_requests != 0 ||
                        quotas.tenant_requests != 0 || quotas.address_requests != 0,
                    kRelaxed);
}

void RateLimiter::Buckets::add(std::string_view kind, std::string_view id, std::uint32_t quota,
                               std::uint32_t period_s) {
  if (quota == 0 || id.empty()) return;
  // The kind is part of the key, so that a user and a tenant of one name do not share.
  bucket[count] = {hash128(id, hash64(kind, 0)), quota, period_s};
  name[count] = kind;
  ++count;
}

// Decisions use up budgets at once: what asks for them from pages always has a quota.
std::uint32_t RateLimiter::page_quota(const http::Principal& caller) const {
  const std::uint32_t quota = page_requests_.load(kRelaxed);
  const bool must_have = (caller.scopes & http::scope_decide) != 0;
  return quota == 0 && must_have ? RateQuotas().page_requests : quota;
}

std::optional<http::Response> RateLimiter::pass(http::Request& request, bool is_sparing) {
  const http::Principal& caller = request.principal;
  if (!has_quotas_.load(kRelaxed) && caller.quota == 0 && !caller.is_public) return std::nullopt;
  const std::uint32_t window_s = window_s_.load(kRelaxed);
  Buckets buckets;
  if (caller.quota != 0) {
    buckets.add("key", caller.key_id, caller.quota, caller.quota_period_s);
  } else {
    buckets.add("key", caller.key_id, key_requests_.load(kRelaxed), window_s);
  }
  if (!caller.user_id.empty()) {
    buckets.add("user", caller.tenant + '/' + caller.user_id, user_requests_.load(kRelaxed),
                window_s);
  }
  buckets.add("tenant", caller.tenant, tenant_requests_.load(kRelaxed), window_s);
  const std::uint32_t of_address = address_requests_.load(kRelaxed);
  const std::uint32_t of_page = caller.is_public ? page_quota(caller) : 0;
  if (of_address != 0 || of_page != 0) {
    const std::string address = address_of(request);
    buckets.add("address", address, of_address, window_s);
    buckets.add("page", caller.key_id + '/' + address, of_page, window_s);
  }
  return take(request, buckets, is_sparing);
}

std::optional<http::Response> RateLimiter::pass_unknown(http::Request& request) {
  const std::uint32_t of_address = address_requests_.load(kRelaxed);
  if (of_address == 0) return std::nullopt;
  Buckets buckets;
  buckets.add("address", address_of(request), of_address, window_s_.load(kRelaxed));
  return take(request, buckets, false);
}

std::optional<http::Response> RateLimiter::take(http::Request& request, const Buckets& buckets,
                                                bool is_sparing) {
  if (buckets.count == 0) return std::nullopt;
  const std::span<const RateBucket> all(buckets.bucket.data(), buckets.count);
  const auto answer = limits_.take(all, 1, clock_.mono_us());
  if (!answer) return std::nullopt;  // without counters nobody is locked out
  const RateBucket& tightest = all[answer->tightest];
  const std::string_view name = buckets.name[answer->tightest];
  const bool has_plenty =
      std::uint64_t{answer->left} * kSparingShare >= std::uint64_t{tightest.quota};
  if (answer->is_allowed && is_sparing && has_plenty) return std::nullopt;
  request.answer_fields.emplace_back("RateLimit-Policy",
                                     policy_text(all, {buckets.name.data(), buckets.count}));
  request.answer_fields.emplace_back(
      "RateLimit",
      fmt::format("\"{}\";r={};t={}", name, answer->left, whole_seconds(answer->full_after_us)));
  if (answer->is_allowed) return std::nullopt;
  http::Response refusal =
      http::problem(request, 429, "rate_limited",
                    fmt::format("The quota of this {}, {} requests in {} s, is used up.", name,
                                tightest.quota, tightest.period_s));
  refusal.headers.emplace_back("Retry-After", std::to_string(std::max<std::int64_t>(
                                                  whole_seconds(answer->retry_after_us), 1)));
  return refusal;
}

}  // namespace adbacus
