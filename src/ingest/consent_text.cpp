#include "ingest/consent_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "ingest/metadata_text.hpp"

namespace adbacus {
namespace {

enum class ConsentKind : std::uint8_t { flag, text, grant, list };

struct ConsentMember {
  std::string_view name;
  ConsentKind kind;
};

constexpr std::array<ConsentMember, 10> kMembers{{
    {"gdpr", ConsentKind::flag},
    {"tcf", ConsentKind::text},
    {"gpp", ConsentKind::text},
    {"gpp_sid", ConsentKind::list},  // [2,6], or the same as text
    {"us_privacy", ConsentKind::text},
    {"gpc", ConsentKind::flag},
    {"coppa", ConsentKind::flag},
    {"lmt", ConsentKind::flag},
    {"ad_user_data", ConsentKind::grant},  // true or false, or text like "granted"
    {"ad_personalization", ConsentKind::grant},
}};

constexpr std::size_t kGpcRank = 5;
static_assert(kMembers[kGpcRank].name == "gpc");
constexpr std::size_t kSidsRank = 3;
static_assert(kMembers[kSidsRank].name == "gpp_sid");
constexpr std::string_view kGpc = R"("gpc":true)";

char* put(std::string_view text, bool comma, char* out) {
  if (comma) *out++ = ',';
  if (text.empty()) return out;  // a rejected flag
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// "true", "false", or "" if the value is no flag.
std::string_view flag_text(std::string_view piece) {
  if (piece == "true" || piece == "1" || piece == R"("1")" || piece == R"("true")") return "true";
  if (piece == "false" || piece == "0" || piece == R"("0")" || piece == R"("false")")
    return "false";
  return {};
}

bool type_fits(ConsentKind kind, std::string_view piece) {
  const char c = piece.front();
  switch (kind) {
    case ConsentKind::flag:
      return !flag_text(piece).empty();
    case ConsentKind::text:
      return c == '"';
    case ConsentKind::grant:
      return c == '"' || !flag_text(piece).empty();
    case ConsentKind::list:
      return c == '"' || c == '[';
  }
  return false;
}

// `rank`: of the member, whose value has its type.
void note_signal(JsonWalk& walk, std::size_t rank, std::uint32_t value, ConsentSignals& signals) {
  const std::string_view piece = walk.tokens().piece(value);
  const bool is_text = piece.front() == '"';
  const bool is_true = flag_text(piece) == "true";
  const auto text = [&] { return is_text ? walk.text_at(value) : piece; };
  switch (rank) {
    case 0:
      signals.gdpr = is_true;
      return;
    case 1:
      signals.tcf = text();
      return;
    case 2:
      signals.gpp = text();
      return;
    case 4:
      signals.us_privacy = text();
      return;
    case kGpcRank:
      signals.gpc = is_true;
      return;
    case 6:
      signals.coppa = is_true;
      return;
    case 7:
      signals.lmt = is_true;
      return;
    case 8:
      signals.ad_user_data = parse_grant(text());
      return;
    case 9:
      signals.ad_personalization = parse_grant(text());
      return;
  }
}
static_assert(kMembers[9].name == "ad_personalization");

// The value as it was sent, a list with its brackets.
std::string_view written_out(const JsonTokens& tokens, const JsonMember& member) {
  const std::size_t begin = tokens.position(member.value);
  return {tokens.text() + begin, tokens.end(member.end - 1) - begin};
}

std::size_t rank_of(std::string_view name) {
  const auto at = std::find_if(kMembers.begin(), kMembers.end(),
                               [&](const ConsentMember& m) { return m.name == name; });
  return static_cast<std::size_t>(at - kMembers.begin());
}

}  // namespace

std::string_view consent_text(JsonWalk& walk, const std::vector<JsonMember>& members, bool gpc,
                              ConsentSignals& signals) {
  const JsonTokens& tokens = walk.tokens();
  signals = ConsentSignals();
  signals.gpc = gpc;
  if (members.empty()) return gpc ? kConsentGpcOnly : std::string_view();
  const std::size_t bytes_max =
      tokens.end(members.back().end - 1) - tokens.position(members.front().key);
  // A flag 0 becomes "false": at most four bytes more a member.
  char* const begin = walk.arena().allocate(bytes_max + 5 * members.size() + 2 * kGpc.size());
  char* end = begin;
  *end++ = '{';
  for (std::size_t rank = 0; rank <= kMembers.size(); ++rank) {
    const bool known = rank < kMembers.size();
    if (gpc && rank == kGpcRank) end = put(kGpc, end != begin + 1, end);
    for (const JsonMember& member : members) {
      const std::string_view name = walk.text_at(member.key);
      const std::string_view piece = tokens.piece(member.value);
      if (rank_of(name) != rank || piece == "null") continue;
      if (known && !type_fits(kMembers[rank].kind, piece))
        walk.reject_at("/consent/" + std::string(name), RejectCode::invalid_consent,
                       "this member of consent has another type");
      if (gpc && rank == kGpcRank) continue;
      if (rank == kSidsRank) {
        signals.gpp_sid = written_out(tokens, member);
      } else if (known) {
        note_signal(walk, rank, member.value, signals);
      }
      const bool is_flag = known && kMembers[rank].kind == ConsentKind::flag;
      if (end != begin + 1) *end++ = ',';
      end = minify(tokens, member.key, is_flag ? member.value : member.end, end);
      if (is_flag) end = put(flag_text(piece), false, end);
    }
  }
  *end++ = '}';
  return end == begin + 2 ? std::string_view()
                          : std::string_view(begin, static_cast<std::size_t>(end - begin));
}

}  // namespace adbacus
