// A raw query's columns and filters as SQL over the lake's files, every value bound. Used by
// event_query_sql.cpp only; lives for one statement.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/lake/duckdb_session.hpp"
#include "store/lake_query.hpp"

namespace adbacus {

class FilterSql {
 public:
  // `parameters` grows with what is bound and must outlive the object.
  FilterSql(const std::string& zone, std::vector<DuckdbParameter>& parameters)
      : timezone_(zone), parameters_(parameters) {}

  template <class T>  // std::int64_t or std::string, constructed in place
  std::string bind(const T& value) {
    parameters_.emplace_back(value);
    return "$" + std::to_string(parameters_.size());
  }
  // A text column's or metadata key's text, null or empty where it is absent. invalid_argument: no
  // such column.
  Result<std::string> text_of(const std::string& column);
  // A condition that is true, or false or null.
  Result<std::string> condition(const LakeFilter& filter);
  // The instant in the query's time zone, as a timestamp without one.
  std::string local_time();

 private:
  Result<std::string> leaf(const LakeFilter& filter);
  Result<std::string> joined(const LakeFilter& filter, const char* word, const char* if_empty);
  std::string any_value(const LakeFilter& filter, const std::string& text, const char* format);
  std::string comparison(const LakeFilter& filter, const std::string& text);

  const std::string& timezone_;
  std::vector<DuckdbParameter>& parameters_;
};

}  // namespace adbacus
