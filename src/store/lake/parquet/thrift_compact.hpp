// Writes structures in Thrift's compact protocol, as Parquet's page headers and footer need it
// (Apache Thrift, thrift-compact-protocol.md). Fields must be written in ascending id order.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <string_view>

#include "model/varint.hpp"
#include "store/lake/parquet/byte_buffer.hpp"

namespace adbacus {

class ThriftWriter {
 public:
  static constexpr unsigned kI32 = 5;
  static constexpr unsigned kBinary = 8;
  static constexpr unsigned kStruct = 12;

  explicit ThriftWriter(ByteBuffer& out) : out_(out) {}

  void boolean(int id, bool value) { header(id, value ? 1 : 2); }
  void i8(int id, int value) {
    header(id, 3);
    out_.put_byte(static_cast<unsigned>(value) & 0xffU);
  }
  void i16(int id, std::int64_t value) { number(id, 4, value); }
  void i32(int id, std::int64_t value) { number(id, kI32, value); }
  void i64(int id, std::int64_t value) { number(id, 6, value); }
  void binary(int id, std::string_view value) {
    header(id, kBinary);
    binary_element(value);
  }
  void list(int id, unsigned element_type, std::size_t size) {
    header(id, 9);
    if (size < 15) {
      out_.put_byte(static_cast<unsigned>(size) << 4U | element_type);
    } else {
      out_.put_byte(0xf0U | element_type);
      out_.put_varint(size);
    }
  }
  void i32_element(std::int64_t value) { out_.put_varint(zigzag(value)); }
  void binary_element(std::string_view value) {
    out_.put_varint(value.size());
    out_.append(value);
  }
  // A struct that is a field of the open one, or, with begin(), the outermost or a list's element.
  void begin(int id) {
    header(id, kStruct);
    begin();
  }
  void begin() {
    assert(depth_ + 1 < last_.size());
    last_[++depth_] = 0;
  }
  void end() {
    out_.put_byte(0);
    --depth_;
  }
  void empty(int id) {
    begin(id);
    end();
  }

 private:
  void header(int id, unsigned type) {
    const int step = id - last_[depth_];
    assert(step > 0);
    last_[depth_] = id;
    if (step <= 15) {
      out_.put_byte(static_cast<unsigned>(step) << 4U | type);
    } else {
      out_.put_byte(type);
      out_.put_varint(zigzag(id));
    }
  }
  void number(int id, unsigned type, std::int64_t value) {
    header(id, type);
    out_.put_varint(zigzag(value));
  }

  ByteBuffer& out_;
  std::array<int, 12> last_{};
  std::size_t depth_ = 0;
};

}  // namespace adbacus
