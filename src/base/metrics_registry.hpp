// What is registered with metrics.hpp, for metrics_text() to print. Used inside base/ only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "base/metrics.hpp"

namespace adbacus {

struct GaugeReading {
  std::uint64_t id;
  std::function<double()> read;
};

// One series of a family. The variant's alternative is the family's type.
using MetricSeries = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
                                  std::unique_ptr<Histogram>, GaugeReading>;

struct MetricFamily {
  std::string help;
  std::string_view type;                                    // as Prometheus calls it
  std::map<std::string, MetricSeries, std::less<>> series;  // by labels
};

struct MetricsRegistry {
  std::mutex mutex;  // guards everything below
  std::uint64_t next_id = 1;
  std::map<std::string, MetricFamily, std::less<>> families;  // by name
};

MetricsRegistry& metrics_registry();  // lives for the whole process, never destroyed

}  // namespace adbacus
