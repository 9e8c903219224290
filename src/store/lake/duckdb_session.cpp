#include "store/lake/duckdb_session.hpp"

#include <duckdb.h>
#include <filesystem>
#include <fmt/format.h>

#include "store/lake/query_deadline.hpp"

namespace adbacus {
namespace {

struct Config {
  duckdb_config handle = nullptr;
  ~Config() { duckdb_destroy_config(&handle); }
};
struct Connection {
  duckdb_connection handle = nullptr;
  ~Connection() { duckdb_disconnect(&handle); }
};
struct Statement {
  duckdb_prepared_statement handle = nullptr;
  ~Statement() { duckdb_destroy_prepare(&handle); }
};
struct Rows {
  duckdb_result handle{};
  ~Rows() { duckdb_destroy_result(&handle); }
};
struct Chunk {
  duckdb_data_chunk handle = nullptr;
  ~Chunk() { duckdb_destroy_data_chunk(&handle); }
};

Error duckdb_failed(const char* message) {
  const std::string_view text = message != nullptr ? message : "failed";
  return {ErrorCode::internal, fmt::format("duckdb: {}", text.substr(0, text.find('\n')))};
}

void read_column(duckdb_vector vector, std::size_t rows, DuckdbKind kind, DuckdbColumn& out) {
  std::uint64_t* const valid = duckdb_vector_get_validity(vector);
  void* const data = duckdb_vector_get_data(vector);
  for (idx_t row = 0; row < rows; ++row) {
    const bool null = valid != nullptr && !duckdb_validity_row_is_valid(valid, row);
    out.nulls.push_back(null);
    if (kind == DuckdbKind::number) {
      out.numbers.push_back(null ? 0 : static_cast<const std::int64_t*>(data)[row]);
      continue;
    }
    std::string& text = out.texts.emplace_back();
    if (null) continue;
    duckdb_string_t value = static_cast<const duckdb_string_t*>(data)[row];
    text.assign(duckdb_string_t_data(&value), duckdb_string_t_length(value));
  }
}

class Session final : public DuckdbSession {
 public:
  ~Session() override { duckdb_close(&database_); }

  Result<void> open(const DuckdbOptions& options) {
    query_ms_max_ = options.query_ms_max;
    Config config;
    if (duckdb_create_config(&config.handle) == DuckDBError) return duckdb_failed("configuration");
    const auto set = [&](const char* name, const std::string& value) {
      return duckdb_set_config(config.handle, name, value.c_str()) == DuckDBSuccess;
    };
    if (!set("threads", std::to_string(options.threads)) ||
        !set("memory_limit", fmt::format("{}B", options.memory_bytes_max)) ||
        !set("autoinstall_known_extensions", "false") ||
        !set("autoload_known_extensions", "false") || !set("temp_directory", ""))
      return duckdb_failed("configuration");
    char* message = nullptr;
    if (duckdb_open_ext(nullptr, &database_, config.handle, &message) == DuckDBError) {
      Error error = duckdb_failed(message);
      duckdb_free(message);
      return error;
    }
    const std::string folder =
        (std::filesystem::absolute(options.folder) / "").lexically_normal().string();
    // Footers are read once: a visible file never changes.
    for (const std::string& sql :
         {std::string("SET parquet_metadata_cache=true"), std::string("SET TimeZone='UTC'"),
          "SET allowed_directories=[" + sql_literal(folder) + "]",
          std::string("SET enable_external_access=false"),
          std::string("SET lock_configuration=true")}) {
      if (auto done = run(sql); !done) return done;
    }
    return {};
  }

  Result<void> run(const std::string& sql) override {
    Connection connection;
    if (duckdb_connect(database_, &connection.handle) == DuckDBError)
      return duckdb_failed("connect");
    Rows rows;
    if (duckdb_query(connection.handle, sql.c_str(), &rows.handle) == DuckDBError)
      return duckdb_failed(duckdb_result_error(&rows.handle));
    return {};
  }

  Result<SessionRows> query(const std::string& sql, const std::vector<DuckdbParameter>& parameters,
                            const std::vector<DuckdbKind>& kinds, std::size_t rows_max) override {
    Connection connection;
    if (duckdb_connect(database_, &connection.handle) == DuckDBError)
      return duckdb_failed("connect");
    Statement statement;
    if (duckdb_prepare(connection.handle, sql.c_str(), &statement.handle) == DuckDBError)
      return duckdb_failed(duckdb_prepare_error(statement.handle));
    if (auto bound = bind(statement.handle, parameters); !bound) return bound.error();
    QueryDeadline deadline(connection.handle, std::chrono::milliseconds(query_ms_max_));
    Rows rows;
    Result<SessionRows> found = duckdb_failed("no rows");
    if (duckdb_execute_prepared(statement.handle, &rows.handle) == DuckDBError) {
      found = duckdb_failed(duckdb_result_error(&rows.handle));
    } else {
      found = fetch(rows, kinds, rows_max);
    }
    if (found || !deadline.passed()) return found;
    return Error{
        ErrorCode::unavailable,
        fmt::format("query_timeout: the scan of raw events took longer than {} ms; ask for "
                    "a shorter range or for dimensions that are rolled up",
                    query_ms_max_)};
  }

 private:
  static Result<void> bind(duckdb_prepared_statement statement,
                           const std::vector<DuckdbParameter>& parameters) {
    for (idx_t i = 0; i < parameters.size(); ++i) {
      duckdb_state state = DuckDBError;
      if (const auto* number = std::get_if<std::int64_t>(&parameters[i])) {
        state = duckdb_bind_int64(statement, i + 1, *number);
      } else {
        const auto& text = std::get<std::string>(parameters[i]);
        state = duckdb_bind_varchar_length(statement, i + 1, text.data(), text.size());
      }
      if (state == DuckDBError) return duckdb_failed("a parameter could not be bound");
    }
    return {};
  }

  static Result<SessionRows> fetch(Rows& rows, const std::vector<DuckdbKind>& kinds,
                                   std::size_t rows_max) {
    SessionRows out;
    out.columns.resize(kinds.size());
    if (duckdb_column_count(&rows.handle) != kinds.size())
      return duckdb_failed("unexpected number of columns");
    for (idx_t c = 0; c < kinds.size(); ++c) {
      const duckdb_type wanted =
          kinds[c] == DuckdbKind::number ? DUCKDB_TYPE_BIGINT : DUCKDB_TYPE_VARCHAR;
      if (duckdb_column_type(&rows.handle, c) != wanted)
        return duckdb_failed("unexpected type of a column");
    }
    while (true) {
      Chunk chunk{duckdb_fetch_chunk(rows.handle)};
      if (chunk.handle == nullptr) break;
      const idx_t count = duckdb_data_chunk_get_size(chunk.handle);
      out.rows += count;
      if (out.rows > rows_max)
        return Error{ErrorCode::invalid_argument,
                     fmt::format("too_many_rows: more than {} rows", rows_max)};
      for (idx_t c = 0; c < kinds.size(); ++c)
        read_column(duckdb_data_chunk_get_vector(chunk.handle, c), count, kinds[c], out.columns[c]);
    }
    // A failure while rows are produced ends the chunks as the last row does.
    if (const char* message = duckdb_result_error(&rows.handle);
        message != nullptr && *message != '\0')
      return duckdb_failed(message);
    return out;
  }

  duckdb_database database_ = nullptr;
  int query_ms_max_ = 0;
};

}  // namespace

Result<std::unique_ptr<DuckdbSession>> open_duckdb_session(const DuckdbOptions& options) {
  auto session = std::make_unique<Session>();
  if (auto opened = session->open(options); !opened) return opened.error();
  return std::unique_ptr<DuckdbSession>(std::move(session));
}

std::string sql_literal(const std::string& text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'') literal += '\'';
    literal += c;
  }
  return literal + "'";
}

}  // namespace adbacus
