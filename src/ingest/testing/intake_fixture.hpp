// Reads a body with a fixed clock and tenant and decodes what would go to the log. For tests.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "ingest/intake.hpp"
#include "model/event_codec.hpp"

namespace adbacus {

inline constexpr TimeUs kTestNowUs = 1'795'262'400 * kSecondUs;  // 2026-11-21T12:00:00Z

struct ReadBody {
  IntakeResult result;
  Arena arena;
  std::vector<Event> events;  // views into the batch and the arena

  std::string code() const {  // of the only rejection
    if (result.problem.status != 0) return "problem " + std::string(result.problem.code);
    if (result.rejections.empty()) return "";
    return std::string(reject_code_name(result.rejections.front().code));
  }
  std::string pointer() const {
    return result.rejections.empty() ? "-" : result.rejections.front().pointer;
  }
  std::string warnings() const {  // "no_event_id no_timezone"
    std::string text;
    for (std::size_t i = 0; i < kWarnings; ++i) {
      if (result.warnings[i].count == 0) continue;
      if (!text.empty()) text += ' ';
      text += warning_name(static_cast<Warning>(i));
    }
    return text;
  }
};

class IntakeFixture {
 public:
  IntakeFixture() {
    options.ip_hash_key = {0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
    tenant.id = "1";
    tenant.event_types = {"video_start"};
    facts.options = &options;
    facts.tenant = &tenant;
    facts.received_us = kTestNowUs;
  }

  // Each body in a buffer of its exact size, so that the sanitizer sees a read behind it.
  ReadBody& read(std::string_view body, BodyForm form = BodyForm::json) {
    ReadBody& out = reads_.emplace_back();
    std::vector<char> exact(body.begin(), body.end());
    RequestFacts copy = facts;
    out.result = intake_.read({exact.data(), exact.size()}, form, copy, 42);
    for (const EntryMeta& entry : out.result.batch.entries) {
      const std::string_view bytes(out.result.batch.bytes);
      const auto event = decode_event(bytes.substr(entry.offset, entry.length), out.arena);
      if (event) out.events.push_back(*event);
    }
    return out;
  }

  void forget() { reads_.clear(); }

  IngestOptions options;
  TenantProfile tenant;
  RequestFacts facts;

 private:
  Intake intake_;
  std::deque<ReadBody> reads_;
};

}  // namespace adbacus
