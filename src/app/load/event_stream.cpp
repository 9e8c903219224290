#include "app/load/event_stream.hpp"

#include <algorithm>
#include <cstring>

#include "base/hash.hpp"

namespace adbacus {
namespace {

// Two hex digits for every byte.
constexpr std::array<std::array<char, 2>, 256> hex_pairs() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kHex[i >> 4U], kHex[i & 15U]};
  return pairs;
}
constexpr auto kHexPairs = hex_pairs();

char* write_hex(std::uint64_t value, unsigned first_byte, unsigned bytes, char* at) {
  for (unsigned i = first_byte; i < first_byte + bytes; ++i, at += 2) {
    std::memcpy(at, kHexPairs[(value >> (56 - 8 * i)) & 0xffU].data(), 2);
  }
  return at;
}

std::uint64_t part_seed(std::uint64_t seed, std::uint32_t part) {
  return hash64({reinterpret_cast<const char*>(&part), sizeof part}, seed);
}

}  // namespace

std::string_view load_event_type_name(LoadEventType type) {
  switch (type) {
    case LoadEventType::impression:
      return "impression";
    case LoadEventType::click:
      return "click";
    case LoadEventType::conversion:
      return "conversion";
  }
  return "";
}

char* write_event_id(const LoadEvent& event, char* at) {
  at = write_hex(event.id_high, 0, 4, at);
  *at++ = '-';
  at = write_hex(event.id_high, 4, 2, at);
  *at++ = '-';
  at = write_hex(event.id_high, 6, 2, at);
  *at++ = '-';
  at = write_hex(event.id_low, 0, 2, at);
  *at++ = '-';
  return write_hex(event.id_low, 2, 6, at);
}

ZipfSampler::ZipfSampler(std::uint32_t size) : slots_(size) {
  double sum = 0;
  for (std::uint32_t i = 0; i < size; ++i) sum += 1.0 / (i + 1.0);
  std::vector<double> weights(size);  // mean 1
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < size; ++i) {
    weights[i] = size / (i + 1.0) / sum;
    (weights[i] < 1 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t less = small.back();
    const std::uint32_t more = large.back();
    small.pop_back();
    slots_[less] = {static_cast<std::uint32_t>(std::min(weights[less] * 0x1p32, 0x1p32 - 1)), less,
                    more};
    weights[more] -= 1 - weights[less];
    if (weights[more] >= 1) continue;
    large.pop_back();
    small.push_back(more);
  }
  for (const auto* rest : {&small, &large}) {
    for (const std::uint32_t i : *rest) slots_[i] = {~0U, i, i};
  }
}

EventStream::EventStream(const LoadOptions& options, std::uint64_t seed, std::uint32_t part)
    : rng_(part_seed(seed, part)),
      id_state_(part_seed(seed + 1, part)),
      campaigns_(options.campaigns),
      users_(options.users),
      duplicate_below_(static_cast<std::uint64_t>(options.duplicate_share * 0x1p32)),
      recent_(kRecent) {}

LoadEvent EventStream::next(std::int64_t now_ms) {
  const std::uint64_t dice = rng_.next();
  if (sent_ >= kRecent && (dice >> 32U) < duplicate_below_) {
    LoadEvent again = recent_[dice % kRecent];
    again.is_duplicate = true;
    return again;
  }
  LoadEvent event;
  // Version 4, variant 1 (RFC 9562) over 122 bits.
  event.id_high = (Rng(id_state_ + sent_ * 0x9e3779b97f4a7c15ULL).next() & ~0xf000ULL) | 0x4000U;
  event.id_low = (rng_.next() >> 2U) | (1ULL << 63U);
  event.time_ms = now_ms;
  event.campaign = campaigns_.draw(rng_.next()) + 1;
  const std::uint64_t who = rng_.next();
  event.user = static_cast<std::uint32_t>(((who >> 32U) * users_) >> 32U);
  event.session = static_cast<std::uint32_t>((who & 0xffffffffU) % 100'000'000U);
  std::uint64_t what = rng_.next();
  const auto take = [&what](std::uint64_t choices) {
    const std::uint64_t choice = what % choices;
    what /= choices;
    return static_cast<std::uint8_t>(choice);
  };
  const unsigned percent = take(100);
  event.placement = static_cast<std::uint8_t>(1 + take(10));
  event.creative = take(2);
  event.country = take(10);
  event.device = take(3);
  event.browser = take(4);
  if (percent >= 98) {
    event.type = LoadEventType::conversion;
    event.conversion_type = take(3);
    event.value_cents = static_cast<std::uint32_t>(100 + what % 19'900);
  } else if (percent >= 90) {
    event.type = LoadEventType::click;
  }
  recent_[sent_++ % kRecent] = event;
  return event;
}

}  // namespace adbacus
