#include "ingest/query_event.hpp"

#include <algorithm>
#include <array>

#include "catalog/schema/json_node.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

using Rename = std::pair<std::string_view, std::string_view>;

// IAB's names of parameters, and ours.
constexpr std::array<Rename, 11> kConsentParams{{{"gdpr", "gdpr"},
                                                 {"gdpr_consent", "tcf"},
                                                 {"tcf", "tcf"},
                                                 {"gpp", "gpp"},
                                                 {"gpp_sid", "gpp_sid"},
                                                 {"us_privacy", "us_privacy"},
                                                 {"gpc", "gpc"},
                                                 {"coppa", "coppa"},
                                                 {"lmt", "lmt"},
                                                 {"ad_user_data", "ad_user_data"},
                                                 {"ad_personalization", "ad_personalization"}}};
// The credential, and what only keeps caches away.
constexpr std::array<std::string_view, 3> kNoFields{"key", "cb", "_"};
constexpr std::array<std::string_view, 4> kNumbers{"x", "y", "w", "h"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view consent_name(std::string_view name) {
  for (const auto& [param, member] : kConsentParams)
    if (param == name) return member;
  return {};
}

// As JSON writes it.
bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool has_zero = text.size() > 1 && text.front() == '0';
  return !text.empty() && !has_zero &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

class QueryEvent {
 public:
  explicit QueryEvent(const KnownFields& known) : known_(known) {
    json_.begin_object();
    for (const auto& [name, value] : known) {
      if (!value.empty()) json_.member(name, value);
    }
  }

  void add(const http::QueryParam& param) {
    const std::string_view name = param.name == "e" ? "event_type" : std::string_view(param.name);
    if (param.value.empty() || contains(kNoFields, name) || is_known(name)) return;
    if (const std::string_view member = consent_name(name); !member.empty()) {
      consent_.emplace_back(member, param.value);
      return;
    }
    has_type_ = has_type_ || name == "event_type";
    json_.key(name);
    if (contains(kNumbers, name) && is_integer(param.value)) {
      json_.raw(param.value);
    } else if (const auto object = name == "metadata" ? parse_json(param.value) : Error{}; object) {
      json_.raw(json_text(*object));
    } else {
      json_.value(param.value);
    }
  }

  std::string take(std::string_view event_type) && {
    if (!has_type_ && !is_known("event_type")) json_.member("event_type", event_type);
    if (!consent_.empty()) {
      json_.key("consent").begin_object();
      for (const auto& [name, value] : consent_) json_.member(name, value);
      json_.end_object();
    }
    return std::move(json_.end_object()).take();
  }

 private:
  bool is_known(std::string_view name) const {
    return std::any_of(known_.begin(), known_.end(),
                       [&](const auto& field) { return field.first == name; });
  }

  const KnownFields& known_;
  http::JsonWriter json_;
  std::vector<Rename> consent_;
  bool has_type_ = false;
};

}  // namespace

std::string query_event_json(std::span<const http::QueryParam> query, const KnownFields& known,
                             std::string_view event_type) {
  QueryEvent event(known);
  for (const http::QueryParam& param : query) event.add(param);
  return std::move(event).take(event_type);
}

void reserve_fields(KnownFields& known) {
  for (const char* name :
       {"event_id",     "click_id",     "decision_id",   "tenant_id", "campaign_id",
        "line_item_id", "placement_id", "creative_id",   "ad_id",     "placement_key",
        "publisher_id", "ts",           "timestamp",     "sent_at",   "url",
        "click_url",    "value",        "value_cents",   "cost",      "cost_data",
        "cost_cents",   "currency",     "transaction_id"}) {
    const bool has_value = std::any_of(known.begin(), known.end(),
                                       [&](const auto& field) { return field.first == name; });
    if (!has_value) known.emplace_back(name, std::string_view());
  }
}

}  // namespace adbacus
