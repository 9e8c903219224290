#include "objects/object_name.hpp"

#include <fmt/format.h>

namespace adbacus {
namespace {

bool good_part(std::string_view part) {
  if (part.empty() || part == "." || part == "..") return false;
  for (const char c : part) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7f) return false;
  }
  return true;
}

}  // namespace

Result<void> check_object_name(std::string_view name) {
  bool good = name.size() <= kObjectNameBytesMax;
  for (std::string_view rest = name; good;) {
    const std::size_t slash = rest.find('/');
    good = good_part(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (good) return {};
  return Error{ErrorCode::invalid_argument, fmt::format("object name \"{}\" is not allowed", name)};
}

Result<void> check_object_prefix(std::string_view prefix) {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.empty()) return {};
  return check_object_name(prefix);
}

}  // namespace adbacus
