#include "app/verify/recount.hpp"

#include <array>
#include <fmt/format.h>
#include <span>

#include "app/verify/attributed_recount.hpp"
#include "eventlog/control_entries.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kReadBytes = 4U << 20U;
constexpr std::uint64_t kProgressEvents = 1U << 16U;

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '|':
        out += "%7C";
        break;
      case '%':
        out += "%25";
        break;
      case '\n':
        out += "%0A";
        break;
      case '\r':
        out += "%0D";
        break;
      default:
        out.push_back(c);
    }
  }
}

// "2026-11-21T12:34:56.000000Z", by the proleptic Gregorian calendar (Hinnant, days algorithms).
std::string instant_text(TimeUs time) {
  const std::int64_t day = floor_to(time, kDayUs) / kDayUs;
  const std::int64_t second = (time - day * kDayUs) / kSecondUs;
  const std::int64_t z = day + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const std::int64_t doe = z - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  const std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000000Z", year, month,
                     doy - (153 * mp + 2) / 5 + 1, second / 3600, second / 60 % 60, second % 60);
}

const char* slice_text(Disposition disposition) {
  switch (disposition) {
    case Disposition::counted:
      return "counted_valid";
    case Disposition::repeat:
      return "repeat_valid";
    case Disposition::transition:
      return "transition";
    case Disposition::duplicate_id:
      return "duplicate_id";
    case Disposition::duplicate_differs:
      return "duplicate_differs";
  }
  return "";
}

// The counting rules once more, in the words of the interface's documentation.
Counters counts_of(const Event& e, Disposition disposition) {
  Counters c;
  c[Counter64::events] = 1;
  if (disposition == Disposition::transition) return c;
  c[Counter64::cost_micros] = e.cost_micros;
  c[Counter64::impressions] = e.type == EventType::impression ? 1 : 0;
  c[Counter64::viewable] = e.type == EventType::viewable_impression ? 1 : 0;
  c[Counter64::clicks] = e.type == EventType::click ? 1 : 0;
  c[Counter64::views] = e.type == EventType::view ? 1 : 0;
  c[Counter64::interactions] = e.type == EventType::interaction ? 1 : 0;
  c[Counter64::page_views] = e.type == EventType::page_view ? 1 : 0;
  c[Counter64::customs] = e.type == EventType::custom ? 1 : 0;
  if (e.type != EventType::conversion) return c;
  const bool approved =
      e.status == ConversionStatus::none || e.status == ConversionStatus::approved;
  const bool rebill = e.status == ConversionStatus::rebill;
  const bool takes_back = e.conversion_type == "refund" || e.conversion_type == "chargeback";
  c[Counter64::conversions] = approved && !takes_back ? 1 : 0;
  c[Counter64::pending] = e.status == ConversionStatus::pending ? 1 : 0;
  c[Counter64::rejected] = e.status == ConversionStatus::rejected ? 1 : 0;
  c[Counter64::rebills] = rebill ? 1 : 0;
  c[Counter64::value_micros] = approved || rebill ? e.value_micros : 0;
  return c;
}

template <class Texts>
std::string key_of(std::string_view cube, std::string_view level, TimeUs period_us,
                   const Texts& dims, std::string_view slice) {
  std::string key = fmt::format("{}|{}|{}", cube, level, instant_text(period_us));
  for (std::size_t i = 0; i < kSeriesDims; ++i) {
    key.push_back('|');
    if (i < dims.size()) append_escaped(key, dims[i]);
  }
  key.push_back('|');
  key += slice;
  return key;
}

// Of the cube breakdown; those of traffic come first.
using Dims = std::array<std::string_view, kSeriesDims>;

struct Place {
  Seq seq = 0;
  TimeUs log_time_us = 0;
};

// The dimensions of the event's row in the cube: its own, or those of the row `other`.
std::span<const std::string_view> row_dims(Cube cube, Dims& dims, const Place& place,
                                           KeyRule& rule) {
  const std::span<std::string_view> all(dims.data(),
                                        cube == Cube::traffic ? kTrafficDims : kSeriesDims);
  if (rule.has_row(place.seq, place.log_time_us, cube, all)) return all;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (SeriesDim(i) != SeriesDim::currency) all[i] = kOtherKey;
  }
  return all;
}

void count(const Event& e, Disposition disposition, std::span<const std::string_view> traffic,
           std::span<const std::string_view> breakdown, Recount& out) {
  const Counters counters = counts_of(e, disposition);
  const char* slice = slice_text(disposition);
  out.lines[key_of("traffic", "minute", floor_to(e.time_us, kMinuteUs), traffic, slice)].add(
      counters);
  out.lines[key_of("breakdown", "hour", floor_to(e.time_us, kHourUs), breakdown, slice)].add(
      counters);
  ++out.events;
  if (disposition == Disposition::duplicate_id || disposition == Disposition::duplicate_differs)
    ++out.duplicates;
}

std::string counters_text(const Counters& counters) {
  std::string text;
  for (std::size_t i = 0; i < kCounters; ++i) {
    if (counters.v[i] == 0) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", counter_name(static_cast<Counter64>(i)),
                        counters.v[i]);
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

std::string aggregate_key(Cube cube, Level level, TimeUs period_us,
                          std::span<const std::string> dims, std::string_view slice) {
  return key_of(cube_name(cube), level_name(level), period_us, dims, slice);
}

// One pass over all of them: an order holds for what stands before it as well.
Result<CountingOrders> read_counting_orders(ControlLog& log) {
  CountingOrders orders;
  std::set<Seq> open;            // dead letters by the order of the log so far
  std::map<Seq, Seq> letter_of;  // restore -> dead letter
  Result<void> good;
  const auto visited = log.visit_controls(1, [&](const LogControl& control) {
    auto meaning = decode_control(control);
    if (!meaning && good) good = meaning.error();
    if (!meaning) return;
    if (const auto* skip = std::get_if<SkipEntry>(&*meaning)) {
      orders.skipped.insert(skip->seq);
      const auto restore = letter_of.find(skip->seq);
      open.insert(restore == letter_of.end() ? skip->seq : restore->second);
    } else if (const auto* restore = std::get_if<RestoreEntry>(&*meaning)) {
      if (open.erase(restore->seq) > 0) letter_of[control.seq] = restore->seq;
    } else if (const auto* drop = std::get_if<DropEntry>(&*meaning)) {
      open.erase(drop->seq);
    } else if (const auto* run = std::get_if<DropRunEntry>(&*meaning)) {
      orders.dropped.take(control.seq, *run);
    } else if (const auto* bound = std::get_if<BoundEntry>(&*meaning)) {
      orders.bounds[control.seq] = bound->keys_max;
    }
  });
  if (!visited) return visited.error();
  if (!good) return good.error();
  for (const auto& [restore, letter] : letter_of) {
    if (orders.skipped.contains(restore)) continue;
    orders.restored.insert(restore);
    orders.settled.insert(letter);
  }
  return orders;
}

namespace {

class Recounter {
 public:
  Recounter(const CountingOrders& orders, const RecountRange& range, Recount& out)
      : orders_(orders),
        range_(range),
        rule_(orders.bounds, out.first == 1),
        out_(out),
        attributed_(rule_, range, orders.attributed_from, out.attributed) {}

  // In the order of the log: which keys are new depends on it.
  Result<void> batch(const LogBatch& batch, Seq first) {
    auto control = batch.controls.begin();
    for (const LogRecord& record : batch.records) {
      for (; control != batch.controls.end() && control->seq < record.first_seq; ++control) {
        if (auto counted = take_control(*control, first); !counted) return counted;
      }
      for (std::uint32_t i = 0; i < record.count; ++i) {
        const Place place{.seq = record.first_seq + i, .log_time_us = record.log_time_us};
        if (place.seq < first || place.seq > out_.last) continue;
        const LogEntry& entry = batch.entries[record.entries_begin + i];
        if (auto counted = add(place, entry.bytes, entry.disposition); !counted) return counted;
      }
    }
    for (; control != batch.controls.end(); ++control) {
      if (auto counted = take_control(*control, first); !counted) return counted;
    }
    return {};
  }

 private:
  Result<void> take_control(const LogControl& control, Seq first) {
    if (control.seq < first || control.seq > out_.last) return {};
    if (control.kind == static_cast<std::uint8_t>(ControlKind::attribution_rules)) {
      auto rules = decode_control(control);
      if (!rules) return rules.error();
      attributed_.take_rules(control.seq, std::get<AttributionRulesEntry>(*rules));
    }
    if (!orders_.restored.contains(control.seq)) return {};
    auto meaning = decode_control(control);
    if (!meaning) return meaning.error();
    const auto& restore = std::get<RestoreEntry>(*meaning);
    return add({.seq = control.seq, .log_time_us = control.log_time_us}, restore.event,
               restore.disposition);
  }

  Result<void> add(const Place& place, std::string_view bytes, Disposition disposition) {
    if (orders_.skipped.contains(place.seq)) {
      if (!orders_.settled.contains(place.seq)) ++out_.dead_letters;
      return {};
    }
    arena_.clear();
    const auto event = decode_event(bytes, arena_);
    if (!event) {
      return Error{ErrorCode::corrupt,
                   fmt::format("event {}: {}", place.seq, event.error().message)};
    }
    if (!range_.tenant.empty() && event->tenant != range_.tenant) return {};
    const bool in_range = event->time_us >= range_.from_us && event->time_us < range_.to_us;
    if (orders_.dropped.holds(event->tenant, event->import_run, place.seq)) {
      out_.dropped += in_range ? 1 : 0;
      return {};
    }
    const Event& e = *event;
    Dims traffic{e.tenant,          e.campaign_id,  e.placement_id, e.source,
                 e.conversion_type, e.currency,     e.line_item_id, e.creative_id,
                 e.ad_id,           e.publisher_id, e.country,      e.device};
    Dims breakdown = traffic;
    const auto of_traffic = row_dims(Cube::traffic, traffic, place, rule_);
    const auto of_breakdown = row_dims(Cube::breakdown, breakdown, place, rule_);
    if (in_range) count(e, disposition, of_traffic, of_breakdown, out_);
    // Without the log's beginning nobody knows all touches.
    if (disposition != Disposition::counted || out_.first != 1) return {};
    return attributed_.take(place.seq, place.log_time_us, bytes, of_breakdown);
  }

  const CountingOrders& orders_;
  const RecountRange& range_;
  KeyRule rule_;
  Recount& out_;
  AttributedRecount attributed_;
  Arena arena_;
};

}  // namespace

Result<Recount> recount_log(EventReader& reader, const CountingOrders& orders, Seq from, Seq last,
                            const RecountRange& range, const std::function<void(Seq)>& progress) {
  Recount out;
  out.first = from;
  out.last = last;
  Recounter recounter(orders, range, out);
  LogBatch batch;
  std::uint64_t shown = 0;
  for (Seq next = from; next <= last;) {
    batch.clear();
    if (auto read = reader.read(next, kReadBytes, 1000, batch); !read) return read.error();
    if (batch.next <= next)
      return Error{ErrorCode::corrupt, fmt::format("the log ends before event {}", next)};
    if (auto counted = recounter.batch(batch, next); !counted) return counted.error();
    next = batch.next;
    if (progress && next - shown > kProgressEvents) {
      shown = next;
      progress(next);
    }
  }
  return out;
}

Result<void> read_served_lines(AnalyticsStore& store, const RecountRange& range,
                               AggregateLines& out) {
  Result<void> parsed;
  const auto dumped = store.dump(range.tenant, [&](std::string_view line) {
    if (!line.starts_with("traffic|") && !line.starts_with("breakdown|")) return;
    Counters counters;
    std::size_t end = line.size();
    for (std::size_t i = kCounters; i-- > 0;) {
      const std::size_t bar = line.rfind('|', end - 1);
      if (bar == std::string_view::npos) {
        parsed = Error{ErrorCode::internal, "unreadable line in the store's dump"};
        return;
      }
      counters.v[i] =
          std::strtoll(std::string(line.substr(bar + 1, end - bar - 1)).c_str(), nullptr, 10);
      end = bar;
    }
    out[std::string(line.substr(0, end))].add(counters);
  });
  return dumped ? parsed : dumped;
}

Differences compare_lines(const AggregateLines& served, const AggregateLines& counted,
                          std::size_t shown_max) {
  Differences differences;
  const auto differ = [&](const std::string& key, const Counters& a, const Counters& b) {
    if (a == b) return;
    ++differences.count;
    if (differences.shown.size() < shown_max) {
      differences.shown.push_back(
          fmt::format("{}: served {}, counted {}", key, counters_text(a), counters_text(b)));
    }
  };
  for (const auto& [key, counters] : served) {
    const auto found = counted.find(key);
    differ(key, counters, found != counted.end() ? found->second : Counters{});
  }
  for (const auto& [key, counters] : counted) {
    if (!served.contains(key)) differ(key, Counters{}, counters);
  }
  return differences;
}

}  // namespace adbacus
