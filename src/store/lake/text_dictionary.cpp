#include "store/lake/text_dictionary.hpp"

#include <algorithm>

namespace adbacus {

void TextDictionary::grow() {
  slots_.assign(slots_.empty() ? 16 : slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t id = 0; id < size(); ++id) {
    std::size_t at = place(keys_[id]) & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = id + 1;
  }
}

void TextDictionary::clear() {
  std::fill(slots_.begin(), slots_.end(), 0);
  keys_.clear();
}

}  // namespace adbacus
