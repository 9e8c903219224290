// Reads the text of a rule set; its writer is in fraud_rule_set.cpp.
#include <algorithm>
#include <bit>
#include <cctype>
#include <concepts>
#include <fmt/format.h>
#include <optional>
#include <simdjson.h>
#include <vector>

#include "processor/fraud/fraud_rule_set.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kTextBytesMax = std::size_t{256} << 10U;
constexpr std::size_t kNameBytesMax = 64;

using simdjson::dom::element;

// Reads the fields of one object and keeps the first thing that is wrong with them.
class FieldReader {
 public:
  FieldReader(std::string where, const simdjson::dom::object& object)
      : where_(std::move(where)), object_(object) {
    std::vector<std::string_view> seen;
    for (const auto& field : object_) {
      if (std::find(seen.begin(), seen.end(), field.key) != seen.end())
        fail(field.key, "is there twice");
      seen.push_back(field.key);
    }
  }

  std::optional<element> take(std::string_view field) {
    known_.push_back(field);
    element value;
    if (object_.at_key(field).get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  // Leaves `out` as it is where the field is missing.
  template <std::integral Int>
  void number(std::string_view field, std::int64_t min, std::int64_t max, Int& out) {
    const auto value = take(field);
    if (!value) return;
    std::int64_t read = 0;
    if (value->get(read) != simdjson::SUCCESS || read < min || read > max)
      return fail(field, fmt::format("must be a whole number from {} to {}", min, max));
    out = static_cast<Int>(read);
  }

  std::string_view text(std::string_view field) {
    const auto value = take(field);
    std::string_view read;
    if (value && value->get(read) != simdjson::SUCCESS) fail(field, "must be a text");
    return read;
  }

  void fail(std::string_view field, std::string_view what) {
    if (!error_)
      error_ = Error{ErrorCode::invalid_argument, fmt::format("{}: {}", at(field), what)};
  }

  std::optional<Error> finish() {
    for (const auto& field : object_) {
      if (std::find(known_.begin(), known_.end(), field.key) == known_.end())
        fail(field.key, "is not known");
    }
    return error_;
  }

 private:
  // Foreign names are shown as far as they are harmless.
  std::string at(std::string_view field) const {
    std::string shown(field.substr(0, kNameBytesMax));
    for (char& c : shown) {
      if (std::isgraph(static_cast<unsigned char>(c)) == 0) c = '?';
    }
    return where_.empty() ? shown : fmt::format("{}.{}", where_, shown);
  }

  std::string where_;
  simdjson::dom::object object_;
  std::vector<std::string_view> known_;
  std::optional<Error> error_;
};

bool is_set_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                  c == '-';
         });
}

void read_keys(FieldReader& reader, std::string_view field, std::uint32_t& out) {
  reader.number(field, kFraudKeysMin, kFraudKeysMax, out);
  if (!std::has_single_bit(out)) reader.fail(field, "must be a power of two");
}

std::optional<Error> read_rule(const element& json, std::string where, FraudRuleSet& set,
                               FraudReasons& named) {
  simdjson::dom::object object;
  if (json.get(object) != simdjson::SUCCESS)
    return Error{ErrorCode::invalid_argument, where + ": must be an object"};
  FieldReader reader(std::move(where), object);
  const FraudRuleRow* const row = find_fraud_rule(reader.text("id"));
  if (row == nullptr) {
    reader.fail("id", "names no rule");
    return reader.finish();
  }
  if ((named & fraud_reason(row->id)) != 0) reader.fail("id", "is there twice");
  named |= fraud_reason(row->id);
  FraudRule& rule = set[row->id];
  rule = row->defaults;
  reader.number("version", 1, UINT16_MAX, rule.version);
  reader.number("weight", 0, kFraudScoreMax, rule.weight);
  if (const auto text = reader.text("class");
      !text.empty() && !parse_fraud_class(text, rule.hit_class))
    reader.fail("class", "must be givt, machine, sivt, suspect or repeat");
  if (const auto text = reader.text("mode"); !text.empty() && !parse_fraud_mode(text, rule.mode))
    reader.fail("mode", "must be off, shadow or on");
  for (std::size_t i = 0; i < kFraudValues && !row->values[i].name.empty(); ++i) {
    const FraudValue& value = row->values[i];
    reader.number(value.name, value.min, value.max, rule.values[i]);
  }
  return reader.finish();
}

std::optional<Error> read_rules(FieldReader& reader, FraudRuleSet& set) {
  const auto value = reader.take("rules");
  simdjson::dom::array rules;
  if (!value || value->get(rules) != simdjson::SUCCESS)
    return Error{ErrorCode::invalid_argument, "rules: must be a list"};
  FraudReasons named = 0;
  std::size_t index = 0;
  for (const element rule : rules) {
    if (auto error = read_rule(rule, fmt::format("rules[{}]", index++), set, named)) return error;
  }
  return std::nullopt;
}

}  // namespace

Result<FraudRuleSet> parse_fraud_rule_set(std::string_view text) {
  if (text.size() > kTextBytesMax)
    return Error{ErrorCode::invalid_argument, "a rule set has at most 256 KiB"};
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(text);
  element root;
  if (const auto error = parser.parse(padded).get(root); error != simdjson::SUCCESS) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a rule set is no JSON: {}", simdjson::error_message(error))};
  }
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS)
    return Error{ErrorCode::invalid_argument, "a rule set must be an object"};
  FraudRuleSet set = FraudRuleSet::defaults();
  for (FraudRule& rule : set.rules) rule.mode = FraudMode::off;
  FieldReader reader({}, object);
  set.name = std::string(reader.text("name"));
  if (!is_set_name(set.name)) reader.fail("name", "must be 1 to 64 of a-z, 0-9, '_', '.', '-'");
  reader.number("version", 1, INT32_MAX, set.version);
  reader.number("suspect_from", 1, kFraudScoreMax, set.suspect_from);
  reader.number("invalid_from", 1, kFraudScoreMax, set.invalid_from);
  if (set.suspect_from > set.invalid_from)
    reader.fail("suspect_from", "must not be above invalid_from");
  read_keys(reader, "window_keys", set.sizes.window_keys);
  read_keys(reader, "click_keys", set.sizes.click_keys);
  read_keys(reader, "impression_keys", set.sizes.impression_keys);
  auto rules = read_rules(reader, set);
  if (auto error = reader.finish()) return *error;
  if (rules) return *std::move(rules);
  return set;
}

}  // namespace adbacus
