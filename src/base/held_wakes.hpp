// Keeps back the wake-ups of other threads for a moment. Who answers many waiting threads' requests
// in a row would else wake each with its first answer, be put off the core by it, and wake it again
// with the next. A thread uses its own; nothing here is shared.
#pragma once

#include <functional>

namespace adbacus {

class HeldWakes {
 public:
  // Until it goes, wake-ups given to wake() on this thread are kept. They do not nest.
  HeldWakes();
  ~HeldWakes();
  HeldWakes(const HeldWakes&) = delete;
  HeldWakes& operator=(const HeldWakes&) = delete;

  // Those kept so far happen now, in their order.
  void release();
};

// Calls `wake` now, or when what this thread holds is released. It must not throw.
void wake(std::function<void()> wake);

}  // namespace adbacus
