#include "ingest/links/link_token.hpp"

#include "model/byte_fields.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kPurpose = "link";
constexpr char kVersion = 1;
constexpr std::uint64_t kLinkSecondsMax = 1ULL << 40U;  // in microseconds it fits 64 bits

template <class L, class Visit>
bool for_each_text(L& link, Visit&& visit) {
  return visit(link.tenant) && visit(link.campaign_id) && visit(link.line_item_id) &&
         visit(link.placement_id) && visit(link.creative_id) && visit(link.ad_id) &&
         visit(link.destination);
}

bool take_link(std::string_view in, Link& link) {
  std::uint64_t expires_s = 0;
  std::uint64_t domains = 0;
  if (!take_varint(in, expires_s) || expires_s > kLinkSecondsMax) return false;
  if (expires_s != 0) link.expires_at = static_cast<TimeUs>(expires_s) * kSecondUs;
  if (!for_each_text(link, [&](std::string& text) { return take_sized_text(in, text); }))
    return false;
  if (!take_varint(in, domains) || domains > in.size()) return false;
  link.domains.resize(domains);
  for (std::string& domain : link.domains)
    if (!take_sized_text(in, domain)) return false;
  return in.empty();
}

}  // namespace

std::string encode_link(const Link& link, const SigningKeys& keys) {
  std::string content;
  content.push_back(kVersion);
  put_varint(content, static_cast<std::uint64_t>(link.expires_at.value_or(0) / kSecondUs));
  for_each_text(link, [&](const std::string& text) {
    put_sized_text(content, text);
    return true;
  });
  put_varint(content, link.domains.size());
  for (const std::string& domain : link.domains) put_sized_text(content, domain);
  return keys.seal(kPurpose, content);
}

std::optional<Link> decode_link(std::string_view token, const SigningKeys& keys) {
  const auto content = keys.open(kPurpose, token);
  if (!content || content->empty() || content->front() != kVersion) return std::nullopt;
  Link link;
  if (!take_link(std::string_view(*content).substr(1), link)) return std::nullopt;
  return link;
}

}  // namespace adbacus
