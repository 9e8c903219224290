// A disk in memory that forgets what was not synced. Tests run the code under test against it, stop
// it at any operation, "restart" it under a seed and look what is left. Thread-safe; files and
// folders behave as POSIX allows at its worst: unsynced pieces of 512 bytes survive or not, torn
// and in any order, names too; a failed sync leaves pages that read as new and are not on disk.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/rng.hpp"

namespace adbacus {

class SimFileSystem final : public FileSystem {
 public:
  SimFileSystem();
  ~SimFileSystem() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> make_folders(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Result<bool> exists(const std::string& path) override;
  Result<void> sync_folder(const std::string& folder) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<Space> space(const std::string& folder) override;

  // --- faults
  // After `operations` more changes (write, resize, sync, create, rename, remove, folder sync) the
  // machine is dead: that one happens in part or not at all, and everything fails with io.
  void die_after(std::uint64_t operations);
  bool dead() const;
  std::uint64_t operations() const;  // changes so far

  enum class Stop { process, power };
  // What a process finds that starts after a kill (process: nothing is lost) or a power cut (power:
  // what was not synced is kept, lost or torn as `seed` says). Revives a dead machine, drops locks.
  void restart(Stop stop, std::uint64_t seed);

  void set_capacity(std::uint64_t bytes);  // of all files' written pieces; more is storage_full
  // The next `count` calls on files whose path contains `part` fail.
  void fail_syncs(const std::string& part, int count);
  void fail_writes(const std::string& part, int count, ErrorCode code);
  void lie_about_syncs(bool lie);  // sync answers success and keeps nothing

  // --- tampering, on the durable content of a stopped machine
  std::string content(const std::string& path) const;
  void set_content(const std::string& path, const std::string& content);

 private:
  static constexpr std::size_t kPieceBytes = 512;
  struct Inode {
    std::string current;
    std::string durable;
    std::set<std::uint64_t> dirty;      // pieces that a sync would write
    std::set<std::uint64_t> allocated;  // pieces that take up space
  };
  struct NameChange {  // not yet durable
    std::string path;
    std::shared_ptr<Inode> inode;  // empty: path was removed
    std::string renamed_from;      // goes together with it
  };
  void apply(const NameChange& name);
  struct Fault {
    std::string part;
    int count = 0;
    ErrorCode code = ErrorCode::io;
  };
  class SimFile;
  class SimLock;

  Result<void> change();  // counts one; io when dead
  bool takes_fault(Fault& fault, const std::string& path) const;
  Result<void> write(Inode& inode, const std::string& path, std::uint64_t offset,
                     std::string_view bytes);
  Result<void> sync(Inode& inode, const std::string& path);
  Result<void> resize(Inode& inode, std::uint64_t size);
  void settle(Inode& inode, Rng& rng);
  void settle_names(Rng& rng);
  std::string name_of(const Inode& inode, const std::string& opened_as) const;
  std::uint64_t used_bytes() const;

  mutable std::mutex mutex_;  // guards all below
  std::map<std::string, std::shared_ptr<Inode>> names_;
  std::map<std::string, std::shared_ptr<Inode>> durable_names_;
  std::vector<NameChange> name_changes_;
  std::set<std::string> folders_;  // durable at once: no code under test relies on losing them
  std::set<std::string> locks_;
  std::uint64_t generation_ = 0;  // restarts; an older File is useless
  std::uint64_t operations_ = 0;
  std::optional<std::uint64_t> dies_at_;
  bool dead_ = false;
  bool lying_ = false;
  std::uint64_t capacity_bytes_ = ~std::uint64_t{0};
  Fault sync_fault_;
  Fault write_fault_;
};

}  // namespace adbacus
