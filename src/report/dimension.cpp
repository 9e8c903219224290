#include "report/dimension.hpp"

#include <array>

namespace adbacus {
namespace {

struct TimeRow {
  std::string_view name;
  TimeUnit unit;
};
constexpr std::array<TimeRow, 8> kTimes{{{"minute", TimeUnit::minute},
                                         {"five_minute", TimeUnit::five_minute},
                                         {"hour", TimeUnit::hour},
                                         {"day", TimeUnit::day},
                                         {"week", TimeUnit::week},
                                         {"month", TimeUnit::month},
                                         {"hour_of_day", TimeUnit::hour_of_day},
                                         {"weekday", TimeUnit::weekday}}};
struct SeriesRow {
  std::string_view name;
  SeriesDim dim;
};
constexpr std::array<SeriesRow, 11> kSeries{{{"campaign_id", SeriesDim::campaign},
                                             {"placement_id", SeriesDim::placement},
                                             {"source", SeriesDim::source},
                                             {"conversion_type", SeriesDim::conversion_type},
                                             {"currency", SeriesDim::currency},
                                             {"line_item_id", SeriesDim::line_item},
                                             {"creative_id", SeriesDim::creative},
                                             {"ad_id", SeriesDim::ad},
                                             {"publisher_id", SeriesDim::publisher},
                                             {"country", SeriesDim::country},
                                             {"device", SeriesDim::device}}};
struct RawRow {
  std::string_view name;
  std::string_view column;
};
constexpr std::array<RawRow, 16> kRaw{{{"region", "region"},
                                       {"city", "city"},
                                       {"os", "os"},
                                       {"browser", "browser"},
                                       {"language", "language"},
                                       {"event_type", "event_type"},
                                       {"disposition", "disposition"},
                                       {"ivt_class", "traffic_class"},
                                       {"product_sku", "metadata.product_sku"},
                                       {"utm_source", "metadata.utm_source"},
                                       {"utm_medium", "metadata.utm_medium"},
                                       {"utm_campaign", "metadata.utm_campaign"},
                                       {"utm_term", "metadata.utm_term"},
                                       {"utm_content", "metadata.utm_content"},
                                       {"utm_id", "metadata.utm_id"},
                                       {"asn", "metadata.asn"}}};
constexpr std::string_view kMetadata = "metadata.";
constexpr std::size_t kKeyBytesMax = 128;

}  // namespace

std::optional<Dimension> find_dimension(std::string_view name) {
  Dimension dimension;
  dimension.name = name;
  for (const TimeRow& row : kTimes) {
    if (row.name != name) continue;
    dimension.kind = Dimension::Kind::time;
    dimension.unit = row.unit;
    dimension.column = name;
    return dimension;
  }
  for (const SeriesRow& row : kSeries) {
    if (row.name != name) continue;
    dimension.series = row.dim;
    dimension.column = name;
    return dimension;
  }
  dimension.kind = Dimension::Kind::raw;
  for (const RawRow& row : kRaw) {
    if (row.name != name) continue;
    dimension.column = row.column;
    return dimension;
  }
  if (name.starts_with(kMetadata) && name.size() > kMetadata.size() &&
      name.size() <= kMetadata.size() + kKeyBytesMax) {
    dimension.column = name;
    return dimension;
  }
  return std::nullopt;
}

std::vector<std::string> dimension_names() {
  std::vector<std::string> names;
  for (const TimeRow& row : kTimes) names.emplace_back(row.name);
  for (const SeriesRow& row : kSeries) names.emplace_back(row.name);
  for (const RawRow& row : kRaw) names.emplace_back(row.name);
  names.emplace_back("metadata.<key>");
  return names;
}

std::vector<std::string> filter_field_names() {
  std::vector<std::string> names = dimension_names();
  std::erase_if(names, [](const std::string& name) {
    const auto dimension = find_dimension(name);
    return dimension && dimension->kind == Dimension::Kind::time && !is_cyclic(dimension->unit);
  });
  return names;
}

bool is_cyclic(TimeUnit unit) {
  return unit == TimeUnit::hour_of_day || unit == TimeUnit::weekday;
}

bool in_traffic_cube(SeriesDim dim) {
  switch (dim) {
    case SeriesDim::tenant:
    case SeriesDim::campaign:
    case SeriesDim::placement:
    case SeriesDim::source:
    case SeriesDim::conversion_type:
    case SeriesDim::currency:
      return true;
    case SeriesDim::line_item:
    case SeriesDim::creative:
    case SeriesDim::ad:
    case SeriesDim::publisher:
    case SeriesDim::country:
    case SeriesDim::device:
      return false;
  }
  return false;
}

}  // namespace adbacus
