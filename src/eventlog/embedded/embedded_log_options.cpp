// What an embedded log can be opened with.
#include "eventlog/embedded/embedded_log.hpp"

namespace adbacus {

std::string check_embedded_log_options(const EmbeddedLogOptions& options) {
  std::string wrong;
  const auto require = [&](bool good, std::string_view message) {
    if (!good) wrong += (wrong.empty() ? "" : "; ") + std::string(message);
  };
  require(!options.folder.empty(), "log folder is not set");
  require(options.segment_bytes >= std::uint64_t{1} << 20U &&
              options.segment_bytes <= std::uint64_t{4} << 30U && options.segment_bytes % 4096 == 0,
          "log segment size must be 1 MiB to 4 GiB and a multiple of 4 KiB");
  require(options.group_bytes_max >= std::size_t{4} << 10U &&
              options.group_bytes_max <= std::size_t{512} << 10U,
          "log group size must be 4 KiB to 512 KiB");
  require(options.live_window_hours >= 1 && options.live_window_hours <= 250,
          "id window must be 1 to 250 hours");
  require(options.conversion_window_days >= 1 && options.conversion_window_days <= 250,
          "conversion id window must be 1 to 250 days");
  require(options.waiting_bytes_max >= std::size_t{1} << 20U,
          "log waiting bytes must be at least 1 MiB");
  return wrong;
}

}  // namespace adbacus
