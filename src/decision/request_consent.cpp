#include "decision/request_consent.hpp"

#include <algorithm>
#include <array>

namespace adbacus {
namespace {

// Fields of a request; what tells the network tells about the place.
constexpr std::array<std::string_view, 3> kExactPlaces{"ip", "asn", "location"};
constexpr std::array<std::string_view, 5> kPlaces{"country", "region", "city", "metro", "zip"};

template <std::size_t N>
bool is_one_of(std::string_view field, const std::array<std::string_view, N>& fields) {
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

}  // namespace

void apply_consent(const ConsentRules& rules, GdprPlace place, bool unknown_is_inside,
                   AdRequest& ads) {
  const std::uint8_t bits = judge_consent(ads.consent, rules, place, unknown_is_inside);
  if (bits == 0) return;
  if (ads.is_foreign_id && (bits & denied::cross_context) != 0) ads.user_id = {};
  // Nobody is counted for caps who may not be identified, or whose data may not choose ads.
  if ((bits & (denied::identity | denied::selection)) != 0) ads.may_identify = false;
  if ((bits & (denied::identity | denied::personalisation)) != 0) ads.may_personalise = false;
  if (!ads.may_identify) ads.user_id = ads.session_id = {};
  std::erase_if(ads.context, [&](const auto& member) {
    const std::string_view field = member.first;
    if (is_one_of(field, kExactPlaces)) return !ads.may_identify;
    if (is_one_of(field, kPlaces)) return (bits & denied::selection) != 0;
    if (field == "segment" || field == "visitor") return !ads.may_personalise;
    return false;
  });
}

}  // namespace adbacus
