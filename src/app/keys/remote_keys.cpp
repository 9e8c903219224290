#include "app/keys/remote_keys.hpp"

#include <fmt/format.h>
#include <ostream>
#include <simdjson.h>

#include "catalog/scope_names.hpp"
#include "http/client.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

namespace dom = simdjson::dom;

constexpr int kTimeoutS = 30;

Result<std::string> call(const KeyServer& server, const char* method, const std::string& target,
                         const std::string& body) {
  auto client = http::Client::open_for_command(server.url, server.ca_file, kTimeoutS);
  if (!client) return client.error();
  std::vector<std::pair<std::string, std::string>> headers{
      {"Authorization", "Bearer " + server.key}, {"Content-Type", "application/json"}};
  if (!server.tenant.empty()) headers.emplace_back("X-Adbacus-Tenant", server.tenant);
  auto answer = (*client)->call(method, target, headers, body);
  if (!answer) return answer.error();
  if (answer->status / 100 == 2) return std::move(answer->body);
  return Error{ErrorCode::unavailable,
               fmt::format("the server answers {}: {}", answer->status, answer->body)};
}

std::string text_of(const dom::element& object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return "-";
  return std::string(text);
}

std::string scopes_of(const dom::element& object) {
  std::string all;
  dom::array scopes;
  if (object["scopes"].get(scopes) != simdjson::SUCCESS) return all;
  for (const dom::element scope : scopes) {
    std::string_view name;
    if (scope.get(name) == simdjson::SUCCESS) all.append(all.empty() ? "" : ",").append(name);
  }
  return all;
}

// Goes into the path as it is.
bool is_plain(const std::string& id) {
  return !id.empty() && id.find_first_not_of(
                            "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789_-") == std::string::npos;
}

int unreadable(CommandIo& io) {
  return fail(io, {ErrorCode::internal, "the server's answer cannot be read"});
}

// The answer that holds a new key.
int show_made(const KeyServer& server, const Result<std::string>& answer, CommandIo& io) {
  if (!answer) return fail(io, answer.error());
  if (server.json) {
    io.out << *answer << '\n';
    return kExitDone;
  }
  dom::parser parser;
  dom::element key;
  if (parser.parse(*answer).get(key) != simdjson::SUCCESS) return unreadable(io);
  io.err << fmt::format("key {} for tenant {}, scopes {}; shown only now:\n", text_of(key, "id"),
                        text_of(key, "tenant_id"), scopes_of(key));
  io.out << text_of(key, "key") << '\n';
  return kExitDone;
}

}  // namespace

std::string key_line_text(const KeyLine& line) {
  return fmt::format("{:<13} {:<12} {:<36} {:<8} {:<21} {}\n", line.id, line.tenant, line.scopes,
                     line.state, line.used, line.name);
}

int create_remote_key(const KeyServer& server, const KeyRequest& wanted, CommandIo& io) {
  http::JsonWriter body;
  body.begin_object().member("name", wanted.name).key("scopes").begin_array();
  for (const std::string_view scope : scope_names(wanted.scopes)) body.value(scope);
  body.end_array().member("operator", wanted.is_operator).member("public", wanted.is_public);
  body.key("origins").begin_array();
  for (const std::string& origin : wanted.origins) body.value(origin);
  body.end_array().key("placements").begin_array();
  for (const std::string& placement : wanted.placements) body.value(placement);
  body.end_array().member("expires_days", wanted.lifetime_us / kDayUs);
  if (wanted.quota != 0) {
    body.member("quota", wanted.quota).member("quota_period_s", wanted.quota_period_s);
  }
  if (!wanted.tenant_id.empty()) body.member("tenant_id", wanted.tenant_id);
  body.end_object();
  return show_made(server, call(server, "POST", "/v1/keys", body.text()), io);
}

int list_remote_keys(const KeyServer& server, CommandIo& io) {
  const auto answer = call(server, "GET", "/v1/keys", "");
  if (!answer) return fail(io, answer.error());
  if (server.json) {
    io.out << *answer << '\n';
    return kExitDone;
  }
  dom::parser parser;
  dom::element root;
  dom::array keys;
  if (parser.parse(*answer).get(root) != simdjson::SUCCESS ||
      root["keys"].get(keys) != simdjson::SUCCESS) {
    return unreadable(io);
  }
  io.out << key_line_text({"ID", "TENANT", "SCOPES", "STATE", "LAST USED", "NAME"});
  for (const dom::element key : keys) {
    bool is_operator = false;
    const bool known = key["operator"].get(is_operator) == simdjson::SUCCESS;
    io.out << key_line_text({text_of(key, "id"),
                             known && is_operator ? "(operator)" : text_of(key, "tenant_id"),
                             scopes_of(key), text_of(key, "state"), text_of(key, "last_used_at"),
                             text_of(key, "name")});
  }
  return kExitDone;
}

int revoke_remote_key(const KeyServer& server, const std::string& id, CommandIo& io) {
  if (!is_plain(id)) return fail(io, {ErrorCode::invalid_argument, "there is no key " + id});
  const auto answer = call(server, "DELETE", "/v1/keys/" + id, "");
  if (!answer) return fail(io, answer.error());
  if (server.json) {
    io.out << *answer << '\n';
  } else {
    io.err << "key " << id << " is revoked\n";
  }
  return kExitDone;
}

int rotate_remote_key(const KeyServer& server, const std::string& id, std::int64_t overlap_hours,
                      CommandIo& io) {
  if (!is_plain(id)) return fail(io, {ErrorCode::invalid_argument, "there is no key " + id});
  http::JsonWriter body;
  body.begin_object().member("overlap_hours", overlap_hours).end_object();
  return show_made(server, call(server, "POST", "/v1/keys/" + id + "/rotate", body.text()), io);
}

}  // namespace adbacus
