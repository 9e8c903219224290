#include "store/embedded/reach_registers.hpp"

#include <algorithm>
#include <cmath>

namespace adbacus {
namespace {

constexpr std::uint32_t kRankMask = 0xff;
constexpr unsigned kIndexShift = 8;

std::uint32_t little_endian(const char* bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

}  // namespace

void ReachRegisters::merge(std::span<const std::uint32_t> registers) {
  for (const std::uint32_t entry : registers) {
    const std::uint32_t rank = entry & kRankMask;
    if (entry >> kIndexShift >= HyperLogLog::kRegisters) continue;
    if (rank == 0 || rank > HyperLogLog::kRankMax) continue;
    sketch_.raise(entry);
  }
}

std::int64_t ReachRegisters::estimate() const {
  return std::llround(sketch_.estimate());
}

Result<std::vector<std::uint32_t>> reach_registers(std::string_view blob) {
  if (blob.size() % 4 != 0) {
    return Error{ErrorCode::corrupt, "store: a row of reach is cut off"};
  }
  std::vector<std::uint32_t> registers;
  registers.reserve(blob.size() / 4);
  for (std::size_t at = 0; at < blob.size(); at += 4) {
    registers.push_back(little_endian(blob.data() + at));
  }
  return registers;
}

std::string reach_blob(std::vector<std::uint32_t> registers) {
  std::sort(registers.begin(), registers.end());
  std::string blob;
  for (std::size_t i = 0; i < registers.size(); ++i) {
    // Of one index the last entry has the highest rank.
    const bool last =
        i + 1 == registers.size() || registers[i + 1] >> kIndexShift != registers[i] >> kIndexShift;
    if (!last) continue;
    for (unsigned byte = 0; byte < 4; ++byte) {
      blob.push_back(static_cast<char>(registers[i] >> (8 * byte)));
    }
  }
  return blob;
}

}  // namespace adbacus
