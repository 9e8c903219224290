#include "decision/decision_block.hpp"

#include <algorithm>

#include "model/byte_fields.hpp"

namespace adbacus {
namespace {

constexpr char kVersion = 2;
constexpr char kFirstVersion = 1;  // without rows that are seeded
constexpr char kIdEnd = '\n';      // ids hold no control characters
constexpr std::size_t kIds = 6;

template <class Decision, class Visit>
void for_each_id(Decision& decision, Visit visit) {
  visit(decision.tenant);
  visit(decision.placement_id);
  visit(decision.campaign_id);
  visit(decision.line_item_id);
  visit(decision.creative_id);
  visit(decision.ad_id);
}

bool split_ids(std::string_view text, LoggedDecision& decision) {
  std::size_t count = 0;
  for_each_id(decision, [&](std::string_view& id) {
    const std::size_t end = text.find(kIdEnd);
    if (end == std::string_view::npos) return;
    id = text.substr(0, end);
    text.remove_prefix(end + 1);
    ++count;
  });
  return count == kIds && text.empty();
}

// The slot and the ad share a byte where both are few.
constexpr std::uint64_t kSlotAds = 32;

bool take_again(std::string_view& in, const std::vector<std::string_view>& texts,
                LoggedDecision& decision) {
  std::uint64_t shape = 0;
  std::uint64_t place = 0;
  const bool taken = take_u64(in, decision.seed) && take_varint(in, shape) &&
                     take_varint(in, place) && !in.empty() && shape < texts.size();
  if (!taken || place / kSlotAds > UINT32_MAX) return false;
  decision.shape = texts[shape];
  decision.slot = static_cast<std::uint32_t>(place / kSlotAds);
  decision.ad = static_cast<std::uint32_t>(place % kSlotAds);
  decision.missing = static_cast<std::uint8_t>(in.front());
  in.remove_prefix(1);
  return true;
}

bool take_row(std::string_view& in, const std::vector<std::string_view>& texts,
              LoggedDecision& decision) {
  std::uint64_t step = 0;
  std::uint64_t ids = 0;
  std::uint64_t context = 0;
  std::uint64_t cost = 0;
  const bool taken = take_varint(in, step) && take_u64(in, decision.number) &&
                     take_u64(in, decision.user.low) && take_u64(in, decision.user.high) &&
                     take_varint(in, ids) && take_varint(in, context) && take_varint(in, cost) &&
                     !in.empty() && ids < texts.size() && context < texts.size();
  if (!taken || !split_ids(texts[ids], decision)) return false;
  decision.time_us += unzigzag(step);
  decision.context = texts[context];
  decision.expected_cost = unzigzag(cost);
  decision.flags = static_cast<std::uint8_t>(in.front());
  in.remove_prefix(1);
  return true;
}

}  // namespace

std::uint64_t DecisionBlock::text_number(std::string_view text) {
  const auto found = numbers_.find(text);
  if (found != numbers_.end()) return found->second;
  const std::uint64_t number = numbers_.size();
  numbers_.emplace(text, number);
  put_sized_text(texts_, text);
  return number;
}

void DecisionBlock::add(const LoggedDecision& decision) {
  scratch_.clear();
  for_each_id(decision, [&](std::string_view id) { scratch_.append(id).push_back(kIdEnd); });
  const std::uint64_t ids = text_number(scratch_);
  const std::uint64_t context = text_number(decision.context);
  put_varint(rows_, zigzag(decision.time_us - last_us_));
  put_u64(rows_, decision.number);
  put_u64(rows_, decision.user.low);
  put_u64(rows_, decision.user.high);
  put_varint(rows_, ids);
  put_varint(rows_, context);
  put_varint(rows_, zigzag(decision.expected_cost));
  rows_.push_back(static_cast<char>(decision.flags));
  if ((decision.flags & LoggedDecision::kSeeded) != 0) {
    put_u64(rows_, decision.seed);
    put_varint(rows_, text_number(decision.shape));
    put_varint(rows_,
               decision.slot * kSlotAds + std::min<std::uint64_t>(decision.ad, kSlotAds - 1));
    rows_.push_back(static_cast<char>(decision.missing));
  }
  last_us_ = decision.time_us;
  ++count_;
}

std::string DecisionBlock::take() {
  std::string block;
  block.reserve(bytes() + 24);
  block.push_back(kVersion);
  put_varint(block, numbers_.size());
  block.append(texts_);
  put_varint(block, count_);
  block.append(rows_);
  *this = DecisionBlock();
  return block;
}

Result<void> read_decision_block(std::string_view bytes,
                                 const std::function<void(const LoggedDecision&)>& visit) {
  const Error damaged{ErrorCode::corrupt, "a block of decisions cannot be read"};
  const bool is_known =
      !bytes.empty() && (bytes.front() == kVersion || bytes.front() == kFirstVersion);
  if (!is_known) return damaged;
  std::string_view in = bytes.substr(1);
  std::uint64_t count = 0;
  if (!take_varint(in, count) || count > in.size()) return damaged;
  std::vector<std::string_view> texts(count);
  for (std::string_view& text : texts) {
    if (!take_sized_text(in, text)) return damaged;
  }
  if (!take_varint(in, count)) return damaged;
  TimeUs last_us = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    LoggedDecision decision{.time_us = last_us};
    if (!take_row(in, texts, decision)) return damaged;
    last_us = decision.time_us;
    const bool is_seeded = (decision.flags & LoggedDecision::kSeeded) != 0;
    if (is_seeded && !take_again(in, texts, decision)) return damaged;
    visit(decision);
  }
  if (!in.empty()) return damaged;
  return {};
}

}  // namespace adbacus
