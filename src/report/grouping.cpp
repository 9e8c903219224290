#include "report/grouping.hpp"

#include <algorithm>

namespace adbacus {
namespace {

bool is_money(const Measure& measure) {
  return measure.counter == Counter64::value_micros || measure.counter == Counter64::cost_micros;
}

bool has_money(const std::vector<Measure>& measures, const std::vector<std::int64_t>& sums) {
  for (std::size_t i = 0; i < measures.size(); ++i) {
    if (is_money(measures[i]) && sums[i] != 0) return true;
  }
  return false;
}

// Notes the currency of a row's money. Money without one is in the tenant's default; where another
// was asked for, it does not belong.
void take_currency(const ReportRequest& request, const std::vector<Measure>& measures,
                   const std::string& code, RollupResult::Row& row,
                   std::set<std::string>& currencies) {
  if (!has_money(measures, row.values)) return;
  const std::string& actual = code.empty() ? request.default_currency : code;
  if (request.currency.empty() || request.currency == actual) {
    currencies.insert(actual);
    return;
  }
  for (std::size_t i = 0; i < measures.size(); ++i) {
    if (is_money(measures[i])) row.values[i] = 0;
  }
}

bool same_key(const ReportGroup& a, const ReportGroup& b) {
  return a.times == b.times && a.texts == b.texts;
}

// Index of the currency among a row's texts; the number of texts if it is not there.
std::size_t currency_index(const ReportRequest& request, bool split) {
  std::size_t index = 0;
  for (const Dimension& dimension : request.dimensions) {
    if (dimension.kind == Dimension::Kind::time) continue;
    if (!split && dimension.kind == Dimension::Kind::series &&
        dimension.series == SeriesDim::currency) {
      return index;
    }
    ++index;
  }
  return index;
}

}  // namespace

std::vector<DimensionPlace> places_of(const std::vector<Dimension>& dimensions) {
  std::vector<DimensionPlace> places;
  std::size_t times = 0;
  std::size_t texts = 0;
  for (const Dimension& dimension : dimensions) {
    const bool is_time = dimension.kind == Dimension::Kind::time;
    places.push_back({is_time, is_time ? times++ : texts++});
  }
  return places;
}

bool group_less(const std::vector<DimensionPlace>& places, const ReportGroup& a,
                const ReportGroup& b) {
  for (const DimensionPlace& place : places) {
    if (place.is_time) {
      if (a.times[place.index] != b.times[place.index]) {
        return a.times[place.index] < b.times[place.index];
      }
      continue;
    }
    const std::string& left = a.texts[place.index];
    const std::string& right = b.texts[place.index];
    if (left.empty() != right.empty()) return right.empty();
    if (const int order = left.compare(right); order != 0) return order < 0;
  }
  return false;
}

bool add_sums(std::vector<std::int64_t>& to, const std::vector<std::int64_t>& from) {
  bool ok = true;
  for (std::size_t i = 0; i < to.size(); ++i) {
    ok = !__builtin_add_overflow(to[i], from[i], &to[i]) && ok;
  }
  return ok;
}

Result<Grouping> group_rows(const ReportRequest& request, const Plan& plan, const Zone& zone,
                            const std::vector<Measure>& measures,
                            std::vector<RollupResult> results) {
  Grouping out;
  const std::size_t currency = currency_index(request, plan.split_currency);
  std::size_t count = 0;
  for (const RollupResult& result : results) count += result.rows.size();
  out.groups.reserve(count);
  for (RollupResult& result : results) {
    for (RollupResult::Row& row : result.rows) {
      if (currency < row.dims.size()) {
        take_currency(request, measures, row.dims[currency], row, out.currencies);
      }
      ReportGroup group;
      for (const Dimension& dimension : request.dimensions) {
        if (dimension.kind != Dimension::Kind::time) continue;
        group.times.push_back(dimension.unit == plan.unit
                                  ? row.bucket_us
                                  : zone.bucket(row.bucket_us, dimension.unit));
      }
      if (plan.split_currency) row.dims.pop_back();
      group.texts = std::move(row.dims);
      group.sums = std::move(row.values);
      out.groups.push_back(std::move(group));
    }
  }
  const auto places = places_of(request.dimensions);
  const auto less = [&places](const ReportGroup& a, const ReportGroup& b) {
    return group_less(places, a, b);
  };
  if (!std::is_sorted(out.groups.begin(), out.groups.end(), less)) {
    std::sort(out.groups.begin(), out.groups.end(), less);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < out.groups.size(); ++i) {
    if (kept > 0 && same_key(out.groups[kept - 1], out.groups[i])) {
      if (!add_sums(out.groups[kept - 1].sums, out.groups[i].sums)) {
        return Error{ErrorCode::invalid_argument, "sum_too_large: a sum leaves 64 bits"};
      }
      continue;
    }
    if (kept != i) out.groups[kept] = std::move(out.groups[i]);
    ++kept;
  }
  out.groups.resize(kept);
  return out;
}

}  // namespace adbacus
