// The text of a load event: the reference event's JSON (about 300 bytes), or a pixel's query.
// Pieces that do not change are copied whole, digits are written between them. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "app/load/event_stream.hpp"

namespace adbacus {

class EventText {
 public:
  explicit EventText(const LoadOptions& options);
  // Room that one event needs at most.
  std::size_t bytes_max() const { return 512 + tenant_.size(); }
  // Both write at `at` and return the end.
  char* write_json(const LoadEvent& event, char* at);
  char* write_query(const LoadEvent& event, char* at);

 private:
  char* write_time(std::int64_t time_ms, char* at);

  const std::string tenant_;  // `","tenant_id":1`, or only the quote
  const bool has_conversion_fields_;
  std::vector<std::string> metadata_;  // by country, device, browser; closes the event
  std::int64_t cached_second_ = -1;
  std::array<char, 20> cached_time_{};  // "2026-11-21T12:00:00."
};

}  // namespace adbacus
