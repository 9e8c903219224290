#include "app/load/testing/counting_server.hpp"

#include <arpa/inet.h>
#include <cstdlib>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <simdjson.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace adbacus {
namespace {

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t went = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (went <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(went));
  }
  return true;
}

bool reply(int fd, int status, std::string_view body, bool keeps = true) {
  return send_all(fd, fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n{}", status,
                                  body.size(), keeps ? "" : "Connection: close\r\n", body)) &&
         keeps;
}

std::size_t content_length(std::string_view head) {
  const std::size_t at = head.find("Content-Length:");
  return at == std::string_view::npos ? 0 : std::strtoul(head.data() + at + 15, nullptr, 10);
}

}  // namespace

CountingServer::CountingServer(ServerFaults faults) : faults_(faults) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 128) != 0) std::abort();
  if (::getsockname(listener_, raw, &size) != 0) std::abort();
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

CountingServer::~CountingServer() {
  const std::uint64_t one = 1;
  if (::write(wake_, &one, sizeof one) != sizeof one) std::abort();
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

std::set<std::string> CountingServer::ids() const {
  const std::lock_guard lock(mutex_);
  return ids_;
}

std::string CountingServer::last_head() const {
  const std::lock_guard lock(mutex_);
  return last_head_;
}

void CountingServer::serve() {
  std::vector<Peer> peers;
  for (;;) {
    std::vector<pollfd> fds{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Peer& peer : peers) fds.push_back({peer.fd, POLLIN, 0});
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents != 0) break;
    for (std::size_t i = peers.size(); i > 0; --i) {
      if (fds[i + 1].revents == 0 || serve_peer(peers[i - 1])) continue;
      ::close(peers[i - 1].fd);
      peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
    if (fds[1].revents != 0) peers.push_back({::accept(listener_, nullptr, nullptr), {}});
  }
  for (const Peer& peer : peers) ::close(peer.fd);
}

bool CountingServer::serve_peer(Peer& peer) {
  std::array<char, 65'536> room;
  const ssize_t came = ::recv(peer.fd, room.data(), room.size(), 0);
  if (came <= 0) return false;
  peer.received.append(room.data(), static_cast<std::size_t>(came));
  for (;;) {
    const std::size_t head_end = peer.received.find("\r\n\r\n");
    if (head_end == std::string::npos) return true;
    const std::string head = peer.received.substr(0, head_end);
    const std::size_t length = content_length(head);
    if (peer.received.size() < head_end + 4 + length) return true;
    const std::string body = peer.received.substr(head_end + 4, length);
    peer.received.erase(0, head_end + 4 + length);
    if (!answer(peer.fd, head, body)) return false;
  }
}

bool CountingServer::answer(int fd, std::string_view head, std::string_view body) {
  ++requests_;
  {
    const std::lock_guard lock(mutex_);
    last_head_ = head;
  }
  if (faults_.never_answers) return true;
  if (head.starts_with("GET /v1/report?")) return reply(fd, 200, report());
  if (head.starts_with("POST /v1/events ")) return take_events(fd, body);
  return reply(fd, 200, "{}");
}

bool CountingServer::take_events(int fd, std::string_view body) {
  ++event_requests_;
  if (hits(faults_.drop_before_taking_every)) return false;
  if (hits(faults_.busy_every)) return reply(fd, 503, "{}");
  if (refuses_all_ || hits(faults_.refuse_every)) return reply(fd, 422, "{}");
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(body.data(), body.size()).get(document) != simdjson::SUCCESS) {
    return reply(fd, 400, "{}");
  }
  simdjson::dom::array array;
  const std::size_t events = document.get(array) == simdjson::SUCCESS ? array.size() : 1;
  const bool rejects_first = hits(faults_.reject_first_every);
  std::uint64_t duplicates = 0;
  if (!hits(faults_.forget_every)) count(body, rejects_first, duplicates);
  if (hits(faults_.drop_after_taking_every)) return false;
  const std::string text = fmt::format(
      R"({{"status":"queued","accepted":{},"duplicates":{},"position":"p{}","rejected":[{}]}})",
      events - (rejects_first ? 1 : 0), duplicates, event_requests_,
      rejects_first ? R"({"index":0,"code":"no_good","pointer":"/0","detail":"x"})" : "");
  return reply(fd, 202, text, !hits(faults_.close_every));
}

void CountingServer::count(std::string_view body, bool skips_first, std::uint64_t& duplicates) {
  simdjson::dom::parser parser;
  const simdjson::dom::element document = parser.parse(body.data(), body.size()).value();
  const std::lock_guard lock(mutex_);
  const auto count_one = [&](const simdjson::dom::element& event) {
    if (std::exchange(skips_first, false)) return;
    auto& row = campaigns_[std::to_string(event["campaign_id"].get_int64().value())];
    if (!ids_.emplace(event["event_id"].get_string().value()).second) {
      ++duplicates;
      ++row[3];
      return;
    }
    const std::string_view type = event["event_type"].get_string().value();
    ++row[type == "IMPRESSION" ? 0 : type == "CLICK" ? 1 : 2];
    row[4] += event["value_cents"].get_int64().value() * 10'000;
  };
  simdjson::dom::array events;  // named: a range over a temporary would dangle
  if (document.get(events) != simdjson::SUCCESS) return count_one(document);
  for (const simdjson::dom::element event : events) count_one(event);
}

std::string CountingServer::report() const {
  const std::lock_guard lock(mutex_);
  std::string rows;
  for (const auto& [campaign, row] : campaigns_) {
    rows += fmt::format(R"({}{{"campaign_id":"{}","gross_impressions":{},"gross_clicks":{},)"
                        R"("gross_conversions":{},"duplicates":{},"revenue_micros":{}}})",
                        rows.empty() ? "" : ",", campaign, row[0], row[1], row[2], row[3], row[4]);
  }
  return R"({"columns":[],"rows":[)" + rows + "]}";
}

}  // namespace adbacus
