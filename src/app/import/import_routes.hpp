// GET /v1/imports: a tenant's import runs (docs/api/ingest.md). Built by the service; handlers run
// on I/O threads, the scan of raw events on a small pool of its own.
#pragma once

#include "base/query_pool.hpp"
#include "http/router.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

class ImportRoutes {
 public:
  // `lake` may be null: then the answer is 409. It must outlive this.
  explicit ImportRoutes(LakeReader* lake);
  void add_routes(http::Router& router);
  void stop() { pool_.stop(); }  // idempotent

 private:
  void list(const http::Request& request, http::Responder responder);

  LakeReader* lake_;
  QueryPool pool_;
};

}  // namespace adbacus
