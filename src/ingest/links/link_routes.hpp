// POST /v1/links: makes the signed links that /v1/c/<token> follows (docs/api/pixel_and_click.md).
// Nothing is stored: the link holds what was ordered. Made once by the service; handlers run on any
// I/O thread.
#pragma once

#include "base/clock.hpp"
#include "base/signing_keys.hpp"
#include "catalog/snapshot.hpp"
#include "http/router.hpp"
#include "ingest/url_event_door.hpp"

namespace adbacus {

class LinkRoutes {
 public:
  // All must outlive the routes and every request.
  LinkRoutes(SnapshotSource objects, const SigningKeys& keys, IngestOptionsSource options,
             Clock& clock);
  void add_routes(http::Router& router);

 private:
  http::Response create(const http::Request& request) const;

  const SnapshotSource objects_;
  const SigningKeys& keys_;
  const IngestOptionsSource options_;
  Clock& clock_;
};

}  // namespace adbacus
