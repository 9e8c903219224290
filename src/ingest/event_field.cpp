#include "ingest/event_field.hpp"

namespace adbacus {
namespace {

using K = FieldKind;
using E = Event;

}  // namespace

constexpr EventField kEventFields[] = {
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
    {"decision_id", K::decision_id, &E::decision_id},
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
    {"sua", K::agent_hints},
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

namespace {

constexpr auto& kFields = kEventFields;
static_assert(std::size(kFields) <= kFieldsMax);

constexpr std::uint64_t word_at(std::string_view name, std::size_t begin) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8 && begin + i < name.size(); ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(name[begin + i])) << (8 * i);
  return word;
}

constexpr bool fill(FieldTable& table, std::uint64_t multiplier) {
  table.slots.fill({});
  table.multiplier = multiplier;
  for (std::size_t i = 0; i < std::size(kFields); ++i) {
    const std::string_view name = kFields[i].name;
    const std::uint64_t first = word_at(name, 0);
    FieldTable::Slot& slot = table.slots[FieldTable::slot_of(first, name.size(), multiplier)];
    if (slot.size != 0) return false;
    slot.first = first;
    slot.last = word_at(name, name.size() > 8 ? name.size() - 8 : 0);
    slot.size = static_cast<std::uint8_t>(name.size());
    slot.number = static_cast<std::uint8_t>(i);
  }
  return true;
}

// The first and last eight bytes are all of a name.
constexpr bool names_fit() {
  for (const EventField& field : kFields)
    if (field.name.empty() || field.name.size() > 16) return false;
  return true;
}
static_assert(names_fit());

constexpr FieldTable make_table() {
  FieldTable table;
  std::uint64_t multiplier = 0x9e3779b97f4a7c15ULL;
  while (!fill(table, multiplier | 1U))
    multiplier = multiplier * 6364136223846793005ULL + 1442695040888963407ULL;
  return table;
}

}  // namespace

constexpr FieldTable kFieldTable = make_table();

}  // namespace adbacus
