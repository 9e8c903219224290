// One request body, from framed and perhaps compressed bytes to plain ones, with every limit of
// RELIABILITY 5 applied while they arrive. Called by the connection on its I/O thread; free of
// sockets, so that it can be fuzzed.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/byte_buffer.hpp"
#include "http/chunked.hpp"
#include "http/content_coding.hpp"
#include "http/decompressor.hpp"
#include "http/head.hpp"
#include "http/refusal.hpp"

namespace adbacus::http {

struct BodyLimits {
  std::size_t sent_bytes_max = 5 * 1024 * 1024;
  std::size_t decompressed_bytes_max = 10'000'000;
  std::size_t ratio_max = 100;
  std::size_t ratio_exempt_bytes = 64 * 1024;  // decompressed bodies up to here may have any ratio
};

class BodyReader {
 public:
  BodyReader(const BodyLimits& limits, ByteBudget& budget);

  // Starts on a body. Refuses at once what the head already shows: 413, 415.
  std::optional<Refusal> begin(const HeadFacts& facts);

  enum class State { more, done, refused };
  struct Step {
    State state;
    std::size_t used;  // bytes of `input` that belonged to this body
  };
  Step feed(std::string_view input);

  // For a plain body of declared length: room to receive its next bytes into, so that large bodies
  // are not copied. Empty for other bodies, or if memory is short (feed() then refuses).
  std::span<char> direct_room();
  State direct_commit(std::size_t bytes);

  // Exactly this many bytes are still to come, if the head declared the length.
  std::optional<std::uint64_t> bytes_left() const;
  bool is_plain() const { return coding_ == Coding::identity && framing_ != Framing::chunked; }

  std::string_view body() const { return body_.view(); }
  const Refusal& refusal() const { return refusal_; }  // its text lives as long as the reader
  void release();  // gives the memory back; the next begin() starts afresh

 private:
  Refusal too_large(std::string_view what, std::size_t bytes_max, std::string_view setting);
  Refusal sent_too_large();
  Step refuse(const Refusal& refusal);
  Step feed_chunked(std::string_view input);
  bool take_payload(std::string_view payload);
  Step finish(std::size_t used);

  const BodyLimits limits_;
  ByteBuffer body_;
  ChunkedDecoder chunked_;
  std::unique_ptr<Decompressor> decompressor_;
  Refusal refusal_;
  std::string refusal_text_;  // where a limit is named
  Framing framing_ = Framing::none;
  Coding coding_ = Coding::identity;
  std::uint64_t left_ = 0;  // for Framing::length
  std::uint64_t sent_bytes_ = 0;
};

}  // namespace adbacus::http
