// What an event says it happened on, looked up in the tenant's catalog: what is unknown or does not
// belong together is found, and an event gets what follows from what it names (a line item's
// campaign and placement). Only kinds of which the tenant manages something are looked up, so that
// a tenant who keeps his campaigns elsewhere hears nothing. Belongs to one intake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "catalog/snapshot.hpp"
#include "ingest/event_draft.hpp"

namespace adbacus {

class EventReferences {
 public:
  // The objects of the tenant whose events come next; null: it manages nothing. They must stay
  // until the last of these events is encoded: events get views of them.
  void begin_body(const TenantObjects* objects);

  struct Findings {
    std::string_view unknown;  // pointer of the first unknown reference; empty: there is none
    bool is_conflicting = false;
    const LineItem* line_item = nullptr;  // the event's, and its campaign; null: none, or not known
    const Campaign* campaign = nullptr;
    const ConversionType* conversion_type = nullptr;
  };
  // What was sent stays as it is; only empty fields are filled.
  Findings complete(EventDraft& draft);

 private:
  using Known = TenantObjects::Known;
  // Where an object was found lately, because events name few. Looked at only while the objects of
  // `key` are those that are given.
  struct Found {
    std::uint64_t key = 0;  // serial of the objects, kind
    const Known* known = nullptr;
  };
  static constexpr unsigned kFoundBits = 11;

  void take_placement_key(EventDraft& draft);
  void take_conversion_type(const Event& event);
  // The object that `id` names; null: nothing was named, it is not known, or not any more.
  template <class T>
  const T* find(std::string_view id, bool is_sent, std::string_view pointer);
  const Known* look_up(EntityKind kind, std::string_view id);
  void fill(std::string_view& field, std::string_view follows);

  const TenantObjects* objects_ = nullptr;
  std::uint64_t serial_ = 0;
  Findings findings_;
  std::vector<Found> found_ = std::vector<Found>(std::size_t{1} << kFoundBits);
};

}  // namespace adbacus
