#include "app/import/import_run.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <thread>

#include "app/import/delimited_reader.hpp"
#include "app/import/import_answer.hpp"
#include "app/import/import_position.hpp"
#include "base/file_system.hpp"
#include "base/hash.hpp"

namespace adbacus {
namespace {

constexpr int kRetrySecondsMax = 300;
constexpr std::size_t kBodyBytesMax = 4U << 20U;  // under the server's limit for a request
constexpr std::size_t kShownRejections = 10;

// Spreadsheets write U+FEFF in front of UTF-8.
void skip_byte_order_mark(std::istream& in) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  std::size_t at = 0;
  while (at < kMark.size() && in.peek() == static_cast<unsigned char>(kMark[at])) {
    in.get();
    ++at;
  }
  for (; at > 0 && at < kMark.size(); --at) in.unget();
}

std::string header_difference(const std::vector<std::string>& header,
                              const std::vector<std::string>& columns) {
  for (std::size_t i = 0; i < std::min(header.size(), columns.size()); ++i) {
    if (header[i] != columns[i])
      return fmt::format("column {} is '{}', the mapping calls it '{}'", i + 1, header[i],
                         columns[i]);
  }
  if (header.size() == columns.size()) return {};
  return fmt::format("the header has {} columns, the mapping {}", header.size(), columns.size());
}

// Rows that need nothing more, and a digest of the events made of them.
struct Settled {
  std::uint64_t row = 0;
  std::uint64_t digest = 0;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

class ImportRun {
 public:
  ImportRun(const ImportOptions& options, const ColumnMapping& mapping,
            const ImportProgress& progress)
      : options_(options), mapping_(mapping), progress_(progress) {}

  Result<ImportReport> run();

 private:
  void tell(const std::string& what) const {
    if (options_.tell) options_.tell(what);
  }
  Result<void> open();
  Result<bool> next_event(std::string& json);
  void note_read(std::string_view event);
  void add(const std::string& event);
  Result<http::ClientResponse> call(const char* method, const std::string& target);
  Result<void> send(const Settled& settled);
  void take_answer(const ImportAnswer& answer);
  void reject(std::uint64_t row, const std::string& code, const std::string& detail);
  Result<void> find_log();
  std::string position_path() const;  // names the log, the tenant, the run and the file
  Result<void> load_position();
  Result<void> save_position(const Settled& settled);
  Result<bool> skip_settled();
  Result<void> start_over();
  Result<void> send_rest();

  const ImportOptions& options_;
  const ColumnMapping& mapping_;
  const ImportProgress& progress_;
  std::ifstream in_;
  std::unique_ptr<DelimitedReader> delimited_;
  std::unique_ptr<http::Client> client_;
  std::uint64_t bytes_total_ = 0;
  std::uint64_t bytes_read_ = 0;
  ServerPosition server_;
  Settled read_;                // rows read, from 1
  Settled start_;               // what an earlier call settled
  bool is_empty_line_ = false;  // the row read last
  std::string body_;
  std::vector<std::uint64_t> body_rows_;  // row number of each line of body_
  ImportReport report_;
  bool answered_ = false;  // the server, at least once
};

Result<void> ImportRun::open() {
  in_ = std::ifstream();
  in_.open(options_.file, std::ios::binary);
  if (!in_) return Error{ErrorCode::not_found, options_.file + ": cannot be read"};
  std::error_code ignored;
  bytes_total_ = std::filesystem::file_size(options_.file, ignored);
  auto client = http::Client::open_for_command(options_.url, options_.ca_file, 60);
  if (!client) return client.error();
  client_ = std::move(*client);
  if (in_.peek() == std::ifstream::traits_type::eof())
    return Error{ErrorCode::invalid_argument, options_.file + " is empty"};
  skip_byte_order_mark(in_);
  if (mapping_.format() != ImportFormat::ndjson) {
    delimited_ =
        std::make_unique<DelimitedReader>(in_, mapping_.format() == ImportFormat::csv ? ',' : '\t');
    std::vector<std::string> header;
    if (mapping_.has_header()) {
      if (auto read = delimited_->next(header); !read) return read.error();
      const std::string difference = header_difference(header, mapping_.columns());
      if (!difference.empty())
        return Error{ErrorCode::invalid_argument, options_.file + ": " + difference};
    }
  }
  return {};
}

// `json` stays empty for a row that no event can be made of.
Result<bool> ImportRun::next_event(std::string& json) {
  if (!delimited_) {
    if (!std::getline(in_, json)) return false;
    bytes_read_ += json.size() + 1;
    is_empty_line_ = is_blank(json);
    note_read(json);
    return true;
  }
  std::vector<std::string> row;
  const Result<bool> read = delimited_->next(row);
  if (read && !*read) return false;
  bytes_read_ = delimited_->bytes();
  is_empty_line_ = read && row.size() == 1 && is_blank(row.front());
  Result<std::string> event = read ? mapping_.event(row) : Result<std::string>(read.error());
  json = event ? *event : std::string();
  note_read(json);
  if (!event && !is_empty_line_) reject(read_.row, "invalid_row", event.error().message);
  return true;
}

void ImportRun::note_read(std::string_view event) {
  ++read_.row;
  read_.digest = hash64(event, read_.digest);
}

void ImportRun::add(const std::string& event) {
  body_ += event;
  body_ += '\n';
  body_rows_.push_back(read_.row);
}

void ImportRun::reject(std::uint64_t row, const std::string& code, const std::string& detail) {
  if (row <= start_.row) return;  // remembered
  ++report_.rejected;
  ++report_.reasons[code];
  if (report_.first_rejections.size() < kShownRejections)
    report_.first_rejections.push_back(fmt::format("row {}: {}: {}", row, code, detail));
}

// Repeated for as long as the server is there to come back.
Result<http::ClientResponse> ImportRun::call(const char* method, const std::string& target) {
  const std::vector<std::pair<std::string, std::string>> headers{
      {"Authorization", "Bearer " + options_.key}, {"Content-Type", "application/x-ndjson"}};
  for (int attempt = 0;; ++attempt) {
    auto response = client_->call(method, target, headers, body_);
    if (response) answered_ = true;
    const bool again = response ? response->status == 503 || response->status == 429
                                : response.error().retryable();
    if (!again) return response;
    if (!response && !answered_) {
      return Error{response.error().code,
                   fmt::format("no server at {}: {}", options_.url, response.error().message)};
    }
    if (attempt == 0) {
      tell(fmt::format(
          "waiting up to 5 minutes for {}: {}", options_.url,
          response ? fmt::format("it answers {}", response->status) : response.error().message));
    }
    if (attempt >= kRetrySecondsMax) {
      return Error{
          ErrorCode::unavailable,
          "the server did not accept events for 5 minutes; run the same command again to go on"};
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

Result<void> ImportRun::send(const Settled& settled) {
  if (body_rows_.empty()) return {};
  const auto response = call("POST", "/v1/events?import=" + options_.run);
  if (!response) return response.error();
  const auto answer = read_import_answer(*response, body_rows_.size());
  if (!answer) return answer.error();
  take_answer(*answer);
  body_.clear();
  body_rows_.clear();
  if (auto saved = save_position(settled); !saved) return saved;
  if (progress_) progress_(bytes_read_, bytes_total_, report_);
  return {};
}

void ImportRun::take_answer(const ImportAnswer& answer) {
  report_.accepted += answer.accepted;
  report_.duplicates += answer.duplicates;
  if (!answer.position.empty()) report_.position = answer.position;
  for (const RefusedEvent& event : answer.refused)
    reject(body_rows_[event.index], event.code, event.detail);
  // The answer names at most a bounded number of refused events; the rest are known by number.
  const std::uint64_t refused = body_rows_.size() - answer.accepted;
  for (std::uint64_t named = answer.refused.size(); named < refused; ++named)
    reject(body_rows_.back(), "rejected", "not named in the answer");
}

Result<void> ImportRun::find_log() {
  const auto response = call("GET", "/v1/position");
  if (!response) return response.error();
  auto server = read_server_position(*response);
  if (!server) return server.error();
  server_ = *std::move(server);
  return {};
}

std::string ImportRun::position_path() const {
  std::error_code ignored;
  const std::string name =
      fmt::format("{}\n{}\n{}\n{}", server_.log, server_.tenant, options_.run,
                  std::filesystem::weakly_canonical(options_.file, ignored).string());
  return fmt::format("{}/{:016x}", options_.progress_folder, hash64(name, 0));
}

Result<void> ImportRun::load_position() {
  if (options_.progress_folder.empty() || options_.restart) return {};
  const std::string path = position_path();
  const Result<bool> there = real_file_system().exists(path);
  if (!there) return there.error();
  if (!*there) return {};
  const Result<std::string> text = read_file(real_file_system(), path);
  if (!text) return text.error();
  const ImportPosition position = parse_import_position(*text);
  if (!reaches(server_.position, position.position)) {
    tell(options_.url + " lacks events that were sent before: everything is sent again");
    return {};
  }
  start_ = {.row = position.row, .digest = position.digest};
  report_.position = position.position;
  report_.rejected = position.rejected;
  report_.reasons = position.reasons;
  report_.first_rejections = position.first_rejections;
  return {};
}

Result<void> ImportRun::save_position(const Settled& settled) {
  if (options_.progress_folder.empty()) return {};
  if (auto made = real_file_system().make_folders(options_.progress_folder); !made) return made;
  return write_file_atomically(
      real_file_system(), position_path(),
      import_position_text({.row = settled.row,
                            .digest = settled.digest,
                            .position = report_.position,
                            .rejected = report_.rejected,
                            .reasons = report_.reasons,
                            .first_rejections = report_.first_rejections}));
}

// False: the rows are not those that an earlier call settled.
Result<bool> ImportRun::skip_settled() {
  std::string event;
  while (read_.row < start_.row) {
    const Result<bool> read = next_event(event);
    if (!read) return read.error();
    if (!*read) return false;
    if (!is_empty_line_) ++report_.resumed_rows;
  }
  return read_.digest == start_.digest;
}

Result<void> ImportRun::start_over() {
  tell(options_.file + " is not what was sent before: all of it is sent");
  report_ = {};
  read_ = start_ = {};
  bytes_read_ = 0;
  return open();
}

Result<void> ImportRun::send_rest() {
  std::string event;
  while (true) {
    const Settled before = read_;
    const Result<bool> read = next_event(event);
    if (!read) return read.error();
    if (!*read) break;
    if (is_empty_line_) continue;
    ++report_.rows;
    if (event.empty()) continue;
    if (body_.size() + event.size() > kBodyBytesMax) {
      if (auto sent = send(before); !sent) return sent;
    }
    add(event);
    if (body_rows_.size() >= options_.batch_rows) {
      if (auto sent = send(read_); !sent) return sent;
    }
  }
  if (auto sent = send(read_); !sent) return sent;
  return save_position(read_);
}

Result<ImportReport> ImportRun::run() {
  if (auto opened = open(); !opened) return opened.error();
  if (auto found = find_log(); !found) return found.error();
  if (auto loaded = load_position(); !loaded) return loaded.error();
  const Result<bool> same = skip_settled();
  if (!same) return same.error();
  if (!*same) {
    if (auto opened = start_over(); !opened) return opened.error();
  }
  if (auto sent = send_rest(); !sent) return sent.error();
  return report_;
}

}  // namespace

Result<ImportReport> run_import(const ImportOptions& options, const ColumnMapping& mapping,
                                const ImportProgress& progress) {
  return ImportRun(options, mapping, progress).run();
}

}  // namespace adbacus
