// The report routes' rows of the route table, from which /openapi.json is made.
#include "report/report_routes.hpp"

namespace adbacus {
namespace {

using http::ParamSpec;

ParamSpec param(std::string name, std::string type, bool required, std::string description) {
  return {std::move(name), "query", std::move(type), required, std::move(description)};
}

const char* const kFreshnessSchema =
    R"({"type":"object","properties":{"data_as_of":{"type":["string","null"],)"
    R"("format":"date-time"},"position":{"type":"string"},"provisional":{"type":"boolean"},)"
    R"("exact":{"type":"boolean"},"source":{"type":"string"}}})";

std::vector<ParamSpec> common_params() {
  return {param("after", "string", false,
                "position token: everything acknowledged up to it is included in the answer"),
          param("wait_ms", "integer", false, "how long to wait for it, 0 to 60000, default 5000"),
          param("currency", "string", false,
                "money of this ISO 4217 currency only; events without money stay"),
          param("tenant_id", "string", false, "must be the credential's tenant")};
}

std::vector<ParamSpec> report_params() {
  std::vector<ParamSpec> params{
      param("metrics", "string", true, "comma list, e.g. impressions,clicks,ctr"),
      param("dimensions", "string", false, "comma list, e.g. hour,campaign_id"),
      param("granularity", "string", false, "a time dimension to put first"),
      param("from", "string", false, "ISO 8601 or epoch milliseconds, inclusive"),
      param("to", "string", false, "ISO 8601 or epoch milliseconds, exclusive"),
      param("start_date", "string", false, "instead of from: first date, in the time zone"),
      param("end_date", "string", false, "instead of to: last date, inclusive"),
      param("timezone", "string", false, "IANA name, default the tenant's"),
      param(
          "filter", "string", false,
          "field:op:value or JSON as in filters of a POST; repeatable, all must hold; ops eq ne in "
          "not_in lt lte gt gte between contains starts_with regex exists"),
      param("order", "string", false, "comma list of columns, - before one for descending"),
      param("limit", "integer", false, "rows, 1 to 100000, default 1000"),
      param("fill", "boolean", false, "rows of zeros for empty time buckets"),
      param("other", "boolean", false, "sum of the rows past the limit"),
      param("compare", "string", false, "previous_period or previous_year"),
      param("format", "string", false, "json, csv, ndjson or parquet; default by Accept"),
      param("raw", "boolean", false, "CSV without protection against formulas")};
  for (ParamSpec& spec : common_params()) params.push_back(std::move(spec));
  return params;
}

std::string report_request_schema() {
  return R"({"type":"object","required":["metrics"],"properties":{)"
         R"("metrics":{"type":"array","items":{"type":"string"}},)"
         R"("dimensions":{"type":"array","items":{"type":"string"}},)"
         R"("granularity":{"type":"string"},"from":{"type":["string","integer"]},)"
         R"("to":{"type":["string","integer"]},"start_date":{"type":"string","format":"date"},)"
         R"("end_date":{"type":"string","format":"date"},"timezone":{"type":"string"},)"
         R"("filters":{"description":"one filter or a list: {field,op,value}, {all:[..]}, )"
         R"({any:[..]}, {not:..}, {<field>:<value or list>} or field:op:value",)"
         R"("type":["array","object","string"],)"
         R"("items":{"type":["object","string"]}},)"
         R"("order":{"type":"array","items":{"type":"string"}},"limit":{"type":"integer"},)"
         R"("fill":{"type":"boolean"},"other":{"type":"boolean"},"compare":{"type":"string"},)"
         R"("currency":{"type":"string"},"after":{"type":"string"},"wait_ms":{"type":"integer"},)"
         R"("format":{"enum":["json","csv","ndjson","parquet"]},"raw":{"type":"boolean"},)"
         R"("tenant_id":{}}})";
}

std::string report_answer_schema() {
  return std::string(
             R"({"type":"object","properties":{"columns":{"type":"array","items":{)"
             R"("type":"object","properties":{"name":{"type":"string"},"type":{"type":"string"},)"
             R"("unit":{"type":["string","null"]}}}},)"
             R"("rows":{"type":"array","items":{"type":"object"}},"totals":{"type":"object"},)"
             R"("truncated":{"type":"boolean"},"warnings":{"type":"array"},)"
             R"("range":{"type":"object"},)"
             R"("timezone":{"type":"string"},"currency":{"type":["string","null"]},"freshness":)") +
         kFreshnessSchema + "}}";
}

http::RouteSpec report_spec(http::Method method) {
  http::RouteSpec spec;
  spec.method = method;
  spec.path = "/v1/report";
  spec.scope = http::scope_read;
  spec.for_limited = true;
  spec.summary = "Any metrics by any dimensions";
  spec.params = report_params();
  if (method == http::Method::post) {
    for (ParamSpec& query : spec.params) query.required = false;  // or in the body
    spec.request_body = report_request_schema();
  }
  spec.response_body = report_answer_schema();
  spec.tags = {"reports"};
  return spec;
}

http::RouteSpec summary_spec() {
  http::RouteSpec spec;
  spec.path = "/api/report/summary";
  spec.scope = http::scope_read;
  spec.for_limited = true;
  spec.summary = "Impressions, clicks, conversions and revenue of a range, and their ratios";
  spec.params = {param("from", "string", true, "ISO 8601 or epoch milliseconds, inclusive"),
                 param("to", "string", true, "ISO 8601 or epoch milliseconds, exclusive"),
                 param("campaign_id", "string", false, "one campaign only"),
                 param("placement_id", "string", false, "one placement only"),
                 param("group_by", "string", false, "comma list of dimensions: adds groups"),
                 param("timezone", "string", false, "IANA name, for time dimensions")};
  for (ParamSpec& more : common_params()) spec.params.push_back(std::move(more));
  spec.response_body =
      std::string(
          R"({"type":"object","properties":{"impressions":{"type":"integer"},)"
          R"("clicks":{"type":"integer"},"conversions":{"type":"integer"},)"
          R"("revenue_cents":{"type":"integer"},"revenue_micros":{"type":"integer"},)"
          R"("ctr":{"type":["number","null"]},"conversion_rate":{"type":["number","null"]},)"
          R"("ecpm":{"type":["number","null"]},"ecpc":{"type":["number","null"]},)"
          R"("groups":{"type":"array","items":{"type":"object"}},"freshness":)") +
      kFreshnessSchema + "}}";
  spec.tags = {"compatibility"};
  return spec;
}

http::RouteSpec stats_spec(const char* path) {
  http::RouteSpec spec;
  spec.path = path;
  spec.scope = http::scope_read;
  spec.for_limited = true;
  spec.summary = "Clicks, conversions and revenue by date, campaign and source";
  spec.params = {param("start_date", "string", true, "YYYY-MM-DD, UTC"),
                 param("end_date", "string", true, "YYYY-MM-DD, UTC, inclusive"),
                 param("campaign_id", "string", false, "one campaign only"),
                 param("interval", "string", false, "daily (default), weekly or monthly")};
  for (ParamSpec& more : common_params()) spec.params.push_back(std::move(more));
  spec.response_body =
      std::string(
          R"({"type":"object","properties":{"interval":{"type":"string"},"data":{)"
          R"("type":"array","items":{"type":"object","properties":{)"
          R"("date":{"type":"string","format":"date"},)"
          R"("campaign_id":{"type":["string","null"]},"source":{"type":["string","null"]},)"
          R"("clicks":{"type":"integer"},"conversions":{"type":"integer"},)"
          R"("revenue":{"type":"number"},"cvr":{"type":["number","null"]}}}},"freshness":)") +
      kFreshnessSchema + "}}";
  spec.tags = {"compatibility"};
  return spec;
}

}  // namespace

void ReportRoutes::add_routes(http::Router& router) {
  const auto bound = [this](void (ReportRoutes::*handle)(const http::Request&, http::Responder)) {
    return [this, handle](const http::Request& request, http::Responder responder) {
      (this->*handle)(request, std::move(responder));
    };
  };
  router.add(report_spec(http::Method::get), bound(&ReportRoutes::handle_report));
  router.add(report_spec(http::Method::post), bound(&ReportRoutes::handle_report));
  router.add(summary_spec(), bound(&ReportRoutes::handle_summary));
  router.add(stats_spec("/api/v1/stats"), bound(&ReportRoutes::handle_stats));
  router.add(stats_spec("/stats"), bound(&ReportRoutes::handle_stats));
}

}  // namespace adbacus
