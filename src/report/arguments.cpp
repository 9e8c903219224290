#include "report/arguments.hpp"

#include <algorithm>
#include <simdjson.h>

namespace adbacus {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kArgumentsMax = 64;

void split(std::string_view text, char separator, std::vector<std::string>& out) {
  for (;;) {
    const std::size_t end = text.find(separator);
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

bool takes_list(std::string_view op) {
  return op == "in" || op == "not_in";
}

// field:op or field:op:value, where only in and not_in split the value at commas.
void add_query_filter(std::string_view text, Arguments& out) {
  FilterArgument filter;
  filter.pointer = "?filter";
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) {
    out.problems.push_back({filter.pointer, "invalid_filter", "expected field:op:value"});
    return;
  }
  filter.field = text.substr(0, first);
  text.remove_prefix(first + 1);
  const std::size_t second = text.find(':');
  filter.op = text.substr(0, second);
  if (second != std::string_view::npos) {
    text.remove_prefix(second + 1);
    if (takes_list(filter.op)) {
      split(text, ',', filter.values);
    } else {
      filter.values.emplace_back(text);
    }
  }
  out.filters.push_back(std::move(filter));
}

// Texts as they are, integers and booleans as their text, null as the empty text (an absent field).
bool scalar_text(const dom::element& element, std::string& out) {
  switch (element.type()) {
    case dom::element_type::STRING:
      out = element.get_string().value_unsafe();
      return true;
    case dom::element_type::INT64:
      out = std::to_string(element.get_int64().value_unsafe());
      return true;
    case dom::element_type::UINT64:
      out = std::to_string(element.get_uint64().value_unsafe());
      return true;
    case dom::element_type::BOOL:
      out = element.get_bool().value_unsafe() ? "true" : "false";
      return true;
    case dom::element_type::NULL_VALUE:
      out.clear();
      return true;
    case dom::element_type::DOUBLE:
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
      return false;
  }
  return false;
}

bool add_values(const dom::element& element, const std::string& pointer, bool& is_list,
                std::vector<std::string>& values, Arguments& out) {
  dom::array array;
  is_list = element.get_array().get(array) == simdjson::SUCCESS;
  std::string text;
  if (!is_list) {
    if (scalar_text(element, text)) {
      values.push_back(std::move(text));
      return true;
    }
    out.problems.push_back({pointer, "invalid_type", "a text, an integer or a list of them"});
    return false;
  }
  for (const dom::element item : array) {
    if (!scalar_text(item, text)) {
      out.problems.push_back(
          {pointer + "/" + std::to_string(values.size()), "invalid_type", "a text or an integer"});
      return false;
    }
    values.push_back(text);
  }
  return true;
}

void add_json_filter(const dom::element& element, const std::string& pointer, Arguments& out) {
  dom::object object;
  if (element.get_object().get(object) != simdjson::SUCCESS) {
    out.problems.push_back({pointer, "invalid_filter", "expected {\"field\",\"op\",\"value\"}"});
    return;
  }
  FilterArgument filter;
  filter.pointer = pointer;
  bool ok = true;
  for (const auto& [key, value] : object) {
    std::string_view text;
    bool is_list = false;
    if (key == "field" && value.get_string().get(text) == simdjson::SUCCESS) {
      filter.field = text;
    } else if (key == "op" && value.get_string().get(text) == simdjson::SUCCESS) {
      filter.op = text;
    } else if (key == "value" || key == "values") {
      ok = add_values(value, pointer + "/" + std::string(key), is_list, filter.values, out) && ok;
    } else {
      out.problems.push_back({pointer, "invalid_filter",
                              "a filter has field, op (both texts) and value, nothing else"});
      ok = false;
    }
  }
  if (ok) out.filters.push_back(std::move(filter));
}

void add_json_filters(const dom::element& element, Arguments& out) {
  dom::array array;
  if (element.get_array().get(array) != simdjson::SUCCESS) {
    out.problems.push_back({"/filters", "invalid_type", "a list of {\"field\",\"op\",\"value\"}"});
    return;
  }
  std::size_t index = 0;
  for (const dom::element item : array) {
    add_json_filter(item, "/filters/" + std::to_string(index++), out);
  }
}

// JSON pointer escaping of a name.
std::string pointer_to(std::string_view name) {
  std::string pointer = "/";
  for (const char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

}  // namespace

const Argument* Arguments::find(std::string_view name) const {
  const auto found = std::find_if(plain.begin(), plain.end(),
                                  [name](const Argument& a) { return a.name == name; });
  return found == plain.end() ? nullptr : &*found;
}

void add_query(const std::vector<http::QueryParam>& query, Arguments& out) {
  for (const http::QueryParam& param : query) {
    const std::string pointer = "?" + param.name;
    if (out.plain.size() + out.filters.size() >= kArgumentsMax) {
      out.problems.push_back({pointer, "too_many_parameters", "at most 64 parameters"});
      break;
    }
    if (param.name == "filter") {
      add_query_filter(param.value, out);
    } else if (out.find(param.name) != nullptr) {
      out.problems.push_back({pointer, "repeated_parameter", "given more than once"});
    } else {
      out.plain.push_back({param.name, pointer, false, {param.value}});
    }
  }
}

Arguments arguments_of_json(std::string_view body) {
  Arguments out;
  out.is_json = true;
  dom::parser parser(kReportBodyBytesMax);
  const simdjson::padded_string padded(body);
  dom::element root;
  dom::object object;
  if (parser.parse(padded).get(root) != simdjson::SUCCESS ||
      root.get_object().get(object) != simdjson::SUCCESS) {
    out.problems.push_back({"", "invalid_json", "the body must be one JSON object"});
    return out;
  }
  std::vector<std::string_view> seen;
  for (const auto& [key, value] : object) {
    const std::string pointer = pointer_to(key);
    if (seen.size() >= kArgumentsMax) {
      out.problems.push_back({pointer, "too_many_parameters", "at most 64 parameters"});
      break;
    }
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
      out.problems.push_back({pointer, "repeated_parameter", "given more than once"});
      continue;
    }
    seen.push_back(key);
    if (key == "filters" || key == "filter") {
      add_json_filters(value, out);
      continue;
    }
    if (value.is_null()) continue;  // as if not given
    Argument argument{std::string(key), pointer, false, {}};
    if (add_values(value, pointer, argument.is_list, argument.values, out)) {
      out.plain.push_back(std::move(argument));
    }
  }
  return out;
}

}  // namespace adbacus
