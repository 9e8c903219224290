#include "processor/fraud/traffic_judge.hpp"

#include <cstring>

#include "base/hash.hpp"
#include "processor/fraud/sign_rules.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kMagic = 0x0000000154464241;  // "ABFT", version 1
struct Head {
  std::uint64_t magic;
  std::uint64_t content_hash;  // of everything behind it
  std::uint64_t rules_hash;
  std::uint64_t position;
};
constexpr std::size_t kHashed = 2 * sizeof(std::uint64_t);  // where that begins

std::uint64_t content_hash(std::string_view bytes) {
  return hash64(bytes.substr(kHashed), kMagic);
}

}  // namespace

TrafficJudge::TrafficJudge(FraudRuleSet rules, TimeUs known_from_us)
    : rules_(std::move(rules)), rules_hash_(rules_.hash()), history_(rules_, known_from_us) {}

TrafficJudge::TrafficJudge(FraudRuleSet rules, TrafficJudge&& before)
    : rules_(std::move(rules)),
      rules_hash_(rules_.hash()),
      history_(rules_, std::move(before.history_)) {}

FraudVerdict TrafficJudge::judge(const TrafficFacts& facts) {
  if (facts.disposition != Disposition::counted && facts.disposition != Disposition::repeat)
    return {};
  FraudHits hits(rules_);
  judge_signs(facts, rules_, hits);
  history_.judge(facts, hits);
  return hits.verdict();
}

std::string TrafficJudge::save(std::uint64_t position) const {
  Head head{kMagic, 0, rules_hash_, position};
  std::string out(reinterpret_cast<const char*>(&head), sizeof(head));
  history_.save(out);
  head.content_hash = content_hash(out);
  std::memcpy(out.data(), &head, sizeof(head));
  return out;
}

Result<std::uint64_t> TrafficJudge::load(std::string_view bytes) {
  const Error damaged{ErrorCode::corrupt, "the state of invalid-traffic rules is damaged"};
  Head head{};
  if (bytes.size() < sizeof(head)) return damaged;
  std::memcpy(&head, bytes.data(), sizeof(head));
  if (head.magic != kMagic || head.content_hash != content_hash(bytes)) return damaged;
  if (head.rules_hash != rules_hash_)
    return Error{ErrorCode::conflict, "the state is of another set of invalid-traffic rules"};
  if (!history_.load(bytes.substr(sizeof(head)))) return damaged;
  return head.position;
}

}  // namespace adbacus
