// Targeting from JSON: {all|any|not: [...]}, leaves {field, op, value}, or a flat map
// {"country": ["DE", "AT"], "device": "mobile"}, of which everything must hold. An operator that is
// about one field implies it: {op: daypart, value} looks at hour_of_week. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "catalog/schema/field.hpp"
#include "catalog/schema/json_node.hpp"
#include "model/targeting.hpp"

namespace adbacus {

struct TargetingLimits {
  int depth_max = 8;
  std::size_t nodes_max = 128;
  std::size_t values_max = 1'000;  // of one leaf
  std::size_t value_bytes_max = 512;
  std::size_t field_bytes_max = 64;
};

enum class TargetingSource : std::uint8_t {
  request,
  // What any version wrote: a condition that cannot hold stays as it is, for a line item whose
  // targeting cannot be read would be for everybody.
  store,
};

// False: something is wrong and was added to `problems`, with pointers below `pointer`.
bool read_targeting(const JsonNode& node, const std::string& pointer, Targeting& out,
                    Problems& problems, TargetingSource source = TargetingSource::request,
                    const TargetingLimits& limits = {});

}  // namespace adbacus
