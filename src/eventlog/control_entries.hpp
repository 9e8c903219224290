// What control entries say: their kinds and the bytes of their payloads
// (docs/formats/control_entries.md). Written by the processor and by operations, read by the fold,
// the recount and whoever lists dead letters. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "eventlog/event_log.hpp"
#include "model/measurement.hpp"

namespace adbacus {

enum class ControlKind : std::uint8_t {
  skip = 1,      // an entry could not be folded: it is passed over, for good, and is a dead letter
  restore = 2,   // a dead letter's event, corrected or as it was, is counted at this place
  drop = 3,      // a dead letter is given up
  drop_run = 4,  // the events of an import run up to here are passed over, for good
  bound = 5,     // from here on a tenant may bring so many new keys a day
  loss = 6,      // entries before this were lost, and the log goes on without them
  attribution_rules = 7,        // of one tenant, from here on
  decisions = kBulkControlMin,  // what ads were decided on since the last one, for no count
};

// The fold passes over the entry at `seq`, whether it stands before or behind this.
struct SkipEntry {
  Seq seq = 0;
  std::uint32_t tries = 0;
  Disposition disposition = Disposition::counted;  // of the entry
  std::string tenant = {};                         // empty if its bytes could not be read
  std::string event_id = {};                       // likewise
  std::string reason = {};
};

struct RestoreEntry {
  Seq seq = 0;             // the dead letter
  bool corrected = false;  // else the bytes are the entry's own
  Disposition disposition = Disposition::counted;
  std::string actor;       // who ordered it: a key's public id, or empty for the command line
  std::string_view event;  // encoded; a view into the payload
};

struct DropEntry {
  Seq seq = 0;
  std::string actor;
  std::string reason;
};

// The fold passes over every event of the run that stands before this. What comes later under the
// same name counts.
struct DropRunEntry {
  std::string tenant;
  std::string run;
  std::string actor;
};

// New keys (combinations of dimensions) of one tenant, cube and UTC day of log time that get rows
// of their own from here on; the rest is counted in the row `other`.
struct BoundEntry {
  std::uint64_t keys_max = 1;  // at least 1
};
// Before the first such entry. Never changed: replays of old logs go by it.
inline constexpr std::uint64_t kKeysMaxDefault = 500'000;

// The entries first to last, which stand before this, are a gap: whatever took them in when they
// were still there has to be built again.
struct LossEntry {
  Seq first = 0;
  Seq last = 0;
};

// From here on these rules, and no others, judge the tenant's conversions. Names are not said.
struct AttributionRulesEntry {
  std::string tenant = {};
  std::vector<AttributionRule> rules = {};
};

// Bytes of docs/formats/decision_block.md.
struct DecisionsEntry {
  std::string_view block;  // a view into the payload
};

using ControlMeaning = std::variant<SkipEntry, RestoreEntry, DropEntry, DropRunEntry, BoundEntry,
                                    LossEntry, AttributionRulesEntry, DecisionsEntry>;

ControlEntry encode_control(const SkipEntry& entry);
ControlEntry encode_control(const RestoreEntry& entry);
ControlEntry encode_control(const DropEntry& entry);
ControlEntry encode_control(const DropRunEntry& entry);
ControlEntry encode_control(const BoundEntry& entry);
ControlEntry encode_control(const LossEntry& entry);
ControlEntry encode_control(const AttributionRulesEntry& entry);
ControlEntry encode_control(const DecisionsEntry& entry);

// corrupt for a kind or version that is not known, and for bytes that make no sense.
Result<ControlMeaning> decode_control(const LogControl& control);

}  // namespace adbacus
