// Reads fields of OpenRTB's JSON: null is "not sent", what is unknown is never looked at, a number
// may be written as text and a flag as 0 or 1. What cannot be read is told with its pointer and
// reads as not sent. An object belongs to one request; texts are views into the parsed document or
// into itself.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"

namespace adbacus {

class JsonFields {
 public:
  using Element = simdjson::dom::element;
  static constexpr std::size_t kTextBytesMax = 4U << 10U;
  static constexpr std::size_t kListMax = 5'000;

  // Empty: not sent, or not one of these.
  std::string_view text(const std::string& at, const Element& value);
  std::optional<std::int64_t> whole(const std::string& at, const Element& value, std::int64_t low,
                                    std::int64_t high);
  bool flag(const std::string& at, const Element& value);
  // Micros of a price; from 0 to a million of the currency's units.
  std::optional<std::int64_t> price(const std::string& at, const Element& value);
  // Every element that is a text.
  void texts(const std::string& at, const Element& value, std::vector<std::string_view>& out);

  // visit(key, pointer, value) for what is sent.
  template <class Visit>
  void members(const std::string& at, const Element& value, Visit visit) {
    if (value.is_null()) return;
    if (!value.is_object()) return problem(at, "invalid_type", "must be an object");
    const simdjson::dom::object object = value.get_object().value_unsafe();
    for (const auto& [key, member] : object) {
      if (!member.is_null()) visit(std::string_view(key), at + "/" + std::string(key), member);
    }
  }
  // visit(pointer, element).
  template <class Visit>
  void each(const std::string& at, const Element& value, std::size_t max, Visit visit) {
    if (value.is_null()) return;
    if (!value.is_array()) return problem(at, "invalid_type", "must be an array");
    std::size_t i = 0;
    const simdjson::dom::array list = value.get_array().value_unsafe();
    for (const Element element : list) {
      if (i == max) return too_many(at, max);
      visit(at + "/" + std::to_string(i++), element);
    }
  }

  void problem(const std::string& pointer, const char* code, std::string detail);
  void too_many(const std::string& pointer, std::size_t max);
  std::string_view keep(std::string made) { return kept_.emplace_back(std::move(made)); }
  const std::vector<http::ProblemItem>& problems() const { return problems_; }

 private:
  std::deque<std::string> kept_;
  std::vector<http::ProblemItem> problems_;
};

}  // namespace adbacus
