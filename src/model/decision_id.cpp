#include "model/decision_id.hpp"

#include <charconv>

#include "model/byte_fields.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kPurpose = "decision";
constexpr char kPlainVersion = 1;
constexpr char kHiddenVersion = 2;
constexpr std::size_t kDecimalDigitsMax = 18;  // below 2^62

// A decimal number in its one form takes a few bytes, any other text its own bytes.
void put_text(std::string& out, std::string_view text) {
  std::uint64_t number = 0;
  const bool one_form = !text.empty() && text.size() <= kDecimalDigitsMax &&
                        (text.front() != '0' || text.size() == 1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (one_form && text.front() != '-' && error == std::errc() && end == text.data() + text.size()) {
    return put_varint(out, number << 1U | 1U);
  }
  put_varint(out, text.size() << 1U);
  out.append(text);
}

bool take_text(std::string_view& in, std::string& text) {
  std::uint64_t head = 0;
  if (!take_varint(in, head)) return false;
  if ((head & 1U) != 0) {
    text = std::to_string(head >> 1U);
    return true;
  }
  if (head >> 1U > in.size()) return false;
  text = in.substr(0, head >> 1U);
  in.remove_prefix(head >> 1U);
  return true;
}

template <class Facts, class Visit>
bool for_each_id(Facts& facts, Visit visit) {
  return visit(facts.tenant) && visit(facts.placement_id) && visit(facts.campaign_id) &&
         visit(facts.line_item_id) && visit(facts.creative_id) && visit(facts.ad_id) &&
         visit(facts.currency);
}

// The number is random: no two decisions share a mask.
std::optional<std::uint64_t> price_mask(const SigningKeys& keys, std::uint8_t key_id,
                                        std::uint64_t number) {
  std::string nonce;
  put_u64(nonce, number);
  return keys.mask(key_id, kPurpose, nonce);
}

bool take_price(std::string_view& in, const SigningKeys& keys, std::optional<std::uint8_t> hiding,
                DecisionFacts& facts) {
  std::uint64_t price = 0;
  if (!hiding) {
    const bool taken = take_varint(in, price);
    facts.price_micros = unzigzag(price);
    return taken;
  }
  const auto mask = price_mask(keys, *hiding, facts.number);
  if (!mask || !take_u64(in, price)) return false;
  facts.price_micros = static_cast<std::int64_t>(price ^ *mask);
  return true;
}

bool take_byte(std::string_view& in, std::uint8_t& byte) {
  if (in.empty()) return false;
  byte = static_cast<std::uint8_t>(in.front());
  in.remove_prefix(1);
  return true;
}

bool take_numbers(std::string_view& in, const SigningKeys& keys, std::optional<std::uint8_t> hiding,
                  DecisionFacts& facts) {
  std::uint64_t time = 0;
  std::uint64_t life = 0;
  std::uint8_t pricing = 0;
  if (!take_byte(in, pricing) || pricing > static_cast<std::uint8_t>(Pricing::cpa)) return false;
  facts.pricing = static_cast<Pricing>(pricing);
  if (!take_u64(in, facts.number) || !take_u64(in, facts.user_hash) || !take_varint(in, time) ||
      !take_price(in, keys, hiding, facts) || !take_varint(in, life)) {
    return false;
  }
  facts.time_us = unzigzag(time);
  facts.life_s = static_cast<std::uint32_t>(life);
  return true;
}

}  // namespace

std::string encode_decision_id(const DecisionFacts& facts, const SigningKeys& keys,
                               PriceForm form) {
  const bool hides = form == PriceForm::hidden;
  std::string content;
  content.reserve(96);
  content.push_back(hides ? kHiddenVersion : kPlainVersion);
  if (hides) content.push_back(static_cast<char>(keys.sealing_key()));
  content.push_back(static_cast<char>(facts.pricing));
  put_u64(content, facts.number);
  put_u64(content, facts.user_hash);
  put_varint(content, zigzag(facts.time_us));
  if (hides) {
    const auto mask = price_mask(keys, keys.sealing_key(), facts.number);
    put_u64(content, static_cast<std::uint64_t>(facts.price_micros) ^ mask.value_or(0));
  } else {
    put_varint(content, zigzag(facts.price_micros));
  }
  put_varint(content, facts.life_s);
  for_each_id(facts, [&](const std::string& text) {
    put_text(content, text);
    return true;
  });
  return keys.seal(kPurpose, content);
}

std::optional<DecisionFacts> decode_decision_id(std::string_view text, const SigningKeys& keys) {
  const auto content = keys.open(kPurpose, text);
  if (!content || content->empty()) return std::nullopt;
  std::string_view in = std::string_view(*content).substr(1);
  std::optional<std::uint8_t> hiding;
  if (content->front() == kHiddenVersion) {
    if (!take_byte(in, hiding.emplace())) return std::nullopt;
  } else if (content->front() != kPlainVersion) {
    return std::nullopt;
  }
  DecisionFacts facts;
  const bool taken = take_numbers(in, keys, hiding, facts) &&
                     for_each_id(facts, [&](std::string& id) { return take_text(in, id); });
  if (!taken || !in.empty()) return std::nullopt;
  return facts;
}

}  // namespace adbacus
