#include "store/lake/text_column.hpp"

#include <algorithm>

#include "model/text_packing.hpp"
#include "store/lake/parquet/integer_encoding.hpp"
#include "store/lake/utf8_text.hpp"

namespace adbacus {
namespace {

// Minimum and maximum are worth writing for columns that reports filter on, which are small.
constexpr std::size_t kRangeValuesMax = 4096;
constexpr std::size_t kRangeBytesMax = 64;

}  // namespace

void TextColumn::append_text(std::string_view packed) {
  const std::size_t from = texts_.size();
  const std::size_t size = unpacked_size(packed);
  char* const out = texts_.extend(size);
  unpack_field(packed, out);
  sizes_.push_back(static_cast<std::uint32_t>(size));
  if (is_ascii({out, size}) || valid_utf8({out, size})) return;
  const std::string repaired = repair_utf8({out, size});
  texts_.truncate(from);
  texts_.append(repaired);
  sizes_.back() = static_cast<std::uint32_t>(repaired.size());
}

void TextColumn::check_dictionary() {
  check_at_ *= 2;
  if (std::uint64_t{dictionary_.size()} * 10 > std::uint64_t{runs_.values()} * 6)
    leave_dictionary();
}

void TextColumn::leave_dictionary() {
  std::vector<std::size_t> places;
  places.reserve(sizes_.size());
  std::size_t place = 0;
  for (const std::uint32_t size : sizes_) {
    places.push_back(place);
    place += size;
  }
  ByteBuffer texts;
  std::vector<std::uint32_t> sizes;
  sizes.reserve(ids_.size());
  for (const std::uint32_t id : ids_) {
    texts.append(texts_.view().substr(places[id], sizes_[id]));
    sizes.push_back(sizes_[id]);
  }
  texts_ = std::move(texts);
  sizes_ = std::move(sizes);
  ids_ = {};
  dictionary_ = TextDictionary(seed_);  // gives its memory back
  plain_ = true;
}

void TextColumn::encode(std::uint32_t rows, parquet::EncodedChunk& out) const {
  out.clear();
  out.nulls = rows - runs_.values();
  runs_.encode(rows, out.body);
  if (plain_) {
    out.encoding = parquet::Encoding::delta_length_byte_array;
    const std::vector<std::int64_t> sizes(sizes_.begin(), sizes_.end());
    encode_delta(sizes, out.body);
    out.body.append(texts_.view());
    return;
  }
  if (ids_.empty()) {
    out.encoding = parquet::Encoding::plain;
    return;
  }
  out.encoding = parquet::Encoding::rle_dictionary;
  out.dictionary_values = dictionary_.size();
  std::string_view texts = texts_.view();
  for (const std::uint32_t size : sizes_) {
    out.dictionary.put(size);
    out.dictionary.append(texts.substr(0, size));
    texts.remove_prefix(size);
  }
  const unsigned width = bit_width(dictionary_.size() - 1);
  out.body.put_byte(width);
  encode_hybrid(ids_, width, out.body);
  encode_range(out);
}

void TextColumn::encode_range(parquet::EncodedChunk& out) const {
  if (sizes_.size() > kRangeValuesMax) return;
  std::string_view texts = texts_.view();
  std::string_view least;
  std::string_view greatest;
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    if (sizes_[i] > kRangeBytesMax) return;
    const std::string_view text = texts.substr(0, sizes_[i]);
    texts.remove_prefix(sizes_[i]);
    if (i == 0 || text < least) least = text;
    if (i == 0 || text > greatest) greatest = text;
  }
  out.has_range = true;
  out.min = least;
  out.max = greatest;
}

void TextColumn::reset() {
  plain_ = false;
  clear();
}

void TextColumn::clear() {
  runs_.clear();
  check_at_ = kFirstCheck;
  if (!plain_) dictionary_.clear();
  ids_.clear();
  sizes_.clear();
  texts_.clear();
}

}  // namespace adbacus
