// Random catalogs and requests for them, small enough that everything happens often: same
// advertisers, few sizes, caps that are reached, spent budgets. Belongs to one thread.
#pragma once

#include <deque>
#include <string>

#include "base/rng.hpp"
#include "decision/testing/naive_decider.hpp"
#include "decision/testing/serving_bench.hpp"

namespace adbacus {

class RandomCatalog {
 public:
  explicit RandomCatalog(Rng& rng) : rng_(rng) {}

  // Fills the bench's catalog and ledger, and tells the model what it has to know beside.
  void fill(ServingBench& bench, NaiveDecider& model);
  // Texts live as long as the object. One slot, or up to four.
  AdRequest request(TimeUs now_us, std::size_t slots_max);

 private:
  bool one_in(std::uint64_t n) { return rng_.below(n) == 0; }
  std::string any(const char* prefix, std::uint64_t count) {
    return prefix + std::to_string(rng_.below(count));
  }
  std::string_view text(std::string value) { return texts_.emplace_back(std::move(value)); }
  std::vector<FrequencyCap> caps(std::uint64_t one_in_n);
  void schedule(std::optional<TimeUs>& start_at, std::optional<TimeUs>& end_at, TimeUs now_us);
  void add_campaign(const std::string& id, ServingBench& bench, NaiveDecider& model);
  void add_item(const std::string& id, ServingBench& bench, NaiveDecider& model);
  void add_creatives(const std::string& item, PlainCatalog& catalog);
  AdSlot slot();
  AdBlocks blocks();

  Rng& rng_;
  bool with_ads_ = false;  // every creative has one, and slots ask for their types
  std::uint64_t items_ = 0;
  std::uint64_t creatives_ = 0;
  std::deque<std::string> texts_;
};

}  // namespace adbacus
