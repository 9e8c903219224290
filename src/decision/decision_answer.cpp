#include "decision/decision_answer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "http/json_writer.hpp"

namespace adbacus {
namespace {

using http::JsonWriter;

constexpr std::array<std::string_view, 3> kPricings{"cpm", "cpc", "cpa"};
constexpr std::uint64_t kExactMax = std::uint64_t{1} << 53U;  // of numbers in JavaScript

void id_member(JsonWriter& json, std::string_view name, const std::string& id, AnswerForm form) {
  json.key(name);
  if (id.empty()) {
    json.null();
    return;
  }
  std::uint64_t number = 0;
  const char* end = id.data() + id.size();
  const auto [stop, error] = std::from_chars(id.data(), end, number);
  const bool is_canonical = error == std::errc() && stop == end && number <= kExactMax &&
                            (id.front() != '0' || id.size() == 1);
  if (form == AnswerForm::compatible && is_canonical) {
    json.value(number);
  } else {
    json.value(id);
  }
}

void text_member(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.value(text);
  }
}

void write_trace(JsonWriter& json, const std::vector<ItemTrace>& trace) {
  json.key("trace").begin_array();
  for (const ItemTrace& item : trace) {
    json.begin_object();
    json.member("line_item_id", item.item->id).member("campaign_id", item.item->campaign_id);
    json.member("code", elimination_name(item.reason));
    json.member("priority", item.item->facts->priority);
    json.member("bid_micros", item.item->bid);
    json.member("expected_ecpm_micros", static_cast<std::int64_t>(std::llround(item.value)));
    json.end_object();
  }
  json.end_array();
}

void write_creative(JsonWriter& json, const ServingCreative& creative, AnswerForm form) {
  json.key("creative").begin_object();
  id_member(json, "id", creative.id, form);
  text_member(json, "image_url", creative.facts->image_url);
  text_member(json, "landing_url", creative.facts->landing_url);
  text_member(json, "product_sku", creative.facts->product_sku);
  json.end_object();
}

void write_urls(JsonWriter& json, const SignedDecision& decision, const DecisionUrls& urls) {
  json.member("impression_url", urls.impression(decision.id));
  json.member("click_url", urls.click(decision.id));
}

void write_contents(JsonWriter& json, const Creative& creative) {
  json.key("contents").begin_array();
  const auto size = [&] {
    if (creative.w) json.member("w", *creative.w);
    if (creative.h) json.member("h", *creative.h);
  };
  if (!creative.image_url.empty()) {
    json.begin_object().member("type", "image").member("url", creative.image_url);
    size();
    json.end_object();
  }
  if (!creative.markup.empty()) {
    json.begin_object().member("type", "markup").member("body", creative.markup);
    size();
    json.end_object();
  }
  json.end_array();
}

void write_owners(JsonWriter& json, const SignedDecision& decision) {
  const ServingItem& item = *decision.decision.item;
  id_member(json, "advertiser_id", item.advertiser_id, AnswerForm::native);
  id_member(json, "placement_id", decision.decision.placement->id, AnswerForm::native);
  json.member("priority", item.facts->priority);
}

void write_pricing(JsonWriter& json, const SignedDecision& decision) {
  const ServingItem& item = *decision.decision.item;
  json.key("pricing").begin_object();
  json.member("type", kPricings[static_cast<std::size_t>(item.facts->pricing)]);
  json.member("bid_micros", item.bid);
  json.end_object();
  json.member("cap_unenforced", decision.decision.cap_unenforced);
}

void write_one_of_many(JsonWriter& json, const SignedDecision& decision, const DecisionUrls& urls,
                       AnswerForm form) {
  const ServingItem& item = *decision.decision.item;
  const ServingCreative& creative = *decision.decision.creative;
  json.begin_object().member("decision_id", decision.id);
  id_member(json, "ad_id", creative.ad_id, AnswerForm::native);
  id_member(json, "creative_id", creative.id, AnswerForm::native);
  id_member(json, "line_item_id", item.id, AnswerForm::native);
  id_member(json, "campaign_id", item.campaign_id, AnswerForm::native);
  if (form != AnswerForm::page) write_owners(json, decision);
  text_member(json, "landing_url", creative.facts->landing_url);
  text_member(json, "product_sku", creative.facts->product_sku);
  write_urls(json, decision, urls);
  write_contents(json, *creative.facts);
  json.key("events").begin_array();
  json.begin_object().member("type", "impression");
  json.member("url", urls.impression(decision.id)).end_object();
  json.begin_object().member("type", "click");
  json.member("url", urls.click(decision.id)).end_object();
  json.end_array();
  if (form != AnswerForm::page) write_pricing(json, decision);
  json.end_object();
}

}  // namespace

std::string DecisionUrls::impression(std::string_view decision_id) const {
  return base + "/v1/p.gif?decision_id=" + std::string(decision_id);
}

std::string DecisionUrls::click(std::string_view decision_id) const {
  return base + "/v1/c/" + std::string(decision_id);
}

std::string one_decision_json(const SignedDecision& decision, const DecisionUrls& urls,
                              AnswerForm form, const std::vector<ItemTrace>* trace) {
  const ServingItem& item = *decision.decision.item;
  JsonWriter json(1024);
  json.begin_object().member("decision_id", decision.id);
  id_member(json, "campaign_id", item.campaign_id, form);
  id_member(json, "line_item_id", item.id, form);
  write_creative(json, *decision.decision.creative, form);
  write_urls(json, decision, urls);
  if (form != AnswerForm::compatible) {
    id_member(json, "ad_id", decision.decision.creative->ad_id, form);
    if (form == AnswerForm::native) write_owners(json, decision);
    write_contents(json, *decision.decision.creative->facts);
    if (form == AnswerForm::native) write_pricing(json, decision);
  }
  if (trace != nullptr) write_trace(json, *trace);
  json.end_object();
  return std::move(json).take();
}

std::string no_decision_json(const std::vector<ItemTrace>& trace) {
  JsonWriter json(1024);
  json.begin_object().key("decision_id").null();
  write_trace(json, trace);
  json.end_object();
  return std::move(json).take();
}

std::string many_decisions_json(const std::vector<SlotDecisions>& slots, std::string_view user_key,
                                const DecisionUrls& urls, AnswerForm form, bool with_trace) {
  JsonWriter json(2048);
  json.begin_object().key("user").begin_object();
  if (!user_key.empty()) json.member("key", user_key);
  json.end_object();
  json.key("decisions").begin_object();
  for (const SlotDecisions& slot : slots) {
    json.key(slot.slot->name);
    if (slot.decisions.empty()) {
      json.null();
      continue;
    }
    json.begin_array();
    for (const SignedDecision& decision : slot.decisions) {
      write_one_of_many(json, decision, urls, form);
    }
    json.end_array();
  }
  json.end_object();
  if (with_trace) {
    json.key("traces").begin_object();
    for (const SlotDecisions& slot : slots) {
      json.key(slot.slot->name).begin_object();
      write_trace(json, slot.trace);
      json.end_object();
    }
    json.end_object();
  }
  json.end_object();
  return std::move(json).take();
}

}  // namespace adbacus
