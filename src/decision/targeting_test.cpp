#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "decision/targeting_index.hpp"

namespace adbacus {
namespace {

using Request = std::map<std::string, std::vector<std::string>>;

TargetingNode leaf(std::string field, TargetingOp op, std::vector<std::string> values) {
  TargetingNode node;
  node.kind = TargetingKind::leaf;
  node.field = std::move(field);
  node.op = op;
  node.values = std::move(values);
  return node;
}

TargetingNode combine(TargetingKind kind, std::vector<TargetingNode> children) {
  TargetingNode node;
  node.kind = kind;
  node.children = std::move(children);
  return node;
}

// What a condition means, said as plainly as possible.
bool leaf_holds(const TargetingNode& node, const Request& request) {
  const auto at = request.find(node.field);
  const bool there = at != request.end() && !at->second.empty();
  if (node.op == TargetingOp::exists) return there == (node.values[0] == "true");
  if (!there) return false;
  const auto any = [&](auto holds) {
    for (const std::string& value : at->second) {
      for (const std::string& wanted : node.values) {
        if (holds(value, wanted)) return true;
      }
    }
    return false;
  };
  const auto number = [](const std::string& text) { return std::stod(text); };
  const auto equal = [](const std::string& a, const std::string& b) { return a == b; };
  switch (node.op) {
    case TargetingOp::eq:
    case TargetingOp::in:
    case TargetingOp::segment:
      return any(equal);
    case TargetingOp::ne:
    case TargetingOp::not_in:
      return !any(equal);
    case TargetingOp::lt:
      return any([&](auto& a, auto& b) { return number(a) < number(b); });
    case TargetingOp::lte:
      return any([&](auto& a, auto& b) { return number(a) <= number(b); });
    case TargetingOp::gt:
      return any([&](auto& a, auto& b) { return number(a) > number(b); });
    case TargetingOp::gte:
      return any([&](auto& a, auto& b) { return number(a) >= number(b); });
    case TargetingOp::between:
      for (const std::string& value : at->second) {
        if (number(value) >= number(node.values[0]) && number(value) <= number(node.values[1]))
          return true;
      }
      return false;
    case TargetingOp::contains:
      return any([](auto& a, auto& b) { return a.find(b) != std::string::npos; });
    case TargetingOp::starts_with:
      return any([](auto& a, auto& b) { return a.starts_with(b); });
    case TargetingOp::regex:
      return any([](auto& a, auto& b) { return std::regex_search(a, std::regex(b)); });
    case TargetingOp::daypart:
      return any([&](auto& a, auto& b) { return parse_daypart(b)->has(std::stoi(a)); });
    case TargetingOp::exists:
    case TargetingOp::cidr:
    case TargetingOp::geo_radius:
      break;
  }
  ADD_FAILURE() << "not one of the random conditions";
  return false;
}

bool holds(const TargetingNode& node, const Request& request) {
  bool all = true;
  bool any = false;
  for (const TargetingNode& child : node.children) {
    const bool one = holds(child, request);
    all = all && one;
    any = any || one;
  }
  if (node.kind == TargetingKind::leaf) return leaf_holds(node, request);
  if (node.kind == TargetingKind::all) return all;
  return node.kind == TargetingKind::any ? any : !any;
}

std::string text_of(const TargetingNode& node) {
  if (node.kind == TargetingKind::leaf) {
    return fmt::format("{} {} {}", node.field, targeting_op_name(node.op),
                       fmt::join(node.values, "|"));
  }
  std::string text = node.kind == TargetingKind::all   ? "all("
                     : node.kind == TargetingKind::any ? "any("
                                                       : "not(";
  for (const TargetingNode& child : node.children) text += text_of(child) + "; ";
  return text + ")";
}

class RandomTargeting {
 public:
  explicit RandomTargeting(Rng& rng) : rng_(rng) {}

  TargetingNode node(int depth) {
    if (depth == 0 || rng_.below(3) == 0) return random_leaf();
    constexpr TargetingKind kKinds[] = {TargetingKind::all, TargetingKind::all, TargetingKind::any,
                                        TargetingKind::negation};
    const TargetingKind kind = kKinds[rng_.below(4)];
    std::vector<TargetingNode> children;
    const auto count = kind == TargetingKind::negation ? 1 : 1 + rng_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) children.push_back(node(depth - 1));
    return combine(kind, std::move(children));
  }
  Request request() {
    Request result;
    for (const char* field : {"country", "device", "segment", "price", "hour_of_week", "nobody"}) {
      for (auto count = rng_.below(10); count > 0 && count < 8; count /= 4) {
        result[field].push_back(value(field));
      }
    }
    return result;
  }

 private:
  std::string value(const std::string& field) {
    if (field == "price") return std::to_string(rng_.below(20));
    if (field == "hour_of_week") return std::to_string(rng_.below(168));
    return std::string(1, static_cast<char>('a' + rng_.below(8))) + (rng_.below(5) == 0 ? "x" : "");
  }
  TargetingNode random_leaf() {
    constexpr TargetingOp kTexts[] = {
        TargetingOp::eq,       TargetingOp::ne,          TargetingOp::in,    TargetingOp::not_in,
        TargetingOp::contains, TargetingOp::starts_with, TargetingOp::regex, TargetingOp::exists,
        TargetingOp::segment,  TargetingOp::in};
    constexpr TargetingOp kNumbers[] = {TargetingOp::lt, TargetingOp::lte, TargetingOp::gt,
                                        TargetingOp::gte, TargetingOp::between};
    constexpr const char* kDayparts[] = {"mon-fri 08-18", "sat, sun 10-14", "22-06"};
    const auto kind = rng_.below(8);
    if (kind == 0) return leaf("hour_of_week", TargetingOp::daypart, {kDayparts[rng_.below(3)]});
    if (kind == 1) {
      const TargetingOp op = kNumbers[rng_.below(5)];
      const auto low = rng_.below(20);
      std::vector<std::string> values{std::to_string(low)};
      if (op == TargetingOp::between) values.push_back(std::to_string(low + rng_.below(9)));
      return leaf("price", op, values);
    }
    constexpr const char* kFields[] = {"country", "device", "segment"};
    const std::string field = kFields[rng_.below(3)];
    const TargetingOp op = kTexts[rng_.below(10)];
    if (op == TargetingOp::exists) return leaf(field, op, {rng_.below(2) == 0 ? "true" : "false"});
    std::vector<std::string> values;
    const bool one = op == TargetingOp::eq || op == TargetingOp::ne;
    for (auto count = one ? 1 : 1 + rng_.below(4); count > 0; --count)
      values.push_back(value(field));
    return leaf(field, op, values);
  }

  Rng& rng_;
};

void fill(const Request& request, const RequestFields& fields, Attributes& out) {
  out.reset(fields);
  for (const auto& [field, values] : request) {
    for (const std::string& value : values) out.add(field, value);
  }
}

// The index, the tree and the plain rule agree on every line item.
TEST(Targeting, TheIndexFindsExactlyThoseThatFit) {
  Rng rng(test_seed());
  RandomTargeting random(rng);
  for (int round = 0; round < 60; ++round) {
    const std::size_t count = 1 + rng.below(round % 10 == 0 ? 1500 : 200);
    RequestFields fields;
    std::vector<Targeting> targetings(count);
    std::vector<TargetingTree> trees;
    for (Targeting& targeting : targetings) {
      if (rng.below(10) != 0) targeting.root = random.node(3);
      auto tree = TargetingTree::make(targeting, "", fields);
      ASSERT_TRUE(tree) << tree.error().message;
      trees.push_back(*std::move(tree));
    }
    const TargetingIndex index(trees, fields);
    Attributes attributes;
    for (int i = 0; i < 40; ++i) {
      const Request request = random.request();
      fill(request, fields, attributes);
      ItemBits items(count, true);
      for (std::size_t n = 0; n < count / 10; ++n) items.clear(rng.below(count));
      const ItemBits before = items;
      index.filter(attributes, items);
      for (std::size_t item = 0; item < count; ++item) {
        const bool fits = holds(targetings[item].root, request);
        ASSERT_EQ(trees[item].matches(attributes), fits) << text_of(targetings[item].root);
        ASSERT_EQ(items.test(item), fits && before.test(item)) << text_of(targetings[item].root);
      }
    }
  }
}

bool one_leaf_matches(const TargetingNode& node, const std::string& value) {
  RequestFields fields;
  const auto made = TargetingLeaf::make(node, fields.add(node.field));
  EXPECT_TRUE(made);
  Attributes attributes;
  attributes.reset(fields);
  attributes.add(node.field, value);
  return made && made->matches(attributes);
}

TEST(Targeting, NetworksAreComparedBitByBit) {
  const auto inside = [](std::vector<std::string> networks, const std::string& ip) {
    return one_leaf_matches(leaf("ip", TargetingOp::cidr, std::move(networks)), ip);
  };
  EXPECT_TRUE(inside({"203.0.113.0/24"}, "203.0.113.255"));
  EXPECT_FALSE(inside({"203.0.113.0/24"}, "203.0.114.0"));
  EXPECT_TRUE(inside({"203.0.113.128/25"}, "203.0.113.129"));
  EXPECT_FALSE(inside({"203.0.113.128/25"}, "203.0.113.127"));
  EXPECT_TRUE(inside({"10.0.0.0/8", "203.0.113.9"}, "203.0.113.9"));
  EXPECT_TRUE(inside({"203.0.113.0/24"}, "::ffff:203.0.113.7"));
  EXPECT_TRUE(inside({"2001:db8::/33"}, "2001:db8:7fff::1"));
  EXPECT_FALSE(inside({"2001:db8::/33"}, "2001:db8:8000::1"));
  EXPECT_TRUE(inside({"0.0.0.0/0"}, "1.2.3.4"));
  EXPECT_FALSE(inside({"0.0.0.0/0"}, "2001:db8::1"));
  EXPECT_FALSE(inside({"0.0.0.0/0"}, "no address"));
}

TEST(Targeting, CirclesAreMeasuredOnTheGlobe) {
  const auto inside = [](const char* circle, const char* place) {
    return one_leaf_matches(leaf("location", TargetingOp::geo_radius, {circle}), place);
  };
  // Berlin to Hamburg: 255 km; over the date line from Fiji to Samoa: about 1,140 km.
  EXPECT_TRUE(inside("52.52,13.405,256", "53.5511,9.9937"));
  EXPECT_FALSE(inside("52.52,13.405,254", "53.5511,9.9937"));
  EXPECT_TRUE(inside("-18.1416,178.4419,1200", "-13.8333,-171.7667"));
  EXPECT_TRUE(inside("0,0,1", "0,0"));
  EXPECT_FALSE(inside("0,0,20000", "here"));
}

TEST(Targeting, TheHourOfTheWeekIsOfTheCampaignsZone) {
  RequestFields fields;
  Targeting targeting;
  targeting.root = leaf("hour_of_week", TargetingOp::daypart, {"mon 08-10"});
  const auto berlin = TargetingTree::make(targeting, "Europe/Berlin", fields);
  const auto tokyo = TargetingTree::make(targeting, "Asia/Tokyo", fields);
  ASSERT_TRUE(berlin);
  ASSERT_TRUE(tokyo);
  Attributes attributes;
  attributes.reset(fields);
  attributes.add(zoned_field("hour_of_week", "Europe/Berlin"), "9");
  attributes.add(zoned_field("hour_of_week", "Asia/Tokyo"), "17");
  EXPECT_TRUE(berlin->matches(attributes));
  EXPECT_FALSE(tokyo->matches(attributes));
}

TEST(Targeting, ValuesThatMeanNothingAreRefused) {
  RequestFields fields;
  for (const auto& [op, value] :
       {std::pair(TargetingOp::lt, "x"), std::pair(TargetingOp::cidr, "1.2.3.4/33"),
        std::pair(TargetingOp::cidr, "one"), std::pair(TargetingOp::regex, "("),
        std::pair(TargetingOp::geo_radius, "1,2"), std::pair(TargetingOp::daypart, "noon"),
        std::pair(TargetingOp::between, "1")}) {
    Targeting targeting;
    targeting.root = leaf("f", op, {value});
    EXPECT_FALSE(TargetingTree::make(targeting, "", fields)) << value;
  }
}

}  // namespace
}  // namespace adbacus
