#include "eventlog/embedded/segment_copy_plan.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <optional>

#include "eventlog/embedded/kept_import_ids.hpp"
#include "eventlog/embedded/log_notes.hpp"
#include "eventlog/embedded/segment_scan.hpp"
#include "eventlog/embedded/segment_scanner.hpp"

namespace adbacus {
namespace {

std::string link_text(const Digest& link, std::uint32_t flags) {
  std::string text;
  for (const unsigned char byte : link) text += fmt::format("{:02x}", byte);
  // A gap changes the records and keeps the link.
  return flags == 0 ? text : fmt::format("{}+{}", text, flags);
}

Result<SegmentHeader> read_segment_header(File& file, const std::string& path) {
  auto page = read_range(file, 0, kPageBytes);
  if (!page) return page.error();
  auto header = decode_segment_header(*page);
  if (!header) {
    return Error{ErrorCode::corrupt, fmt::format("{}: header: {}", path, header.error().message)};
  }
  return header;
}

class CopyPlanner {
 public:
  CopyPlanner(FileSystem& fs, const std::string& folder) : fs_(fs), folder_(folder) {}

  Result<LogCopyPlan> plan() {
    // The notes first: a clean stop that stands there now vouches for what is read below.
    auto start = read_note(fs_, folder_, kStartNote);
    if (!start) return start.error();
    auto clean = read_note(fs_, folder_, kCleanStopNote);
    if (!clean) return clean.error();
    if (auto listed = list_segments(start->note); !listed) return listed.error();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      auto added = add(names_[i], i + 1 == names_.size());
      if (added) continue;
      if (added.error().code != ErrorCode::not_found) return added.error();
      return Error{ErrorCode::unavailable, "the log dropped old segments meanwhile: try again"};
    }
    auto kept = list_kept_import_ids(fs_, folder_);
    if (!kept) return kept.error();
    plan_.companions = *std::move(kept);
    plan_.first_seq = plan_.files.front().first_seq;
    plan_.last_seq = plan_.files.back().last_seq;
    if (clean->note && clean->note->seq > plan_.last_seq) {
      return damaged_range({.first = plan_.last_seq + 1, .last = clean->note->seq},
                           "the log was closed behind them");
    }
    return std::move(plan_);
  }

 private:
  Result<void> list_segments(const std::optional<LogNote>& start) {
    auto files = fs_.list(folder_);
    if (!files) return files.error();
    for (const std::string& name : *files) {
      Seq first = 0;
      const bool segment = parse_segment_file_name(name, first);
      // A drop moves the note before it removes the files.
      if (segment && (!start || first >= start->seq)) names_.push_back(first);
    }
    std::sort(names_.begin(), names_.end());
    const Seq begin = start ? start->seq : 1;
    if (names_.empty()) return Error{ErrorCode::not_found, "there is no log in " + folder_};
    if (names_.front() == begin) return {};
    return damaged_range({.first = begin, .last = names_.front() - 1},
                         "the log's first segments are gone");
  }

  Result<void> add(Seq first_seq, bool newest) {
    LogCopyFile copy;
    copy.name = segment_file_name(first_seq);
    const std::string path = folder_ + "/" + copy.name;
    auto file = fs_.open(path, OpenMode::read);
    if (!file) return file.error();
    auto header = read_segment_header(**file, path);
    if (!header) return header.error();
    auto size = (*file)->size();
    if (!size) return size.error();
    const Seq expected = plan_.files.empty() ? first_seq : plan_.files.back().last_seq + 1;
    copy.first_seq = header->first_seq;
    copy.restored_bytes = header->segment_bytes;
    copy.previous_link = link_text(header->previous_link, 0);
    if (plan_.files.empty()) plan_.identity = header->identity;
    const bool fits = *size == header->segment_bytes && header->first_seq == first_seq &&
                      header->identity.uuid == plan_.identity.uuid && first_seq == expected &&
                      (plan_.files.empty() || header->previous_link == previous_link_);
    if (!fits) {
      return Error{ErrorCode::corrupt,
                   fmt::format("{} does not continue the log: start the server on the folder once, "
                               "it says what is missing",
                               path)};
    }
    auto page = read_range(**file, header->segment_bytes - kPageBytes, kPageBytes);
    if (!page) return page.error();
    auto footer = decode_segment_footer(*page, header->identity);
    if (!footer && !newest) {
      return Error{ErrorCode::corrupt, path +
                                           ": the footer is damaged; starting the server on the "
                                           "folder once mends it"};
    }
    if (!footer) return add_open(**file, *header, std::move(copy));
    copy.sealed = true;
    copy.last_seq = footer->last_seq;
    copy.bytes = header->segment_bytes;
    copy.link = link_text(footer->link, footer->flags);
    previous_link_ = footer->link;
    plan_.files.push_back(std::move(copy));
    return {};
  }

  // Records that are whole are taken, marks or not: what was acknowledged last has no mark behind
  // it yet. The sync makes them durable in the log as well, should its writer not have come to it.
  Result<void> add_open(File& file, const SegmentHeader& header, LogCopyFile copy) {
    Segment segment;
    segment.path = folder_ + "/" + copy.name;
    segment.header = header;
    const std::uint64_t limit = header.segment_bytes - kPageBytes;
    auto scan = scan_segment(file, segment, limit);
    if (!scan) return scan.error();
    if (scan->broken) {
      if (auto whole = check_unfinished(file, segment, *scan, limit); !whole) return whole;
    }
    if (auto synced = file.sync(); !synced) return synced;
    copy.last_seq = scan->next_seq - 1;
    copy.bytes = scan->end_offset;
    plan_.files.push_back(std::move(copy));
    return {};
  }

  // The scan met bytes that are no record. Groups are written one after the other, so if a later
  // mark vouches for these bytes, they are a record by now, or they are damaged.
  static Result<void> check_unfinished(File& file, const Segment& segment, const SegmentScan& scan,
                                       std::uint64_t limit) {
    auto mark = find_newest_mark(file, scan.end_offset, limit);
    if (!mark) return mark.error();
    if (*mark < scan.next_seq) return {};
    SegmentScanner again(file, scan.end_offset, limit);
    RecordView record;
    auto check = again.next(record);
    if (!check) return check.error();
    if (*check == RecordCheck::ok && record.header.seq == scan.next_seq) return {};
    return damaged_range({.first = scan.next_seq, .last = *mark},
                         fmt::format("{} from byte {}", segment.path, scan.end_offset));
  }

  FileSystem& fs_;
  const std::string folder_;
  std::vector<Seq> names_;
  Digest previous_link_{};
  LogCopyPlan plan_;
};

}  // namespace

Result<LogCopyPlan> plan_segment_copy(FileSystem& fs, const std::string& folder) {
  return CopyPlanner(fs, folder).plan();
}

Result<void> check_segment_copy(FileSystem& fs, const std::string& path,
                                const LogCopyFile& planned) {
  auto file = fs.open(path, OpenMode::read);
  if (!file) return file.error();
  auto header = read_segment_header(**file, path);
  if (!header) return header.error();
  Segment segment;
  segment.path = path;
  segment.header = *header;
  SegmentFooter footer;
  std::uint64_t limit = planned.bytes;
  if (planned.sealed) {
    auto page = read_range(**file, planned.bytes - kPageBytes, kPageBytes);
    if (!page) return page.error();
    auto decoded = decode_segment_footer(*page, header->identity);
    if (!decoded) return Error{ErrorCode::corrupt, path + ": the footer is damaged"};
    footer = *decoded;
    limit = footer.data_end;
  }
  auto scan = scan_segment(**file, segment, limit);
  if (!scan) return scan.error();
  if (scan->broken || scan->end_offset != limit || scan->next_seq != planned.last_seq + 1) {
    return damaged_range({.first = scan->next_seq, .last = planned.last_seq},
                         fmt::format("{} from byte {}", path, scan->end_offset));
  }
  const bool replaced =
      planned.sealed && (footer.flags & SegmentFooter::kLossAccepted) == 0 &&
      scan->chain.finish(header->previous_link, footer, header->identity) != footer.link;
  if (!replaced) return {};
  return damaged_range({.first = planned.first_seq, .last = planned.last_seq},
                       path + ": contents were replaced");
}

std::vector<std::pair<std::string, std::string>> segment_copy_notes(const std::string& uuid,
                                                                    Seq first_seq, Seq last_seq) {
  return {
      {std::string(kStartNote), note_text(kStartNote, {.uuid = uuid, .seq = first_seq})},
      {std::string(kCleanStopNote), note_text(kCleanStopNote, {.uuid = uuid, .seq = last_seq})}};
}

}  // namespace adbacus
