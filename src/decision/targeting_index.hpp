// Which line items a request fits, without looking at each: an inverted index from a field's values
// to sets of line items. Built once per snapshot by one thread, then read-only and thread-safe.
//
// What a line item demands of one field alone, in terms of equality, is answered by the field's
// value: a set per value that some line item names, one for all other values, one for a field that
// is not there. The sets of all fields are intersected. What an index cannot say (ranges, patterns,
// conditions over several fields) is evaluated for those that are left.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_hash.hpp"
#include "decision/attributes.hpp"
#include "decision/item_bits.hpp"
#include "decision/targeting_tree.hpp"

namespace adbacus {

class TargetingIndex {
 public:
  // Item i is trees[i]. The trees and the table must outlive the index and keep their places.
  TargetingIndex(std::span<const TargetingTree> trees, const RequestFields& fields);

  // Takes those out of `items` that do not fit. `items` has one bit for each tree.
  void filter(const Attributes& request, ItemBits& items) const;

 private:
  // The set of one value: all of it, or where it differs from that of other values.
  struct Value {
    ItemBits all = {};
    std::vector<std::uint32_t> differing = {};
  };
  struct Field {
    FieldSlot slot = 0;
    ItemBits missing = {};
    ItemBits other = {};
    ItemBits several = {};  // of a request with several values only the tree can tell
    std::unordered_map<std::string, Value, TextHash, std::equal_to<>> values = {};
  };
  struct Demand {  // of one item on one field: all of these branches
    std::uint32_t item;
    std::vector<TargetingTree::Branch> branches;
  };

  Field build(FieldSlot slot, const std::vector<Demand>& demands,
              const RequestFields& fields) const;
  bool holds(const Demand& demand, const Attributes& request) const;
  static void intersect(const Field& field, const Value& value, ItemBits& items);
  void intersect_several(const Field& field, const Attributes& request, ItemBits& items,
                         ItemBits& unsure) const;

  std::span<const TargetingTree> trees_;
  std::vector<Field> fields_;
  ItemBits unsure_;  // items with conditions that are in no field's sets
};

}  // namespace adbacus
