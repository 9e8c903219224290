#include "store/rollup.hpp"

namespace adbacus {

std::string_view series_dim_name(SeriesDim dim) {
  switch (dim) {
    case SeriesDim::tenant:
      return "tenant";
    case SeriesDim::campaign:
      return "campaign_id";
    case SeriesDim::placement:
      return "placement_id";
    case SeriesDim::source:
      return "source";
    case SeriesDim::conversion_type:
      return "conversion_type";
    case SeriesDim::currency:
      return "currency";
    case SeriesDim::line_item:
      return "line_item_id";
    case SeriesDim::creative:
      return "creative_id";
    case SeriesDim::ad:
      return "ad_id";
    case SeriesDim::publisher:
      return "publisher_id";
    case SeriesDim::country:
      return "country";
    case SeriesDim::device:
      return "device";
  }
  return "";
}

Series other_series(const Series& of) {
  Series other{.cube = of.cube, .dims = {}};
  for (std::size_t i = 0; i < kSeriesDims; ++i) {
    const auto dim = static_cast<SeriesDim>(i);
    const bool kept = dim == SeriesDim::tenant || dim == SeriesDim::currency;
    if (kept) other.dims[i] = of.dims[i];
    if (!kept && (of.cube == Cube::breakdown || i < kTrafficDims)) other.dims[i] = kOtherKey;
  }
  return other;
}

bool is_other(const Series& series) {
  return series.dims[static_cast<std::size_t>(SeriesDim::campaign)] == kOtherKey;
}

std::string_view cube_name(Cube cube) {
  switch (cube) {
    case Cube::traffic:
      return "traffic";
    case Cube::breakdown:
      return "breakdown";
  }
  return "";
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::minute:
      return "minute";
    case Level::hour:
      return "hour";
    case Level::day:
      return "day";
    case Level::month:
      return "month";
  }
  return "";
}

std::string_view slice_name(Slice slice) {
  switch (slice) {
    case Slice::counted_valid:
      return "counted_valid";
    case Slice::counted_suspect:
      return "counted_suspect";
    case Slice::counted_machine:
      return "counted_machine";
    case Slice::counted_givt:
      return "counted_givt";
    case Slice::counted_sivt:
      return "counted_sivt";
    case Slice::repeat_valid:
      return "repeat_valid";
    case Slice::repeat_suspect:
      return "repeat_suspect";
    case Slice::repeat_machine:
      return "repeat_machine";
    case Slice::repeat_givt:
      return "repeat_givt";
    case Slice::repeat_sivt:
      return "repeat_sivt";
    case Slice::duplicate_id:
      return "duplicate_id";
    case Slice::duplicate_differs:
      return "duplicate_differs";
    case Slice::transition:
      return "transition";
    case Slice::attributed:
      return "attributed";
  }
  return "";
}

std::string_view counter_name(Counter64 counter) {
  switch (counter) {
    case Counter64::impressions:
      return "impressions";
    case Counter64::viewable:
      return "viewable";
    case Counter64::clicks:
      return "clicks";
    case Counter64::conversions:
      return "conversions";
    case Counter64::views:
      return "views";
    case Counter64::interactions:
      return "interactions";
    case Counter64::page_views:
      return "page_views";
    case Counter64::customs:
      return "customs";
    case Counter64::pending:
      return "pending";
    case Counter64::rejected:
      return "rejected";
    case Counter64::rebills:
      return "rebills";
    case Counter64::events:
      return "events";
    case Counter64::value_micros:
      return "value_micros";
    case Counter64::cost_micros:
      return "cost_micros";
  }
  return "";
}

namespace {

// The slices of counted and of repeat events stand in the order of TrafficClass.
Slice with_class(Slice first, TrafficClass traffic_class) {
  return static_cast<Slice>(static_cast<unsigned>(first) + static_cast<unsigned>(traffic_class));
}

}  // namespace

Slice slice_of(Disposition disposition, TrafficClass traffic_class) {
  switch (disposition) {
    case Disposition::counted:
      return with_class(Slice::counted_valid, traffic_class);
    case Disposition::repeat:
      return with_class(Slice::repeat_valid, traffic_class);
    case Disposition::transition:
      return Slice::transition;
    case Disposition::duplicate_id:
      return Slice::duplicate_id;
    case Disposition::duplicate_differs:
      return Slice::duplicate_differs;
  }
  return Slice::counted_valid;
}

}  // namespace adbacus
