// The open store.duckdb: hands out connections for queries from a small pool and can be reopened
// after an error, which waits for the queries under way. Thread-safe.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/embedded/database_query.hpp"
#include "store/embedded/duckdb_connection.hpp"

namespace adbacus {

class StoreDatabase {
 public:
  // A connection lent to one query; goes back to the pool with the object unless drop() was called.
  class Lease {
   public:
    Lease(StoreDatabase* pool, std::unique_ptr<DatabaseQuery> query)
        : pool_(pool), query_(std::move(query)) {}
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), query_(std::move(other.query_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    DatabaseQuery& query() { return *query_; }
    void drop() { query_.reset(); }  // after an error

   private:
    StoreDatabase* pool_;
    std::unique_ptr<DatabaseQuery> query_;
  };

  StoreDatabase(std::string path, DuckdbDatabase::Settings settings, int connections_max);

  Result<void> open();
  // For the one who writes: closes, once no lease is out, and opens again. Connections made before
  // must be gone.
  Result<void> reopen();
  void close();
  Result<DuckdbConnection> connect();
  // Waits while all connections are lent. unavailable: closed.
  Result<Lease> lease();
  std::uint64_t disk_bytes() const;

 private:
  void give_back(std::unique_ptr<DatabaseQuery> query);
  void close_locked(std::unique_lock<std::mutex>& lock);

  const std::string path_;
  const DuckdbDatabase::Settings settings_;
  const int connections_max_;
  std::mutex mutex_;  // guards all below
  std::condition_variable returned_;
  std::unique_ptr<DuckdbDatabase> database_;
  std::vector<std::unique_ptr<DatabaseQuery>> idle_;
  int lent_ = 0;
  bool closing_ = false;
};

}  // namespace adbacus
