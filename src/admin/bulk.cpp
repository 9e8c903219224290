#include "admin/bulk.hpp"

#include <fmt/format.h>
#include <utility>

#include "admin/entity_answer.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kProblemsMax = 100;  // in one answer that refuses all

struct Counts {
  std::size_t created = 0;
  std::size_t updated = 0;
  std::size_t unchanged = 0;
  std::size_t failed = 0;
};

void write_done(http::JsonWriter& json, const ChangeDone& done, Counts& counts) {
  ++(!done.before ? counts.created : done.has_changed ? counts.updated : counts.unchanged);
  json.member("status", done.before ? 200 : 201).member("id", done.after.id);
  json.member("version", done.after.version);
}

void write_refusal(http::JsonWriter& json, const Refusal& refusal) {
  const RefusalCode code = refusal_code(refusal.reason);
  json.member("status", code.status).member("code", code.code).member("detail", refusal.detail);
  json.key("errors").begin_array();
  for (const http::ProblemItem& item : refusal.problems) {
    json.begin_object().member("pointer", item.pointer).member("code", item.code);
    json.member("detail", item.detail).end_object();
  }
  json.end_array();
}

}  // namespace

Result<BulkItems> bulk_items(const JsonNode& body) {
  const JsonNode* list = &body;
  const char* pointer = "";
  if (body.type == JsonNode::Type::object && body.items.size() == 1) {
    list = body.member("items");
    pointer = "/items";
  }
  if (list == nullptr || list->type != JsonNode::Type::list) {
    return Error{ErrorCode::invalid_argument, "The body must be a list, or {\"items\": [...]}."};
  }
  if (list->items.empty() || list->items.size() > kBulkItemsMax) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("The list must hold 1 to {} objects.", kBulkItemsMax)};
  }
  return BulkItems{list->items, pointer};
}

Result<http::Response> bulk_upsert(const http::Request& request, EntityKind kind,
                                   const BulkItems& items, bool all_or_nothing,
                                   EntityWriter& writer) {
  http::JsonWriter results;
  results.begin_array();
  Counts counts;
  Problems problems;
  for (std::size_t i = 0; i < items.items.size(); ++i) {
    auto outcome = writer.apply({.verb = ChangeVerb::upsert,
                                 .kind = kind,
                                 .body = &items.items[i],
                                 .pointer = fmt::format("{}/{}", items.pointer, i)});
    if (!outcome) return outcome.error();
    results.begin_object().member("index", i);
    if (const auto* done = std::get_if<ChangeDone>(&*outcome)) {
      write_done(results, *done, counts);
    } else {
      auto& refusal = std::get<Refusal>(*outcome);
      ++counts.failed;
      write_refusal(results, refusal);
      for (http::ProblemItem& item : refusal.problems) {
        if (problems.size() < kProblemsMax) problems.push_back(std::move(item));
      }
    }
    results.end_object();
  }
  results.end_array();
  if (all_or_nothing && counts.failed != 0) {
    return http::problem(request, 422, "bulk_refused",
                         fmt::format("{} of {} objects were refused; nothing was written.",
                                     counts.failed, items.items.size()),
                         std::move(problems));
  }
  http::JsonWriter json;
  json.begin_object().member("created", counts.created).member("updated", counts.updated);
  json.member("unchanged", counts.unchanged).member("failed", counts.failed);
  json.key("results").raw(results.text()).end_object();
  return http::Response{200, "application/json", {}, std::move(json).take()};
}

}  // namespace adbacus
