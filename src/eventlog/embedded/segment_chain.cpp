#include "eventlog/embedded/segment_chain.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "base/logging.hpp"
#include "eventlog/embedded/segment_scan.hpp"
#include "eventlog/embedded/segment_scanner.hpp"

namespace adbacus {
namespace {

class ChainReader {
 public:
  ChainReader(FileSystem& fs, const EmbeddedLogOptions& options,
              const std::optional<LogNote>& start)
      : fs_(fs), options_(options), start_(start) {}

  Result<SegmentChain> read() {
    if (auto listed = list_segments(); !listed) return listed.error();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (auto added = add(i); !added) return added.error();
    }
    return std::move(chain_);
  }

 private:
  std::string path_of(Seq first_seq) const {
    return options_.folder + "/" + segment_file_name(first_seq);
  }
  bool is_last(std::size_t i) const { return i + 1 == names_.size(); }
  // Events that segment i holds, as far as its name and its successor's tell.
  SeqRange range_of(std::size_t i) const {
    const Seq end =
        is_last(i) ? std::max(names_[i], options_.known_durable_seq) + 1 : names_[i + 1];
    return {.first = names_[i], .last = std::max(names_[i], end - 1)};
  }

  // Removes half-made files; keeps the first seqs of segments, rising.
  Result<void> list_segments() {
    auto files = fs_.list(options_.folder);
    if (!files) return files.error();
    for (const std::string& name : *files) {
      Seq first = 0;
      if (name.ends_with(".tmp")) {
        if (auto removed = fs_.remove(options_.folder + "/" + name); !removed) return removed;
      } else if (parse_segment_file_name(name, first)) {
        names_.push_back(first);
      }
    }
    std::sort(names_.begin(), names_.end());
    return drop_leftovers();
  }

  // A drop first moves the start note, then removes files: what lies before it goes now.
  Result<void> drop_leftovers() {
    while (start_ && !names_.empty() && names_.front() < start_->seq) {
      const std::string path = path_of(names_.front());
      if (auto removed = fs_.remove(path); !removed) return removed;
      names_.erase(names_.begin());
      chain_.starts_late = true;
    }
    if (!start_) return {};
    const Seq first = names_.empty() ? 0 : names_.front();
    if (first == start_->seq) return {};
    const Seq last = names_.empty() ? std::max(start_->seq, options_.known_durable_seq) : first - 1;
    const SeqRange missing{.first = start_->seq, .last = last};
    if (accepted(missing) && !names_.empty()) return {};
    return damaged_range(missing, "the log's first segments are gone");
  }

  bool accepted(SeqRange lost) const {
    const auto& range = options_.accept_loss;
    return range && range->first <= lost.first && lost.last <= range->last;
  }

  Result<void> add(std::size_t i) {
    Segment segment;
    segment.path = path_of(names_[i]);
    auto file = fs_.open(segment.path, OpenMode::read_write);
    if (!file) return file.error();
    auto header = read_header(**file, i);
    if (!header) {
      if (header.error().code != ErrorCode::corrupt) return header.error();
      return replace(i, header.error().message);
    }
    segment.header = *header;
    if (auto linked = check_link(segment.header, i); !linked) return linked;
    const std::uint64_t at = segment.header.segment_bytes - kPageBytes;
    auto page = read_range(**file, at, kPageBytes);
    if (!page) return page.error();
    auto footer = decode_segment_footer(*page, segment.header.identity);
    if (footer) {
      segment.footer = *footer;
    } else if (!is_last(i)) {
      if (auto mended = rebuild_footer(**file, i, segment); !mended) return mended;
    }
    if (segment.footer) {
      if (auto good = check_footer(segment, i); !good) return good;
    }
    chain_.segments.push_back(std::move(segment));
    return {};
  }

  Result<SegmentHeader> read_header(File& file, std::size_t i) {
    auto page = read_range(file, 0, kPageBytes);
    if (!page) return page.error();
    auto header = decode_segment_header(*page);
    if (!header) return Error{ErrorCode::corrupt, "header: " + header.error().message};
    auto size = file.size();
    if (!size) return size.error();
    if (*size != header->segment_bytes) {
      return Error{ErrorCode::corrupt,
                   fmt::format("file has {} of {} bytes", *size, header->segment_bytes)};
    }
    const LogIdentity* log =
        chain_.segments.empty() ? nullptr : &chain_.segments[0].header.identity;
    const bool foreign = (start_ && header->identity.uuid != start_->uuid) ||
                         (log != nullptr && (header->identity.uuid != log->uuid ||
                                             header->identity.hash_seed != log->hash_seed));
    if (foreign) return Error{ErrorCode::corrupt, "the segment belongs to another log"};
    if (header->first_seq != names_[i]) {
      return Error{ErrorCode::corrupt, "the file was renamed"};
    }
    return *header;
  }

  // Against the segment before.
  Result<void> check_link(const SegmentHeader& header, std::size_t i) {
    if (chain_.segments.empty()) {
      if (start_ || header.first_seq == 1) return {};
      const SeqRange missing{.first = 1, .last = header.first_seq - 1};
      if (accepted(missing)) return {};
      return damaged_range(missing, "the log's start note and first segments are gone");
    }
    const Segment& before = chain_.segments.back();
    const Seq expected = before.footer->last_seq + 1;
    const bool bridged = (before.footer->flags & SegmentFooter::kLossAccepted) != 0;
    if (header.first_seq > expected) {
      const SeqRange missing{.first = expected, .last = header.first_seq - 1};
      if (!accepted(missing)) return damaged_range(missing, "a segment file is missing");
      return bridge(missing, header);
    }
    const bool fits = header.first_seq == expected && header.previous_link == before.footer->link &&
                      (bridged || header.number == before.header.number + 1);
    if (fits) return {};
    return damaged_range(range_of(i), names_[i] == expected ? path_of(names_[i]) + " is stale"
                                                            : "two segments overlap");
  }

  Result<void> check_footer(const Segment& segment, std::size_t i) {
    const SegmentFooter& footer = *segment.footer;
    const bool own = footer.first_seq == segment.header.first_seq &&
                     footer.last_seq + 1 == footer.first_seq + footer.entries &&
                     footer.data_end <= segment.header.segment_bytes - kPageBytes;
    if (own) return {};
    return damaged_range(range_of(i), segment.path + ": the footer does not fit");
  }

  // The next segment's header holds this footer's link: if the records still give it, nothing is
  // lost but the footer page.
  Result<void> rebuild_footer(File& file, std::size_t i, Segment& segment) {
    auto next_page = read_first_page(names_[i + 1]);
    if (!next_page) return next_page.error();
    auto next = decode_segment_header(*next_page);
    const std::uint64_t limit = segment.header.segment_bytes - kPageBytes;
    auto scan = scan_segment(file, segment, limit);
    if (!scan) return scan.error();
    SegmentFooter footer{.number = segment.header.number,
                         .entries = scan->next_seq - segment.header.first_seq,
                         .first_seq = segment.header.first_seq,
                         .last_seq = scan->next_seq - 1,
                         .first_time_us = scan->first_time_us,
                         .last_time_us = scan->last_time_us,
                         .data_end = scan->end_offset,
                         .import_ids = 1,  // unknown: look into the sidecar
                         .flags = footer_flags(!scan->gaps.empty(), scan->holds_controls),
                         .link = {}};
    footer.link = scan->chain.finish(segment.header.previous_link, footer, segment.header.identity);
    if (!next || footer.link != next->previous_link) {
      return damaged_range(range_of(i), segment.path + ": footer and records do not fit");
    }
    log_warn("rebuilt a damaged segment footer", {{"path", segment.path}});
    const std::string page = encode_segment_footer(footer, segment.header.identity);
    if (auto written = file.write_at(limit, std::as_bytes(std::span(page))); !written) {
      return written;
    }
    segment.footer = footer;
    return file.sync();
  }

  Result<std::string> read_first_page(Seq first_seq) {
    auto file = fs_.open(path_of(first_seq), OpenMode::read);
    if (!file) return file.error();
    return read_range(**file, 0, kPageBytes);
  }

  // An unreadable segment is set aside and, if its loss was accepted, bridged by its successor.
  Result<void> replace(std::size_t i, const std::string& why) {
    const SeqRange lost = range_of(i);
    if (!accepted(lost)) return damaged_range(lost, path_of(names_[i]) + ": " + why);
    if (is_last(i) || chain_.segments.empty()) {
      return Error{ErrorCode::corrupt, fmt::format("{}: {}; the loss of the log's first or last "
                                                   "segment cannot be accepted: move the file away",
                                                   path_of(names_[i]), why)};
    }
    if (auto moved = fs_.rename(path_of(names_[i]), path_of(names_[i]) + ".damaged"); !moved) {
      return moved;
    }
    return fs_.sync_folder(options_.folder);
  }

  // Puts a segment of nothing but a gap in front of `next`.
  Result<void> bridge(SeqRange missing, const SegmentHeader& next) {
    const Segment& before = chain_.segments.back();
    Segment segment;
    segment.path = path_of(missing.first);
    segment.header = next;
    segment.header.number = next.number - 1;
    segment.header.first_seq = missing.first;
    segment.header.previous_time_us = before.footer->last_time_us;
    segment.header.previous_link = before.footer->link;
    segment.header.segment_bytes = 3 * kPageBytes;
    const Gap gap{.from = kPageBytes,
                  .to = kPageBytes + kRecordBytesMin,
                  .seq = missing.first,
                  .missing = missing.last - missing.first + 1,
                  .time_us = before.footer->last_time_us,
                  .epoch = next.epoch};
    segment.footer = SegmentFooter{.number = segment.header.number,
                                   .entries = gap.missing,
                                   .first_seq = missing.first,
                                   .last_seq = missing.last,
                                   .first_time_us = gap.time_us,
                                   .last_time_us = gap.time_us,
                                   .data_end = gap.to,
                                   .import_ids = 0,
                                   .flags = SegmentFooter::kLossAccepted,
                                   .link = next.previous_link};
    log_warn(
        "accepted loss: a segment is replaced by a gap",
        {{"first", fmt::format("{}", missing.first)}, {"last", fmt::format("{}", missing.last)}});
    const std::string temp = segment.path + ".tmp";
    auto file = fs_.open(temp, OpenMode::truncate);
    if (!file) return file.error();
    const std::string head = encode_segment_header(segment.header);
    const std::string foot = encode_segment_footer(*segment.footer, segment.header.identity);
    auto done = (*file)->resize(segment.header.segment_bytes);
    if (done) done = (*file)->write_at(0, std::as_bytes(std::span(head)));
    if (done) done = (*file)->write_at(2 * kPageBytes, std::as_bytes(std::span(foot)));
    if (done) done = write_gap(**file, gap);
    if (done) done = fs_.rename(temp, segment.path);
    if (done) (void)fs_.remove(sidecar_path(segment.path));  // lost events may be sent again
    if (done) done = fs_.sync_folder(options_.folder);
    if (!done) return done;
    chain_.segments.push_back(std::move(segment));
    return {};
  }

  FileSystem& fs_;
  const EmbeddedLogOptions& options_;
  const std::optional<LogNote>& start_;
  std::vector<Seq> names_;
  SegmentChain chain_;
};

}  // namespace

Result<SegmentChain> read_segment_chain(FileSystem& fs, const EmbeddedLogOptions& options,
                                        const std::optional<LogNote>& start) {
  return ChainReader(fs, options, start).read();
}

}  // namespace adbacus
