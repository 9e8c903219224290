#include "app/load/load_tally.hpp"

namespace adbacus {

void CampaignTally::add(const LoadEvent& event) {
  if (event.is_duplicate) {
    ++duplicates;
    return;
  }
  ++unique[static_cast<std::size_t>(event.type)];
  value_cents += event.value_cents;
}

void CampaignTally::add(const CampaignTally& other) {
  for (std::size_t i = 0; i < unique.size(); ++i) unique[i] += other.unique[i];
  duplicates += other.duplicates;
  value_cents += other.value_cents;
}

void LoadTally::add(const LoadTally& other) {
  const LoadReport& from = other.counts;
  counts.requests += from.requests;
  counts.events += from.events;
  counts.accepted += from.accepted;
  counts.duplicates += from.duplicates;
  counts.rejected += from.rejected;
  counts.errors += from.errors;
  counts.status_429 += from.status_429;
  counts.status_503 += from.status_503;
  counts.status_other += from.status_other;
  counts.repeats += from.repeats;
  counts.unsent += from.unsent;
  counts.unsettled += from.unsettled;
  counts.cpu_s += from.cpu_s;
  latency.merge(other.latency);
  if (campaigns.size() < other.campaigns.size()) campaigns.resize(other.campaigns.size());
  for (std::size_t i = 0; i < other.campaigns.size(); ++i) campaigns[i].add(other.campaigns[i]);
  positions.insert(positions.end(), other.positions.begin(), other.positions.end());
  if (failure.empty()) failure = other.failure;
  unknown_outcomes += other.unknown_outcomes;
}

}  // namespace adbacus
