#include "app/import/import_answer.hpp"

#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <simdjson.h>

namespace adbacus {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kShownBytesMax = 500;

std::string text_of(const dom::element& object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::uint64_t number_of(const dom::element& object, std::string_view name) {
  std::uint64_t value = 0;
  return object[name].get(value) == simdjson::SUCCESS ? value : 0;
}

Error unexpected(const http::ClientResponse& response) {
  return {ErrorCode::invalid_argument, fmt::format("the server answered {}: {}", response.status,
                                                   response.body.substr(0, kShownBytesMax))};
}

// The event that a pointer like "/2/value" is into; a single event's pointer may lack the number.
std::optional<std::size_t> index_of(std::string_view pointer, std::size_t events) {
  if (events == 1) return pointer.starts_with('?') ? std::nullopt : std::optional<std::size_t>(0);
  if (!pointer.starts_with('/')) return std::nullopt;
  pointer.remove_prefix(1);
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(pointer.data(), pointer.data() + pointer.size(), index);
  const bool whole = end == pointer.data() + pointer.size() || *end == '/';
  if (error != std::errc() || !whole || index >= events) return std::nullopt;
  return index;
}

std::uint64_t seq_of(std::string_view position) {
  const std::size_t dash = position.rfind('-');
  std::uint64_t seq = 0;
  if (dash == std::string_view::npos) return seq;
  position.remove_prefix(dash + 1);
  std::from_chars(position.data(), position.data() + position.size(), seq);
  return seq;
}

}  // namespace

Result<ImportAnswer> read_import_answer(const http::ClientResponse& response, std::size_t events) {
  dom::parser parser;
  dom::element root;
  const bool none_good = response.status == 422;
  if ((response.status != 202 && !none_good) ||
      parser.parse(response.body).get(root) != simdjson::SUCCESS) {
    return unexpected(response);
  }
  ImportAnswer answer;
  answer.accepted = number_of(root, "accepted");
  answer.duplicates = number_of(root, "duplicates");
  answer.position = text_of(root, "position");
  dom::array refused;
  if (root[none_good ? "errors" : "rejected"].get(refused) == simdjson::SUCCESS) {
    for (const dom::element item : refused) {
      const auto index = none_good ? index_of(text_of(item, "pointer"), events)
                                   : std::optional<std::size_t>(number_of(item, "index"));
      if (!index || *index >= events) return unexpected(response);
      answer.refused.push_back({*index, text_of(item, "code"), text_of(item, "detail")});
    }
  }
  // Of one event the problem's code is the event's own.
  const std::string code = text_of(root, "code");
  const bool about_events =
      !answer.refused.empty() &&
      (code == "invalid_events" || (events == 1 && code == answer.refused[0].code));
  if (none_good && !about_events) return unexpected(response);
  return answer;
}

Result<ServerPosition> read_server_position(const http::ClientResponse& response) {
  dom::parser parser;
  dom::element root;
  if (response.status != 200 || parser.parse(response.body).get(root) != simdjson::SUCCESS) {
    return unexpected(response);
  }
  return ServerPosition{.log = text_of(root, "log"),
                        .tenant = text_of(root, "tenant_id"),
                        .position = text_of(root, "position")};
}

bool reaches(std::string_view now, std::string_view earlier) {
  return seq_of(now) >= seq_of(earlier);
}

}  // namespace adbacus
