#include "ingest/metadata_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "enrich/landing/landing_params.hpp"
#include "ingest/ip_pseudonym.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kExtra = R"("extra":{)";

// A raw address must not reach the disk, whatever field it came in.
bool takes_raw_ip(JsonWalk& walk, const JsonMember& member, EventDraft& draft) {
  const std::string_view key = walk.tokens().raw_string(member.key);
  if (!is_ip_name(key) || walk.tokens().kind(member.value) != '"') return false;
  const std::string_view text = walk.text_at(member.value);
  const auto pseudonym = pseudonymise_ip(text, IpHashKey{});
  if (!pseudonym || pseudonym->hash.empty()) return false;
  if (draft.ip.empty()) {
    draft.ip = text;
  }
  return true;
}

bool is_tight(const JsonTokens& tokens, std::uint32_t begin, std::uint32_t end) {
  for (std::uint32_t i = begin + 1; i < end; ++i)
    if (JsonTokens::is_space(tokens.text()[tokens.position(i) - 1])) return false;
  return true;
}

// Members joined by commas.
char* put_members(const JsonTokens& tokens, const std::vector<JsonMember>& members,
                  const JsonMember* without, char* out) {
  bool first = true;
  for (const JsonMember& member : members) {
    if (&member == without) continue;
    if (!first) *out++ = ',';
    first = false;
    out = minify(tokens, member.key, member.end, out);
  }
  return out;
}

const JsonMember* find_member(const JsonTokens& tokens, const std::vector<JsonMember>& members,
                              std::string_view key) {
  for (const JsonMember& member : members)
    if (tokens.raw_string(member.key) == key) return &member;
  return nullptr;
}

std::size_t bytes_of(const JsonTokens& tokens, const std::vector<JsonMember>& members) {
  std::size_t bytes = 0;
  for (const JsonMember& member : members)
    bytes += tokens.end(member.end - 1) - tokens.position(member.key) + 1;
  return bytes;
}

}  // namespace

char* minify(const JsonTokens& tokens, std::uint32_t begin, std::uint32_t end, char* out) {
  for (std::uint32_t i = begin; i < end; ++i) {
    const std::string_view piece = tokens.piece(i);
    std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  }
  return out;
}

bool take_raw_ips(JsonWalk& walk, std::vector<JsonMember>& members, EventDraft& draft) {
  return std::erase_if(members, [&](const JsonMember& member) {
           return takes_raw_ip(walk, member, draft);
         }) > 0;
}

bool take_campaign_names(JsonWalk& walk, std::vector<JsonMember>& members,
                         std::vector<JsonMember>& extra) {
  const JsonTokens& tokens = walk.tokens();
  return std::erase_if(extra, [&](const JsonMember& member) {
           const std::string_view key = tokens.raw_string(member.key);
           if (!key.starts_with("utm_")) return false;
           if (std::find(kUtmNames.begin(), kUtmNames.end(), key) == kUtmNames.end()) return false;
           if (find_member(tokens, members, key) != nullptr) return false;
           members.push_back(member);
           return true;
         }) > 0;
}

bool metadata_text(JsonWalk& walk, const MetadataSource& source, std::string_view& out) {
  const JsonTokens& tokens = walk.tokens();
  const bool sent = source.whole.end != 0;
  if (!sent && source.extra.empty() && source.members.empty()) return true;
  if (sent && source.extra.empty() && !source.is_changed &&
      is_tight(tokens, source.whole.value, source.whole.end)) {
    const std::size_t begin = tokens.position(source.whole.value);
    out = {tokens.text() + begin, tokens.end(source.whole.end - 1) - begin};
    return out.size() <= kMetadataBytesMax;
  }
  const std::size_t bytes =
      bytes_of(tokens, source.members) + bytes_of(tokens, source.extra) + 2 * kExtra.size();
  if (bytes > 16 * kMetadataBytesMax) return false;  // blanks cannot account for this much
  char* const begin = walk.arena().allocate(bytes + 16);
  char* end = begin;
  *end++ = '{';
  const JsonMember* moved =
      source.extra.empty() ? nullptr : find_member(tokens, source.members, "extra");
  end = put_members(tokens, source.members, moved, end);
  if (!source.extra.empty()) {
    if (end != begin + 1) *end++ = ',';
    std::memcpy(end, kExtra.data(), kExtra.size());
    end += kExtra.size();
    if (moved != nullptr) {
      if (find_member(tokens, source.extra, "extra") != nullptr)
        walk.reject_at("/extra", RejectCode::conflicting_fields,
                       "metadata has a member of this name too");
      end = minify(tokens, moved->key, moved->end, end);
      *end++ = ',';
    }
    end = put_members(tokens, source.extra, nullptr, end);
    *end++ = '}';
  }
  *end++ = '}';
  out = {begin, static_cast<std::size_t>(end - begin)};
  if (out.size() == 2) out = sent ? out : std::string_view();
  return out.size() <= kMetadataBytesMax;
}

}  // namespace adbacus
