// A JSON text as a tree that keeps numbers as they were written, so that money and ids never pass
// through a double. Used to read catalog objects from requests and from the database, never on a
// hot path. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

struct JsonNode {
  enum class Type : std::uint8_t { null, flag, number, text, list, object };
  Type type = Type::null;
  bool flag = false;
  std::string text;                // of a text, or a number as written
  std::vector<std::string> names;  // of an object's items, in order, each once
  std::vector<JsonNode> items;     // of a list or an object

  const JsonNode* member(std::string_view name) const;  // null: absent, or no object
};

// One object or list (RFC 8259), depth at most 32, at most 200,000 values. invalid_argument says
// what is wrong: also for a name that appears twice in one object.
Result<JsonNode> parse_json(std::string_view text);

// Without blanks, members in their order.
std::string json_text(const JsonNode& node);

}  // namespace adbacus
