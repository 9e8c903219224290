#include "decision/decision_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <simdjson.h>

#include "decision/web_address.hpp"
#include "http/peers.hpp"

namespace adbacus {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kTextBytesMax = 8U << 10U;
constexpr std::size_t kListMax = 100;
constexpr std::int64_t kSeedMax = INT64_MAX;

class RequestReader {
 public:
  explicit RequestReader(DecisionRequest& out) : out_(out) {}

  void read(const dom::element& body) {
    AdSlot single;
    members("", body, [&](std::string_view key, const std::string&, const dom::element& value) {
      read_member(key, value, single);
    });
    if (out_.has_many) {
      if (!single.placement_key.empty() || !single.placement_id.empty()) {
        problem("/placements", "conflicting_fields", "not together with placement_key");
      }
      return;
    }
    if (single.placement_key.empty() && single.placement_id.empty()) {
      problem("/placement_key", "required", "names the placement; or `placements` names several");
    }
    out_.ads.slots.push_back(single);
  }

 private:
  void read_member(std::string_view key, const dom::element& value, AdSlot& single) {
    const std::string at = "/" + std::string(key);
    AdRequest& ads = out_.ads;
    if (key == "tenant_id")
      out_.tenant_id = text(at, value);
    else if (key == "placement_key")
      single.placement_key = text(at, value);
    else if (key == "placement_id")
      single.placement_id = id(at, value);
    else if (key == "placements")
      read_slots(at, value);
    else if (key == "user_id")
      take_user(at, id(at, value));
    else if (key == "session_id")
      ads.session_id = id(at, value);
    else if (key == "user")
      read_user(at, value);
    else if (key == "context")
      read_context(at, value);
    else if (key == "keywords")
      read_values(at, value, "keyword");
    else if (key == "segments")
      read_values(at, value, "segment");
    else if (key == "url")
      read_url(at, value);
    else if (key == "referrer")
      ads.context.emplace_back("referrer", text(at, value));
    else if (key == "ip")
      read_ip(at, value);
    else if (key == "consent")
      read_consent(at, value);
    else if (key == "block")
      read_blocks(at, value);
    else if (key == "trace")
      out_.with_trace = flag(at, value);
    else if (key == "seed")
      ads.seed = static_cast<std::uint64_t>(number(at, value, 0, kSeedMax));
    else
      problem(at, "unknown_field", "there is no such field; what targeting looks at is `context`");
  }

  void problem(std::string pointer, std::string code, std::string detail) {
    if (out_.problems.size() < 20) {
      out_.problems.push_back({std::move(pointer), std::move(code), std::move(detail)});
    }
  }

  // Texts, and numbers and flags as the text they are written in.
  std::string_view text(const std::string& at, const dom::element& value) {
    if (value.is_string()) {
      const std::string_view found = value.get_string().value_unsafe();
      if (found.size() <= kTextBytesMax) return found;
      problem(at, "too_long", fmt::format("at most {} bytes", kTextBytesMax));
      return {};
    }
    if (value.is_null()) return {};
    if (value.is_bool()) return value.get_bool().value_unsafe() ? "true" : "false";
    if (value.is_int64()) return keep(std::to_string(value.get_int64().value_unsafe()));
    if (value.is_uint64()) return keep(std::to_string(value.get_uint64().value_unsafe()));
    if (value.is_double()) return keep(fmt::format("{}", value.get_double().value_unsafe()));
    problem(at, "invalid_type", "must be a string or a number");
    return {};
  }
  // A text, or a whole number as events take it.
  std::string_view id(const std::string& at, const dom::element& value) {
    const bool is_negative = value.is_int64() && value.get_int64().value_unsafe() < 0;
    if (is_negative || value.is_double() || value.is_bool()) {
      problem(at, "invalid_type", "must be a string or a whole number from 0");
      return {};
    }
    return text(at, value);
  }
  // `user_id` and `user.key` are two names of one field.
  void take_user(const std::string& at, std::string_view id) {
    std::string_view& known = out_.ads.user_id;
    if (!known.empty() && !id.empty() && known != id) {
      problem(at, "conflicting_fields", "user_id and user.key differ");
    }
    if (!id.empty()) known = id;
  }
  void read_ip(const std::string& at, const dom::element& value) {
    const std::string_view ip = text(at, value);
    if (ip.empty()) return;
    if (!http::PeerAddress::parse(ip.substr(0, ip.find('/')))) {
      return problem(at, "invalid_value", "must be an address");
    }
    out_.ads.context.emplace_back("ip", ip);
  }
  std::string_view keep(std::string made) { return out_.texts.emplace_back(std::move(made)); }

  bool flag(const std::string& at, const dom::element& value) {
    if (value.is_bool()) return value.get_bool().value_unsafe();
    if (value.is_int64() && value.get_int64().value_unsafe() <= 1) {
      return value.get_int64().value_unsafe() == 1;
    }
    problem(at, "invalid_type", "must be true or false");
    return false;
  }

  std::int64_t number(const std::string& at, const dom::element& value, std::int64_t low,
                      std::int64_t high) {
    std::int64_t found = 0;
    if (value.is_int64()) found = value.get_int64().value_unsafe();
    if (value.is_int64() && found >= low && found <= high) return found;
    problem(at, value.is_int64() ? "out_of_range" : "invalid_type",
            fmt::format("must be an integer from {} to {}", low, high));
    return low;
  }

  // The elements of a list that is not too long.
  template <class Visit>
  void each(const std::string& at, const dom::element& value, std::size_t max, Visit visit) {
    if (!value.is_array()) return problem(at, "invalid_type", "must be an array");
    const dom::array list = value.get_array().value_unsafe();
    if (list.size() > max) return problem(at, "too_many", fmt::format("at most {}", max));
    std::size_t i = 0;
    for (const dom::element element : list) visit(fmt::format("{}/{}", at, i++), element);
  }

  // The members of an object.
  template <class Visit>
  void members(const std::string& at, const dom::element& value, Visit visit) {
    if (!value.is_object()) return problem(at, "invalid_type", "must be an object");
    const dom::object object = value.get_object().value_unsafe();
    if (object.size() > 256) return problem(at, "too_many", "at most 256 fields");
    std::vector<std::string_view> seen;
    for (const auto& [key, member] : object) {
      const std::string where = at + "/" + std::string(key);
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
        problem(where, "duplicate_key", "stands twice in its object");
        continue;
      }
      seen.push_back(key);
      visit(key, where, member);
    }
  }

  void read_values(const std::string& at, const dom::element& value, std::string_view field) {
    each(at, value, kListMax, [&](const std::string& where, const dom::element& element) {
      out_.ads.context.emplace_back(field, text(where, element));
    });
  }

  void read_context(const std::string& at, const dom::element& value) {
    members(at, value, [&](std::string_view key, const std::string& where, const auto& member) {
      if (member.is_array()) return read_values(where, member, key);
      if (!member.is_null()) out_.ads.context.emplace_back(key, text(where, member));
    });
  }

  void read_url(const std::string& at, const dom::element& value) {
    const std::string_view url = text(at, value);
    if (url.empty()) return;
    WebAddress page = web_address(url);
    if (page.path.empty()) return problem(at, "invalid_value", "must be an absolute URL");
    out_.ads.context.emplace_back("host", keep(std::move(page.host)));
    out_.ads.context.emplace_back("path", page.path);
  }

  void read_user(const std::string& at, const dom::element& value) {
    members(at, value, [&](std::string_view key, const std::string& where, const auto& member) {
      if (key == "key" || key == "id") {
        out_.user_key = id(where, member);
        take_user(where, out_.user_key);
      } else if (key == "segments") {
        read_values(where, member, "segment");
      } else {
        problem(where, "unknown_field", "there is no such field");
      }
    });
  }

  void read_slots(const std::string& at, const dom::element& value) {
    out_.has_many = true;
    each(at, value, kSlotsMax, [&](const std::string& where, const dom::element& element) {
      AdSlot slot;
      members(where, element,
              [&](std::string_view key, const std::string& path, const auto& member) {
                read_slot_member(key, path, member, slot);
              });
      if (slot.placement_key.empty() && slot.placement_id.empty()) {
        problem(where + "/placement_key", "required", "names the placement");
      }
      if (slot.name.empty()) {
        slot.name = slot.placement_key.empty() ? slot.placement_id : slot.placement_key;
      }
      const auto& slots = out_.ads.slots;
      if (std::any_of(slots.begin(), slots.end(),
                      [&](const AdSlot& earlier) { return earlier.name == slot.name; })) {
        problem(where + "/name", "duplicate", "each placement of a request needs its own name");
      }
      out_.ads.slots.push_back(std::move(slot));
    });
    if (out_.ads.slots.empty()) problem(at, "required", "at least one placement");
    std::size_t ads = 0;
    for (const AdSlot& slot : out_.ads.slots) ads += slot.count;
    if (ads > kRequestAdsMax) {
      problem(at, "too_many", fmt::format("at most {} ads in all", kRequestAdsMax));
    }
  }

  void read_slot_member(std::string_view key, const std::string& at, const dom::element& value,
                        AdSlot& slot) {
    if (key == "name") {
      slot.name = text(at, value);
    } else if (key == "placement_key") {
      slot.placement_key = text(at, value);
    } else if (key == "placement_id") {
      slot.placement_id = id(at, value);
    } else if (key == "count") {
      slot.count = static_cast<std::size_t>(number(at, value, 1, kSlotAdsMax));
    } else if (key == "floor_micros") {
      slot.floor = number(at, value, 0, INT64_MAX);
    } else if (key == "ad_types") {
      each(at, value, kListMax, [&](const std::string& where, const dom::element& element) {
        read_ad_type(where, text(where, element), slot);
      });
    } else if (key == "sizes") {
      each(at, value, kListMax, [&](const std::string& where, const dom::element& element) {
        read_size(where, element, slot);
      });
    } else {
      problem(at, "unknown_field", "there is no such field");
    }
  }

  void read_ad_type(const std::string& at, std::string_view name, AdSlot& slot) {
    constexpr std::array<std::string_view, 5> kNames{"display", "native", "video", "audio", "text"};
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) {
      return problem(at, "invalid_value", "one of display, native, video, audio, text");
    }
    slot.ad_types.push_back(static_cast<AdType>(found - kNames.begin()));
  }

  // {"w": 300, "h": 250} or "300x250".
  void read_size(const std::string& at, const dom::element& value, AdSlot& slot) {
    AdSize size;
    if (value.is_object()) {
      members(at, value, [&](std::string_view key, const std::string& where, const auto& member) {
        if (key == "w")
          size.w = number(where, member, 1, 100'000);
        else if (key == "h")
          size.h = number(where, member, 1, 100'000);
        else
          problem(where, "unknown_field", "there is no such field");
      });
    } else {
      const std::string_view form = text(at, value);
      const char* end = form.data() + form.size();
      const auto w = std::from_chars(form.data(), end, size.w);
      const bool has_x = w.ec == std::errc() && w.ptr != end && *w.ptr == 'x';
      if (!has_x || std::from_chars(w.ptr + 1, end, size.h).ptr != end) size = {};
    }
    if (size.w <= 0 || size.h <= 0) {
      return problem(at, "invalid_value", "a size is {\"w\":300,\"h\":250} or \"300x250\"");
    }
    slot.sizes.push_back(size);
  }

  void read_consent(const std::string& at, const dom::element& value) {
    ConsentSignals& consent = out_.ads.consent;
    members(at, value, [&](std::string_view key, const std::string& where, const auto& member) {
      if (member.is_null()) return;
      if (key == "gdpr") consent.gdpr = signal(where, member);
      if (key == "tcf") consent.tcf = text(where, member);
      if (key == "gpp") consent.gpp = text(where, member);
      if (key == "gpp_sid") consent.gpp_sid = keep(simdjson::minify(member));
      if (key == "us_privacy") consent.us_privacy = text(where, member);
      if (key == "gpc") consent.gpc = signal(where, member) || consent.gpc;
      if (key == "coppa") consent.coppa = signal(where, member);
      if (key == "lmt") consent.lmt = signal(where, member);
      if (key == "ad_user_data") consent.ad_user_data = parse_grant(text(where, member));
      if (key == "ad_personalization")
        consent.ad_personalization = parse_grant(text(where, member));
    });
  }

  // As events take it: also "1" and "true".
  bool signal(const std::string& at, const dom::element& value) {
    if (!value.is_string()) return flag(at, value);
    const auto said = parse_grant(text(at, value));
    if (!said) problem(at, "invalid_type", "must be true or false");
    return said.value_or(false);
  }

  void read_blocks(const std::string& at, const dom::element& value) {
    AdBlocks& blocks = out_.ads.blocks;
    members(at, value, [&](std::string_view key, const std::string& where, const auto& member) {
      std::vector<std::string_view>* list = nullptr;
      if (key == "advertisers") list = &blocks.advertisers;
      if (key == "categories") list = &blocks.categories;
      if (key == "campaigns") list = &blocks.campaigns;
      if (key == "line_items") list = &blocks.line_items;
      if (key == "creatives") list = &blocks.creatives;
      if (list == nullptr) return problem(where, "unknown_field", "there is no such field");
      each(where, member, kListMax, [&](const std::string& path, const dom::element& element) {
        list->push_back(text(path, element));
      });
    });
  }

  DecisionRequest& out_;
};

}  // namespace

bool read_decision_request(std::string_view body, DecisionRequest& out) {
  thread_local dom::parser parser(kDecisionBytesMax + simdjson::SIMDJSON_PADDING);
  if (body.size() > kDecisionBytesMax) {
    out.problems.push_back({"", "too_large", fmt::format("at most {} bytes", kDecisionBytesMax)});
    return false;
  }
  if (parser.capacity() == 0 || parser.max_depth() != kDepthMax) {
    if (parser.allocate(kDecisionBytesMax, kDepthMax) != simdjson::SUCCESS) return false;
  }
  dom::element root;
  const auto error = parser.parse(body.data(), body.size()).get(root);
  if (error != simdjson::SUCCESS) {
    out.problems.push_back({"", "invalid_json", simdjson::error_message(error)});
    return false;
  }
  if (!root.is_object()) {
    out.problems.push_back({"", "invalid_type", "must be an object"});
    return false;
  }
  RequestReader(out).read(root);
  return true;
}

}  // namespace adbacus
