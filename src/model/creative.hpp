// What is shown, and where: creatives, ads and placements, and the publishers and advertisers they
// belong to. Plain values; an empty text or no value means "not set".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/campaign.hpp"

namespace adbacus {

struct Advertiser {
  std::string name = {};
  std::string domain = {};                   // where its ads lead, for blocking by domain
  std::vector<std::string> categories = {};  // IAB content categories; one page shows each once
  std::vector<FrequencyCap> caps = {};       // over all its campaigns
  bool operator==(const Advertiser&) const = default;
};

struct Publisher {
  std::string name = {};
  std::string domain = {};
  bool operator==(const Publisher&) const = default;
};

struct AdSize {
  std::int64_t w = 0;  // CSS px
  std::int64_t h = 0;
  bool operator==(const AdSize&) const = default;
};

struct Placement {
  std::string key = {};  // what a page asks for; unique in its tenant
  std::string name = {};
  std::string publisher_id = {};
  std::vector<AdSize> sizes = {};          // empty: any
  std::optional<std::int64_t> floor = {};  // micros per 1,000 impressions
  bool operator==(const Placement&) const = default;
};

struct Creative {
  std::string name = {};
  std::string line_item_id = {};
  SwitchStatus status = SwitchStatus::active;
  std::string product_sku = {};
  std::string image_url = {};
  std::string landing_url = {};
  std::string markup = {};             // HTML or native JSON, as it is sent to the page
  std::optional<std::int64_t> w = {};  // CSS px; unknown fits any slot
  std::optional<std::int64_t> h = {};
  std::int64_t weight = 100;  // share among the line item's creatives; 0: never
  std::vector<FrequencyCap> caps = {};
  bool operator==(const Creative&) const = default;
};

enum class AdType : std::uint8_t { display, native, video, audio, text };

// The smallest thing that is reported; its id is the ad_id of events.
struct Ad {
  std::string name = {};
  std::string campaign_id = {};
  std::string creative_id = {};
  AdType ad_type = AdType::display;
  SwitchStatus status = SwitchStatus::active;
  std::vector<FrequencyCap> caps = {};
  bool operator==(const Ad&) const = default;
};

}  // namespace adbacus
