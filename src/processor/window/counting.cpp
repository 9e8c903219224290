#include "processor/window/counting.hpp"

namespace adbacus {
namespace {

void add_money(std::int64_t micros, std::int64_t& sum) {
  sum = clamped_sum(sum, micros);
}

void count_conversion(const PackedEvent& event, std::string_view conversion_type, Counters& into) {
  const std::int64_t value = event.has_value ? event.value_micros : 0;
  switch (event.status) {
    case ConversionStatus::pending:
      into[Counter64::pending] += 1;
      return;
    case ConversionStatus::rejected:
      into[Counter64::rejected] += 1;
      return;
    case ConversionStatus::rebill:
      into[Counter64::rebills] += 1;
      add_money(value, into[Counter64::value_micros]);
      return;
    case ConversionStatus::none:
    case ConversionStatus::approved:
      break;
  }
  add_money(value, into[Counter64::value_micros]);
  if (conversion_type != "refund" && conversion_type != "chargeback")
    into[Counter64::conversions] += 1;
}

}  // namespace

void count_event(const PackedEvent& event, std::string_view conversion_type, Slice slice,
                 Counters& into) {
  into[Counter64::events] += 1;
  // Another status of a known conversion is in no count; the row only shows that it was there.
  if (slice == Slice::transition) return;
  if (event.has_cost) add_money(event.cost_micros, into[Counter64::cost_micros]);
  switch (event.type) {
    case EventType::impression:
      into[Counter64::impressions] += 1;
      return;
    case EventType::viewable_impression:
      into[Counter64::viewable] += 1;
      return;
    case EventType::click:
      into[Counter64::clicks] += 1;
      return;
    case EventType::conversion:
      count_conversion(event, conversion_type, into);
      return;
    case EventType::view:
      into[Counter64::views] += 1;
      return;
    case EventType::interaction:
      into[Counter64::interactions] += 1;
      return;
    case EventType::page_view:
      into[Counter64::page_views] += 1;
      return;
    case EventType::custom:
      into[Counter64::customs] += 1;
      return;
  }
}

}  // namespace adbacus
