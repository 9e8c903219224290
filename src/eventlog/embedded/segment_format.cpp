#include "eventlog/embedded/segment_format.hpp"

#include <cassert>
#include <charconv>
#include <fmt/core.h>

namespace adbacus {
namespace {

constexpr std::string_view kHeaderMagic = "ADBLOGS\n";
constexpr std::string_view kFooterMagic = "ADBLOGE\n";
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::uint16_t kRecordMagic = 0xADB5;
constexpr std::uint8_t kRecordVersion = 1;
constexpr std::size_t kCrcAt = 28;  // in the record header
constexpr std::size_t kSeqDigits = 20;
constexpr std::string_view kSegmentSuffix = ".seg";

// A page: fields back to back, zeros, CRC-32C of all before it in the last four bytes.
class PageWriter {
 public:
  template <class T>
  void put(T value) {
    store_le(page_.data() + at_, value);
    at_ += sizeof value;
  }
  void put_bytes(std::string_view bytes) {
    std::memcpy(page_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  std::string finish() {
    store_le(page_.data() + kPageBytes - 4, crc32c(0, page_.data(), kPageBytes - 4));
    return std::move(page_);
  }

 private:
  std::string page_ = std::string(kPageBytes, '\0');
  std::size_t at_ = 0;
};

class PageReader {
 public:
  explicit PageReader(std::string_view page) : page_(page) {}
  template <class T>
  T get() {
    const T value = load_le<T>(page_.data() + at_);
    at_ += sizeof value;
    return value;
  }
  std::string_view get_bytes(std::size_t size) {
    at_ += size;
    return page_.substr(at_ - size, size);
  }

 private:
  std::string_view page_;
  std::size_t at_ = 0;
};

std::string_view as_text(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest as_digest(std::string_view bytes) {
  Digest digest{};
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

Result<void> check_page(std::string_view page, std::string_view magic, PageReader& reader) {
  if (page.size() != kPageBytes) return Error{ErrorCode::corrupt, "page is too short"};
  if (reader.get_bytes(magic.size()) != magic) return Error{ErrorCode::corrupt, "no magic"};
  if (!page_checksum_fits(page)) {
    return Error{ErrorCode::corrupt, "page checksum is wrong"};
  }
  const auto version = reader.get<std::uint32_t>();
  if (version != kFormatVersion) {
    // Whole, but not ours to read: nothing that is done about damage may be done to it.
    return Error{ErrorCode::conflict,
                 fmt::format("format version {} is not known: a newer version of adbacus wrote it",
                             version)};
  }
  return {};
}

}  // namespace

bool page_checksum_fits(std::string_view page) {
  return page.size() == kPageBytes && load_le<std::uint32_t>(page.data() + kPageBytes - 4) ==
                                          crc32c(0, page.data(), kPageBytes - 4);
}

std::uint32_t footer_flags(bool loss_accepted, bool holds_controls) {
  return (loss_accepted ? SegmentFooter::kLossAccepted : 0) |
         (holds_controls ? SegmentFooter::kHoldsControls : 0);
}

std::string encode_segment_header(const SegmentHeader& header) {
  assert(header.identity.uuid.size() == kUuidBytes);
  PageWriter page;
  page.put_bytes(kHeaderMagic);
  page.put(kFormatVersion);
  page.put(std::uint32_t{kPartitions});
  page.put_bytes(header.identity.uuid);
  page.put(header.identity.hash_seed);
  page.put(header.number);
  page.put(header.first_seq);
  page.put(header.previous_time_us);
  page.put(header.segment_bytes);
  page.put(std::uint64_t{header.epoch});
  page.put_bytes(as_text(header.previous_link));
  return page.finish();
}

Result<SegmentHeader> decode_segment_header(std::string_view bytes) {
  PageReader page(bytes);
  if (auto good = check_page(bytes, kHeaderMagic, page); !good) return good.error();
  if (page.get<std::uint32_t>() != kPartitions) {
    return Error{ErrorCode::corrupt, "another number of partitions"};
  }
  SegmentHeader header;
  header.identity.uuid = page.get_bytes(kUuidBytes);
  header.identity.hash_seed = page.get<std::uint64_t>();
  header.number = page.get<std::uint64_t>();
  header.first_seq = page.get<Seq>();
  header.previous_time_us = page.get<TimeUs>();
  header.segment_bytes = page.get<std::uint64_t>();
  header.epoch = static_cast<std::uint16_t>(page.get<std::uint64_t>());
  header.previous_link = as_digest(page.get_bytes(sizeof(Digest)));
  return header;
}

std::string encode_segment_footer(const SegmentFooter& footer, const LogIdentity& identity) {
  PageWriter page;
  page.put_bytes(kFooterMagic);
  page.put(kFormatVersion);
  page.put(footer.flags);
  page.put_bytes(identity.uuid);
  page.put(footer.number);
  page.put(footer.entries);
  page.put(footer.first_seq);
  page.put(footer.last_seq);
  page.put(footer.first_time_us);
  page.put(footer.last_time_us);
  page.put(footer.data_end);
  page.put(footer.import_ids);
  page.put_bytes(as_text(footer.link));
  return page.finish();
}

Result<SegmentFooter> decode_segment_footer(std::string_view bytes, const LogIdentity& identity) {
  PageReader page(bytes);
  if (auto good = check_page(bytes, kFooterMagic, page); !good) return good.error();
  SegmentFooter footer;
  footer.flags = page.get<std::uint32_t>();
  if (page.get_bytes(kUuidBytes) != identity.uuid) {
    return Error{ErrorCode::corrupt, "footer of another log"};
  }
  footer.number = page.get<std::uint64_t>();
  footer.entries = page.get<std::uint64_t>();
  footer.first_seq = page.get<Seq>();
  footer.last_seq = page.get<Seq>();
  footer.first_time_us = page.get<TimeUs>();
  footer.last_time_us = page.get<TimeUs>();
  footer.data_end = page.get<std::uint64_t>();
  footer.import_ids = page.get<std::uint64_t>();
  footer.link = as_digest(page.get_bytes(sizeof(Digest)));
  return footer;
}

void seal_record(const RecordHeader& header, char* record) {
  store_le(record, kRecordMagic);
  store_le(record + 2, kRecordVersion);
  store_le(record + 3, header.flags);
  store_le(record + 4, header.payload_bytes);
  store_le(record + 8, header.seq);
  store_le(record + 16, header.time_us);
  store_le(record + 24, header.epoch);
  store_le(record + 26, header.partition);
  const std::uint32_t crc = crc32c(0, record, kCrcAt);
  store_le(record + kCrcAt, crc32c(crc, record + kRecordHeaderBytes, header.payload_bytes));
}

RecordCheck check_record(std::string_view bytes, RecordView& out, std::size_t& needed) {
  needed = kRecordHeaderBytes;
  if (bytes.size() < needed) return RecordCheck::incomplete;
  const char* at = bytes.data();
  const auto magic = load_le<std::uint16_t>(at);
  const auto version = load_le<std::uint8_t>(at + 2);
  out.header = {.flags = load_le<std::uint8_t>(at + 3),
                .payload_bytes = load_le<std::uint32_t>(at + 4),
                .seq = load_le<Seq>(at + 8),
                .time_us = load_le<TimeUs>(at + 16),
                .epoch = load_le<std::uint16_t>(at + 24),
                .partition = load_le<Partition>(at + 26)};
  if (magic != kRecordMagic) {
    static constexpr char kZeros[kRecordHeaderBytes] = {};
    return std::memcmp(at, kZeros, sizeof kZeros) == 0 ? RecordCheck::end : RecordCheck::bad;
  }
  if (version != kRecordVersion || (out.header.flags & ~record_flag::known) != 0 ||
      out.header.payload_bytes < kCountBytes || out.header.payload_bytes > kPayloadBytesMax) {
    return RecordCheck::bad;
  }
  needed = kRecordHeaderBytes + out.header.payload_bytes;
  if (bytes.size() < needed) return RecordCheck::incomplete;
  std::uint32_t crc = crc32c(0, at, kCrcAt);
  crc = crc32c(crc, at + kRecordHeaderBytes, out.header.payload_bytes);
  if (crc != load_le<std::uint32_t>(at + kCrcAt)) return RecordCheck::bad;
  out.count = load_le<std::uint32_t>(at + kRecordHeaderBytes);
  out.payload = bytes.substr(kRecordBytesMin, out.header.payload_bytes - kCountBytes);
  if ((out.header.flags & record_flag::mark) != 0 && (out.count != 0 || out.payload.size() != 8)) {
    return RecordCheck::bad;
  }
  if (out.is_control() && (out.header.flags != record_flag::control || out.count != 1 ||
                           out.payload.size() < kControlHeadBytes)) {
    return RecordCheck::bad;
  }
  if (out.is_data() && (out.header.partition >= kPartitions || out.count == 0)) {
    return RecordCheck::bad;
  }
  return RecordCheck::ok;
}

Seq mark_synced_seq(const RecordView& mark) {
  return load_le<Seq>(mark.payload.data());
}

std::string segment_file_name(Seq first_seq) {
  return fmt::format("{:0{}}{}", first_seq, kSeqDigits, kSegmentSuffix);
}

bool parse_segment_file_name(std::string_view name, Seq& first_seq) {
  if (name.size() != kSeqDigits + kSegmentSuffix.size() || !name.ends_with(kSegmentSuffix)) {
    return false;
  }
  const char* end = name.data() + kSeqDigits;
  const auto [stopped, error] = std::from_chars(name.data(), end, first_seq);
  return error == std::errc() && stopped == end;
}

std::string sidecar_path(const std::string& segment_path) {
  return segment_path.substr(0, segment_path.size() - kSegmentSuffix.size()) + ".ids";
}

}  // namespace adbacus
