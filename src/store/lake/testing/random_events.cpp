#include "store/lake/testing/random_events.hpp"

#include <fmt/format.h>

#include "model/event_codec.hpp"

namespace adbacus::testing_lake {
namespace {

using namespace std::string_view_literals;
constexpr std::array kLetters{"a"sv, "é"sv,  "Ω"sv, "日本"sv, "😀"sv,
                              "'"sv, "\""sv, ","sv, " "sv,    "\n"sv};
constexpr std::array kWords{"mobile"sv, "DE"sv, "USD"sv, "x"sv, "Chrome"sv};

std::string random_text(Rng& rng, std::size_t field) {
  switch (rng.below(6)) {
    case 0:
      return {};
    case 1:
      return fmt::format("f{}-{}", field, rng.below(5));
    case 2:
      return fmt::format("{}", rng.below(100'000));
    case 3:
      return uuid_v7(static_cast<std::int64_t>(rng.below(1ULL << 40U)), rng.next(), rng.next());
    case 4: {
      std::string text;
      for (std::uint64_t n = rng.below(rng.below(50) == 0 ? 2000 : 20) + 1; n > 0; --n)
        text.append(kLetters[rng.below(kLetters.size())]);
      return text;
    }
    default:
      return std::string(kWords[rng.below(kWords.size())]);
  }
}

// Fields differ in how often they are there, so that all-null and nearly full columns occur.
bool is_present(Rng& rng, std::size_t field) {
  if (field <= text_field::event_id) return true;
  if (field % 7 == 3) return false;
  if (field % 5 == 1) return rng.below(100) == 0;
  return rng.below(8) != 0;
}

std::string text_of(Rng& rng, std::size_t field) {
  if (field == text_field::tenant) return fmt::format("{}", rng.below(3) + 1);
  if (field == text_field::event_id) return uuid_v7(1'795'262'400'000, rng.next(), rng.next());
  if (!is_present(rng, field)) return {};
  if (field == text_field::metadata)
    return fmt::format(R"({{"device":"mobile","k":"{}","n":{}}})", rng.below(7), rng.below(3));
  if (field == text_field::campaign_id) return fmt::format("{}", rng.below(20));
  return random_text(rng, field);
}

void put_texts(Event& event, const std::array<std::string, kTextFields>& texts) {
  for_each_text(event, [&](std::size_t index, const char*, std::string_view& text, bool) {
    text = texts[index];
  });
}

Event random_numbers(RandomEvents& random) {
  Rng& rng = random.rng;
  Event event;
  event.type = static_cast<EventType>(1 + rng.below(kEventTypes - 1));
  if (event.type == EventType::conversion)
    event.status = static_cast<ConversionStatus>(rng.below(5));
  event.flags = static_cast<std::uint16_t>(rng.below(4) == 0 ? rng.below(1U << 16U) : 0);
  event.time_us = random.time_from_us +
                  static_cast<TimeUs>(rng.below(static_cast<std::uint64_t>(random.time_span_us)));
  if (rng.below(2) == 0) event.time_us -= event.time_us % 1000;
  if (rng.below(50) == 0)
    event.sent_time_us = event.time_us + 1 + static_cast<TimeUs>(rng.below(9));
  if (rng.below(3) == 0) event.utc_offset_min = static_cast<std::int16_t>(rng.below(1440)) - 720;
  event.has_value = rng.below(5) == 0;
  event.has_cost = rng.below(2) == 0;
  // Up to the greatest amount a sum of a thousand of them can hold.
  if (event.has_value)
    event.value_micros = static_cast<std::int64_t>(rng.next() >> (12 + rng.below(40)));
  if (event.has_value && rng.below(4) == 0) event.value_micros = -event.value_micros;
  if (event.has_cost) event.cost_micros = static_cast<std::int64_t>(rng.below(30)) * 10'000;
  return event;
}

void add(LakeBatch& batch, LogBatch& log, const std::vector<std::size_t>& ends) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    batch.events[i].bytes = std::string_view(log.buffer).substr(from, ends[i] - from);
    from = ends[i];
  }
}

}  // namespace

LakeBatch RandomEvents::batch(std::size_t events, std::vector<ExpectedRow>* expected) {
  auto log = std::make_shared<LogBatch>();
  LakeBatch batch;
  batch.from = next_seq - 1;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < events; ++i) {
    ExpectedRow row;
    row.seq = next_seq++;
    log_time_us += static_cast<TimeUs>(rng.below(static_cast<std::uint64_t>(log_step_us_max) + 1));
    row.log_time_us = log_time_us;
    row.disposition = static_cast<Disposition>(rng.below(3) == 0 ? rng.below(5) : 0);
    row.traffic_class = static_cast<TrafficClass>(rng.below(3) == 0 ? rng.below(5) : 0);
    row.event = random_numbers(*this);
    for (std::size_t f = 0; f < kTextFields; ++f) row.texts[f] = text_of(rng, f);
    Event event = row.event;
    put_texts(event, row.texts);
    encode_event(event, log->buffer);
    ends.push_back(log->buffer.size());
    batch.events.push_back({row.seq, row.log_time_us, {}, row.disposition, row.traffic_class});
    if (expected != nullptr) expected->push_back(std::move(row));
  }
  batch.to = next_seq - 1;
  add(batch, *log, ends);
  batch.log = std::move(log);
  return batch;
}

LakeBatch RandomEvents::reference_batch(std::size_t events) {
  static constexpr std::array kCountries{"DE", "AT", "CH", "US", "GB",
                                         "FR", "IT", "ES", "PL", "NL"};
  static constexpr std::array kDevices{"mobile", "desktop", "tablet"};
  static constexpr std::array kBrowsers{"Chrome", "Safari", "Firefox", "Edge"};
  auto log = std::make_shared<LogBatch>();
  LakeBatch batch;
  batch.from = next_seq - 1;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < events; ++i) {
    log_time_us += (i % 100 == 0) ? 100 : 0;
    const std::uint64_t kind = rng.below(100);
    // Squaring a uniform number makes few campaigns frequent, about as Zipf does.
    const double u = rng.unit();
    const auto campaign = static_cast<std::uint64_t>(u * u * u * 1000);
    const char* country = kCountries[rng.below(10)];
    const char* device = kDevices[rng.below(3)];
    const char* browser = kBrowsers[rng.below(4)];
    std::array<std::string, kTextFields> texts;
    texts[text_field::tenant] = std::string("1");
    texts[text_field::event_id] =
        uuid_v7(static_cast<std::int64_t>(rng.below(1ULL << 40U)), rng.next(), rng.next());
    texts[text_field::user_id] = fmt::format("u-{}", 100'000 + rng.below(900'000));
    texts[text_field::session_id] = fmt::format("s-{}", 10'000'000 + rng.below(90'000'000));
    texts[text_field::campaign_id] = fmt::format("{}", campaign);
    texts[text_field::line_item_id] = fmt::format("{}", campaign * 10);
    texts[text_field::placement_id] = fmt::format("{}", 1 + rng.below(10));
    texts[text_field::creative_id] = fmt::format("{}", campaign * 100 + rng.below(2));
    texts[text_field::currency] = std::string("USD");
    texts[text_field::country] = std::string(country);
    texts[text_field::device] = std::string(device);
    texts[text_field::browser] = std::string(browser);
    texts[text_field::metadata] =
        fmt::format(R"({{"device":"{}","country":"{}","browser":"{}"}})", device, country, browser);
    Event event;
    event.type = kind < 90   ? EventType::impression
                 : kind < 98 ? EventType::click
                             : EventType::conversion;
    event.time_us = log_time_us / 1000 * 1000 - static_cast<TimeUs>(rng.below(50)) * 1000;
    if (event.type == EventType::conversion) {
      event.status = ConversionStatus::approved;
      event.has_value = true;
      event.value_micros = static_cast<std::int64_t>(rng.below(20'000)) * 10'000;
      texts[text_field::conversion_type] = std::string("purchase");
      texts[text_field::transaction_id] = fmt::format("t-{}", rng.below(1'000'000'000));
    }
    put_texts(event, texts);
    encode_event(event, log->buffer);
    ends.push_back(log->buffer.size());
    batch.events.push_back(
        {next_seq++, log_time_us, {}, Disposition::counted, TrafficClass::valid});
  }
  batch.to = next_seq - 1;
  add(batch, *log, ends);
  batch.log = std::move(log);
  return batch;
}

}  // namespace adbacus::testing_lake
