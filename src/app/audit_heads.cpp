#include "app/audit_heads.hpp"

#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "base/logging.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kPurpose = "audit head";

std::string text_of(const AuditHead& head) {
  return fmt::format("{}:{}:{}", head.tenant_id, head.seq, head.hash);
}

}  // namespace

std::optional<AuditHead> parse_audit_head(std::string_view text) {
  const std::size_t hash = text.rfind(':');
  if (hash == std::string_view::npos || hash == 0) return std::nullopt;
  const std::size_t seq = text.rfind(':', hash - 1);
  if (seq == std::string_view::npos) return std::nullopt;
  AuditHead head{std::string(text.substr(0, seq)), 0, std::string(text.substr(hash + 1))};
  const char* end = text.data() + hash;
  const auto [stopped, error] = std::from_chars(text.data() + seq + 1, end, head.seq);
  if (error != std::errc() || stopped != end || head.seq <= 0) return std::nullopt;
  return head;
}

std::string audit_head_line(const AuditHead& head, const SigningKeys& keys) {
  const std::string text = text_of(head);
  return fmt::format("{} {}\n", text, keys.seal(kPurpose, text));
}

std::optional<AuditHead> parse_audit_head(std::string_view line, const SigningKeys& keys) {
  const std::size_t blank = line.rfind(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto sealed = keys.open(kPurpose, line.substr(blank + 1));
  if (!sealed || *sealed != line.substr(0, blank)) return std::nullopt;
  return parse_audit_head(*sealed);
}

Result<std::vector<AuditHead>> read_audit_heads(FileSystem& fs, const std::string& path,
                                                const SigningKeys& keys) {
  std::vector<AuditHead> heads;
  const auto there = fs.exists(path);
  if (!there) return there.error();
  if (!*there) return heads;
  const auto text = read_file(fs, path);
  if (!text) return text.error();
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (auto head = parse_audit_head(rest.substr(0, end), keys)) {
      heads.push_back(*std::move(head));
    } else {
      log_warn("a noted head of the audit log is not signed by this server's keys",
               {{"file", path}});
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return heads;
}

AuditHeads::AuditHeads(FileSystem& fs, AuditLog& log, const SigningKeys& keys, std::string path,
                       std::chrono::microseconds interval)
    : fs_(fs),
      log_(log),
      keys_(keys),
      path_(std::move(path)),
      broken_(gauge("adbacus_audit_chains_broken",
                    "Chains of the audit log that lost or changed an entry noted earlier")) {
  auto heads = read_audit_heads(fs_, path_, keys_);
  if (!heads) {
    log_warn("the noted heads of the audit log cannot be read", {{"error", heads.error().message}});
  } else {
    const std::lock_guard lock(mutex_);
    for (AuditHead& head : *heads) noted_[head.tenant_id] = std::move(head);
  }
  note();
  thread_.start("audit heads", interval, [this] { note(); });
}

std::vector<AuditHead> AuditHeads::noted() const {
  const std::lock_guard lock(mutex_);
  std::vector<AuditHead> heads;
  for (const auto& [tenant, head] : noted_) heads.push_back(head);
  return heads;
}

void AuditHeads::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  thread_.stop();
  note();
}

Result<bool> AuditHeads::is_as_noted(const AuditHead& head) {
  const auto entry = log_.read(head.tenant_id, head.seq - 1, 1);
  if (!entry) return entry.error();
  return entry->size() == 1 && entry->front().seq == head.seq && entry->front().hash == head.hash;
}

// A chain that is not as it was keeps what was noted of it: that is the proof.
void AuditHeads::note() {
  const auto heads = log_.heads();
  if (!heads) {
    log_warn("heads of the audit log are noted later", {{"error", heads.error().message}});
    return;
  }
  std::map<std::string, AuditHead> next;
  std::int64_t broken = 0;
  for (const AuditHead& head : noted()) {
    const auto same = is_as_noted(head);
    if (!same) return;  // the catalog cannot be read; told by whoever needs it
    next[head.tenant_id] = head;
    if (*same) continue;
    ++broken;
    log_error("an entry of the audit log that was noted earlier is gone or changed",
              {{"head", text_of(head)}});
  }
  broken_.set(broken);
  bool is_new = false;
  for (const AuditHead& head : *heads) {
    AuditHead& known = next[head.tenant_id];
    if (known.seq >= head.seq) continue;
    const auto same = known.seq == 0 ? Result<bool>(true) : is_as_noted(known);
    if (!same || !*same) continue;
    known = head;
    is_new = true;
    const std::string line = audit_head_line(head, keys_);
    log_info("audit head", {{"head", line.substr(0, line.size() - 1)}});
  }
  if (!is_new) return;
  std::string text;
  for (const auto& [tenant, head] : next) text += audit_head_line(head, keys_);
  const auto written = write_file_atomically(fs_, path_, text);
  if (!written) {
    log_warn("heads of the audit log cannot be noted", {{"error", written.error().message}});
  }
  const std::lock_guard lock(mutex_);
  noted_ = std::move(next);
}

}  // namespace adbacus
