#include "http/testing/json_check.hpp"

namespace adbacus::http {
namespace {

class Checker {
 public:
  explicit Checker(std::string_view text) : rest_(text) {}
  bool is_one_value() {
    if (!value(0)) return false;
    skip_blanks();
    return rest_.empty();
  }

 private:
  void skip_blanks() {
    const std::size_t n = rest_.find_first_not_of(" \t\r\n");
    rest_ = n == std::string_view::npos ? std::string_view() : rest_.substr(n);
  }
  bool take(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool string() {
    if (!take("\"")) return false;
    while (!rest_.empty() && rest_.front() != '"') {
      if (static_cast<unsigned char>(rest_.front()) < 0x20) return false;
      rest_.remove_prefix(rest_.front() == '\\' && rest_.size() > 1 ? 2 : 1);
    }
    return take("\"");
  }
  bool number() {
    const std::size_t n = rest_.find_first_not_of("+-.0123456789eE");
    const std::size_t size = n == std::string_view::npos ? rest_.size() : n;
    rest_.remove_prefix(size);
    return size != 0;
  }
  bool members(std::string_view end, bool named, int depth) {
    if (take(end)) return true;
    do {
      if (named && (!string() || !take(":"))) return false;
      if (!value(depth + 1)) return false;
    } while (take(","));
    return take(end);
  }
  bool value(int depth) {
    if (depth > 64) return false;
    skip_blanks();
    if (take("{")) return members("}", true, depth);
    if (take("[")) return members("]", false, depth);
    if (rest_.starts_with('"')) return string();
    return take("true") || take("false") || take("null") || number();
  }

  std::string_view rest_;
};

}  // namespace

bool is_well_formed_json(std::string_view text) {
  return Checker(text).is_one_value();
}

}  // namespace adbacus::http
