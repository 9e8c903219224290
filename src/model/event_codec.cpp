#include "model/event_codec.hpp"

#include <cassert>
#include <cstring>

#include "model/text_packing.hpp"
#include "model/varint.hpp"

namespace adbacus {
namespace {

constexpr unsigned char kVersion = 1;

// Bits of the shape byte: which numbers follow.
constexpr unsigned kHasValue = 1U << 0U;
constexpr unsigned kHasCost = 1U << 1U;
constexpr unsigned kHasSentTime = 1U << 2U;
constexpr unsigned kHasOffset = 1U << 3U;
constexpr unsigned kHasFlags = 1U << 4U;
constexpr unsigned kTimeInMs = 1U << 5U;
constexpr unsigned kShapeBits = 0x3f;

Error malformed(const char* what) {
  return {ErrorCode::corrupt, std::string("event record: ") + what};
}

// Fields packed as JSON text, a constant of the format.
constexpr bool is_json(std::size_t index) {
  return index == text_field::metadata || index == text_field::consent;
}

}  // namespace

void encode_event(const Event& event, std::string& out) {
  unsigned shape = 0;
  if (event.has_value) shape |= kHasValue;
  if (event.has_cost) shape |= kHasCost;
  if (event.sent_time_us != 0) shape |= kHasSentTime;
  if (event.utc_offset_min != 0) shape |= kHasOffset;
  if (event.flags != 0) shape |= kHasFlags;
  if (event.time_us % kMillisecondUs == 0) shape |= kTimeInMs;
  out.push_back(static_cast<char>(kVersion));
  out.push_back(static_cast<char>(static_cast<unsigned>(event.type) |
                                  (static_cast<unsigned>(event.status) << 4U)));
  out.push_back(static_cast<char>(shape));
  put_varint(out,
             zigzag((shape & kTimeInMs) != 0 ? event.time_us / kMillisecondUs : event.time_us));
  if (event.flags != 0) put_varint(out, event.flags);
  if (event.has_value) put_varint(out, zigzag(event.value_micros));
  if (event.has_cost) put_varint(out, zigzag(event.cost_micros));
  if (event.sent_time_us != 0) put_varint(out, zigzag(event.sent_time_us));
  if (event.utc_offset_min != 0) put_varint(out, zigzag(event.utc_offset_min));
  std::uint64_t mask = 0;
  for_each_text(event, [&](std::size_t index, const char*, std::string_view text, bool) {
    if (!text.empty()) mask |= 1ULL << index;
  });
  put_varint(out, mask);
  for_each_text(event, [&](std::size_t index, const char*, std::string_view text, bool) {
    if (!text.empty()) pack_field(text, is_json(index), out);
  });
}

Result<void> scan_event(std::string_view in, PackedEvent& out) {
  if (in.size() < 5) return malformed("cut off");
  if (static_cast<unsigned char>(in[0]) != kVersion) return malformed("unknown version");
  const unsigned type = static_cast<unsigned char>(in[1]) & 0xfU;
  const unsigned status = static_cast<unsigned char>(in[1]) >> 4U;
  const unsigned shape = static_cast<unsigned char>(in[2]);
  if (type == 0 || type >= kEventTypes) return malformed("unknown event type");
  if (status > static_cast<unsigned>(ConversionStatus::rebill)) return malformed("unknown status");
  if ((shape & ~kShapeBits) != 0) return malformed("unknown shape");
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
  if ((shape & kTimeInMs) != 0) {
    good = good && !__builtin_mul_overflow(time, kMillisecondUs, &out.time_us);
  } else {
    out.time_us = time;
  }
  out.flags = static_cast<std::uint16_t>(take((shape & kHasFlags) != 0));
  out.has_value = (shape & kHasValue) != 0;
  out.value_micros = unzigzag(take(out.has_value));
  out.has_cost = (shape & kHasCost) != 0;
  out.cost_micros = unzigzag(take(out.has_cost));
  out.sent_time_us = unzigzag(take((shape & kHasSentTime) != 0));
  out.utc_offset_min = static_cast<std::int16_t>(unzigzag(take((shape & kHasOffset) != 0)));
  std::uint64_t mask = take(true);
  if (!good) return malformed("number cut off");
  if ((mask >> kTextFields) != 0) return malformed("unknown field");
  out.packed.fill({});
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
  pack_field(text, false, out);
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
