#include "app/dead_letters/dead_letter_desk.hpp"

#include <fmt/core.h>
#include <future>

#include "eventlog/control_entries.hpp"
#include "eventlog/entry_lookup.hpp"
#include "ingest/intake.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

constexpr int kFoldWaitMs = 10'000;
constexpr TimeUs kAnyAgeUs = 36'525 * kDayUs;  // a letter may be old when it is fixed

IngestOptions for_old_events(IngestOptions options) {
  options.age_max_us = kAnyAgeUs;
  options.conversion_age_max_us = kAnyAgeUs;
  return options;
}

Error no_such_letter(Seq seq) {
  return {ErrorCode::not_found, fmt::format("there is no dead letter {}", seq)};
}

}  // namespace

DeadLetterDesk::DeadLetterDesk(EventLog& log, Pipeline& pipeline, TenantLookup& tenants,
                               const IngestOptions& ingest)
    : log_(log), pipeline_(pipeline), tenants_(tenants), ingest_(for_old_events(ingest)) {}

LetterPage DeadLetterDesk::list(const DeskCaller& caller, const LetterFilter& filter, Seq after,
                                std::size_t max) const {
  LetterPage page;
  page.letters = pipeline_.dead_letters().list(after, max + 1, [&](const DeadLetter& letter) {
    return (caller.tenant.empty() || letter.tenant == caller.tenant) &&
           (!filter.state || letter.state == *filter.state) &&
           (filter.event_id.empty() || letter.event_id == filter.event_id);
  });
  page.more = page.letters.size() > max;
  if (page.more) page.letters.pop_back();
  return page;
}

Result<DeadLetter> DeadLetterDesk::find(const DeskCaller& caller, Seq seq) const {
  auto letter = pipeline_.dead_letters().find(seq);
  const bool own = letter && (caller.tenant.empty() || letter->tenant == caller.tenant);
  if (!own) return no_such_letter(seq);
  return *letter;
}

Result<DeadLetter> DeadLetterDesk::find_open(const DeskCaller& caller, Seq seq) const {
  auto letter = find(caller, seq);
  if (letter && letter->state != LetterState::open) {
    return Error{ErrorCode::conflict, fmt::format("dead letter {} is settled: it is {}", seq,
                                                  letter_state_name(letter->state))};
  }
  return letter;
}

Result<std::string> DeadLetterDesk::event_bytes(const DeadLetter& letter) const {
  auto found = find_entry(log_, letter.seq);
  if (!found) return found.error();
  return std::move(found->bytes);
}

// Read by the rules of ingest, as if it came when the letter came.
Result<std::string> DeadLetterDesk::read_event(const DeskCaller& caller, const DeadLetter& letter,
                                               std::string_view json) const {
  const std::string& tenant = letter.tenant.empty() ? caller.tenant : letter.tenant;
  const auto profile = tenants_.find(tenant);
  if (profile == nullptr) {
    return Error{ErrorCode::invalid_argument, "the tenant of the corrected event does not exist"};
  }
  auto original = find_entry(log_, letter.seq);
  if (!original) return original.error();
  Arena arena;
  const auto old_event = decode_event(original->bytes, arena);
  RequestFacts facts;
  facts.options = &ingest_;
  facts.tenant = profile.get();
  facts.received_us = original->log_time_us;
  if (old_event) facts.import_run = old_event->import_run;
  Intake intake;
  IntakeResult read = intake.read(json, BodyForm::json, facts, log_.identity().hash_seed);
  if (read.problem.status != 0) return Error{ErrorCode::invalid_argument, read.problem.detail};
  if (read.received != 1) {
    return Error{ErrorCode::invalid_argument, "send one event, it takes the dead letter's place"};
  }
  if (!read.rejections.empty()) {
    const Rejection& why = read.rejections.front();
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{} {}: {}", why.pointer, reject_code_name(why.code), why.detail)};
  }
  const std::string& id = letter.event_id;
  if (!id.empty() && read.single_event_id != id) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("/event_id: the corrected event keeps the id {}", id)};
  }
  return std::move(read.batch.bytes);
}

Result<LetterOutcome> DeadLetterDesk::order(const DeadLetter& letter, const ControlEntry& entry) {
  auto promise = std::make_shared<std::promise<Result<AppendAck>>>();
  auto answer = promise->get_future();
  log_.append_control(entry,
                      [promise](Result<AppendAck> ack) { promise->set_value(std::move(ack)); });
  const Result<AppendAck> ack = answer.get();
  if (!ack) return ack.error();
  LetterOutcome outcome{
      .result = LetterOutcome::Result::waiting, .letter = letter, .seq = ack->last_seq};
  if (!pipeline_.wait_folded(ack->last_seq, kFoldWaitMs)) return outcome;
  const DeadLetterBook& book = pipeline_.dead_letters();
  outcome.letter = book.find(letter.seq).value_or(letter);
  const bool settled_here = outcome.letter.closed_seq == ack->last_seq;
  const bool is_drop = outcome.letter.state == LetterState::dropped;
  if (settled_here && (is_drop || book.counts(ack->last_seq))) {
    outcome.result = LetterOutcome::Result::done;
  } else if (settled_here || outcome.letter.failed_restores > letter.failed_restores) {
    outcome.result = LetterOutcome::Result::failed_again;
  } else {
    return Error{
        ErrorCode::conflict,
        fmt::format("dead letter {} was settled by another order at the same time", letter.seq)};
  }
  return outcome;
}

Result<LetterOutcome> DeadLetterDesk::fix(const DeskCaller& caller, Seq seq,
                                          std::string_view event) {
  const auto letter = find_open(caller, seq);
  if (!letter) return letter.error();
  const auto bytes = read_event(caller, *letter, event);
  if (!bytes) return bytes.error();
  return order(*letter, encode_control(RestoreEntry{.seq = seq,
                                                    .corrected = true,
                                                    .disposition = letter->disposition,
                                                    .actor = caller.actor,
                                                    .event = *bytes}));
}

Result<LetterOutcome> DeadLetterDesk::replay(const DeskCaller& caller, Seq seq) {
  const auto letter = find_open(caller, seq);
  if (!letter) return letter.error();
  const auto bytes = event_bytes(*letter);
  if (!bytes) return bytes.error();
  return order(*letter, encode_control(RestoreEntry{.seq = seq,
                                                    .corrected = false,
                                                    .disposition = letter->disposition,
                                                    .actor = caller.actor,
                                                    .event = *bytes}));
}

Result<LetterOutcome> DeadLetterDesk::drop(const DeskCaller& caller, Seq seq,
                                           std::string_view reason) {
  const auto letter = find_open(caller, seq);
  if (!letter) return letter.error();
  return order(*letter, encode_control(DropEntry{
                            .seq = seq, .actor = caller.actor, .reason = std::string(reason)}));
}

}  // namespace adbacus
