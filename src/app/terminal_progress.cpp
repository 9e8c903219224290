#include "app/terminal_progress.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

namespace adbacus {
namespace {

constexpr TimeUs kRedrawUs = 100 * kMillisecondUs;
constexpr std::uint64_t kBarWidth = 30;

}  // namespace

TerminalProgress::TerminalProgress(std::ostream& err, Clock& clock, std::string what)
    : err_(err),
      clock_(clock),
      what_(std::move(what)),
      is_terminal_(::isatty(STDERR_FILENO) == 1),
      started_us_(clock.mono_us()) {}

TerminalProgress::~TerminalProgress() {
  if (drawn_) err_ << '\n';
}

void TerminalProgress::show(std::uint64_t done, std::uint64_t total, const std::string& unit) {
  const TimeUs now = clock_.mono_us();
  if (!is_terminal_ || (drawn_ && now - shown_us_ < kRedrawUs && done < total)) return;
  shown_us_ = now;
  drawn_ = true;
  const std::uint64_t filled = total == 0 ? 0 : std::min(done, total) * kBarWidth / total;
  const double share =
      total == 0 ? 0.0 : 100.0 * static_cast<double>(done) / static_cast<double>(total);
  err_ << fmt::format("\r{} [{:#<{}}{:.<{}}] {:5.1f} % {} {} in {} s ", what_, "", filled, "",
                      kBarWidth - filled, share, done, unit, (now - started_us_) / kSecondUs)
       << std::flush;
}

}  // namespace adbacus
