#include "eventlog/embedded/log_identity.hpp"

#include <vector>

#include "eventlog/embedded/id_sidecar.hpp"
#include "eventlog/embedded/log_notes.hpp"
#include "eventlog/embedded/segment_format.hpp"
#include "eventlog/embedded/segment_scanner.hpp"

namespace adbacus {

namespace {

// Names in the log's folder, sorted; none if it does not exist.
Result<std::vector<std::string>> list_log(FileSystem& fs, const std::string& folder) {
  const Result<bool> there = fs.exists(folder);
  if (!there) return there.error();
  if (!*there) return std::vector<std::string>();
  return fs.list(folder);
}

}  // namespace

Result<std::optional<LogIdentity>> read_log_identity(FileSystem& fs, const std::string& folder) {
  const auto names = list_log(fs, folder);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (!name.ends_with(".seg")) continue;
    auto file = fs.open(folder + "/" + name, OpenMode::read);
    if (!file) return file.error();
    const auto page = read_range(**file, 0, kPageBytes);
    if (!page) return page.error();
    const auto header = decode_segment_header(*page);
    if (header) return {header->identity};
    if (header.error().code != ErrorCode::corrupt) {
      return Error{header.error().code, folder + "/" + name + ": " + header.error().message};
    }
  }
  for (const std::string& name : *names) {
    if (!name.ends_with(".ids")) continue;
    auto identity = read_sidecar_identity(fs, folder + "/" + name);
    if (identity) return identity;
  }
  return {std::nullopt};
}

Result<Seq> read_log_first_seq(FileSystem& fs, const std::string& folder) {
  const auto start = read_note(fs, folder, kStartNote);
  if (!start) return start.error();
  if (start->note) return start->note->seq;
  const auto names = list_log(fs, folder);
  if (!names) return names.error();
  Seq first = 1;
  for (const std::string& name : *names) {
    if (parse_segment_file_name(name, first)) return first;
  }
  return Seq{1};
}

}  // namespace adbacus
