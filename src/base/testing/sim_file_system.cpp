#include "base/testing/sim_file_system.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/core.h>

namespace adbacus {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

Error gone(const std::string& path) {
  return {ErrorCode::not_found, fmt::format("{}: no such file", path)};
}

}  // namespace

class SimFileSystem::SimFile final : public File {
 public:
  SimFile(SimFileSystem& fs, std::shared_ptr<Inode> inode, std::string path)
      : fs_(fs), inode_(std::move(inode)), path_(std::move(path)), generation_(fs.generation_) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    const std::lock_guard lock(fs_.mutex_);
    if (auto usable = use(); !usable) return usable.error();
    const std::string& bytes = inode_->current;
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t got = std::min<std::size_t>(out.size(), bytes.size() - offset);
    if (got > 0) std::memcpy(out.data(), bytes.data() + offset, got);
    return got;
  }
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    const std::lock_guard lock(fs_.mutex_);
    if (auto usable = use(); !usable) return usable;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return fs_.write(*inode_, fs_.name_of(*inode_, path_), offset, text);
  }
  Result<void> sync() override {
    const std::lock_guard lock(fs_.mutex_);
    if (auto usable = use(); !usable) return usable;
    return fs_.sync(*inode_, fs_.name_of(*inode_, path_));
  }
  Result<std::uint64_t> size() override {
    const std::lock_guard lock(fs_.mutex_);
    if (auto usable = use(); !usable) return usable.error();
    return std::uint64_t{inode_->current.size()};
  }
  Result<void> resize(std::uint64_t size) override {
    const std::lock_guard lock(fs_.mutex_);
    if (auto usable = use(); !usable) return usable;
    return fs_.resize(*inode_, size);
  }

 private:
  Result<void> use() const {
    if (fs_.dead_ || generation_ != fs_.generation_) {
      return Error{ErrorCode::io, "simulated crash"};
    }
    return {};
  }

  SimFileSystem& fs_;
  std::shared_ptr<Inode> inode_;
  std::string path_;
  std::uint64_t generation_;
};

class SimFileSystem::SimLock final : public FileLock {
 public:
  SimLock(SimFileSystem& fs, std::string path)
      : fs_(fs), path_(std::move(path)), generation_(fs.generation_) {}
  ~SimLock() override {
    const std::lock_guard lock(fs_.mutex_);
    if (generation_ == fs_.generation_) fs_.locks_.erase(path_);
  }
  SimLock(const SimLock&) = delete;
  SimLock& operator=(const SimLock&) = delete;

 private:
  SimFileSystem& fs_;
  std::string path_;
  std::uint64_t generation_;
};

SimFileSystem::SimFileSystem() = default;
SimFileSystem::~SimFileSystem() = default;

Result<void> SimFileSystem::change() {
  if (!dead_ && dies_at_ && operations_ >= *dies_at_) dead_ = true;
  if (dead_) return Error{ErrorCode::io, "simulated crash"};
  ++operations_;
  return {};
}

bool SimFileSystem::takes_fault(Fault& fault, const std::string& path) const {
  if (fault.count <= 0 || path.find(fault.part) == std::string::npos) return false;
  --fault.count;
  return true;
}

// A file that was renamed while open goes by its new name.
std::string SimFileSystem::name_of(const Inode& inode, const std::string& opened_as) const {
  for (const auto& [path, named] : names_) {
    if (named.get() == &inode) return path;
  }
  return opened_as;
}

std::uint64_t SimFileSystem::used_bytes() const {
  std::uint64_t pieces = 0;
  for (const auto& [path, inode] : names_) pieces += inode->allocated.size();
  return pieces * kPieceBytes;
}

Result<void> SimFileSystem::write(Inode& inode, const std::string& path, std::uint64_t offset,
                                  std::string_view bytes) {
  const bool dies = !dead_ && dies_at_ && operations_ >= *dies_at_;
  if (dead_) return change();
  if (takes_fault(write_fault_, path)) {
    return Error{write_fault_.code, fmt::format("write {}: injected", path)};
  }
  std::uint64_t room = capacity_bytes_ - std::min(capacity_bytes_, used_bytes());
  if (offset + bytes.size() > inode.current.size()) inode.current.resize(offset + bytes.size());
  std::size_t done = 0;
  while (done < bytes.size()) {
    const std::uint64_t piece = (offset + done) / kPieceBytes;
    if (!inode.allocated.contains(piece)) {
      if (room < kPieceBytes) {
        return Error{ErrorCode::storage_full, fmt::format("write {}: no space", path)};
      }
      room -= kPieceBytes;
      inode.allocated.insert(piece);
    }
    const std::uint64_t piece_end = (piece + 1) * kPieceBytes;
    const auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>(piece_end - (offset + done), bytes.size() - done));
    std::memcpy(inode.current.data() + offset + done, bytes.data() + done, size);
    inode.dirty.insert(piece);
    done += size;
    // The write during which the machine dies gets about half way.
    if (dies && done >= bytes.size() / 2) break;
  }
  return change();
}

Result<void> SimFileSystem::sync(Inode& inode, const std::string& path) {
  if (auto alive = change(); !alive) return alive;
  if (takes_fault(sync_fault_, path)) {
    inode.dirty.clear();  // the kernel gives up on them: later syncs do not write them
    return Error{ErrorCode::io, fmt::format("sync {}: injected", path)};
  }
  if (lying_) return {};
  inode.durable.resize(inode.current.size());
  for (const std::uint64_t piece : inode.dirty) {
    const std::size_t at = piece * kPieceBytes;
    if (at >= inode.current.size()) continue;
    const std::size_t size = std::min(kPieceBytes, inode.current.size() - at);
    std::memcpy(inode.durable.data() + at, inode.current.data() + at, size);
  }
  inode.dirty.clear();
  return {};
}

Result<void> SimFileSystem::resize(Inode& inode, std::uint64_t size) {
  if (auto alive = change(); !alive) return alive;
  for (std::uint64_t at = size; at < inode.current.size(); at += kPieceBytes) {
    inode.dirty.insert(at / kPieceBytes);  // zeros, should the file grow again
  }
  inode.current.resize(size);
  std::erase_if(inode.allocated, [&](std::uint64_t piece) { return piece * kPieceBytes >= size; });
  return {};
}

Result<std::unique_ptr<File>> SimFileSystem::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
  if (dead_) return Error{ErrorCode::io, "simulated crash"};
  auto found = names_.find(path);
  const bool there = found != names_.end();
  const bool may_create = mode != OpenMode::read && mode != OpenMode::read_write;
  if (there && mode == OpenMode::create_new) {
    return Error{ErrorCode::conflict, fmt::format("{}: exists", path)};
  }
  if (!there && !may_create) return gone(path);
  if (!there) {
    if (auto alive = change(); !alive) return alive.error();
    found = names_.emplace(path, std::make_shared<Inode>()).first;
    name_changes_.push_back({path, found->second, {}});
  } else if (mode == OpenMode::truncate) {
    if (auto cut = resize(*found->second, 0); !cut) return cut.error();
  }
  return std::unique_ptr<File>(std::make_unique<SimFile>(*this, found->second, path));
}

Result<void> SimFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (auto alive = change(); !alive) return alive;
  const auto found = names_.find(from);
  if (found == names_.end()) return gone(from);
  auto inode = found->second;
  names_.erase(found);
  names_[to] = inode;
  name_changes_.push_back({to, inode, from});
  return {};
}

Result<void> SimFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (auto alive = change(); !alive) return alive;
  if (folders_.erase(path) > 0) return {};
  if (names_.erase(path) == 0) return gone(path);
  name_changes_.push_back({path, nullptr, {}});
  return {};
}

Result<void> SimFileSystem::make_folders(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (dead_) return Error{ErrorCode::io, "simulated crash"};
  for (std::string folder = path; !folder.empty(); folder = folder_of(folder)) {
    folders_.insert(folder);
  }
  return {};
}

Result<std::vector<std::string>> SimFileSystem::list(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (dead_) return Error{ErrorCode::io, "simulated crash"};
  if (!folders_.contains(folder)) return gone(folder);
  std::vector<std::string> found;
  for (const auto& [path, inode] : names_) {
    if (folder_of(path) == folder) found.push_back(path.substr(folder.size() + 1));
  }
  for (const std::string& path : folders_) {
    if (folder_of(path) == folder && path != folder)
      found.push_back(path.substr(folder.size() + 1));
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<bool> SimFileSystem::exists(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (dead_) return Error{ErrorCode::io, "simulated crash"};
  return names_.contains(path) || folders_.contains(path);
}

void SimFileSystem::apply(const NameChange& name) {
  if (name.inode) {
    durable_names_[name.path] = name.inode;
  } else {
    durable_names_.erase(name.path);
  }
  if (!name.renamed_from.empty()) durable_names_.erase(name.renamed_from);
}

Result<void> SimFileSystem::sync_folder(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (auto alive = change(); !alive) return alive;
  if (lying_) return {};
  std::vector<NameChange> rest;
  for (NameChange& name : name_changes_) {
    if (folder_of(name.path) != folder) {
      rest.push_back(std::move(name));
    } else {
      apply(name);
    }
  }
  name_changes_ = std::move(rest);
  return {};
}

Result<std::unique_ptr<FileLock>> SimFileSystem::lock(const std::string& path) {
  const std::lock_guard guard(mutex_);
  if (dead_) return Error{ErrorCode::io, "simulated crash"};
  if (!locks_.insert(path).second) {
    return Error{ErrorCode::conflict, fmt::format("{} is held", path)};
  }
  return std::unique_ptr<FileLock>(std::make_unique<SimLock>(*this, path));
}

Result<FileSystem::Space> SimFileSystem::space(const std::string&) {
  const std::lock_guard lock(mutex_);
  if (dead_) return Error{ErrorCode::io, "simulated crash"};
  const std::uint64_t used = used_bytes();
  const std::uint64_t free = capacity_bytes_ - std::min(capacity_bytes_, used);
  return Space{.free_bytes = free, .total_bytes = capacity_bytes_};
}

void SimFileSystem::die_after(std::uint64_t operations) {
  const std::lock_guard lock(mutex_);
  dies_at_ = operations_ + operations;
}

bool SimFileSystem::dead() const {
  const std::lock_guard lock(mutex_);
  return dead_;
}

std::uint64_t SimFileSystem::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

// Each dirty piece reached the disk or not; sometimes whole pages together, as most disks do.
void SimFileSystem::settle(Inode& inode, Rng& rng) {
  if (inode.current.size() != inode.durable.size() && rng.below(2) == 0) {
    inode.durable.resize(inode.current.size());
  }
  const std::uint64_t pieces_per_draw = rng.below(2) == 0 ? 1 : 8;
  const std::uint64_t kept_of_4 = rng.below(5);  // from none to all
  std::uint64_t drawn = ~std::uint64_t{0};
  bool kept = false;
  for (const std::uint64_t piece : inode.dirty) {
    if (piece / pieces_per_draw != drawn) {
      drawn = piece / pieces_per_draw;
      kept = rng.below(4) < kept_of_4;
    }
    const std::size_t at = piece * kPieceBytes;
    if (!kept || at >= inode.durable.size() || at >= inode.current.size()) continue;
    const std::size_t size =
        std::min({kPieceBytes, inode.current.size() - at, inode.durable.size() - at});
    std::memcpy(inode.durable.data() + at, inode.current.data() + at, size);
  }
  inode.current = inode.durable;
  inode.dirty.clear();
}

// Name changes reached the disk up to some point (a journal), or each on its own.
void SimFileSystem::settle_names(Rng& rng) {
  const bool journal = rng.below(2) == 0;
  const std::uint64_t kept = rng.below(name_changes_.size() + 1);
  for (std::size_t i = 0; i < name_changes_.size(); ++i) {
    if (journal ? i >= kept : rng.below(2) == 0) continue;
    apply(name_changes_[i]);
  }
  name_changes_.clear();
  names_ = durable_names_;
}

void SimFileSystem::restart(Stop stop, std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  Rng rng(seed);
  ++generation_;
  dead_ = false;
  dies_at_.reset();
  locks_.clear();
  if (stop == Stop::process) return;
  std::set<Inode*> settled;
  for (const auto* names : {&names_, &durable_names_}) {
    for (const auto& [path, inode] : *names) {
      if (settled.insert(inode.get()).second) settle(*inode, rng);
    }
  }
  settle_names(rng);
}

void SimFileSystem::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_bytes_ = bytes;
}

void SimFileSystem::fail_syncs(const std::string& part, int count) {
  const std::lock_guard lock(mutex_);
  sync_fault_ = {part, count, ErrorCode::io};
}

void SimFileSystem::fail_writes(const std::string& part, int count, ErrorCode code) {
  const std::lock_guard lock(mutex_);
  write_fault_ = {part, count, code};
}

void SimFileSystem::lie_about_syncs(bool lie) {
  const std::lock_guard lock(mutex_);
  lying_ = lie;
}

std::string SimFileSystem::content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(path);
  return found == names_.end() ? std::string() : found->second->current;
}

void SimFileSystem::set_content(const std::string& path, const std::string& content) {
  const std::lock_guard lock(mutex_);
  auto& inode = names_[path];
  if (!inode) inode = std::make_shared<Inode>();
  inode->current = content;
  inode->durable = content;
  inode->dirty.clear();
  durable_names_[path] = inode;
}

}  // namespace adbacus
