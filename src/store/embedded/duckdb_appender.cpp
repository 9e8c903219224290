#include "store/embedded/duckdb_connection.hpp"

namespace adbacus {

Result<DuckdbAppender> DuckdbAppender::open(DuckdbConnection& connection, const char* table,
                                            std::span<const duckdb_type> types) {
  DuckdbAppender result;
  if (duckdb_appender_create(connection.handle(), nullptr, table, &result.appender_) !=
      DuckDBSuccess) {
    const char* message = duckdb_appender_error(result.appender_);
    return Error{ErrorCode::internal, std::string("store: cannot append to ") + table + ": " +
                                          (message == nullptr ? "unknown" : message)};
  }
  std::vector<duckdb_logical_type> logical;
  for (const duckdb_type type : types) logical.push_back(duckdb_create_logical_type(type));
  result.chunk_ = duckdb_create_data_chunk(logical.data(), logical.size());
  for (duckdb_logical_type& type : logical) duckdb_destroy_logical_type(&type);
  result.columns_.resize(types.size());
  result.rows_max_ = duckdb_vector_size();
  result.point_at_columns();
  return result;
}

DuckdbAppender::DuckdbAppender(DuckdbAppender&& other) noexcept
    : appender_(std::exchange(other.appender_, nullptr)),
      chunk_(std::exchange(other.chunk_, nullptr)),
      columns_(std::move(other.columns_)),
      row_(other.row_),
      rows_max_(other.rows_max_) {}

// Destroying an appender closes it, and closing would append what is left: a caller that gave up
// rolls its transaction back, so nothing of it stays.
DuckdbAppender::~DuckdbAppender() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  if (appender_ != nullptr) duckdb_appender_destroy(&appender_);
}

void DuckdbAppender::point_at_columns() {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i] = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk_, i));
  }
}

void DuckdbAppender::set_text(std::size_t column, std::string_view text) {
  duckdb_vector_assign_string_element_len(duckdb_data_chunk_get_vector(chunk_, column), row_,
                                          text.data(), text.size());
}

Result<void> DuckdbAppender::next_row() {
  if (++row_ < rows_max_) return {};
  return append_chunk();
}

Result<void> DuckdbAppender::append_chunk() {
  if (row_ == 0) return {};
  duckdb_data_chunk_set_size(chunk_, row_);
  if (duckdb_append_data_chunk(appender_, chunk_) != DuckDBSuccess) {
    const char* message = duckdb_appender_error(appender_);
    return Error{ErrorCode::unavailable,
                 std::string("store: append failed: ") + (message == nullptr ? "?" : message)};
  }
  duckdb_data_chunk_reset(chunk_);
  point_at_columns();
  row_ = 0;
  return {};
}

Result<void> DuckdbAppender::finish() {
  if (auto ok = append_chunk(); !ok) return ok;
  if (duckdb_appender_close(appender_) != DuckDBSuccess) {
    const char* message = duckdb_appender_error(appender_);
    return Error{ErrorCode::unavailable,
                 std::string("store: append failed: ") + (message == nullptr ? "?" : message)};
  }
  return {};
}

}  // namespace adbacus
