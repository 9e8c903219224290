// What a sender knows of its own events, on disk, so that a later check can prove what the server
// kept. One line an event and change, in the order in which it happened:
//
//   S <event id> <type> <campaign> <value cents>   before it is first sent; again where the load
//                                                  repeats an event on purpose
//   A <event id>                                   acknowledged: the server must have it for ever
//   R <event id> <code>                            refused for good: the server must not have it
//
// An id with S and neither A nor R may or may not be there. Types are lower case; the code is the
// server's for a single event, else the HTTP status. A last line without line feed was being
// written when the sender was killed and says nothing. append() is thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "app/load/event_stream.hpp"
#include "base/file_system.hpp"

namespace adbacus {

class LoadLedger {
 public:
  // Goes on behind the last whole line of an existing file.
  static Result<std::unique_ptr<LoadLedger>> open(FileSystem& files, const std::string& path);
  // Whole lines. They survive our own death once this returns, not the machine's.
  Result<void> append(std::string_view lines);

 private:
  LoadLedger(std::unique_ptr<File> file, std::uint64_t end) : file_(std::move(file)), end_(end) {}

  const std::unique_ptr<File> file_;
  std::mutex mutex_;   // guards end_ and the order of writes
  std::uint64_t end_;  // of the file
};

void add_sent_line(const LoadEvent& event, std::string& lines);
void add_acknowledged_line(const LoadEvent& event, std::string& lines);
void add_rejected_line(const LoadEvent& event, std::string_view code, std::string& lines);

}  // namespace adbacus
