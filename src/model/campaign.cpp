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

}  // namespace adbacus
