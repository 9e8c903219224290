#include "eventlog/embedded/kept_import_ids.hpp"

#include <charconv>
#include <fmt/core.h>

#include "eventlog/embedded/id_sidecar.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kSuffix = ".imports";
constexpr std::size_t kDigits = 20;

// "<first>-<last>.imports": the name says how far the content must reach.
std::string kept_file_name(Seq first, Seq last) {
  return fmt::format("{:020}-{:020}{}", first, last, kSuffix);
}

bool parse_kept_file_name(std::string_view name, Seq& first, Seq& last) {
  if (name.size() != 2 * kDigits + 1 + kSuffix.size() || !name.ends_with(kSuffix)) return false;
  const auto number = [](std::string_view text, Seq& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
  };
  return number(name.substr(0, kDigits), first) && name[kDigits] == '-' &&
         number(name.substr(kDigits + 1, kDigits), last) && kept_file_name(first, last) == name;
}

}  // namespace

Result<bool> keep_import_ids(FileSystem& fs, const std::string& folder, const Segment& segment) {
  const Seq end = segment.footer->last_seq + 1;
  const std::string path = folder + "/" + kept_file_name(segment.header.first_seq, end - 1);
  const std::string temp = path + ".tmp";
  IdSidecarWriter writer;
  writer.open(fs, temp, segment.header, {.next_seq = segment.header.first_seq, .offset = 0});
  const SidecarExtent extent =
      load_id_sidecar(fs, sidecar_path(segment.path), segment.header, end, [&](SidecarChunk chunk) {
        NewIds imports;
        imports.import_run = std::move(chunk.ids.import_run);
        writer.append(chunk.first_seq, chunk.count, chunk.time_us, imports);
      });
  if (extent.next_seq != end) {
    if (auto removed = fs.remove(temp); !removed) return removed.error();
    return false;
  }
  // The writer gives up quietly where a disk is full: what stands there now decides.
  const SidecarExtent written =
      load_id_sidecar(fs, temp, segment.header, end, [](const SidecarChunk&) {});
  if (written.next_seq != end) {
    (void)fs.remove(temp);
    return Error{ErrorCode::storage_full, "the ids of import runs cannot be written to " + temp};
  }
  auto file = fs.open(temp, OpenMode::read_write);
  if (!file) return file.error();
  auto done = (*file)->sync();
  if (done) done = fs.rename(temp, path);
  if (done) done = fs.sync_folder(folder);
  if (!done) return done.error();
  return true;
}

Result<void> restore_kept_import_ids(FileSystem& fs, const std::string& folder,
                                     const LogIdentity& identity, Deduplication& ids) {
  auto names = list_kept_import_ids(fs, folder);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    SegmentHeader header;
    header.identity = identity;
    Seq last = 0;
    parse_kept_file_name(name, header.first_seq, last);
    IdStretch stretch = ids.new_stretch();
    const SidecarExtent extent =
        load_id_sidecar(fs, folder + "/" + name, header, last + 1, [&](const SidecarChunk& chunk) {
          ids.add(chunk.ids, chunk.time_us, chunk.time_us, stretch);
        });
    if (extent.next_seq != last + 1) {
      return Error{ErrorCode::corrupt,
                   fmt::format("{}/{} is damaged: repeating an import run of events {}-{} could "
                               "count twice. Restore the file from a backup",
                               folder, name, header.first_seq, last)};
    }
    ids.restore({&stretch, 1}, 0, 1);
  }
  return {};
}

Result<std::vector<std::string>> list_kept_import_ids(FileSystem& fs, const std::string& folder) {
  auto names = fs.list(folder);
  if (!names) return names.error();
  std::vector<std::string> kept;
  Seq first = 0;
  Seq last = 0;
  for (const std::string& name : *names) {
    if (parse_kept_file_name(name, first, last)) kept.push_back(name);
  }
  return kept;
}

}  // namespace adbacus
