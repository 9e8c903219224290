#include "eventlog/control_entries.hpp"

#include <fmt/core.h>

#include "model/varint.hpp"

namespace adbacus {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kTextBytesMax = 1000;

void put_text(std::string& out, std::string_view text) {
  text = text.substr(0, kTextBytesMax);
  put_varint(out, text.size());
  out += text;
}

ControlEntry entry_of(ControlKind kind, std::string payload) {
  return {
      .kind = static_cast<std::uint8_t>(kind), .version = kVersion, .payload = std::move(payload)};
}

// Takes fields off the front; once one is wrong all later ones are empty and good() is false.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view in) : in_(in) {}

  std::uint64_t number(std::uint64_t most) {
    std::uint64_t value = 0;
    good_ = good_ && take_varint(in_, value) && value <= most;
    return good_ ? value : 0;
  }
  std::uint64_t positive(std::uint64_t most) {
    const std::uint64_t value = number(most);
    good_ = good_ && value > 0;
    return value;
  }
  std::string_view text() {
    const auto size = static_cast<std::size_t>(number(kControlBytesMax));
    good_ = good_ && size <= in_.size();
    if (!good_) return {};
    const std::string_view taken = in_.substr(0, size);
    in_.remove_prefix(size);
    return taken;
  }
  Disposition disposition() {
    return static_cast<Disposition>(
        number(static_cast<std::uint64_t>(Disposition::duplicate_differs)));
  }
  Seq seq() { return number(UINT64_MAX); }
  bool is_good_so_far() const { return good_; }
  bool good() const { return good_ && in_.empty(); }

 private:
  std::string_view in_;
  bool good_ = true;
};

ControlMeaning read_skip(PayloadReader& in) {
  SkipEntry entry;
  entry.seq = in.seq();
  entry.tries = static_cast<std::uint32_t>(in.number(UINT32_MAX));
  entry.disposition = in.disposition();
  entry.tenant = in.text();
  entry.event_id = in.text();
  entry.reason = in.text();
  return entry;
}

ControlMeaning read_restore(PayloadReader& in) {
  RestoreEntry entry;
  entry.seq = in.seq();
  entry.corrected = in.number(1) == 1;
  entry.disposition = in.disposition();
  entry.actor = in.text();
  entry.event = in.text();
  return entry;
}

ControlMeaning read_drop(PayloadReader& in) {
  DropEntry entry;
  entry.seq = in.seq();
  entry.actor = in.text();
  entry.reason = in.text();
  return entry;
}

ControlMeaning read_bound(PayloadReader& in) {
  return BoundEntry{.keys_max = in.positive(INT64_MAX)};
}

ControlMeaning read_drop_run(PayloadReader& in) {
  DropRunEntry entry;
  entry.tenant = in.text();
  entry.run = in.text();
  entry.actor = in.text();
  return entry;
}

ControlMeaning read_loss(PayloadReader& in) {
  LossEntry entry;
  entry.first = in.seq();
  entry.last = in.seq();
  return entry;
}

ControlMeaning read_attribution_rules(PayloadReader& in) {
  constexpr std::uint64_t kHoursMax = 1U << 20U;
  AttributionRulesEntry entry;
  entry.tenant = in.text();
  for (std::uint64_t left = in.number(kControlBytesMax); left > 0 && in.is_good_so_far(); --left) {
    AttributionRule& rule = entry.rules.emplace_back();
    rule.campaign_id = in.text();
    rule.line_item_id = in.text();
    rule.conversion_type = in.text();
    rule.model = static_cast<AttributionModel>(
        in.number(static_cast<std::uint64_t>(AttributionModel::position_based)));
    rule.click_window_hours = static_cast<std::int64_t>(in.number(kHoursMax));
    rule.view_window_hours = static_cast<std::int64_t>(in.number(kHoursMax));
    rule.half_life_hours = static_cast<std::int64_t>(in.positive(kHoursMax));
  }
  return entry;
}

Error unreadable(const LogControl& control, const char* why) {
  return {ErrorCode::corrupt, fmt::format("control entry {} of kind {}, version {}: {}",
                                          control.seq, control.kind, control.version, why)};
}

}  // namespace

ControlEntry encode_control(const SkipEntry& entry) {
  std::string out;
  put_varint(out, entry.seq);
  put_varint(out, entry.tries);
  put_varint(out, static_cast<std::uint64_t>(entry.disposition));
  put_text(out, entry.tenant);
  put_text(out, entry.event_id);
  put_text(out, entry.reason);
  return entry_of(ControlKind::skip, std::move(out));
}

ControlEntry encode_control(const RestoreEntry& entry) {
  std::string out;
  put_varint(out, entry.seq);
  put_varint(out, entry.corrected ? 1 : 0);
  put_varint(out, static_cast<std::uint64_t>(entry.disposition));
  put_text(out, entry.actor);
  put_varint(out, entry.event.size());
  out += entry.event;
  return entry_of(ControlKind::restore, std::move(out));
}

ControlEntry encode_control(const DropEntry& entry) {
  std::string out;
  put_varint(out, entry.seq);
  put_text(out, entry.actor);
  put_text(out, entry.reason);
  return entry_of(ControlKind::drop, std::move(out));
}

ControlEntry encode_control(const DropRunEntry& entry) {
  std::string out;
  put_text(out, entry.tenant);
  put_text(out, entry.run);
  put_text(out, entry.actor);
  return entry_of(ControlKind::drop_run, std::move(out));
}

ControlEntry encode_control(const BoundEntry& entry) {
  std::string out;
  put_varint(out, entry.keys_max);
  return entry_of(ControlKind::bound, std::move(out));
}

ControlEntry encode_control(const LossEntry& entry) {
  std::string out;
  put_varint(out, entry.first);
  put_varint(out, entry.last);
  return entry_of(ControlKind::loss, std::move(out));
}

ControlEntry encode_control(const AttributionRulesEntry& entry) {
  std::string out;
  put_text(out, entry.tenant);
  put_varint(out, entry.rules.size());
  for (const AttributionRule& rule : entry.rules) {
    put_text(out, rule.campaign_id);
    put_text(out, rule.line_item_id);
    put_text(out, rule.conversion_type);
    put_varint(out, static_cast<std::uint64_t>(rule.model));
    put_varint(out, static_cast<std::uint64_t>(rule.click_window_hours));
    put_varint(out, static_cast<std::uint64_t>(rule.view_window_hours));
    put_varint(out, static_cast<std::uint64_t>(rule.half_life_hours));
  }
  return entry_of(ControlKind::attribution_rules, std::move(out));
}

ControlEntry encode_control(const DecisionsEntry& entry) {
  return entry_of(ControlKind::decisions, std::string(entry.block));
}

Result<ControlMeaning> decode_control(const LogControl& control) {
  if (control.kind == static_cast<std::uint8_t>(ControlKind::decisions) &&
      control.version == kVersion) {
    return ControlMeaning(DecisionsEntry{.block = control.payload});
  }
  const bool known = control.kind >= static_cast<std::uint8_t>(ControlKind::skip) &&
                     control.kind <= static_cast<std::uint8_t>(ControlKind::attribution_rules);
  if (!known || control.version != kVersion)
    return unreadable(control, "written by a newer version");
  PayloadReader in(control.payload);
  ControlMeaning meaning;
  switch (static_cast<ControlKind>(control.kind)) {
    case ControlKind::skip:
      meaning = read_skip(in);
      break;
    case ControlKind::restore:
      meaning = read_restore(in);
      break;
    case ControlKind::drop:
      meaning = read_drop(in);
      break;
    case ControlKind::drop_run:
      meaning = read_drop_run(in);
      break;
    case ControlKind::bound:
      meaning = read_bound(in);
      break;
    case ControlKind::loss:
      meaning = read_loss(in);
      break;
    case ControlKind::attribution_rules:
      meaning = read_attribution_rules(in);
      break;
    case ControlKind::decisions:  // above
      break;
  }
  if (!in.good()) return unreadable(control, "its bytes make no sense");
  return meaning;
}

}  // namespace adbacus
