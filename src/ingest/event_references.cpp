#include "ingest/event_references.hpp"

#include "base/short_text.hpp"

namespace adbacus {
namespace {

std::uint64_t hash_of(std::uint64_t key, std::string_view id) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15ULL;
  std::uint64_t hash = first_word(id) ^ (key * kFactor);
  if (id.size() > 8) hash ^= load_word(id.data() + id.size() - 8) * 0xd6e8feb86659fd93ULL;
  return (hash ^ (hash >> 29U)) * kFactor;
}

}  // namespace

void EventReferences::begin_body(const TenantObjects* objects) {
  objects_ = objects;
  if (objects != nullptr) serial_ = objects->serial();
}

EventReferences::Findings EventReferences::complete(EventDraft& draft) {
  findings_ = {};
  Event& event = draft.event;
  if (objects_ == nullptr) {
    if (event.placement_id.empty()) event.placement_id = draft.placement_key;
    return findings_;
  }
  const bool has_creative = !event.creative_id.empty();
  const bool has_line_item = !event.line_item_id.empty();
  const bool has_campaign = !event.campaign_id.empty();
  const bool has_placement = !event.placement_id.empty();
  const bool has_publisher = !event.publisher_id.empty();
  if (!draft.placement_key.empty()) take_placement_key(draft);
  if (has_campaign) (void)find<Campaign>(event.campaign_id, true, "/campaign_id");
  if (const Ad* ad = find<Ad>(event.ad_id, true, "/ad_id")) {
    fill(event.campaign_id, ad->campaign_id);
    fill(event.creative_id, ad->creative_id);
  }
  const auto* creative = find<Creative>(event.creative_id, has_creative, "/creative_id");
  if (creative != nullptr) fill(event.line_item_id, creative->line_item_id);
  const auto* item = find<LineItem>(event.line_item_id, has_line_item, "/line_item_id");
  if (item != nullptr) {
    fill(event.campaign_id, item->campaign_id);
    fill(event.placement_id, item->placement_id);
    findings_.line_item = item;
    findings_.campaign = find<Campaign>(event.campaign_id, has_campaign, "/campaign_id");
  }
  const auto* placement = find<Placement>(event.placement_id, has_placement, "/placement_id");
  if (placement != nullptr) fill(event.publisher_id, placement->publisher_id);
  if (has_publisher) (void)find<Publisher>(event.publisher_id, true, "/publisher_id");
  if (event.type == EventType::conversion && !event.conversion_type.empty()) {
    take_conversion_type(event);
  }
  return findings_;
}

// Those that take money away mean something of themselves.
void EventReferences::take_conversion_type(const Event& event) {
  findings_.conversion_type = objects_->conversion_type(event.conversion_type);
  if (findings_.conversion_type != nullptr || takes_money_away(event.conversion_type)) return;
  if (findings_.unknown.empty() && objects_->manages(EntityKind::conversion_type))
    findings_.unknown = "/type";
}

// A key that no placement has stands in for the id, as it does where no placements are managed.
void EventReferences::take_placement_key(EventDraft& draft) {
  std::string_view& id = draft.event.placement_id;
  const std::string* named = objects_->placement_of(draft.placement_key);
  if (named != nullptr) {
    fill(id, *named);
  } else {
    if (findings_.unknown.empty() && objects_->manages(EntityKind::placement))
      findings_.unknown = "/placement_key";
    if (id.empty()) id = draft.placement_key;
  }
}

template <class T>
const T* EventReferences::find(std::string_view id, bool is_sent, std::string_view pointer) {
  if (id.empty() || !objects_->manages(kKindOf<T>)) return nullptr;
  const Known* known = look_up(kKindOf<T>, id);
  if (known != nullptr) return static_cast<const T*>(known->second.get());
  if (is_sent && findings_.unknown.empty()) findings_.unknown = pointer;
  return nullptr;
}

const EventReferences::Known* EventReferences::look_up(EntityKind kind, std::string_view id) {
  const std::uint64_t key = serial_ << 8U | static_cast<std::uint64_t>(kind);
  Found& found = found_[hash_of(key, id) >> (64 - kFoundBits)];
  if (found.key == key && found.known->first == id) return found.known;
  const Known* known = objects_->known(kind, id);
  if (known != nullptr) found = {key, known};
  return known;
}

void EventReferences::fill(std::string_view& field, std::string_view follows) {
  if (follows.empty() || field == follows) return;
  if (field.empty()) {
    field = follows;
  } else {
    findings_.is_conflicting = true;
  }
}

}  // namespace adbacus
