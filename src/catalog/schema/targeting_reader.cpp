#include "catalog/schema/targeting_reader.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <re2/re2.h>
#include <utility>

#include "http/json_pointer.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kRegexMemoryBytes = 1 << 20;

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  std::array<unsigned char, 16> bytes;
  const bool is_v4 = ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return false;
  if (slash == std::string::npos) return true;
  const std::string_view length = std::string_view(text).substr(slash + 1);
  int bits = -1;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  return error == std::errc() && end == length.data() + length.size() && bits >= 0 &&
         bits <= (is_v4 ? 32 : 128);
}

// "latitude,longitude,kilometres"
bool is_circle(std::string_view text) {
  std::array<double, 3> part{};
  for (std::size_t i = 0; i < part.size(); ++i) {
    const std::size_t comma = i + 1 < part.size() ? text.find(',') : text.size();
    if (comma == std::string_view::npos) return false;
    const auto number = number_of(text.substr(0, comma));
    if (!number) return false;
    part[i] = *number;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return part[0] >= -90 && part[0] <= 90 && part[1] >= -180 && part[1] <= 180 && part[2] > 0 &&
         part[2] <= 20'100;
}

// What is wrong with a value of a leaf; null: nothing.
const char* wrong_value(TargetingOp op, const std::string& value) {
  switch (op) {
    case TargetingOp::eq:
    case TargetingOp::ne:
    case TargetingOp::in:
    case TargetingOp::not_in:
      return nullptr;
    case TargetingOp::lt:
    case TargetingOp::lte:
    case TargetingOp::gt:
    case TargetingOp::gte:
    case TargetingOp::between:
      return number_of(value) ? nullptr : "must be a number";
    case TargetingOp::exists:
      return value == "true" || value == "false" ? nullptr : "must be true or false";
    case TargetingOp::contains:
    case TargetingOp::starts_with:
    case TargetingOp::segment:
      return value.empty() ? "must not be empty" : nullptr;
    case TargetingOp::regex: {
      RE2::Options options(RE2::Quiet);
      options.set_max_mem(kRegexMemoryBytes);
      return RE2(value, options).ok() ? nullptr : "must be a regular expression (RE2)";
    }
    case TargetingOp::cidr:
      return is_network(value) ? nullptr : "must be a network like 203.0.113.0/24";
    case TargetingOp::geo_radius:
      return is_circle(value) ? nullptr : "must be latitude,longitude,kilometres";
    case TargetingOp::daypart:
      return parse_daypart(value) ? nullptr : "must be like \"mon-fri 08-18, sat 10-14\"";
  }
  return nullptr;
}

bool takes_many(TargetingOp op) {
  switch (op) {
    case TargetingOp::in:
    case TargetingOp::not_in:
    case TargetingOp::contains:
    case TargetingOp::starts_with:
    case TargetingOp::regex:
    case TargetingOp::cidr:
    case TargetingOp::geo_radius:
    case TargetingOp::segment:
      return true;
    case TargetingOp::eq:
    case TargetingOp::ne:
    case TargetingOp::lt:
    case TargetingOp::lte:
    case TargetingOp::gt:
    case TargetingOp::gte:
    case TargetingOp::between:
    case TargetingOp::exists:
    case TargetingOp::daypart:
      return false;
  }
  return false;
}

bool is_field_name(std::string_view name, std::size_t bytes_max) {
  if (name.empty() || name.size() > bytes_max) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == ':';
  });
}

// The field that an operator is about; empty: any.
std::string_view field_of(TargetingOp op) {
  switch (op) {
    case TargetingOp::cidr:
      return "ip";
    case TargetingOp::geo_radius:
      return "location";
    case TargetingOp::daypart:
      return "hour_of_week";
    case TargetingOp::segment:
      return "segment";
    case TargetingOp::eq:
    case TargetingOp::ne:
    case TargetingOp::in:
    case TargetingOp::not_in:
    case TargetingOp::lt:
    case TargetingOp::lte:
    case TargetingOp::gt:
    case TargetingOp::gte:
    case TargetingOp::between:
    case TargetingOp::exists:
    case TargetingOp::contains:
    case TargetingOp::starts_with:
    case TargetingOp::regex:
      return "";
  }
  return "";
}

// Fields whose values decisions know the form of: none of them is an address or a place but ip and
// location. A key of a request's context may be either.
bool is_own_field(std::string_view field) {
  static constexpr std::string_view kOwn[] = {
      "country", "region",          "city",     "device",       "os",   "os_version",
      "browser", "browser_version", "language", "hour_of_week", "host", "path",
      "keyword", "referrer",        "segment",  "visitor",      "ip",   "location"};
  return std::find(std::begin(kOwn), std::end(kOwn), field) != std::end(kOwn);
}

// Whether a condition of this operator can ever hold for the field.
bool may_look_at(TargetingOp op, std::string_view field) {
  const std::string_view own = field_of(op);
  if (own.empty() || field == own) return true;
  return (op == TargetingOp::cidr || op == TargetingOp::geo_radius) && !is_own_field(field);
}

class TargetingReader {
 public:
  TargetingReader(TargetingSource source, const TargetingLimits& limits, Problems& problems)
      : source_(source), limits_(limits), problems_(problems) {}

  bool node(const JsonNode& json, const std::string& pointer, int depth, TargetingNode& out) {
    if (json.type != JsonNode::Type::object) {
      return refuse(pointer, "invalid_type", "must be an object");
    }
    if (depth > limits_.depth_max || ++nodes_ > limits_.nodes_max) {
      return refuse(pointer, "too_complex",
                    fmt::format("at most {} conditions, nested at most {} deep", limits_.nodes_max,
                                limits_.depth_max));
    }
    static constexpr std::pair<std::string_view, TargetingKind> kCombinations[] = {
        {"all", TargetingKind::all}, {"any", TargetingKind::any}, {"not", TargetingKind::negation}};
    for (const auto& [name, kind] : kCombinations) {
      if (const JsonNode* children = json.member(name)) {
        if (json.items.size() > 1) {
          return refuse(pointer, "ambiguous", "all, any or not must stand alone in its object");
        }
        out.kind = kind;
        return combination(*children, pointer + "/" + std::string(name), depth, out);
      }
    }
    if (json.member("field") != nullptr) return leaf(json, pointer, out);
    if (json.member("op") == nullptr) return flat_map(json, pointer, out);
    if (source_ == TargetingSource::request) return leaf(json, pointer, out);
    // Earlier versions took any map with a key "op" for one of fields.
    const std::size_t found = problems_.size();
    if (leaf(json, pointer, out)) return true;
    problems_.resize(found);
    out = {};
    return flat_map(json, pointer, out);
  }

 private:
  bool combination(const JsonNode& json, const std::string& pointer, int depth,
                   TargetingNode& out) {
    if (json.type == JsonNode::Type::object && out.kind == TargetingKind::negation) {
      return node(json, pointer, depth + 1, out.children.emplace_back());
    }
    if (json.type != JsonNode::Type::list) {
      return refuse(pointer, "invalid_type", "must be a list of conditions");
    }
    if (json.items.empty() || (out.kind == TargetingKind::negation && json.items.size() != 1)) {
      return refuse(pointer, "out_of_range",
                    out.kind == TargetingKind::negation ? "must hold one condition; use any inside"
                                                        : "must hold at least one condition");
    }
    bool ok = true;
    for (std::size_t i = 0; i < json.items.size(); ++i) {
      ok = node(json.items[i], fmt::format("{}/{}", pointer, i), depth + 1,
                out.children.emplace_back()) &&
           ok;
    }
    return ok;
  }

  bool leaf(const JsonNode& json, const std::string& pointer, TargetingNode& out) {
    out.kind = TargetingKind::leaf;
    bool ok = true;
    for (const std::string& name : json.names) {
      if (name == "field" || name == "op" || name == "value" || name == "values") continue;
      ok = refuse(pointer + http::pointer_part(name), "unknown_field",
                  "a condition has field, op and value");
    }
    if (const JsonNode* op = json.member("op")) {
      const auto known =
          op->type == JsonNode::Type::text ? parse_targeting_op(op->text) : std::nullopt;
      if (!known) return refuse(pointer + "/op", "invalid_value", known_ops());
      out.op = *known;
    }
    ok = field(json.member("field"), pointer + "/field", out) && ok;
    const bool plural = json.member("values") != nullptr;
    const JsonNode* value = json.member(plural ? "values" : "value");
    const std::string value_pointer = pointer + (plural ? "/values" : "/value");
    if (value == nullptr && out.op == TargetingOp::exists) {
      out.values = {"true"};
      return ok;
    }
    if (value == nullptr) return refuse(value_pointer, "required", "is missing");
    return values(*value, value_pointer, out) && ok;
  }

  // After the operator, which may say what the field is.
  bool field(const JsonNode* json, const std::string& pointer, TargetingNode& out) {
    const std::string_view own = field_of(out.op);
    if (json == nullptr) {
      if (own.empty()) return refuse(pointer, "required", "is missing");
      out.field = own;
      return true;
    }
    out.field = json->text;
    if (json->type != JsonNode::Type::text || !is_field_name(out.field, limits_.field_bytes_max)) {
      return refuse(pointer, "invalid_value", "must be the name of a field");
    }
    if (source_ == TargetingSource::request && !may_look_at(out.op, out.field)) {
      return refuse(pointer, "invalid_value",
                    fmt::format("must be {} for {}", own, targeting_op_name(out.op)));
    }
    return true;
  }

  bool flat_map(const JsonNode& json, const std::string& pointer, TargetingNode& out) {
    out.kind = TargetingKind::all;
    bool ok = true;
    for (std::size_t i = 0; i < json.items.size(); ++i) {
      const std::string at = pointer + http::pointer_part(json.names[i]);
      if (++nodes_ > limits_.nodes_max) return refuse(at, "too_complex", "too many conditions");
      TargetingNode& child = out.children.emplace_back();
      child.kind = TargetingKind::leaf;
      child.field = json.names[i];
      child.op = json.items[i].type == JsonNode::Type::list ? TargetingOp::in : TargetingOp::eq;
      if (!is_field_name(child.field, limits_.field_bytes_max)) {
        ok = refuse(at, "unknown_field", "is no name of a field");
        continue;
      }
      ok = values(json.items[i], at, child) && ok;
    }
    return ok;
  }

  bool values(const JsonNode& json, const std::string& pointer, TargetingNode& out) {
    const bool is_list = json.type == JsonNode::Type::list;
    if (out.op == TargetingOp::between) {
      if (!is_list || json.items.size() != 2) {
        return refuse(pointer, "invalid_type", "must be two numbers");
      }
    } else if (is_list && !takes_many(out.op)) {
      return refuse(pointer, "invalid_type", "must be one value");
    }
    if (!is_list) return add_value(json, pointer, out);
    if (json.items.empty() || json.items.size() > limits_.values_max) {
      return refuse(pointer, "out_of_range",
                    fmt::format("must be 1 to {} values", limits_.values_max));
    }
    bool ok = true;
    for (std::size_t i = 0; i < json.items.size(); ++i) {
      ok = add_value(json.items[i], fmt::format("{}/{}", pointer, i), out) && ok;
    }
    return ok;
  }

  bool add_value(const JsonNode& json, const std::string& pointer, TargetingNode& out) {
    std::string value;
    switch (json.type) {
      case JsonNode::Type::text:
      case JsonNode::Type::number:
        value = json.text;
        break;
      case JsonNode::Type::flag:
        value = json.flag ? "true" : "false";
        break;
      case JsonNode::Type::null:
      case JsonNode::Type::list:
      case JsonNode::Type::object:
        return refuse(pointer, "invalid_type", "must be a text, a number, true or false");
    }
    if (value.size() > limits_.value_bytes_max) {
      return refuse(pointer, "too_long", fmt::format("at most {} bytes", limits_.value_bytes_max));
    }
    if (const char* wrong = wrong_value(out.op, value)) {
      return refuse(pointer, "invalid_value", wrong);
    }
    out.values.push_back(std::move(value));
    return true;
  }

  static std::string known_ops() {
    std::string text = "must be one of ";
    for (std::size_t i = 0; i < kTargetingOps; ++i) {
      text.append(i == 0 ? "" : ", ").append(targeting_op_name(static_cast<TargetingOp>(i)));
    }
    return text;
  }

  bool refuse(const std::string& pointer, std::string code, std::string detail) {
    problems_.push_back({pointer, std::move(code), std::move(detail)});
    return false;
  }

  const TargetingSource source_;
  const TargetingLimits& limits_;
  Problems& problems_;
  std::size_t nodes_ = 0;
};

}  // namespace

bool read_targeting(const JsonNode& node, const std::string& pointer, Targeting& out,
                    Problems& problems, TargetingSource source, const TargetingLimits& limits) {
  if (node.type == JsonNode::Type::null) {
    out = {};
    return true;
  }
  Targeting read;
  if (!TargetingReader(source, limits, problems).node(node, pointer, 1, read.root)) return false;
  read.json = json_text(node);
  out = std::move(read);
  return true;
}

}  // namespace adbacus
