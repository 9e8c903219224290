#include "catalog/schema/field_reader.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "catalog/schema/targeting_reader.hpp"
#include "catalog/schema/text_form.hpp"
#include "http/json_pointer.hpp"
#include "model/event_time.hpp"
#include "model/money.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kIdBytesMax = 128;
constexpr std::size_t kProblemsMax = 100;
constexpr std::int64_t kMicrosPerHundredthCent =
    100;  // parse_money of cents gives 1/100 of a micro

template <class T>
T& as(const Field& field, void* object) {
  return *static_cast<T*>(field.place(object));
}

template <class T>
void copy(const Field& field, const void* from, void* to) {
  as<T>(field, to) = *static_cast<const T*>(field.in(from));
}

void copy_field(const Field& field, const void* from, void* to) {
  switch (field.type) {
    case FieldType::text:
    case FieldType::reference:
      return copy<std::string>(field, from, to);
    case FieldType::integer:
      return copy<std::int64_t>(field, from, to);
    case FieldType::maybe:
    case FieldType::money:
    case FieldType::instant:
      return copy<std::optional<std::int64_t>>(field, from, to);
    case FieldType::choice:
      return copy<std::uint8_t>(field, from, to);
    case FieldType::texts:
      return copy<std::vector<std::string>>(field, from, to);
    case FieldType::objects:
      return field.list->assign(field.place(to), field.in(from));
    case FieldType::targeting:
      return copy<Targeting>(field, from, to);
  }
}

std::optional<std::int64_t> whole_number(const JsonNode& json) {
  if (json.type != JsonNode::Type::number) return std::nullopt;
  std::int64_t number = 0;
  const char* end = json.text.data() + json.text.size();
  const auto [stopped, error] = std::from_chars(json.text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

class FieldReader {
 public:
  FieldReader(ReadMode mode, Problems& problems) : mode_(mode), problems_(problems) {}

  void read_object(const Schema& schema, const JsonNode& json, const std::string& pointer,
                   std::span<const std::string_view> ignored, void* object) {
    if (json.type != JsonNode::Type::object) {
      return refuse(pointer, "invalid_type", "must be an object");
    }
    const std::size_t before = problems_.size();
    const std::shared_ptr<void> defaults = mode_ == ReadMode::merge ? schema.make() : nullptr;
    for (std::size_t i = 0; i < json.items.size(); ++i) {
      const std::string& name = json.names[i];
      if (std::find(ignored.begin(), ignored.end(), name) != ignored.end()) continue;
      const std::string at = pointer + http::pointer_part(name);
      const Field* field = find(schema, name);
      if (field == nullptr) {
        refuse(at, "unknown_field", fmt::format("{} has no such field", schema.name));
        continue;
      }
      if (json.items[i].type != JsonNode::Type::null) {
        read_field(*field, name, json.items[i], at, object);
      } else if (mode_ == ReadMode::merge && field->is_required) {
        refuse(at, "required", "cannot be null");
      } else if (mode_ == ReadMode::merge) {
        copy_field(*field, defaults.get(), object);
      }
    }
    check_money_twins(schema, json, pointer);
    if (is_whole()) check_required(schema, json, pointer);
    if (mode_ != ReadMode::stored && schema.check != nullptr && problems_.size() == before) {
      Problems found;
      schema.check(object, found);
      for (http::ProblemItem& item : found) refuse(pointer + item.pointer, item.code, item.detail);
    }
  }

 private:
  bool is_whole() const { return mode_ == ReadMode::create || mode_ == ReadMode::replace; }

  static const Field* find(const Schema& schema, std::string_view name) {
    for (const Field& field : schema.fields) {
      if (field.type != FieldType::money) {
        if (field.name == name) return &field;
      } else if (name.starts_with(field.name)) {
        const std::string_view unit = name.substr(field.name.size());
        if (unit == "_micros" || unit == "_cents") return &field;
      }
    }
    return nullptr;
  }

  void check_required(const Schema& schema, const JsonNode& json, const std::string& pointer) {
    for (const Field& field : schema.fields) {
      if (!field.is_required) continue;
      std::string name(field.name);
      const JsonNode* value = json.member(name);
      if (field.type == FieldType::money) {
        name += "_cents";
        value = json.member(name);
        if (value == nullptr) value = json.member(std::string(field.name) + "_micros");
      }
      if (value == nullptr || value->type == JsonNode::Type::null) {
        refuse(pointer + "/" + name, "required", "is missing");
      }
    }
  }

  // Both forms of one amount: they must agree.
  void check_money_twins(const Schema& schema, const JsonNode& json, const std::string& pointer) {
    for (const Field& field : schema.fields) {
      if (field.type != FieldType::money) continue;
      const JsonNode* cents = json.member(std::string(field.name) + "_cents");
      const JsonNode* micros = json.member(std::string(field.name) + "_micros");
      if (cents == nullptr || micros == nullptr) continue;
      const bool both_null = cents->type == micros->type && cents->type == JsonNode::Type::null;
      const auto one = micros_of(*cents, true);
      const auto other = micros_of(*micros, false);
      if (both_null || (one && other && *one == *other)) continue;
      refuse(fmt::format("{}/{}_cents", pointer, field.name), "contradiction",
             fmt::format("differs from {}_micros", field.name));
    }
  }

  void read_field(const Field& field, std::string_view name, const JsonNode& json,
                  const std::string& at, void* object) {
    switch (field.type) {
      case FieldType::text:
      case FieldType::reference:
        return read_text(field, json, at, as<std::string>(field, object));
      case FieldType::integer:
        if (const auto number = read_integer(field, json, at)) {
          as<std::int64_t>(field, object) = *number;
        }
        return;
      case FieldType::maybe:
        if (const auto number = read_integer(field, json, at)) {
          as<std::optional<std::int64_t>>(field, object) = number;
        }
        return;
      case FieldType::money:
        return read_money(field, name.ends_with("_cents"), json, at,
                          as<std::optional<std::int64_t>>(field, object));
      case FieldType::instant:
        return read_instant(json, at, as<std::optional<TimeUs>>(field, object));
      case FieldType::choice:
        return read_choice(field, json, at, as<std::uint8_t>(field, object));
      case FieldType::texts:
        return read_texts(field, json, at, as<std::vector<std::string>>(field, object));
      case FieldType::objects:
        return read_objects(field, json, at, field.place(object));
      case FieldType::targeting:
        if (read_targeting(
                json, at, as<Targeting>(field, object), found_,
                mode_ == ReadMode::stored ? TargetingSource::store : TargetingSource::request)) {
          return;
        }
        for (http::ProblemItem& item : found_) refuse(item.pointer, item.code, item.detail);
        found_.clear();
        return;
    }
  }

  void read_text(const Field& field, const JsonNode& json, const std::string& at,
                 std::string& out) {
    if (field.form == TextForm::id && json.type == JsonNode::Type::number) {
      const auto id = read_id(json);
      if (!id) return refuse(at, "invalid_value", id.error().message);
      out = *id;
      return;
    }
    if (json.type != JsonNode::Type::text) return refuse(at, "invalid_type", "must be a text");
    // The empty text unsets what may be unset.
    if (json.text.empty() && !field.is_required && field.min == 0) {
      out.clear();
      return;
    }
    const auto size = static_cast<std::int64_t>(json.text.size());
    const std::int64_t min = field.is_required ? std::max<std::int64_t>(field.min, 1) : field.min;
    if (size < min || size > field.max) {
      return refuse(at, "out_of_range", fmt::format("must have {} to {} bytes", min, field.max));
    }
    auto text = text_in_form(field.form, json.text);
    if (!text) return refuse(at, "invalid_value", text.error().message);
    out = *std::move(text);
  }

  std::optional<std::int64_t> read_integer(const Field& field, const JsonNode& json,
                                           const std::string& at) {
    const auto number = whole_number(json);
    if (!number) {
      refuse(at, "invalid_type", "must be a whole number");
    } else if (*number < field.min || *number > field.max) {
      refuse(at, "out_of_range", fmt::format("must be from {} to {}", field.min, field.max));
    } else {
      return number;
    }
    return std::nullopt;
  }

  static std::optional<std::int64_t> micros_of(const JsonNode& json, bool in_cents) {
    if (json.type != JsonNode::Type::number) return std::nullopt;
    if (!in_cents) return whole_number(json);
    const auto parsed = parse_money(json.text);
    if (!parsed || parsed->rounded || parsed->micros % kMicrosPerHundredthCent != 0) {
      return std::nullopt;
    }
    return parsed->micros / kMicrosPerHundredthCent;
  }

  void read_money(const Field& field, bool in_cents, const JsonNode& json, const std::string& at,
                  std::optional<std::int64_t>& out) {
    const auto micros = micros_of(json, in_cents);
    if (!micros) {
      return refuse(
          at, "invalid_type",
          in_cents ? "must be a number with at most 4 decimals" : "must be a whole number");
    }
    if (*micros < field.min || *micros > field.max) {
      const std::int64_t per = in_cents ? kMicrosPerCent : 1;
      return refuse(at, "out_of_range",
                    fmt::format("must be from {} to {}", field.min / per, field.max / per));
    }
    out = micros;
  }

  void read_instant(const JsonNode& json, const std::string& at, std::optional<TimeUs>& out) {
    Result<SentTime> time = Error{ErrorCode::invalid_argument, ""};
    if (json.type == JsonNode::Type::number) {
      time = parse_epoch(json.text, EpochUnits::ms_only);
    } else if (json.type == JsonNode::Type::text) {
      time = parse_time_text(json.text, EpochUnits::ms_only);
    }
    if (!time) {
      return refuse(at, "invalid_value",
                    "must be ISO 8601 like 2026-11-21T12:00:00Z, or epoch milliseconds");
    }
    out = time->us;
  }

  void read_choice(const Field& field, const JsonNode& json, const std::string& at,
                   std::uint8_t& out) {
    const std::size_t count = mode_ == ReadMode::create && field.first_choices != 0
                                  ? field.first_choices
                                  : field.choices.size();
    for (std::size_t i = 0; i < count && json.type == JsonNode::Type::text; ++i) {
      if (field.choices[i] != json.text) continue;
      out = static_cast<std::uint8_t>(i);
      return;
    }
    refuse(at, "invalid_value",
           fmt::format("must be one of {}", fmt::join(field.choices.first(count), ", ")));
  }

  void read_texts(const Field& field, const JsonNode& json, const std::string& at,
                  std::vector<std::string>& out) {
    if (!is_list(field, json, at)) return;
    std::vector<std::string> texts;
    const Field item = field.bytes(1, 256);
    for (std::size_t i = 0; i < json.items.size(); ++i) {
      read_text(item, json.items[i], fmt::format("{}/{}", at, i), texts.emplace_back());
    }
    out = std::move(texts);
  }

  void read_objects(const Field& field, const JsonNode& json, const std::string& at, void* list) {
    if (!is_list(field, json, at)) return;
    field.list->clear(list);
    // An item is always whole: merging would need to know which one is meant.
    FieldReader items(mode_ == ReadMode::merge ? ReadMode::replace : mode_, problems_);
    for (std::size_t i = 0; i < json.items.size(); ++i) {
      items.read_object(*field.item, json.items[i], fmt::format("{}/{}", at, i), {},
                        field.list->append(list));
    }
  }

  bool is_list(const Field& field, const JsonNode& json, const std::string& at) {
    if (json.type != JsonNode::Type::list) {
      refuse(at, "invalid_type", "must be a list");
    } else if (static_cast<std::int64_t>(json.items.size()) > field.max) {
      refuse(at, "out_of_range", fmt::format("at most {} entries", field.max));
    } else {
      return true;
    }
    return false;
  }

  void refuse(std::string pointer, std::string code, std::string detail) {
    if (mode_ == ReadMode::stored || problems_.size() >= kProblemsMax) return;
    problems_.push_back({std::move(pointer), std::move(code), std::move(detail)});
  }

  const ReadMode mode_;
  Problems& problems_;
  Problems found_;  // of one targeting
};

}  // namespace

void read_fields(const Schema& schema, const JsonNode& json, ReadMode mode,
                 const std::string& pointer, std::span<const std::string_view> ignored,
                 void* object, Problems& problems) {
  FieldReader(mode, problems).read_object(schema, json, pointer, ignored, object);
}

Result<std::string> read_id(const JsonNode& json) {
  const auto bad = [](const char* what) { return Error{ErrorCode::invalid_argument, what}; };
  if (json.type == JsonNode::Type::number) {
    if (json.text.find_first_not_of("0123456789") != std::string::npos) {
      return bad("must be a text, or a whole number that is not negative");
    }
    return json.text;
  }
  if (json.type != JsonNode::Type::text) return bad("must be a text or a whole number");
  if (json.text.empty() || json.text.size() > kIdBytesMax) return bad("must have 1 to 128 bytes");
  return text_in_form(TextForm::id, json.text);
}

}  // namespace adbacus
