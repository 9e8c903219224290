#include "app/health_command.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "app/remote_flags.hpp"
#include "http/client.hpp"

namespace adbacus {
namespace {

struct Options {
  std::string url = "http://127.0.0.1:8080";
  std::string ca_file;
  bool live = false;
  bool json = false;
  int timeout_s = 5;
};

int ask(const Options& options, CommandIo& io) {
  auto client = http::Client::open_for_command(options.url, options.ca_file, options.timeout_s);
  if (!client) return fail(io, client.error());
  const std::string path = options.live ? "/healthz" : "/readyz";
  const auto answer = (*client)->call("GET", path, {}, "");
  if (!answer) return fail(io, answer.error());
  const bool good = answer->status == 200;
  const char* word = options.live ? (good ? "alive" : "not alive") : (good ? "ready" : "not ready");
  if (options.json) {
    // As the server gives it: JSON, whatever the status, which the exit code tells.
    if (!answer->body.starts_with('{'))
      return fail(io,
                  {ErrorCode::invalid_argument, options.url + " does not answer as adbacus does"});
    io.out << answer->body << '\n';
  } else {
    io.out << word << '\n';
    if (!good) io.err << answer->body << '\n';
  }
  return good ? kExitDone : kExitFailed;
}

}  // namespace

CommandRun declare_health_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("--url", options->url, "the server")
      ->capture_default_str()
      ->check(CLI::Validator(url_mistake, ""));
  declare_ca_file(command, options->ca_file);
  command.add_flag("--live", options->live, "only whether the process answers (/healthz)");
  command.add_option("--timeout", options->timeout_s, "seconds")
      ->capture_default_str()
      ->check(CLI::Range(1, 300));
  command.add_flag("--json", options->json, "the server's answer, which is JSON");
  return [options](CommandIo& io) { return ask(*options, io); };
}

}  // namespace adbacus
