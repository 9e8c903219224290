// One condition of a line item's targeting, prepared for many requests. Read-only once built.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "decision/attributes.hpp"
#include "model/targeting.hpp"

namespace re2 {
class RE2;
}

namespace adbacus {

class TargetingLeaf {
 public:
  // invalid_argument: a value that the catalog would not have taken.
  static Result<TargetingLeaf> make(const TargetingNode& node, FieldSlot slot);
  ~TargetingLeaf();
  TargetingLeaf(TargetingLeaf&&) noexcept;
  TargetingLeaf& operator=(TargetingLeaf&&) noexcept;

  // A field that the request does not have makes it false, but for {exists: false}.
  bool matches(const Attributes& request) const;
  FieldSlot slot() const { return slot_; }
  TargetingOp op() const { return op_; }
  // Texts that eq, ne, in, not_in and segment compare with, sorted.
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  struct Network {
    std::array<unsigned char, 16> address{};  // IPv4 as ::ffff:a.b.c.d
    unsigned bits = 0;
  };
  struct Circle {
    double latitude = 0;
    double longitude = 0;
    double kilometres = 0;
  };
  TargetingLeaf();
  Result<void> prepare(const std::string& text);
  bool matches_value(std::string_view value) const;
  bool matches_number(std::string_view value) const;
  bool matches_network(std::string_view value) const;
  bool matches_circle(std::string_view value) const;
  bool has_text(std::string_view value) const;

  FieldSlot slot_ = 0;
  TargetingOp op_ = TargetingOp::eq;
  std::vector<std::string> texts_;
  std::vector<double> numbers_;
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
  std::vector<Network> networks_;
  std::vector<Circle> circles_;
  WeekHours hours_;
  bool wants_value_ = true;  // of exists
};

}  // namespace adbacus
