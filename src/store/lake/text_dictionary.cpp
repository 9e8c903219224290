#include "store/lake/text_dictionary.hpp"

#include "base/hash.hpp"

namespace adbacus {

TextDictionary::Key TextDictionary::hashed_key(std::string_view packed) const {
  return {hash64(packed, seed_), 0, static_cast<std::uint32_t>(packed.size())};
}

bool TextDictionary::holds(const Slot& slot, const Key& key, std::string_view packed) const {
  if (slot.a != key.a || slot.size != key.size) return false;
  if (key.size <= kInlineBytes) return slot.b == key.b;
  return long_texts_.view().substr(slot.b, slot.size) == packed;
}

TextDictionary::Found TextDictionary::find_or_add(const Key& key, std::string_view packed) {
  if ((count_ + 1) * 2 > slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash(key) & mask;
  for (; slots_[at].id_plus_1 != 0; at = (at + 1) & mask) {
    if (!holds(slots_[at], key, packed)) continue;
    last_ = key;
    last_id_ = slots_[at].id_plus_1 - 1;
    return {last_id_, false};
  }
  const std::uint32_t id = count_++;
  Slot& slot = slots_[at];
  slot = {key.a, key.b, key.size, id + 1};
  if (key.size > kInlineBytes) {
    slot.b = long_texts_.size();
    long_texts_.append(packed);
  }
  last_ = key;
  last_id_ = id;
  return {id, true};
}

void TextDictionary::grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.empty() ? 16 : old.size() * 2, Slot{});
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id_plus_1 == 0) continue;
    const bool is_long = slot.size > kInlineBytes;
    std::size_t at = hash({slot.a, is_long ? 0 : slot.b, slot.size}) & mask;
    while (slots_[at].id_plus_1 != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

void TextDictionary::clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  long_texts_.clear();
  count_ = 0;
  last_ = {};
}

}  // namespace adbacus
