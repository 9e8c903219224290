#include "base/logging.hpp"

#include <atomic>
#include <cerrno>
#include <new>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/log_text.hpp"

namespace adbacus {
namespace {

std::atomic<LogLevel> lowest_level{LogLevel::info};
std::atomic<LogFormat> line_format{LogFormat::text};

// One write, so lines of several threads do not mix. A stderr that is gone is nobody's error.
void write_line(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void log_configure(LogLevel level, LogFormat format) {
  lowest_level.store(level, std::memory_order_relaxed);
  line_format.store(format, std::memory_order_relaxed);
}

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < lowest_level.load(std::memory_order_relaxed)) return;
  const LogFormat format = line_format.load(std::memory_order_relaxed);
  try {
    write_line(log_text(format, system_clock().wall_us(), level, message, fields));
  } catch (const std::bad_alloc&) {  // a line that finds no memory is lost, and nothing with it
  }
}

}  // namespace adbacus
