#include "access/rate_limiter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/sim_clock.hpp"
#include "base/testing/test_seed.hpp"
#include "counters/registry.hpp"

namespace adbacus {
namespace {

struct Outcome {
  int status = 200;  // 200: it passed
  std::string policy;
  std::string left;
  std::string retry_after;
  std::string body;
};

std::string field(const std::vector<std::pair<std::string, std::string>>& fields,
                  std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

class RateLimiterTest : public ::testing::Test {
 protected:
  RateLimiterTest() : counters_(*open_counters({})) {}

  static http::Principal caller(std::string key, std::string tenant = "1") {
    http::Principal principal;
    principal.key_id = std::move(key);
    principal.tenant = std::move(tenant);
    return principal;
  }
  Outcome call(RateLimiter& limiter, const http::Principal& who, bool is_sparing = false,
               std::string address = "192.0.2.1") {
    http::Request request;
    request.principal = who;
    request.remote_ip = std::move(address);
    return outcome(request, limiter.pass(request, is_sparing));
  }
  static Outcome outcome(const http::Request& request,
                         const std::optional<http::Response>& refusal) {
    Outcome out;
    out.policy = field(request.answer_fields, "RateLimit-Policy");
    out.left = field(request.answer_fields, "RateLimit");
    if (refusal) {
      out.status = refusal->status;
      out.retry_after = field(refusal->headers, "Retry-After");
      out.body = refusal->body;
    }
    return out;
  }

  SimClock clock_{1'700'000'000 * kSecondUs};
  CounterStores counters_;
};

TEST_F(RateLimiterTest, WithoutQuotasNobodyIsCountedOrTold) {
  class Untouched final : public RateLimits {
   public:
    Result<RateAnswer> take(std::span<const RateBucket>, std::uint32_t, TimeUs) override {
      ADD_FAILURE() << "the counters were asked";
      return RateAnswer{};
    }
  };
  Untouched untouched;
  RateLimiter limiter(untouched, clock_, {});
  for (int i = 0; i < 10'000; ++i) {
    const Outcome out = call(limiter, caller("k"));
    ASSERT_EQ(out.status, 200);
    ASSERT_EQ(out.policy, "");
  }
  http::Request request;
  request.remote_ip = "192.0.2.1";
  EXPECT_FALSE(limiter.pass_unknown(request));
}

TEST_F(RateLimiterTest, LetsExactlyTheQuotaThroughAndOneMoreWheneverThereIsRoom) {
  RateLimiter limiter(*counters_.rates, clock_, {.window_s = 60, .key_requests = 10});
  for (int i = 9; i >= 0; --i) {
    const Outcome out = call(limiter, caller("k"));
    EXPECT_EQ(out.status, 200);
    EXPECT_EQ(out.policy, R"("key";q=10;w=60)");
    EXPECT_EQ(out.left, fmt::format(R"("key";r={};t={})", i, (10 - i) * 6));
  }
  const Outcome refused = call(limiter, caller("k"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.retry_after, "6");
  EXPECT_EQ(refused.left, R"("key";r=0;t=60)");
  EXPECT_NE(refused.body.find(R"("code":"rate_limited")"), std::string::npos);
  EXPECT_NE(refused.body.find("10 requests in 60 s"), std::string::npos);
  EXPECT_EQ(call(limiter, caller("other")).status, 200);
  clock_.advance(6 * kSecondUs - 1);
  EXPECT_EQ(call(limiter, caller("k")).status, 429);
  clock_.advance(1);
  EXPECT_EQ(call(limiter, caller("k")).status, 200);
  EXPECT_EQ(call(limiter, caller("k")).status, 429);
  clock_.advance(kHourUs);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(call(limiter, caller("k")).status, 200);
  EXPECT_EQ(call(limiter, caller("k")).status, 429);
}

TEST_F(RateLimiterTest, AQuotaOfTheKeysOwnReplacesTheServers) {
  RateLimiter limiter(*counters_.rates, clock_, {.window_s = 60, .key_requests = 10});
  http::Principal own = caller("k");
  own.quota = 2;
  own.quota_period_s = 1;
  EXPECT_EQ(call(limiter, own).policy, R"("key";q=2;w=1)");
  EXPECT_EQ(call(limiter, own).status, 200);
  EXPECT_EQ(call(limiter, own).status, 429);
  limiter.set_quotas({.page_requests = 0});
  EXPECT_EQ(call(limiter, own).status, 429) << "also where the server has none";
  EXPECT_EQ(call(limiter, caller("other")).policy, "");
}

TEST_F(RateLimiterTest, IngestIsToldOnlyWhenLessThanAFifthIsLeft) {
  RateLimiter limiter(*counters_.rates, clock_, {.window_s = 60, .key_requests = 10});
  for (int left = 9; left >= 0; --left) {
    EXPECT_EQ(call(limiter, caller("k"), true).left.empty(), left >= 2) << left;
  }
  EXPECT_FALSE(call(limiter, caller("k"), true).left.empty());
}

TEST_F(RateLimiterTest, AddressesCountByHostAndUnknownCallersToo) {
  RateLimiter limiter(*counters_.rates, clock_, {.window_s = 60, .address_requests = 3});
  for (const char* address : {"2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:1"}) {
    EXPECT_EQ(call(limiter, caller("k"), false, address).status, 200);
  }
  EXPECT_EQ(call(limiter, caller("k"), false, "2001:db8::3").status, 429);
  EXPECT_EQ(call(limiter, caller("k"), false, "2001:db8:0:1::1").status, 200);
  http::Request unknown;
  unknown.remote_ip = "192.0.2.9";
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.pass_unknown(unknown));
  const auto refused = limiter.pass_unknown(unknown);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(call(limiter, caller("k"), false, "192.0.2.9").status, 429);
}

TEST_F(RateLimiterTest, APublicKeyHasAQuotaPerAddressByDefault) {
  RateLimiter limiter(*counters_.rates, clock_, {});
  http::Principal page = caller("p");
  page.is_public = true;
  for (std::uint32_t i = 0; i < RateQuotas().page_requests; ++i) {
    ASSERT_EQ(call(limiter, page, true).status, 200);
  }
  EXPECT_EQ(call(limiter, page, true).status, 429);
  EXPECT_EQ(call(limiter, page, true, "192.0.2.2").status, 200);
  EXPECT_EQ(call(limiter, caller("secret"), true).status, 200);
}

TEST_F(RateLimiterTest, WithoutCountersNobodyIsLockedOut) {
  class Away final : public RateLimits {
   public:
    Result<RateAnswer> take(std::span<const RateBucket>, std::uint32_t, TimeUs) override {
      return Error{ErrorCode::unavailable, "away"};
    }
  };
  Away away;
  RateLimiter limiter(away, clock_, {.key_requests = 1});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(call(limiter, caller("k")).status, 200);
}

// The arrival times of the standard, kept by name: what a bucket allows, without hashes or shards.
class NaiveBuckets {
 public:
  struct Bucket {
    std::string name;
    TimeUs interval_us;
    std::int64_t quota;
  };
  // False: nothing is taken; `retry_us` is how long whoever is refused has to wait.
  bool take(const std::vector<Bucket>& buckets, TimeUs now_us, TimeUs& retry_us) {
    for (const Bucket& bucket : buckets) {
      const TimeUs arrival = std::max(arrival_us_[bucket.name], now_us) + bucket.interval_us;
      retry_us = arrival - now_us - bucket.interval_us * bucket.quota;
      if (retry_us > 0) return false;
    }
    for (const Bucket& bucket : buckets) {
      TimeUs& arrival = arrival_us_[bucket.name];
      arrival = std::max(arrival, now_us) + bucket.interval_us;
    }
    return true;
  }

 private:
  std::map<std::string, TimeUs> arrival_us_;
};

TEST_F(RateLimiterTest, APublicKeyThatAsksForAdsAlwaysHasAQuotaPerAddress) {
  RateLimiter limiter(*counters_.rates, clock_, {.page_requests = 0});
  http::Principal page = caller("p");
  page.is_public = true;
  page.scopes = http::scope_ingest;
  for (std::uint32_t i = 0; i <= RateQuotas().page_requests; ++i) {
    ASSERT_EQ(call(limiter, page, true).status, 200);
  }
  page.scopes = http::scope_decide;
  page.key_id = "q";
  for (std::uint32_t i = 0; i < RateQuotas().page_requests; ++i) {
    ASSERT_EQ(call(limiter, page, true).status, 200);
  }
  EXPECT_EQ(call(limiter, page, true).status, 429);
  limiter.set_quotas({.page_requests = 10});
  page.key_id = "r";
  for (int i = 0; i < 10; ++i) ASSERT_EQ(call(limiter, page, true).status, 200);
  EXPECT_EQ(call(limiter, page, true).status, 429);
}

TEST_F(RateLimiterTest, EveryBucketHasToAllowItAndARefusalTakesFromNone) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
  Rng rng(seed);
  RateLimiter limiter(*counters_.rates, clock_,
                      {.window_s = 60,
                       .key_requests = 12,
                       .user_requests = 10,
                       .tenant_requests = 30,
                       .address_requests = 20});
  NaiveBuckets naive;
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = std::to_string(rng.below(6));
    http::Principal who = caller("k" + name, std::to_string(rng.below(2)));
    if (rng.below(2) == 0) who.user_id = "u" + std::to_string(rng.below(3));
    const std::string address = fmt::format("192.0.2.{}", rng.below(4));
    std::vector<NaiveBuckets::Bucket> buckets{{"key " + who.key_id, 5 * kSecondUs, 12}};
    if (!who.user_id.empty()) {
      buckets.push_back({"user " + who.tenant + who.user_id, 6 * kSecondUs, 10});
    }
    buckets.push_back({"tenant " + who.tenant, 2 * kSecondUs, 30});
    buckets.push_back({"address " + address, 3 * kSecondUs, 20});
    TimeUs retry_us = 0;
    const bool expected = naive.take(buckets, clock_.mono_us(), retry_us);
    const Outcome out = call(limiter, who, false, address);
    ASSERT_EQ(out.status, expected ? 200 : 429) << i;
    if (!expected) {
      ++refused;
      ASSERT_EQ(out.retry_after, std::to_string((retry_us + kSecondUs - 1) / kSecondUs)) << i;
    }
    clock_.advance(static_cast<TimeUs>(rng.below(kSecondUs)));
  }
  EXPECT_GT(refused, 1'000);
  EXPECT_LT(refused, 19'000);
}

}  // namespace
}  // namespace adbacus
