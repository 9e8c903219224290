#include "base/held_wakes.hpp"

#include <cassert>
#include <utility>
#include <vector>

namespace adbacus {
namespace {

struct Held {
  bool holds = false;
  std::vector<std::function<void()>> wakes;
};
thread_local Held held;

}  // namespace

HeldWakes::HeldWakes() {
  assert(!held.holds);
  held.holds = true;
}

HeldWakes::~HeldWakes() {
  release();
  held.holds = false;
}

void HeldWakes::release() {
  for (const auto& wake : held.wakes) wake();
  held.wakes.clear();
}

void wake(std::function<void()> wake) {
  if (!held.holds) return wake();
  held.wakes.push_back(std::move(wake));
}

}  // namespace adbacus
