#include "http/name_lookup.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace adbacus::http {
namespace {

constexpr int kLeftMax = 8;

Error broken(std::string what) {
  return {ErrorCode::unavailable, std::move(what)};
}

addrinfo hints_of(int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  return hints;
}

}  // namespace

// What a thread that was left behind still needs.
struct NameLookup::Shared {
  Resolver resolver;
  int left_max = 0;
  std::mutex mutex;
  std::condition_variable answered;
  int left = 0;  // guarded by mutex

  struct Question {  // guarded by mutex once it was asked
    std::string host;
    std::string port;
    bool is_answered = false;
    bool is_left = false;
    int error = 0;
    Addresses found;
  };
};

namespace {

// One answer, to whoever waits for it still.
template <class Shared, class Question>
void ask(const std::shared_ptr<Shared>& shared, const std::shared_ptr<Question>& question) {
  addrinfo* raw = nullptr;
  const int error = shared->resolver(question->host, question->port, hints_of(0), &raw);
  Addresses found(error == 0 ? raw : nullptr);
  const std::lock_guard lock(shared->mutex);
  question->error = error;
  question->found = std::move(found);
  question->is_answered = true;
  if (question->is_left) --shared->left;
  shared->answered.notify_all();
}

}  // namespace

NameLookup::NameLookup(Resolver resolver, int left_max) : shared_(std::make_shared<Shared>()) {
  shared_->resolver = std::move(resolver);
  shared_->left_max = left_max;
}

NameLookup::~NameLookup() = default;

NameLookup& NameLookup::of_system() {
  // Never destroyed: a thread that hangs may come back while the process ends.
  static auto* const lookup = new NameLookup(
      [](const std::string& host, const std::string& port, const addrinfo& hints,
         addrinfo** found) { return ::getaddrinfo(host.c_str(), port.c_str(), &hints, found); },
      kLeftMax);
  return *lookup;
}

Result<Addresses> NameLookup::find(const std::string& host, std::uint16_t port, TimeUs deadline) {
  const addrinfo numeric = hints_of(AI_NUMERICHOST | AI_NUMERICSERV);
  addrinfo* raw = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &numeric, &raw) == 0) {
    return Addresses(raw);
  }
  auto question = std::make_shared<Shared::Question>();
  question->host = host;
  question->port = std::to_string(port);
  std::unique_lock lock(shared_->mutex);
  if (shared_->left >= shared_->left_max) {
    return broken(host + ": not looked up, too many look-ups of names hang");
  }
  try {
    std::thread([shared = shared_, question] { ask(shared, question); }).detach();
  } catch (const std::system_error& error) {
    return broken(host + ": not looked up: " + error.what());
  }
  const auto left_us = std::chrono::microseconds(deadline - system_clock().mono_us());
  shared_->answered.wait_for(lock, left_us, [&] { return question->is_answered; });
  if (!question->is_answered) {
    question->is_left = true;
    ++shared_->left;
    return broken(host + ": timed out while its name was looked up");
  }
  if (question->error != 0) return broken(host + ": " + ::gai_strerror(question->error));
  return std::move(question->found);
}

}  // namespace adbacus::http
