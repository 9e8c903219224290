#include "enrich/geo/geo_tables.hpp"

#include <chrono>
#include <sys/stat.h>

#include "base/logging.hpp"

namespace adbacus {
namespace {

constexpr unsigned kKeptBits = 14;
constexpr std::size_t kKeptPlaces = 1U << kKeptBits;  // of a thread, by record: some 1.5 MB

std::atomic<std::uint64_t> next_number{1};

struct KeptPlace {
  std::uint64_t snapshot = 0;  // 0: free
  std::uint64_t records = 0;
  GeoPlace place;
};

}  // namespace

GeoPlace find_place(const GeoSnapshot& geo, const http::PeerAddress& address) {
  thread_local std::vector<KeptPlace> kept(kKeptPlaces);
  // Offset by one, so that 0 is "none".
  const auto record_in = [&](const std::shared_ptr<const GeoFile>& file) -> std::uint64_t {
    if (file == nullptr) return 0;
    const auto record = file->find(address);
    return record ? std::uint64_t{*record} + 1 : 0;
  };
  const std::uint64_t place = record_in(geo.places);
  const std::uint64_t network = record_in(geo.networks);
  const std::uint64_t records = place << 32U | network;
  if (records == 0) return {};
  KeptPlace& entry = kept[(records * 0x9e3779b97f4a7c15ULL) >> (64U - kKeptBits)];
  if (entry.snapshot != geo.number || entry.records != records) {
    entry = {.snapshot = geo.number, .records = records, .place = {}};
    if (place != 0) geo.places->read(static_cast<std::uint32_t>(place - 1), entry.place);
    if (network != 0) geo.networks->read(static_cast<std::uint32_t>(network - 1), entry.place);
  }
  return entry.place;
}

GeoTables::GeoTables(FileSystem& fs, const GeoOptions& options)
    : fs_(fs), look_interval_ms_(options.look_interval_ms) {
  watch("places", options.place_file);
  watch("networks", options.network_file);
  for (Watched& file : files_) {
    file.seen = mark_of(file.path);
    load(file);
  }
  publish();
}

void GeoTables::watch(std::string name, const std::string& path) {
  if (path.empty()) return;
  const std::string label = "file=\"" + name + "\"";
  Watched watched;
  watched.name = std::move(name);
  watched.path = path;
  watched.refused = &gauge("adbacus_geo_file_refused",
                           "1: the file cannot be read; what was read before stays in use", label);
  watched.built = &gauge("adbacus_geo_file_built_seconds",
                         "When the file in use was made, Unix time; 0: none is in use", label);
  files_.push_back(std::move(watched));
}

void GeoTables::start() {
  if (files_.empty()) return;
  thread_.start("geo-files", std::chrono::milliseconds(look_interval_ms_), [this] { look(); });
}

void GeoTables::stop() {
  thread_.stop();
}

GeoTables::Mark GeoTables::mark_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_ino, found.st_size,
          found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec};
}

void GeoTables::look() {
  bool is_changed = false;
  for (Watched& file : files_) {
    const Mark mark = mark_of(file.path);
    const bool rests = mark == file.seen;
    file.seen = mark;
    if (mark == file.loaded || !rests) continue;
    load(file);
    is_changed = true;
  }
  if (is_changed) publish();
}

void GeoTables::load(Watched& watched) {
  watched.loaded = watched.seen;
  const auto bytes = read_file(fs_, watched.path);
  auto file = bytes ? GeoFile::open(*bytes, watched.path)
                    : Result<std::shared_ptr<const GeoFile>>(bytes.error());
  watched.problem = file ? std::string() : file.error().message;
  if (file) {
    watched.file = *std::move(file);
    log_info("a geo file is read", {{"file", watched.path}, {"type", watched.file->type()}});
  } else {
    log_error(watched.file ? "a geo file is refused; the copy read before stays in use"
                           : "a geo file is refused; its fields stay empty",
              {{"file", watched.path}, {"error", watched.problem}});
  }
  watched.refused->set(file ? 0 : 1);
  watched.built->set(watched.file ? watched.file->built_us() / kSecondUs : 0);
}

void GeoTables::publish() {
  auto snapshot = std::make_shared<GeoSnapshot>();
  snapshot->number = next_number.fetch_add(1);
  std::vector<GeoFileStatus> status;
  for (const Watched& file : files_) {
    (file.name == "places" ? snapshot->places : snapshot->networks) = file.file;
    status.push_back(
        {file.name, file.file != nullptr, file.file ? file.file->built_us() : 0, file.problem});
  }
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(snapshot);
  status_ = std::move(status);
}

std::shared_ptr<const GeoSnapshot> GeoTables::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::vector<GeoFileStatus> GeoTables::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace adbacus
