#include "base/metrics.hpp"

#include <cassert>
#include <utility>

#include "base/metrics_registry.hpp"

namespace adbacus {
namespace {

MetricFamily& family_of(MetricsRegistry& registry, std::string_view name, std::string_view help,
                        std::string_view type) {
  auto found = registry.families.find(name);
  if (found == registry.families.end()) {
    MetricFamily family{std::string(help), type, {}};
    found = registry.families.emplace(std::string(name), std::move(family)).first;
  }
  assert(found->second.type == type && "one name, one type of metric");
  return found->second;
}

template <class T>
T& registered(std::string_view name, std::string_view help, std::string_view labels,
              std::string_view type) {
  MetricsRegistry& registry = metrics_registry();
  const std::lock_guard lock(registry.mutex);
  MetricFamily& family = family_of(registry, name, help, type);
  auto found = family.series.find(labels);
  if (found == family.series.end()) {
    found = family.series.emplace(std::string(labels), std::make_unique<T>()).first;
  }
  assert(std::holds_alternative<std::unique_ptr<T>>(found->second));
  return *std::get<std::unique_ptr<T>>(found->second);
}

}  // namespace

MetricsRegistry& metrics_registry() {
  // Leaked on purpose: threads may still count while static objects are destroyed.
  static auto* registry = new MetricsRegistry;
  return *registry;
}

Counter& counter(std::string_view name, std::string_view help, std::string_view labels) {
  return registered<Counter>(name, help, labels, "counter");
}

Gauge& gauge(std::string_view name, std::string_view help, std::string_view labels) {
  return registered<Gauge>(name, help, labels, "gauge");
}

Histogram& histogram(std::string_view name, std::string_view help, std::string_view labels) {
  return registered<Histogram>(name, help, labels, "histogram");
}

GaugeFn::GaugeFn(std::string name, std::string help, std::string labels,
                 std::function<double()> read) {
  MetricsRegistry& registry = metrics_registry();
  const std::lock_guard lock(registry.mutex);
  id_ = registry.next_id++;
  MetricFamily& family = family_of(registry, name, help, "gauge");
  // The newest reading wins: a component that is replaced registers before the old one goes.
  family.series.insert_or_assign(std::move(labels), GaugeReading{id_, std::move(read)});
}

GaugeFn::~GaugeFn() {
  MetricsRegistry& registry = metrics_registry();
  const std::lock_guard lock(registry.mutex);
  for (auto& [name, family] : registry.families) {
    std::erase_if(family.series, [this](const auto& series) {
      const auto* reading = std::get_if<GaugeReading>(&series.second);
      return reading != nullptr && reading->id == id_;
    });
  }
}

}  // namespace adbacus
