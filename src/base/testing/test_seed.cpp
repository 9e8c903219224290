#include "base/testing/test_seed.hpp"

#include <cstdlib>
#include <iostream>

namespace adbacus {

std::uint64_t test_seed() {
  const char* text = std::getenv("ADBACUS_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : 20261121;
  std::cout << "seed " << seed << "\n";
  return seed;
}

}  // namespace adbacus
