// libFuzzer target: bytes of a body through gzip and zstd, both ways. Checked besides memory
// safety: the limit holds, cutting the input differently gives the same result, and what we
// compressed comes back.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/content_coding.hpp"
#include "http/decompressor.hpp"

namespace {

using namespace adbacus::http;

constexpr std::size_t kBytesMax = 100'000;

struct Outcome {
  int status = 0;  // 0: complete
  std::string body;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome decompress(Coding coding, std::string_view bytes, std::size_t piece,
                   std::size_t bytes_max) {
  ByteBudget budget(std::size_t{1} << 24U);
  ByteBuffer out(budget);
  const auto decompressor = make_decompressor(coding);
  if (!decompressor) std::abort();
  while (!bytes.empty()) {
    const auto refusal = decompressor->feed(bytes.substr(0, piece), out, bytes_max);
    if (out.view().size() > bytes_max) std::abort();
    if (refusal) return {refusal->status, {}};
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (const auto refusal = decompressor->finish()) return {refusal->status, {}};
  return {0, std::string(out.view())};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Coding coding = (data[0] & 1U) != 0 ? Coding::gzip : Coding::zstd;
  const std::size_t piece = data[1] + 1U;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const Outcome whole = decompress(coding, bytes, size, kBytesMax);
  if (!(decompress(coding, bytes, piece, kBytesMax) == whole)) std::abort();
  if (bytes.size() > kBytesMax) return 0;
  const auto packed = compress(coding, bytes);
  if (!packed) std::abort();
  const Outcome back = decompress(coding, *packed, piece, kBytesMax);
  if (back.status != 0 || back.body != bytes) std::abort();
  return 0;
}
