#include "report/json_value.hpp"

#include <fmt/format.h>

namespace adbacus {
namespace {

namespace dom = simdjson::dom;

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
    case dom::element_type::DOUBLE:
      out = fmt::format("{}", element.get_double().value_unsafe());
      return true;
    case dom::element_type::BOOL:
      out = element.get_bool().value_unsafe() ? "true" : "false";
      return true;
    case dom::element_type::NULL_VALUE:
      out.clear();
      return true;
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
      return false;
  }
  return false;
}

}  // namespace

bool add_json_values(const dom::element& element, const std::string& pointer, bool& is_list,
                     std::vector<std::string>& values, std::vector<http::ProblemItem>& problems) {
  dom::array array;
  is_list = element.get_array().get(array) == simdjson::SUCCESS;
  std::string text;
  if (!is_list) {
    if (scalar_text(element, text)) {
      values.push_back(std::move(text));
      return true;
    }
    problems.push_back({pointer, "invalid_type", "a text, a number or a list of them expected"});
    return false;
  }
  for (const dom::element item : array) {
    if (!scalar_text(item, text)) {
      problems.push_back({pointer + "/" + std::to_string(values.size()), "invalid_type",
                          "a text or a number expected"});
      return false;
    }
    values.push_back(text);
  }
  return true;
}

}  // namespace adbacus
