// What a report keeps, as data: a tree of conditions over named fields, the combinators and leaves
// that targeting uses. Built by report/, evaluated by every store. Plain values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace adbacus {

// About the text of one field. A field that an event does not have is the empty text, and every
// leaf about it is false, negations included; only eq and in find it, by the empty value.
enum class FilterOp : std::uint8_t {
  eq,
  ne,
  in,
  not_in,
  lt,  // lt to between: as numbers if every value is one (store/filter_leaf.hpp), else by bytes
  lte,
  gt,
  gte,
  between,   // two values, both included
  contains,  // contains, starts_with and regex: any of the values
  starts_with,
  regex,  // RE2 syntax, found anywhere in the text
  exists,
};
inline constexpr std::size_t kFilterOps = 13;

enum class FilterKind : std::uint8_t {
  leaf,
  all,       // true without children
  any,       // false without children
  negation,  // of its one child
};

// Field is how the evaluator names a field: a series dimension, a column, a report's dimension.
template <class Field>
struct FilterNode {
  Field field = {};
  FilterOp op = FilterOp::eq;
  std::vector<std::string> values = {};
  FilterKind kind = FilterKind::leaf;
  std::vector<FilterNode> children = {};  // only leaves have none
};

template <class Field, class Visit>
void for_each_leaf(const FilterNode<Field>& node, const Visit& visit) {
  if (node.kind == FilterKind::leaf) visit(node);
  for (const FilterNode<Field>& child : node.children) for_each_leaf(child, visit);
}

// The same tree with every leaf's field as `rename` calls it.
template <class To, class Field, class Rename>
FilterNode<To> rename_fields(const FilterNode<Field>& node, const Rename& rename) {
  FilterNode<To> out;
  if (node.kind == FilterKind::leaf) out.field = rename(node.field);
  out.op = node.op;
  out.values = node.values;
  out.kind = node.kind;
  for (const FilterNode<Field>& child : node.children) {
    out.children.push_back(rename_fields<To>(child, rename));
  }
  return out;
}

}  // namespace adbacus
