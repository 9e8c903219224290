#include "decision/targeting_index.hpp"

#include <algorithm>
#include <map>

namespace adbacus {
namespace {

constexpr int kHoursOfWeek = 168;

bool is_equality(TargetingOp op) {
  switch (op) {
    case TargetingOp::eq:
    case TargetingOp::ne:
    case TargetingOp::in:
    case TargetingOp::not_in:
    case TargetingOp::exists:
    case TargetingOp::segment:
    case TargetingOp::daypart:  // of 168 hours
      return true;
    case TargetingOp::lt:
    case TargetingOp::lte:
    case TargetingOp::gt:
    case TargetingOp::gte:
    case TargetingOp::between:
    case TargetingOp::contains:
    case TargetingOp::starts_with:
    case TargetingOp::regex:
    case TargetingOp::cidr:
    case TargetingOp::geo_radius:
      return false;
  }
  return false;
}

// One leaf that asks for one of some values: it holds for several values if it does for one.
bool is_plain(const std::vector<const TargetingLeaf*>& leaves, bool is_leaf) {
  if (!is_leaf || leaves.size() != 1) return false;
  const TargetingOp op = leaves.front()->op();
  return op == TargetingOp::eq || op == TargetingOp::in || op == TargetingOp::segment;
}

}  // namespace

TargetingIndex::TargetingIndex(std::span<const TargetingTree> trees, const RequestFields& fields)
    : trees_(trees), unsure_(trees.size()) {
  std::map<FieldSlot, std::vector<Demand>> demands;
  for (std::uint32_t item = 0; item < trees.size(); ++item) {
    for (const TargetingTree::Branch branch : trees[item].branches()) {
      const auto leaves = trees[item].leaves(branch);
      const bool one_field = std::all_of(leaves.begin(), leaves.end(), [&](const auto* leaf) {
        return is_equality(leaf->op()) && leaf->slot() == leaves.front()->slot();
      });
      if (leaves.empty() || !one_field) {
        unsure_.set(item);
        continue;
      }
      std::vector<Demand>& of_field = demands[leaves.front()->slot()];
      if (of_field.empty() || of_field.back().item != item) of_field.push_back({item, {}});
      of_field.back().branches.push_back(branch);
    }
  }
  for (const auto& [slot, of_field] : demands) fields_.push_back(build(slot, of_field, fields));
}

bool TargetingIndex::holds(const Demand& demand, const Attributes& request) const {
  const TargetingTree& tree = trees_[demand.item];
  return std::all_of(demand.branches.begin(), demand.branches.end(),
                     [&](const auto& branch) { return tree.matches(branch, request); });
}

TargetingIndex::Field TargetingIndex::build(FieldSlot slot, const std::vector<Demand>& demands,
                                            const RequestFields& fields) const {
  Field field;
  field.slot = slot;
  field.missing.assign(trees_.size(), true);
  field.other.assign(trees_.size(), true);
  field.several.assign(trees_.size(), false);
  std::map<std::string, std::vector<const Demand*>, std::less<>> demands_of;
  Attributes request;
  const auto holds_for = [&](const Demand& demand, const std::string* text) {
    request.reset(fields);
    if (text != nullptr) request.add(slot, *text);
    return holds(demand, request);
  };
  // No text that a condition names: blanks do not stand in names of values that are compared.
  std::string nothing_named = " ";
  for (const Demand& demand : demands) {
    bool has_hours = false;
    bool plain = demand.branches.size() == 1;
    for (const auto& branch : demand.branches) {
      const auto leaves = trees_[demand.item].leaves(branch);
      plain = plain && is_plain(leaves, trees_[demand.item].is_leaf(branch));
      for (const TargetingLeaf* leaf : leaves) {
        for (const std::string& text : leaf->texts()) demands_of[text].push_back(&demand);
        has_hours = has_hours || leaf->op() == TargetingOp::daypart;
      }
    }
    if (!plain) field.several.set(demand.item);
    for (int hour = 0; has_hours && hour < kHoursOfWeek; ++hour) {
      demands_of[std::to_string(hour)].push_back(&demand);
    }
  }
  while (demands_of.contains(nothing_named)) nothing_named += ' ';
  for (const Demand& demand : demands) {
    field.missing.set(demand.item, holds_for(demand, nullptr));
    field.other.set(demand.item, holds_for(demand, &nothing_named));
  }
  for (auto& [text, of_text] : demands_of) {
    Value value;
    std::sort(of_text.begin(), of_text.end(),
              [](const Demand* a, const Demand* b) { return a->item < b->item; });
    of_text.erase(std::unique(of_text.begin(), of_text.end()), of_text.end());
    for (const Demand* demand : of_text) {
      if (holds_for(*demand, &text) != field.other.test(demand->item)) {
        value.differing.push_back(demand->item);
      }
    }
    if (value.differing.size() * 4 > trees_.size() / 64) {
      value.all = field.other;
      for (const std::uint32_t item : value.differing) value.all.set(item, !value.all.test(item));
      value.differing.clear();
    }
    field.values.emplace(text, std::move(value));
  }
  return field;
}

void TargetingIndex::intersect(const Field& field, const Value& value, ItemBits& items) {
  if (value.all.size() != 0) {
    items &= value.all;
    return;
  }
  thread_local std::vector<std::uint32_t> kept;
  kept.clear();
  for (const std::uint32_t item : value.differing) {
    if (!field.other.test(item) && items.test(item)) kept.push_back(item);
  }
  items &= field.other;
  for (const std::uint32_t item : value.differing) items.clear(item);
  for (const std::uint32_t item : kept) items.set(item);
}

// An item that asks for one of some values fits if it fits one of the request's.
void TargetingIndex::intersect_several(const Field& field, const Attributes& request,
                                       ItemBits& items, ItemBits& unsure) const {
  ItemBits any(trees_.size());
  request.any_of(field.slot, [&](std::string_view text) {
    ItemBits one(trees_.size(), true);
    const auto value = field.values.find(text);
    if (value == field.values.end()) {
      one &= field.other;
    } else {
      intersect(field, value->second, one);
    }
    any |= one;
    return false;
  });
  any |= field.several;
  unsure |= field.several;
  items &= any;
}

void TargetingIndex::filter(const Attributes& request, ItemBits& items) const {
  bool has_several = false;
  thread_local ItemBits unsure;
  for (const Field& field : fields_) {
    const std::size_t count = request.count(field.slot);
    if (count == 0) {
      items &= field.missing;
    } else if (count > 1) {
      if (!has_several) unsure = unsure_;
      has_several = true;
      intersect_several(field, request, items, unsure);
    } else if (const auto value = field.values.find(request.first(field.slot));
               value != field.values.end()) {
      intersect(field, value->second, items);
    } else {
      items &= field.other;
    }
  }
  ItemBits left = items;
  left &= has_several ? unsure : unsure_;
  left.for_each([&](std::size_t item) {
    if (!trees_[item].matches(request)) items.clear(item);
  });
}

}  // namespace adbacus
