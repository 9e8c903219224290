#include "catalog/schema/text_form.hpp"

#include <algorithm>
#include <date/tz.h>
#include <stdexcept>

#include "http/destination.hpp"
#include "model/currency.hpp"

namespace adbacus {
namespace {

Error bad(const char* what) {
  return {ErrorCode::invalid_argument, what};
}

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// Letters, digits and hyphens between dots; no dot at either end.
bool is_host(std::string_view host) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-._";
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.back() == '.') return false;
  if (host.find("..") != std::string_view::npos) return false;
  return std::all_of(host.begin(), host.end(), [&](char c) { return is_one_of(c, kAllowed); });
}

bool is_email(const std::string& text) {
  const std::size_t at = text.find('@');
  return at != std::string::npos && at != 0 && at == text.rfind('@') && at <= 64 &&
         text.find(' ') == std::string::npos && is_host(text.substr(at + 1)) &&
         text.find('.', at) != std::string::npos;
}

bool is_timezone(const std::string& text) {
  try {
    date::locate_zone(text);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

Result<std::string> text_in_form(TextForm form, const std::string& text) {
  if (form == TextForm::free) {
    if (text.find('\0') != std::string::npos) return bad("must not contain NUL");
    return text;
  }
  if (has_control(text)) return bad("must not contain control characters");
  switch (form) {
    case TextForm::plain:
    case TextForm::id:
    case TextForm::free:
      return text;
    case TextForm::url:
      if (!http::is_safe_destination(http::ascii_url(text)))
        return bad("must be an http or https URL without user name or blanks, its host in ASCII");
      return text;
    case TextForm::domain:
      if (!is_host(lower(text))) return bad("must be a host name like shop.example");
      return lower(text);
    case TextForm::email:
      if (!is_email(lower(text))) return bad("must be an e-mail address");
      return lower(text);
    case TextForm::currency:
      if (!valid_currency(text)) return bad("must be an ISO 4217 code like EUR");
      return text;
    case TextForm::timezone:
      if (!is_timezone(text)) return bad("must be an IANA time zone like Europe/Berlin");
      return text;
  }
  return text;
}

}  // namespace adbacus
