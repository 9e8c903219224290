// The kinds of objects a tenant's catalog holds, and how they are called: in the singular
// ("line_item" in audit entries and references) and as part of a path ("line-items"). Pure,
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace adbacus {

// Numbers are stored; they are never reused.
enum class EntityKind : std::uint8_t {
  tenant = 1,
  user,
  advertiser,
  publisher,
  campaign,
  placement,
  line_item,
  creative,
  ad,
  experiment,
  attribution_rule,
  conversion_type,
};

inline constexpr std::array<EntityKind, 12> kEntityKinds{EntityKind::tenant,
                                                         EntityKind::user,
                                                         EntityKind::advertiser,
                                                         EntityKind::publisher,
                                                         EntityKind::campaign,
                                                         EntityKind::placement,
                                                         EntityKind::line_item,
                                                         EntityKind::creative,
                                                         EntityKind::ad,
                                                         EntityKind::experiment,
                                                         EntityKind::attribution_rule,
                                                         EntityKind::conversion_type};

std::string_view entity_kind_name(EntityKind kind);  // "line_item"
std::string_view entity_kind_path(EntityKind kind);  // "line-items"
std::optional<EntityKind> parse_entity_kind(std::string_view name);

}  // namespace adbacus
