#include "catalog/schema/json_node.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <simdjson.h>

#include "http/json_writer.hpp"

namespace adbacus {
namespace {

namespace od = simdjson::ondemand;

constexpr int kDepthMax = 32;
constexpr std::size_t kValuesMax = 200'000;
constexpr std::size_t kManyNames = 16;

Error bad(std::string what) {
  return {ErrorCode::invalid_argument, std::move(what)};
}

Error broken(simdjson::error_code code) {
  return bad(fmt::format("not valid JSON: {}", simdjson::error_message(code)));
}

bool take_digits(std::string_view& text) {
  const std::size_t n = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(n);
  return n != 0;
}

// RFC 8259, 6. The parser only looks at a number when somebody asks for its value.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!take_digits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

class TreeReader {
 public:
  Result<void> read(od::value value, int depth, JsonNode& out) {
    if (depth > kDepthMax) return bad(fmt::format("nested deeper than {}", kDepthMax));
    if (++values_ > kValuesMax) return bad(fmt::format("more than {} values", kValuesMax));
    od::json_type type;
    if (const auto error = value.type().get(type)) return broken(error);
    switch (type) {
      case od::json_type::object: {
        od::object object;
        if (const auto error = value.get_object().get(object)) return broken(error);
        return read_object(object, depth, out);
      }
      case od::json_type::array: {
        od::array array;
        if (const auto error = value.get_array().get(array)) return broken(error);
        return read_list(array, depth, out);
      }
      case od::json_type::string: {
        std::string_view text;
        if (const auto error = value.get_string().get(text)) return broken(error);
        out.type = JsonNode::Type::text;
        out.text = text;
        return {};
      }
      case od::json_type::number:
        return read_number(value, out);
      case od::json_type::boolean:
        out.type = JsonNode::Type::flag;
        if (const auto error = value.get_bool().get(out.flag)) return broken(error);
        return {};
      case od::json_type::null: {
        bool is_null = false;
        if (value.is_null().get(is_null) != simdjson::SUCCESS || !is_null) {
          return bad("not valid JSON: neither a value nor null");
        }
        return {};
      }
    }
    return bad("not valid JSON");
  }

  Result<void> read_object(od::object object, int depth, JsonNode& out) {
    out.type = JsonNode::Type::object;
    for (auto entry : object) {
      od::field field;
      if (const auto error = std::move(entry).get(field)) return broken(error);
      std::string_view name;
      if (const auto error = field.unescaped_key().get(name)) return broken(error);
      out.names.emplace_back(name);
      out.items.emplace_back();
      if (auto ok = read(field.value(), depth + 1, out.items.back()); !ok) return ok;
    }
    return refuse_double_names(out.names);
  }

  Result<void> read_list(od::array array, int depth, JsonNode& out) {
    out.type = JsonNode::Type::list;
    for (auto entry : array) {
      od::value value;
      if (const auto error = std::move(entry).get(value)) return broken(error);
      out.items.emplace_back();
      if (auto ok = read(value, depth + 1, out.items.back()); !ok) return ok;
    }
    return {};
  }

 private:
  static Result<void> read_number(od::value value, JsonNode& out) {
    std::string_view token = value.raw_json_token();
    const std::size_t end = token.find_last_not_of(" \t\r\n");
    token = token.substr(0, end + 1);
    // The value is asked for only so that the parser moves on.
    double number = 0;
    if (!is_number(token)) return bad(fmt::format("not valid JSON: \"{}\" is no number", token));
    if (const auto error = value.get_double().get(number)) return broken(error);
    out.type = JsonNode::Type::number;
    out.text = token;
    return {};
  }

  static Result<void> refuse_double_names(const std::vector<std::string>& names) {
    const auto twice = [](const std::string& name) {
      return bad(fmt::format("the name \"{}\" appears twice in one object", name));
    };
    if (names.size() <= kManyNames) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (std::find(names.begin() + static_cast<std::ptrdiff_t>(i) + 1, names.end(), names[i]) !=
            names.end()) {
          return twice(names[i]);
        }
      }
      return {};
    }
    std::vector<std::string> sorted = names;
    std::sort(sorted.begin(), sorted.end());
    const auto found = std::adjacent_find(sorted.begin(), sorted.end());
    return found == sorted.end() ? Result<void>() : twice(*found);
  }

  std::size_t values_ = 0;
};

void write_node(http::JsonWriter& json, const JsonNode& node) {
  switch (node.type) {
    case JsonNode::Type::null:
      json.null();
      return;
    case JsonNode::Type::flag:
      json.value(node.flag);
      return;
    case JsonNode::Type::number:
      json.raw(node.text);
      return;
    case JsonNode::Type::text:
      json.value(node.text);
      return;
    case JsonNode::Type::list:
      json.begin_array();
      for (const JsonNode& item : node.items) write_node(json, item);
      json.end_array();
      return;
    case JsonNode::Type::object:
      json.begin_object();
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        json.key(node.names[i]);
        write_node(json, node.items[i]);
      }
      json.end_object();
      return;
  }
}

}  // namespace

const JsonNode* JsonNode::member(std::string_view name) const {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return &items[i];
  }
  return nullptr;
}

Result<JsonNode> parse_json(std::string_view text) {
  const simdjson::padded_string padded(text);
  od::parser parser;
  od::document document;
  if (const auto error = parser.iterate(padded).get(document)) return broken(error);
  JsonNode root;
  TreeReader reader;
  od::json_type type;
  if (const auto error = document.type().get(type)) return broken(error);
  Result<void> read = bad("an object or a list is expected");
  if (type == od::json_type::object) {
    od::object object;
    if (const auto error = document.get_object().get(object)) return broken(error);
    read = reader.read_object(object, 1, root);
  } else if (type == od::json_type::array) {
    od::array array;
    if (const auto error = document.get_array().get(array)) return broken(error);
    read = reader.read_list(array, 1, root);
  }
  if (!read) return read.error();
  // Past the last token there is no location.
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return bad("not valid JSON: something follows the value");
  return root;
}

std::string json_text(const JsonNode& node) {
  http::JsonWriter json;
  write_node(json, node);
  return std::move(json).take();
}

}  // namespace adbacus
