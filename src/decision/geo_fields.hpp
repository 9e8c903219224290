// Where the address of a request is, for a request that does not say. Called before deciding, on
// the thread that decides.
#pragma once

#include "decision/ad_request.hpp"
#include "decision/attributes.hpp"
#include "enrich/geo/geo_tables.hpp"

namespace adbacus {

// Adds to the request's context which of country, region, city and asn it lacks and `fields` has;
// region and city only inside the country that it names. The texts are valid until the thread's
// next call. Answers whether the address is where GDPR applies.
GdprPlace complete_geo_fields(const GeoSnapshot& geo, const RequestFields& fields, AdRequest& ads);

}  // namespace adbacus
