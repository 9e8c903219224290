#include "eventlog/embedded/segment_chain.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "base/logging.hpp"
#include "eventlog/embedded/gap_segment.hpp"
#include "eventlog/embedded/header_repair.hpp"
#include "eventlog/embedded/log_identity.hpp"
#include "eventlog/embedded/segment_scan.hpp"
#include "eventlog/embedded/segment_scanner.hpp"

namespace adbacus {
namespace {

class ChainReader {
 public:
  ChainReader(FileSystem& fs, const EmbeddedLogOptions& options,
              const std::optional<LogNote>& start, Seq durable_seq)
      : fs_(fs), options_(options), start_(start), durable_seq_(durable_seq) {}

  Result<SegmentChain> read() {
    if (auto listed = list_segments(); !listed) return listed.error();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (auto added = add(i); !added) return added.error();
    }
    if (auto bridged = bridge_end(); !bridged) return bridged.error();
    return std::move(chain_);
  }

 private:
  std::string path_of(Seq first_seq) const {
    return options_.folder + "/" + segment_file_name(first_seq);
  }
  bool is_last(std::size_t i) const { return i + 1 == names_.size(); }
  // Events that segment i holds, as far as its name and its successor's tell.
  SeqRange range_of(std::size_t i) const {
    const Seq end = is_last(i) ? std::max(names_[i], durable_seq_) + 1 : names_[i + 1];
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
    const Seq last = names_.empty() ? std::max(start_->seq, durable_seq_) : first - 1;
    const SeqRange missing{.first = start_->seq, .last = last};
    if (names_.empty()) return lost_log(missing, "the log's segments are gone");
    if (accepted(missing)) return {};
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
    if (!header && !page_checksum_fits(*page)) {
      auto repaired = repair_header(file, i);
      if (!repaired) return repaired.error();
      if (*repaired) header = **repaired;
    }
    if (!header && header.error().code != ErrorCode::corrupt) {
      return Error{header.error().code, path_of(names_[i]) + ": " + header.error().message};
    }
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

  Result<void> check_start(const SegmentHeader& header) {
    const Seq start = start_ ? start_->seq : 1;
    if (header.first_seq == start) return {};
    const SeqRange missing{.first = start, .last = header.first_seq - 1};
    if (!start_ && accepted(missing)) return {};  // whoever accepts it knows that it was dropped
    if (!start_) {
      return damaged_range(missing,
                           fmt::format("the log's note `start` is missing or damaged and its "
                                       "segments begin with event {}; if retention dropped what "
                                       "was before, nothing is lost",
                                       header.first_seq));
    }
    if (!accepted(missing)) return damaged_range(missing, "the log's first segments are gone");
    return bridge(missing, header);
  }

  Result<std::optional<SegmentHeader>> repair_header(File& file, std::size_t i) {
    HeaderWitnesses witnesses;
    witnesses.first_seq = names_[i];
    auto identity = read_log_identity(fs_, options_.folder);
    if (!identity) return identity.error();
    if (!*identity) return {std::nullopt};
    witnesses.identity = **identity;
    if (!chain_.segments.empty()) witnesses.before = &chain_.segments.back();
    if (!is_last(i)) {
      auto page = read_first_page(names_[i + 1]);
      if (!page) return page.error();
      auto behind = decode_segment_header(*page);
      if (behind) witnesses.behind = *behind;
    }
    return repair_segment_header(file, path_of(names_[i]), witnesses);
  }

  // Against the segment before.
  Result<void> check_link(const SegmentHeader& header, std::size_t i) {
    if (chain_.segments.empty()) return check_start(header);
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

  // An unreadable segment is set aside and, if its loss was accepted, replaced by a gap when its
  // successor, or the log's end, is looked at.
  Result<void> replace(std::size_t i, const std::string& why) {
    const std::string path = path_of(names_[i]);
    const SeqRange lost = range_of(i);
    if (names_.size() == 1) return lost_log(lost, path + ": " + why);
    if (!accepted(lost)) return damaged_range(lost, path + ": " + why);
    (void)fs_.remove(sidecar_path(path));  // the lost events may be sent again
    if (auto moved = fs_.rename(path, path + ".damaged"); !moved) return moved;
    return fs_.sync_folder(options_.folder);
  }

  // In front of `next`.
  Result<void> bridge(SeqRange missing, const SegmentHeader& next) {
    SegmentHeader header = next;
    header.number = next.number - 1;
    header.previous_link = {};
    if (!chain_.segments.empty()) {
      const SegmentFooter& before = *chain_.segments.back().footer;
      header.previous_time_us = before.last_time_us;
      header.previous_link = before.link;
    }
    return add_gap(header, missing, next.previous_link);
  }

  // Behind the last segment that is there.
  Result<void> bridge_end() {
    if (chain_.segments.empty() || !chain_.segments.back().footer) return {};
    const Segment& before = chain_.segments.back();
    const SeqRange missing{.first = before.footer->last_seq + 1, .last = durable_seq_};
    if (missing.last < missing.first || !accepted(missing)) return {};  // recovery judges
    SegmentHeader header = before.header;
    header.number = before.footer->number + 1;
    header.previous_time_us = before.footer->last_time_us;
    header.previous_link = before.footer->link;
    return add_gap(header, missing, before.footer->link);
  }

  Result<void> add_gap(const SegmentHeader& header, SeqRange missing, const Digest& link) {
    auto segment = write_gap_segment(fs_, options_.folder, header, missing, link);
    if (!segment) return segment.error();
    chain_.segments.push_back(*std::move(segment));
    return {};
  }

  FileSystem& fs_;
  const EmbeddedLogOptions& options_;
  const std::optional<LogNote>& start_;
  const Seq durable_seq_;
  std::vector<Seq> names_;
  SegmentChain chain_;
};

}  // namespace

Result<SegmentChain> read_segment_chain(FileSystem& fs, const EmbeddedLogOptions& options,
                                        const std::optional<LogNote>& start, Seq durable_seq) {
  return ChainReader(fs, options, start, durable_seq).read();
}

}  // namespace adbacus
