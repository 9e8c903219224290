#include "eventlog/embedded/log_identity.hpp"

#include "eventlog/embedded/segment_format.hpp"

namespace adbacus {

Result<std::optional<LogIdentity>> read_log_identity(FileSystem& fs, const std::string& folder) {
  const Result<bool> there = fs.exists(folder);
  if (!there) return there.error();
  if (!*there) return {std::nullopt};
  const auto names = fs.list(folder);
  if (!names) return names.error();
  std::string page(kPageBytes, '\0');
  for (const std::string& name : *names) {
    if (!name.ends_with(".seg")) continue;
    auto file = fs.open(folder + "/" + name, OpenMode::read);
    if (!file) return file.error();
    const auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(page)));
    if (!got) return got.error();
    if (*got != page.size()) continue;
    const auto header = decode_segment_header(page);
    if (header) return {header->identity};
  }
  return {std::nullopt};
}

}  // namespace adbacus
