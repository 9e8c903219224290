#include "app/dead_letters/dead_letter_text.hpp"

#include <fmt/format.h>
#include <functional>
#include <simdjson.h>

namespace adbacus {
namespace {

using simdjson::dom::element;

constexpr std::string_view kLine = "{:<12} {:<9} {:<12} {:<24} {:>5} {:<21} {}\n";

// Texts come from events: what could move the cursor of a terminal is shown as its number.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return out.empty() ? "-" : out;
}

std::string text_of(const element& object, const char* name) {
  return printable(std::string_view(object[name]));
}

Result<std::string> read(std::string_view json,
                         const std::function<std::string(const element&)>& form) {
  try {
    simdjson::dom::parser parser;
    return form(parser.parse(json.data(), json.size()));
  } catch (const simdjson::simdjson_error& error) {
    return Error{ErrorCode::internal, fmt::format("the answer is not as expected ({}): {}",
                                                  error.what(), json.substr(0, 500))};
  }
}

}  // namespace

Result<std::string> letter_table(std::string_view page) {
  return read(page, [](const element& root) {
    std::string out;
    for (const element letter : simdjson::dom::array(root["items"])) {
      if (out.empty()) {
        out = fmt::format(kLine, "ID", "STATE", "TENANT", "EVENT ID", "TRIES", "SKIPPED AT",
                          "REASON");
      }
      out += fmt::format(kLine, text_of(letter, "id"), text_of(letter, "state"),
                         text_of(letter, "tenant_id"), text_of(letter, "event_id"),
                         std::uint64_t(letter["tries"]), text_of(letter, "skipped_at"),
                         text_of(letter, "reason"));
    }
    if (out.empty()) return std::string("no dead letters\n");
    std::string_view cursor;
    if (root["next_cursor"].get(cursor) == simdjson::SUCCESS)
      out += fmt::format("there are more: --cursor {}\n", printable(cursor));
    return out;
  });
}

Result<std::string> letter_lines(std::string_view letter) {
  return read(letter, [](const element& root) {
    std::string out;
    for (const auto& [name, value] : simdjson::dom::object(root)) {
      std::string_view text;
      const bool is_text = value.get(text) == simdjson::SUCCESS;
      out += fmt::format("{:<16} {}\n", name,
                         is_text ? printable(text) : std::string(simdjson::minify(value)));
    }
    return out;
  });
}

Result<std::string> letter_sentence(std::string_view answer) {
  return read(answer, [](const element& root) {
    element letter = root;
    if (element inner; root["letter"].get(inner) == simdjson::SUCCESS) letter = inner;
    return fmt::format("dead letter {} is {}\n", text_of(letter, "id"), text_of(letter, "state"));
  });
}

}  // namespace adbacus
