#include "processor/fraud/traffic_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hash.hpp"

namespace adbacus {
namespace {

// Of a packed field; equal texts have equal packed bytes. 0: not sent.
TrafficKey key_of(std::string_view packed, std::uint64_t seed) {
  if (packed.empty()) return 0;
  return std::max<TrafficKey>(hash64(packed, seed), 1);
}

// "x,y,w,h", parts may be empty.
SlotPoint parse_slot(std::string_view text) {
  SlotPoint slot;
  for (auto* const part : {&slot.x, &slot.y, &slot.width, &slot.height}) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::int32_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + end, value);
    if (end > 0 && parsed.ec == std::errc() && parsed.ptr == text.data() + end) *part = value;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return slot;
}

}  // namespace

TrafficReader::TrafficReader(std::shared_ptr<const TrafficLists> lists, std::uint64_t seed)
    : lists_(std::move(lists)), seed_(seed) {
  pack_text("install", packed_install_);
}

TrafficFacts TrafficReader::read(const PackedEvent& event, Disposition disposition) {
  const auto& packed = event.packed;
  const std::uint64_t tenant = hash64(packed[text_field::tenant], seed_);
  TrafficFacts facts;
  facts.type = event.type;
  facts.disposition = disposition;
  facts.time_us = event.time_us;
  facts.flags = event.flags;
  facts.user = key_of(packed[text_field::user_id], tenant);
  facts.ad = key_of(packed[text_field::ad_id], tenant);
  facts.decision = key_of(packed[text_field::decision_id], tenant);
  if (event.type == EventType::click || event.type == EventType::conversion) {
    facts.campaign = key_of(packed[text_field::campaign_id], tenant);
    facts.source = key_of(packed[text_field::source], tenant);
    facts.click = key_of(packed[text_field::click_id], tenant);
  }
  facts.is_install =
      event.type == EventType::conversion && packed[text_field::conversion_type] == packed_install_;
  read_agent(event, facts);
  read_address(event, tenant, facts);
  arena_.clear();
  if (const std::string_view slot = packed[text_field::geometry]; !slot.empty())
    facts.slot = parse_slot(unpack_text(slot, arena_));
  return facts;
}

void TrafficReader::read_agent(const PackedEvent& event, TrafficFacts& facts) {
  const std::string_view packed = event.packed[text_field::user_agent];
  facts.agent = key_of(packed, seed_);
  if (facts.agent == 0) return;
  const AgentLists found = agents_.find(facts.agent, [&] {
    arena_.clear();
    return lists_->agents.find(unpack_text(packed, arena_));
  });
  facts.is_listed_agent = (found & agent_list::crawler) != 0;
  facts.is_library_agent = (found & agent_list::library) != 0;
}

void TrafficReader::read_address(const PackedEvent& event, std::uint64_t tenant,
                                 TrafficFacts& facts) {
  facts.address = key_of(event.packed[text_field::ip_hash], tenant);
  const std::string_view packed = event.packed[text_field::ip_prefix];
  facts.network = key_of(packed, tenant);
  if (facts.network == 0) return;
  facts.lists = networks_.find(facts.network, [&] {
    arena_.clear();
    const auto network = IpNetwork::parse(unpack_text(packed, arena_));
    return network ? lists_->networks.find_whole(*network) : NetworkLists{0};
  });
}

}  // namespace adbacus
