// Filters evaluated the slow and obvious way, and random ones: what every store's answer is
// compared with. Shares no code with the evaluators. For tests only.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.hpp"
#include "store/filter.hpp"

namespace adbacus {

// Whether a text passes one leaf; the empty text is a field that the event does not have.
bool naive_leaf(const std::string& text, FilterOp op, const std::vector<std::string>& values);

// `text_of` gives the event's text of a field.
template <class Field, class TextOf>
bool naive_holds(const FilterNode<Field>& node, const TextOf& text_of) {
  std::size_t held = 0;
  for (const FilterNode<Field>& child : node.children) held += naive_holds(child, text_of) ? 1 : 0;
  switch (node.kind) {
    case FilterKind::leaf:
      return naive_leaf(text_of(node.field), node.op, node.values);
    case FilterKind::all:
      return held == node.children.size();
    case FilterKind::any:
      return held > 0;
    case FilterKind::negation:
      return held == 0;
  }
  return false;
}

template <class Field, class TextOf>
bool naive_all_hold(const std::vector<FilterNode<Field>>& filters, const TextOf& text_of) {
  return std::all_of(filters.begin(), filters.end(),
                     [&](const auto& filter) { return naive_holds(filter, text_of); });
}

// An operator with as many values as it takes, some of them among `values`.
FilterOp random_leaf(Rng& random, const std::vector<std::string>& values,
                     std::vector<std::string>& chosen);

// A tree of at most `depth` combinations above each leaf.
template <class Field>
FilterNode<Field> random_filter(Rng& random, const std::vector<Field>& fields,
                                const std::vector<std::string>& values, int depth) {
  FilterNode<Field> node;
  if (depth == 0 || random.below(2) == 0) {
    node.field = fields[random.below(fields.size())];
    node.op = random_leaf(random, values, node.values);
    return node;
  }
  node.kind = static_cast<FilterKind>(1 + random.below(3));
  for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
    node.children.push_back(random_filter(random, fields, values, depth - 1));
  }
  return node;
}

// For a failing test's message.
template <class Field, class NameOf>
std::string filter_text(const FilterNode<Field>& node, const NameOf& name_of) {
  std::string text;
  if (node.kind == FilterKind::leaf) {
    text = name_of(node.field) + " op" + std::to_string(static_cast<int>(node.op));
    for (const std::string& value : node.values) text += " '" + value + "'";
    return text;
  }
  constexpr std::string_view kWords[] = {"leaf", "all", "any", "not"};
  text = std::string(kWords[static_cast<std::size_t>(node.kind)]) + "(";
  for (const FilterNode<Field>& child : node.children) text += filter_text(child, name_of) + "; ";
  return text + ")";
}

}  // namespace adbacus
