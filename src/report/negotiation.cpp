#include "report/negotiation.hpp"

#include <array>
#include <charconv>
#include <string>

namespace adbacus {
namespace {

struct MediaType {
  std::string_view name;
  ReportFormat format;
};
constexpr std::array<MediaType, 6> kTypes{
    {{"application/json", ReportFormat::json},
     {"text/csv", ReportFormat::csv},
     {"application/x-ndjson", ReportFormat::ndjson},
     {"application/ndjson", ReportFormat::ndjson},
     {"application/jsonl", ReportFormat::ndjson},
     {"application/vnd.apache.parquet", ReportFormat::parquet}}};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Thousandths of the q parameter; 1000 without one, 0 for one that cannot be read.
int quality(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = parameters.find(';');
    const std::string_view parameter = trimmed(parameters.substr(0, end));
    parameters.remove_prefix(end == std::string_view::npos ? parameters.size() : end + 1);
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    double q = 0;
    std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), q);
    return q >= 0 && q <= 1 ? static_cast<int>(q * 1000) : 0;
  }
  return 1000;
}

// How exactly a range names a type: 0 not at all, 1 any, 2 the group, 3 itself.
int specificity(std::string_view range, std::string_view type) {
  if (range == type) return 3;
  if (range == "*/*") return 1;
  const bool is_group = range.ends_with("/*");
  return is_group && type.starts_with(range.substr(0, range.size() - 1)) ? 2 : 0;
}

int quality_of(std::string_view accept, std::string_view type) {
  int best = 0;
  int result = 0;
  while (!accept.empty()) {
    const std::size_t end = accept.find(',');
    const std::string_view item = accept.substr(0, end);
    accept.remove_prefix(end == std::string_view::npos ? accept.size() : end + 1);
    const std::size_t semicolon = item.find(';');
    const int exactness = specificity(trimmed(item.substr(0, semicolon)), type);
    if (exactness <= best) continue;
    best = exactness;
    result = semicolon == std::string_view::npos ? 1000 : quality(item.substr(semicolon + 1));
  }
  return result;
}

}  // namespace

bool negotiate(std::string_view accept, ReportFormat& format) {
  if (trimmed(accept).empty()) return true;
  int best = 0;
  for (const MediaType& type : kTypes) {
    const int q = quality_of(accept, type.name);
    if (q <= best) continue;
    best = q;
    format = type.format;
  }
  return best > 0;
}

bool accepts_json(std::string_view accept) {
  return trimmed(accept).empty() || quality_of(accept, "application/json") > 0;
}

}  // namespace adbacus
