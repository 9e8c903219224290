// Growing bytes without zero-filling, counted against a budget that all connections of a server
// share, so that many large bodies at once meet a 503 and not the end of memory.
// ByteBudget is thread-safe; a ByteBuffer belongs to one thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string_view>

namespace adbacus::http {

class ByteBudget {
 public:
  explicit ByteBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  bool take(std::size_t bytes);
  void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> used_{0};
};

class ByteBuffer {
 public:
  explicit ByteBuffer(ByteBudget& budget) : budget_(budget) {}
  ~ByteBuffer() { release(); }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;

  // Room behind the bytes; at least `bytes`, if the budget allows, else false. Doubles, but never
  // beyond size_max.
  bool make_room(std::size_t bytes, std::size_t size_max);
  std::span<char> room() { return {data_ + size_, capacity_ - size_}; }
  void commit(std::size_t bytes) { size_ += bytes; }
  bool append(std::string_view bytes, std::size_t size_max);  // false: the budget is used up

  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_, size_}; }
  void release();  // gives memory and budget back

 private:
  ByteBudget& budget_;
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace adbacus::http
