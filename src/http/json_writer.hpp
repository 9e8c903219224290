// Appends JSON text to a string: commas and quoting are its work, balance is the caller's. Used by
// every module that answers in JSON. Belongs to one thread.
//
//   JsonWriter json;
//   json.begin_object().member("status", "queued").member("accepted", 3).end_object();
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "http/http.hpp"

namespace adbacus::http {

class JsonWriter {
 public:
  JsonWriter() = default;
  explicit JsonWriter(std::size_t reserve_bytes) { text_.reserve(reserve_bytes); }

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag) { return raw(flag ? "true" : "false"); }
  JsonWriter& value(double number);  // shortest text that reads back equal; NaN, infinity: null
  template <std::signed_integral T>
  JsonWriter& value(T number) {
    return value_signed(static_cast<std::int64_t>(number));
  }
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) JsonWriter& value(T number) {
    return value_unsigned(static_cast<std::uint64_t>(number));
  }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& raw(std::string_view json);  // one complete value, already JSON

  template <class T>
  JsonWriter& member(std::string_view name, T&& v) {
    return key(name).value(std::forward<T>(v));
  }

  const std::string& text() const { return text_; }
  std::string take() && { return std::move(text_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& value_signed(std::int64_t number);
  JsonWriter& value_unsigned(std::uint64_t number);
  void separate();

  std::string text_;
  bool comma_due_ = false;  // a value came before at this level
};

}  // namespace adbacus::http
