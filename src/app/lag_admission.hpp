// Back-pressure by processing lag: below slow_lag everything is admitted; from there on requests
// are let in only as fast as the fold works, so the lag stops growing; from refuse_lag the answer
// is 503. admit() reads one atomic while all is well. A thread of its own watches the lag and lets
// waiting requests go on.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "base/clock.hpp"
#include "base/periodic_thread.hpp"
#include "ingest/admission.hpp"
#include "processor/pipeline.hpp"

namespace adbacus {

struct LagAdmissionOptions {
  TimeUs slow_lag_us = 30 * kSecondUs;
  TimeUs refuse_lag_us = 300 * kSecondUs;
  int tick_ms = 50;
  std::size_t waiting_max = 1024;  // delayed requests; more are refused
};

class LagAdmission final : public AdmissionControl {
 public:
  // `status` is called from the admission's thread and must outlive it.
  LagAdmission(std::function<PipelineStatus()> status, LagAdmissionOptions options);
  ~LagAdmission() override;  // lets every waiting request go on

  Admission admit(std::string_view tenant, std::size_t body_bytes) override;
  void delay(std::function<void()> resume) override;
  // One look at the lag; the thread does this every tick. Public for tests.
  void tick();

 private:
  enum class Pace : std::uint8_t { free, slow, refuse };

  std::function<PipelineStatus()> status_;
  const LagAdmissionOptions options_;
  std::atomic<Pace> pace_{Pace::free};
  std::mutex mutex_;  // guards all below but the thread
  std::deque<std::function<void()>> waiting_;
  Seq folded_ = 0;                     // at the last tick
  std::int64_t events_allowance_ = 0;  // that may still come in at this tick's pace
  bool stopping_ = false;
  PeriodicThread thread_;
};

}  // namespace adbacus
