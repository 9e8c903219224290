#include "model/auction_notice.hpp"

#include <cstring>

#include "model/money.hpp"
#include "model/varint.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kPurpose = "auction";
constexpr char kVersion = 1;
constexpr std::int64_t kPerMille = 1'000;

template <class T>
void put_fixed(std::string& out, const T& value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <class T>
bool take_fixed(std::string_view& in, T& value) {
  if (in.size() < sizeof value) return false;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return true;
}

}  // namespace

std::string encode_auction_notice(const AuctionNotice& notice, const SigningKeys& keys) {
  std::string content;
  content.reserve(48 + notice.decision_id.size());
  content.push_back(kVersion);
  put_varint(content, zigzag(notice.bid));
  put_varint(content, zigzag(notice.floor));
  put_varint(content, notice.budgets);
  put_fixed(content, notice.ctr);
  put_fixed(content, notice.cvr);
  put_fixed(content, notice.user_high);
  content.append(notice.decision_id);
  return keys.seal(kPurpose, content);
}

std::optional<AuctionNotice> decode_auction_notice(std::string_view text, const SigningKeys& keys) {
  const auto content = keys.open(kPurpose, text);
  if (!content || content->empty() || content->front() != kVersion) return std::nullopt;
  std::string_view in = std::string_view(*content).substr(1);
  AuctionNotice notice;
  std::uint64_t bid = 0;
  std::uint64_t floor = 0;
  std::uint64_t budgets = 0;
  const bool taken = take_varint(in, bid) && take_varint(in, floor) && take_varint(in, budgets) &&
                     take_fixed(in, notice.ctr) && take_fixed(in, notice.cvr) &&
                     take_fixed(in, notice.user_high);
  if (!taken) return std::nullopt;
  notice.bid = unzigzag(bid);
  notice.floor = unzigzag(floor);
  notice.budgets = static_cast<std::uint32_t>(budgets);
  notice.decision_id = in;
  return notice;
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
