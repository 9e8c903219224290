#include "app/load/ledger.hpp"

#include <array>
#include <span>

namespace adbacus {
namespace {

void add_id(char kind, const LoadEvent& event, std::string& lines) {
  std::array<char, kEventIdBytes> id{};
  write_event_id(event, id.data());
  lines += kind;
  lines += ' ';
  lines.append(id.data(), id.size());
}

// Where the last whole line ends.
Result<std::uint64_t> end_of_lines(File& file) {
  auto size = file.size();
  if (!size) return size.error();
  std::array<std::byte, 4096> block{};
  std::uint64_t end = *size;
  while (end > 0) {
    const std::uint64_t begin = end > block.size() ? end - block.size() : 0;
    const auto got = file.read_at(begin, std::span(block).first(end - begin));
    if (!got) return got.error();
    for (std::size_t i = *got; i > 0; --i) {
      if (block[i - 1] == std::byte{'\n'}) return begin + i;
    }
    end = begin;
  }
  return end;
}

}  // namespace

Result<std::unique_ptr<LoadLedger>> LoadLedger::open(FileSystem& files, const std::string& path) {
  auto file = files.open(path, OpenMode::create_or_open);
  if (!file) return file.error();
  const auto end = end_of_lines(**file);
  if (!end) return end.error();
  if (auto cut = (*file)->resize(*end); !cut) return cut.error();
  return std::unique_ptr<LoadLedger>(new LoadLedger(std::move(*file), *end));
}

Result<void> LoadLedger::append(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  auto written = file_->write_at(end_, std::as_bytes(std::span(lines)));
  if (written) end_ += lines.size();
  return written;
}

void add_sent_line(const LoadEvent& event, std::string& lines) {
  add_id('S', event, lines);
  lines += ' ';
  lines += load_event_type_name(event.type);
  lines += ' ';
  lines += std::to_string(event.campaign);
  lines += ' ';
  lines += std::to_string(event.value_cents);
  lines += '\n';
}

void add_acknowledged_line(const LoadEvent& event, std::string& lines) {
  add_id('A', event, lines);
  lines += '\n';
}

void add_rejected_line(const LoadEvent& event, std::string_view code, std::string& lines) {
  add_id('R', event, lines);
  lines += ' ';
  lines += code;
  lines += '\n';
}

}  // namespace adbacus
