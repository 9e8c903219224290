// Back-pressure: whether ingest takes a request now. Implemented in app over the log's state and
// the quotas; asked by the ingest routes before a body is parsed.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace adbacus {

struct Admission {
  enum class Verdict { admit, refuse, delay };
  Verdict verdict = Verdict::admit;
  // Of a refusal.
  int status = 503;  // 429: the tenant's quota; 503: our state
  std::string code = "overloaded";
  std::string detail = "too much is waiting to be stored";
  int retry_after_s = 1;
};

// Thread-safe, never blocks.
class AdmissionControl {
 public:
  virtual ~AdmissionControl() = default;
  virtual Admission admit(std::string_view tenant, std::size_t body_bytes) = 0;
  // Called when admit() said delay: runs `resume` once, soon, on any thread; it asks admit() again,
  // so how long a request may wait is decided there.
  virtual void delay(std::function<void()> resume) = 0;
};

// Takes everything; the log still refuses when too much waits for it.
class AdmitAll final : public AdmissionControl {
 public:
  Admission admit(std::string_view, std::size_t) override { return {}; }
  void delay(std::function<void()> resume) override { resume(); }
};

}  // namespace adbacus
