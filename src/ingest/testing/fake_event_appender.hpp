// An EventAppender that keeps what it was given. For tests of ingest; thread-safe like a real one.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "eventlog/event_log.hpp"

namespace adbacus {

class FakeEventAppender final : public EventAppender {
 public:
  FakeEventAppender() {
    identity_.uuid = "00112233445566778899aabbccddeeff";
    identity_.hash_seed = 42;
  }

  const LogIdentity& identity() const override { return identity_; }

  void append(AppendBatch batch, Done done) override {
    std::optional<Error> failure;
    AppendAck ack;
    {
      const std::lock_guard lock(mutex_);
      failure = failure_;
      if (!failure) {
        for (const EntryMeta& entry : batch.entries) {
          const bool first = ids_.emplace(entry.id_key.low, entry.id_key.high).second;
          if (!first) ++ack.duplicates;
          ack.dispositions.push_back(first ? Disposition::counted : Disposition::duplicate_id);
        }
        seq_ += batch.entries.size();
        ack.last_seq = seq_;
        batches_.push_back(std::move(batch));
      }
    }
    done(failure ? Result<AppendAck>(*failure) : Result<AppendAck>(std::move(ack)));
  }

  void fail_with(std::optional<Error> failure) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
  }
  // What was appended, oldest first. Only while nobody appends.
  const std::vector<AppendBatch>& batches() const { return batches_; }

 private:
  std::mutex mutex_;
  LogIdentity identity_;
  std::optional<Error> failure_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> ids_;
  std::vector<AppendBatch> batches_;
  Seq seq_ = 0;
};

}  // namespace adbacus
