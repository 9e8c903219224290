#include "store/lake/damage_watch.hpp"

#include <fmt/format.h>

#include "base/logging.hpp"

namespace adbacus {

Result<std::unique_ptr<DamageWatch>> DamageWatch::open(FileSystem& files, const std::string& folder,
                                                       VisibleFiles& visible) {
  std::unique_ptr<DamageWatch> watch(new DamageWatch(files, folder + "/damaged"));
  auto there = files.exists(watch->path_);
  if (!there) return there.error();
  if (!*there) return watch;
  auto text = read_file(files, watch->path_);
  if (!text) return text.error();
  const auto snapshot = visible.snapshot();
  for (const LakeFile& file : snapshot->files) {
    if (text->find(file.name + "\n") != std::string::npos) watch->damaged_.insert(file.name);
  }
  return watch;
}

std::optional<Error> DamageWatch::look(VisibleFiles& visible, TimeUs from_us, TimeUs to_us) {
  const auto snapshot = visible.snapshot(from_us, to_us);
  std::optional<Error> found;
  for (const LakeFile& file : snapshot->files) {
    bool damaged = false;
    if (is_new(file.name, damaged)) {
      const auto intact = visible.is_intact(file);  // without the lock: it may be large
      damaged = intact && !*intact;
      if (damaged) note(file);
    }
    if (damaged && !found) found = error_of(file.name);
  }
  return found;
}

bool DamageWatch::is_new(const std::string& name, bool& damaged) {
  const std::lock_guard lock(mutex_);
  damaged = damaged_.contains(name);
  return seen_.insert(name).second && !damaged;
}

void DamageWatch::note(const LakeFile& file) {
  const std::lock_guard lock(mutex_);
  damaged_.insert(file.name);
  log_error("a lake file is damaged; the next start writes the lake again from the log",
            {{"file", file.name}, {"rows", fmt::format("{}", file.rows)}});
  std::string text;
  for (const std::string& name : damaged_) text += name + "\n";
  // Should it fail, the next start finds out as this process did.
  if (auto written = write_file_atomically(files_, path_, text); !written)
    log_warn("lake: damage not noted", {{"error", written.error().message}});
}

std::size_t DamageWatch::count() const {
  const std::lock_guard lock(mutex_);
  return damaged_.size();
}

std::string DamageWatch::first() const {
  const std::lock_guard lock(mutex_);
  return damaged_.empty() ? std::string() : *damaged_.begin();
}

Error DamageWatch::error() const {
  return error_of(first());
}

Error DamageWatch::error_of(const std::string& name) const {
  return {ErrorCode::corrupt, fmt::format("lake file {} is damaged: its bytes changed", name)};
}

}  // namespace adbacus
