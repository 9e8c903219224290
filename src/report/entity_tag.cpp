#include "report/entity_tag.hpp"

#include <fmt/format.h>

#include "base/hash.hpp"
#include "http/content_coding.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kTagSeed = 1;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string tag_of(const http::Request& request, const http::Response& response) {
  const Hash128 hash = hash128(response.body, kTagSeed);
  // Compressed bytes are other bytes: a strong tag must tell them apart.
  const http::Coding coding = http::choose_coding(request.header("Accept-Encoding"));
  const std::string_view suffix = http::coding_name(coding);
  return fmt::format("\"{:016x}{:016x}-{:x}-{}\"", hash.high, hash.low,
                     hash64(response.content_type, kTagSeed) & 0xffffU, suffix);
}

}  // namespace

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  if (trimmed(if_none_match) == "*") return true;
  while (!if_none_match.empty()) {
    const std::size_t end = if_none_match.find(',');  // no comma in our own tags
    std::string_view one = trimmed(if_none_match.substr(0, end));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
    if_none_match.remove_prefix(end == std::string_view::npos ? if_none_match.size() : end + 1);
  }
  return false;
}

http::Response with_entity_tag(const http::Request& request, http::Response response) {
  const bool is_read = request.method == http::Method::get || request.method == http::Method::head;
  if (response.status != 200 || !is_read) {
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
  }
  const std::string tag = tag_of(request, response);
  response.headers.emplace_back("Cache-Control", "private, no-cache");
  response.headers.emplace_back("Vary", "Accept, Authorization, X-Api-Key, X-Adbacus-Tenant");
  response.headers.emplace_back("ETag", tag);
  const std::string_view known = request.header("If-None-Match");
  if (known.empty() || !names_tag(known, tag)) return response;
  response.status = 304;
  response.body.clear();
  // The server adds this to what it compresses; without bytes there is nothing to compress.
  response.headers.emplace_back("Vary", "Accept-Encoding");
  return response;
}

}  // namespace adbacus
