// Where a series' rows live in memory: its table (one per tenant and cube) and its campaign's
// number in it. Thread-safe: the writer extends it, readers look up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/embedded/row_run.hpp"
#include "store/series_table.hpp"

namespace adbacus {

using TableNumber = std::uint32_t;

class SeriesPlaces {
 public:
  struct Place {
    TableNumber table = 0;
    CampaignNumber campaign = 0;
  };

  explicit SeriesPlaces(const SeriesTable& series) : series_(series) {}

  // Takes in every series interned so far; returns all places by series id, for the writer only:
  // the vector grows with the next call.
  const std::vector<Place>& catch_up();
  std::size_t tables() const;
  std::optional<TableNumber> find_table(std::string_view tenant, Cube cube) const;
  Cube cube_of(TableNumber table) const;
  // Numbers of those campaigns that have series, ascending.
  std::vector<CampaignNumber> campaigns(TableNumber table,
                                        const std::vector<std::string>& texts) const;
  // Series of these campaigns, or of all; and how many they are.
  std::vector<SeriesId> series_of(
      TableNumber table, const std::optional<std::vector<CampaignNumber>>& campaigns) const;
  std::size_t series_count(TableNumber table,
                           const std::optional<std::vector<CampaignNumber>>& campaigns) const;

 private:
  struct Table {
    Cube cube = Cube::traffic;
    std::unordered_map<std::string, CampaignNumber> campaigns;
    std::vector<std::vector<SeriesId>> series;  // by campaign
    std::size_t series_count = 0;
  };
  const SeriesTable& series_;
  mutable std::shared_mutex mutex_;  // guards all below
  std::vector<Place> places_;
  std::vector<Table> tables_;
  std::unordered_map<std::string, std::array<std::optional<TableNumber>, 2>> numbers_;
};

}  // namespace adbacus
