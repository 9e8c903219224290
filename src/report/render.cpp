#include "report/render.hpp"

#include <algorithm>

#include "eventlog/entry_keys.hpp"
#include "report/columns.hpp"
#include "report/parquet_render.hpp"

namespace adbacus {
namespace {

using http::JsonWriter;

std::string data_as_of(const Freshness& freshness) {
  return freshness.data_as_of_us == 0 ? std::string() : format_instant(freshness.data_as_of_us, 0);
}

void write_dimension(JsonWriter& json, DimensionTexts& texts, const Column& column,
                     const ReportGroup& group) {
  const std::string_view text = texts.text(column, group);
  if (text.empty()) {
    json.null();
  } else if (texts.is_number(column)) {
    json.raw(text);
  } else {
    json.value(text);
  }
}

void write_row(JsonWriter& json, const ReportRequest& request, const ReportAnswer& answer,
               const std::vector<Column>& columns, DimensionTexts& texts,
               const ReportGroup& group) {
  json.begin_object();
  for (const Column& column : columns) {
    json.key(column.name);
    if (column.is_dimension) {
      write_dimension(json, texts, column, group);
    } else {
      write_value(json, cell_value(column, request, answer, group, false));
    }
  }
  // Tells the row from one whose id a sender chose to be the same text.
  if (std::find(group.texts.begin(), group.texts.end(), kOtherKey) != group.texts.end()) {
    json.member("other", true);
  }
  json.end_object();
}

void write_metrics(JsonWriter& json, const ReportRequest& request, const ReportAnswer& answer,
                   const std::vector<Column>& columns, const ReportGroup& group) {
  for (const Column& column : columns) {
    if (column.is_dimension) continue;
    json.key(column.name);
    write_value(json, cell_value(column, request, answer, group, true));
  }
}

// What a reader of the numbers should know and cannot see.
void write_warnings(JsonWriter& json, const ReportRequest& request, const ReportAnswer& answer) {
  json.key("warnings").begin_array();
  for (std::size_t m = 0; m < request.metrics.size(); ++m) {
    if (request.metrics[m].name != "ctr") continue;
    const auto above_one = [&](const ReportGroup& group) {
      const Value ctr = evaluate(request.metrics[m], answer.slots[m], group.sums, group.reach);
      return ctr.kind == Value::Kind::decimal && ctr.decimal > 1;
    };
    const auto count = std::count_if(answer.groups.begin(), answer.groups.end(), above_one);
    if (count == 0) continue;
    json.begin_object().member("code", "clicks_without_impressions").key("rows");
    json.value(static_cast<std::int64_t>(count)).end_object();
  }
  json.end_array();
}

std::string json_body(const ReportEngine::Prepared& prepared, const ReportAnswer& answer,
                      const LogIdentity& log, const std::vector<Column>& columns) {
  const ReportRequest& request = prepared.request;
  JsonWriter json(512 + answer.groups.size() * columns.size() * 24);
  json.begin_object().key("columns").begin_array();
  for (const Column& column : columns) {
    json.begin_object().member("name", column.name).member("type", column.type).key("unit");
    column.unit.empty() ? json.null() : json.value(column.unit);
    json.end_object();
  }
  json.end_array().key("rows").begin_array();
  DimensionTexts texts(request, prepared.zone);
  for (const ReportGroup& group : answer.groups) {
    write_row(json, request, answer, columns, texts, group);
  }
  json.end_array().key("totals").begin_object();
  write_metrics(json, request, answer, columns, answer.totals);
  json.end_object();
  if (request.with_other) {
    json.key("other");
    if (answer.other) {
      json.begin_object().member("groups", answer.other_groups);
      write_metrics(json, request, answer, columns, *answer.other);
      json.end_object();
    } else {
      json.null();
    }
  }
  json.member("truncated", answer.truncated);
  write_warnings(json, request, answer);
  const Zone& zone = prepared.zone;
  json.key("range").begin_object();
  json.member("from", format_instant(answer.from_us, zone.offset_us(answer.from_us)));
  json.member("to", format_instant(answer.to_us, zone.offset_us(answer.to_us))).end_object();
  json.member("timezone", request.timezone).key("currency");
  answer.currency.empty() ? json.null() : json.value(answer.currency);
  json.key("freshness");
  write_freshness(json, answer.freshness, log);
  json.end_object();
  return std::move(json).take();
}

std::string csv_body(const ReportEngine::Prepared& prepared, const ReportAnswer& answer,
                     const std::vector<Column>& columns) {
  const ReportRequest& request = prepared.request;
  const bool guard = !request.raw_cells;
  std::string out;
  out.reserve(256 + answer.groups.size() * columns.size() * 12);
  const char* separator = "";
  for (const Column& column : columns) {
    out += std::exchange(separator, ",");
    append_csv_text(out, column.name, guard);
  }
  out += "\r\n";
  DimensionTexts texts(request, prepared.zone);
  for (const ReportGroup& group : answer.groups) {
    separator = "";
    for (const Column& column : columns) {
      out += std::exchange(separator, ",");
      if (column.is_dimension) {
        append_csv_text(out, texts.text(column, group), guard);
      } else {
        out += value_text(cell_value(column, request, answer, group, false));
      }
    }
    out += "\r\n";
  }
  if (!answer.other) return out;
  separator = "";
  for (const Column& column : columns) {
    out += std::exchange(separator, ",");
    if (!column.is_dimension) {
      out += value_text(cell_value(column, request, answer, *answer.other, true));
    } else if (column.index == 0) {
      out += "(other)";
    }
  }
  return out + "\r\n";
}

std::string ndjson_body(const ReportEngine::Prepared& prepared, const ReportAnswer& answer,
                        const std::vector<Column>& columns) {
  std::string out;
  DimensionTexts texts(prepared.request, prepared.zone);
  for (const ReportGroup& group : answer.groups) {
    JsonWriter json(columns.size() * 24);
    write_row(json, prepared.request, answer, columns, texts, group);
    out.append(json.text()).append("\n");
  }
  if (answer.other) {
    JsonWriter json(columns.size() * 24);
    json.begin_object().member("other", true).member("groups", answer.other_groups);
    write_metrics(json, prepared.request, answer, columns, *answer.other);
    json.end_object();
    out.append(json.text()).append("\n");
  }
  return out;
}

void add_freshness_headers(const ReportAnswer& answer, const LogIdentity& log,
                           http::Response& response) {
  const Freshness& freshness = answer.freshness;
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  if (const std::string time = data_as_of(freshness); !time.empty()) {
    response.headers.emplace_back("X-Adbacus-Data-As-Of", time);
  }
  response.headers.emplace_back("X-Adbacus-Position", position_token(log, freshness.position));
  response.headers.emplace_back("X-Adbacus-Provisional", flag(freshness.provisional));
  response.headers.emplace_back("X-Adbacus-Exact", flag(freshness.exact));
  response.headers.emplace_back("X-Adbacus-Source", freshness.source);
  response.headers.emplace_back("X-Adbacus-Truncated", flag(answer.truncated));
}

}  // namespace

void write_freshness(JsonWriter& json, const Freshness& freshness, const LogIdentity& log) {
  json.begin_object().key("data_as_of");
  const std::string time = data_as_of(freshness);
  time.empty() ? json.null() : json.value(time);
  json.member("position", position_token(log, freshness.position));
  json.member("provisional", freshness.provisional).member("exact", freshness.exact);
  json.member("source", freshness.source).end_object();
}

void write_value(JsonWriter& json, const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      json.null();
      return;
    case Value::Kind::integer:
      json.value(value.integer);
      return;
    case Value::Kind::amount:
      json.raw(value_text(value));
      return;
    case Value::Kind::decimal:
      json.value(value.decimal);
      return;
  }
}

void append_csv_text(std::string& out, std::string_view text, bool guard) {
  const bool runs =
      !text.empty() && std::string_view("=+-@\t\r\n").find(text.front()) != std::string_view::npos;
  const bool quoted = text.find_first_of("\",\r\n") != std::string_view::npos;
  if (quoted) out += '"';
  if (runs && guard) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  if (quoted) out += '"';
}

Result<http::Response> render_report(const ReportEngine::Prepared& prepared,
                                     const ReportAnswer& answer, const LogIdentity& log) {
  const std::vector<Column> columns = columns_of(prepared.request, answer);
  http::Response response;
  switch (prepared.request.format) {
    case ReportFormat::json:
      response.body = json_body(prepared, answer, log, columns);
      return response;
    case ReportFormat::csv:
      response.content_type = "text/csv; charset=utf-8; header=present";
      response.headers.emplace_back("Content-Disposition", "attachment; filename=\"report.csv\"");
      response.body = csv_body(prepared, answer, columns);
      break;
    case ReportFormat::ndjson:
      response.content_type = "application/x-ndjson";
      response.body = ndjson_body(prepared, answer, columns);
      break;
    case ReportFormat::parquet: {
      response.content_type = "application/vnd.apache.parquet";
      response.headers.emplace_back("Content-Disposition",
                                    "attachment; filename=\"report.parquet\"");
      auto body = parquet_body(prepared, answer, columns);
      if (!body) return body.error();
      response.body = std::move(*body);
      break;
    }
  }
  add_freshness_headers(answer, log, response);
  return response;
}

}  // namespace adbacus
