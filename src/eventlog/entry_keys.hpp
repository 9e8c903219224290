// The one place that turns an event's identity into the log's keys: partition and 128-bit hashes.
// Pure functions, thread-safe.
#pragma once

#include "eventlog/event_log.hpp"
#include "model/event_encoder.hpp"

namespace adbacus {

// Keys, scope, status and partition of `event`; offset, length and content_hash are the caller's.
EntryMeta make_entry_keys(const Event& event, std::uint64_t hash_seed);
Hash128 import_run_key(std::string_view tenant, std::string_view run, std::uint64_t hash_seed);

// Encodes `event` at the end of `batch` and adds its entry. The second form is for callers with
// many events.
void add_event(const Event& event, std::uint64_t hash_seed, AppendBatch& batch);
void add_event(const Event& event, std::uint64_t hash_seed, EventEncoder& encoder,
               AppendBatch& batch);

// Opaque, URL-safe position token "<8 hex of log uuid>-<seq>", and back. invalid_argument: not a
// token; conflict: a token of another log.
std::string position_token(const LogIdentity& log, Seq seq);
Result<Seq> parse_position(const LogIdentity& log, std::string_view token);

}  // namespace adbacus
