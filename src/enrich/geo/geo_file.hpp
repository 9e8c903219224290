// One file in MaxMind's DB format (the format's description 2.0), read whole: the copy in memory
// stays what it was whatever becomes of the file. Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <maxminddb.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "enrich/geo/geo_place.hpp"
#include "http/peers.hpp"

namespace adbacus {

class GeoFile {
 public:
  // `bytes` of a file; `name` is for messages. corrupt: not of this format, or damaged where it was
  // looked at.
  static Result<std::shared_ptr<const GeoFile>> open(std::string_view bytes, std::string name);
  ~GeoFile();
  GeoFile(const GeoFile&) = delete;
  GeoFile& operator=(const GeoFile&) = delete;

  // The record of the address' network: addresses with the same one have the same place.
  std::optional<std::uint32_t> find(const http::PeerAddress& address) const;
  // What the record says is put into `place`; what it does not say stays.
  void read(std::uint32_t record, GeoPlace& place) const;

  const std::string& type() const { return type_; }  // "GeoLite2-City"
  TimeUs built_us() const { return built_us_; }

 private:
  GeoFile() = default;
  Result<void> look_around() const;

  int memory_ = -1;  // the copy, as a file descriptor: what libmaxminddb maps
  bool is_open_ = false;
  MMDB_s db_{};
  std::string type_;
  TimeUs built_us_ = 0;
};

}  // namespace adbacus
