// Prometheus exposition format 0.0.4:
// https://prometheus.io/docs/instrumenting/exposition_formats/
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "base/metrics.hpp"
#include "base/metrics_registry.hpp"

namespace adbacus {
namespace {

struct Bound {
  std::uint64_t us;
  std::string_view seconds;
};
// From a cached read to a request's time limit; the same for every histogram, so they can be added.
constexpr std::array kBounds{
    Bound{50, "0.00005"},    Bound{100, "0.0001"},    Bound{250, "0.00025"},
    Bound{500, "0.0005"},    Bound{1'000, "0.001"},   Bound{2'500, "0.0025"},
    Bound{5'000, "0.005"},   Bound{10'000, "0.01"},   Bound{25'000, "0.025"},
    Bound{50'000, "0.05"},   Bound{100'000, "0.1"},   Bound{250'000, "0.25"},
    Bound{500'000, "0.5"},   Bound{1'000'000, "1"},   Bound{2'500'000, "2.5"},
    Bound{5'000'000, "5"},   Bound{10'000'000, "10"}, Bound{30'000'000, "30"},
    Bound{60'000'000, "60"},
};

class TextWriter {
 public:
  void family(std::string_view name, const MetricFamily& family) {
    if (family.series.empty()) return;
    std::string help;
    for (const char c : family.help) {
      if (c == '\\') help += "\\\\";
      if (c == '\n') help += "\\n";
      if (c != '\\' && c != '\n') help += c;
    }
    append("# HELP {} {}\n# TYPE {} {}\n", name, help, name, family.type);
    for (const auto& [labels, series] : family.series) {
      std::visit([&, &l = labels](const auto& metric) { sample(name, l, metric); }, series);
    }
  }
  std::string take() { return std::move(text_); }

 private:
  template <class... Args>
  void append(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  template <class Value>
  void line(std::string_view name, std::string_view labels, const Value& value) {
    if (labels.empty()) {
      append("{} {}\n", name, value);
    } else {
      append("{}{{{}}} {}\n", name, labels, value);
    }
  }
  void sample(std::string_view name, std::string_view labels,
              const std::unique_ptr<Counter>& metric) {
    line(name, labels, metric->value());
  }
  void sample(std::string_view name, std::string_view labels,
              const std::unique_ptr<Gauge>& metric) {
    line(name, labels, metric->value());
  }
  void sample(std::string_view name, std::string_view labels, const GaugeReading& metric) {
    const double value = metric.read();
    if (std::isnan(value)) return line(name, labels, "NaN");
    if (std::isinf(value)) return line(name, labels, value > 0 ? "+Inf" : "-Inf");
    line(name, labels, value);
  }
  void sample(std::string_view name, std::string_view labels,
              const std::unique_ptr<Histogram>& metric) {
    // Values come in while this reads; a cumulative series must not fall all the same.
    std::uint64_t last = 0;
    const std::string_view comma = labels.empty() ? "" : ",";
    for (const Bound& bound : kBounds) {
      last = std::max(last, metric->cumulative(bound.us));
      append("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bound.seconds, last);
    }
    const std::uint64_t count = std::max(last, metric->count());
    append("{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, labels, comma, count);
    line(fmt::format("{}_sum", name), labels, static_cast<double>(metric->sum_us()) / 1e6);
    line(fmt::format("{}_count", name), labels, count);
  }

  std::string text_;
};

}  // namespace

std::string metrics_text() {
  MetricsRegistry& registry = metrics_registry();
  const std::lock_guard lock(registry.mutex);
  TextWriter writer;
  for (const auto& [name, family] : registry.families) writer.family(name, family);
  return writer.take();
}

}  // namespace adbacus
