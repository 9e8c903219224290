#include "enrich/landing/landing_params.hpp"

#include <algorithm>

namespace adbacus {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

// Its place among the names; their number: it is none of them.
template <std::size_t N>
std::size_t rank_of(std::string_view name, const std::array<std::string_view, N>& names) {
  std::size_t rank = 0;
  while (rank < N && !same_name(name, names[rank])) ++rank;
  return rank;
}

struct Param {
  std::string_view name;
  std::string_view value;
};

Param param_of(std::string_view piece) {
  const std::size_t equals = piece.find('=');
  if (equals == std::string_view::npos) return {piece, {}};
  return {piece.substr(0, equals), piece.substr(equals + 1)};
}

// What stands between '?' and '#'.
std::string_view query_of(std::string_view url) {
  const std::string_view page = url.substr(0, url.find('#'));
  const std::size_t mark = page.find('?');
  return mark == std::string_view::npos ? std::string_view() : page.substr(mark + 1);
}

std::string_view take_piece(std::string_view& query) {
  const std::size_t end = std::min(query.find('&'), query.size());
  const std::string_view piece = query.substr(0, end);
  query.remove_prefix(std::min(end + 1, query.size()));
  return piece;
}

}  // namespace

LandingParams landing_params(std::string_view url) {
  LandingParams out;
  std::size_t best = kClickIdNames.size();
  for (std::string_view query = query_of(url); !query.empty();) {
    const Param param = param_of(take_piece(query));
    if (param.value.empty()) continue;
    const std::size_t utm = rank_of(param.name, kUtmNames);
    if (utm < kUtmNames.size()) {
      if (out.utm[utm].empty()) out.utm[utm] = param.value;
      continue;
    }
    const std::size_t rank = rank_of(param.name, kClickIdNames);
    if (rank >= best) continue;
    best = rank;
    out.click_id = param.value;
  }
  return out;
}

std::optional<std::string> without_click_ids(std::string_view url) {
  const std::string_view query = query_of(url);
  if (query.empty()) return std::nullopt;
  const auto before = static_cast<std::size_t>(query.data() - url.data());
  std::string kept;
  bool has_one = false;
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view piece = take_piece(rest);
    if (rank_of(param_of(piece).name, kClickIdNames) < kClickIdNames.size()) {
      has_one = true;
      continue;
    }
    if (!kept.empty()) kept += '&';
    kept += piece;
  }
  if (!has_one) return std::nullopt;
  std::string out(url.substr(0, kept.empty() ? before - 1 : before));
  out += kept;
  out += url.substr(before + query.size());
  return out;
}

std::string_view origin_of_url(std::string_view url) {
  const std::size_t host = url.find("://");
  return host == std::string_view::npos ? url : url.substr(0, url.find_first_of("/?#", host + 3));
}

}  // namespace adbacus
