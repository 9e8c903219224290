#include "app/backup/backup_manifest.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/sha256.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

// The first line holds the hash of everything behind it, so that the whole is still one object.
constexpr std::string_view kOpening = "{\"sha256\":\"";
constexpr std::string_view kBehindHash = "\",\n";
constexpr std::size_t kHashDigits = 64;

std::string hash_of(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish();
}

void write_file(http::JsonWriter& json, const BackupFile& file) {
  json.begin_object().member("path", file.path).member("stored", file.stored);
  json.member("bytes", file.bytes).member("restored_bytes", file.restored_bytes);
  json.member("sha256", file.sha256);
  if (file.log) {
    json.key("log").begin_object();
    json.member("name", file.log->name);
    json.member("first_seq", file.log->first_seq).member("last_seq", file.log->last_seq);
    json.member("sealed", file.log->sealed);
    json.member("previous_link", file.log->previous_link).member("link", file.log->link);
    json.end_object();
  }
  json.end_object();
}

// Names come from a file that somebody may have edited: they must stay inside their folder.
bool stays_inside(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos)
    return false;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

// Throws simdjson_error where something is missing or of another type.
BackupFile read_entry(const simdjson::dom::element& entry) {
  BackupFile file;
  file.path = std::string(std::string_view(entry["path"]));
  file.stored = std::string(std::string_view(entry["stored"]));
  file.bytes = std::uint64_t(entry["bytes"]);
  file.restored_bytes = std::uint64_t(entry["restored_bytes"]);
  file.sha256 = std::string(std::string_view(entry["sha256"]));
  simdjson::dom::element log;
  if (entry["log"].get(log) != simdjson::SUCCESS) return file;
  file.log = LogCopyFile{.name = std::string(std::string_view(log["name"])),
                         .first_seq = std::uint64_t(log["first_seq"]),
                         .last_seq = std::uint64_t(log["last_seq"]),
                         .bytes = file.bytes,
                         .restored_bytes = file.restored_bytes,
                         .sealed = bool(log["sealed"]),
                         .previous_link = std::string(std::string_view(log["previous_link"])),
                         .link = std::string(std::string_view(log["link"]))};
  return file;
}

Result<BackupManifest> read_document(const simdjson::dom::element& root) {
  const std::int64_t format = root["format"];
  if (format != kBackupFormat) {
    return Error{ErrorCode::conflict, fmt::format("{} has format {}, this program reads {}",
                                                  kBackupManifest, format, kBackupFormat)};
  }
  BackupManifest manifest;
  manifest.run = std::uint64_t(root["run"]);
  manifest.taken_us = std::int64_t(root["taken_us"]);
  manifest.made_by = std::string(std::string_view(root["made_by"]));
  manifest.log_uuid = std::string(std::string_view(root["log_uuid"]));
  manifest.first_seq = std::uint64_t(root["first_seq"]);
  manifest.last_seq = std::uint64_t(root["last_seq"]);
  for (const simdjson::dom::element entry : simdjson::dom::array(root["files"])) {
    BackupFile file = read_entry(entry);
    if (!stays_inside(file.path) || !stays_inside(file.stored) ||
        file.restored_bytes < file.bytes) {
      return Error{ErrorCode::corrupt,
                   fmt::format("{} names an impossible file \"{}\"", kBackupManifest, file.path)};
    }
    manifest.files.push_back(std::move(file));
  }
  return manifest;
}

}  // namespace

std::string backup_manifest_text(const BackupManifest& manifest) {
  http::JsonWriter json;
  json.begin_object().member("format", kBackupFormat).member("run", manifest.run);
  json.member("taken_us", manifest.taken_us).member("made_by", manifest.made_by);
  json.member("log_uuid", manifest.log_uuid).member("first_seq", manifest.first_seq);
  json.member("last_seq", manifest.last_seq).key("files").begin_array();
  for (const BackupFile& file : manifest.files) write_file(json, file);
  json.end_array().end_object();
  const std::string rest = json.text().substr(1) + "\n";
  return fmt::format("{}{}{}{}", kOpening, hash_of(rest), kBehindHash, rest);
}

Result<BackupManifest> parse_backup_manifest(std::string_view text) {
  const Error damaged{ErrorCode::corrupt, fmt::format("{} is damaged", kBackupManifest)};
  const std::size_t head = kOpening.size() + kHashDigits + kBehindHash.size();
  if (text.size() < head || !text.starts_with(kOpening) ||
      text.substr(head - kBehindHash.size(), kBehindHash.size()) != kBehindHash ||
      text.substr(kOpening.size(), kHashDigits) != hash_of(text.substr(head))) {
    return damaged;
  }
  try {
    simdjson::dom::parser parser;
    return read_document(parser.parse(text.data(), text.size()));
  } catch (const simdjson::simdjson_error& error) {
    return Error{ErrorCode::corrupt, fmt::format("{}: {}", damaged.message, error.what())};
  }
}

Result<std::optional<BackupManifest>> read_backup_manifest(FileSystem& fs,
                                                           const std::string& folder) {
  const std::string path = fmt::format("{}/{}", folder, kBackupManifest);
  auto there = fs.exists(path);
  if (!there) return there.error();
  if (!*there) return std::optional<BackupManifest>();
  auto text = read_file(fs, path);
  if (!text) return text.error();
  auto manifest = parse_backup_manifest(*text);
  if (!manifest) return Error{manifest.error().code, folder + ": " + manifest.error().message};
  return std::optional<BackupManifest>(*std::move(manifest));
}

}  // namespace adbacus
