#include "http/decompressor.hpp"

#include <algorithm>
#include <zlib.h>
#include <zstd.h>

namespace adbacus::http {
namespace {

constexpr std::size_t kStepBytes = 32 * 1024;

// Room for the next step of output. At the limit it is one byte elsewhere: what lands there tells
// "more than allowed" from "exactly as much".
class Room {
 public:
  Room(ByteBuffer& out, std::size_t bytes_max) : out_(out), full_(out.size() == bytes_max) {
    if (full_) return;
    const std::size_t step = std::min(kStepBytes, bytes_max - out.size());
    has_memory_ = out.make_room(step, bytes_max);
  }
  bool has_memory() const { return has_memory_; }
  char* data() { return full_ ? &spill_ : out_.room().data(); }
  std::size_t size() const { return full_ ? 1 : out_.room().size(); }
  bool commit(std::size_t bytes) {  // false: beyond the limit
    if (full_) return bytes == 0;
    out_.commit(bytes);
    return true;
  }

 private:
  ByteBuffer& out_;
  const bool full_;
  bool has_memory_ = true;
  char spill_ = 0;
};

class Gunzip final : public Decompressor {
 public:
  Gunzip() { ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }
  ~Gunzip() override {
    if (ready_) inflateEnd(&stream_);
  }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;
  bool ready() const { return ready_; }

  std::optional<Refusal> feed(std::string_view input, ByteBuffer& out,
                              std::size_t bytes_max) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    for (;;) {
      if (at_member_end_) {
        if (stream_.avail_in == 0) return std::nullopt;
        if (inflateReset(&stream_) != Z_OK) return kBadCompression;
        at_member_end_ = false;
      }
      Room room(out, bytes_max);
      if (!room.has_memory()) return kNoBodyMemory;
      const std::size_t room_bytes = room.size();
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = static_cast<uInt>(room_bytes);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (!room.commit(room_bytes - stream_.avail_out)) return kBodyTooLarge;
      if (status == Z_STREAM_END) {
        at_member_end_ = true;
      } else if (status == Z_BUF_ERROR && stream_.avail_in != 0 && stream_.avail_out != 0) {
        return kBadCompression;  // stuck with both input and room
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        return kBadCompression;
      } else if (stream_.avail_in == 0 && stream_.avail_out != 0) {
        return std::nullopt;
      }
    }
  }

  std::optional<Refusal> finish() const override {
    if (at_member_end_) return std::nullopt;
    return kBadCompression;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
  bool at_member_end_ = false;
};

class Unzstd final : public Decompressor {
 public:
  Unzstd() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) return;
    // A frame may ask for a window of up to 2 GiB; 8 MiB is what encoders use up to level 19.
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, 23);
  }
  ~Unzstd() override { ZSTD_freeDCtx(context_); }
  Unzstd(const Unzstd&) = delete;
  Unzstd& operator=(const Unzstd&) = delete;
  bool ready() const { return context_ != nullptr; }

  std::optional<Refusal> feed(std::string_view input, ByteBuffer& out,
                              std::size_t bytes_max) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    for (;;) {
      Room room(out, bytes_max);
      if (!room.has_memory()) return kNoBodyMemory;
      ZSTD_outBuffer to{room.data(), room.size(), 0};
      const std::size_t hint = ZSTD_decompressStream(context_, &to, &in);
      if (!room.commit(to.pos)) return kBodyTooLarge;
      if (ZSTD_isError(hint) != 0) return kBadCompression;
      at_frame_end_ = hint == 0;
      if (in.pos == in.size && (at_frame_end_ || to.pos < to.size)) return std::nullopt;
    }
  }

  std::optional<Refusal> finish() const override {
    if (at_frame_end_) return std::nullopt;
    return kBadCompression;
  }

 private:
  ZSTD_DCtx* context_;
  bool at_frame_end_ = false;
};

template <class T>
std::unique_ptr<Decompressor> ready_or_null() {
  auto made = std::make_unique<T>();
  if (!made->ready()) return nullptr;
  return made;
}

}  // namespace

std::unique_ptr<Decompressor> make_decompressor(Coding coding) {
  switch (coding) {
    case Coding::identity:
      return nullptr;
    case Coding::gzip:
      return ready_or_null<Gunzip>();
    case Coding::zstd:
      return ready_or_null<Unzstd>();
  }
  return nullptr;
}

}  // namespace adbacus::http
