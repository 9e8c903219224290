#include "app/import/column_mapping.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "app/import/time_format.hpp"
#include "http/json_writer.hpp"
#include "model/money.hpp"

namespace adbacus {
namespace {

Error refuse(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

// Collects every complaint, so that a mapping is mended in one go.
struct Complaints {
  std::string text;  // separated by "; "
  void add(const std::string& complaint) { text += (text.empty() ? "" : "; ") + complaint; }
};

std::optional<std::size_t> column_index(const std::vector<std::string>& columns,
                                        const std::string& name) {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

FieldRule parse_rule(const std::string& field, const YAML::Node& node,
                     const std::vector<std::string>& columns, Complaints& complaints) {
  FieldRule rule;
  rule.field = field;
  const auto use = [&](const std::string& name) {
    if (const auto index = column_index(columns, name)) {
      rule.columns.push_back(*index);
    } else {
      complaints.add(fmt::format("fields.{}: no column '{}'", field, name));
    }
  };
  if (node.IsScalar()) {
    use(node.as<std::string>());
    return rule;
  }
  for (const auto& item : node) {
    const auto key = item.first.as<std::string>();
    if (key == "column") {
      use(item.second.as<std::string>());
    } else if (key == "join") {
      for (const auto& name : item.second) use(name.as<std::string>());
    } else if (key == "separator") {
      rule.separator = item.second.as<std::string>();
    } else if (key == "values") {
      for (const auto& pair : item.second)
        rule.values[pair.first.as<std::string>()] = pair.second.as<std::string>();
    } else if (key == "time_format") {
      rule.time_format = item.second.as<std::string>();
    } else if (key == "timezone") {
      rule.timezone = item.second.as<std::string>();
    } else if (key == "micros_per_unit") {
      rule.multiply = item.second.as<std::int64_t>();
      rule.as_micros = true;
    } else if (key == "only_if") {
      for (const auto& pair : item.second) {
        const auto name = pair.first.as<std::string>();
        if (const auto index = column_index(columns, name)) {
          rule.only_if = {*index, pair.second.as<std::string>()};
        } else {
          complaints.add(fmt::format("fields.{}.only_if: no column '{}'", field, name));
        }
      }
    } else {
      complaints.add(fmt::format("fields.{}: unknown key '{}'", field, key));
    }
  }
  if (rule.columns.empty()) complaints.add(fmt::format("fields.{}: names no column", field));
  if (!rule.time_format.empty() && rule.time_format.find("yyyy") == std::string::npos)
    complaints.add(fmt::format("fields.{}: time_format '{}' is no pattern like yyyy-MM-dd HH:mm:ss",
                               field, rule.time_format));
  if (!rule.time_format.empty() && !known_timezone(rule.timezone))
    complaints.add(fmt::format("fields.{}: unknown timezone '{}'", field, rule.timezone));
  return rule;
}

}  // namespace

Result<ColumnMapping> ColumnMapping::parse(const std::string& yaml) {
  ColumnMapping mapping;
  Complaints complaints;
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsMap()) return refuse("mapping: not a YAML map");
    if (root["columns"]) mapping.columns_ = root["columns"].as<std::vector<std::string>>();
    for (const auto& item : root) {
      const auto key = item.first.as<std::string>();
      if (key == "format") {
        const auto name = item.second.as<std::string>();
        if (name == "csv" || name == "tsv" || name == "ndjson") {
          mapping.format_ = name == "csv"   ? ImportFormat::csv
                            : name == "tsv" ? ImportFormat::tsv
                                            : ImportFormat::ndjson;
        } else {
          complaints.add(fmt::format("format: '{}' is none of csv, tsv, ndjson", name));
        }
      } else if (key == "header") {
        mapping.has_header_ = item.second.as<bool>();
      } else if (key == "null") {
        mapping.nulls_ = item.second.as<std::vector<std::string>>();
      } else if (key == "constants") {
        for (const auto& pair : item.second)
          mapping.constants_.emplace_back(pair.first.as<std::string>(),
                                          pair.second.as<std::string>());
      } else if (key == "fields") {
        for (const auto& pair : item.second)
          mapping.rules_.push_back(
              parse_rule(pair.first.as<std::string>(), pair.second, mapping.columns_, complaints));
      } else if (key != "columns") {
        complaints.add(fmt::format("unknown key '{}'", key));
      }
    }
  } catch (const YAML::Exception& e) {
    return refuse(fmt::format("mapping, line {}: {}", e.mark.line + 1, e.msg));
  }
  if (mapping.rules_.empty() && mapping.format_ != ImportFormat::ndjson)
    complaints.add("fields: at least event_type and ts are needed");
  if (!complaints.text.empty()) return refuse("mapping: " + complaints.text);
  return mapping;
}

Result<std::optional<std::string>> ColumnMapping::text_of(
    const FieldRule& rule, const std::vector<std::string>& row) const {
  if (rule.only_if && row[rule.only_if->first] != rule.only_if->second) return {std::nullopt};
  std::string text;
  for (std::size_t i = 0; i < rule.columns.size(); ++i) {
    if (i > 0) text += rule.separator;
    text += row[rule.columns[i]];
  }
  if (std::find(nulls_.begin(), nulls_.end(), text) != nulls_.end()) return {std::nullopt};
  if (const auto found = rule.values.find(text); found != rule.values.end()) text = found->second;
  if (!rule.time_format.empty()) {
    const Result<TimeUs> time = parse_time(text, rule.time_format, rule.timezone);
    if (!time) return refuse(fmt::format("{}: {}", rule.field, time.error().message));
    return {fmt::format("{}", *time)};
  }
  if (rule.as_micros) {
    const Result<ParsedMoney> units = parse_money(text);
    if (!units) return refuse(fmt::format("{}: {}", rule.field, units.error().message));
    std::int64_t micros = 0;
    if (__builtin_mul_overflow(units->micros, rule.multiply, &micros))
      return refuse(fmt::format("{}: '{}' is out of range", rule.field, text));
    return {money_text(micros / kMicrosPerUnit)};
  }
  return {std::move(text)};
}

Result<std::string> ColumnMapping::event(const std::vector<std::string>& row) const {
  if (row.size() < columns_.size())
    return refuse(fmt::format("{} columns instead of {}", row.size(), columns_.size()));
  http::JsonWriter json;
  http::JsonWriter metadata;
  bool has_metadata = false;
  json.begin_object();
  metadata.begin_object();
  const auto put = [&](const std::string& field, const std::string& text, bool number) {
    constexpr std::string_view kMetadata = "metadata.";
    http::JsonWriter& out = field.starts_with(kMetadata) ? metadata : json;
    if (&out == &metadata) has_metadata = true;
    out.key(&out == &metadata ? std::string_view(field).substr(kMetadata.size()) : field);
    if (number) {
      out.raw(text);
    } else {
      out.value(text);
    }
  };
  for (const auto& [field, text] : constants_) put(field, text, false);
  for (const FieldRule& rule : rules_) {
    Result<std::optional<std::string>> text = text_of(rule, row);
    if (!text) return text.error();
    if (text->has_value() && !(*text)->empty())
      put(rule.field, **text, rule.as_micros || !rule.time_format.empty());
  }
  metadata.end_object();
  if (has_metadata) json.key("metadata").raw(metadata.text());
  json.end_object();
  return std::move(json).take();
}

}  // namespace adbacus
