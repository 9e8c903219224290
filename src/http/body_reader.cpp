#include "http/body_reader.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace adbacus::http {
namespace {

constexpr Refusal kBadChunk{400, "bad_chunked_body", "The chunked coding is malformed."};
constexpr Refusal kCoding{415, "unsupported_content_encoding",
                          "Content-Encoding must be one of gzip, zstd, identity."};

// A sender of tiny chunks spends more on framing than on payload; eight times is one byte a chunk
// and then some.
std::uint64_t overhead_bytes_max(std::uint64_t payload_bytes) {
  return 64 * 1024 + 8 * payload_bytes;
}

}  // namespace

BodyReader::BodyReader(const BodyLimits& limits, ByteBudget& budget)
    : limits_(limits), body_(budget) {}

std::optional<Refusal> BodyReader::begin(const HeadFacts& facts) {
  framing_ = facts.framing;
  left_ = facts.content_length;
  sent_bytes_ = 0;
  chunked_.reset();
  decompressor_.reset();
  const auto coding = coding_of_body(facts.content_encoding);
  if (!coding || facts.content_encoding_fields > 1) return kCoding;
  coding_ = framing_ == Framing::none ? Coding::identity : *coding;
  if (framing_ == Framing::length && left_ > limits_.sent_bytes_max) {
    return sent_too_large();
  }
  if (coding_ != Coding::identity) {
    decompressor_ = make_decompressor(coding_);
    if (!decompressor_) return kNoBodyMemory;
  }
  return std::nullopt;
}

Refusal BodyReader::too_large(std::string_view what, std::size_t bytes_max,
                              std::string_view setting) {
  refusal_text_ = fmt::format("The body has more than the {} bytes {} that this server takes ({}).",
                              bytes_max, what, setting);
  return {kBodyTooLarge.status, kBodyTooLarge.code, refusal_text_};
}

Refusal BodyReader::sent_too_large() {
  return too_large("as sent", limits_.sent_bytes_max, "server.body_kb");
}

BodyReader::Step BodyReader::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  return {State::refused, 0};
}

bool BodyReader::take_payload(std::string_view payload) {
  sent_bytes_ += payload.size();
  if (sent_bytes_ > limits_.sent_bytes_max) {
    refusal_ = sent_too_large();
    return false;
  }
  if (decompressor_) {
    if (payload.empty()) return true;
    auto refusal = decompressor_->feed(payload, body_, limits_.decompressed_bytes_max);
    if (!refusal) return true;
    const bool is_limit = refusal->code == kBodyTooLarge.code;
    refusal_ = is_limit ? too_large("decompressed", limits_.decompressed_bytes_max,
                                    "server.decompressed_kb")
                        : *refusal;
    return false;
  }
  if (body_.append(payload, limits_.sent_bytes_max)) return true;
  refusal_ = kNoBodyMemory;
  return false;
}

BodyReader::Step BodyReader::finish(std::size_t used) {
  if (decompressor_) {
    if (auto refusal = decompressor_->finish()) return refuse(*refusal);
    if (body_.size() > limits_.ratio_exempt_bytes &&
        body_.size() / limits_.ratio_max > sent_bytes_) {
      refusal_text_ = fmt::format(
          "The body is more than {} times as large as its compressed form; bodies over "
          "{} bytes may not be.",
          limits_.ratio_max, limits_.ratio_exempt_bytes);
      return refuse({413, "compression_ratio", refusal_text_});
    }
  }
  return {State::done, used};
}

BodyReader::Step BodyReader::feed(std::string_view input) {
  switch (framing_) {
    case Framing::none:
      return {State::done, 0};
    case Framing::length: {
      const auto used = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      if (!take_payload(input.substr(0, used))) return {State::refused, 0};
      left_ -= used;
      return left_ == 0 ? finish(used) : Step{State::more, used};
    }
    case Framing::chunked:
      return feed_chunked(input);
  }
  return refuse(kBadChunk);
}

BodyReader::Step BodyReader::feed_chunked(std::string_view input) {
  std::size_t used = 0;
  for (;;) {
    const ChunkedDecoder::Step step = chunked_.next(input.substr(used));
    used += step.used;
    if (step.status == ChunkedDecoder::Status::data && !take_payload(step.payload)) {
      return {State::refused, 0};
    }
    if (step.status == ChunkedDecoder::Status::bad ||
        chunked_.overhead_bytes() > overhead_bytes_max(sent_bytes_)) {
      return refuse(kBadChunk);
    }
    if (step.status == ChunkedDecoder::Status::need_more) return {State::more, used};
    if (step.status == ChunkedDecoder::Status::done) return finish(used);
  }
}

std::span<char> BodyReader::direct_room() {
  if (!is_plain() || framing_ == Framing::none) return {};
  const std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(left_, 64 * 1024));
  if (!body_.make_room(step, limits_.sent_bytes_max)) return {};
  const std::span<char> room = body_.room();
  return room.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, room.size())));
}

BodyReader::State BodyReader::direct_commit(std::size_t bytes) {
  body_.commit(bytes);
  sent_bytes_ += bytes;
  left_ -= bytes;
  return left_ == 0 ? State::done : State::more;
}

std::optional<std::uint64_t> BodyReader::bytes_left() const {
  if (framing_ == Framing::chunked) return std::nullopt;
  return framing_ == Framing::none ? 0 : left_;
}

void BodyReader::release() {
  if (body_.size() != 0 || framing_ != Framing::none) body_.release();
  decompressor_.reset();
  framing_ = Framing::none;
}

}  // namespace adbacus::http
