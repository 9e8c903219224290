#include "store/embedded/series_places.hpp"

#include <algorithm>
#include <mutex>

namespace adbacus {

const std::vector<SeriesPlaces::Place>& SeriesPlaces::catch_up() {
  const std::size_t size = series_.size();
  // Only the writer changes places_, so it may read it without the lock.
  if (places_.size() == size) return places_;
  const std::unique_lock lock(mutex_);
  for (std::size_t id = places_.size(); id < size; ++id) {
    const Series& series = series_.get(static_cast<SeriesId>(id));
    auto& number = numbers_[series.dims[static_cast<std::size_t>(SeriesDim::tenant)]]
                           [static_cast<std::size_t>(series.cube)];
    if (!number) {
      number = static_cast<TableNumber>(tables_.size());
      tables_.push_back({series.cube, {}, {}, 0});
    }
    Table& table = tables_[*number];
    const auto campaign =
        table.campaigns
            .try_emplace(series.dims[static_cast<std::size_t>(SeriesDim::campaign)],
                         static_cast<CampaignNumber>(table.campaigns.size()))
            .first->second;
    if (campaign == table.series.size()) table.series.emplace_back();
    table.series[campaign].push_back(static_cast<SeriesId>(id));
    ++table.series_count;
    places_.push_back({*number, campaign});
  }
  return places_;
}

std::size_t SeriesPlaces::tables() const {
  const std::shared_lock lock(mutex_);
  return tables_.size();
}

std::optional<TableNumber> SeriesPlaces::find_table(std::string_view tenant, Cube cube) const {
  const std::shared_lock lock(mutex_);
  const auto found = numbers_.find(std::string(tenant));
  if (found == numbers_.end()) return std::nullopt;
  return found->second[static_cast<std::size_t>(cube)];
}

Cube SeriesPlaces::cube_of(TableNumber table) const {
  const std::shared_lock lock(mutex_);
  return tables_[table].cube;
}

std::vector<CampaignNumber> SeriesPlaces::campaigns(TableNumber table,
                                                    const std::vector<std::string>& texts) const {
  std::vector<CampaignNumber> result;
  const std::shared_lock lock(mutex_);
  for (const std::string& text : texts) {
    const auto found = tables_[table].campaigns.find(text);
    if (found != tables_[table].campaigns.end()) result.push_back(found->second);
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<SeriesId> SeriesPlaces::series_of(
    TableNumber table, const std::optional<std::vector<CampaignNumber>>& campaigns) const {
  std::vector<SeriesId> result;
  const std::shared_lock lock(mutex_);
  const auto& lists = tables_[table].series;
  if (!campaigns) {
    for (const auto& list : lists) result.insert(result.end(), list.begin(), list.end());
    return result;
  }
  for (const CampaignNumber campaign : *campaigns) {
    result.insert(result.end(), lists[campaign].begin(), lists[campaign].end());
  }
  return result;
}

std::size_t SeriesPlaces::series_count(
    TableNumber table, const std::optional<std::vector<CampaignNumber>>& campaigns) const {
  const std::shared_lock lock(mutex_);
  if (!campaigns) return tables_[table].series_count;
  std::size_t count = 0;
  for (const CampaignNumber campaign : *campaigns) count += tables_[table].series[campaign].size();
  return count;
}

}  // namespace adbacus
