// Makes the bytes of the next request, head and body in one piece. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/load/event_stream.hpp"
#include "app/load/event_text.hpp"
#include "app/load/load_options.hpp"

namespace adbacus {

struct LoadRequest {
  std::vector<char> buffer;  // grows to the largest request and stays
  std::size_t size_bytes = 0;
  std::vector<LoadEvent> events;  // what it carries, in order; empty if its mode sends none

  std::string_view bytes() const { return {buffer.data(), size_bytes}; }
};

class LoadRequestWriter {
 public:
  LoadRequestWriter(const LoadOptions& options, const std::string& authority, std::uint64_t seed,
                    std::uint32_t part);
  void write(std::int64_t now_ms, std::uint32_t event_count, LoadRequest& out);
  // The same bytes once more, of a request that carries events.
  void write_again(LoadRequest& request);

 private:
  void write_events(LoadRequest& out);
  void write_pixel(LoadRequest& out);
  void write_decision(std::int64_t now_ms, LoadRequest& out);
  void write_report(std::int64_t now_ms, LoadRequest& out);
  char* start(std::size_t bytes_max, LoadRequest& out);

  const LoadOptions& options_;
  EventStream stream_;
  EventText text_;
  std::string head_;  // everything up to the digits of Content-Length, or up to the query
  std::string tail_;  // what follows a query
};

}  // namespace adbacus
