#include "ingest/ingest_query.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace adbacus {
namespace {

constexpr std::size_t kErrorsShownMax = 20;

class QueryReader {
 public:
  void read(const http::QueryParam& param) {
    if (param.name == "dry_run") return read_flag(param, dry_run_);
    if (param.name == "historical") return read_flag(param, historical_);
    if (param.name == "import") return read_text(param, query_.import_run);
    if (param.name == "tenant_id") return read_text(param, query_.tenant_id);
    if (param.name == "key") return;  // the credential: http/caller.hpp has read it
    refuse(param, "unknown_parameter", "This route has no such parameter.");
  }

  std::variant<IngestQuery, http::Response> take(const http::Request& request) && {
    if (historical_.value_or(false) && query_.import_run) {
      for (const char* name : {"import", "historical"}) {
        refuse({name, ""}, "invalid_parameter", "import and historical exclude each other.");
      }
    }
    if (!errors_.empty()) {
      const std::string code = errors_.front().code;
      const std::string detail = errors_.front().pointer + ": " + errors_.front().detail;
      return http::problem(request, 422, code, detail, std::move(errors_));
    }
    query_.dry_run = dry_run_.value_or(false);
    query_.historical = historical_.value_or(false);
    return query_;
  }

 private:
  void refuse(const http::QueryParam& param, std::string_view code, std::string_view detail) {
    if (errors_.size() == kErrorsShownMax) return;
    errors_.push_back({"?" + param.name, std::string(code), std::string(detail)});
  }

  bool first(const http::QueryParam& param, bool sent) {
    if (sent) refuse(param, "invalid_parameter", "May be sent once only.");
    return !sent;
  }

  void read_flag(const http::QueryParam& param, std::optional<bool>& flag) {
    if (!first(param, flag.has_value())) return;
    flag = param.value == "true" || param.value == "1";
    if (*flag || param.value == "false" || param.value == "0") return;
    refuse(param, "invalid_parameter", "Must be true, false, 1 or 0.");
  }

  void read_text(const http::QueryParam& param, std::optional<std::string_view>& text) {
    if (first(param, text.has_value())) text = param.value;
  }

  IngestQuery query_;
  std::optional<bool> dry_run_;
  std::optional<bool> historical_;
  std::vector<http::ProblemItem> errors_;
};

}  // namespace

std::vector<http::ParamSpec> ingest_params() {
  return {
      {"dry_run", "query", "boolean", false, "Validate only; nothing is written."},
      {"import", "query", "string", false, "Name of an import run: any age; scope import."},
      {"historical", "query", "boolean", false, "Same as import=default."},
      {"tenant_id", "query", "string", false, "Must be the credential's tenant."},
      {"key", "query", "string", false, "A public key, of pages that cannot set headers."},
      {"X-Strict-Mode", "header", "string", false, "1: all or nothing, epoch times in ms only."},
  };
}

std::variant<IngestQuery, http::Response> read_ingest_query(const http::Request& request) {
  QueryReader reader;
  for (const http::QueryParam& param : request.query) reader.read(param);
  return std::move(reader).take(request);
}

}  // namespace adbacus
