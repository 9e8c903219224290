// How an object of the catalog is described: one row per field, with its name on the wire, its type
// and bounds, and where it lies in the plain struct. Reading, checking, writing, indexing and the
// OpenAPI schema all come from these rows (field_reader, field_writer, schema_text). Constant data.
//
//   text<&Campaign::name>("name", "what people call it").bytes(1, 256).required()
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.hpp"
#include "http/http.hpp"
#include "model/entity_kind.hpp"
#include "model/targeting.hpp"

namespace adbacus {

struct Schema;

enum class FieldType : std::uint8_t {
  text,       // std::string
  reference,  // std::string: the id of an object of the same tenant
  integer,    // std::int64_t
  maybe,      // std::optional<std::int64_t>: an integer or null
  money,      // std::optional<std::int64_t>: micros; on the wire <name>_micros and <name>_cents
  instant,    // std::optional<TimeUs>
  choice,     // an enum over std::uint8_t; the value is an index into `choices`
  texts,      // std::vector<std::string>
  objects,    // std::vector of structs described by `item`
  targeting,  // Targeting
};

enum class TextForm : std::uint8_t {
  plain,     // no control characters
  id,        // as plain; numbers are taken as their text
  url,       // http or https
  domain,    // lower-case host name
  email,     // stored in lower case
  currency,  // ISO 4217
  timezone,  // IANA
  free,      // anything but NUL
};

// A std::vector<T> whose T is only known to the struct's description.
struct ListAccess {
  std::size_t (*size)(const void* list);
  const void* (*at)(const void* list, std::size_t i);
  void* (*append)(void* list);
  void (*clear)(void* list);
  void (*assign)(void* list, const void* from);
};

template <class T>
inline constexpr ListAccess kListAccess{
    [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); },
    [](const void* list, std::size_t i) -> const void* {
      return &(*static_cast<const std::vector<T>*>(list))[i];
    },
    [](void* list) -> void* { return &static_cast<std::vector<T>*>(list)->emplace_back(); },
    [](void* list) { static_cast<std::vector<T>*>(list)->clear(); },
    [](void* list, const void* from) {
      *static_cast<std::vector<T>*>(list) = *static_cast<const std::vector<T>*>(from);
    },
};

struct Field {
  std::string_view name;
  std::string_view meaning;  // for OpenAPI
  FieldType type = FieldType::text;
  void* (*place)(void* object) = nullptr;
  std::int64_t min = 0;  // text: bytes; integer, money: value; lists: number of items
  std::int64_t max = 256;
  TextForm form = TextForm::plain;
  EntityKind refers_to = EntityKind::tenant;
  std::span<const std::string_view> choices = {};
  std::size_t first_choices = 0;  // how many of them a new object may have; 0: all
  const Schema* item = nullptr;
  const ListAccess* list = nullptr;
  bool is_required = false;
  bool is_filter = false;  // lists can be asked for its values
  bool is_unique = false;  // among the tenant's objects of this kind that are not deleted

  const void* in(const void* object) const { return place(const_cast<void*>(object)); }

  constexpr Field bounds(std::int64_t low, std::int64_t high) const {
    Field changed = *this;
    changed.min = low;
    changed.max = high;
    return changed;
  }
  constexpr Field bytes(std::int64_t low, std::int64_t high) const { return bounds(low, high); }
  constexpr Field as(TextForm wanted) const {
    Field changed = *this;
    changed.form = wanted;
    return changed;
  }
  constexpr Field required() const {
    Field changed = *this;
    changed.is_required = true;
    return changed;
  }
  constexpr Field filter() const {
    Field changed = *this;
    changed.is_filter = true;
    return changed;
  }
  constexpr Field unique() const {
    Field changed = filter();
    changed.is_unique = true;
    return changed;
  }
  constexpr Field new_ones(std::size_t count) const {
    Field changed = *this;
    changed.first_choices = count;
    return changed;
  }
};

using Problems = std::vector<http::ProblemItem>;

// What an object refers to beside its reference fields.
struct Reference {
  std::string pointer;  // of the field, relative to the object
  EntityKind kind = EntityKind::tenant;
  std::string id;
};

struct Schema {
  std::string_view name;  // "campaign", in OpenAPI
  std::span<const Field> fields;
  // What no single field can tell; pointers are relative to the object ("/end_at"). May be null.
  void (*check)(const void* object, Problems& problems) = nullptr;
  // Whether an object may become another one: the pointer of the field that may not, or empty. May
  // be null.
  std::string_view (*refused_change)(const void* before, const void* after) = nullptr;
  void (*references)(const void* object, std::vector<Reference>& out) = nullptr;  // may be null
  std::shared_ptr<void> (*make)() = nullptr;  // with its defaults
};

namespace field_detail {

template <class T, class V>
V member_value(V T::*);
template <auto M>
using ValueOf = decltype(member_value(M));
template <class T, class V>
T member_owner(V T::*);
template <auto M>
using OwnerOf = decltype(member_owner(M));

template <auto M>
void* place(void* object) {
  return &(static_cast<OwnerOf<M>*>(object)->*M);
}

template <auto M>
constexpr Field field(std::string_view name, std::string_view meaning, FieldType type) {
  Field made;
  made.name = name;
  made.meaning = meaning;
  made.type = type;
  made.place = &place<M>;
  return made;
}

template <class T>
std::shared_ptr<void> make() {
  return std::make_shared<T>();
}

}  // namespace field_detail

template <auto M>
constexpr Field text(std::string_view name, std::string_view meaning) {
  static_assert(std::is_same_v<field_detail::ValueOf<M>, std::string>);
  return field_detail::field<M>(name, meaning, FieldType::text);
}

template <auto M>
constexpr Field reference(std::string_view name, EntityKind kind, std::string_view meaning) {
  static_assert(std::is_same_v<field_detail::ValueOf<M>, std::string>);
  Field made =
      field_detail::field<M>(name, meaning, FieldType::reference).as(TextForm::id).filter();
  made.refers_to = kind;
  return made.bytes(0, 128);
}

template <auto M>
constexpr Field integer(std::string_view name, std::int64_t min, std::int64_t max,
                        std::string_view meaning) {
  using Member = field_detail::ValueOf<M>;
  static_assert(std::is_same_v<Member, std::int64_t> ||
                std::is_same_v<Member, std::optional<std::int64_t>>);
  constexpr FieldType type =
      std::is_same_v<Member, std::int64_t> ? FieldType::integer : FieldType::maybe;
  return field_detail::field<M>(name, meaning, type).bounds(min, max);
}

// At most 10^10 of the major unit: cents and micros of it fit in 64 bits with room for sums.
inline constexpr std::int64_t kAmountMaxMicros = 10'000'000'000'000'000;

template <auto M>
constexpr Field money(std::string_view name, std::string_view meaning) {
  static_assert(std::is_same_v<field_detail::ValueOf<M>, std::optional<std::int64_t>>);
  return field_detail::field<M>(name, meaning, FieldType::money).bounds(0, kAmountMaxMicros);
}

template <auto M>
constexpr Field instant(std::string_view name, std::string_view meaning) {
  static_assert(std::is_same_v<field_detail::ValueOf<M>, std::optional<TimeUs>>);
  return field_detail::field<M>(name, meaning, FieldType::instant);
}

template <auto M>
constexpr Field choice(std::string_view name, std::span<const std::string_view> choices,
                       std::string_view meaning) {
  static_assert(std::is_enum_v<field_detail::ValueOf<M>> && sizeof(field_detail::ValueOf<M>) == 1);
  Field made = field_detail::field<M>(name, meaning, FieldType::choice).filter();
  made.choices = choices;
  return made;
}

template <auto M>
constexpr Field texts(std::string_view name, std::int64_t count_max, std::string_view meaning) {
  static_assert(std::is_same_v<field_detail::ValueOf<M>, std::vector<std::string>>);
  return field_detail::field<M>(name, meaning, FieldType::texts).bounds(0, count_max);
}

template <auto M>
constexpr Field objects(std::string_view name, const Schema& item, std::int64_t count_max,
                        std::string_view meaning) {
  using Item = typename field_detail::ValueOf<M>::value_type;
  Field made = field_detail::field<M>(name, meaning, FieldType::objects).bounds(0, count_max);
  made.item = &item;
  made.list = &kListAccess<Item>;
  return made;
}

template <auto M>
constexpr Field targeting(std::string_view name, std::string_view meaning) {
  static_assert(std::is_same_v<field_detail::ValueOf<M>, Targeting>);
  return field_detail::field<M>(name, meaning, FieldType::targeting);
}

}  // namespace adbacus
