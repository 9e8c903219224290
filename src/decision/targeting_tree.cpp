#include "decision/targeting_tree.hpp"

#include <algorithm>

namespace adbacus {

std::string zoned_field(std::string_view field, std::string_view timezone) {
  std::string name(field);
  if (field == "hour_of_week" && !timezone.empty()) {
    name += '@';
    name += timezone;
  }
  return name;
}

Result<TargetingTree> TargetingTree::make(const Targeting& targeting, std::string_view timezone,
                                          RequestFields& fields) {
  TargetingTree tree;
  auto root = tree.prepare(targeting.root, timezone, fields);
  if (!root) return root.error();
  tree.root_ = *std::move(root);
  return tree;
}

Result<TargetingTree::Node> TargetingTree::prepare(const TargetingNode& node,
                                                   std::string_view timezone,
                                                   RequestFields& fields) {
  Node result;
  result.kind = node.kind;
  if (node.kind == TargetingKind::leaf) {
    auto leaf = TargetingLeaf::make(node, fields.add(zoned_field(node.field, timezone)));
    if (!leaf) return leaf.error();
    result.leaf = leaves_.size();
    leaves_.push_back(*std::move(leaf));
    return result;
  }
  for (const TargetingNode& child : node.children) {
    auto prepared = prepare(child, timezone, fields);
    if (!prepared) return prepared.error();
    result.children.push_back(*std::move(prepared));
  }
  return result;
}

bool TargetingTree::matches(const Node& node, const Attributes& request) const {
  const auto child_matches = [&](const Node& child) { return matches(child, request); };
  switch (node.kind) {
    case TargetingKind::all:
      return std::all_of(node.children.begin(), node.children.end(), child_matches);
    case TargetingKind::any:
      return std::any_of(node.children.begin(), node.children.end(), child_matches);
    case TargetingKind::negation:
      return std::none_of(node.children.begin(), node.children.end(), child_matches);
    case TargetingKind::leaf:
      return leaves_[node.leaf].matches(request);
  }
  return false;
}

bool TargetingTree::matches(const Branch& branch, const Attributes& request) const {
  return matches(*branch.node, request);
}

bool TargetingTree::is_leaf(const Branch& branch) const {
  return branch.node->kind == TargetingKind::leaf;
}

void TargetingTree::collect_branches(const Node& node, std::vector<Branch>& out) {
  if (node.kind != TargetingKind::all) {
    out.push_back({&node});
    return;
  }
  for (const Node& child : node.children) collect_branches(child, out);
}

std::vector<TargetingTree::Branch> TargetingTree::branches() const {
  std::vector<Branch> result;
  collect_branches(root_, result);
  return result;
}

void TargetingTree::collect_leaves(const Node& node, std::vector<const TargetingLeaf*>& out) const {
  if (node.kind == TargetingKind::leaf) out.push_back(&leaves_[node.leaf]);
  for (const Node& child : node.children) collect_leaves(child, out);
}

std::vector<const TargetingLeaf*> TargetingTree::leaves(const Branch& branch) const {
  std::vector<const TargetingLeaf*> result;
  collect_leaves(*branch.node, result);
  return result;
}

}  // namespace adbacus
