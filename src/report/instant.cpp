#include "report/instant.hpp"

#include <charconv>
#include <date/date.h>
#include <fmt/format.h>

namespace adbacus {
namespace {

constexpr const char* kNotAnInstant =
    "not an instant: expected ISO 8601 like 2026-11-21, 2026-11-21T12:00:00Z or "
    "2026-11-21T12:00:00+01:00, or epoch milliseconds, between 1970 and 2199";

constexpr std::int64_t kSecondsLookMax =
    100'000'000'000;                   // epoch ms below it are before March 1973
constexpr DayNumber kDayMax = 84'006;  // 2200-01-01

Error bad(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

// Reads fixed-width fields off the front of a text.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest.empty() || rest.front() < '0' || rest.front() > '9') {
        ok = false;
        return 0;
      }
      value = value * 10 + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    return value;
  }
};

bool scan_date(Scanner& in, DayNumber& day) {
  const int year = in.digits(4);
  in.ok = in.ok && in.take('-');
  const int month = in.digits(2);
  in.ok = in.ok && in.take('-');
  const int day_of_month = in.digits(2);
  if (!in.ok) return false;
  const date::year_month_day civil{date::year{year}, date::month{static_cast<unsigned>(month)},
                                   date::day{static_cast<unsigned>(day_of_month)}};
  if (!civil.ok() || year < 1970 || year > 2199) return false;
  day = static_cast<DayNumber>(date::sys_days{civil}.time_since_epoch().count());
  return true;
}

TimeUs scan_fraction(Scanner& in) {
  TimeUs fraction = 0;
  TimeUs unit = kSecondUs / 10;
  std::size_t count = 0;
  while (!in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9') {
    fraction += (in.rest.front() - '0') * unit;  // past microseconds unit is 0: truncated
    unit /= 10;
    in.rest.remove_prefix(1);
    if (++count > 9) in.ok = false;
  }
  if (count == 0) in.ok = false;
  return fraction;
}

// "Z" or an offset; ' ' is what an unescaped '+' of a query turns into.
TimeUs scan_offset(Scanner& in) {
  if (in.rest.empty() || in.take('Z') || in.take('z')) return 0;
  const char sign = in.rest.front();
  if (sign != '+' && sign != '-' && sign != ' ') {
    in.ok = false;
    return 0;
  }
  in.rest.remove_prefix(1);
  const int hours = in.digits(2);
  in.take(':');
  const int minutes = in.rest.empty() ? 0 : in.digits(2);
  if (hours > 18 || minutes > 59) in.ok = false;
  const TimeUs offset = hours * kHourUs + minutes * kMinuteUs;
  return sign == '-' ? -offset : offset;
}

Result<TimeUs> parse_epoch(std::string_view text) {
  std::int64_t ms = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (code != std::errc() || end != text.data() + text.size() || ms < 0 ||
      ms >= kDayMax * (kDayUs / 1000)) {
    return bad(kNotAnInstant);
  }
  if (ms != 0 && ms < kSecondsLookMax) {
    return bad("looks like epoch seconds; numbers are epoch milliseconds");
  }
  return ms * kMillisecondUs;
}

}  // namespace

Result<TimeUs> parse_instant(std::string_view text) {
  if (text.find_first_not_of("-0123456789") == std::string_view::npos &&
      text.find('-', 1) == std::string_view::npos) {
    return parse_epoch(text);
  }
  Scanner in{text};
  DayNumber day = 0;
  if (!scan_date(in, day)) return bad(kNotAnInstant);
  TimeUs time = day * kDayUs;
  if (in.rest.empty()) return time;
  if (!in.take('T') && !in.take('t') && !in.take(' ')) return bad("'T' expected after the date");
  const int hour = in.digits(2);
  in.ok = in.ok && in.take(':');
  const int minute = in.digits(2);
  int second = 0;
  TimeUs fraction = 0;
  if (in.take(':')) {
    second = in.digits(2);
    if (in.take('.') || in.take(',')) fraction = scan_fraction(in);
  }
  const TimeUs offset = scan_offset(in);
  if (!in.ok || !in.rest.empty() || hour > 23 || minute > 59 || second > 59) {
    return bad("not a time of day: expected hh:mm[:ss[.ffffff]] and Z or an offset");
  }
  time += hour * kHourUs + minute * kMinuteUs + second * kSecondUs + fraction - offset;
  if (time < 0 || time >= kDayMax * kDayUs) return bad("outside the years 1970 to 2199");
  return time;
}

Result<DayNumber> parse_date(std::string_view text) {
  Scanner in{text};
  DayNumber day = 0;
  if (!scan_date(in, day) || !in.rest.empty())
    return bad("not a date: expected one like 2026-11-21");
  return day;
}

std::string format_date(DayNumber day) {
  const date::year_month_day civil{date::sys_days{date::days{day}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(civil.year()),
                     static_cast<unsigned>(civil.month()), static_cast<unsigned>(civil.day()));
}

std::string format_instant(TimeUs time_us, TimeUs offset_us) {
  const TimeUs local = time_us + offset_us;
  const TimeUs midnight = floor_to(local, kDayUs);
  const TimeUs in_day = local - midnight;
  std::string text =
      fmt::format("{}T{:02}:{:02}:{:02}", format_date(static_cast<DayNumber>(midnight / kDayUs)),
                  in_day / kHourUs, in_day % kHourUs / kMinuteUs, in_day % kMinuteUs / kSecondUs);
  const TimeUs fraction = in_day % kSecondUs;
  if (fraction % kMillisecondUs != 0) {
    text += fmt::format(".{:06}", fraction);
  } else if (fraction != 0) {
    text += fmt::format(".{:03}", fraction / kMillisecondUs);
  }
  if (offset_us == 0) return text + "Z";
  const TimeUs size = offset_us < 0 ? -offset_us : offset_us;
  return text + fmt::format("{}{:02}:{:02}", offset_us < 0 ? '-' : '+', size / kHourUs,
                            size % kHourUs / kMinuteUs);
}

}  // namespace adbacus
