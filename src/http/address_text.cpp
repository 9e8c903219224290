#include "http/address_text.hpp"

#include <algorithm>

namespace adbacus::http {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// "203.0.113.9:443" and "[2001:db8::1]:443" without the port and the brackets.
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end == std::string_view::npos ? text : text.substr(1, end - 1);
  }
  const std::size_t colon = text.find(':');
  const bool one = colon != std::string_view::npos && text.find(':', colon + 1) == text.npos;
  return one && text.find('.') < colon ? text.substr(0, colon) : text;
}

}  // namespace

std::optional<std::string> replace_addresses(std::string_view text,
                                             std::string (*written)(const PeerAddress&)) {
  std::string out;
  bool any = false;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    if (const auto address = PeerAddress::parse(without_port(trimmed(part)))) {
      out += written(*address);
      any = true;
    } else {
      out += part;
    }
    if (end < text.size()) out += ',';
    begin = end + 1;
  }
  if (!any) return std::nullopt;
  return out;
}

}  // namespace adbacus::http
