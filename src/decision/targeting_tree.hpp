// A line item's whole targeting, prepared for many requests: the rule that the index
// (decision/targeting_index.hpp) is a shortcut to. Read-only once built.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "decision/targeting_leaf.hpp"
#include "model/targeting.hpp"

namespace adbacus {

// The field that tells the hour of the week differs by time zone; everything else is the same for
// all line items. What the request has to fill in stands in the field table under this name.
std::string zoned_field(std::string_view field, std::string_view timezone);

class TargetingTree {
 public:
  // `timezone` is the one of the line item's campaign. New fields are added to the table.
  static Result<TargetingTree> make(const Targeting& targeting, std::string_view timezone,
                                    RequestFields& fields);

  bool matches(const Attributes& request) const { return matches(root_, request); }

  // Branches all of which must hold, none of which is such a conjunction itself.
  struct Branch;
  std::vector<Branch> branches() const;
  bool matches(const Branch& branch, const Attributes& request) const;
  bool is_leaf(const Branch& branch) const;
  // The leaves of a branch.
  std::vector<const TargetingLeaf*> leaves(const Branch& branch) const;

 private:
  struct Node {
    TargetingKind kind = TargetingKind::all;
    std::vector<Node> children = {};
    std::size_t leaf = 0;  // of a leaf: its place in leaves_
  };

 public:
  struct Branch {
    const Node* node;
  };

 private:
  Result<Node> prepare(const TargetingNode& node, std::string_view timezone, RequestFields& fields);
  bool matches(const Node& node, const Attributes& request) const;
  static void collect_branches(const Node& node, std::vector<Branch>& out);
  void collect_leaves(const Node& node, std::vector<const TargetingLeaf*>& out) const;

  Node root_;
  std::vector<TargetingLeaf> leaves_;
};

}  // namespace adbacus
