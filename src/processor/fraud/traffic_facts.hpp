// What the rules ask about one event. Keys are keyed hashes that differ by tenant; 0 means that the
// event does not say it, and what is not said is no evidence. Plain values.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/network/network_table.hpp"
#include "model/event.hpp"

namespace adbacus {

// The lists of networks that rules know, as bits of NetworkLists.
namespace traffic_list {
inline constexpr NetworkLists data_centre = 1U << 0U;
inline constexpr NetworkLists tor_exit = 1U << 1U;
inline constexpr NetworkLists blocked = 1U << 2U;
inline constexpr NetworkLists vpn = 1U << 3U;
}  // namespace traffic_list

using TrafficKey = std::uint64_t;

// Where the pointer was and how large the slot is, integer CSS pixels.
struct SlotPoint {
  std::optional<std::int32_t> x = {};
  std::optional<std::int32_t> y = {};
  std::optional<std::int32_t> width = {};
  std::optional<std::int32_t> height = {};
};

struct TrafficFacts {
  EventType type = EventType::impression;
  Disposition disposition = Disposition::counted;
  TimeUs time_us = 0;       // of the event
  std::uint16_t flags = 0;  // event_flag bits
  bool is_install = false;  // a conversion of type "install"

  TrafficKey user = 0;
  TrafficKey ad = 0;
  TrafficKey campaign = 0;
  TrafficKey source = 0;
  TrafficKey click = 0;     // click id: the click's own, or the one a conversion names
  TrafficKey decision = 0;  // decision id
  TrafficKey network = 0;   // /24 or /48 of the address
  TrafficKey address = 0;   // the address itself
  TrafficKey agent = 0;     // user agent

  NetworkLists lists = 0;          // that hold the address
  bool is_listed_agent = false;    // a word of the list of crawlers is in its user agent
  bool is_library_agent = false;   // or the name of an HTTP library
  bool is_browser_door = false;    // it came by public key, pixel or click link
  bool is_unseen_request = false;  // by HEAD, prefetch, prerender or preview
  bool is_honeypot = false;        // something that no person can see
  bool is_elsewhere = false;       // the address lies in another country than was declared
  TimeUs install_begin_us = 0;     // when the store began to install; 0: not said
  SlotPoint slot;
};

}  // namespace adbacus
