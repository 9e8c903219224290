#include "eventlog/embedded/log_notes.hpp"

#include <charconv>
#include <fmt/core.h>

#include "eventlog/embedded/segment_format.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kFormat = "adbacus-log-note ";
constexpr std::string_view kOpening = "adbacus-log-note 1 ";
constexpr std::size_t kSumBytes = 9;  // 8 digits and the end of the line, in every version

std::string checksum(std::string_view text) {
  return fmt::format("{:08x}\n", crc32c(0, text.data(), text.size()));
}

bool checksum_fits(std::string_view note) {
  if (note.size() < kSumBytes) return false;
  const std::size_t end = note.size() - kSumBytes;
  return note.substr(end) == checksum(note.substr(0, end));
}

}  // namespace

std::string note_text(std::string_view name, const LogNote& note) {
  const std::string text = fmt::format("{}{} {} {} ", kOpening, name, note.uuid, note.seq);
  return text + checksum(text);
}

Result<NoteFile> read_note(FileSystem& fs, const std::string& folder, std::string_view name) {
  const std::string path = fmt::format("{}/{}", folder, name);
  auto there = fs.exists(path);
  if (!there) return there.error();
  if (!*there) return NoteFile();
  auto text = read_file(fs, path);
  if (!text) return text.error();

  const NoteFile damaged{.note = std::nullopt, .is_damaged = true};
  const std::string opening = fmt::format("{}{} ", kOpening, name);
  std::string_view rest = *text;
  if (!checksum_fits(rest)) return damaged;
  if (rest.starts_with(kFormat) && !rest.starts_with(kOpening)) {
    return Error{ErrorCode::corrupt, fmt::format("{} is of a version that is not known", path)};
  }
  if (!rest.starts_with(opening) || rest.size() < opening.size() + kUuidBytes + 1) return damaged;
  rest.remove_prefix(opening.size());
  LogNote note;
  note.uuid = rest.substr(0, kUuidBytes);
  rest.remove_prefix(kUuidBytes + 1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), note.seq);
  (void)end;
  // Equal to what we would have written: this checks all separators at once.
  if (error != std::errc() || *text != note_text(name, note)) return damaged;
  return NoteFile{.note = std::move(note), .is_damaged = false};
}

Result<void> write_note(FileSystem& fs, const std::string& folder, std::string_view name,
                        const LogNote& note) {
  return write_file_atomically(fs, fmt::format("{}/{}", folder, name), note_text(name, note));
}

}  // namespace adbacus
