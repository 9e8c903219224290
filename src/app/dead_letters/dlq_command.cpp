#include "app/dead_letters/dlq_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <iostream>
#include <iterator>
#include <memory>
#include <ostream>

#include "app/config_flags.hpp"
#include "app/dead_letters/dead_letter_desk.hpp"
#include "app/dead_letters/dead_letter_json.hpp"
#include "app/dead_letters/dead_letter_text.hpp"
#include "app/node.hpp"
#include "app/pseudonym_files.hpp"
#include "app/remote_flags.hpp"
#include "app/terminal_progress.hpp"
#include "http/client.hpp"

namespace adbacus {
namespace {

constexpr int kTimeoutS = 60;
constexpr std::size_t kPageLetters = 1'000;

struct Options {
  ConfigFlags flags;
  std::string url;  // empty: on the data folder itself
  std::string ca_file;
  std::string key_file;
  std::string id;
  std::string state;
  std::string cursor;
  std::string event_file;
  std::string reason;
  bool json = false;
};

// What one call is about, for both ways.
struct Order {
  enum class Kind { list, show, fix, replay, drop };
  Kind kind = Kind::list;
  std::string event;
};

// `answer` is JSON as the endpoints give it.
int print(const Options& options, const Order& order, const std::string& answer, CommandIo& io) {
  if (options.json) {
    io.out << answer << '\n';
    return kExitDone;
  }
  const bool is_list = order.kind == Order::Kind::list;
  const auto text = is_list                           ? letter_table(answer)
                    : order.kind == Order::Kind::show ? letter_lines(answer)
                                                      : letter_sentence(answer);
  if (!text) return fail(io, text.error());
  io.out << *text;
  return kExitDone;
}

std::string url_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// Through a running server, whose answer is passed on.
int ask_server(const Options& options, const Order& order, CommandIo& io) {
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  const auto key = find_api_key(options.key_file, DataPaths(loaded->config.data_dir).admin_key);
  if (!key) return fail(io, key.error());
  auto client = http::Client::open_for_command(options.url, options.ca_file, kTimeoutS);
  if (!client) return fail(io, client.error());
  std::string target = "/v1/dead-letters";
  if (order.kind == Order::Kind::list) {
    target += fmt::format("?limit={}", kPageLetters);
    if (!options.state.empty()) target += "&state=" + url_text(options.state);
    if (!options.cursor.empty()) target += "&cursor=" + url_text(options.cursor);
  } else {
    target += "/" + url_text(options.id);
  }
  if (order.kind == Order::Kind::fix) target += "/fix";
  if (order.kind == Order::Kind::replay) target += "/replay";
  if (order.kind == Order::Kind::drop) target += "/drop?reason=" + url_text(options.reason);
  const bool reads = order.kind == Order::Kind::list || order.kind == Order::Kind::show;
  const auto answer = (*client)->call(
      reads ? "GET" : "POST", target,
      {{"Authorization", "Bearer " + *key}, {"Content-Type", "application/json"}}, order.event);
  if (!answer) return fail(io, answer.error());
  const bool good = answer->status == 200 || answer->status == 202;
  if (good) return print(options, order, answer->body, io);
  io.err << answer->body << '\n';
  return kExitFailed;
}

// Tenants straight from the catalog: the command line has time.
class CatalogTenants final : public TenantLookup {
 public:
  explicit CatalogTenants(Catalog& catalog) : catalog_(catalog) {}
  std::shared_ptr<const TenantProfile> find(std::string_view tenant) override {
    const auto row = catalog_.tenant(std::string(tenant));
    if (!row || !*row) return nullptr;
    auto profile = std::make_shared<TenantProfile>();
    profile->id = (*row)->id;
    profile->currency = (*row)->currency;
    return profile;
  }

 private:
  Catalog& catalog_;
};

int print_list(const DeadLetterDesk& desk, const Options& options, const Order& order,
               CommandIo& io) {
  LetterFilter filter;
  for (const LetterState state :
       {LetterState::open, LetterState::fixed, LetterState::replayed, LetterState::dropped}) {
    if (letter_state_name(state) == options.state) filter.state = state;
  }
  const Seq after = std::strtoull(options.cursor.c_str(), nullptr, 10);
  http::JsonWriter json;
  write_page(json, desk.list({}, filter, after, kPageLetters));
  return print(options, order, json.text(), io);
}

int print_letter(const DeadLetterDesk& desk, Seq seq, const Options& options, const Order& order,
                 CommandIo& io) {
  const auto letter = desk.find({}, seq);
  if (!letter) return fail(io, letter.error());
  const auto bytes = desk.event_bytes(*letter);
  if (!bytes) return fail(io, bytes.error());
  http::JsonWriter json;
  write_letter(json, *letter, &*bytes);
  return print(options, order, json.text(), io);
}

Result<LetterOutcome> settle(DeadLetterDesk& desk, const Options& options, const Order& order,
                             Seq seq) {
  switch (order.kind) {
    case Order::Kind::fix:
      return desk.fix({}, seq, order.event);
    case Order::Kind::replay:
      return desk.replay({}, seq);
    case Order::Kind::drop:
      return desk.drop({}, seq, options.reason);
    case Order::Kind::list:
    case Order::Kind::show:
      break;
  }
  return Error{ErrorCode::internal, "not an order"};
}

// On a data folder that no server holds.
int work_offline(const Options& options, const Order& order, CommandIo& io) {
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  NodeOptions opening;
  opening.may_create = false;
  auto node = Node::open(real_file_system(), system_clock(), loaded->config, opening);
  if (!node) return fail(io, node.error());
  auto done = [&] {
    TerminalProgress bar(io.err, system_clock(), "folding");
    return (*node)->catch_up([&](Seq at, Seq end) { bar.show(at, end, "events"); });
  }();
  if (!done) return fail(io, done.error());
  IngestOptions ingest = loaded->config.ingest;
  const auto keys =
      load_pseudonym_keys(real_file_system(), (*node)->paths(), loaded->config.ip_hash_key,
                          system_clock().wall_us(), ingest);
  if (!keys) return fail(io, keys.error());
  CatalogTenants tenants((*node)->catalog());
  DeadLetterDesk desk((*node)->log(), *(*node)->pipeline(), tenants, ingest);
  if (order.kind == Order::Kind::list) return print_list(desk, options, order, io);
  const Seq seq = std::strtoull(options.id.c_str(), nullptr, 10);
  if (order.kind == Order::Kind::show) return print_letter(desk, seq, options, order, io);
  const auto outcome = settle(desk, options, order, seq);
  if (!outcome) return fail(io, outcome.error());
  http::JsonWriter json;
  write_letter(json, outcome->letter, nullptr);
  if (auto closed = (*node)->close(); !closed) return fail(io, closed.error());
  if (outcome->result == LetterOutcome::Result::done) return print(options, order, json.text(), io);
  return fail(io, {ErrorCode::conflict, "the event could not be counted; the letter stays open"});
}

int run(const Options& options, Order order, CommandIo& io) {
  if (order.kind == Order::Kind::fix) {
    if (options.event_file == "-") {
      order.event.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
      auto text = read_file(real_file_system(), options.event_file);
      if (!text) return fail(io, text.error());
      order.event = std::move(*text);
    }
  }
  return options.url.empty() ? work_offline(options, order, io) : ask_server(options, order, io);
}

}  // namespace

CommandRun declare_dlq_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.require_subcommand(1);
  auto orders = std::make_shared<std::vector<std::pair<CLI::App*, Order::Kind>>>();
  const auto add = [&](const char* name, const char* help, Order::Kind kind) {
    CLI::App* sub = command.add_subcommand(name, help);
    options->flags.declare_data(*sub);
    sub->add_option("--url", options->url, "the running server; without it, the data folder")
        ->check(CLI::Validator(url_mistake, ""));
    declare_ca_file(*sub, options->ca_file);
    sub->add_option("--key-file", options->key_file,
                    "file with the API key (default: ADBACUS_KEY, else <data>/admin.key)");
    sub->add_flag("--json", options->json, "as JSON, as the endpoints answer");
    orders->emplace_back(sub, kind);
    if (kind != Order::Kind::list) {
      sub->add_option("id", options->id, "the letter's id, as list shows it")
          ->required()
          ->check(CLI::Number);
    }
    return sub;
  };
  CLI::App* list = add("list", "list dead letters, oldest first", Order::Kind::list);
  list->add_option("--state", options->state, "only open, fixed, replayed or dropped ones")
      ->check(CLI::IsMember({"open", "fixed", "replayed", "dropped"}));
  list->add_option("--cursor", options->cursor, "go on where the list before ended")
      ->check(CLI::Number);
  add("show", "show one with its event", Order::Kind::show);
  add("fix", "count a corrected event in its place", Order::Kind::fix)
      ->add_option("--event", options->event_file, "file with the event as JSON, - for stdin")
      ->required();
  add("replay", "try to count it as it is", Order::Kind::replay);
  add("drop", "give it up: it is never counted", Order::Kind::drop)
      ->add_option("--reason", options->reason, "kept with the letter");
  return [options, orders](CommandIo& io) {
    for (const auto& [sub, kind] : *orders) {
      if (sub->parsed()) return run(*options, {.kind = kind, .event = {}}, io);
    }
    return kExitUsage;
  };
}

}  // namespace adbacus
