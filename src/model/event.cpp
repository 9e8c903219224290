#include "model/event.hpp"

#include <array>

namespace adbacus {
namespace {

constexpr std::array<std::string_view, kEventTypes> kTypeNames{
    "",     "impression",  "viewable_impression", "click", "conversion",
    "view", "interaction", "page_view",           "custom"};
constexpr std::array<std::string_view, 5> kStatusNames{"", "pending", "approved", "rejected",
                                                       "rebill"};

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view event_type_name(EventType type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

bool parse_event_type(std::string_view text, EventType& out) {
  for (std::size_t i = 1; i < kTypeNames.size(); ++i) {
    if (equals_ignoring_case(text, kTypeNames[i])) {
      out = static_cast<EventType>(i);
      return true;
    }
  }
  return false;
}

std::string_view conversion_status_name(ConversionStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

bool parse_conversion_status(std::string_view text, ConversionStatus& out) {
  for (std::size_t i = 1; i < kStatusNames.size(); ++i) {
    if (equals_ignoring_case(text, kStatusNames[i])) {
      out = static_cast<ConversionStatus>(i);
      return true;
    }
  }
  return false;
}

std::string_view disposition_name(Disposition disposition) {
  switch (disposition) {
    case Disposition::counted:
      return "counted";
    case Disposition::repeat:
      return "repeat";
    case Disposition::transition:
      return "transition";
    case Disposition::duplicate_id:
      return "duplicate_id";
    case Disposition::duplicate_differs:
      return "duplicate_differs";
  }
  return "";
}

std::string_view traffic_class_name(TrafficClass traffic_class) {
  switch (traffic_class) {
    case TrafficClass::valid:
      return "valid";
    case TrafficClass::suspect:
      return "suspect";
    case TrafficClass::machine:
      return "machine";
    case TrafficClass::givt:
      return "givt";
    case TrafficClass::sivt:
      return "sivt";
  }
  return "";
}

std::string_view routing_key(const Event& event) {
  if (!event.user_id.empty()) return event.user_id;
  return event.session_id.empty() ? event.event_id : event.session_id;
}

}  // namespace adbacus
