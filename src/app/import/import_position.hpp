// How far a file was sent for an import run, and which of its rows were refused so far: what the
// command remembers between two calls. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace adbacus {

struct ImportPosition {
  std::uint64_t row = 0;     // the last one that needs nothing more
  std::uint64_t digest = 0;  // of the events up to it: other ones were not sent
  std::string position;      // of the log, when the last of them was acknowledged
  std::uint64_t rejected = 0;
  std::map<std::string, std::uint64_t> reasons;  // code -> rows
  std::vector<std::string> first_rejections;     // one line each
};

// In the first line row, digest and position, then `reason <rows> <code>` and `shown <text>`.
std::string import_position_text(const ImportPosition& position);
// What cannot be read is left out: then rows are sent again, and count nothing twice.
ImportPosition parse_import_position(std::string_view text);

}  // namespace adbacus
