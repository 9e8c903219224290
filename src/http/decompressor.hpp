// Undoes gzip or zstd while a body arrives, into a buffer with a hard limit: a bomb is refused when
// the limit is reached, whatever is left of it. Members (gzip) and frames (zstd) may follow each
// other. One object per body; belongs to one connection.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "http/byte_buffer.hpp"
#include "http/content_coding.hpp"
#include "http/refusal.hpp"

namespace adbacus::http {

class Decompressor {
 public:
  virtual ~Decompressor() = default;
  // Appends what `input` decodes to; `out` never exceeds bytes_max. 400 bad data, 413 too large,
  // 503 no memory left in the budget.
  virtual std::optional<Refusal> feed(std::string_view input, ByteBuffer& out,
                                      std::size_t bytes_max) = 0;
  // 400 if the body ends inside a member or frame.
  virtual std::optional<Refusal> finish() const = 0;
};

// `coding` is gzip or zstd. Null only if the library has no memory.
std::unique_ptr<Decompressor> make_decompressor(Coding coding);

inline constexpr Refusal kBadCompression{400, "bad_compressed_body",
                                         "The compressed body is damaged or cut short."};
// The body reader says which limit.
inline constexpr Refusal kBodyTooLarge{413, "body_too_large", "The body is too large."};
inline constexpr Refusal kNoBodyMemory{503, "overloaded",
                                       "Too many request bodies are in flight; retry later."};

}  // namespace adbacus::http
