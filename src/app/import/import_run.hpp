// Sends a file of events to a running server as a named import run: mapped row by row, in batches,
// resumable. Events get their identity from the file, so repeating a run or a part of it counts
// nothing twice. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/import/column_mapping.hpp"
#include "http/client.hpp"

namespace adbacus {

struct ImportOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string ca_file;  // authorities that https believes; empty: the system's
  std::string key;
  std::string file;             // CSV, TSV or NDJSON
  std::string run = "default";  // name of the import run
  // Where it is noted how far the run has come; empty = nowhere. A note counts only for the log,
  // the tenant and the events that it was made for.
  std::string progress_folder;
  bool restart = false;  // forget the kept position
  std::size_t batch_rows = 5000;
  std::function<void(const std::string&)> tell;  // what the user should know; may be empty
};

struct ImportReport {
  std::uint64_t rows = 0;          // of this call, without empty lines
  std::uint64_t resumed_rows = 0;  // skipped, because an earlier call had sent them
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  // Of the whole file: those that earlier calls met are remembered with the position.
  std::uint64_t rejected = 0;
  std::map<std::string, std::uint64_t> reasons;  // code -> rows
  std::vector<std::string> first_rejections;     // up to 10, "row 17: code: detail"
  std::string position;                          // of the last acknowledged batch
};

// `progress` is called after each batch with (bytes read, bytes in all, report so far).
using ImportProgress = std::function<void(std::uint64_t, std::uint64_t, const ImportReport&)>;

// A row that cannot be mapped or is refused is counted and reported, and the import goes on. 503
// and lost connections are repeated with the same ids for up to 5 minutes.
Result<ImportReport> run_import(const ImportOptions& options, const ColumnMapping& mapping,
                                const ImportProgress& progress);

}  // namespace adbacus
