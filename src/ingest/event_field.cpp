#include "ingest/event_field.hpp"

#include <array>
#include <cstring>

namespace adbacus {
namespace {

using K = FieldKind;
using E = Event;

constexpr EventField kFields[] = {
    {"event_id", K::id, &E::event_id},
    {"event_type", K::event_type},
    {"tenant_id", K::tenant},
    {"ts", K::time, nullptr, slot_ts},
    {"timestamp", K::time, nullptr, slot_timestamp},
    {"sent_at", K::time, nullptr, slot_sent_at},
    {"user_id", K::person_id, &E::user_id},
    {"session_id", K::person_id, &E::session_id},
    {"campaign_id", K::id, &E::campaign_id},
    {"line_item_id", K::id, &E::line_item_id},
    {"placement_id", K::id, &E::placement_id},
    {"placement_key", K::placement_key},
    {"creative_id", K::id, &E::creative_id},
    {"ad_id", K::id, &E::ad_id},
    {"publisher_id", K::id, &E::publisher_id},
    {"click_id", K::id, &E::click_id},
    {"impression_id", K::id, &E::impression_id},
    {"decision_id", K::id, &E::decision_id},
    {"transaction_id", K::id, &E::transaction_id},
    {"source", K::label, &E::source},
    {"type", K::label, &E::conversion_type},
    {"name", K::type_name},
    {"status", K::status},
    {"value", K::money, nullptr, slot_value},
    {"value_cents", K::cents, nullptr, slot_value},
    {"cost", K::money, nullptr, slot_cost},
    {"cost_data", K::money, nullptr, slot_cost},
    {"cost_cents", K::cents, nullptr, slot_cost},
    {"currency", K::currency},
    {"url", K::url, &E::url},
    {"click_url", K::url, &E::url},
    {"referrer", K::url, &E::referrer},
    {"ip", K::ip},
    {"ip_address", K::ip},
    {"user_agent", K::text, &E::user_agent},
    {"geo_country", K::country, &E::country},
    {"country", K::country, &E::country},
    {"geo_region", K::label, &E::region},
    {"region", K::label, &E::region},
    {"geo_city", K::label, &E::city},
    {"city", K::label, &E::city},
    {"device_type", K::label, &E::device},
    {"device", K::label, &E::device},
    {"os_type", K::label, &E::os},
    {"os", K::label, &E::os},
    {"browser_type", K::label, &E::browser},
    {"browser", K::label, &E::browser},
    {"language", K::label, &E::language},
    {"x", K::geometry, nullptr, 0},
    {"y", K::geometry, nullptr, 1},
    {"w", K::geometry, nullptr, 2},
    {"h", K::geometry, nullptr, 3},
    {"consent", K::consent},
    {"metadata", K::metadata},
    {"key", K::credential},
};
static_assert(std::size(kFields) <= kFieldsMax);

// A perfect hash over the first eight bytes and the length, found by the compiler.
constexpr std::size_t kSlotBits = 9;
constexpr std::uint8_t kNoField = 0xff;

constexpr std::uint64_t first_eight(std::string_view key) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < key.size() && i < 8; ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(key[i])) << (8 * i);
  return word;
}
constexpr std::size_t slot_of(std::uint64_t word, std::size_t size, std::uint64_t multiplier) {
  return ((word ^ (static_cast<std::uint64_t>(size) << 56U)) * multiplier) >> (64 - kSlotBits);
}

struct FieldTable {
  std::array<std::uint8_t, 1U << kSlotBits> slots{};
  std::uint64_t multiplier = 0;
};

constexpr bool fill(FieldTable& table, std::uint64_t multiplier) {
  table.slots.fill(kNoField);
  table.multiplier = multiplier;
  for (std::size_t i = 0; i < std::size(kFields); ++i) {
    const std::string_view name = kFields[i].name;
    std::uint8_t& slot = table.slots[slot_of(first_eight(name), name.size(), multiplier)];
    if (slot != kNoField) return false;
    slot = static_cast<std::uint8_t>(i);
  }
  return true;
}

constexpr FieldTable make_table() {
  FieldTable table;
  std::uint64_t multiplier = 0x9e3779b97f4a7c15ULL;
  while (!fill(table, multiplier | 1U))
    multiplier = multiplier * 6364136223846793005ULL + 1442695040888963407ULL;
  return table;
}
constexpr FieldTable kTable = make_table();

std::uint64_t load_first_eight(std::string_view key) {
  std::uint64_t word = 0;
  if (key.size() >= 8) {
    std::memcpy(&word, key.data(), 8);
  } else if (key.size() >= 4) {  // two loads that overlap
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, key.data(), 4);
    std::memcpy(&high, key.data() + key.size() - 4, 4);
    word = low | (static_cast<std::uint64_t>(high) << (8 * (key.size() - 4)));
  } else {
    for (std::size_t i = 0; i < key.size(); ++i)
      word |= static_cast<std::uint64_t>(static_cast<unsigned char>(key[i])) << (8 * i);
  }
  return word;
}

}  // namespace

const EventField* find_event_field(std::string_view key) {
  const std::uint8_t number =
      kTable.slots[slot_of(load_first_eight(key), key.size(), kTable.multiplier)];
  if (number == kNoField || kFields[number].name != key) return nullptr;
  return &kFields[number];
}

std::size_t event_field_number(const EventField& field) {
  return static_cast<std::size_t>(&field - kFields);
}

}  // namespace adbacus
