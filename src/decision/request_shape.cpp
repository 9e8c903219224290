#include "decision/request_shape.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <iterator>
#include <string>

namespace adbacus {
namespace {

constexpr char kValue = '\x1f';
constexpr char kEnd = '\x1e';

struct BlockList {
  std::string_view field;
  std::vector<std::string_view> AdBlocks::*list;
};
constexpr std::array<BlockList, 5> kBlockLists{{{"block.advertiser", &AdBlocks::advertisers},
                                                {"block.category", &AdBlocks::categories},
                                                {"block.campaign", &AdBlocks::campaigns},
                                                {"block.line_item", &AdBlocks::line_items},
                                                {"block.creative", &AdBlocks::creatives}}};

// Where nothing is ever blocked that has control characters, none is lost by leaving them out.
void put(std::string& out, std::string_view field, std::string_view value) {
  if (value.find_first_of("\x1e\x1f") != std::string_view::npos) return;
  out.append(field).push_back(kValue);
  out.append(value).push_back(kEnd);
}

void put(std::string& out, std::string_view field, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), "{}{}{}{}", field, kValue, value, kEnd);
}

template <class T>
bool read_number(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_size(std::string_view text, AdSlot& slot) {
  AdSize size;
  const std::size_t by = text.find('x');
  if (by == std::string_view::npos) return false;
  if (!read_number(text.substr(0, by), size.w) || !read_number(text.substr(by + 1), size.h)) {
    return false;
  }
  slot.sizes.push_back(size);
  return true;
}

// False: the value makes no sense. What a later version added is passed over.
bool read_field(std::string_view field, std::string_view value, AdRequest& request, AdSlot& slot,
                ShapeReading& reading) {
  if (field == "size") return read_size(value, slot);
  if (field == "rule") reading.has_rule = true;
  if (field == "impersonal") request.may_personalise = false;
  if (field == "count") return read_number(value, slot.count);
  if (field == "floor") return read_number(value, slot.floor);
  if (field == "ranking") return (request.ranking = parse_ranking(value)).has_value();
  if (field == "type") {
    unsigned number = 0;
    if (!read_number(value, number)) return false;
    slot.ad_types.push_back(static_cast<AdType>(std::min(number, 4U)));
    return true;
  }
  for (const BlockList& list : kBlockLists) {
    if (field == list.field) (request.blocks.*list.list).push_back(value);
  }
  return true;
}

}  // namespace

std::string_view request_shape(const AdRequest& request, const AdSlot& slot) {
  thread_local std::string text;
  text.clear();
  if (slot.count != 1) put(text, "count", static_cast<std::int64_t>(slot.count));
  for (const AdSize& size : slot.sizes) put(text, "size", fmt::format("{}x{}", size.w, size.h));
  for (const AdType type : slot.ad_types) put(text, "type", static_cast<std::int64_t>(type));
  if (slot.floor != 0) put(text, "floor", slot.floor);
  if (slot.rule) put(text, "rule", std::int64_t{1});
  if (request.ranking) put(text, "ranking", ranking_name(*request.ranking));
  if (!request.may_personalise) put(text, "impersonal", std::int64_t{1});
  for (const BlockList& list : kBlockLists) {
    for (const std::string_view value : request.blocks.*list.list) put(text, list.field, value);
  }
  return text;
}

Result<void> read_fields_text(std::string_view text,
                              std::vector<std::pair<std::string_view, std::string_view>>& out) {
  while (!text.empty()) {
    const std::size_t value = text.find(kValue);
    const std::size_t end = text.find(kEnd);
    if (end == std::string_view::npos || value > end) {
      return Error{ErrorCode::corrupt, "a logged request cannot be read"};
    }
    out.emplace_back(text.substr(0, value), text.substr(value + 1, end - value - 1));
    text.remove_prefix(end + 1);
  }
  return {};
}

Result<ShapeReading> read_request_shape(std::string_view shape, AdRequest& request, AdSlot& slot) {
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  if (auto read = read_fields_text(shape, fields); !read) return read.error();
  request.blocks = {};
  ShapeReading reading;
  for (const auto& [field, value] : fields) {
    if (read_field(field, value, request, slot, reading)) continue;
    return Error{ErrorCode::corrupt, "a logged request cannot be read: " + std::string(field)};
  }
  return reading;
}

}  // namespace adbacus
