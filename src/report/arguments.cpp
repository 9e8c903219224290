#include "report/arguments.hpp"

#include <algorithm>
#include <simdjson.h>

#include "http/json_pointer.hpp"
#include "report/json_value.hpp"

namespace adbacus {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kArgumentsMax = 64;

}  // namespace

const Argument* Arguments::find(std::string_view name) const {
  const auto found = std::find_if(plain.begin(), plain.end(),
                                  [name](const Argument& a) { return a.name == name; });
  return found == plain.end() ? nullptr : &*found;
}

void add_query(const std::vector<http::QueryParam>& query, Arguments& out) {
  FilterReader filters(out.filters, out.problems);
  std::size_t count = out.plain.size();
  for (const http::QueryParam& param : query) {
    const std::string pointer = "?" + param.name;
    if (++count > kArgumentsMax) {
      out.problems.push_back({pointer, "too_many_parameters", "at most 64 parameters"});
      break;
    }
    if (!simdjson::validate_utf8(param.name) || !simdjson::validate_utf8(param.value)) {
      // No event holds such text, and neither the store nor a JSON answer could take it.
      out.problems.push_back({pointer, "invalid_utf8", "not valid UTF-8"});
    } else if (param.name == "filter") {
      filters.read_text(param.value);
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
    const std::string pointer = http::pointer_part(key);
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
      FilterReader(out.filters, out.problems).read_json(value, pointer);
      continue;
    }
    if (value.is_null()) continue;  // as if not given
    Argument argument{std::string(key), pointer, false, {}};
    if (add_json_values(value, pointer, argument.is_list, argument.values, out.problems)) {
      out.plain.push_back(std::move(argument));
    }
  }
  return out;
}

}  // namespace adbacus
