#include "processor/attribution/attribution_input.hpp"

#include <array>
#include <cassert>

#include "model/byte_fields.hpp"
#include "model/consent_flags.hpp"
#include "processor/window/counting.hpp"

namespace adbacus {
namespace {

// Any constants; they stand in touch segments through the keys, so they do not change.
constexpr std::uint64_t kUserSeed = 0x75736572;
constexpr std::uint64_t kClickSeed = 0x636c6963;
constexpr std::uint64_t kDecisionSeed = 0x64656369;

// Of the counters a conversion adds one to.
constexpr std::array<Counter64, 4> kOneOf{Counter64::conversions, Counter64::pending,
                                          Counter64::rejected, Counter64::rebills};

}  // namespace

std::optional<TouchKind> touch_kind(EventType type) {
  switch (type) {
    case EventType::impression:
      return TouchKind::impression;
    case EventType::viewable_impression:
      return TouchKind::viewable;
    case EventType::click:
      return TouchKind::click;
    case EventType::conversion:
      return TouchKind::conversion;
    case EventType::view:
    case EventType::interaction:
    case EventType::page_view:
    case EventType::custom:
      return std::nullopt;
  }
  return std::nullopt;
}

AttributionKeys AttributionKeyMaker::keys_of(const PackedEvent& event) {
  const std::string_view tenant = event.packed[text_field::tenant];
  if (tenant != tenant_ || tenant_seed_ == 0) {
    tenant_ = tenant;
    tenant_seed_ = hash64(tenant, kUserSeed);
  }
  const auto key = [&](std::size_t field, std::uint64_t seed) -> std::optional<UserKey> {
    const std::string_view packed = event.packed[field];
    if (packed.empty()) return std::nullopt;
    return UserKey::of(hash128(packed, tenant_seed_ ^ seed));
  };
  AttributionKeys keys{.user = std::nullopt,
                       .click = std::nullopt,
                       .decision = key(text_field::decision_id, kDecisionSeed)};
  constexpr unsigned kForbidden = event_flag::no_measurement | event_flag::no_identity;
  if ((event.flags & kForbidden) != 0) return keys;
  keys.user = key(text_field::user_id, kUserSeed);
  // An impression has no click id of its own, whatever it says.
  if (event.type == EventType::click || event.type == EventType::conversion)
    keys.click = key(text_field::click_id, kClickSeed);
  return keys;
}

ConversionWorth ConversionWorth::of(const PackedEvent& event, std::string_view conversion_type) {
  Counters counters;
  count_event(event, conversion_type, Slice::counted_valid, counters);
  ConversionWorth worth;
  worth.value_micros = counters[Counter64::value_micros];
  for (const Counter64 counter : kOneOf) {
    if (counters[counter] == 0) continue;
    worth.counter = counter;
    worth.is_counted = true;
  }
  return worth;
}

std::string ConversionWorth::packed() const {
  std::string text(1, '\0');
  for (std::size_t i = 0; is_counted && i < kOneOf.size(); ++i) {
    if (kOneOf[i] == counter) text[0] = static_cast<char>(i + 1);
  }
  put_u64(text, static_cast<std::uint64_t>(value_micros));
  return text;
}

ConversionWorth ConversionWorth::unpacked(std::string_view text) {
  ConversionWorth worth;
  const auto which = static_cast<unsigned char>(text.front());
  worth.is_counted = which != 0;
  if (worth.is_counted) worth.counter = kOneOf[which - 1];
  text.remove_prefix(1);
  std::uint64_t value = 0;
  [[maybe_unused]] const bool is_whole = take_u64(text, value);
  assert(is_whole);
  worth.value_micros = static_cast<std::int64_t>(value);
  return worth;
}

}  // namespace adbacus
