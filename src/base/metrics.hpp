// Process-wide metrics in Prometheus text format. Registering happens at start-up and is
// thread-safe; updating is wait-free. Names follow docs (adbacus_ prefix, units last, _total for
// counters). Labels are a closed, small set: never a tenant, campaign, user or address.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace adbacus {

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Log-linear histogram of microseconds: 8 sub-buckets per power of two, 1 us to about 18 min.
class Histogram {
 public:
  static constexpr int kBuckets = 8 * 28;
  void record_us(std::uint64_t us);
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  std::uint64_t sum_us() const { return sum_us_.load(std::memory_order_relaxed); }
  // Upper bound of the bucket that holds quantile q in (0, 1]; 0 when empty.
  std::uint64_t quantile_us(double q) const;
  // Recorded values in buckets that end at or below le_us, so a value may count for the next bound.
  std::uint64_t cumulative(std::uint64_t le_us) const;

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> sum_us_{0};
};

// `labels` is the text inside the braces, e.g. result="accepted"; empty for none. The same name and
// labels give the same object. References stay valid for the whole process.
Counter& counter(std::string_view name, std::string_view help, std::string_view labels = {});
Gauge& gauge(std::string_view name, std::string_view help, std::string_view labels = {});
Histogram& histogram(std::string_view name, std::string_view help, std::string_view labels = {});
// A gauge computed when scraped. `read` must be thread-safe, must not touch the registry, and is
// not called any more once the handle is destroyed. Returns a handle whose destruction unregisters.
class GaugeFn {
 public:
  GaugeFn(std::string name, std::string help, std::string labels, std::function<double()> read);
  ~GaugeFn();
  GaugeFn(const GaugeFn&) = delete;
  GaugeFn& operator=(const GaugeFn&) = delete;

 private:
  std::uint64_t id_;
};

std::string metrics_text();  // Prometheus exposition format 0.0.4, families sorted by name

}  // namespace adbacus
