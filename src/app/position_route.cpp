#include "app/position_route.hpp"

#include <utility>

#include "eventlog/entry_keys.hpp"
#include "http/json_writer.hpp"

namespace adbacus {

void add_position_route(http::Router& router, EventLog& log, std::string restored) {
  http::RouteSpec spec;
  spec.path = "/v1/position";
  spec.scope = http::scope_ingest | http::scope_import | http::scope_read;
  spec.summary = "The newest durable event, for `after`, and the log it is in";
  spec.response_body =
      R"({"type":"object","required":["position","log","tenant_id"],"properties":{)"
      R"("position":{"type":"string"},"log":{"type":"string"},"tenant_id":{"type":"string"}}})";
  spec.tags = {"ingest"};
  spec.unknown_params_refused = true;
  // A restored backup may lack the newest events, and what follows takes their places: another log.
  const std::string name = log.identity().uuid + (restored.empty() ? "" : "-" + restored);
  router.add(std::move(spec), [&log, name](const http::Request& request, http::Responder answer) {
    http::JsonWriter json;
    json.begin_object();
    json.member("position", position_token(log.identity(), log.status().synced_seq));
    json.member("log", name).member("tenant_id", request.principal.tenant).end_object();
    answer.send({200, "application/json", {}, std::move(json).take()});
  });
}

}  // namespace adbacus
