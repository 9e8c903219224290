#include "model/entity_kind.hpp"

namespace adbacus {
namespace {

struct Names {
  std::string_view name;
  std::string_view path;
};

Names names_of(EntityKind kind) {
  switch (kind) {
    case EntityKind::tenant:
      return {"tenant", "tenants"};
    case EntityKind::user:
      return {"user", "users"};
    case EntityKind::advertiser:
      return {"advertiser", "advertisers"};
    case EntityKind::publisher:
      return {"publisher", "publishers"};
    case EntityKind::campaign:
      return {"campaign", "campaigns"};
    case EntityKind::placement:
      return {"placement", "placements"};
    case EntityKind::line_item:
      return {"line_item", "line-items"};
    case EntityKind::creative:
      return {"creative", "creatives"};
    case EntityKind::ad:
      return {"ad", "ads"};
    case EntityKind::experiment:
      return {"experiment", "experiments"};
    case EntityKind::attribution_rule:
      return {"attribution_rule", "attribution-rules"};
    case EntityKind::conversion_type:
      return {"conversion_type", "conversion-types"};
  }
  return {};
}

}  // namespace

std::string_view entity_kind_name(EntityKind kind) {
  return names_of(kind).name;
}

std::string_view entity_kind_path(EntityKind kind) {
  return names_of(kind).path;
}

std::optional<EntityKind> parse_entity_kind(std::string_view name) {
  for (const EntityKind kind : kEntityKinds) {
    if (entity_kind_name(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace adbacus
