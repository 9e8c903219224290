#include "base/network/network_list.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace adbacus {
namespace {

constexpr std::size_t kShownMax = 50;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Lists come from others: what is shown of them is printable.
Error refusal(std::size_t line, std::string_view text) {
  std::string shown(text.substr(0, kShownMax));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return {ErrorCode::invalid_argument,
          fmt::format("line {}: \"{}\" is no network like 203.0.113.0/24", line, shown)};
}

// fn(const IpNetwork&, bool is_exception) for every entry.
template <class Fn>
Result<void> for_each_entry(std::string_view text, Fn&& fn) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    rest = trimmed(rest.substr(0, rest.find_first_of("#;")));
    if (rest.empty()) continue;
    const std::string_view shown = rest;
    const bool is_exception = rest.front() == '!';
    if (is_exception) rest = trimmed(rest.substr(1));
    const auto network = IpNetwork::parse(rest);
    if (!network) return refusal(line, shown);
    fn(*network, is_exception);
  }
  return {};
}

}  // namespace

Result<void> read_network_list(std::string_view text, NetworkLists list,
                               NetworkTableBuilder& into) {
  auto looked = for_each_entry(text, [](const IpNetwork&, bool) {});
  if (!looked) return looked;
  return for_each_entry(text, [&](const IpNetwork& network, bool is_exception) {
    into.add(network, list, is_exception);
  });
}

}  // namespace adbacus
