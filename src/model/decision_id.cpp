#include "model/decision_id.hpp"

#include <charconv>

#include "model/byte_fields.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kPurpose = "decision";
constexpr char kVersion = 1;
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

bool take_numbers(std::string_view& in, DecisionFacts& facts) {
  std::uint64_t time = 0;
  std::uint64_t price = 0;
  std::uint64_t life = 0;
  if (in.empty()) return false;
  facts.pricing = static_cast<Pricing>(in.front());
  in.remove_prefix(1);
  const bool taken = take_u64(in, facts.number) && take_u64(in, facts.user_hash) &&
                     take_varint(in, time) && take_varint(in, price) && take_varint(in, life);
  facts.time_us = unzigzag(time);
  facts.price_micros = unzigzag(price);
  facts.life_s = static_cast<std::uint32_t>(life);
  return taken && facts.pricing <= Pricing::cpa;
}

}  // namespace

std::string encode_decision_id(const DecisionFacts& facts, const SigningKeys& keys) {
  std::string content;
  content.reserve(96);
  content.push_back(kVersion);
  content.push_back(static_cast<char>(facts.pricing));
  put_u64(content, facts.number);
  put_u64(content, facts.user_hash);
  put_varint(content, zigzag(facts.time_us));
  put_varint(content, zigzag(facts.price_micros));
  put_varint(content, facts.life_s);
  for_each_id(facts, [&](const std::string& text) {
    put_text(content, text);
    return true;
  });
  return keys.seal(kPurpose, content);
}

std::optional<DecisionFacts> decode_decision_id(std::string_view text, const SigningKeys& keys) {
  const auto content = keys.open(kPurpose, text);
  if (!content || content->empty() || content->front() != kVersion) return std::nullopt;
  std::string_view in = std::string_view(*content).substr(1);
  DecisionFacts facts;
  const bool taken = take_numbers(in, facts) &&
                     for_each_id(facts, [&](std::string& id) { return take_text(in, id); });
  if (!taken || !in.empty()) return std::nullopt;
  return facts;
}

}  // namespace adbacus
