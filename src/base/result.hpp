// Result<T>: a value, or an Error saying what failed, which thing, and whether a retry may help.
// Expected failures travel as Results; bugs are asserts. Values are free of threads.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace adbacus {

enum class ErrorCode {
  invalid_argument,  // the caller's input is wrong; message names the field
  not_found,
  unauthorized,
  forbidden,
  conflict,
  corrupt,       // stored bytes contradict their checksum or order
  storage_full,  // no space; retry when space is back
  unavailable,   // our state, temporary: retry
  io,            // the disk failed; never retried silently
  internal,
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  bool retryable() const {
    return code == ErrorCode::unavailable || code == ErrorCode::storage_full;
  }
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit
  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & {
    assert(*this);
    return std::get<0>(state_);
  }
  const T& operator*() const& {
    assert(*this);
    return std::get<0>(state_);
  }
  T&& operator*() && {
    assert(*this);
    return std::get<0>(std::move(state_));
  }
  T* operator->() {
    assert(*this);
    return &std::get<0>(state_);
  }
  const T* operator->() const {
    assert(*this);
    return &std::get<0>(state_);
  }
  const Error& error() const {
    assert(!*this);
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT: implicit
  explicit operator bool() const { return ok_; }
  const Error& error() const {
    assert(!ok_);
    return error_;
  }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace adbacus
