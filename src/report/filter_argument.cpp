#include "report/filter_argument.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "http/json_pointer.hpp"
#include "report/json_value.hpp"

namespace adbacus {
namespace {

namespace dom = simdjson::dom;

constexpr std::array<std::pair<std::string_view, FilterKind>, 3> kCombinators{
    {{"all", FilterKind::all}, {"any", FilterKind::any}, {"not", FilterKind::negation}}};
constexpr std::array<std::string_view, 4> kLeafKeys{"field", "op", "value", "values"};
constexpr std::string_view kForms =
    R"(a filter is {"field":"country","op":"in","value":["DE","AT"]}, "country:in:DE,AT", )"
    R"({"all":[...]}, {"any":[...]}, {"not":...} or a map like {"country":["DE","AT"]})";

bool takes_list(std::string_view op) {
  return op == "in" || op == "not_in" || op == "between";
}

bool has_key(const dom::object& object, std::string_view wanted) {
  return std::any_of(object.begin(), object.end(),
                     [wanted](const auto& pair) { return pair.key == wanted; });
}

bool holds_filters(const dom::element& element) {
  dom::array array;
  if (element.get_array().get(array) != simdjson::SUCCESS) return element.is_object();
  return std::any_of(array.begin(), array.end(),
                     [](const dom::element& item) { return item.is_object() || item.is_array(); });
}

template <class Keys>
bool has_any_key(const dom::object& object, const Keys& keys) {
  return std::any_of(keys.begin(), keys.end(), [&](const auto& k) { return has_key(object, k); });
}

}  // namespace

bool FilterReader::refuse(const std::string& pointer, std::string code, std::string detail) {
  problems_.push_back({pointer, std::move(code), std::move(detail)});
  return false;
}

// Told once: what follows is refused without another word.
bool FilterReader::is_within_bounds(const std::string& pointer, std::size_t depth) {
  if (depth > kDepthMax) {
    return refuse(pointer, "filter_too_deep",
                  "filters nest at most " + std::to_string(kDepthMax) + " deep");
  }
  if (++nodes_ > kNodesMax) {
    if (nodes_ > kNodesMax + 1) return false;
    return refuse(pointer, "too_many_filters",
                  "at most " + std::to_string(kNodesMax) + " conditions and combinations");
  }
  return true;
}

bool FilterReader::read_short(std::string_view text, const std::string& pointer,
                              FilterArgument& out) {
  out.pointer = pointer;
  out.field_pointer = out.op_pointer = out.values_pointer = pointer;
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) {
    return refuse(pointer, "invalid_filter",
                  "expected field:op:value like country:in:DE,AT, or JSON; " + std::string(kForms));
  }
  out.field = text.substr(0, first);
  text.remove_prefix(first + 1);
  const std::size_t second = text.find(':');
  out.op = text.substr(0, second);
  if (second == std::string_view::npos) return true;
  text.remove_prefix(second + 1);
  while (takes_list(out.op)) {
    const std::size_t end = text.find(',');
    if (end == std::string_view::npos) break;
    out.values.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  out.values.emplace_back(text);
  // A comma too many would silently ask for events without the field as well.
  const bool has_gap =
      out.values.size() > 1 && std::any_of(out.values.begin(), out.values.end(),
                                           [](const std::string& value) { return value.empty(); });
  if (has_gap) {
    return refuse(pointer, "invalid_filter",
                  "a comma too many: there is an empty value in the list. For events without the "
                  "field too, give JSON with \"\" in the list");
  }
  return true;
}

bool FilterReader::read_leaf(const Object& object, const std::string& pointer,
                             FilterArgument& out) {
  out.field_pointer = out.op_pointer = out.values_pointer = pointer;
  bool ok = true;
  for (const auto& [key, value] : object) {
    const std::string at = pointer + http::pointer_part(key);
    std::string_view text;
    if (key == "field" || key == "op") {
      if (value.get_string().get(text) != simdjson::SUCCESS) {
        ok = refuse(at, "invalid_type", "a text expected");
      }
      (key == "field" ? out.field : out.op) = text;
      (key == "field" ? out.field_pointer : out.op_pointer) = at;
    } else if (key == "value" || key == "values") {
      if (!out.values.empty()) {
        ok = refuse(at, "invalid_filter", "give either value or values");
      } else {
        out.values_pointer = at;
        ok = add_json_values(value, at, out.is_list, out.values, problems_) && ok;
      }
    } else {
      ok = refuse(at, "invalid_filter", "a condition has field, op and value, nothing else");
    }
  }
  if (ok && out.field.empty()) ok = refuse(pointer, "invalid_filter", "field is missing");
  if (ok && out.op.empty()) {
    ok = refuse(pointer, "invalid_filter", "op is missing, e.g. eq, in or starts_with");
  }
  return ok;
}

bool FilterReader::read_combination(const Object& object, const std::string& pointer,
                                    std::size_t depth, FilterArgument& out) {
  if (object.size() != 1) {
    return refuse(pointer, "invalid_filter",
                  "one of all, any and not, and nothing beside it, expected");
  }
  const auto pair = *object.begin();
  const auto* const row = std::find_if(kCombinators.begin(), kCombinators.end(),
                                       [&](const auto& c) { return c.first == pair.key; });
  out.kind = row->second;
  const std::string at = pointer + http::pointer_part(pair.key);
  dom::array array;
  if (pair.value.get_array().get(array) != simdjson::SUCCESS) {
    if (out.kind != FilterKind::negation) {
      return refuse(at, "invalid_type", "a list of filters expected");
    }
    return read_node(pair.value, at, depth + 1, out.children.emplace_back());
  }
  if (array.size() == 0) return refuse(at, "invalid_filter", "at least one filter expected");
  bool ok = true;
  std::size_t index = 0;
  for (const dom::element item : array) {
    const std::string item_at = at + "/" + std::to_string(index++);
    ok = read_node(item, item_at, depth + 1, out.children.emplace_back()) && ok;
    if (nodes_ > kNodesMax) return false;
  }
  return ok;
}

// {"country":["DE","AT"],"source":"x"}: every field has one of its values.
bool FilterReader::read_map(const Object& object, const std::string& pointer, FilterArgument& out) {
  out.kind = FilterKind::all;
  bool ok = true;
  for (const auto& [key, value] : object) {
    FilterArgument& leaf = out.children.emplace_back();
    leaf.field = key;
    leaf.pointer = leaf.field_pointer = leaf.values_pointer = pointer + http::pointer_part(key);
    leaf.op_pointer = leaf.pointer;
    if (!is_within_bounds(leaf.pointer, 0)) return false;
    if (holds_filters(value)) {  // a combinator by another name
      ok = refuse(
          leaf.pointer, "invalid_filter",
          "'" + std::string(key.substr(0, 64)) + "' is taken for a field; " + std::string(kForms));
      continue;
    }
    ok = add_json_values(value, leaf.pointer, leaf.is_list, leaf.values, problems_) && ok;
    leaf.op = leaf.is_list ? "in" : "eq";
  }
  return ok;
}

bool FilterReader::read_node(const dom::element& element, const std::string& pointer,
                             std::size_t depth, FilterArgument& out) {
  out.pointer = pointer;
  if (!is_within_bounds(pointer, depth)) return false;
  std::string_view text;
  if (element.get_string().get(text) == simdjson::SUCCESS) return read_short(text, pointer, out);
  dom::object object;
  if (element.get_object().get(object) != simdjson::SUCCESS) {
    return refuse(pointer, "invalid_filter", std::string(kForms));
  }
  constexpr std::array<std::string_view, 3> kWords{"all", "any", "not"};
  if (has_any_key(object, kWords)) return read_combination(object, pointer, depth, out);
  if (has_any_key(object, kLeafKeys)) return read_leaf(object, pointer, out);
  return read_map(object, pointer, out);
}

void FilterReader::read_text(std::string_view text) {
  const std::string pointer = "?filter";
  if (!text.starts_with('{') && !text.starts_with('[')) {
    FilterArgument filter;
    if (is_within_bounds(pointer, 0) && read_short(text, pointer, filter)) {
      filters_.push_back(std::move(filter));
    }
    return;
  }
  dom::parser parser;  // the request's head bounds the text
  const simdjson::padded_string padded(text);
  dom::element root;
  if (const auto error = parser.parse(padded).get(root)) {
    problems_.push_back(
        {pointer, "invalid_filter", std::string("not JSON: ") + simdjson::error_message(error)});
    return;
  }
  read_json(root, pointer);
}

void FilterReader::read_json(const dom::element& element, const std::string& pointer) {
  dom::array array;
  FilterArgument filter;
  if (element.is_null()) return;
  if (element.get_array().get(array) != simdjson::SUCCESS) {
    if (read_node(element, pointer, 0, filter)) filters_.push_back(std::move(filter));
    return;
  }
  std::size_t index = 0;
  for (const dom::element item : array) {
    FilterArgument one;
    if (read_node(item, pointer + "/" + std::to_string(index++), 0, one)) {
      filters_.push_back(std::move(one));
    }
    if (nodes_ > kNodesMax) return;
  }
}

}  // namespace adbacus
