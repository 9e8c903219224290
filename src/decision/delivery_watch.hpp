// Looks at some decisions a second line item by line item, away from those who wait for an answer,
// and puts what it sees into the DeliveryHistory. offer() is thread-safe and copies a request only
// if it is due; look() belongs to one thread.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "decision/decider.hpp"
#include "decision/delivery_history.hpp"

namespace adbacus {

class DeliveryWatch {
 public:
  explicit DeliveryWatch(const DeliveryHistoryOptions& options) : history_(options) {}

  void offer(const TenantPlan& plan, const AdRequest& request, const AdSlot& slot,
             const std::vector<Decision>& chosen);
  void look(const ServingState& state, const Decider& decider);
  const DeliveryHistory& history() const { return history_; }

 private:
  static constexpr std::size_t kWaitingMax = 64;
  struct Sample {
    std::deque<std::string> texts = {};  // what the views of the request show
    AdRequest request = {};
    AdSlot slot = {};
    std::string tenant = {};
    std::vector<std::string> chosen = {};  // line items
    std::uint64_t weight = 0;
  };
  static Sample copy_of(const AdRequest& request, const AdSlot& slot);
  void look_at(const Sample& sample, const TenantState& state, const Decider& decider);

  DeliveryHistory history_;
  std::mutex mutex_;
  std::vector<Sample> waiting_;  // guarded by mutex_
};

}  // namespace adbacus
