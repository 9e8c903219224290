#include "ingest/json_index.hpp"

#include <algorithm>
#include <simdjson.h>

namespace adbacus {
namespace {

constexpr std::size_t kKeptBytes = 1024 * 1024;  // its positions take 4 MiB
constexpr std::size_t kFirstBytes = 64 * 1024;
constexpr std::size_t kDepthUnused = 1;  // only the second stages need a depth

}  // namespace

struct JsonIndex::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
};

JsonIndex::JsonIndex() : parser_(std::make_unique<Parser>()) {}
JsonIndex::~JsonIndex() = default;

IndexError JsonIndex::build(std::string_view text) {
  text_ = {};
  if (text.empty()) return IndexError::empty;
  if (text.size() > 0xffffffffU - 64) return IndexError::too_large;
  auto& stage = parser_->stage;
  if (stage == nullptr || stage->capacity() < text.size()) {
    stage.reset();
    const std::size_t capacity = std::max(kFirstBytes, text.size());
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity, kDepthUnused, stage) != simdjson::SUCCESS) {
      stage.reset();
      return IndexError::too_large;
    }
  }
  const auto error = stage->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                   simdjson::stage1_mode::regular);
  if (error == simdjson::UNCLOSED_STRING) return IndexError::unclosed_string;
  if (error == simdjson::UNESCAPED_CHARS) return IndexError::control_character;
  if (error == simdjson::UTF8_ERROR) return IndexError::invalid_utf8;
  if (error == simdjson::EMPTY) return IndexError::empty;
  if (error != simdjson::SUCCESS) return IndexError::too_large;
  // JsonTokens stops at this position, and may look three tokens ahead; the library leaves room for
  // more than that behind the last one.
  for (std::uint32_t i = 0; i < JsonTokens::kLookAhead; ++i)
    stage->structural_indexes[stage->n_structural_indexes + i] =
        static_cast<std::uint32_t>(text.size());
  text_ = text;
  return IndexError::none;
}

JsonTokens JsonIndex::tokens() const {
  return {text_, parser_->stage->structural_indexes.get(), text_.size()};
}

void JsonIndex::trim() {
  if (parser_->stage != nullptr && parser_->stage->capacity() > kKeptBytes) parser_->stage.reset();
}

}  // namespace adbacus
