// Hash of texts for unordered containers that are asked with a view: with std::equal_to<> as the
// other parameter no std::string is made to look something up.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace adbacus {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

}  // namespace adbacus
