// libFuzzer target: bytes of the disk through the readers of log records and events. Checked
// besides memory safety: what is read can be written again and gives the same bytes; a record that
// was sealed is read as it was; one flipped bit in it is noticed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "eventlog/embedded/segment_format.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_as_record(std::string_view bytes) {
  RecordView view;
  std::size_t needed = 0;
  const RecordCheck check = check_record(bytes, view, needed);
  if (check == RecordCheck::incomplete) require(needed > bytes.size());
  if (check != RecordCheck::ok) return;
  require(view.bytes() <= bytes.size());
  std::string copy(bytes.substr(0, view.bytes()));
  seal_record(view.header, copy.data());
  require(copy == bytes.substr(0, view.bytes()));
}

// The bytes as the payload of a data record.
void check_sealed(std::string_view payload, std::size_t flipped_bit) {
  RecordHeader header;
  header.payload_bytes = static_cast<std::uint32_t>(kCountBytes + payload.size());
  header.seq = 7;
  header.time_us = 1'795'262'400'123'000;
  header.epoch = 3;
  header.partition = 5;
  std::string record(kRecordBytesMin, '\0');
  store_le(record.data() + kRecordHeaderBytes, std::uint32_t{1});
  record.append(payload);
  seal_record(header, record.data());
  RecordView view;
  std::size_t needed = 0;
  require(check_record(record, view, needed) == RecordCheck::ok);
  require(view.payload == payload && view.count == 1 && view.header.seq == header.seq);
  require(check_record(std::string_view(record).substr(0, record.size() - 1), view, needed) ==
          RecordCheck::incomplete);
  const std::size_t bit = flipped_bit % (record.size() * 8);
  record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << (bit % 8)));
  require(check_record(record, view, needed) != RecordCheck::ok);
}

void check_as_event(std::string_view bytes) {
  Arena arena;
  const auto event = decode_event(bytes, arena);
  PackedEvent packed;
  const auto scanned = scan_event(bytes, packed);
  if (!event) return;
  require(static_cast<bool>(scanned));
  require(packed.type == event->type && packed.time_us == event->time_us);
  std::string once;
  encode_event(*event, once);
  Arena second;
  const auto again = decode_event(once, second);
  require(static_cast<bool>(again));
  std::string twice;
  encode_event(*again, twice);
  require(once == twice);
}

}  // namespace
}  // namespace adbacus

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  adbacus::check_as_record(bytes);
  adbacus::check_as_event(bytes);
  adbacus::check_sealed(bytes, data[0] * 256U + data[1]);
  return 0;
}
