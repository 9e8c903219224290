// Makes a body indexable that has invalid UTF-8 or control characters inside strings, so that the
// events around the broken one survive. Called by the body reader after the index refused a body.
// Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/rejection.hpp"

namespace adbacus {

struct BadByte {
  std::uint32_t offset = 0;
  RejectCode code = RejectCode::invalid_utf8;  // or invalid_string
};

struct RepairedBody {
  std::string text;            // same length, bad bytes replaced by '?'
  std::vector<BadByte> bytes;  // where, ascending
};

RepairedBody repair_body(std::string_view body);

// The first bad byte in [begin, end); nullptr if there is none.
const BadByte* find_bad_byte(const std::vector<BadByte>& bytes, std::size_t begin, std::size_t end);

}  // namespace adbacus
