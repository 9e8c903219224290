#include "report/suggestion.hpp"

#include <algorithm>
#include <numeric>

namespace adbacus {
namespace {

constexpr std::size_t kNameBytesMax = 64;  // of what is compared and repeated
constexpr std::size_t kDistanceMax = 3;

// Edits, with two neighbours swapped as one (Damerau, restricted).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(above.begin(), above.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string unknown_name(std::string_view what, std::string_view name,
                         const std::vector<std::string>& known) {
  const std::string_view shown = name.substr(0, kNameBytesMax);
  std::string text = "unknown ";
  text.append(what).append(" '").append(shown).append("'");
  std::size_t best = std::min(kDistanceMax, shown.size() / 2) + 1;
  const std::string* nearest = nullptr;
  for (const std::string& candidate : known) {
    const std::size_t edits = distance(shown, candidate);
    if (edits < best) {
      best = edits;
      nearest = &candidate;
    }
  }
  if (nearest != nullptr) text.append("; did you mean '").append(*nearest).append("'?");
  text.append(nearest != nullptr ? " Known: " : "; known: ");
  for (std::size_t i = 0; i < known.size(); ++i) text.append(i == 0 ? "" : ", ").append(known[i]);
  return text;
}

}  // namespace adbacus
