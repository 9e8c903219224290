#include "app/part_options.hpp"

#include <utility>

namespace adbacus {

EventLogConfig event_log_config(const LogSection& section, const DataPaths& paths) {
  EventLogConfig config;
  config.embedded.folder = paths.log;
  config.embedded.segment_bytes = section.segment_bytes;
  config.embedded.waiting_bytes_max = section.waiting_bytes_max;
  if (section.free_bytes_min != 0) config.embedded.free_bytes_min = section.free_bytes_min;
  config.embedded.live_window_hours = section.live_window_hours;
  config.embedded.conversion_window_days = section.conversion_window_days;
  config.embedded.id_bytes_max = section.id_bytes_max;
  config.embedded.verify_sealed = section.verify_sealed;
  return config;
}

StoreOptions store_options(const StoreSection& section, const DataPaths& paths,
                           std::string log_uuid) {
  StoreOptions config;
  config.embedded.path = paths.store;
  config.embedded.log_uuid = std::move(log_uuid);
  config.embedded.commit_interval_ms = section.commit_interval_ms;
  config.embedded.uncommitted_bytes_max = section.uncommitted_bytes_max;
  config.embedded.index.minute_hours = section.index_minute_hours;
  config.embedded.index.hour_hours = section.index_hour_hours;
  config.embedded.index.bytes_max = section.index_bytes_max;
  config.embedded.duckdb_memory_mb = section.duckdb_bytes_max >> 20U;
  config.embedded.duckdb_threads = section.duckdb_threads;
  return config;
}

LakeOptions lake_options(const LakeSection& section, const DataPaths& paths) {
  LakeOptions options;
  options.folder = paths.lake;
  options.rows_max = section.file_rows_max;
  options.cut_interval_us = section.file_age_max_s * kSecondUs;
  options.query_ms_max = section.query_ms_max;
  return options;
}

}  // namespace adbacus
