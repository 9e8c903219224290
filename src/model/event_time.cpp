#include "model/event_time.hpp"

#include <algorithm>
#include <array>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <limits>

namespace adbacus {
namespace {

constexpr std::uint64_t kSecondsMin = 1'000'000'000;
constexpr std::uint64_t kMsMin = 100'000'000'000;
constexpr std::uint64_t kMicrosMin = 100'000'000'000'000;
constexpr std::uint64_t kNanosMin = 100'000'000'000'000'000;
constexpr TimeUs kYear10000Us = 253'402'300'800 * kSecondUs;

Error bad_time(const char* what) {
  return {ErrorCode::invalid_argument, what};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Two digits at `p`, or a number above 99 if they are none.
unsigned two_digits(const char* p) {
  const auto high = static_cast<unsigned>(p[0] - '0');
  const auto low = static_cast<unsigned>(p[1] - '0');
  return high > 9 || low > 9 ? 1000 : high * 10 + low;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, days_from_civil).
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

unsigned days_in_month(unsigned year, unsigned month) {
  constexpr std::array<std::uint8_t, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29U : kDays[month - 1];
}

// Fraction digits after '.' or ',' at the front of `text` as microseconds.
bool take_fraction(std::string_view& text, TimeUs& us) {
  us = 0;
  if (text.empty() || (text.front() != '.' && text.front() != ',')) return true;
  text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  TimeUs unit = kSecondUs / 10;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), unit /= 10)
    us += unit * (text.front() - '0');
  return true;
}

bool take_zone(std::string_view text, SentTime& out) {
  if (text.empty()) {
    out.zone_missing = true;
    return true;
  }
  if (text == "Z" || text == "z") return true;
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return false;
  text.remove_prefix(1);
  if (text.size() != 2 && text.size() != 4 && !(text.size() == 5 && text[2] == ':')) return false;
  const unsigned hours = two_digits(text.data());
  const unsigned minutes = text.size() == 2 ? 0 : two_digits(text.data() + text.size() - 2);
  if (hours > 23 || minutes > 59) return false;
  const auto east = static_cast<std::int16_t>(hours * 60 + minutes);
  out.utc_offset_min = static_cast<std::int16_t>(west ? -east : east);
  return true;
}

// HH:MM[:SS[.fraction]] at the front of `text`, as microseconds of the day.
bool take_clock(std::string_view& text, TimeUs& us) {
  if (text.size() < 5 || text[2] != ':') return false;
  const unsigned hour = two_digits(text.data());
  const unsigned minute = two_digits(text.data() + 3);
  if (hour > 23 || minute > 59) return false;
  text.remove_prefix(5);
  unsigned second = 0;
  TimeUs fraction = 0;
  if (!text.empty() && text.front() == ':') {
    if (text.size() < 3) return false;
    second = two_digits(text.data() + 1);
    if (second > 60) return false;
    text.remove_prefix(3);
    if (!take_fraction(text, fraction)) return false;
    if (second == 60) fraction = 0;
  }
  us = hour * kHourUs + minute * kMinuteUs + second * kSecondUs + fraction;
  return true;
}

// digits * 10^exponent with a fraction below, as it stands in the number.
struct EpochNumber {
  std::uint64_t whole = 0;
  std::uint64_t millionths = 0;
};

// Splits a non-negative JSON number; exponents are applied by moving the point.
bool split_number(std::string_view text, EpochNumber& out) {
  std::array<char, 64> digits{};
  std::size_t count = 0;
  std::size_t point = 0;
  bool has_point = false;
  for (; !text.empty() && (is_digit(text.front()) || text.front() == '.'); text.remove_prefix(1)) {
    if (text.front() == '.') {
      if (has_point || count == 0) return false;
      has_point = true;
      point = count;
    } else if (count < digits.size()) {
      digits[count++] = text.front();
    } else if (!has_point) {
      return false;
    }
  }
  if (count == 0 || (has_point && point == count)) return false;
  std::size_t whole_digits = has_point ? point : count;
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    if (text.empty() || text.size() > 2 || !std::all_of(text.begin(), text.end(), is_digit))
      return false;  // a negative exponent is no time anybody writes
    std::size_t exponent = 0;
    for (const char c : text) exponent = exponent * 10 + static_cast<std::size_t>(c - '0');
    whole_digits += exponent;
  }
  for (std::size_t i = 0; i < whole_digits; ++i) {
    const auto digit = static_cast<std::uint64_t>(i < count ? digits[i] - '0' : 0);
    if (out.whole > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return false;
    out.whole = out.whole * 10 + digit;
  }
  for (std::size_t i = 0; i < 6; ++i) {
    const std::size_t at = whole_digits + i;
    out.millionths =
        out.millionths * 10 + static_cast<std::uint64_t>(at < count ? digits[at] - '0' : 0);
  }
  return true;
}

// The usual form, YYYY-MM-DDTHH:MM:SS[.mmm]Z, in one go. False: take the long way.
bool parse_usual_iso(std::string_view text, TimeUs& us) {
  const bool with_ms = text.size() == 24;
  if (!with_ms && text.size() != 20) return false;
  const char* const p = text.data();
  if (p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':' ||
      p[text.size() - 1] != 'Z' || (with_ms && p[19] != '.'))
    return false;
  const unsigned century = two_digits(p);
  const unsigned year_of_century = two_digits(p + 2);
  const unsigned month = two_digits(p + 5);
  const unsigned day = two_digits(p + 8);
  const unsigned hour = two_digits(p + 11);
  const unsigned minute = two_digits(p + 14);
  const unsigned second = two_digits(p + 17);
  unsigned ms = 0;
  if (with_ms) {
    const auto last = static_cast<unsigned>(p[22] - '0');
    ms = last > 9 ? 1000 : two_digits(p + 20) * 10 + last;
  }
  // Days 29 to 31 need the calendar.
  if (century < 20 || century > 99 || year_of_century > 99 || month - 1 > 11 || day - 1 > 27 ||
      hour > 23 || minute > 59 || second > 59 || ms > 999)
    return false;
  us = days_from_civil(century * 100 + year_of_century, month, day) * kDayUs + hour * kHourUs +
       minute * kMinuteUs + second * kSecondUs + ms * kMillisecondUs;
  return true;
}

}  // namespace

Result<SentTime> parse_epoch(std::string_view number, EpochUnits units) {
  EpochNumber n;
  if (!split_number(number, n)) return bad_time("not a positive number");
  SentTime out;
  const bool strict = units == EpochUnits::ms_only;
  if (n.whole < kSecondsMin) return bad_time("too small for a time");
  if (strict && (n.whole < kMsMin || n.whole >= kMicrosMin))
    return bad_time("strict mode takes milliseconds only");
  constexpr auto kMax = static_cast<std::uint64_t>(kYear10000Us);
  if (n.whole < kMsMin) {
    out.seconds_assumed = true;
    out.us = static_cast<TimeUs>(n.whole * 1'000'000 + n.millionths);
  } else if (n.whole < kMicrosMin) {
    out.us = static_cast<TimeUs>(n.whole * 1'000 + n.millionths / 1'000);
  } else if (n.whole < kNanosMin) {
    out.us = static_cast<TimeUs>(n.whole);
  } else if (n.whole / 1'000 < kMax) {
    out.us = static_cast<TimeUs>(n.whole / 1'000);
  } else {
    return bad_time("after the year 9999");
  }
  if (out.us >= kYear10000Us) return bad_time("after the year 9999");
  return out;
}

Result<SentTime> parse_iso_time(std::string_view text) {
  SentTime usual;
  if (parse_usual_iso(text, usual.us)) return usual;
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return bad_time("not ISO 8601");
  const unsigned century = two_digits(text.data());
  const unsigned year_of_century = two_digits(text.data() + 2);
  const unsigned month = two_digits(text.data() + 5);
  const unsigned day = two_digits(text.data() + 8);
  if (century > 99 || year_of_century > 99 || month > 12 || month == 0 || day == 0)
    return bad_time("not ISO 8601");
  const unsigned year = century * 100 + year_of_century;
  if (day > days_in_month(year, month)) return bad_time("no such day");
  if (year < 1970) return bad_time("before the year 1970");
  SentTime out;
  text.remove_prefix(10);
  TimeUs of_day = 0;
  if (text.empty()) {
    out.zone_missing = true;
  } else {
    if (text.front() != 'T' && text.front() != 't' && text.front() != ' ')
      return bad_time("not ISO 8601");
    text.remove_prefix(1);
    if (!take_clock(text, of_day) || !take_zone(text, out)) return bad_time("not ISO 8601");
  }
  out.us = days_from_civil(year, month, day) * kDayUs + of_day - out.utc_offset_min * kMinuteUs;
  if (out.us < 0) return bad_time("before the year 1970");
  return out;
}

Result<SentTime> parse_time_text(std::string_view text, EpochUnits units) {
  const bool number =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c); });
  return number ? parse_epoch(text, units) : parse_iso_time(text);
}

std::string utc_text(TimeUs time_us) {
  const TimeUs second = floor_to(time_us, kSecondUs);
  std::string text =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(static_cast<time_t>(second / kSecondUs)));
  if (time_us != second) {
    text += fmt::format(".{:06}", time_us - second);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

}  // namespace adbacus
