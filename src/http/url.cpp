#include "http/url.hpp"

namespace adbacus::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

bool percent_decode_to(std::string& out, std::string_view text, PlusSign plus) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return false;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += c == '+' && plus == PlusSign::space ? ' ' : c;
    }
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text, PlusSign plus) {
  std::string out;
  out.reserve(text.size());
  if (!percent_decode_to(out, text, plus)) return std::nullopt;
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 15U];
    }
  }
  return out;
}

bool parse_query(std::string_view query, std::size_t params_max, std::vector<QueryParam>& out) {
  std::size_t count = 0;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view piece = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (piece.empty()) continue;
    if (count == params_max) return false;
    if (count == out.size()) out.emplace_back();
    QueryParam& param = out[count++];
    param.name.clear();
    param.value.clear();
    const std::size_t equals = piece.find('=');
    if (!percent_decode_to(param.name, piece.substr(0, equals), PlusSign::space)) return false;
    if (equals == std::string_view::npos) continue;
    if (!percent_decode_to(param.value, piece.substr(equals + 1), PlusSign::space)) return false;
  }
  out.resize(count);
  return true;
}

std::string server_url(std::string_view host, std::uint16_t port, bool is_tls) {
  const bool is_ipv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  std::string url = is_tls ? "https://" : "http://";
  url.append(is_ipv6 ? "[" : "").append(host).append(is_ipv6 ? "]" : "");
  return url.append(":").append(std::to_string(port));
}

TargetParts split_target(std::string_view target) {
  if (!target.empty() && target.front() != '/') {
    if (const std::size_t scheme = target.find("://"); scheme != std::string_view::npos) {
      const std::size_t path = target.find_first_of("/?", scheme + 3);
      target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    }
  }
  const std::size_t mark = target.find('?');
  TargetParts parts;
  parts.path = target.substr(0, mark);
  if (parts.path.empty()) parts.path = "/";
  if (mark != std::string_view::npos) parts.query = target.substr(mark + 1);
  return parts;
}

}  // namespace adbacus::http
