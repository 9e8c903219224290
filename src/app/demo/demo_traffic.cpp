#include "app/demo/demo_traffic.hpp"

#include <array>
#include <fmt/format.h>

namespace adbacus {

struct DemoTraffic::Campaign {
  int id;
  double weight;  // share of impressions
  double click_rate;
  double conversion_rate;  // of clicks
  int value_cents;         // typical order
  const char* source;
};

namespace {

constexpr std::size_t kUsers = 4000;
constexpr std::array<const char*, 6> kCountries{"DE", "AT", "CH", "FR", "NL", "GB"};
constexpr std::array<const char*, 3> kDevices{"mobile", "desktop", "tablet"};
constexpr std::array<const char*, 4> kBrowsers{"Chrome", "Safari", "Firefox", "Edge"};
constexpr std::array<const char*, 4> kRooms{"bedroom", "kitchen", "living_room", "bathroom"};
// Share of a day's traffic by UTC hour, in thousandths: a quiet night, a long evening.
constexpr std::array<int, 24> kHourWeight{18, 12, 9,  8,  9,  14, 24, 36, 44, 48, 50, 51,
                                          52, 50, 48, 48, 51, 57, 65, 72, 74, 68, 52, 40};
constexpr int kHourWeightMax = 74;

}  // namespace

void DemoTraffic::add(std::string& out, const char* type, const Campaign& campaign,
                      const std::string& user, TimeUs time_us, std::int64_t value_cents) {
  const TimeUs ms = time_us / kMillisecondUs;
  out += out.size() > 1 ? "," : "";
  fmt::format_to(std::back_inserter(out),
                 R"({{"event_id":"{}","event_type":"{}","ts":{},"user_id":"{}",)"
                 R"("campaign_id":{},"line_item_id":{},"creative_id":{},"placement_id":{},)"
                 R"("source":"{}")",
                 uuid_v7(ms, rng_.next(), rng_.next()), type, ms, user, campaign.id,
                 campaign.id * 10 + 1, campaign.id * 100 + static_cast<int>(rng_.below(3)),
                 1 + static_cast<int>(rng_.below(4)), campaign.source);
  if (value_cents > 0) {
    fmt::format_to(std::back_inserter(out),
                   R"(,"type":"purchase","value_cents":{},"transaction_id":"o-{:x}")", value_cents,
                   rng_.next());
  }
  fmt::format_to(
      std::back_inserter(out),
      R"(,"metadata":{{"device":"{}","country":"{}","browser":"{}","room_type":"{}"}}}})",
      kDevices[rng_.below(kDevices.size())], kCountries[rng_.below(kCountries.size())],
      kBrowsers[rng_.below(kBrowsers.size())], kRooms[rng_.below(kRooms.size())]);
  ++events_;
}

std::string DemoTraffic::batch(TimeUs from_us, TimeUs to_us, std::size_t impressions) {
  static constexpr std::array<Campaign, 6> kCampaigns{
      Campaign{101, 0.34, 0.011, 0.020, 4900, "google"},
      Campaign{102, 0.22, 0.019, 0.031, 12900, "facebook"},
      Campaign{103, 0.18, 0.007, 0.045, 8900, "newsletter"},
      Campaign{104, 0.14, 0.024, 0.012, 2900, "google"},
      Campaign{105, 0.08, 0.015, 0.060, 34900, "partner"},
      Campaign{106, 0.04, 0.031, 0.025, 6900, "facebook"}};
  std::string out = "[";
  for (std::size_t i = 0; i < impressions; ++i) {
    TimeUs time = from_us;
    for (int tries = 0; tries < 32; ++tries) {  // rejection sampling of the daily curve
      time = from_us + static_cast<TimeUs>(rng_.below(static_cast<std::uint64_t>(to_us - from_us)));
      const auto hour = static_cast<std::size_t>(floor_to(time, kHourUs) / kHourUs % 24);
      if (static_cast<int>(rng_.below(kHourWeightMax)) < kHourWeight[hour]) break;
    }
    double draw = rng_.unit();
    const Campaign* campaign = kCampaigns.data();
    for (const Campaign& candidate : kCampaigns) {
      campaign = &candidate;
      draw -= candidate.weight;
      if (draw < 0) break;
    }
    const std::string user = fmt::format("visitor-{}", rng_.below(kUsers));
    add(out, "impression", *campaign, user, time, 0);
    if (rng_.unit() >= campaign->click_rate) continue;
    const TimeUs click = time + static_cast<TimeUs>(rng_.below(60)) * kSecondUs;
    if (click >= to_us) continue;
    add(out, "click", *campaign, user, click, 0);
    if (rng_.unit() >= campaign->conversion_rate) continue;
    const TimeUs conversion = click + static_cast<TimeUs>(rng_.below(3600)) * kSecondUs;
    if (conversion >= to_us) continue;
    const auto value =
        static_cast<std::int64_t>(static_cast<double>(campaign->value_cents) * (0.5 + rng_.unit()));
    add(out, "conversion", *campaign, user, conversion, value);
  }
  out += "]";
  return out;
}

}  // namespace adbacus
