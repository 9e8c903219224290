#include "report/compatibility_render.hpp"

#include <algorithm>

#include "report/columns.hpp"

namespace adbacus {
namespace {

using http::JsonWriter;

void write_id(JsonWriter& json, std::string_view id) {
  is_canonical_number(id) ? json.raw(id) : json.value(id);
}

bool is_id(std::string_view name) {
  return name.ends_with("_id");
}

void write_metrics(JsonWriter& json, const ReportEngine::Prepared& prepared,
                   const ReportAnswer& answer, const std::vector<Column>& columns,
                   const ReportGroup& group, bool is_sum_of_rows) {
  for (const Column& column : columns) {
    if (column.is_dimension) continue;
    json.key(column.name);
    write_value(json, cell_value(column, prepared.request, answer, group, is_sum_of_rows));
  }
}

void write_dimensions(JsonWriter& json, DimensionTexts& texts, const std::vector<Column>& columns,
                      const ReportGroup& group) {
  for (const Column& column : columns) {
    if (!column.is_dimension) continue;
    json.key(column.name);
    const std::string_view text = texts.text(column, group);
    if (text.empty()) {
      json.null();
    } else if (texts.is_number(column)) {
      json.raw(text);
    } else if (is_id(column.name)) {
      write_id(json, text);
    } else {
      json.value(text);
    }
  }
}

}  // namespace

bool is_canonical_number(std::string_view id) {
  constexpr std::string_view kMax = "9007199254740992";
  if (id.empty() || id.size() > kMax.size()) return false;
  if (!std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  if (id.front() == '0') return id.size() == 1;
  return id.size() < kMax.size() || id <= kMax;
}

http::Response render_summary(const ReportEngine::Prepared& prepared, const ReportAnswer& answer,
                              const LogIdentity& log, const SummaryEcho& echo) {
  const ReportRequest& request = prepared.request;
  const std::vector<Column> columns = columns_of(request, answer);
  JsonWriter json(640 + answer.groups.size() * 256);
  json.begin_object().key("tenant_id");
  write_id(json, request.tenant);
  json.member("from", format_instant(answer.from_us, 0));
  json.member("to", format_instant(answer.to_us, 0));
  if (!echo.campaign_id.empty()) {
    json.key("campaign_id");
    write_id(json, echo.campaign_id);
  }
  if (!echo.placement_id.empty()) {
    json.key("placement_id");
    write_id(json, echo.placement_id);
  }
  json.key("currency");
  answer.currency.empty() ? json.null() : json.value(answer.currency);
  write_metrics(json, prepared, answer, columns, answer.totals, true);
  if (echo.grouped) {
    DimensionTexts texts(request, prepared.zone);
    json.key("groups").begin_array();
    for (const ReportGroup& group : answer.groups) {
      json.begin_object();
      write_dimensions(json, texts, columns, group);
      write_metrics(json, prepared, answer, columns, group, false);
      json.end_object();
    }
    json.end_array().member("truncated", answer.truncated);
  }
  json.key("freshness");
  write_freshness(json, answer.freshness, log);
  json.end_object();
  http::Response response;
  response.body = std::move(json).take();
  return response;
}

http::Response render_stats(const ReportEngine::Prepared& prepared, const ReportAnswer& answer,
                            const LogIdentity& log, const std::string& interval) {
  std::vector<Column> columns = columns_of(prepared.request, answer);
  columns[0].name = "date";
  JsonWriter json(256 + answer.groups.size() * 160);
  json.begin_object().member("interval", interval).key("data").begin_array();
  DimensionTexts texts(prepared.request, prepared.zone);
  for (const ReportGroup& group : answer.groups) {
    json.begin_object();
    for (const Column& column : columns) {
      json.key(column.name);
      if (!column.is_dimension) {
        write_value(json, cell_value(column, prepared.request, answer, group, false));
        continue;
      }
      const std::string_view text = texts.text(column, group);
      text.empty() ? json.null() : json.value(text);
    }
    json.end_object();
  }
  json.end_array().key("freshness");
  write_freshness(json, answer.freshness, log);
  json.end_object();
  http::Response response;
  response.body = std::move(json).take();
  return response;
}

}  // namespace adbacus
