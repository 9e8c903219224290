#include "base/failpoint.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fmt/core.h>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/rng.hpp"

namespace adbacus {
namespace {

enum class Task { off, give_error, sleep, panic, no_memory, print, pause, yield, delay };

struct Step {
  Task task = Task::off;
  double percent = 100;
  std::optional<std::uint64_t> hits_left;  // none: for ever
  ErrorCode error = ErrorCode::io;
  std::uint64_t ms = 0;
};

using Chain = std::vector<Step>;  // the first step with hits left decides
using Hook = Result<void> (*)(std::string_view, void*);

struct Registry {
  std::mutex mutex;
  std::condition_variable reconfigured;
  std::uint64_t generation = 0;
  std::map<std::string, Chain, std::less<>> chains;
  Hook hook = nullptr;
  void* hook_context = nullptr;
  bool environment_read = false;
  Rng rng{secure_random_u64()};
};

Registry& registry() {
  static Registry instance;
  return instance;
}

Error bad_part(std::string_view part) {
  return {ErrorCode::invalid_argument, fmt::format("failpoint: cannot read '{}'", part)};
}

constexpr std::pair<std::string_view, ErrorCode> kErrorNames[] = {
    {"invalid_argument", ErrorCode::invalid_argument},
    {"not_found", ErrorCode::not_found},
    {"unauthorized", ErrorCode::unauthorized},
    {"forbidden", ErrorCode::forbidden},
    {"conflict", ErrorCode::conflict},
    {"corrupt", ErrorCode::corrupt},
    {"storage_full", ErrorCode::storage_full},
    {"unavailable", ErrorCode::unavailable},
    {"io", ErrorCode::io},
    {"internal", ErrorCode::internal},
};

constexpr std::pair<std::string_view, Task> kTaskNames[] = {
    {"off", Task::off},     {"return", Task::give_error}, {"sleep", Task::sleep},
    {"panic", Task::panic}, {"print", Task::print},       {"pause", Task::pause},
    {"yield", Task::yield}, {"delay", Task::delay},       {"no_memory", Task::no_memory},
};

template <class T, std::size_t N>
std::optional<T> find_name(const std::pair<std::string_view, T> (&names)[N],
                           std::string_view name) {
  for (const auto& [candidate, value] : names) {
    if (candidate == name) return value;
  }
  return std::nullopt;
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Cuts `text` at the first `mark` and returns what stood before it; nothing if there is none.
std::optional<std::string_view> cut(std::string_view& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(at + mark.size());
  return head;
}

Result<Step> parse_step(std::string_view whole) {
  std::string_view rest = whole;
  Step step;
  if (auto percent = cut(rest, "%")) {
    const auto value = parse_number<double>(*percent);
    if (!value || *value < 0 || *value > 100) return bad_part(whole);
    step.percent = *value;
  }
  if (auto hits = cut(rest, "*")) {
    step.hits_left = parse_number<std::uint64_t>(*hits);
    if (!step.hits_left) return bad_part(whole);
  }
  std::string_view argument;
  if (auto name = cut(rest, "(")) {
    if (rest.empty() || rest.back() != ')') return bad_part(whole);
    argument = rest.substr(0, rest.size() - 1);
    rest = *name;
  }
  const auto task = find_name(kTaskNames, rest);
  if (!task) return bad_part(whole);
  step.task = *task;
  if (step.task == Task::give_error && !argument.empty()) {
    const auto error = find_name(kErrorNames, argument);
    if (!error) return bad_part(whole);
    step.error = *error;
  } else if (step.task == Task::sleep || step.task == Task::delay) {
    const auto ms = parse_number<std::uint64_t>(argument);
    if (!ms) return bad_part(whole);
    step.ms = *ms;
  }
  return step;
}

Result<std::map<std::string, Chain, std::less<>>> parse_configuration(std::string_view text) {
  std::map<std::string, Chain, std::less<>> chains;
  while (!text.empty()) {
    const auto cut_part = cut(text, ";");
    std::string_view part = cut_part ? *cut_part : std::exchange(text, {});
    if (part.empty()) continue;
    const std::string_view whole = part;
    const auto name = cut(part, "=");
    if (!name || name->empty()) return bad_part(whole);
    Chain chain;
    while (!part.empty()) {
      const auto cut_step = cut(part, "->");
      auto step = parse_step(cut_step ? *cut_step : std::exchange(part, {}));
      if (!step) return step.error();
      chain.push_back(*step);
    }
    chains[std::string(*name)] = std::move(chain);
  }
  return chains;
}

// The environment configures a process that a test starts; a typing error there must not pass for
// a test without faults.
void read_environment(Registry& state) {
  if (std::exchange(state.environment_read, true)) return;
  const char* text = std::getenv("FAILPOINTS");
  if (text == nullptr) return;
  auto chains = parse_configuration(text);
  if (!chains) {
    std::fputs((chains.error().message + "\n").c_str(), stderr);
    std::abort();
  }
  state.chains = std::move(*chains);
}

std::optional<Step> next_step(Registry& state, std::string_view name) {
  const auto found = state.chains.find(name);
  if (found == state.chains.end()) return std::nullopt;
  for (Step& step : found->second) {
    if (step.hits_left && *step.hits_left == 0) continue;
    if (step.percent < 100 && state.rng.unit() * 100 >= step.percent) return std::nullopt;
    if (step.hits_left) --*step.hits_left;
    return step;
  }
  return std::nullopt;
}

Result<void> run_step(const Step& step, std::string_view name) {
  switch (step.task) {
    case Task::off:
    case Task::pause:
      return {};
    case Task::give_error:
      return Error{step.error, fmt::format("failpoint {}", name)};
    case Task::sleep:
      std::this_thread::sleep_for(std::chrono::milliseconds(step.ms));
      return {};
    case Task::panic:
      ::kill(::getpid(), SIGKILL);
      ::_exit(137);
    case Task::no_memory:
      throw std::bad_alloc();
    case Task::print:
      std::fputs(fmt::format("failpoint {}\n", name).c_str(), stderr);
      return {};
    case Task::yield:
      std::this_thread::yield();
      return {};
    case Task::delay: {
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(step.ms);
      while (std::chrono::steady_clock::now() < end) {
      }
      return {};
    }
  }
  return {};
}

void publish(const Registry& state) {
  __atomic_store_n(&failpoint_internal::any_configured,
                   !state.chains.empty() || state.hook != nullptr, __ATOMIC_RELAXED);
}

}  // namespace

namespace failpoint_internal {

bool any_configured = std::getenv("FAILPOINTS") != nullptr;

Result<void> evaluate(std::string_view name) {
  Registry& state = registry();
  std::unique_lock lock(state.mutex);
  read_environment(state);
  if (state.hook != nullptr) {
    const Hook hook = state.hook;
    void* const context = state.hook_context;
    lock.unlock();
    if (auto injected = hook(name, context); !injected) return injected;
    lock.lock();
  }
  const auto step = next_step(state, name);
  if (!step) return {};
  if (step->task == Task::pause) {
    const std::uint64_t generation = state.generation;
    state.reconfigured.wait(lock, [&] { return state.generation != generation; });
    return {};
  }
  lock.unlock();
  return run_step(*step, name);
}

Result<void> evaluate_at(std::string_view name, std::uint64_t number) {
  return evaluate(fmt::format("{}.{}", name, number));
}

}  // namespace failpoint_internal

Result<void> failpoint_configure(std::string_view text) {
  auto chains = parse_configuration(text);
  if (!chains) return chains.error();
  Registry& state = registry();
  const std::lock_guard lock(state.mutex);
  state.environment_read = true;  // an explicit configuration replaces the environment's
  state.chains = std::move(*chains);
  ++state.generation;
  publish(state);
  state.reconfigured.notify_all();
  return {};
}

void failpoint_set_hook(Result<void> (*hook)(std::string_view, void*), void* context) {
  Registry& state = registry();
  const std::lock_guard lock(state.mutex);
  read_environment(state);
  state.hook = hook;
  state.hook_context = context;
  publish(state);
}

}  // namespace adbacus
