#include "catalog/schema/field_writer.hpp"

#include "model/event_time.hpp"
#include "model/money.hpp"

namespace adbacus {
namespace {

template <class T>
const T& as(const Field& field, const void* object) {
  return *static_cast<const T*>(field.in(object));
}

void write_text(http::JsonWriter& json, const std::string& text) {
  if (text.empty()) {
    json.null();
  } else {
    json.value(text);
  }
}

void write_money(http::JsonWriter& json, const Field& field, const void* object) {
  const auto& micros = as<std::optional<std::int64_t>>(field, object);
  json.key(std::string(field.name) + "_micros");
  if (micros) {
    json.value(*micros);
  } else {
    json.null();
  }
  json.key(std::string(field.name) + "_cents");
  if (micros) {
    json.raw(money_text(*micros * (kMicrosPerUnit / kMicrosPerCent)));
  } else {
    json.null();
  }
}

void write_value(http::JsonWriter& json, const Field& field, const void* object) {
  switch (field.type) {
    case FieldType::text:
    case FieldType::reference:
      write_text(json, as<std::string>(field, object));
      return;
    case FieldType::integer:
      json.value(as<std::int64_t>(field, object));
      return;
    case FieldType::maybe:
      if (const auto& number = as<std::optional<std::int64_t>>(field, object)) {
        json.value(*number);
      } else {
        json.null();
      }
      return;
    case FieldType::instant:
      write_text(json, as<std::optional<TimeUs>>(field, object)
                           ? utc_text(*as<std::optional<TimeUs>>(field, object))
                           : std::string());
      return;
    case FieldType::choice:
      json.value(field.choices[as<std::uint8_t>(field, object)]);
      return;
    case FieldType::texts:
      json.begin_array();
      for (const std::string& text : as<std::vector<std::string>>(field, object)) json.value(text);
      json.end_array();
      return;
    case FieldType::objects: {
      const void* list = field.in(object);
      json.begin_array();
      for (std::size_t i = 0; i < field.list->size(list); ++i) {
        json.begin_object();
        write_fields(*field.item, field.list->at(list, i), json);
        json.end_object();
      }
      json.end_array();
      return;
    }
    case FieldType::targeting:
      json.raw(as<Targeting>(field, object).json);
      return;
    case FieldType::money:
      return;  // two members: write_money
  }
}

}  // namespace

void write_fields(const Schema& schema, const void* object, http::JsonWriter& json) {
  for (const Field& field : schema.fields) {
    if (field.type == FieldType::money) {
      write_money(json, field, object);
    } else {
      json.key(field.name);
      write_value(json, field, object);
    }
  }
}

std::vector<FieldValue> filter_values(const Schema& schema, const void* object) {
  std::vector<FieldValue> values;
  for (const Field& field : schema.fields) {
    if (!field.is_filter) continue;
    if (field.type == FieldType::choice) {
      values.push_back({&field, std::string(field.choices[as<std::uint8_t>(field, object)])});
    } else if (const auto& text = as<std::string>(field, object); !text.empty()) {
      values.push_back({&field, text});
    }
  }
  return values;
}

}  // namespace adbacus
