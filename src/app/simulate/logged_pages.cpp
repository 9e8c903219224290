#include "app/simulate/logged_pages.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "decision/decision_block.hpp"
#include "eventlog/control_entries.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kReadBytes = std::size_t{4} << 20U;
constexpr std::uint32_t kSlotsMax = 1'000;  // no page has so many
constexpr TimeUs kInOrderUs = 10 * kSecondUs;
// A block may wait while the disk is full; nothing waits longer than this for its decisions.
constexpr TimeUs kLateUs = 10 * kMinuteUs;

class PageCollector {
 public:
  PageCollector(const LoggedPeriod& period, const PageVisit& visit)
      : period_(period), visit_(visit) {}

  Result<void> take(const LogControl& control) {
    if (control.kind != static_cast<std::uint8_t>(ControlKind::decisions)) return {};
    auto meaning = decode_control(control);
    if (!meaning) return meaning.error();
    auto read = read_decision_block(std::get<DecisionsEntry>(*meaning).block,
                                    [&](const LoggedDecision& row) { add(row); });
    if (!read) return read;
    return visit_before(control.log_time_us - kInOrderUs);
  }
  Result<void> visit_before(TimeUs before_us) {
    while (!pages_.empty() && std::get<TimeUs>(pages_.begin()->first) < before_us) {
      if (auto visited = visit_(pages_.begin()->second); !visited) return visited;
      pages_.erase(pages_.begin());
    }
    return {};
  }

 private:
  // The page's slots come in order, but for those that begin another block. A loss has the time of
  // its page and comes after it.
  using Key = std::tuple<TimeUs, bool, std::uint64_t, std::uint64_t>;

  void add(const LoggedDecision& row) {
    const bool is_meant = row.tenant == period_.tenant && row.time_us >= period_.from_us &&
                          row.time_us < period_.to_us && row.slot < kSlotsMax;
    if (!is_meant) return;
    const bool is_loss = (row.flags & LoggedDecision::kTakenBack) != 0;
    LoggedPage& page = pages_[{row.time_us, is_loss, row.seed, row.user.low}];
    page.time_us = row.time_us;
    page.is_loss = is_loss;
    page.user = row.user;
    page.seed = row.seed;
    page.has_seed = (row.flags & LoggedDecision::kSeeded) != 0;
    page.context = row.context;
    LoggedSlot& slot = slot_of(page, row);
    slot.placement_id = row.placement_id;
    slot.shape = row.shape;
    slot.missing = static_cast<Elimination>(std::min<std::size_t>(row.missing, kEliminations - 1));
    if (row.line_item_id.empty()) return;
    if (page.has_seed && slot.ads.size() <= row.ad) slot.ads.resize(row.ad + std::size_t{1});
    LoggedAd& ad = page.has_seed ? slot.ads[row.ad] : slot.ads.emplace_back();
    ad = {std::string(row.campaign_id), std::string(row.line_item_id),
          std::string(row.creative_id)};
  }

  // Before version 2 the ads of one placement that stand together were one slot.
  static LoggedSlot& slot_of(LoggedPage& page, const LoggedDecision& row) {
    if (page.has_seed) {
      if (page.slots.size() <= row.slot) page.slots.resize(row.slot + std::size_t{1});
      return page.slots[row.slot];
    }
    const bool is_next = page.slots.empty() || page.slots.back().placement_id != row.placement_id ||
                         row.line_item_id.empty();
    return is_next ? page.slots.emplace_back() : page.slots.back();
  }

  const LoggedPeriod& period_;
  const PageVisit& visit_;
  std::map<Key, LoggedPage> pages_;
};

}  // namespace

Result<void> visit_pages(EventLog& log, const LoggedPeriod& period, const PageVisit& visit,
                         const std::function<void(Seq, Seq)>& progress) {
  PageCollector pages(period, visit);
  const Seq end = log.status().synced_seq;
  const auto reader = log.reader();
  LogBatch batch;
  for (Seq next = log.first_seq_since(period.from_us); next <= end;) {
    if (auto got = reader->read(next, kReadBytes, 0, batch); !got) return got.error();
    TimeUs newest_us = std::numeric_limits<TimeUs>::min();
    for (const LogControl& control : batch.controls) {
      if (auto taken = pages.take(control); !taken) return taken;
      newest_us = control.log_time_us;
    }
    if (batch.next <= next || newest_us > period.to_us + kLateUs) break;
    next = batch.next;
    progress(next, end);
  }
  return pages.visit_before(std::numeric_limits<TimeUs>::max());
}

}  // namespace adbacus
