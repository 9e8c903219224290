// Which event files are visible, and how far the lake has come: an append-only file of checksummed
// lines, rewritten when most of it is history (docs/formats/lake.md). Belongs to one thread at a
// time; the lake's lock guards it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

struct LakeFile {
  std::string name;    // of the object
  TimeUs hour_us = 0;  // start of its event hour
  Seq first_seq = 0;
  Seq last_seq = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t hash = 0;  // XXH3 of the content, seed 0
  friend bool operator==(const LakeFile&, const LakeFile&) = default;
};

// "lake/events/date=2026-11-21/hour=12/<first>-<last>.parquet"; names sort by hour, then seq.
inline constexpr std::string_view kEventFilePrefix = "lake/events/";
std::string event_file_name(TimeUs hour_us, Seq first_seq, Seq last_seq);

struct LakeChange {
  Seq committed = 0;
  std::vector<LakeFile> added;
  std::vector<std::string> removed;
};

class LakeManifest {
 public:
  // Creates it if missing. A torn last line is cut off; anything else that is not as written is
  // corrupt. `files` must outlive the manifest.
  static Result<std::unique_ptr<LakeManifest>> open(FileSystem& files, std::string path);

  // Durable when it returns, all or nothing. After storage_full it may be tried again; after any
  // other failure the manifest refuses everything until it is opened anew.
  Result<void> apply(const LakeChange& change);

  Seq committed() const { return committed_; }
  const std::map<std::string, LakeFile>& files() const { return files_; }

 private:
  LakeManifest(FileSystem& file_system, std::string path);
  Result<void> load();
  Result<void> take_line(std::string_view line);
  Result<void> rewrite();
  void absorb(const LakeChange& change);

  FileSystem& file_system_;
  const std::string path_;
  std::unique_ptr<File> file_;
  std::uint64_t end_ = 0;         // of the valid lines
  std::uint64_t live_bytes_ = 0;  // about what a rewrite would need
  bool failed_ = false;
  Seq committed_ = 0;
  std::map<std::string, LakeFile> files_;
};

}  // namespace adbacus
