// libFuzzer entry for ingest: any bytes as a body, in each form. What is accepted must decode to an
// event within the limits, every event must be either accepted or refused, and the parser's
// shortcut must not show.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "ingest/intake.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

void check(const IntakeResult& result) {
  if (result.problem.status != 0) return;
  if (result.batch.entries.size() + result.rejected != result.received) std::abort();
  Arena arena;
  for (const EntryMeta& entry : result.batch.entries) {
    const std::string_view bytes(result.batch.bytes);
    const auto event = decode_event(bytes.substr(entry.offset, entry.length), arena);
    if (!event) std::abort();
    for_each_text(*event, [](std::size_t, const char*, std::string_view text, bool is_id) {
      if (is_id && (text.size() > 128 || text.find('\0') != std::string_view::npos)) std::abort();
    });
    if (event->event_id.empty() || event->metadata.size() > 4096) std::abort();
    arena.clear();
  }
}

void check_same(const IntakeResult& any, const IntakeResult& reference) {
  if (any.problem.code != reference.problem.code || any.rejected != reference.rejected)
    std::abort();
  for (std::size_t i = 0; i < any.rejections.size(); ++i)
    if (any.rejections[i].code != reference.rejections[i].code ||
        any.rejections[i].pointer != reference.rejections[i].pointer)
      std::abort();
  // Ids that the server makes are random.
  const auto no_id = static_cast<std::size_t>(Warning::no_event_id);
  if (any.warnings[no_id].count != reference.warnings[no_id].count) std::abort();
  if (any.warnings[no_id].count == 0 && any.batch.bytes != reference.batch.bytes) std::abort();
}

}  // namespace
}  // namespace adbacus

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace adbacus;
  if (size == 0) return 0;
  static Intake intake;
  static Intake long_way(ParserWay::long_way);
  static const IngestOptions options;
  static const TenantProfile tenant{"1", "USD", {"video_start"}};
  RequestFacts facts;
  facts.options = &options;
  facts.tenant = &tenant;
  facts.received_us = 1'795'262'400 * kSecondUs;
  facts.strict = (data[0] & 1U) != 0;
  facts.gpc = (data[0] & 2U) != 0;
  const std::vector<char> exact(data + 1, data + size);  // a read behind it is seen
  const std::string_view body(exact.data(), exact.size());
  for (const BodyForm form : {BodyForm::json, BodyForm::ndjson}) {
    RequestFacts copy = facts;
    RequestFacts same = facts;
    const IntakeResult result = intake.read(body, form, copy, 42);
    check(result);
    check_same(result, long_way.read(body, form, same, 42));
  }
  return 0;
}
