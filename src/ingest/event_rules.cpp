#include "ingest/event_rules.hpp"

#include <charconv>
#include <span>
#include <string>

#include "base/rng.hpp"
#include "enrich/agent/agent_cache.hpp"
#include "enrich/agent/agent_parser.hpp"
#include "ingest/consent_text.hpp"
#include "ingest/event_cost.hpp"
#include "ingest/event_landing.hpp"
#include "ingest/json_text.hpp"
#include "ingest/metadata_text.hpp"
#include "ingest/raw_addresses.hpp"

namespace adbacus {
namespace {

bool may_be_negative(const Event& event) {
  return takes_money_away(event.conversion_type);
}

void set_flag(Event& event, std::uint16_t flag) {
  event.flags = static_cast<std::uint16_t>(event.flags | flag);
}

std::string pointer_to(std::string_view field) {
  std::string pointer;
  append_pointer_step(pointer, field);
  return pointer;
}

// The name under which the time was sent.
std::string_view time_pointer(const EventDraft& draft) {
  return draft.times[slot_ts].sent ? "/ts" : "/timestamp";
}

}  // namespace

void EventRules::begin_body(const RequestFacts& facts) {
  references_.begin_body(facts.objects);
  geo_ = facts.options->geo ? facts.options->geo->snapshot() : nullptr;
  day_keys_ = nullptr;
}

WarningBits EventRules::apply(const RequestFacts& facts, EventParser& parser, EventDraft& draft) {
  facts_ = &facts;
  parser_ = &parser;
  draft_ = &draft;
  warnings_ = 0;
  Event& event = draft.event;
  event.tenant = facts.tenant->id;
  event.import_run = facts.import_run;
  apply_time();
  if (facts.from_page && draft.money[slot_cost].sent) {
    draft.money[slot_cost] = {};
    warn(Warning::cost_ignored);
  }
  is_decided_ = decision_.complete(facts, draft);
  apply_references();
  apply_money();
  apply_device();
  if (facts.gpc && event.consent.empty()) event.consent = kConsentGpcOnly;
  apply_consent();
  apply_visitor();
  apply_landing(event, parser.arena(), (denied_ & denied::cross_context) == 0);
  if (geo_ && place_.asn != 0)
    add_to_metadata(event, parser.arena(), "asn", std::to_string(place_.asn));
  hide_addresses();
  if (draft.geometry_sent != 0) apply_geometry();
  if (event.event_id.empty()) make_event_id();
  if (event.type == EventType::click && event.click_id.empty()) event.click_id = event.event_id;
  return warnings_;
}

void EventRules::apply_references() {
  const EventReferences::Findings findings = references_.complete(*draft_);
  if (findings.is_conflicting) set_flag(draft_->event, event_flag::conflicting_ref);
  if ((draft_->event.flags & event_flag::conflicting_ref) != 0) {
    warn(Warning::conflicting_ref);
  } else {
    apply_price(findings);
  }
  if (findings.conversion_type != nullptr) fill_value(*facts_, *findings.conversion_type, *draft_);
  if (findings.unknown.empty()) return;
  if (facts_->tenant->rejects_unknown_refs.value_or(facts_->options->rejects_unknown_refs)) {
    parser_->reject_at(findings.unknown, RejectCode::unknown_ref, "the tenant has no such object");
    return;
  }
  set_flag(draft_->event, event_flag::unknown_ref);
  warn(Warning::unknown_ref);
}

// The line item's price, as it is now: not of the past that an import brings, and not on the word
// of a page, where only a signed decision bills.
void EventRules::apply_price(const EventReferences::Findings& findings) {
  if (is_decided_ || facts_->from_page || !facts_->import_run.empty()) return;
  if (findings.line_item == nullptr || findings.campaign == nullptr) return;
  fill_cost(*facts_,
            {.pricing = findings.line_item->pricing,
             .micros = price_of(*findings.line_item),
             .currency = findings.campaign->currency,
             .source = "line_item_id"},
            *draft_);
}

void EventRules::apply_time() {
  Event& event = draft_->event;
  const IngestOptions& options = *facts_->options;
  const DraftTime& sent =
      draft_->times[slot_ts].sent ? draft_->times[slot_ts] : draft_->times[slot_timestamp];
  if (!sent.sent) {
    event.time_us = facts_->received_us;
    set_flag(event, event_flag::no_time);
    return;
  }
  event.time_us = sent.time.us;
  event.utc_offset_min = sent.time.utc_offset_min;
  if (sent.time.seconds_assumed) {
    set_flag(event, event_flag::seconds_assumed);
    warn(Warning::seconds_assumed);
  }
  if (sent.time.zone_missing) warn(Warning::no_timezone);
  const DraftTime& own = draft_->times[slot_sent_at];
  if (own.sent || facts_->sent_at) {  // measures the sender's clock against ours
    const SentTime& sent_at = own.sent ? own.time : *facts_->sent_at;
    event.time_us = facts_->received_us - (sent_at.us - sent.time.us);
    if (sent_at.seconds_assumed) warn(Warning::seconds_assumed);
    if (sent_at.zone_missing) warn(Warning::no_timezone);
  }
  const TimeUs ahead = event.time_us - facts_->received_us;
  if (ahead > options.ahead_clamped_us) {
    parser_->reject_at(time_pointer(*draft_), RejectCode::timestamp_in_future,
                       "more than 24 hours ahead of the server's clock");
  } else if (ahead > options.ahead_kept_us) {
    event.sent_time_us = sent.time.us;
    event.time_us = facts_->received_us;
    set_flag(event, event_flag::clock_skew);
    warn(Warning::clock_skew);
  }
  const bool conversion = event.type == EventType::conversion;
  const TimeUs age_max_us = conversion ? options.conversion_age_max_us : options.age_max_us;
  if (event.time_us < 0 || (facts_->import_run.empty() && -ahead > age_max_us))
    parser_->reject_at(time_pointer(*draft_), RejectCode::timestamp_too_old,
                       conversion ? "conversions are taken for 90 days; older ones by import"
                                  : "events are taken for 72 hours; older ones by import");
}

void EventRules::apply_money() {
  Event& event = draft_->event;
  for (const DraftMoney& money : draft_->money) {
    if (money.sent && money.micros < 0 && !may_be_negative(event))
      parser_->reject_at(pointer_to(money.field), RejectCode::negative_value,
                         "negative only for type refund or chargeback");
  }
  event.has_value = draft_->money[slot_value].sent;
  event.value_micros = draft_->money[slot_value].micros;
  // A zero is what senders fill in where there is no value.
  if (event.value_micros != 0 && event.type != EventType::conversion)
    warn(Warning::value_not_counted);
  if (event.value_micros > 0 && event.type == EventType::conversion && may_be_negative(event))
    warn(Warning::positive_refund);
  event.has_cost = draft_->money[slot_cost].sent;
  event.cost_micros = draft_->money[slot_cost].micros;
  if (event.currency.empty() && (event.has_value || event.has_cost))
    event.currency = facts_->tenant->currency;
  if (!draft_->money_rounded) return;
  set_flag(event, event_flag::value_rounded);
  warn(Warning::value_rounded);
}

// Address and user agent: as sent with the event, else from the X-Device headers, never those of
// the sender's own connection. A page is the device itself, and its word is not believed.
void EventRules::apply_device() {
  Event& event = draft_->event;
  if (facts_->from_page) {
    if (!draft_->ip.empty() || !event.user_agent.empty()) warn(Warning::device_ignored);
    draft_->ip = event.user_agent = {};
  }
  if (event.user_agent.empty()) {
    event.user_agent = facts_->device_agent.user_agent;
    if (facts_->bad_user_agent) warn(Warning::device_ignored);
  }
  complete_agent();
  if (geo_) place_ = GeoPlace();
  const std::string_view ip = draft_->ip.empty() ? facts_->device_ip : draft_->ip;
  if (ip.empty()) return;
  if (geo_) complete_place(ip);
  const auto pseudonym = pseudonymise_ip(ip, ip_hash_key());
  if (pseudonym) {
    event.ip_prefix = parser_->arena().copy(pseudonym->prefix);
    event.ip_hash = parser_->arena().copy(pseudonym->hash);
  } else {
    warn(Warning::bad_device_ip);
  }
}

// Device, system and browser, where the sender did not name them.
void EventRules::complete_agent() {
  Event& event = draft_->event;
  if (event.language.empty()) event.language = facts_->device_language;
  const SharedAgentParser* const agents = facts_->options->agents.get();
  if (agents == nullptr) return;
  const AgentSigns& device = facts_->device_agent;
  AgentSigns signs;
  if (event.user_agent.data() == device.user_agent.data()) signs = device;  // the connection's
  signs.user_agent = event.user_agent;
  signs.structured = draft_->sua;
  if (signs.empty()) return;
  const AgentFacts& facts = thread_agent_cache().find(
      signs, [agents](const AgentSigns& unknown) { return agents->get().parse(unknown); });
  if (facts.is_bot) set_flag(event, event_flag::declared_bot);
  if (event.device.empty()) event.device = device_type_name(facts.device);
  if (event.os.empty()) event.os = facts.os.view();
  if (event.browser.empty()) event.browser = facts.browser.view();
}

// Where the address is, if the sender did not say: a place inside another country than the one that
// was named would be no better than none. Of a prefix its first address counts.
void EventRules::complete_place(std::string_view ip) {
  const auto address = http::PeerAddress::parse(ip.substr(0, ip.find('/')));
  if (!address) return;
  place_ = find_place(*geo_, *address);
  Event& event = draft_->event;
  if (event.country.empty()) event.country = place_.country.view();
  if (event.country != place_.country.view()) return;
  if (event.region.empty()) event.region = place_.region.view();
  if (event.city.empty()) event.city = place_.city.view();
}

// What is forbidden becomes flags, and ids that must not be kept are gone from here on.
void EventRules::apply_consent() {
  Event& event = draft_->event;
  const ConsentRules& rules = facts_->options->consent;
  denied_ = 0;
  if (event.consent.empty() && rules.gdpr_default != GdprDefault::applies && !geo_) return;
  ConsentSignals signals;
  if (draft_->consent != nullptr) signals = *draft_->consent;
  signals.gpc = signals.gpc || facts_->gpc;
  denied_ =
      judge_consent(signals, rules, gdpr_place(place_.country.view()), geo_ && facts_->from_page);
  set_flag(event, flags_of_denied(denied_));
  if ((denied_ & denied::identity) != 0) event.user_id = event.session_id = {};
}

const DayKeys* EventRules::day_keys() {
  PseudonymKeys* const keys = facts_->options->pseudonym_keys.get();
  if (!day_keys_ && keys != nullptr) day_keys_ = keys->at(facts_->received_us);
  return day_keys_.get();
}

const IpHashKey& EventRules::ip_hash_key() {
  const IpHashKey& fixed = facts_->options->ip_hash_key;
  if (fixed != IpHashKey{} || day_keys() == nullptr) return fixed;
  return day_keys()->nearest(draft_->event.time_us);
}

// Who sends no id of the person is told what comes from one visitor on one day, by address and
// user agent: as a session, which nobody is attributed or counted by.
void EventRules::apply_visitor() {
  Event& event = draft_->event;
  if (!facts_->options->makes_visitor_ids || (denied_ & denied::identity) != 0) return;
  if (!event.user_id.empty() || !event.session_id.empty() || event.user_agent.empty()) return;
  const std::string_view ip = draft_->ip.empty() ? facts_->device_ip : draft_->ip;
  if (ip.empty() || day_keys() == nullptr) return;
  const IpHashKey* const key = day_keys()->find(event.time_us);
  if (key == nullptr) return;  // too old: the day's key is gone
  event.session_id = parser_->arena().copy(visitor_id(*key, event.tenant, ip, event.user_agent));
}

// The usual names were taken out with the metadata already; this finds the others.
void EventRules::hide_addresses() {
  Event& event = draft_->event;
  if (may_name_address(event.metadata)) {
    const auto hidden = hide_addresses_in_json(event.metadata);
    if (hidden) event.metadata = parser_->arena().copy(*hidden);
    if (event.metadata.size() > kMetadataBytesMax)
      parser_->reject_at("/metadata", RejectCode::metadata_too_large,
                         "with addresses as prefixes it has more than 4 KiB");
  }
  for (std::string_view* url : {&event.url, &event.referrer}) {
    if (!may_name_address(*url)) continue;
    const auto hidden = hide_addresses_in_url(*url);
    if (hidden) *url = parser_->arena().copy(*hidden);
  }
}

void EventRules::apply_geometry() {
  std::array<char, 64> text{};
  char* end = text.data();
  for (std::size_t i = 0; i < draft_->geometry.size(); ++i) {
    if (i > 0) *end++ = ',';
    if ((draft_->geometry_sent >> i) & 1U)
      end = std::to_chars(end, text.data() + text.size(), draft_->geometry[i]).ptr;
  }
  draft_->event.geometry =
      parser_->arena().copy({text.data(), static_cast<std::size_t>(end - text.data())});
}

void EventRules::make_event_id() {
  if (random_left_ < 2) {
    secure_random(std::as_writable_bytes(std::span(random_)));
    random_left_ = random_.size();
  }
  const std::uint64_t a = random_[--random_left_];
  const std::uint64_t b = random_[--random_left_];
  Event& event = draft_->event;
  event.event_id = parser_->arena().copy(uuid_v7(facts_->received_us / kMillisecondUs, a, b));
  set_flag(event, event_flag::generated_id);
  warn(Warning::no_event_id);
}

}  // namespace adbacus
