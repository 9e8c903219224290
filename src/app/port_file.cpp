#include "app/port_file.hpp"

#include <fmt/format.h>

#include "base/logging.hpp"

namespace adbacus {

Result<void> write_port(const DataPaths& paths, const char* name, std::uint16_t port) {
  if (port == 0) {
    const auto there = real_file_system().exists(paths.folder + name);
    if (!there) return there.error();
    return *there ? real_file_system().remove(paths.folder + name) : Result<void>();
  }
  auto written =
      write_file_atomically(real_file_system(), paths.folder + name, fmt::format("{}\n", port));
  if (written || written.error().code != ErrorCode::storage_full) return written;
  // A full disk must not keep reports from being served.
  log_warn("no space to note the port", {{"port", fmt::format("{}", port)}});
  return {};
}

}  // namespace adbacus
