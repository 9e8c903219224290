#include "decision/geo_fields.hpp"

#include <string>

namespace adbacus {
GdprPlace complete_geo_fields(const GeoSnapshot& geo, const RequestFields& fields, AdRequest& ads) {
  const std::string_view* const said_ip = context_value(ads, "ip");
  const auto address = http::PeerAddress::parse(said_ip != nullptr ? *said_ip : ads.device_ip);
  if (!address) return GdprPlace::unknown;
  thread_local GeoPlace place;
  thread_local std::string asn;
  place = find_place(geo, *address);
  asn = place.asn == 0 ? std::string() : std::to_string(place.asn);
  const std::string_view* const said = context_value(ads, "country");
  const bool is_there = said == nullptr || *said == place.country.view();
  const auto add = [&](std::string_view field, std::string_view value) {
    const bool is_wanted =
        !value.empty() && fields.find(field) && context_value(ads, field) == nullptr;
    if (is_wanted) ads.context.emplace_back(field, value);
  };
  if (is_there) {
    add("region", place.region.view());
    add("city", place.city.view());
  }
  add("country", place.country.view());
  add("asn", asn);
  return gdpr_place(place.country.view());
}

}  // namespace adbacus
