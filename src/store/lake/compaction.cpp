#include "store/lake/compaction.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/failpoint.hpp"
#include "base/hash.hpp"
#include "base/metrics.hpp"
#include "store/lake/event_file.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kMergeFilesMax = 256;
// A file this much larger than its neighbours together is left alone until they are many, so that a
// trickle of late events does not rewrite a large file again and again.
constexpr std::uint64_t kUnevenFactor = 8;
constexpr std::size_t kUnevenFilesMin = 32;

bool worth_it(const LakeOptions& options, const std::vector<LakeFile>& group) {
  if (group.size() < options.compact_files_min || group.size() < 2) return false;
  std::uint64_t rows = 0;
  std::uint64_t largest = 0;
  for (const LakeFile& file : group) {
    rows += file.rows;
    largest = std::max(largest, file.rows);
  }
  return largest <= (rows - largest) * kUnevenFactor || group.size() >= kUnevenFilesMin;
}

std::string merge_sql(const VisibleFiles& visible, const std::vector<LakeFile>& group,
                      const std::string& path) {
  std::string list;
  for (const LakeFile& file : group) {
    if (!list.empty()) list += ',';
    list += sql_literal(visible.local_path(file.name));
  }
  // Neighbours in seq order, so the order of files and rows is the order of seqs.
  return fmt::format(
      "COPY (SELECT * FROM read_parquet([{}])) TO {} (FORMAT parquet, PARQUET_VERSION V2, "
      "COMPRESSION zstd, ROW_GROUP_SIZE {})",
      list, sql_literal(path), kRowGroupRows);
}

}  // namespace

std::vector<LakeFile> pick_merge(const LakeOptions& options, const std::vector<LakeFile>& files,
                                 TimeUs log_time_us) {
  std::vector<LakeFile> group;
  std::uint64_t rows = 0;
  for (const LakeFile& file : files) {
    const bool closed = file.hour_us + kHourUs + options.compact_grace_us <= log_time_us;
    const bool joins = !group.empty() && group.front().hour_us == file.hour_us &&
                       rows + file.rows <= options.rows_max && group.size() < kMergeFilesMax;
    if (!joins) {
      if (worth_it(options, group)) return group;
      group.clear();
      rows = 0;
    }
    if (!closed) continue;
    group.push_back(file);
    rows += file.rows;
  }
  if (!worth_it(options, group)) group.clear();
  return group;
}

Result<bool> merge_small_files(FileSystem& file_system, const LakeOptions& options,
                               VisibleFiles& visible, DuckdbSession& duckdb, TimeUs log_time_us) {
  const auto snapshot = visible.snapshot();
  const std::vector<LakeFile> group = pick_merge(options, snapshot->files, log_time_us);
  if (group.empty() || visible.local_path(group.front().name).empty()) return false;
  const std::string path = visible.merge_path();
  if (auto copied = duckdb.run(merge_sql(visible, group, path)); !copied) return copied.error();
  auto content = read_file(file_system, path);
  if (auto removed = file_system.remove(path); !removed) return removed.error();
  if (!content) return content.error();

  LakeFile merged;
  merged.hour_us = group.front().hour_us;
  merged.first_seq = group.front().first_seq;
  LakeChange change;
  for (const LakeFile& file : group) {
    merged.last_seq = std::max(merged.last_seq, file.last_seq);
    merged.rows += file.rows;
    change.removed.push_back(file.name);
  }
  merged.name = event_file_name(merged.hour_us, merged.first_seq, merged.last_seq);
  merged.bytes = content->size();
  merged.hash = hash64(*content, 0);
  change.added.push_back(merged);
  if (auto fault = failpoint("lake.before_merge_put"); !fault) return fault.error();
  if (auto put = visible.put(merged, *content); !put) return put.error();
  if (auto fault = failpoint("lake.after_merge_put"); !fault) return fault.error();
  if (auto published = visible.publish_merge(std::move(change)); !published)
    return published.error();
  counter("adbacus_lake_merges_total", "Groups of small lake files merged into one.").add(1);
  return true;
}

}  // namespace adbacus
