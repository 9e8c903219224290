#include "app/log_retention.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "app/backup/backup_manifest.hpp"
#include "base/logging.hpp"
#include "eventlog/control_entries.hpp"

namespace adbacus {
namespace {

// The dead letter that an entry is about; none: behind everything.
Seq letter_of(const Result<ControlMeaning>& meaning) {
  if (!meaning) return UINT64_MAX;
  if (const auto* skip = std::get_if<SkipEntry>(&*meaning)) return skip->seq;
  if (const auto* restore = std::get_if<RestoreEntry>(&*meaning)) return restore->seq;
  if (const auto* drop = std::get_if<DropEntry>(&*meaning)) return drop->seq;
  return UINT64_MAX;
}

}  // namespace

LogRetention::LogRetention(FileSystem& fs, Clock& clock, EventLog& log, FactWriter& store,
                           LakeWriter* lake, RetentionOptions options)
    : fs_(fs), clock_(clock), log_(log), store_(store), lake_(lake), options_(std::move(options)) {}

void LogRetention::run_if_due() {
  if (!options_.is_on() || clock_.mono_us() < due_us_) return;
  due_us_ = clock_.mono_us() + options_.interval_us;
  const Seq before = log_.status().first_seq;
  const auto first = run();
  if (!first) {
    log_warn("log retention dropped nothing", {{"error", first.error().message}});
  } else if (*first > before) {
    log_info("log retention dropped old segments",
             {{"first", fmt::format("{}", before)}, {"last", fmt::format("{}", *first - 1)}});
  }
}

// The oldest event that must stay.
Result<Seq> LogRetention::needed_from() {
  auto needed = store_.committed(0);
  if (!needed) return needed.error();
  Seq done = *needed;
  if (lake_ != nullptr) {
    auto in_lake = lake_->committed();
    if (!in_lake) return in_lake.error();
    done = std::min(done, *in_lake);
  }
  // What is passed over or counted again stays with its orders: recounts and dead letters need
  // both.
  Seq ordered = done + 1;
  std::map<std::string, Seq> rules;  // tenant -> its newest, which are said again now and then
  const auto visited = log_.visit_controls(1, [&](const LogControl& control) {
    const auto meaning = decode_control(control);
    // What a dropped run or a loss is about stands before it, and is gone before it.
    if (meaning && std::holds_alternative<DropRunEntry>(*meaning)) return;
    // A bound is no order about an entry: the store knows the one in force where it stands.
    if (meaning && std::holds_alternative<BoundEntry>(*meaning)) return;
    if (meaning && std::holds_alternative<LossEntry>(*meaning)) return;
    if (meaning && std::holds_alternative<AttributionRulesEntry>(*meaning)) {
      const auto& entry = std::get<AttributionRulesEntry>(*meaning);
      rules[entry.tenant] = control.seq;
      // No rules are what a tenant has of whom nothing was ever said.
      if (entry.rules.empty()) rules.erase(entry.tenant);
      return;
    }
    ordered = std::min({ordered, control.seq, letter_of(meaning)});
  });
  if (!visited) return visited.error();
  for (const auto& [tenant, seq] : rules) ordered = std::min(ordered, seq);
  done = std::min(done, ordered - 1);
  if (options_.backup.empty()) return done + 1;
  auto backup = read_backup_manifest(fs_, options_.backup);
  if (!backup) return backup.error();
  if (!*backup || (*backup)->log_uuid != log_.identity().uuid) {
    return Error{ErrorCode::not_found, "there is no backup of this log in " + options_.backup};
  }
  return std::min(done, (*backup)->last_seq) + 1;
}

Result<Seq> LogRetention::run() {
  LogStatus status = log_.status();
  if (!options_.is_on()) return status.first_seq;
  if (status.clock_stepped) {
    return Error{ErrorCode::unavailable, "the wall clock stepped: ages cannot be trusted"};
  }
  const auto needed = needed_from();
  if (!needed) return needed.error();
  // A clock that is far ahead must not empty a log that nothing is written to.
  const TimeUs now = std::min(clock_.wall_us(), status.synced_time_us);
  if (options_.days != 0) {
    const TimeUs age = std::max(options_.days * kDayUs, options_.age_min_us);
    if (auto dropped = log_.drop_before(*needed, now - age); !dropped) return dropped;
    status = log_.status();
  }
  while (options_.bytes != 0 && status.bytes > options_.bytes && status.oldest_part_end != 0) {
    const Seq before = std::min(*needed, status.oldest_part_end + 1);
    auto dropped = log_.drop_before(before, now - options_.age_min_us);
    if (!dropped) return dropped;
    if (*dropped == status.first_seq) break;  // the oldest part has to stay
    status = log_.status();
  }
  return status.first_seq;
}

}  // namespace adbacus
