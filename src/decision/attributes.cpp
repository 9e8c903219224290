#include "decision/attributes.hpp"

namespace adbacus {

FieldSlot RequestFields::add(std::string_view field) {
  if (const auto slot = find(field)) return *slot;
  if (names_.size() == kFieldsMax) return static_cast<FieldSlot>(kFieldsMax - 1);
  const auto slot = static_cast<FieldSlot>(names_.size());
  names_.emplace_back(field);
  slots_.emplace(field, slot);
  return slot;
}

std::optional<FieldSlot> RequestFields::find(std::string_view field) const {
  const auto at = slots_.find(field);
  if (at == slots_.end()) return std::nullopt;
  return at->second;
}

void Attributes::reset(const RequestFields& fields) {
  fields_ = &fields;
  slots_.assign(fields.size(), Slot());
  more_.clear();
}

void Attributes::add(std::string_view field, std::string_view value) {
  if (const auto slot = fields_->find(field)) add(*slot, value);
}

void Attributes::add(FieldSlot slot, std::string_view value) {
  Slot& at = slots_[slot];
  if (at.count++ == 0) {
    at.first = value;
  } else {
    more_.emplace_back(slot, value);
  }
}

}  // namespace adbacus
