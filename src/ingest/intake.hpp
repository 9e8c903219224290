// One request body becomes a batch for the log, the list of refused events and the warnings.
// Called by the routes on the thread that serves the request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eventlog/event_log.hpp"
#include "ingest/body_repair.hpp"
#include "ingest/event_parser.hpp"
#include "ingest/event_rules.hpp"
#include "ingest/json_index.hpp"
#include "ingest/rejection.hpp"
#include "ingest/request_facts.hpp"
#include "model/event_encoder.hpp"

namespace adbacus {

enum class BodyForm : std::uint8_t {
  json,    // object, array, {"events":[...]}; newline separated objects are recognised
  ndjson,  // one event a line
};

// Nothing of the body can be used.
struct BodyProblem {
  int status = 0;  // 0: no problem
  std::string_view code;
  std::string detail;
};

struct IntakeResult {
  BodyProblem problem;
  std::uint32_t received = 0;  // events, good and bad
  std::uint32_t rejected = 0;  // may be more than are listed
  std::vector<Rejection> rejections;
  WarningCounts warnings{};
  std::string single_event_id;  // if exactly one event was received and it is good
  AppendBatch batch;
};

// Keeps its buffers from body to body; belongs to one thread.
class Intake {
 public:
  Intake() : Intake(ParserWay::any) {}
  explicit Intake(ParserWay way) : parser_(way) {}
  // `facts.sent_at` is filled from the body if it is an {"events":[...]} object with one.
  IntakeResult read(std::string_view body, BodyForm form, RequestFacts& facts,
                    std::uint64_t hash_seed);

 private:
  BodyProblem read_json(std::string_view body, RequestFacts& facts);
  BodyProblem read_ndjson(std::string_view body, const RequestFacts& facts);
  BodyProblem read_root(const JsonTokens& tokens, RequestFacts& facts);
  BodyProblem read_wrapper(const JsonTokens& tokens, RequestFacts& facts, bool& again);
  BodyProblem read_array(const JsonTokens& tokens, std::uint32_t& at, unsigned depth,
                         const RequestFacts& facts, std::string_view pointer);
  void read_lines(std::string_view body, const JsonTokens* whole, const RequestFacts& facts);
  void read_line(const JsonTokens& tokens, std::uint32_t at, std::uint32_t line,
                 const RequestFacts& facts);
  // False: not JSON.
  bool read_event(const JsonTokens& tokens, std::uint32_t& at, unsigned depth, std::uint32_t index,
                  std::string_view pointer, bool indexed, const RequestFacts& facts);
  void add(std::uint32_t index, WarningBits warnings);
  void refuse(std::uint32_t index, std::string pointer, RejectCode code, std::string_view detail);
  // In place of all read so far.
  void refuse_body(std::string pointer, std::string_view detail);
  void restart();

  JsonIndex index_;
  EventParser parser_;
  EventRules rules_;
  EventDraft draft_;
  EventEncoder encoder_;
  std::vector<BadByte> bad_;
  std::string repaired_;
  IntakeResult out_;
  std::uint64_t hash_seed_ = 0;
  std::size_t rejections_max_ = 0;
  std::size_t events_max_ = 0;
};

// The calling thread's own, so that a request allocates next to nothing.
Intake& thread_intake();

}  // namespace adbacus
