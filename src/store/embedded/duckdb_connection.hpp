// DuckDB's C API behind objects that release what they hold and answer Results. Used by the
// embedded store and the lake's raw queries. A Database is thread-safe; a Connection and everything
// made from it belong to one thread at a time, and must be gone before their Database.
#pragma once

#include <cstdint>
#include <duckdb.h>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

// A value bound to a statement's parameter, in the order of the question marks.
using DuckdbValue = std::variant<std::int64_t, std::string_view>;

// A batch of at most 2,048 result rows. Columns are typed as the statement casts them.
class DuckdbChunk {
 public:
  explicit DuckdbChunk(duckdb_data_chunk chunk) : chunk_(chunk) {}
  ~DuckdbChunk();
  DuckdbChunk(DuckdbChunk&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
  DuckdbChunk& operator=(DuckdbChunk&&) = delete;

  explicit operator bool() const { return chunk_ != nullptr; }
  std::size_t rows() const { return duckdb_data_chunk_get_size(chunk_); }
  template <class T>
  const T* column(std::size_t index) const {
    return static_cast<const T*>(
        duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk_, index)));
  }
  // Of a VARCHAR or BLOB column; a view into the chunk.
  std::string_view text(std::size_t index, std::size_t row) const;
  bool is_null(std::size_t index, std::size_t row) const;

 private:
  duckdb_data_chunk chunk_;
};

// A result that is computed while it is read.
class DuckdbRows {
 public:
  explicit DuckdbRows(duckdb_result result) : result_(result) {}
  ~DuckdbRows();
  DuckdbRows(DuckdbRows&& other) noexcept : result_(std::exchange(other.result_, {})) {}
  DuckdbRows& operator=(DuckdbRows&&) = delete;

  // The next batch; an empty (false) chunk at the end.
  Result<DuckdbChunk> next();

 private:
  duckdb_result result_;
};

class DuckdbDatabase;

class DuckdbConnection {
 public:
  ~DuckdbConnection();
  DuckdbConnection(DuckdbConnection&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)) {}
  DuckdbConnection& operator=(DuckdbConnection&&) = delete;

  // Runs one or more statements without results.
  Result<void> run(const std::string& sql);
  // Runs one statement; returns the number of rows it changed.
  Result<std::int64_t> change(const std::string& sql, std::span<const DuckdbValue> values);
  Result<DuckdbRows> query(const std::string& sql, std::span<const DuckdbValue> values = {});
  // A query for one integer.
  Result<std::int64_t> number(const std::string& sql, std::span<const DuckdbValue> values = {});
  duckdb_connection handle() { return handle_; }

 private:
  friend class DuckdbDatabase;
  explicit DuckdbConnection(duckdb_connection handle) : handle_(handle) {}
  duckdb_connection handle_;
};

// Rolls back unless committed.
class DuckdbTransaction {
 public:
  static Result<DuckdbTransaction> begin(DuckdbConnection& connection);
  ~DuckdbTransaction();
  DuckdbTransaction(DuckdbTransaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  DuckdbTransaction& operator=(DuckdbTransaction&&) = delete;
  // After an error nobody knows whether it took place.
  Result<void> commit();

 private:
  explicit DuckdbTransaction(DuckdbConnection* connection) : connection_(connection) {}
  DuckdbConnection* connection_;
};

class DuckdbDatabase {
 public:
  // `path` empty: in memory. Settings are DuckDB's own, e.g. {"threads", "2"}. corrupt: the file is
  // no database DuckDB can read; conflict: another process holds it.
  using Settings = std::vector<std::pair<std::string, std::string>>;
  static Result<std::unique_ptr<DuckdbDatabase>> open(const std::string& path,
                                                      const Settings& settings);
  ~DuckdbDatabase();
  DuckdbDatabase(const DuckdbDatabase&) = delete;
  DuckdbDatabase& operator=(const DuckdbDatabase&) = delete;

  Result<DuckdbConnection> connect();

 private:
  explicit DuckdbDatabase(duckdb_database handle) : handle_(handle) {}
  duckdb_database handle_;
};

// Appends rows to a table column by column: write the fields of the row at hand with set(), then
// next_row(). Rows reach the table with finish(), inside the connection's transaction.
class DuckdbAppender {
 public:
  static Result<DuckdbAppender> open(DuckdbConnection& connection, const char* table,
                                     std::span<const duckdb_type> types);
  ~DuckdbAppender();
  DuckdbAppender(DuckdbAppender&& other) noexcept;
  DuckdbAppender& operator=(DuckdbAppender&&) = delete;

  template <class T>
  void set(std::size_t column, T value) {
    static_cast<T*>(columns_[column])[row_] = value;
  }
  void set_text(std::size_t column, std::string_view text);
  Result<void> next_row();
  Result<void> finish();

 private:
  DuckdbAppender() = default;
  Result<void> append_chunk();
  void point_at_columns();

  duckdb_appender appender_ = nullptr;
  duckdb_data_chunk chunk_ = nullptr;
  std::vector<void*> columns_;  // the chunk's vectors' data
  std::size_t row_ = 0;
  std::size_t rows_max_ = 0;
};

}  // namespace adbacus
