#include "app/import/import_run.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <simdjson.h>
#include <thread>

#include "app/import/delimited_reader.hpp"
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

class ImportRun {
 public:
  ImportRun(const ImportOptions& options, const ColumnMapping& mapping,
            const ImportProgress& progress)
      : options_(options), mapping_(mapping), progress_(progress) {}

  Result<ImportReport> run();

 private:
  Result<void> open();
  Result<bool> next_event(std::string& json);
  void add(const std::string& event);
  Result<void> send(std::uint64_t settled_row);  // the last row that needs nothing more then
  Result<void> take_answer(const http::ClientResponse& response);
  void reject(std::uint64_t row, const std::string& code, const std::string& detail);
  std::string position_path() const;  // names the run, the file and its size
  Result<void> load_position();
  Result<void> save_position(std::uint64_t row);

  const ImportOptions& options_;
  const ColumnMapping& mapping_;
  const ImportProgress& progress_;
  std::ifstream in_;
  std::unique_ptr<DelimitedReader> delimited_;
  std::unique_ptr<http::Client> client_;
  std::uint64_t bytes_total_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t row_ = 0;    // rows read, from 1
  std::uint64_t start_ = 0;  // rows that an earlier call settled
  std::string body_;
  std::vector<std::uint64_t> body_rows_;  // row number of each line of body_
  ImportReport report_;
  bool answered_ = false;  // the server, at least once
  const std::function<void(const std::string&)>& waiting_ = options_.waiting;
};

Result<void> ImportRun::open() {
  in_.open(options_.file, std::ios::binary);
  if (!in_) return Error{ErrorCode::not_found, options_.file + ": cannot be read"};
  std::error_code ignored;
  bytes_total_ = std::filesystem::file_size(options_.file, ignored);
  auto client = http::Client::open(options_.url, 60);
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

Result<bool> ImportRun::next_event(std::string& json) {
  if (!delimited_) {
    if (!std::getline(in_, json)) return false;
    ++row_;
    bytes_read_ += json.size() + 1;
    return true;
  }
  std::vector<std::string> row;
  const Result<bool> read = delimited_->next(row);
  if (read && !*read) return false;
  ++row_;
  bytes_read_ = delimited_->bytes();
  Result<std::string> event = read ? mapping_.event(row) : Result<std::string>(read.error());
  if (event) {
    json = std::move(*event);
  } else {
    json.clear();
    reject(row_, "invalid_row", event.error().message);
  }
  return true;
}

void ImportRun::add(const std::string& event) {
  body_ += event;
  body_ += '\n';
  body_rows_.push_back(row_);
}

void ImportRun::reject(std::uint64_t row, const std::string& code, const std::string& detail) {
  if (row <= start_) return;  // remembered
  ++report_.rejected;
  ++report_.reasons[code];
  if (report_.first_rejections.size() < kShownRejections)
    report_.first_rejections.push_back(fmt::format("row {}: {}: {}", row, code, detail));
}

Result<void> ImportRun::send(std::uint64_t settled_row) {
  if (body_rows_.empty()) return {};
  const std::string target = "/v1/events?import=" + options_.run;
  const std::vector<std::pair<std::string, std::string>> headers{
      {"Authorization", "Bearer " + options_.key}, {"Content-Type", "application/x-ndjson"}};
  for (int attempt = 0;; ++attempt) {
    const auto response = client_->call("POST", target, headers, body_);
    if (response) answered_ = true;
    const bool again = response ? response->status == 503 || response->status == 429
                                : response.error().retryable();
    if (!again) {
      if (!response) return response.error();
      if (auto taken = take_answer(*response); !taken) return taken;
      break;
    }
    if (!response && !answered_) {
      return Error{response.error().code,
                   fmt::format("no server at {}: {}", options_.url, response.error().message)};
    }
    if (attempt == 0 && waiting_) {
      waiting_(fmt::format(
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
  body_.clear();
  body_rows_.clear();
  if (auto saved = save_position(settled_row); !saved) return saved;
  if (progress_) progress_(bytes_read_, bytes_total_, report_);
  return {};
}

Result<void> ImportRun::take_answer(const http::ClientResponse& response) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const bool parsed = parser.parse(response.body).get(root) == simdjson::SUCCESS;
  const bool none_good = response.status == 422;
  if ((response.status != 202 && !none_good) || !parsed) {
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("the server answered {}: {}", response.status, response.body.substr(0, 500))};
  }
  const auto number = [&](const char* name) {
    std::uint64_t value = 0;
    return root[name].get(value) == simdjson::SUCCESS ? value : 0;
  };
  report_.accepted += number("accepted");
  report_.duplicates += number("duplicates");
  if (std::string_view position; root["position"].get(position) == simdjson::SUCCESS)
    report_.position = position;
  const std::uint64_t accepted = number("accepted");
  std::uint64_t named = 0;
  simdjson::dom::array rejected;
  if (root[none_good ? "errors" : "rejected"].get(rejected) == simdjson::SUCCESS) {
    for (const simdjson::dom::element item : rejected) {
      std::uint64_t index = 0;
      const auto text = [&](const char* name, std::string_view otherwise) {
        std::string_view value;
        return item[name].get(value) == simdjson::SUCCESS ? value : otherwise;
      };
      const bool has_index = item["index"].get(index) == simdjson::SUCCESS;
      const std::uint64_t row =
          has_index && index < body_rows_.size() ? body_rows_[index] : body_rows_.front();
      reject(row, std::string(text("code", "rejected")), std::string(text("detail", "")));
      ++named;
    }
  }
  // The answer names at most a bounded number of refused events; the rest are known by number.
  const std::uint64_t refused = body_rows_.size() - accepted;
  for (; named < refused; ++named) reject(body_rows_.back(), "rejected", "not named in the answer");
  return {};
}

std::string ImportRun::position_path() const {
  std::error_code ignored;
  const std::string name =
      fmt::format("{}\n{}\n{}\n{}", options_.url, options_.run,
                  std::filesystem::weakly_canonical(options_.file, ignored).string(), bytes_total_);
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
  start_ = position.row;
  report_.rejected = position.rejected;
  report_.reasons = position.reasons;
  report_.first_rejections = position.first_rejections;
  return {};
}

Result<void> ImportRun::save_position(std::uint64_t row) {
  if (options_.progress_folder.empty()) return {};
  if (auto made = real_file_system().make_folders(options_.progress_folder); !made) return made;
  return write_file_atomically(
      real_file_system(), position_path(),
      import_position_text({.row = row,
                            .rejected = report_.rejected,
                            .reasons = report_.reasons,
                            .first_rejections = report_.first_rejections}));
}

Result<ImportReport> ImportRun::run() {
  if (auto opened = open(); !opened) return opened.error();
  if (auto loaded = load_position(); !loaded) return loaded.error();
  std::string event;
  while (true) {
    const Result<bool> read = next_event(event);
    if (!read) return read.error();
    if (!*read) break;
    if (row_ <= start_) {
      ++report_.resumed_rows;
      continue;
    }
    ++report_.rows;
    if (event.empty()) continue;
    if (body_.size() + event.size() > kBodyBytesMax) {
      if (auto sent = send(row_ - 1); !sent) return sent.error();
    }
    add(event);
    if (body_rows_.size() >= options_.batch_rows) {
      if (auto sent = send(row_); !sent) return sent.error();
    }
  }
  if (auto sent = send(row_); !sent) return sent.error();
  if (auto saved = save_position(row_); !saved) return saved.error();
  return report_;
}

}  // namespace

Result<ImportReport> run_import(const ImportOptions& options, const ColumnMapping& mapping,
                                const ImportProgress& progress) {
  return ImportRun(options, mapping, progress).run();
}

}  // namespace adbacus
