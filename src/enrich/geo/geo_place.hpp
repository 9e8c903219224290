// Where an address is, as a file of networks says. Values, free of threads.
#pragma once

#include <cstdint>

#include "enrich/agent/agent_facts.hpp"

namespace adbacus {

// Empty and 0: not known.
struct GeoPlace {
  SmallText<2> country;  // ISO 3166-1 alpha-2
  SmallText<7> region;   // ISO 3166-2 without the country: "BE", "CA"
  SmallText<63> city;    // in English
  std::uint32_t asn = 0;
  friend bool operator==(const GeoPlace&, const GeoPlace&) = default;
};

}  // namespace adbacus
