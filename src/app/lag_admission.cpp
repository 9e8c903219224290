#include "app/lag_admission.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace adbacus {
namespace {

// Requests are weighed before they are parsed; a compact JSON event takes about this many bytes, so
// the estimate errs towards letting too few in.
constexpr std::size_t kEventBytes = 200;
constexpr int kRetryAfterS = 10;

std::int64_t events_of(std::size_t body_bytes) {
  return static_cast<std::int64_t>(body_bytes / kEventBytes) + 1;
}

}  // namespace

LagAdmission::LagAdmission(std::function<PipelineStatus()> status, LagAdmissionOptions options)
    : status_(std::move(status)), options_(options) {
  thread_.start("lag", std::chrono::milliseconds(options_.tick_ms), [this] { tick(); });
}

LagAdmission::~LagAdmission() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  thread_.stop();
  for (const auto& resume : waiting_) resume();
}

Admission LagAdmission::admit(std::string_view, std::size_t body_bytes) {
  const Pace pace = pace_.load(std::memory_order_relaxed);
  if (pace == Pace::free) return {};
  Admission answer;
  answer.status = 503;
  answer.code = "processing_lag";
  answer.detail = "processing is behind; the events were not taken";
  answer.retry_after_s = kRetryAfterS;
  answer.verdict = Admission::Verdict::refuse;
  if (pace == Pace::refuse) return answer;
  const std::lock_guard lock(mutex_);
  if (events_allowance_ > 0) {
    events_allowance_ -= events_of(body_bytes);
    return {};
  }
  if (waiting_.size() < options_.waiting_max && !stopping_)
    answer.verdict = Admission::Verdict::delay;
  return answer;
}

void LagAdmission::delay(std::function<void()> resume) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      waiting_.push_back(std::move(resume));
      return;
    }
  }
  resume();
}

void LagAdmission::tick() {
  const PipelineStatus status = status_();
  std::deque<std::function<void()>> ready;
  {
    const std::lock_guard lock(mutex_);
    const auto folded =
        static_cast<std::int64_t>(status.position - std::min(folded_, status.position));
    folded_ = status.position;
    const Pace pace = status.lag_us >= options_.refuse_lag_us ? Pace::refuse
                      : status.lag_us >= options_.slow_lag_us ? Pace::slow
                                                              : Pace::free;
    pace_ = pace;
    // What was folded since the last tick may come in during the next; a debt is carried on.
    events_allowance_ = std::min<std::int64_t>(events_allowance_, 0) + folded;
    // Released requests ask admit() again, so releasing too many costs a round and nothing else.
    const std::size_t count =
        pace == Pace::slow ? std::min(waiting_.size(), options_.waiting_max / 8) : waiting_.size();
    for (std::size_t i = 0; i < count; ++i) {
      ready.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  for (const auto& resume : ready) resume();
}

}  // namespace adbacus
