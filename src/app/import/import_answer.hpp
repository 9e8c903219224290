// What the server says to a request of an import. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/client.hpp"

namespace adbacus {

struct RefusedEvent {
  std::size_t index = 0;  // in the request
  std::string code;
  std::string detail;
};

struct ImportAnswer {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::string position;
  std::vector<RefusedEvent> refused;  // those that the answer names
};

// `events`: how many the request held. A 422 that is about them is an answer like a 202; anything
// else, a 422 about the request too, is the error invalid_argument: nothing of it was settled.
Result<ImportAnswer> read_import_answer(const http::ClientResponse& response, std::size_t events);

// Whose log the server has, as GET /v1/position tells.
struct ServerPosition {
  std::string log;
  std::string tenant;
  std::string position;
};
Result<ServerPosition> read_server_position(const http::ClientResponse& response);

// False when `earlier`, a position of the same log, is behind the log's end `now`: then it is not
// the log that acknowledged it.
bool reaches(std::string_view now, std::string_view earlier);

}  // namespace adbacus
