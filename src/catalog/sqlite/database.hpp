// RAII over SQLite's C API: a connection, prepared statements, transactions. Errors become Results
// here and nowhere else. A Database and its statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace adbacus {

class Statement {
 public:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  // Parameters are numbered in the order of the calls. Texts must outlive the statement's last
  // step.
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind_null();
  Result<bool> step();  // true: a row is there
  Result<void> run();   // to the end, rows ignored
  void reset();         // for the next set of parameters
  std::string text(int column) const;
  std::int64_t number(int column) const;

 private:
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

// All rows that are left, each as `read` makes it.
template <class T>
Result<std::vector<T>> rows_of(Statement& statement, T (*read)(const Statement&)) {
  std::vector<T> rows;
  for (;;) {
    auto row = statement.step();
    if (!row) return row.error();
    if (!*row) return rows;
    rows.push_back(read(statement));
  }
}

// How long the statements of a connection wait for another process's lock. After a wait in vain
// the next ones hardly wait, until a second went by: a locked catalog holds up one caller, not all.
struct LockPatience {
  TimeUs longest_us = 0;
  TimeUs began_us = 0;    // the present wait; monotonic
  TimeUs gave_up_us = 0;  // the last one in vain; 0: none was
};

class Database {
 public:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  static Result<Database> open(const std::string& path, int busy_timeout_ms);
  Result<Statement> prepare(std::string_view sql);
  Result<void> execute(const std::string& sql);  // statements without parameters or results
  Result<std::int64_t> pragma(std::string_view name);
  std::int64_t changes() const;  // rows changed by the last statement

 private:
  Database(std::unique_ptr<LockPatience> patience, std::unique_ptr<sqlite3, Close> database)
      : patience_(std::move(patience)), database_(std::move(database)) {}
  std::unique_ptr<LockPatience> patience_;  // the connection has its address
  std::unique_ptr<sqlite3, Close> database_;
};

// A connection and what guards it.
struct GuardedDatabase {
  std::mutex mutex;
  Database database;
};

// Rolls back unless committed. Takes the write lock at once, so a later step cannot fail on it.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace adbacus
