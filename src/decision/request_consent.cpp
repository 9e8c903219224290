#include "decision/request_consent.hpp"

namespace adbacus {

void apply_consent(const ConsentRules& rules, GdprPlace place, bool unknown_is_inside,
                   AdRequest& ads) {
  const std::uint8_t bits = judge_consent(ads.consent, rules, place, unknown_is_inside);
  if (bits == 0) return;
  // Nobody is counted for caps who may not be identified, or whose data may not choose ads.
  if ((bits & (denied::identity | denied::selection)) != 0) ads.may_identify = false;
  if ((bits & (denied::identity | denied::personalisation)) != 0) ads.may_personalise = false;
  if (!ads.may_identify) ads.user_id = ads.session_id = {};
  std::erase_if(ads.context, [&](const auto& member) {
    const std::string_view field = member.first;
    if (field == "ip" || field == "location") return !ads.may_identify;
    if (field == "segment" || field == "visitor") return !ads.may_personalise;
    return false;
  });
}

}  // namespace adbacus
