// The files that say where addresses are, read again when they change. A file that cannot be read
// changes nothing: the last good copy stays in use and the status says so. Replace files by a
// rename; one that is being written is left alone until it rests.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/metrics.hpp"
#include "base/periodic_thread.hpp"
#include "enrich/geo/geo_file.hpp"

namespace adbacus {

struct GeoOptions {
  std::string place_file;        // countries, or countries with regions and cities; empty: none
  std::string network_file;      // autonomous systems; empty: none
  int look_interval_ms = 5'000;  // how often the files are looked at
  bool empty() const { return place_file.empty() && network_file.empty(); }
};

// The files as they were at one time. Immutable, thread-safe.
struct GeoSnapshot {
  std::uint64_t number = 0;  // no other one in this process has it
  std::shared_ptr<const GeoFile> places;
  std::shared_ptr<const GeoFile> networks;
};

// What is known of an address; the calling thread keeps what it found lately.
GeoPlace find_place(const GeoSnapshot& geo, const http::PeerAddress& address);

struct GeoFileStatus {
  std::string name;  // "places" or "networks"
  bool is_loaded = false;
  TimeUs built_us = 0;  // of the copy in use
  std::string problem;  // of the newest file; empty: it is in use
};

// start() and stop() belong to the owner; all else is thread-safe.
class GeoTables {
 public:
  // Reads the files before it returns; problems are logged and in status(). `fs` must outlive it.
  GeoTables(FileSystem& fs, const GeoOptions& options);
  ~GeoTables() { stop(); }
  void start();  // the thread that looks at the files
  void stop();
  // Never null. Cheap, but once a request, not once an event.
  std::shared_ptr<const GeoSnapshot> snapshot() const;
  std::vector<GeoFileStatus> status() const;  // of the configured files
  // What the thread does every look_interval_ms; for one thread.
  void look();

 private:
  // What tells a file from the one that was there before.
  struct Mark {
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  struct Watched {
    std::string name;
    std::string path;
    Mark loaded;  // or refused
    Mark seen;
    std::string problem;
    std::shared_ptr<const GeoFile> file;
    Gauge* refused = nullptr;
    Gauge* built = nullptr;
  };
  static Mark mark_of(const std::string& path);
  void watch(std::string name, const std::string& path);
  void load(Watched& watched);
  void publish();

  FileSystem& fs_;
  const int look_interval_ms_;
  std::vector<Watched> files_;  // changed by look() only
  mutable std::mutex mutex_;    // guards snapshot_ and status_
  std::shared_ptr<const GeoSnapshot> snapshot_;
  std::vector<GeoFileStatus> status_;
  PeriodicThread thread_;
};

}  // namespace adbacus
