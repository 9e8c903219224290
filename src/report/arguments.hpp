// The parameters of a report before their meaning is checked: the same whether they came in a query
// string or in a JSON body, each with the pointer that an error about it names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"
#include "report/filter_argument.hpp"

namespace adbacus {

struct Argument {
  std::string name;
  std::string pointer;              // "?metrics" or "/metrics"
  bool is_list = false;             // a JSON array: values have pointers of their own
  std::vector<std::string> values;  // at least one for a query parameter; as sent, not split
  std::string pointer_of(std::size_t value) const {
    return is_list ? pointer + "/" + std::to_string(value) : pointer;
  }
};

struct Arguments {
  bool is_json = false;
  std::vector<Argument> plain;
  std::vector<FilterArgument> filters;
  std::vector<http::ProblemItem> problems;  // of form, e.g. not JSON, a filter without operator

  const Argument* find(std::string_view name) const;
};

inline constexpr std::size_t kReportBodyBytesMax = 64 * 1024;

// Adds a query string's parameters. filter may be repeated; other names come once, in the query or
// in the body.
void add_query(const std::vector<http::QueryParam>& query, Arguments& out);
// {"metrics":["clicks"],"filters":[{"field":"country","op":"in","value":["DE","AT"]}],...}. The
// name "filter" is as good as "filters"; pointers have the one that was sent.
Arguments arguments_of_json(std::string_view body);

}  // namespace adbacus
