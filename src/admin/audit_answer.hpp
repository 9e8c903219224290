// GET /v1/audit: who changed what, newest first. Pure but for the log; called by admin_routes on
// threads that may block.
#pragma once

#include <string_view>
#include <vector>

#include "catalog/audit_log.hpp"
#include "http/http.hpp"
#include "http/json_writer.hpp"
#include "http/router.hpp"

namespace adbacus {

// Parameters kind, object_id, actor, action, limit and cursor; 422 invalid_number or
// invalid_cursor.
http::Response answer_audit(const http::Request& request, AuditLog& log,
                            const std::string& tenant_id, std::string_view cursor_key);
std::vector<http::ParamSpec> audit_params();
std::string audit_schema();

// The verdict on a tenant's chain, as GET /v1/audit/verify and `adbacus audit verify` give it.
void write_verdict(http::JsonWriter& json, const AuditVerdict& verdict);

}  // namespace adbacus
