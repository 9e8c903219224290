#include "model/event_codec.hpp"

#include <cassert>
#include <cstring>

#include "model/event_record.hpp"
#include "model/text_packing.hpp"
#include "model/varint.hpp"

namespace adbacus {
namespace {

Error malformed(const char* what) {
  return {ErrorCode::corrupt, std::string("event record: ") + what};
}

}  // namespace

Result<void> scan_event(std::string_view in, PackedEvent& out) {
  if (in.size() < 5) return malformed("cut off");
  if (static_cast<unsigned char>(in[0]) != kRecordVersion) return malformed("unknown version");
  const unsigned type = static_cast<unsigned char>(in[1]) & 0xfU;
  const unsigned status = static_cast<unsigned char>(in[1]) >> 4U;
  const unsigned shape = static_cast<unsigned char>(in[2]);
  if (type == 0 || type >= kEventTypes) return malformed("unknown event type");
  if (status > static_cast<unsigned>(ConversionStatus::rebill)) return malformed("unknown status");
  if ((shape & ~record_shape::all) != 0) return malformed("unknown shape");
  in.remove_prefix(3);
  out.type = static_cast<EventType>(type);
  out.status = static_cast<ConversionStatus>(status);
  bool good = true;
  const auto take = [&](bool present) -> std::uint64_t {
    std::uint64_t value = 0;
    if (present && good) good = take_varint(in, value);
    return value;
  };
  const std::int64_t time = unzigzag(take(true));
  if ((shape & record_shape::time_in_ms) != 0) {
    good = good && !__builtin_mul_overflow(time, kMillisecondUs, &out.time_us);
  } else {
    out.time_us = time;
  }
  out.flags = static_cast<std::uint16_t>(take((shape & record_shape::has_flags) != 0));
  out.has_value = (shape & record_shape::has_value) != 0;
  out.value_micros = unzigzag(take(out.has_value));
  out.has_cost = (shape & record_shape::has_cost) != 0;
  out.cost_micros = unzigzag(take(out.has_cost));
  out.sent_time_us = unzigzag(take((shape & record_shape::has_sent_time) != 0));
  out.utc_offset_min =
      static_cast<std::int16_t>(unzigzag(take((shape & record_shape::has_offset) != 0)));
  std::uint64_t mask = take(true);
  if (!good) return malformed("number cut off");
  if ((mask >> kTextFields) != 0) return malformed("unknown field");
  // Records in a row mostly have the same fields: only what this one lacks is cleared.
  for (std::uint64_t stale = out.present & ~mask; stale != 0; stale &= stale - 1)
    out.packed[static_cast<std::size_t>(__builtin_ctzll(stale))] = {};
  out.present = mask;
  for (; mask != 0; mask &= mask - 1) {
    if (!take_packed(in, out.packed[static_cast<std::size_t>(__builtin_ctzll(mask))]))
      return malformed("text field cut off or malformed");
  }
  if (!in.empty()) return malformed("bytes left over");
  return {};
}

std::string_view unpack_text(std::string_view packed, Arena& arena) {
  if (packed.empty()) return {};
  const std::string_view verbatim = verbatim_text(packed);
  if (verbatim.data() != nullptr) return verbatim;
  const std::size_t size = unpacked_size(packed);
  char* out = arena.allocate(size);
  unpack_field(packed, out);
  return {out, size};
}

void pack_text(std::string_view text, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + packed_bytes_max(text.size()));
  const char* const end = pack_field(text, false, out.data() + begin);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

Result<Event> decode_event(std::string_view bytes, Arena& arena) {
  PackedEvent packed;
  if (auto scanned = scan_event(bytes, packed); !scanned) return scanned.error();
  Event event;
  event.type = packed.type;
  event.status = packed.status;
  event.flags = packed.flags;
  event.time_us = packed.time_us;
  event.sent_time_us = packed.sent_time_us;
  event.utc_offset_min = packed.utc_offset_min;
  event.has_value = packed.has_value;
  event.has_cost = packed.has_cost;
  event.value_micros = packed.value_micros;
  event.cost_micros = packed.cost_micros;
  for_each_text(event, [&](std::size_t index, const char*, std::string_view& text, bool) {
    text = unpack_text(packed.packed[index], arena);
  });
  return event;
}

char* Arena::allocate(std::size_t size) {
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < size) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const std::size_t bytes = size > kBlockBytes ? size : kBlockBytes;
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(bytes), bytes});
    used_ = 0;
  }
  char* out = blocks_[block_].bytes.get() + used_;
  used_ += size;
  return out;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* out = allocate(text.size());
  std::memcpy(out, text.data(), text.size());
  return {out, text.size()};
}

void Arena::clear() {
  block_ = 0;
  used_ = 0;
}

}  // namespace adbacus
