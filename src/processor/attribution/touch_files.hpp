// The folder of full touch segments (docs/formats/touch_segment.md): written behind the fold by a
// thread of its own, so that a restart reads them instead of the log. What cannot be written is
// missing at the next start, which then reads more of the log.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/file_system.hpp"
#include "processor/attribution/touch_table.hpp"

namespace adbacus {

class TouchFiles {
 public:
  // `fs` must outlive the object; the folder is made when it is first needed.
  TouchFiles(FileSystem& fs, std::string folder);
  ~TouchFiles();  // leaves what is not written yet

  // What TouchTable::restore() takes: segments without gaps from the oldest that is kept on; empty
  // if that one is missing: of what came in less than `kept_us` before `now_us`, the log time of
  // the newest event, nothing was forgotten.
  std::vector<std::shared_ptr<TouchSegment>> load(TimeUs now_us, TimeUs kept_us);
  // Removes all: they belong to another state of the store.
  void clear();
  // Has the full segments written that are not yet, and those removed that are forgotten. Does not
  // wait for the disk.
  void keep(const TouchTable& table);

 private:
  std::string path_of(std::uint64_t first_number) const;
  std::vector<std::uint64_t> numbers_there() const;  // first numbers, ascending
  void remove(std::uint64_t first_number);
  void run();
  void write(const TouchSegment& segment);

  FileSystem& fs_;
  const std::string folder_;
  std::uint64_t next_ = 0;    // first number of the next segment to write
  std::uint64_t oldest_ = 0;  // none before it is there
  std::mutex mutex_;          // guards what follows
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const TouchSegment>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace adbacus
