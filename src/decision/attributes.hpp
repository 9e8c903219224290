// What is known of one request, by field. A snapshot numbers the fields that any of its line items
// looks at; what nobody looks at is not kept. A table is built by one thread, then read-only; the
// attributes belong to the thread that decides, which uses them again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text_hash.hpp"

namespace adbacus {

using FieldSlot = std::uint16_t;

class RequestFields {
 public:
  static constexpr std::size_t kFieldsMax = 0xffff;

  // The field's number, new or known. More than kFieldsMax share the last one: never in practice,
  // and then their line items are judged by what the other field says.
  FieldSlot add(std::string_view field);
  std::optional<FieldSlot> find(std::string_view field) const;
  std::size_t size() const { return names_.size(); }
  const std::string& name(FieldSlot slot) const { return names_[slot]; }

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, FieldSlot, TextHash, std::equal_to<>> slots_;
};

class Attributes {
 public:
  // Forgets everything; `fields` must outlive what follows.
  void reset(const RequestFields& fields);
  // A field may have several values (segments). Ignored if nobody looks at the field. `value` must
  // stay until the next reset.
  void add(std::string_view field, std::string_view value);
  void add(FieldSlot slot, std::string_view value);

  std::size_t count(FieldSlot slot) const { return slots_[slot].count; }
  // Calls look(value) until it answers true; whether it did.
  template <class Look>
  bool any_of(FieldSlot slot, Look look) const {
    const Slot& at = slots_[slot];
    if (at.count == 0) return false;
    if (look(at.first)) return true;
    if (at.count == 1) return false;
    for (const auto& [of, value] : more_) {
      if (of == slot && look(value)) return true;
    }
    return false;
  }
  std::string_view first(FieldSlot slot) const { return slots_[slot].first; }

 private:
  struct Slot {
    std::string_view first = {};
    std::uint32_t count = 0;
  };
  const RequestFields* fields_ = nullptr;
  std::vector<Slot> slots_;
  std::vector<std::pair<FieldSlot, std::string_view>> more_;
};

}  // namespace adbacus
