#include "ingest/intake.hpp"

#include <algorithm>
#include <cstring>

#include "eventlog/entry_keys.hpp"
#include "ingest/body_shape.hpp"
#include "ingest/json_text.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kBytesPerEvent = 128;  // of an encoded event, for the first reservation
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string pointer_to(std::uint32_t index) {
  std::string pointer;
  append_pointer_step(pointer, std::to_string(index));
  return pointer;
}

BodyProblem not_json(const JsonTokens& tokens, std::uint32_t at) {
  return {400, "malformed_json",
          "the body is not valid JSON near byte " +
              std::to_string(std::min(tokens.position(at), tokens.limit()))};
}

BodyProblem index_problem(IndexError error) {
  switch (error) {
    case IndexError::empty:
      return {400, "empty_body", "the body holds no event"};
    case IndexError::unclosed_string:
      return {400, "malformed_json", "the body is not valid JSON: a string is not closed"};
    case IndexError::control_character:
      return {400, "malformed_json", "the body is not valid JSON: control character in a string"};
    case IndexError::invalid_utf8:
      return {400, "malformed_json", "the body is not valid JSON: not UTF-8"};
    case IndexError::too_large:
      return {413, "body_too_large", "the body is too large to be read"};
    case IndexError::none:
      break;
  }
  return {};
}

}  // namespace

IntakeResult Intake::read(std::string_view body, BodyForm form, RequestFacts& facts,
                          std::uint64_t hash_seed) {
  hash_seed_ = hash_seed;
  rejections_max_ = facts.options->rejected_shown_max;
  events_max_ = facts.options->events_max;
  rules_.begin_body(facts);
  bad_.clear();
  out_ = IntakeResult();
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  out_.batch.bytes.reserve(body.size() / 3 + kBytesPerEvent);
  out_.batch.entries.reserve(body.size() / (2 * kBytesPerEvent) + 1);
  BodyProblem problem =
      form == BodyForm::ndjson ? read_ndjson(body, facts) : read_json(body, facts);
  if (problem.status == 0 && out_.received > events_max_)
    problem = {413, "too_many_events",
               "a request has at most " + std::to_string(events_max_) + " events"};
  out_.problem = std::move(problem);
  if (out_.received != 1 || out_.rejected != 0) out_.single_event_id.clear();
  index_.trim();
  return std::move(out_);
}

Intake& thread_intake() {
  thread_local Intake intake;
  return intake;
}

BodyProblem Intake::read_json(std::string_view body, RequestFacts& facts) {
  if (holds_json_lines(body)) return read_ndjson(body, facts);
  IndexError error = index_.build(body);
  if (error == IndexError::control_character || error == IndexError::invalid_utf8) {
    RepairedBody repaired = repair_body(body);
    repaired_ = std::move(repaired.text);
    bad_ = std::move(repaired.bytes);
    error = index_.build(repaired_);
  }
  if (error != IndexError::none) return index_problem(error);
  return read_root(index_.tokens(), facts);
}

BodyProblem Intake::read_root(const JsonTokens& tokens, RequestFacts& facts) {
  parser_.begin_body(tokens, bad_);
  std::uint32_t at = 0;
  if (tokens.kind(0) == '[') {
    if (auto problem = read_array(tokens, at, 0, facts, ""); problem.status != 0) return problem;
  } else if (tokens.kind(0) == '{' && has_events_array(tokens)) {
    bool again = false;
    BodyProblem problem = read_wrapper(tokens, facts, again);
    if (problem.status == 0 && again) {  // sent_at stood behind the events
      restart();
      problem = read_wrapper(tokens, facts, again);
    }
    return problem;
  } else if (tokens.kind(0) == '{') {
    if (!read_event(tokens, at, 0, 0, "", false, facts)) return not_json(tokens, at);
    const bool malformed =
        !out_.rejections.empty() && out_.rejections.front().code == RejectCode::malformed_json;
    if (malformed) return {400, "malformed_json", "the body is not valid JSON"};
  } else if (is_lone_scalar(tokens)) {
    refuse_body("", "the body must be an object or an array of objects");
    return {};
  } else {
    return not_json(tokens, 0);
  }
  if (tokens.kind(at) != '\0' || tokens.position(at) < tokens.limit()) return not_json(tokens, at);
  // With its type in the path, such an object would pass for an event.
  const bool doubtful = out_.rejected > 0 || facts.path_type.has_value();
  if (doubtful && tokens.kind(0) == '{' && lacks_events_array(tokens))
    refuse_body("/events", "must be an array of objects");
  return {};
}

BodyProblem Intake::read_wrapper(const JsonTokens& tokens, RequestFacts& facts, bool& again) {
  const bool sent_at_known = facts.sent_at.has_value();
  again = false;
  JsonWalk walk;
  walk.begin_body(tokens, bad_);
  walk.begin_event(tokens, 0, 0);
  BodyProblem problem;
  bool events_read = false;
  const bool good = walk.walk_object([&](std::string_view key, std::uint64_t, std::uint32_t) {
    if (key == "events" && events_read) {
      problem = {400, "duplicate_key", "the body has two members named events"};
      return false;
    }
    if (key == "events" && walk.kind() == '[') {
      events_read = true;
      std::uint32_t at = walk.at();
      problem = read_array(tokens, at, 1, facts, "/events");
      walk.move_to(at);
      return problem.status == 0;
    }
    JsonValue value;
    if (!walk.take(value)) return false;
    const bool scalar = value.kind == JsonKind::string || value.kind == JsonKind::number;
    if (key == "tenant_id" && scalar && value.text != facts.tenant->id) {
      problem = {403, "tenant_mismatch", "the credential belongs to another tenant"};
      return false;
    }
    if (key != "sent_at" || !scalar || sent_at_known) return true;
    const auto sent_at = value.kind == JsonKind::string
                             ? parse_time_text(value.text, facts.epoch_units())
                             : parse_epoch(value.text, facts.epoch_units());
    if (!sent_at) {
      problem = {422, "invalid_timestamp", "sent_at must be ISO 8601 text or epoch milliseconds"};
      return false;
    }
    facts.sent_at = *sent_at;
    again = events_read;
    return true;
  });
  if (problem.status != 0) return problem;
  if (!good || tokens.position(walk.at()) < tokens.limit()) return not_json(tokens, walk.at());
  if (walk.faulty())
    return {400, reject_code_name(walk.fault().code), std::string(walk.fault().detail)};
  return {};
}

BodyProblem Intake::read_array(const JsonTokens& tokens, std::uint32_t& at, unsigned depth,
                               const RequestFacts& facts, std::string_view pointer) {
  ++at;
  if (tokens.kind(at) == ']') {
    ++at;
    return {};
  }
  for (std::uint32_t index = 0;; ++index) {
    if (index >= events_max_)
      return {413, "too_many_events",
              "a request has at most " + std::to_string(events_max_) + " events"};
    if (!read_event(tokens, at, depth + 1, index, pointer, true, facts))
      return not_json(tokens, at);
    const char behind = tokens.kind(at);
    if (behind != ',' && behind != ']') return not_json(tokens, at);
    ++at;
    if (behind == ']') return {};
  }
}

BodyProblem Intake::read_ndjson(std::string_view body, const RequestFacts& facts) {
  if (index_.build(body) == IndexError::none) {
    const JsonTokens tokens = index_.tokens();
    parser_.begin_body(tokens, bad_);
    read_lines(body, &tokens, facts);
  } else {
    read_lines(body, nullptr, facts);
  }
  if (out_.received == 0) return index_problem(IndexError::empty);
  return {};
}

// With `whole`, the tokens of all lines; else each line is indexed by itself, because one of them
// broke the index of the body.
void Intake::read_lines(std::string_view body, const JsonTokens* whole, const RequestFacts& facts) {
  std::uint32_t first = 0;
  std::uint32_t line = 0;
  for (std::size_t begin = 0; begin < body.size() && out_.received <= events_max_; ++line) {
    const std::size_t end = std::min(body.find('\n', begin), body.size());
    const std::string_view text = body.substr(begin, end - begin);
    if (whole != nullptr) {
      const JsonTokens tokens = whole->until(end);
      if (tokens.position(first) < end) read_line(tokens, first, line, facts);
      while (whole->position(first) < end) ++first;
    } else if (!is_blank(text)) {
      const IndexError error = index_.build(text);
      if (error == IndexError::none) {
        parser_.begin_body(index_.tokens(), bad_);
        read_line(index_.tokens(), 0, line, facts);
      } else {
        ++out_.received;
        const bool utf8 = error == IndexError::invalid_utf8;
        refuse(line, pointer_to(line), utf8 ? RejectCode::invalid_utf8 : RejectCode::malformed_json,
               utf8 ? "not valid UTF-8" : "the line is not valid JSON");
      }
    }
    begin = end + 1;
  }
}

void Intake::read_line(const JsonTokens& tokens, std::uint32_t at, std::uint32_t line,
                       const RequestFacts& facts) {
  const std::size_t entries = out_.batch.entries.size();
  const std::size_t bytes = out_.batch.bytes.size();
  const std::uint32_t rejected = out_.rejected;
  const WarningCounts warnings = out_.warnings;
  const bool good = read_event(tokens, at, 0, line, "", true, facts);
  if (good && tokens.position(at) >= tokens.limit()) return;
  if (out_.rejected != rejected) return;  // refused already
  out_.batch.entries.resize(entries);
  out_.batch.bytes.resize(bytes);
  out_.warnings = warnings;
  refuse(line, pointer_to(line), RejectCode::malformed_json, "the line is not one JSON object");
}

bool Intake::read_event(const JsonTokens& tokens, std::uint32_t& at, unsigned depth,
                        std::uint32_t index, std::string_view pointer, bool indexed,
                        const RequestFacts& facts) {
  ++out_.received;
  if (!parser_.parse(tokens, at, depth, facts, draft_)) return false;
  WarningBits warnings = 0;
  if (!parser_.faulty()) warnings = rules_.apply(facts, parser_, draft_);
  if (!parser_.faulty()) {
    add(index, warnings);
    return true;
  }
  const Fault& fault = parser_.fault();
  std::string full(pointer);
  if (indexed) full += pointer_to(index);
  refuse(index, full + fault.path, fault.code, fault.detail);
  return true;
}

void Intake::add(std::uint32_t index, WarningBits warnings) {
  if (out_.received == 1) out_.single_event_id = draft_.event.event_id;
  add_event(draft_.event, hash_seed_, encoder_, out_.batch);
  for (std::size_t i = 0; warnings != 0; ++i, warnings = static_cast<WarningBits>(warnings >> 1U)) {
    if ((warnings & 1U) == 0) continue;
    WarningCount& warning = out_.warnings[i];
    if (warning.count++ == 0) warning.first_index = index;
  }
}

void Intake::refuse(std::uint32_t index, std::string pointer, RejectCode code,
                    std::string_view detail) {
  ++out_.rejected;
  if (out_.rejections.size() < rejections_max_)
    out_.rejections.push_back({index, code, std::move(pointer), detail});
}

void Intake::refuse_body(std::string pointer, std::string_view detail) {
  restart();
  out_.received = 1;
  refuse(0, std::move(pointer), RejectCode::invalid_type, detail);
}

void Intake::restart() {
  out_.received = 0;
  out_.rejected = 0;
  out_.rejections.clear();
  out_.warnings = {};
  out_.batch.bytes.clear();
  out_.batch.entries.clear();
}

}  // namespace adbacus
