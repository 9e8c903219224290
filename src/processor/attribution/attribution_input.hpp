// From events of the log to entries of the Attributor. Owned by the fold.
#pragma once

#include <optional>
#include <string>

#include "model/event_codec.hpp"
#include "processor/attribution/attributor.hpp"

namespace adbacus {

// nullopt: neither a touch nor a conversion.
std::optional<TouchKind> touch_kind(EventType type);

// The hashes under which an event is found; where privacy signals forbid measurement or identity
// only that of its decision. Of one user's id in two tenants they differ.
class AttributionKeyMaker {
 public:
  AttributionKeys keys_of(const PackedEvent& event);

 private:
  std::string tenant_;  // packed
  std::uint64_t tenant_seed_ = 0;
};

// What is kept of a conversion beside its time and series: what it counts as.
struct ConversionWorth {
  Counter64 counter = Counter64::conversions;  // that it adds one to
  bool is_counted = false;                     // else it adds to no counter
  std::int64_t value_micros = 0;
  static ConversionWorth of(const PackedEvent& event, std::string_view conversion_type);
  std::string packed() const;
  static ConversionWorth unpacked(std::string_view text);
  friend bool operator==(const ConversionWorth&, const ConversionWorth&) = default;
};

}  // namespace adbacus
