#include "store/embedded/store_database.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace adbacus {

StoreDatabase::Lease::~Lease() {
  if (pool_ != nullptr) pool_->give_back(std::move(query_));
}

StoreDatabase::StoreDatabase(std::string path, DuckdbDatabase::Settings settings,
                             int connections_max)
    : path_(std::move(path)), settings_(std::move(settings)), connections_max_(connections_max) {}

Result<void> StoreDatabase::open() {
  auto database = DuckdbDatabase::open(path_, settings_);
  if (!database) return database.error();
  const std::lock_guard lock(mutex_);
  database_ = std::move(*database);
  closing_ = false;
  returned_.notify_all();
  return {};
}

void StoreDatabase::close_locked(std::unique_lock<std::mutex>& lock) {
  closing_ = true;
  returned_.wait(lock, [&] { return lent_ == 0; });
  idle_.clear();
  database_.reset();
}

Result<void> StoreDatabase::reopen() {
  {
    std::unique_lock lock(mutex_);
    close_locked(lock);
  }
  return open();
}

void StoreDatabase::close() {
  std::unique_lock lock(mutex_);
  close_locked(lock);
  returned_.notify_all();
}

Result<DuckdbConnection> StoreDatabase::connect() {
  const std::lock_guard lock(mutex_);
  if (!database_) return Error{ErrorCode::unavailable, "store: closed"};
  return database_->connect();
}

Result<StoreDatabase::Lease> StoreDatabase::lease() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return closing_ || lent_ < connections_max_; });
  if (closing_ || !database_) return Error{ErrorCode::unavailable, "store: the database is closed"};
  std::unique_ptr<DatabaseQuery> query;
  if (idle_.empty()) {
    auto connection = database_->connect();
    if (!connection) return connection.error();
    query = std::make_unique<DatabaseQuery>(std::move(*connection));
  } else {
    query = std::move(idle_.back());
    idle_.pop_back();
  }
  ++lent_;
  return Lease(this, std::move(query));
}

void StoreDatabase::give_back(std::unique_ptr<DatabaseQuery> query) {
  const std::lock_guard lock(mutex_);
  --lent_;
  if (query && !closing_) {
    idle_.push_back(std::move(query));
  } else {
    query.reset();  // before anybody who waits goes on to close the database
  }
  returned_.notify_all();
}

std::uint64_t StoreDatabase::disk_bytes() const {
  std::uint64_t bytes = 0;
  for (const char* suffix : {"", ".wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path_ + suffix, error);
    if (!error) bytes += size;
  }
  return bytes;
}

}  // namespace adbacus
