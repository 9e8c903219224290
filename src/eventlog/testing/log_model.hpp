// A naive model of an event log beside a real commit sequence on a simulated disk: sends random
// events, remembers what was acknowledged, and checks after each restart that the log kept its
// promises. Shared by the crash, damage and full-disk tests; one thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/sim_clock.hpp"
#include "base/testing/sim_file_system.hpp"
#include "eventlog/embedded/commit_sequence.hpp"
#include "eventlog/testing/test_events.hpp"

namespace adbacus {

class LogModel {
 public:
  explicit LogModel(std::uint64_t seed);

  SimFileSystem& disk() { return disk_; }
  SimClock& clock() { return clock_; }
  Rng& rng() { return rng_; }
  EmbeddedLogOptions& options() { return options_; }
  CommitSequence& log() { return *log_; }
  bool is_open() const { return log_ != nullptr; }
  std::string folder() const { return options_.folder; }
  std::vector<std::string> segments();  // paths, in order

  Result<void> open();
  void stop() { log_.reset(); }  // as a kill does: nothing is said to the log
  Result<void> close();          // in order

  // One group of 1 to `events_max` random events of up to `url_bytes_max`; some repeat earlier ids.
  Result<void> commit_some(std::size_t events_max, std::size_t url_bytes_max);
  Result<void> commit(const std::vector<TestEvent>& events);
  // One control entry of a random payload.
  Result<void> commit_control();
  TestEvent random_event(std::size_t url_bytes_max);

  // Reads everything and compares: every acknowledged event and control entry is at its place, no
  // id counts twice, nothing is there that was not sent, seqs have no break. `lost` ones may be
  // missing.
  void check(SeqRange lost = {});
  Seq acked_seq() const { return acked_seq_; }
  const std::map<Seq, std::string>& acked() const { return acked_; }  // encoded bytes by seq

 private:
  void check_controls(SeqRange lost, std::map<Seq, std::string>& found);

  Rng rng_;
  SimFileSystem disk_;
  SimClock clock_;
  EmbeddedLogOptions options_;
  std::unique_ptr<CommitSequence> log_;
  std::vector<TestEvent> sent_;
  std::map<std::string, int> sent_bytes_;
  std::map<Seq, std::string> acked_;
  std::map<Seq, std::string> controls_;  // acknowledged payloads by seq
  std::set<std::string> sent_controls_;
  Seq acked_seq_ = 0;
  std::uint64_t next_id_ = 0;
};

}  // namespace adbacus
