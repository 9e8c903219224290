#include "model/event_encoder.hpp"

#include <cstring>

#include "base/short_text.hpp"
#include "model/event_codec.hpp"
#include "model/event_record.hpp"
#include "model/text_packing.hpp"
#include "model/varint.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kUsualBytesMax = 2048;  // of a record that needs no buffer of its own
constexpr std::size_t kFixedBytesMax = 3 + 7 * 10;

// Where the text fields lie in an event, by number.
std::array<std::uint16_t, kTextFields> find_texts() {
  const Event blank;
  std::array<std::uint16_t, kTextFields> places{};
  for_each_text(blank, [&](std::size_t index, const char*, const std::string_view& text, bool) {
    const auto place = reinterpret_cast<const char*>(&text) - reinterpret_cast<const char*>(&blank);
    places[index] = static_cast<std::uint16_t>(place);
  });
  return places;
}
const std::array<std::uint16_t, kTextFields> kTextPlaces = find_texts();

std::string_view text_at(const Event& event, std::size_t index) {
  std::string_view text;
  std::memcpy(&text, reinterpret_cast<const char*>(&event) + kTextPlaces[index], sizeof text);
  return text;
}

// Most events have none of those behind currency.
constexpr std::size_t kFrequentTexts = 17;

struct TextsSent {
  std::uint64_t mask = 0;
  std::size_t bytes_max = 0;  // packed
};

TextsSent texts_of(const Event& event) {
  TextsSent sent;
  std::size_t rare_bytes = 0;
  for_each_text(event, [&](std::size_t index, const char*, const std::string_view& text, bool) {
    if (index < kFrequentTexts) {
      sent.mask |= static_cast<std::uint64_t>(!text.empty()) << index;
    } else {
      rare_bytes |= text.size();
    }
  });
  if (rare_bytes != 0) {
    for_each_text(event, [&](std::size_t index, const char*, const std::string_view& text, bool) {
      if (index >= kFrequentTexts) sent.mask |= static_cast<std::uint64_t>(!text.empty()) << index;
    });
  }
  for (std::uint64_t mask = sent.mask; mask != 0; mask &= mask - 1)
    sent.bytes_max +=
        packed_bytes_max(text_at(event, static_cast<std::size_t>(__builtin_ctzll(mask))).size());
  return sent;
}

// The record without its text fields.
char* put_fixed_part(const Event& event, std::uint64_t mask, char* out) {
  unsigned shape = 0;
  if (event.has_value) shape |= record_shape::has_value;
  if (event.has_cost) shape |= record_shape::has_cost;
  if (event.sent_time_us != 0) shape |= record_shape::has_sent_time;
  if (event.utc_offset_min != 0) shape |= record_shape::has_offset;
  if (event.flags != 0) shape |= record_shape::has_flags;
  const TimeUs time_ms = event.time_us / kMillisecondUs;
  const bool in_ms = time_ms * kMillisecondUs == event.time_us;
  if (in_ms) shape |= record_shape::time_in_ms;
  *out++ = static_cast<char>(kRecordVersion);
  *out++ = static_cast<char>(static_cast<unsigned>(event.type) |
                             (static_cast<unsigned>(event.status) << 4U));
  *out++ = static_cast<char>(shape);
  out = put_varint(out, zigzag(in_ms ? time_ms : event.time_us));
  if (event.flags != 0) out = put_varint(out, event.flags);
  if (event.has_value) out = put_varint(out, zigzag(event.value_micros));
  if (event.has_cost) out = put_varint(out, zigzag(event.cost_micros));
  if (event.sent_time_us != 0) out = put_varint(out, zigzag(event.sent_time_us));
  if (event.utc_offset_min != 0) out = put_varint(out, zigzag(event.utc_offset_min));
  return put_varint(out, mask);
}

// PackMetadata(text, out) writes the packed form of the field metadata and returns its end.
template <class PackMetadata>
char* put_record(const Event& event, std::uint64_t mask, char* out, PackMetadata&& pack_metadata) {
  out = put_fixed_part(event, mask, out);
  for (; mask != 0; mask &= mask - 1) {
    const auto index = static_cast<std::size_t>(__builtin_ctzll(mask));
    const std::string_view text = text_at(event, index);
    out = index == text_field::metadata ? pack_metadata(text, out)
                                        : pack_field(text, index == text_field::consent, out);
  }
  return out;
}

template <class PackMetadata>
void append_record(const Event& event, std::string& to, PackMetadata&& pack_metadata) {
  const TextsSent sent = texts_of(event);
  const std::size_t room = kFixedBytesMax + sent.bytes_max;
  if (room <= kUsualBytesMax) {
    std::array<char, kUsualBytesMax> record;  // NOLINT: filled up to `end` below
    const char* const end = put_record(event, sent.mask, record.data(), pack_metadata);
    to.append(record.data(), static_cast<std::size_t>(end - record.data()));
    return;
  }
  const std::size_t begin = to.size();
  to.resize(begin + room);
  const char* const end = put_record(event, sent.mask, to.data() + begin, pack_metadata);
  to.resize(static_cast<std::size_t>(end - to.data()));
}

// Over all bytes of a text of at least eight.
std::uint64_t hash_words(std::string_view text) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15ULL;
  std::uint64_t hash = text.size();
  for (std::size_t at = 0; at + 8 < text.size(); at += 8)
    hash = ((hash << 5U) | (hash >> 59U)) + load_word(text.data() + at) * kFactor;
  return ((hash << 5U | hash >> 59U) ^ load_word(text.data() + text.size() - 8)) * kFactor;
}

}  // namespace

void encode_event(const Event& event, std::string& out) {
  append_record(event, out,
                [](std::string_view text, char* to) { return pack_field(text, true, to); });
}

void EventEncoder::encode(const Event& event, std::string& out) {
  append_record(event, out,
                [this](std::string_view text, char* to) { return pack_metadata(text, to); });
}

char* EventEncoder::pack_metadata(std::string_view text, char* out) {
  if (text.size() < 8 || text.size() > kKeptBytesMax) return pack_field(text, true, out);
  Kept& kept = kept_[hash_words(text) >> (64 - kKeptBits)];
  if (kept.text_bytes == text.size() &&
      std::memcmp(kept.text.data(), text.data(), text.size()) == 0)
    return put_text(out, {kept.packed.data(), kept.packed_bytes});
  char* const end = pack_field(text, true, out);
  const auto size = static_cast<std::size_t>(end - out);
  if (size > kept.packed.size()) return end;
  kept.text_bytes = static_cast<std::uint8_t>(text.size());
  kept.packed_bytes = static_cast<std::uint8_t>(size);
  std::memcpy(kept.text.data(), text.data(), text.size());
  std::memcpy(kept.packed.data(), out, size);
  return end;
}

}  // namespace adbacus
