#include "model/campaign.hpp"

namespace adbacus {

bool may_follow(LifeStatus before, LifeStatus after) {
  if (before == after) return true;
  switch (before) {
    case LifeStatus::draft:
      return true;
    case LifeStatus::active:
    case LifeStatus::paused:
      return after != LifeStatus::draft;
    case LifeStatus::ended:
      return false;
  }
  return false;
}

std::int64_t price_of(const LineItem& item) {
  constexpr std::int64_t kPerMille = 1000;
  const std::int64_t bid = item.bid.value_or(0);
  return item.pricing == Pricing::cpm ? bid / kPerMille : bid;
}

}  // namespace adbacus
