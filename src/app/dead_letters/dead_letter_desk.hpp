// What can be done about a dead letter: look at it, fix it, try it again, give it up. Behind the
// endpoints and `adbacus dlq`. Calls wait for the log and the fold, so never from an I/O thread;
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "eventlog/event_log.hpp"
#include "ingest/request_facts.hpp"
#include "processor/pipeline.hpp"

namespace adbacus {

// Who asks. An empty tenant stands above tenants: an operator, or the command line.
struct DeskCaller {
  std::string tenant;
  std::string actor;  // public id of the key; empty for the command line
};

struct LetterFilter {
  std::optional<LetterState> state;
  std::string event_id;  // empty: any
};

struct LetterPage {
  std::vector<DeadLetter> letters;
  bool more = false;
};

// What became of an order. `letter` is as it stands now.
struct LetterOutcome {
  enum class Result { done, failed_again, waiting };
  Result result = Result::done;
  DeadLetter letter;
  Seq seq = 0;  // the order's place in the log
};

class DeadLetterDesk {
 public:
  // All must outlive the desk.
  DeadLetterDesk(EventLog& log, Pipeline& pipeline, TenantLookup& tenants,
                 const IngestOptions& ingest);

  // Letters behind `after`, oldest first.
  LetterPage list(const DeskCaller& caller, const LetterFilter& filter, Seq after,
                  std::size_t max) const;
  // not_found: no such letter of the caller's.
  Result<DeadLetter> find(const DeskCaller& caller, Seq seq) const;
  // The letter's encoded event as the log holds it.
  Result<std::string> event_bytes(const DeadLetter& letter) const;

  // conflict: the letter is settled. `event` is JSON as POST /v1/events takes it, under the same
  // event id; invalid_argument says what is wrong with it.
  Result<LetterOutcome> fix(const DeskCaller& caller, Seq seq, std::string_view event);
  Result<LetterOutcome> replay(const DeskCaller& caller, Seq seq);
  Result<LetterOutcome> drop(const DeskCaller& caller, Seq seq, std::string_view reason);

 private:
  Result<DeadLetter> find_open(const DeskCaller& caller, Seq seq) const;
  Result<std::string> read_event(const DeskCaller& caller, const DeadLetter& letter,
                                 std::string_view json) const;
  Result<LetterOutcome> order(const DeadLetter& letter, const ControlEntry& entry);

  EventLog& log_;
  Pipeline& pipeline_;
  TenantLookup& tenants_;
  const IngestOptions ingest_;
};

}  // namespace adbacus
