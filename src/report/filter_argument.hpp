// A report's filters before their meaning is checked: the same tree whether it came as
// field:op:value or as JSON, each part with the pointer that an error about it names. Pure.
#pragma once

#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"
#include "store/filter.hpp"

namespace adbacus {

struct FilterArgument {
  FilterKind kind = FilterKind::leaf;
  std::string pointer;                   // "/filters/0", "?filter", "?filter/any/1"
  std::vector<FilterArgument> children;  // all, any, negation: at least one
  // Of a leaf:
  std::string field;
  std::string op;
  std::vector<std::string> values;
  std::string field_pointer;
  std::string op_pointer;
  std::string values_pointer;
  bool is_list = false;  // each value has a pointer of its own

  std::string pointer_of(std::size_t value) const {
    return is_list ? values_pointer + "/" + std::to_string(value) : values_pointer;
  }
};

// Reads filters and keeps them within bounds; one object per request.
class FilterReader {
 public:
  static constexpr std::size_t kDepthMax = 8;
  static constexpr std::size_t kNodesMax = 128;

  FilterReader(std::vector<FilterArgument>& filters, std::vector<http::ProblemItem>& problems)
      : filters_(filters), problems_(problems) {}

  // The value of a query's filter parameter: field:op:value, where only in, not_in and between
  // split the value at commas, or JSON.
  void read_text(std::string_view text);
  // A list of filters, one filter or a map {"country":["DE","AT"]}; all of them must hold.
  void read_json(const simdjson::dom::element& element, const std::string& pointer);

 private:
  using Object = simdjson::dom::object;
  bool read_short(std::string_view text, const std::string& pointer, FilterArgument& out);
  bool read_node(const simdjson::dom::element& element, const std::string& pointer,
                 std::size_t depth, FilterArgument& out);
  bool read_leaf(const Object& object, const std::string& pointer, FilterArgument& out);
  bool read_combination(const Object& object, const std::string& pointer, std::size_t depth,
                        FilterArgument& out);
  bool read_map(const Object& object, const std::string& pointer, FilterArgument& out);
  bool is_within_bounds(const std::string& pointer, std::size_t depth);
  bool refuse(const std::string& pointer, std::string code, std::string detail);

  std::vector<FilterArgument>& filters_;
  std::vector<http::ProblemItem>& problems_;
  std::size_t nodes_ = 0;
};

}  // namespace adbacus
