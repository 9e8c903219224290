#include "catalog/sqlite/database.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sqlite3.h>
#include <utility>

namespace adbacus {
namespace {

Error error_of(sqlite3* database, int code) {
  ErrorCode kind = ErrorCode::internal;
  switch (code & 0xff) {  // the low byte is the primary code
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      kind = ErrorCode::unavailable;
      break;
    case SQLITE_FULL:
      kind = ErrorCode::storage_full;
      break;
    case SQLITE_IOERR:
      kind = code == SQLITE_IOERR_SHMSIZE ? ErrorCode::storage_full : ErrorCode::io;
      break;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      kind = ErrorCode::io;
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      kind = ErrorCode::corrupt;
      break;
    case SQLITE_CONSTRAINT:
      kind = code == SQLITE_CONSTRAINT_FOREIGNKEY ? ErrorCode::not_found : ErrorCode::conflict;
      break;
  }
  const char* what = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  return {kind, fmt::format("catalog database: {} ({})", what, code)};
}

constexpr TimeUs kShortWaitUs = 10 * kMillisecondUs;
constexpr TimeUs kImpatientUs = kSecondUs;  // after a wait in vain
constexpr int kPauseMs = 2;

// SQLite's busy handler: 0 gives up.
int wait_for_lock(void* state, int tries) {
  auto& patience = *static_cast<LockPatience*>(state);
  const TimeUs now = system_clock().mono_us();
  if (tries == 0) patience.began_us = now;
  const bool is_impatient =
      patience.gave_up_us != 0 && patience.began_us - patience.gave_up_us < kImpatientUs;
  const TimeUs longest =
      is_impatient ? std::min(kShortWaitUs, patience.longest_us) : patience.longest_us;
  if (now - patience.began_us >= longest) {
    patience.gave_up_us = now;
    return 0;
  }
  sqlite3_sleep(kPauseMs);
  return 1;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(std::string_view text) {
  const int code = sqlite3_bind_text(statement_.get(), ++bound_, text.data(),
                                     static_cast<int>(text.size()), SQLITE_STATIC);
  assert(code == SQLITE_OK);
  (void)code;
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  const int code = sqlite3_bind_int64(statement_.get(), ++bound_, number);
  assert(code == SQLITE_OK);
  (void)code;
  return *this;
}

Statement& Statement::bind_null() {
  ++bound_;  // unbound parameters are NULL
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return error_of(sqlite3_db_handle(statement_.get()), code);
}

Result<void> Statement::run() {
  for (;;) {
    auto row = step();
    if (!row) return row.error();
    if (!*row) return {};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bound_ = 0;
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::string& path, int busy_timeout_ms) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<sqlite3, Close> database(raw);
  if (code != SQLITE_OK) {
    Error error = error_of(raw, code);
    error.message += ": " + path;
    return error;
  }
  sqlite3_extended_result_codes(raw, 1);
  auto patience = std::make_unique<LockPatience>();
  patience->longest_us = busy_timeout_ms * kMillisecondUs;
  sqlite3_busy_handler(raw, wait_for_lock, patience.get());
  return Database(std::move(patience), std::move(database));
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) return error_of(database_.get(), code);
  return Statement(statement);
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(database_.get(), code);
  return {};
}

Result<std::int64_t> Database::pragma(std::string_view name) {
  auto statement = prepare(fmt::format("PRAGMA {}", name));
  if (!statement) return statement.error();
  auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->number(0) : 0;
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(database_.get());
}

Result<Transaction> Transaction::begin(Database& database) {
  if (auto ok = database.execute("BEGIN IMMEDIATE"); !ok) return ok.error();
  return Transaction(database);
}

Transaction::~Transaction() {
  // A failed rollback leaves the transaction to SQLite, which ends it with the connection.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  auto ok = database_->execute("COMMIT");
  if (ok) database_ = nullptr;
  return ok;
}

}  // namespace adbacus
