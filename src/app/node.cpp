#include "app/node.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>

#include "app/derived_validity.hpp"
#include "app/part_options.hpp"
#include "base/failpoint.hpp"
#include "base/logging.hpp"
#include "base/metrics.hpp"
#include "base/rng.hpp"
#include "catalog/registry.hpp"
#include "objects/registry.hpp"
#include "store/registry.hpp"

namespace adbacus {
namespace {

constexpr int kFoldWaitMs = 500;
constexpr int kFoldGraceMs = 4000;  // of a process that is to end, for what it has not folded yet
// What a store that could not be read is renamed to; kept for whoever wants to look at it.
constexpr const char* kSetAside = ".unreadable";

LogIdentity random_identity() {
  LogIdentity identity;
  identity.uuid = fmt::format("{:016x}{:016x}", secure_random_u64(), secure_random_u64());
  identity.hash_seed = secure_random_u64();
  return identity;
}

template <class Opened>
bool is_unreadable(const Result<Opened>& store) {
  return !store && store.error().code == ErrorCode::corrupt;
}

Result<void> remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return Error{ErrorCode::io, fmt::format("{}: {}", path, error.message())};
  return {};
}

}  // namespace

Node::Node(FileSystem& fs, Clock& clock, const Config& config, DataFolder folder,
           const NodeOptions& options)
    : fs_(fs), clock_(clock), config_(config), folder_(std::move(folder)), options_(options) {}

Node::~Node() {
  if (auto closed = close(); !closed)
    log_error("closing failed", {{"error", closed.error().message}});
}

Result<std::unique_ptr<Node>> Node::open(FileSystem& fs, Clock& clock, const Config& config,
                                         const NodeOptions& options) {
  auto node = begin(fs, clock, config, options);
  if (!node) return node.error();
  if (auto finished = (*node)->finish(); !finished) return finished.error();
  return node;
}

Result<std::unique_ptr<Node>> Node::begin(FileSystem& fs, Clock& clock, const Config& config,
                                          const NodeOptions& options) {
  if (!options.may_create) {
    if (auto there = require_data_folder(fs, config.data_dir); !there) return there.error();
  }
  auto folder = DataFolder::open(fs, config.data_dir);
  if (!folder) return folder.error();
  std::unique_ptr<Node> node(new Node(fs, clock, config, *std::move(folder), options));
  // The catalog is migrated when it is opened: not before everything else can be read.
  if (auto readable = check_catalog(node->catalog_options()); !readable) {
    return node->catalog_error(readable.error());
  }
  if (auto begun = node->begin_parts(); !begun) return begun.error();
  if (auto opened = node->open_catalog(); !opened) return opened.error();
  return {std::move(node)};
}

CatalogOptions Node::catalog_options() const {
  CatalogOptions options = config_.catalog;
  options.path = paths().catalog;
  return options;
}

// What is wrong with the file as a whole; empty: nothing. SQLite would take an empty one, as a full
// disk or a broken copy leaves it, for a new database.
Result<std::string> Node::lost_catalog() {
  const auto there = fs_.exists(paths().catalog);
  if (!there) return there.error();
  if (!*there) return std::string("it is missing");
  auto file = fs_.open(paths().catalog, OpenMode::read);
  if (!file) return file.error();
  const auto bytes = (*file)->size();
  if (!bytes) return bytes.error();
  return std::string(*bytes == 0 ? "it is empty" : "");
}

Result<void> Node::open_catalog() {
  auto lost = lost_catalog();
  if (!lost) return lost.error();
  if (!lost->empty() && !options_.new_catalog && log_->status().synced_seq > 0) {
    return catalog_error(
        {ErrorCode::corrupt, fmt::format("{} beside a log that holds events", *lost)});
  }
  auto catalog = adbacus::open_catalog(catalog_options());
  if (!catalog) return catalog_error(catalog.error());
  catalog_ = std::move(*catalog);
  const Result<bool> first = create_first_key(fs_, *catalog_, clock_, paths());
  if (!first) return catalog_error(first.error());
  return {};
}

// It is never made anew by itself: whoever then creates a tenant's name would get its events.
Error Node::catalog_error(const Error& error) const {
  if (error.code != ErrorCode::corrupt) return error;
  return {
      ErrorCode::corrupt,
      fmt::format("{}: {}. It holds the tenants and their keys: restore it from a backup, or, to "
                  "begin with a new owner key of tenant 1 and no other tenant, move away what is "
                  "left of it and start once with --new-catalog",
                  paths().catalog, error.message)};
}

Result<void> Node::begin_parts() {
  EventLogConfig log = event_log_config(config_.log, paths());
  log.embedded.accept_loss = options_.accept_loss;
  auto known = event_log_identity(fs_, log);
  if (!known) return known.error();
  const bool is_new = !known->has_value();
  const LogIdentity identity = is_new ? random_identity() : **known;
  if (is_new) log.embedded.new_identity = identity;
  auto first = event_log_first_seq(fs_, log);
  if (!first) return first.error();
  log_first_seq_ = *first;
  if (options_.rebuild) {
    if (log_first_seq_ > 1) return not_rebuildable("nothing was wiped");
    if (auto wiped = wipe_derived(); !wiped) return wiped;
  }
  // A new log comes first: a store must never know a log that does not exist. An old log comes
  // last: its recovery needs to know how far the store had read it.
  if (is_new || !config_.roles.process) {
    if (auto opened = open_log(log); !opened) return opened;
  }
  if (!config_.roles.process) return {};
  if (!is_new) {
    if (auto noted = note_missing(); !noted) return noted;
  }
  if (auto begun = begin_derived(identity); !begun) return begun;
  if (is_new) return {};
  log.embedded.known_durable_seq = std::max(stored_, in_lake_);
  log.embedded.required_from = std::min(stored_, in_lake_) + 1;
  const auto& loss = options_.accept_loss;
  if (loss && log_first_seq_ > 1 && loss->last >= log_first_seq_ &&
      loss->first <= log.embedded.known_durable_seq) {
    return not_rebuildable("they hold events whose loss was to be accepted");
  }
  return open_log(log);
}

// Store and lake of a log that is there: somebody removed them, or a backup was restored.
Result<void> Node::note_missing() {
  if (options_.rebuild || !options_.may_mend) return {};
  const std::pair<const char*, std::string> parts[] = {{"store", paths().store},
                                                       {"lake", paths().lake + "/manifest"}};
  for (const auto& [part, path] : parts) {
    if (path != paths().store && !config_.lake.enabled) continue;
    const auto there = fs_.exists(path);
    if (!there) return there.error();
    if (*there) continue;
    const std::string why = path + " is missing";
    if (log_first_seq_ > 1) return not_rebuildable(why);
    log_warn("a part is missing; it is built from the log", {{"part", part}, {"path", path}});
    note_mending(part, why);
  }
  return {};
}

Result<void> Node::begin_derived(const LogIdentity& identity) {
  const StoreOptions store = store_options(config_.store, paths(), identity.uuid);
  auto opening = begin_store(store, clock_);
  if (options_.may_mend && is_unreadable(opening)) {
    if (auto aside = set_store_aside(opening.error()); !aside) return aside;
    opening = begin_store(store, clock_);
  }
  if (!opening) return opening.error();
  opening_store_ = *std::move(opening);
  if (config_.lake.enabled) {
    if (auto opened = open_lake(options_.may_mend); !opened) return opened;
  }
  stored_ = opening_store_->committed(0);
  Result<Seq> in_lake = lake_ ? lake_->committed() : stored_;
  if (!in_lake) return in_lake.error();
  in_lake_ = *in_lake;
  return {};
}

Result<void> Node::finish() {
  if (!config_.roles.process) return {};
  if (auto rebuilt = rebuild_outdated(); !rebuilt) return rebuilt;
  if (auto opened = finish_store(); !opened) return opened;
  for (Mending& mending : mendings_) mending.until = log_->status().synced_seq;
  if (log_->status().synced_seq == 0) mendings_.clear();  // nothing to rebuild
  auto guard = PoisonGuard::open(fs_, paths().state, log_->identity().uuid);
  if (!guard) return guard.error();
  pipeline_ = std::make_unique<Pipeline>(*log_, *store_, lake_.get(), clock_, config_.processor,
                                         std::move(*guard));
  pipeline_->keep_touches(std::make_unique<TouchFiles>(fs_, paths().state + "/touches"));
  if (auto started = pipeline_->start(); !started) {
    pipeline_.reset();
    return started;
  }
  is_finished_ = true;
  return {};
}

Result<void> Node::finish_store() {
  auto opened = opening_store_->finish_opening();
  opening_store_.reset();
  if (options_.may_mend && is_unreadable(opened)) {
    if (auto aside = set_store_aside(opened.error()); !aside) return aside;
    opened = open_store(store_options(config_.store, paths(), log_->identity().uuid), clock_);
  }
  if (!opened) return opened.error();
  store_ = std::move(*opened);
  return {};
}

Result<void> Node::rebuild_outdated() {
  const auto why = why_outdated(*log_, std::array{stored_, in_lake_});
  if (!why) return why.error();
  if (why->empty()) return {};
  if (log_first_seq_ > 1) return not_rebuildable(*why);
  if (!options_.may_mend) {
    return Error{ErrorCode::conflict,
                 fmt::format("{}: `adbacus replay` rebuilds store and lake without that", *why)};
  }
  log_warn("store and lake are rebuilt from the log", {{"why", *why}});
  if (auto fault = failpoint("node.before_rebuild"); !fault) return fault;
  note_mending("store", *why);
  if (lake_) note_mending("lake", *why);
  opening_store_.reset();
  if (lake_) lake_->close();
  lake_.reset();
  objects_.reset();
  if (auto wiped = wipe_derived(); !wiped) return wiped;
  return begin_derived(log_->identity());
}

// What was folded out of dropped segments exists in store and lake only: they must not be replaced.
Error Node::not_rebuildable(const std::string& detail) const {
  return {ErrorCode::conflict,
          fmt::format("events 1-{} were dropped from the log, so store and lake cannot be rebuilt "
                      "from it; restore a backup that holds them ({})",
                      log_first_seq_ - 1, detail)};
}

Result<void> Node::open_log(const EventLogConfig& config) {
  auto opened = open_event_log(fs_, clock_, config);
  if (!opened) return opened.error();
  log_ = std::move(*opened);
  log_first_seq_ = log_->status().first_seq;
  losses_ = log_->accepted_losses();
  const auto& named = options_.accept_loss;
  if (named && std::none_of(losses_.begin(), losses_.end(), [&](const SeqRange& loss) {
        return named->first <= loss.first && loss.last <= named->last;
      })) {
    log_warn("--accept-loss has no effect: there is no damage in that range");
  }
  return note_accepted_losses(*log_);
}

Result<void> Node::set_store_aside(const Error& why) {
  if (log_first_seq_ > 1) return not_rebuildable(why.message);
  log_warn("the store cannot be read; it is set aside and rebuilt from the log",
           {{"error", why.message}, {"kept_as", paths().store + kSetAside}});
  note_mending("store", why.message);
  for (const char* suffix : {"", ".wal"}) {
    const std::string path = paths().store + suffix;
    const Result<bool> there = fs_.exists(path);
    if (!there) return there.error();
    if (!*there) continue;
    if (auto moved = fs_.rename(path, path + kSetAside); !moved) return moved;
  }
  return {};
}

void Node::note_mending(const char* part, const std::string& why) {
  counter("adbacus_mendings_total", "Times derived data was rebuilt from the log",
          fmt::format("part=\"{}\"", part))
      .add(1);
  mendings_.push_back({.part = part, .why = why});
}

Result<void> Node::open_lake(bool may_mend) {
  ObjectStoreOptions objects;
  objects.folder = paths().folder;
  auto opened = open_object_store(fs_, objects);
  if (!opened) return opened.error();
  objects_ = std::move(*opened);
  LakeOptions options = lake_options(config_.lake, paths());
  options.keep_damaged = log_first_seq_ > 1;
  auto lake = open_event_lake(fs_, *objects_, clock_, options);
  if (may_mend && !lake && lake.error().code == ErrorCode::corrupt) {
    if (log_first_seq_ > 1) return not_rebuildable(lake.error().message);
    log_warn("the lake cannot be read; it is written again from the log",
             {{"error", lake.error().message}});
    note_mending("lake", lake.error().message);
    if (auto removed = remove_tree(paths().lake); !removed) return removed;
    lake = open_event_lake(fs_, *objects_, clock_, options);
  }
  if (!lake) return lake.error();
  lake_ = std::move(*lake);
  return {};
}

Result<void> Node::wipe_derived() {
  for (const std::string& path :
       {paths().store, paths().store + ".wal", paths().lake, paths().state}) {
    if (auto removed = remove_tree(path); !removed) return removed;
  }
  return fs_.sync_folder(paths().folder);
}

Result<void> Node::catch_up(const std::function<void(Seq, Seq)>& progress) {
  const Seq end = log_->status().synced_seq;
  while (!pipeline_->wait_folded(end, kFoldWaitMs)) {
    const PipelineStatus status = pipeline_->status();
    if (status.failed) return Error{ErrorCode::corrupt, status.failure};
    if (lake_ && lake_->status().storage_full) return lake_->flush();
    if (progress) progress(status.position, end);
  }
  if (auto flushed = store_->flush(); !flushed) return flushed;
  return lake_ ? lake_->flush() : Result<void>();
}

Result<void> Node::close() {
  if (closed_) return {};
  closed_ = true;
  if (log_) log_->close();
  Result<void> first;
  if (pipeline_) first = close_processing();
  if (lake_) lake_->close();
  if (store_) store_->close();
  pipeline_.reset();
  log_.reset();
  lake_.reset();
  store_.reset();
  objects_.reset();
  catalog_.reset();
  return first;
}

// What is not taken and flushed in time, as on a full disk, is taken from the log by the next
// start.
Result<void> Node::close_processing() {
  const Seq end = log_->status().synced_seq;
  if (pipeline_->wait_folded(end, kFoldGraceMs) || pipeline_->status().failed) pipeline_->stop();
  const PipelineStatus folded = pipeline_->status();
  Result<void> flushed = lake_ ? lake_->flush() : Result<void>();
  if (lake_) lake_->close();
  store_->close();
  pipeline_->stop();  // closed sinks hold it up no longer
  if (folded.failed) return Error{ErrorCode::internal, folded.failure};
  const StoreStatus store = store_->status();
  const Seq in_lake = lake_ ? lake_->status().committed : end;
  if (store.committed >= end && in_lake >= end) return {};
  std::string why = store.failure;
  if (!flushed) why = flushed.error().message;
  log_warn(
      "stopped before store and lake had everything: the next start takes the rest from the log",
      {{"log", fmt::format("{}", end)},
       {"store", fmt::format("{}", store.committed)},
       {"lake", fmt::format("{}", in_lake)},
       {"why", why}});
  return {};
}

std::unique_ptr<LogRetention> Node::retention(const RetentionOptions& options) {
  if (!store_) return nullptr;
  return std::make_unique<LogRetention>(fs_, clock_, *log_, *store_, lake_.get(), options);
}

NodeHealth Node::health() {
  NodeHealth health;
  health.log = log_->status();
  health.draining = draining_;
  health.losses = losses_;
  health.starting = config_.roles.process && !is_finished_;
  if (health.starting) return health;
  if (store_) health.store = store_->status();
  if (lake_) health.lake = lake_->status();
  if (pipeline_) health.pipeline = pipeline_->status();
  health.mendings = mendings_;
  return health;
}

}  // namespace adbacus
