#include "store/embedded/duckdb_connection.hpp"

namespace adbacus {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// DuckDB's error types do not separate a broken file from a full disk or a held lock, so the text
// decides where it must. The phrases are those of DuckDB 1.5.
Error error_of(duckdb_error_type type, const char* message) {
  const std::string text = message == nullptr ? "unknown DuckDB error" : message;
  if (contains(text, "No space left") || contains(text, "Disk quota")) {
    return {ErrorCode::storage_full, "store: " + text};
  }
  if (contains(text, "Could not set lock")) return {ErrorCode::conflict, "store: " + text};
  const bool damaged = contains(text, "orrupt") || contains(text, "checksum") ||
                       contains(text, "not a valid DuckDB database") ||
                       contains(text, "magic bytes") || contains(text, "deserializ") ||
                       contains(text, "Could not read enough bytes") ||
                       contains(text, "Failure while replaying WAL");
  if (damaged || type == DUCKDB_ERROR_SERIALIZATION || type == DUCKDB_ERROR_INTERNAL) {
    return {ErrorCode::corrupt, "store: " + text};
  }
  if (type == DUCKDB_ERROR_IO || type == DUCKDB_ERROR_FATAL) {
    return {ErrorCode::io, "store: " + text};
  }
  if (type == DUCKDB_ERROR_OUT_OF_MEMORY) return {ErrorCode::unavailable, "store: " + text};
  return {ErrorCode::internal, "store: " + text};
}

// A prepared statement with its values bound.
class Statement {
 public:
  ~Statement() { duckdb_destroy_prepare(&handle_); }
  Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Result<void> prepare(duckdb_connection connection, const std::string& sql,
                       std::span<const DuckdbValue> values) {
    if (duckdb_prepare(connection, sql.c_str(), &handle_) != DuckDBSuccess) {
      return error_of(DUCKDB_ERROR_INVALID, duckdb_prepare_error(handle_));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto* number = std::get_if<std::int64_t>(&values[i]);
      const auto* text = std::get_if<std::string_view>(&values[i]);
      const duckdb_state state =
          number != nullptr
              ? duckdb_bind_int64(handle_, i + 1, *number)
              : duckdb_bind_varchar_length(handle_, i + 1, text->data(), text->size());
      if (state != DuckDBSuccess) {
        return Error{ErrorCode::internal, "store: cannot bind parameter of: " + sql};
      }
    }
    return {};
  }
  duckdb_prepared_statement handle() { return handle_; }

 private:
  duckdb_prepared_statement handle_ = nullptr;
};

Error take_error(duckdb_result& result) {
  Error error = error_of(duckdb_result_error_type(&result), duckdb_result_error(&result));
  duckdb_destroy_result(&result);
  return error;
}

}  // namespace

DuckdbChunk::~DuckdbChunk() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
}

std::string_view DuckdbChunk::text(std::size_t index, std::size_t row) const {
  const duckdb_string_t* strings = column<duckdb_string_t>(index);
  const duckdb_string_t& string = strings[row];
  if (duckdb_string_is_inlined(string)) {
    return {string.value.inlined.inlined, string.value.inlined.length};
  }
  return {string.value.pointer.ptr, string.value.pointer.length};
}

bool DuckdbChunk::is_null(std::size_t index, std::size_t row) const {
  std::uint64_t* valid = duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk_, index));
  return valid != nullptr && !duckdb_validity_row_is_valid(valid, row);
}

DuckdbRows::~DuckdbRows() {
  duckdb_destroy_result(&result_);
}

Result<DuckdbChunk> DuckdbRows::next() {
  duckdb_data_chunk chunk = duckdb_fetch_chunk(result_);
  if (chunk == nullptr) {
    const char* message = duckdb_result_error(&result_);
    if (message != nullptr && *message != '\0') {
      return error_of(duckdb_result_error_type(&result_), message);
    }
  }
  return DuckdbChunk(chunk);
}

DuckdbConnection::~DuckdbConnection() {
  if (handle_ != nullptr) duckdb_disconnect(&handle_);
}

Result<void> DuckdbConnection::run(const std::string& sql) {
  duckdb_result result{};
  if (duckdb_query(handle_, sql.c_str(), &result) != DuckDBSuccess) return take_error(result);
  duckdb_destroy_result(&result);
  return {};
}

Result<std::int64_t> DuckdbConnection::change(const std::string& sql,
                                              std::span<const DuckdbValue> values) {
  Statement statement;
  if (auto ok = statement.prepare(handle_, sql, values); !ok) return ok.error();
  duckdb_result result{};
  if (duckdb_execute_prepared(statement.handle(), &result) != DuckDBSuccess) {
    return take_error(result);
  }
  const auto changed = static_cast<std::int64_t>(duckdb_rows_changed(&result));
  duckdb_destroy_result(&result);
  return changed;
}

Result<DuckdbRows> DuckdbConnection::query(const std::string& sql,
                                           std::span<const DuckdbValue> values) {
  Statement statement;
  if (auto ok = statement.prepare(handle_, sql, values); !ok) return ok.error();
  duckdb_pending_result pending = nullptr;
  if (duckdb_pending_prepared_streaming(statement.handle(), &pending) != DuckDBSuccess) {
    Error error = error_of(DUCKDB_ERROR_INVALID, duckdb_pending_error(pending));
    duckdb_destroy_pending(&pending);
    return error;
  }
  duckdb_result result{};
  const duckdb_state state = duckdb_execute_pending(pending, &result);
  duckdb_destroy_pending(&pending);
  if (state != DuckDBSuccess) return take_error(result);
  return DuckdbRows(result);
}

Result<std::int64_t> DuckdbConnection::number(const std::string& sql,
                                              std::span<const DuckdbValue> values) {
  auto rows = query(sql, values);
  if (!rows) return rows.error();
  auto chunk = rows->next();
  if (!chunk) return chunk.error();
  if (!*chunk || chunk->rows() == 0) {
    return Error{ErrorCode::not_found, "store: no row for: " + sql};
  }
  return chunk->column<std::int64_t>(0)[0];
}

Result<DuckdbTransaction> DuckdbTransaction::begin(DuckdbConnection& connection) {
  if (auto ok = connection.run("BEGIN"); !ok) return ok.error();
  return DuckdbTransaction(&connection);
}

DuckdbTransaction::~DuckdbTransaction() {
  if (connection_ == nullptr) return;
  // Fails only if the transaction is gone already, which is what it is for.
  static_cast<void>(static_cast<bool>(connection_->run("ROLLBACK")));
}

Result<void> DuckdbTransaction::commit() {
  return std::exchange(connection_, nullptr)->run("COMMIT");
}

Result<std::unique_ptr<DuckdbDatabase>> DuckdbDatabase::open(const std::string& path,
                                                             const Settings& settings) {
  duckdb_config config = nullptr;
  if (duckdb_create_config(&config) != DuckDBSuccess) {
    return Error{ErrorCode::internal, "store: cannot create a DuckDB configuration"};
  }
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config, name.c_str(), value.c_str()) != DuckDBSuccess) {
      duckdb_destroy_config(&config);
      return Error{ErrorCode::invalid_argument, "store: DuckDB refuses " + name + "=" + value};
    }
  }
  duckdb_database handle = nullptr;
  char* message = nullptr;
  const duckdb_state state =
      duckdb_open_ext(path.empty() ? nullptr : path.c_str(), &handle, config, &message);
  duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    Error error = error_of(DUCKDB_ERROR_INVALID, message);
    duckdb_free(message);
    return error;
  }
  return std::unique_ptr<DuckdbDatabase>(
      new DuckdbDatabase(handle));  // NOLINT: private constructor
}

DuckdbDatabase::~DuckdbDatabase() {
  duckdb_close(&handle_);
}

Result<DuckdbConnection> DuckdbDatabase::connect() {
  duckdb_connection handle = nullptr;
  if (duckdb_connect(handle_, &handle) != DuckDBSuccess) {
    return Error{ErrorCode::unavailable, "store: cannot open a DuckDB connection"};
  }
  return DuckdbConnection(handle);
}

}  // namespace adbacus
