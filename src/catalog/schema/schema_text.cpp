#include "catalog/schema/schema_text.hpp"

#include "http/json_writer.hpp"

namespace adbacus {
namespace {

void write_type(http::JsonWriter& json, std::string_view type, bool may_be_null) {
  json.key("type");
  if (!may_be_null) {
    json.value(type);
    return;
  }
  json.begin_array().value(type).value("null").end_array();
}

std::string_view format_of(TextForm form) {
  switch (form) {
    case TextForm::url:
      return "uri";
    case TextForm::domain:
      return "hostname";
    case TextForm::email:
      return "email";
    case TextForm::plain:
    case TextForm::id:
    case TextForm::currency:
    case TextForm::timezone:
    case TextForm::free:
      return {};
  }
  return {};
}

void write_members(http::JsonWriter& json, const Schema& schema);

void write_list(http::JsonWriter& json, const Field& field) {
  write_type(json, "array", false);
  json.member("maxItems", field.max).key("items").begin_object();
  if (field.type == FieldType::texts) {
    json.member("type", "string");
  } else {
    json.member("type", "object").key("properties").begin_object();
    write_members(json, *field.item);
    json.end_object();
  }
  json.end_object();
}

void write_value(http::JsonWriter& json, const Field& field) {
  const bool may_be_null = !field.is_required;
  switch (field.type) {
    case FieldType::text:
    case FieldType::reference:
      write_type(json, "string", may_be_null);
      json.member("maxLength", field.max);
      if (const std::string_view format = format_of(field.form); !format.empty()) {
        json.member("format", format);
      }
      return;
    case FieldType::integer:
    case FieldType::maybe:
      write_type(json, "integer", field.type == FieldType::maybe);
      json.member("minimum", field.min).member("maximum", field.max);
      return;
    case FieldType::instant:
      write_type(json, "string", may_be_null);
      json.member("format", "date-time");
      return;
    case FieldType::choice:
      json.member("type", "string").key("enum").begin_array();
      for (const std::string_view name : field.choices) json.value(name);
      json.end_array();
      return;
    case FieldType::texts:
    case FieldType::objects:
      write_list(json, field);
      return;
    case FieldType::targeting:
      write_type(json, "object", false);
      return;
    case FieldType::money:
      return;  // two members
  }
}

void write_members(http::JsonWriter& json, const Schema& schema) {
  for (const Field& field : schema.fields) {
    if (field.type != FieldType::money) {
      json.key(field.name).begin_object();
      write_value(json, field);
      json.member("description", field.meaning).end_object();
      continue;
    }
    for (const std::string_view unit : {"_micros", "_cents"}) {
      json.key(std::string(field.name) + std::string(unit)).begin_object();
      write_type(json, unit == "_micros" ? "integer" : "number", !field.is_required);
      json.member("minimum", 0).member("description", field.meaning).end_object();
    }
  }
}

void write_added(http::JsonWriter& json) {
  json.key("tenant_id").raw(R"({"type":"string","readOnly":true})");
  json.key("version").raw(R"({"type":"integer","readOnly":true,"description":"as in the ETag"})");
  json.key("created_at").raw(R"({"type":"string","format":"date-time","readOnly":true})");
  json.key("updated_at").raw(R"({"type":"string","format":"date-time","readOnly":true})");
}

}  // namespace

std::string schema_text(const Schema& schema, SchemaUse use) {
  http::JsonWriter json;
  json.begin_object().member("type", "object").member("title", schema.name);
  json.member("additionalProperties", false).key("properties").begin_object();
  if (use != SchemaUse::change) json.key("id").raw(R"({"type":"string","maxLength":128})");
  write_members(json, schema);
  if (use == SchemaUse::answer) write_added(json);
  json.end_object();
  if (use == SchemaUse::creation) {
    json.key("required").begin_array();
    for (const Field& field : schema.fields) {
      // An amount is given in one of two members, which `required` cannot say.
      if (field.is_required && field.type != FieldType::money) json.value(field.name);
    }
    json.end_array();
  }
  json.end_object();
  return std::move(json).take();
}

}  // namespace adbacus
