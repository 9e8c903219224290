// DuckDB behind a plain interface, for reading and merging the lake's files: one in-memory database
// that may touch nothing but the lake's folder. Thread-safe; each statement has its own connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

struct DuckdbOptions {
  std::string folder;  // the only one it may read and write
  int threads = 2;
  std::uint64_t memory_bytes_max = 1ULL << 30U;
  int query_ms_max = 60'000;  // then a query() is interrupted
};

using DuckdbParameter = std::variant<std::int64_t, std::string>;

// A statement's rows, column by column. Every column is text or int64, as `kinds` of query() says.
struct DuckdbColumn {
  std::vector<std::string> texts;     // "" where null
  std::vector<std::int64_t> numbers;  // 0 where null
  std::vector<bool> nulls;
};
struct SessionRows {
  std::size_t rows = 0;
  std::vector<DuckdbColumn> columns;
};
enum class DuckdbKind : std::uint8_t { text, number };

class DuckdbSession {
 public:
  virtual ~DuckdbSession() = default;
  // The statement must yield VARCHAR or BIGINT columns as `kinds` lists; more than rows_max rows
  // are invalid_argument "too_many_rows"; unavailable "query_timeout" when its time is over.
  virtual Result<SessionRows> query(const std::string& sql,
                                    const std::vector<DuckdbParameter>& parameters,
                                    const std::vector<DuckdbKind>& kinds, std::size_t rows_max) = 0;
  virtual Result<void> run(const std::string& sql) = 0;
};

Result<std::unique_ptr<DuckdbSession>> open_duckdb_session(const DuckdbOptions& options);

// A text as an SQL literal, for file names, which cannot be bound.
std::string sql_literal(const std::string& text);

}  // namespace adbacus
