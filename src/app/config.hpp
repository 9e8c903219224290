// Everything that can be configured, as each module's own options, and how it is read: flag, else
// environment ADBACUS_SECTION__KEY, else YAML file, else default. Read once at start-up, then
// const. The rows that name every setting are in config_settings.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "access/jwt_authenticator.hpp"
#include "access/oidc_provider.hpp"
#include "access/rate_limiter.hpp"
#include "access/session_authenticator.hpp"
#include "app/decision_service.hpp"
#include "app/key_authenticator.hpp"
#include "app/roles.hpp"
#include "base/file_system.hpp"
#include "base/logging.hpp"
#include "base/result.hpp"
#include "catalog/registry.hpp"
#include "enrich/geo/geo_tables.hpp"
#include "http/server.hpp"
#include "ingest/request_facts.hpp"
#include "processor/pipeline.hpp"

namespace adbacus {

struct LogSection {
  std::uint64_t segment_bytes = std::uint64_t{256} << 20U;
  std::size_t waiting_bytes_max = std::size_t{64} << 20U;  // handed in, not yet durable
  std::uint64_t free_bytes_min = 0;      // refuse events below it; 0 = max(5 % of the disk, 2 GiB)
  std::uint32_t live_window_hours = 96;  // ids of events are remembered so long
  std::uint32_t conversion_window_days = 91;         // and those of conversions and transactions
  std::size_t id_bytes_max = std::size_t{8} << 30U;  // memory for ids
  std::uint32_t retention_days = 0;   // drop whole segments older than this; 0 = keep for ever
  std::uint64_t retention_bytes = 0;  // drop the oldest while the log is larger; 0 = keep for ever
  std::string retention_backup;       // only what this folder's backup holds is dropped
  bool verify_sealed = false;         // check every sealed segment at start
};

struct StoreSection {
  int commit_interval_ms = 60'000;
  std::size_t uncommitted_bytes_max = std::size_t{384} << 20U;  // then the fold waits
  int index_minute_hours = 72;                                  // recent minutes kept in memory
  int index_hour_hours = 24 * 40;                               // recent hours kept in memory
  std::size_t index_bytes_max = std::size_t{768} << 20U;
  std::uint64_t duckdb_bytes_max = std::uint64_t{1} << 30U;
  int duckdb_threads = 1;
};

struct LakeSection {
  bool enabled = true;
  std::uint32_t file_rows_max = 1'000'000;  // a file is cut at this many rows
  int file_age_max_s = 60;                  // or when its log time spans this much
  int query_ms_max = 60'000;                // of a report that scans raw events
};

struct ReportSection {
  int workers = 3;                         // threads for reports that are not answered from memory
  std::size_t waiting_max = 64;            // reports waiting for a worker; then 503
  int tenant_running_max = 2;              // of them for one tenant; the rest is for others
  std::size_t groups_max = 250'000;        // groups of one report
  TimeUs raw_range_max_us = 400 * kDayUs;  // of one scan of raw events
};

struct LoggingSection {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

struct OpsListen {
  std::string host;  // empty: nowhere
  std::uint16_t port = 0;
};

// Where requests that the server itself makes may go (http/outbound_rules.hpp).
struct OutboundSection {
  std::vector<std::string> allowed;  // origins beside public addresses with https
  std::string ca_file;               // authorities that https believes; empty: the system's
};

struct Config {
  http::ServerOptions server;
  OpsListen ops_listen;  // a second server, for operations only
  std::string data_dir = "./data";
  Roles roles;
  LogSection log;
  StoreSection store;
  LakeSection lake;
  PipelineOptions processor;
  IngestOptions ingest;
  GeoOptions geo;
  std::string ip_hash_key;  // secret, 32 hex digits; empty: keys that rotate
  ReportSection report;
  KeyAuthenticatorOptions access;
  RateQuotas quotas;
  OutboundSection outbound;
  JwtOptions jwt;
  SessionOptions sessions;
  OidcOptions oidc;
  DecisionOptions decision;
  CatalogOptions catalog;  // path is the data folder's
  LoggingSection logging;
};

using NameValue = std::pair<std::string, std::string>;

struct ConfigSources {
  std::string file;                    // path of the YAML file; empty = none
  std::vector<NameValue> environment;  // all of the process's
  std::vector<NameValue> flags;        // "section.key", in the order given; the last one wins
};

struct LoadedConfig {
  Config config;
  std::vector<std::string> origins;  // of each setting: "default", "file:3", "ADBACUS_…", "flag"
};

// invalid_argument lists every mistake, one a line, each naming where it stands.
Result<LoadedConfig> load_config(FileSystem& fs, const ConfigSources& sources);

// Settings that contradict each other, each with what is wrong; settles what follows from others.
std::vector<NameValue> settle(Config& config);

// The effective configuration as a YAML file that load_config() reads back, each line with its
// origin as a comment. A secret that is set becomes a comment with "***".
std::string print_config(const LoadedConfig& loaded);

// Name, default and meaning of every setting, for --help and the documentation.
std::string describe_settings();

std::vector<NameValue> process_environment();

}  // namespace adbacus
