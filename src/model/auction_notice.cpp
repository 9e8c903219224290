#include "model/auction_notice.hpp"

#include <bit>
#include <utility>

#include "model/byte_fields.hpp"
#include "model/money.hpp"

namespace adbacus {
namespace {

constexpr char kVersion = 1;
constexpr std::int64_t kPerMille = 1'000;

std::string_view purpose_of(NoticeTeller teller) {
  return teller == NoticeTeller::exchange ? "auction" : "auction-pixel";
}

bool take_double(std::string_view& in, double& value) {
  std::uint64_t bits = 0;
  if (!take_u64(in, bits)) return false;
  value = std::bit_cast<double>(bits);
  return true;
}

}  // namespace

std::string encode_auction_notice(const AuctionNotice& notice, NoticeTeller teller,
                                  const SigningKeys& keys) {
  std::string content;
  content.reserve(48 + notice.decision_id.size());
  content.push_back(kVersion);
  put_varint(content, zigzag(notice.bid));
  put_varint(content, zigzag(notice.floor));
  put_varint(content, notice.budgets);
  put_u64(content, std::bit_cast<std::uint64_t>(notice.ctr));
  put_u64(content, std::bit_cast<std::uint64_t>(notice.cvr));
  put_u64(content, notice.user_high);
  content.append(notice.decision_id);
  return keys.seal(purpose_of(teller), content);
}

std::optional<AuctionNotice> decode_auction_notice(std::string_view text, NoticeTeller teller,
                                                   const SigningKeys& keys) {
  const auto content = keys.open(purpose_of(teller), text);
  if (!content || content->empty() || content->front() != kVersion) return std::nullopt;
  std::string_view in = std::string_view(*content).substr(1);
  AuctionNotice notice;
  std::uint64_t bid = 0;
  std::uint64_t floor = 0;
  std::uint64_t budgets = 0;
  const bool taken = take_varint(in, bid) && take_varint(in, floor) && take_varint(in, budgets) &&
                     take_double(in, notice.ctr) && take_double(in, notice.cvr) &&
                     take_u64(in, notice.user_high);
  if (!taken) return std::nullopt;
  notice.bid = unzigzag(bid);
  notice.floor = unzigzag(floor);
  notice.budgets = static_cast<std::uint32_t>(budgets);
  notice.decision_id = in;
  return notice;
}

std::optional<OpenedNotice> open_auction_notice(std::string_view text, NoticeTeller teller,
                                                const SigningKeys& keys) {
  auto notice = decode_auction_notice(text, teller, keys);
  if (!notice) return std::nullopt;
  OpenedNotice opened{.notice = *std::move(notice), .decision = {}};
  if (opened.notice.is_test()) return opened;
  auto decision = decode_decision_id(opened.notice.decision_id, keys);
  if (!decision) return std::nullopt;
  opened.decision = *std::move(decision);
  return opened;
}

std::int64_t cleared_cost(const AuctionNotice& notice, std::string_view price) {
  const auto said = parse_money(price);
  const bool is_plausible =
      said && said->micros > 0 && said->micros >= notice.floor && said->micros <= notice.bid;
  return (is_plausible ? said->micros : notice.bid) / kPerMille;
}

bool is_audit(std::string_view macro_value) {
  return macro_value == "AUDIT";
}

}  // namespace adbacus
