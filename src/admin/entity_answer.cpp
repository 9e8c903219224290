#include "admin/entity_answer.hpp"

#include <fmt/format.h>
#include <utility>

#include "http/url.hpp"
#include "model/event_time.hpp"

namespace adbacus {

void write_entity(http::JsonWriter& json, const Entity& entity) {
  http::JsonWriter head;
  head.begin_object().member("id", entity.id).member("tenant_id", entity.tenant_id);
  // A body is an object of at least one member: what is between its braces goes in between.
  std::string text = std::move(head).take();
  text.append(",").append(entity.body, 1, entity.body.size() - 2);
  text += fmt::format(R"(,"version":{},"created_at":"{}","updated_at":"{}"}})", entity.version,
                      utc_text(entity.created_us), utc_text(entity.updated_us));
  json.raw(text);
}

std::string entity_tag_of(const Entity& entity) {
  return fmt::format("\"{}\"", entity.version);
}

std::string entity_location(const Entity& entity) {
  return fmt::format("/v1/{}/{}", entity_kind_path(entity.kind), http::percent_encode(entity.id));
}

http::Response entity_answer(int status, const Entity& entity) {
  http::JsonWriter json;
  write_entity(json, entity);
  http::Response answer;
  answer.status = status;
  answer.headers = {{"ETag", entity_tag_of(entity)}, {"Cache-Control", "private, no-cache"}};
  if (status == 201) answer.headers.emplace_back("Location", entity_location(entity));
  answer.body = std::move(json).take();
  return answer;
}

RefusalCode refusal_code(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::invalid:
      return {422, "invalid_body"};
    case RefusalReason::tenant_mismatch:
      return {403, "tenant_mismatch"};
    case RefusalReason::not_found:
      return {404, "not_found"};
    case RefusalReason::reference_not_found:
      return {404, "reference_not_found"};
    case RefusalReason::version_differs:
      return {412, "version_differs"};
    case RefusalReason::id_taken:
      return {409, "id_taken"};
    case RefusalReason::not_unique:
      return {409, "not_unique"};
    case RefusalReason::invalid_transition:
      return {409, "invalid_transition"};
    case RefusalReason::in_use:
      return {409, "in_use"};
    case RefusalReason::exceeds_author:
      return {403, "missing_scope"};
    case RefusalReason::last_owner:
      return {409, "last_owner"};
  }
  return {500, "internal"};
}

http::Response refusal_answer(const http::Request& request, Refusal refusal) {
  const RefusalCode code = refusal_code(refusal.reason);
  return http::problem(request, code.status, code.code, refusal.detail,
                       std::move(refusal.problems));
}

}  // namespace adbacus
