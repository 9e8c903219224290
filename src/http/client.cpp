#include "http/client.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/clock.hpp"
#include "http/chunked.hpp"
#include "http/client_stream.hpp"
#include "http/http_url.hpp"
#include "http/text.hpp"

namespace adbacus::http {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;
constexpr std::size_t kCommandBodyBytesMax = std::size_t{1} << 30U;

using Deadline = ClientStream::Deadline;

Error broken(std::string what) {
  return {ErrorCode::unavailable, std::move(what)};
}

// Status line and fields, from the bytes before the empty line.
bool parse_response_head(std::string_view head, ClientResponse& out) {
  out = ClientResponse();
  bool is_first = true;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(head.size(), end + 2));
    if (is_first) {
      is_first = false;
      if (!line.starts_with("HTTP/1.") || line.size() < 12) return false;
      const char* digits = line.data() + 9;
      if (std::from_chars(digits, digits + 3, out.status).ptr != digits + 3) return false;
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    out.headers.emplace_back(line.substr(0, colon), trim_blanks(line.substr(colon + 1)));
  }
  return out.status >= 100;
}

class StreamClient final : public Client {
 public:
  StreamClient(HttpUrl url, std::optional<TlsTrust> trust, const ClientOptions& options)
      : url_(std::move(url)), trust_(std::move(trust)), options_(options) {}

  Result<ClientResponse> call(const std::string& method, const std::string& target,
                              const std::vector<std::pair<std::string, std::string>>& headers,
                              const std::string& body) override {
    const Deadline deadline = system_clock().mono_us() + options_.timeout_s * kSecondUs;
    if (stream_.is_open() && stream_.is_stale()) stream_.close();
    if (!stream_.is_open()) {
      input_.clear();
      auto connected = stream_.connect(url_, options_.rules, trust_ ? &*trust_ : nullptr, deadline);
      if (!connected) return connected.error();
    }
    auto response = exchange(method, target, headers, body, deadline);
    const bool stays = response && keeps_alive_ && input_.empty();
    if (!stays) stream_.close();
    return response;
  }

 private:
  Result<ClientResponse> exchange(const std::string& method, const std::string& target,
                                  const std::vector<std::pair<std::string, std::string>>& headers,
                                  const std::string& body, Deadline deadline) {
    for (const auto& [name, value] : headers) {
      if ((name + value).find_first_of("\r\n") != std::string::npos) {
        return Error{ErrorCode::invalid_argument, "a line break in a header field"};
      }
    }
    std::string out = method + " " + target + " HTTP/1.1\r\nHost: " + url_.authority() + "\r\n";
    for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    out += "\r\n";
    if (out.find('\0') != std::string::npos) {
      return Error{ErrorCode::invalid_argument, "NUL in the request head"};
    }
    out += body;
    // A server may refuse and close before it has read everything: its answer counts, not the
    // broken pipe.
    const auto sent = stream_.write(out, deadline);
    auto response = read_response(method, deadline);
    if (!response && !sent) return sent.error();
    if (!sent) keeps_alive_ = false;
    return response;
  }

  Result<ClientResponse> read_response(const std::string& method, Deadline deadline) {
    ClientResponse response;
    do {  // steps over 1xx
      std::size_t end = 0;
      while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
        if (input_.size() > kHeadBytesMax) return broken("the answer's header is too large");
        auto more = read_some(deadline);
        if (!more) return more.error();
      }
      if (!parse_response_head(std::string_view(input_).substr(0, end), response)) {
        return broken("the answer is not HTTP");
      }
      input_.erase(0, end + 4);
    } while (response.status < 200);
    keeps_alive_ = !equals_ignoring_case(response.header("connection"), "close");
    if (method == "HEAD" || response.status == 204 || response.status == 304) return response;
    auto read = read_body(response, deadline);
    if (!read) return read.error();
    return response;
  }

  Result<void> read_body(ClientResponse& response, Deadline deadline) {
    if (equals_ignoring_case(response.header("transfer-encoding"), "chunked")) {
      return read_chunks(response.body, deadline);
    }
    const std::string_view length = response.header("content-length");
    if (length.empty()) return read_to_end(response.body, deadline);
    std::size_t size = 0;
    const auto parsed = std::from_chars(length.data(), length.data() + length.size(), size);
    if (parsed.ec != std::errc()) return broken("bad Content-Length");
    if (size > options_.body_bytes_max) return broken("the answer is too large");
    while (input_.size() < size) {
      if (auto more = read_some(deadline); !more) return more;
    }
    response.body = input_.substr(0, size);
    input_.erase(0, size);
    return {};
  }

  Result<void> read_to_end(std::string& body, Deadline deadline) {
    keeps_alive_ = false;
    for (;;) {
      auto got = stream_.read(input_, deadline);
      if (!got) return got.error();
      if (input_.size() > options_.body_bytes_max) return broken("the answer is too large");
      if (*got != 0) continue;
      body = std::exchange(input_, {});
      return {};
    }
  }

  Result<void> read_chunks(std::string& body, Deadline deadline) {
    ChunkedDecoder decoder;
    for (;;) {
      const auto step = decoder.next(input_);
      body += step.payload;
      input_.erase(0, step.used);
      if (step.status == ChunkedDecoder::Status::done) return {};
      if (step.status == ChunkedDecoder::Status::bad) return broken("bad chunk in the answer");
      if (body.size() > options_.body_bytes_max) return broken("the answer is too large");
      if (step.status == ChunkedDecoder::Status::data) continue;
      if (auto more = read_some(deadline); !more) return more;
    }
  }

  Result<void> read_some(Deadline deadline) {
    auto got = stream_.read(input_, deadline);
    if (!got) return got.error();
    if (*got == 0) return broken("the server closed the connection");
    return {};
  }

  const HttpUrl url_;
  const std::optional<TlsTrust> trust_;  // for https
  const ClientOptions options_;
  ClientStream stream_;
  std::string input_;
  bool keeps_alive_ = true;
};

}  // namespace

std::string_view ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

Result<std::unique_ptr<Client>> Client::open(const std::string& url, const ClientOptions& options) {
  auto parsed = parse_http_url(url);
  if (!parsed) return parsed.error();
  if (parsed->target != "/") {
    return Error{ErrorCode::invalid_argument, "a server's URL has no path: " + url};
  }
  if (auto allowed = options.rules.check(*parsed); !allowed) return allowed.error();
  std::optional<TlsTrust> trust;
  if (parsed->is_tls) {
    auto loaded = options.pinned_file.empty() ? TlsTrust::load(options.ca_file)
                                              : TlsTrust::pin(options.pinned_file);
    if (!loaded) return loaded.error();
    trust = *std::move(loaded);
  }
  return std::unique_ptr<Client>(
      std::make_unique<StreamClient>(*std::move(parsed), std::move(trust), options));
}

Result<std::unique_ptr<Client>> Client::open_for_command(const std::string& url,
                                                         const std::string& ca_file,
                                                         int timeout_s) {
  ClientOptions options;
  options.timeout_s = timeout_s;
  options.body_bytes_max = kCommandBodyBytesMax;
  options.ca_file = ca_file;
  options.rules = OutboundRules::unrestricted();
  return open(url, options);
}

Result<ClientResponse> call_url(const std::string& method, const std::string& url,
                                const std::vector<std::pair<std::string, std::string>>& headers,
                                const std::string& body, const ClientOptions& options) {
  const auto parsed = parse_http_url(url);
  if (!parsed) return parsed.error();
  auto client = Client::open(parsed->origin(), options);
  if (!client) return client.error();
  auto sent = headers;
  sent.emplace_back("Connection", "close");
  return (*client)->call(method, parsed->target, sent, body);
}

}  // namespace adbacus::http
