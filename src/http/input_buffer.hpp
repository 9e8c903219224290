// The bytes received and not yet consumed of one connection. Views into it stay valid until
// compact() or drop(). Belongs to the connection's thread.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace adbacus::http {

class InputBuffer {
 public:
  explicit InputBuffer(std::size_t capacity)
      : bytes_(std::make_unique_for_overwrite<char[]>(capacity)), capacity_(capacity) {}

  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::span<char> room() { return {bytes_.get() + end_, capacity_ - end_}; }
  std::size_t capacity_from_begin() const { return capacity_ - begin_; }
  std::size_t capacity() const { return capacity_; }

  void commit(std::size_t bytes) { end_ += bytes; }
  void consume(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void truncate(std::size_t size) { end_ = begin_ + size; }  // forgets the newest bytes
  // Cuts `bytes` out of the middle, at `at` behind the front.
  void erase(std::size_t at, std::size_t bytes) {
    char* const from = bytes_.get() + begin_ + at;
    std::memmove(from, from + bytes, size() - at - bytes);
    end_ -= bytes;
  }
  void compact() {
    std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  const std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace adbacus::http
