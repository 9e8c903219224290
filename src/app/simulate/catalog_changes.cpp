#include "app/simulate/catalog_changes.hpp"

#include <array>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "catalog/schema/field_reader.hpp"
#include "catalog/schema/stored.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kAll = "*";
// What decisions are made of.
constexpr std::array kKinds{EntityKind::tenant,    EntityKind::advertiser, EntityKind::campaign,
                            EntityKind::placement, EntityKind::line_item,  EntityKind::creative,
                            EntityKind::ad,        EntityKind::experiment};

Error usage(const std::string& place, const std::string& message) {
  return {ErrorCode::invalid_argument, place + ": " + message};
}

Result<EntityKind> read_kind(std::string_view name, const std::string& place) {
  for (const EntityKind kind : kKinds) {
    if (entity_kind_name(kind) == name) return kind;
  }
  std::string known;
  for (const EntityKind kind : kKinds) known += fmt::format(" {}", entity_kind_name(kind));
  return usage(place, fmt::format("'{}' is none of{}", name, known));
}

JsonNode text_node(std::string text) {
  JsonNode node;
  node.type = JsonNode::Type::text;
  node.text = std::move(text);
  return node;
}

// A value as JSON if it is that, else as a text.
JsonNode value_of(const std::string& text) {
  auto wrapped = parse_json("[" + text + "]");
  if (wrapped && wrapped->items.size() == 1) return std::move(wrapped->items[0]);
  return text_node(text);
}

JsonNode node_of(const YAML::Node& yaml) {
  if (yaml.IsScalar()) {
    const bool is_quoted = yaml.Tag() == "!";
    return is_quoted ? text_node(yaml.Scalar()) : value_of(yaml.Scalar());
  }
  JsonNode node;
  if (yaml.IsSequence()) {
    node.type = JsonNode::Type::list;
    for (const auto& item : yaml) node.items.push_back(node_of(item));
  } else if (yaml.IsMap()) {
    node.type = JsonNode::Type::object;
    for (const auto& item : yaml) {
      node.names.push_back(item.first.Scalar());
      node.items.push_back(node_of(item.second));
    }
  }
  return node;
}

Result<void> read_kinds(const YAML::Node& root, const std::string& path,
                        std::vector<CatalogChange>& out) {
  if (!root.IsMap()) return usage(path, "must hold kinds of objects, as 'line_item:'");
  for (const auto& of_kind : root) {
    const std::string kind_place = fmt::format("{}: /{}", path, of_kind.first.Scalar());
    const auto kind = read_kind(of_kind.first.Scalar(), kind_place);
    if (!kind) return kind.error();
    if (!of_kind.second.IsMap()) return usage(kind_place, "must hold ids");
    for (const auto& of_object : of_kind.second) {
      const std::string place = fmt::format("{}/{}", kind_place, of_object.first.Scalar());
      if (!of_object.second.IsMap()) return usage(place, "must hold fields");
      for (const auto& field : of_object.second) {
        out.push_back({.kind = *kind,
                       .id = of_object.first.Scalar(),
                       .field = field.first.Scalar(),
                       .value = node_of(field.second),
                       .place = fmt::format("{}/{}", place, field.first.Scalar())});
      }
    }
  }
  return {};
}

// What is wrong with the change of this object, if anything.
std::string apply_change(const CatalogChange& change, Entity& entity) {
  const Schema& schema = schema_of(entity.kind);
  const auto object = schema.make();
  if (auto read = read_stored(schema, entity.body, object.get()); !read) {
    return read.error().message;
  }
  JsonNode patch;
  patch.type = JsonNode::Type::object;
  patch.names.push_back(change.field);
  patch.items.push_back(change.value);
  Problems problems;
  read_fields(schema, patch, ReadMode::merge, "", {}, object.get(), problems);
  if (problems.empty() && schema.check != nullptr) schema.check(object.get(), problems);
  if (!problems.empty()) {
    return fmt::format("{}: {}", problems.front().pointer, problems.front().detail);
  }
  entity.body = stored_body(schema, object.get());
  return {};
}

}  // namespace

Result<CatalogChange> parse_change(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t kind_end = text.find('.');
  // Ids may hold dots, fields do not.
  const std::size_t field = text.rfind('.', equals);
  if (equals == std::string::npos || kind_end == std::string::npos || field <= kind_end ||
      field > equals) {
    return usage(text, "must be KIND.ID.FIELD=VALUE, as line_item.42.bid_cents=250");
  }
  const auto kind = read_kind(text.substr(0, kind_end), text);
  if (!kind) return kind.error();
  return CatalogChange{.kind = *kind,
                       .id = text.substr(kind_end + 1, field - kind_end - 1),
                       .field = text.substr(field + 1, equals - field - 1),
                       .value = value_of(text.substr(equals + 1)),
                       .place = text};
}

Result<std::vector<CatalogChange>> parse_changes(const std::string& yaml, const std::string& path) {
  std::vector<CatalogChange> changes;
  try {
    if (auto read = read_kinds(YAML::Load(yaml), path, changes); !read) return read.error();
  } catch (const YAML::Exception& error) {
    return usage(path, error.what());
  }
  return changes;
}

Result<void> apply_changes(const std::vector<CatalogChange>& changes, const std::string& tenant,
                           std::vector<Entity>& entities) {
  std::string wrong;
  for (const CatalogChange& change : changes) {
    bool found = change.id == kAll;
    std::string problem;
    for (Entity& entity : entities) {
      const bool is_meant = entity.kind == change.kind && entity.tenant_id == tenant &&
                            entity.deleted_us == 0 && (change.id == kAll || entity.id == change.id);
      if (!is_meant) continue;
      found = true;
      problem = apply_change(change, entity);
      if (!problem.empty()) break;
    }
    if (!found) {
      problem =
          fmt::format("tenant {} has no {} {}", tenant, entity_kind_name(change.kind), change.id);
    }
    if (!problem.empty()) wrong += fmt::format("\n  {}: {}", change.place, problem);
  }
  if (wrong.empty()) return {};
  return Error{ErrorCode::invalid_argument, "changes that cannot be made:" + wrong};
}

}  // namespace adbacus
