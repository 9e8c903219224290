// libFuzzer target: the bytes of a connection through head scanner, head parser and body reader.
// Checked besides memory safety: cutting the input differently gives the same verdict and body.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/body_reader.hpp"
#include "http/head.hpp"

namespace {

using namespace adbacus::http;

struct Verdict {
  int status = -1;  // -1: needs more; 0: read completely; else refused with it
  std::string body;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

Verdict read_body(const HeadFacts& facts, std::string_view bytes, std::size_t piece) {
  ByteBudget budget(1U << 20U);
  BodyLimits limits;
  limits.decompressed_bytes_max = 100'000;
  BodyReader reader(limits, budget);
  if (const auto refusal = reader.begin(facts)) return {refusal->status, {}};
  for (;;) {
    const auto step = reader.feed(bytes.substr(0, piece));
    if (step.state == BodyReader::State::refused) return {reader.refusal().status, {}};
    if (step.state == BodyReader::State::done) return {0, std::string(reader.body())};
    bytes.remove_prefix(step.used);
    if (bytes.empty()) return {};
  }
}

Verdict read_request(std::string_view bytes, std::size_t piece) {
  HeadScanner scanner;
  auto state = HeadScanner::State::incomplete;
  for (std::size_t n = 0; n < bytes.size() && state == HeadScanner::State::incomplete;) {
    n = std::min(bytes.size(), n + piece);
    state = scanner.scan(bytes.substr(0, n));
  }
  if (state == HeadScanner::State::incomplete) return {};
  if (state == HeadScanner::State::bad) return {400, {}};
  Request request;
  HeadFacts facts;
  const auto head = bytes.substr(scanner.begin(), scanner.end() - scanner.begin());
  if (const auto refusal = parse_head(head, request, facts)) return {refusal->status, {}};
  return read_body(facts, bytes.substr(scanner.end()), piece);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!(read_request(bytes, 1) == read_request(bytes, size + 1))) std::abort();
  return 0;
}
