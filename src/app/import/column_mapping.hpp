// How the columns of a file become event fields: read from a small YAML file (docs/import.md),
// applied row by row, giving one JSON event per row. Immutable after load, so free of threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

enum class ImportFormat { csv, tsv, ndjson };

// One event field from one or more columns.
struct FieldRule {
  std::string field;                 // "event_id", "metadata.exchange", ...
  std::vector<std::size_t> columns;  // joined by `separator`
  std::string separator;
  std::map<std::string, std::string> values;  // replaces the joined text; unlisted text passes
  std::string time_format;                    // letters y M d H m s S and literals; empty = no time
  std::string timezone = "UTC";               // of time_format
  std::int64_t multiply = 1;                  // integer column x multiply = micros; 1 = as it is
  bool as_micros = false;                     // write as a decimal amount of major units
  std::optional<std::pair<std::size_t, std::string>> only_if;  // column has this text
};

class ColumnMapping {
 public:
  // All errors of the file at once, each naming its field.
  static Result<ColumnMapping> parse(const std::string& yaml);

  ImportFormat format() const { return format_; }
  bool has_header() const { return has_header_; }
  const std::vector<std::string>& columns() const { return columns_; }

  // The JSON event of one row. invalid_argument names the field; a row with too few columns too.
  Result<std::string> event(const std::vector<std::string>& row) const;

 private:
  Result<std::optional<std::string>> text_of(const FieldRule& rule,
                                             const std::vector<std::string>& row) const;

  ImportFormat format_ = ImportFormat::csv;
  bool has_header_ = true;
  std::vector<std::string> columns_;
  std::vector<std::string> nulls_;  // texts that mean "absent"
  std::vector<FieldRule> rules_;
  std::vector<std::pair<std::string, std::string>> constants_;
};

}  // namespace adbacus
