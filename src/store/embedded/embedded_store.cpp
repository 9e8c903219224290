#include "store/embedded/embedded_store.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "store/embedded/commit_loop.hpp"
#include "store/embedded/hour_plan.hpp"
#include "store/embedded/run_scan.hpp"
#include "store/embedded/store_dump.hpp"
#include "store/series_filter.hpp"

namespace adbacus {
namespace {

// What one query from an I/O thread may cost: about 20 ns a row.
constexpr std::size_t kQuickRows = 4'000;
constexpr int kFlushWaitMs = 60'000;
constexpr int kCloseWaitMs = 15'000;  // a process that was told to stop has 30 s

Period hour_of(TimeUs time) {
  return static_cast<Period>(floor_to(time, kHourUs) / kHourUs);
}

DuckdbDatabase::Settings settings_of(const EmbeddedStoreOptions& options) {
  return {{"memory_limit", std::to_string(options.duckdb_memory_mb) + "MB"},
          {"threads", std::to_string(options.duckdb_threads)},
          {"checkpoint_threshold", std::to_string(options.wal_checkpoint_mb) + "MB"},
          {"preserve_insertion_order", "false"},
          {"autoinstall_known_extensions", "false"},
          {"autoload_known_extensions", "false"},
          {"enable_external_access", "true"}};
}

class EmbeddedStore final : public AnalyticsStore {
 public:
  EmbeddedStore(const EmbeddedStoreOptions& options, Clock& clock)
      : options_(options),
        clock_(clock),
        places_(series_),
        index_(options.index),
        database_(options.path, settings_of(options), options.connections_max) {}
  ~EmbeddedStore() override { close(); }

  Result<void> open_file();  // then committed() answers
  Result<void> load();       // then everything does

  SeriesTable& series() override { return series_; }
  Result<Seq> committed(std::uint16_t shard) override;
  std::uint64_t keys_max(std::uint16_t shard) override {
    return pending_->committed_of(shard).keys_max;
  }
  Seq attributed_from(std::uint16_t shard) override { return attributed_from_[shard]; }
  Result<void> write(FactBatch batch) override;

  Result<RollupResult> query(const RollupQuery& query) override;
  bool wait_visible(Seq seq, int timeout_ms) override {
    return pending_->wait_visible(seq, timeout_ms);
  }
  Seq visible() override { return pending_->position().position; }
  bool answers_quickly(const RollupQuery& query) override;

  Result<void> flush() override { return loop_->flush(kFlushWaitMs); }
  StoreStatus status() override;
  Result<void> dump(const std::string& tenant_or_empty,
                    const std::function<void(std::string_view)>& sink) override;
  void close() override;

 private:
  using Campaigns = std::optional<std::vector<CampaignNumber>>;
  Result<void> load_series(DuckdbConnection& connection);
  Campaigns campaigns_of(const RollupQuery& query, TableNumber table) const;
  // False: the index does not hold all of it.
  Result<bool> ask_index(const RollupQuery& query, const HourPlan& plan, TableNumber table,
                         RollupResult& result);
  Result<void> ask_database(const RollupQuery& query, const HourPlan& plan, TableNumber table,
                            RollupResult& result);
  Result<void> read_database(const RollupQuery& query, const HourPlan& plan, TableNumber table,
                             DatabaseQuery& database, RollupResult& result);

  const EmbeddedStoreOptions options_;
  Clock& clock_;
  SeriesTable series_;
  SeriesPlaces places_;
  RecentIndex index_;
  StoreDatabase database_;
  TimeUs newest_us_ = 0;  // log time of the newest committed batch
  std::unique_ptr<PendingBatches> pending_;
  std::vector<Seq> attributed_from_;  // by shard
  std::unique_ptr<CommitLoop> loop_;
  std::mutex write_mutex_;  // one batch at a time is sorted, indexed and queued
  std::atomic<bool> closed_{false};
};

Result<void> EmbeddedStore::load_series(DuckdbConnection& connection) {
  auto rows = connection.query("SELECT * FROM series ORDER BY id");
  if (!rows) return rows.error();
  std::size_t next = 0;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return chunk.error();
    if (!*chunk) return {};
    for (std::size_t i = 0; i < chunk->rows(); ++i, ++next) {
      const auto cube = chunk->column<std::uint8_t>(1)[i];
      if (chunk->column<std::uint32_t>(0)[i] != next || cube > 1) {
        return Error{ErrorCode::corrupt, "store: the series table has a gap"};
      }
      Series series;
      series.cube = static_cast<Cube>(cube);
      for (std::size_t dim = 0; dim < kSeriesDims; ++dim) {
        series.dims[dim] = chunk->text(2 + dim, i);
      }
      series.first_day = chunk->column<std::int32_t>(2 + kSeriesDims)[i];
      series_.load(static_cast<SeriesId>(next), std::move(series));
    }
  }
}

Result<void> EmbeddedStore::open_file() {
  if (auto ok = database_.open(); !ok) return ok;
  auto connection = database_.connect();
  if (!connection) return connection.error();
  auto ok = prepare_schema(*connection, {options_.log_uuid, options_.shards});
  if (!ok) return ok;
  auto offsets = read_offsets(*connection, options_.shards);
  if (!offsets) return offsets.error();
  auto attributed_from = read_attributed_from(*connection, options_.shards);
  if (!attributed_from) return attributed_from.error();
  attributed_from_ = *std::move(attributed_from);
  for (const ShardOffset& offset : *offsets) newest_us_ = std::max(newest_us_, offset.log_time_us);
  pending_ = std::make_unique<PendingBatches>(std::move(*offsets), options_.uncommitted_bytes_max);
  return {};
}

Result<void> EmbeddedStore::load() {
  auto connection = database_.connect();
  if (!connection) return connection.error();
  if (auto ok = load_series(*connection); !ok) return ok;
  if (newest_us_ > 0) index_.start_at(hour_of(newest_us_));
  loop_ = std::make_unique<CommitLoop>(options_, database_, series_, *pending_, index_, clock_,
                                       newest_us_);
  if (auto ok = loop_->prepare(places_.catch_up()); !ok) return ok;
  loop_->start();
  return {};
}

Result<Seq> EmbeddedStore::committed(std::uint16_t shard) {
  if (shard >= options_.shards) {
    return Error{ErrorCode::invalid_argument, "store: no shard " + std::to_string(shard)};
  }
  return pending_->committed_of(shard).seq;
}

Result<void> EmbeddedStore::write(FactBatch batch) {
  if (batch.shard >= options_.shards || batch.to < batch.from) {
    return Error{ErrorCode::invalid_argument, "store: batch with a wrong shard or range"};
  }
  const std::size_t known = series_.size();
  const auto unknown = [&](const auto& row) { return row.series >= known; };
  if (std::any_of(batch.minute_rows.begin(), batch.minute_rows.end(), unknown) ||
      std::any_of(batch.hour_rows.begin(), batch.hour_rows.end(), unknown) ||
      std::any_of(batch.reach.begin(), batch.reach.end(), unknown)) {
    return Error{ErrorCode::invalid_argument, "store: a row's series was never interned"};
  }
  if (!pending_->wait_for_room()) {
    return Error{ErrorCode::unavailable, "store: closed or failed: " + loop_->status().failure};
  }
  const std::lock_guard lock(write_mutex_);
  switch (pending_->order(batch)) {
    case PendingBatches::Order::known:
      return {};
    case PendingBatches::Order::gap:
      return Error{ErrorCode::corrupt, "store: batch from " + std::to_string(batch.from) +
                                           " does not follow position " +
                                           std::to_string(pending_->written_of(batch.shard))};
    case PendingBatches::Order::next:
      break;
  }
  auto pending = std::make_shared<PendingBatch>();
  pending->shard = batch.shard;
  pending->from = batch.from;
  pending->to = batch.to;
  pending->log_time_us = batch.log_time_us;
  pending->keys_max = batch.keys_max;
  pending->series_end = known;
  pending->runs = make_fact_runs(batch, places_.catch_up());
  pending->conversions = std::move(batch.conversions);
  pending->reach = std::move(batch.reach);
  pending->bytes = bytes_of(*pending);
  index_.add(pending->runs, hour_of(batch.log_time_us));
  pending_->push(std::move(pending));
  if (loop_->much_waits()) loop_->wake();
  return {};
}

EmbeddedStore::Campaigns EmbeddedStore::campaigns_of(const RollupQuery& query,
                                                     TableNumber table) const {
  const auto allowed = allowed_values(query.filters, SeriesDim::campaign);
  if (!allowed) return std::nullopt;
  return places_.campaigns(table, *allowed);
}

Result<RollupResult> EmbeddedStore::query(const RollupQuery& query) {
  auto stretches = time_stretches(query);
  if (!stretches) return stretches.error();
  auto plan = plan_hours(query, *stretches);
  if (!plan) return plan.error();
  const bool cut = std::any_of(plan->hours.begin(), plan->hours.end(), [](const auto& hour) {
    return hour.kind == RowKind::traffic_minute;
  });
  if (query.with_reach && (cut || query.cube != Cube::traffic)) {
    return Error{ErrorCode::invalid_argument, "reach: needs whole UTC hours of the traffic cube"};
  }
  RollupResult result;
  const PendingBatches::State state = pending_->position();
  result.position = state.position;
  result.data_as_of_us = state.log_time_us;
  result.source = "index";
  const auto table = places_.find_table(query.tenant, query.cube);
  if (!table) return result;
  if (!query.with_reach) {
    auto answered = ask_index(query, *plan, *table, result);
    if (!answered) return answered.error();
    if (*answered) return result;
  }
  if (auto ok = ask_database(query, *plan, *table, result); !ok) return ok.error();
  return result;
}

Result<bool> EmbeddedStore::ask_index(const RollupQuery& query, const HourPlan& plan,
                                      TableNumber table, RollupResult& result) {
  std::vector<RecentIndex::Wanted> wanted;
  wanted.reserve(plan.hours.size());
  for (const HourPlan::Hour& hour : plan.hours) {
    if (hour.hour < index_.covered_from(hour.kind)) return false;
    wanted.emplace_back(hour.kind, hour.hour);
  }
  std::vector<RecentIndex::BlockPtr> blocks;
  if (!index_.collect(table, wanted, blocks)) return false;
  GroupSums sums(query, series_);
  RunScan scan(query, plan, campaigns_of(query, table), sums);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (!blocks[i]) continue;
    for (const RowRunPtr& run : blocks[i]->runs) {
      if (!scan.add(*run, i)) break;
    }
  }
  auto rows = sums.finish();
  if (!rows) return rows.error();
  result.rows = std::move(*rows);
  return true;
}

Result<void> EmbeddedStore::ask_database(const RollupQuery& query, const HourPlan& plan,
                                         TableNumber table, RollupResult& result) {
  auto lease = database_.lease();
  if (!lease) return lease.error();
  auto ok = read_database(query, plan, table, lease->query(), result);
  lease->query().end();
  if (!ok) lease->drop();
  return ok;
}

Result<void> EmbeddedStore::read_database(const RollupQuery& query, const HourPlan& plan,
                                          TableNumber table, DatabaseQuery& database,
                                          RollupResult& result) {
  // The batches are taken before the database's state, so what is missing from both is impossible,
  // and what is in both is told by its offset.
  const PendingBatches::State state = pending_->state();
  auto offsets = database.begin(options_.shards);
  if (!offsets) return offsets.error();
  GroupSums sums(query, series_);
  ReachSums reach;
  const Campaigns campaigns = campaigns_of(query, table);
  const std::vector<SeriesId> series = places_.series_of(table, campaigns);
  if (auto ok = database.add_counters(query, plan, series, sums); !ok) return ok;
  if (query.with_reach) {
    if (auto ok = database.add_reach(plan, sums, series, reach); !ok) return ok;
  }
  RunScan scan(query, plan, campaigns, sums);
  for (const PendingBatchPtr& batch : state.batches) {
    if (batch->to <= (*offsets)[batch->shard].seq) continue;
    for (const BlockRun& run : batch->runs) {
      if (run.key.table != table) continue;
      const std::size_t hour = find_hour(plan, run.key.hour);
      if (hour == plan.hours.size() || plan.hours[hour].kind != run.key.kind) continue;
      if (!scan.add(*run.run, hour)) break;
    }
    if (!query.with_reach) continue;
    if (auto ok = add_pending_reach(*batch, plan, sums, reach); !ok) return ok;
  }
  reach.finish(sums);
  auto rows = sums.finish();
  if (!rows) return rows.error();
  result.rows = std::move(*rows);
  result.position = state.position;
  result.data_as_of_us = state.log_time_us;
  result.source = "store";
  return {};
}

bool EmbeddedStore::answers_quickly(const RollupQuery& query) {
  if (query.with_reach || query.from_us >= query.to_us) return !query.with_reach;
  const auto table = places_.find_table(query.tenant, query.cube);
  if (!table) return true;
  const Period first = hour_of(query.from_us);
  const bool traffic = query.cube == Cube::traffic;
  const bool by_minute = query.unit == TimeUnit::minute || query.unit == TimeUnit::five_minute;
  const bool cut = query.from_us % kHourUs != 0 || query.to_us % kHourUs != 0 || by_minute ||
                   query.timezone != "UTC";
  if (first < index_.covered_from(traffic ? RowKind::traffic_hour : RowKind::breakdown_hour)) {
    return false;
  }
  if (traffic && cut && first < index_.covered_from(RowKind::traffic_minute)) return false;
  const auto hours = static_cast<std::size_t>((query.to_us - query.from_us) / kHourUs + 1);
  const std::size_t per_hour = by_minute ? 60 : 1;
  if (hours * per_hour > kQuickRows) return false;
  return hours * per_hour * places_.series_count(*table, campaigns_of(query, *table)) <= kQuickRows;
}

StoreStatus EmbeddedStore::status() {
  const CommitLoop::Status loop = loop_->status();
  StoreStatus status;
  status.committed = pending_->committed_all();
  status.visible = pending_->position().position;
  status.uncommitted_batches = pending_->size();
  status.disk_bytes = database_.disk_bytes();
  status.index_rows = index_.rows();
  status.index_bytes = index_.bytes();
  status.settled = loop.settled && status.uncommitted_batches == 0;
  status.failed = loop.failed;
  status.failure = loop.failure;
  return status;
}

Result<void> EmbeddedStore::dump(const std::string& tenant_or_empty,
                                 const std::function<void(std::string_view)>& sink) {
  if (auto ok = flush(); !ok) return ok;
  auto lease = database_.lease();
  if (!lease) return lease.error();
  auto ok = lease->query().connection().run("BEGIN");
  if (ok) ok = dump_store(lease->query().connection(), tenant_or_empty, sink);
  lease->query().end();
  if (!ok) lease->drop();
  return ok;
}

void EmbeddedStore::close() {
  if (closed_.exchange(true)) return;
  if (!loop_) return;  // it was never loaded
  // What cannot be committed now is folded again from the log after the next start.
  static_cast<void>(static_cast<bool>(loop_->flush(kCloseWaitMs)));
  pending_->close();
  loop_->stop();
  database_.close();
}

// A file in which our own statements fail is not the store we wrote.
Error error_of_opening(const Error& error) {
  return {error.code == ErrorCode::internal ? ErrorCode::corrupt : error.code, error.message};
}

class OpeningEmbeddedStore final : public OpeningStore {
 public:
  explicit OpeningEmbeddedStore(std::unique_ptr<EmbeddedStore> store) : store_(std::move(store)) {}

  Seq committed(std::uint16_t shard) const override { return *store_->committed(shard); }
  Result<std::unique_ptr<AnalyticsStore>> finish_opening() override {
    if (auto ok = store_->load(); !ok) return error_of_opening(ok.error());
    return std::unique_ptr<AnalyticsStore>(std::move(store_));
  }

 private:
  std::unique_ptr<EmbeddedStore> store_;
};

}  // namespace

Result<std::unique_ptr<OpeningStore>> begin_embedded_store(const EmbeddedStoreOptions& options,
                                                           Clock& clock) {
  if (options.shards == 0) {
    return Error{ErrorCode::invalid_argument, "store: shards must be at least 1"};
  }
  auto store = std::make_unique<EmbeddedStore>(options, clock);
  if (auto ok = store->open_file(); !ok) return error_of_opening(ok.error());
  return std::unique_ptr<OpeningStore>(std::make_unique<OpeningEmbeddedStore>(std::move(store)));
}

Result<std::unique_ptr<AnalyticsStore>> open_embedded_store(const EmbeddedStoreOptions& options,
                                                            Clock& clock) {
  auto opening = begin_embedded_store(options, clock);
  if (!opening) return opening.error();
  return (*opening)->finish_opening();
}

}  // namespace adbacus
