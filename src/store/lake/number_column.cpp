#include "store/lake/number_column.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "store/lake/parquet/integer_encoding.hpp"

namespace adbacus {
namespace {

using parquet::Encoding;
using parquet::PhysicalType;

// A dictionary pays when each of its values stands for many rows.
constexpr std::size_t kSample = 1024;
constexpr std::size_t kRowsPerValueMin = 8;
constexpr std::size_t kValuesMax = 1U << 13U;

std::string plain(PhysicalType type, std::int64_t value) {
  std::string bytes(type == PhysicalType::int32 ? 4 : 8, '\0');
  std::memcpy(bytes.data(), &value, bytes.size());
  return bytes;
}

// Numbers values in the order in which they appear, with a table that fits the caches.
class ValueTable {
 public:
  ValueTable() : slots_(kSlots) {}
  // The value's number, or kValuesMax when the table is full.
  std::uint32_t find_or_add(std::int64_t value) {
    if (value == last_ && last_id_ < values.size()) return last_id_;  // runs of log times
    last_ = value;
    return last_id_ = find(value);
  }
  std::vector<std::int64_t> values;

 private:
  std::uint32_t find(std::int64_t value) {
    const auto key = static_cast<std::uint64_t>(value);
    std::size_t at = (key * 0x9e3779b97f4a7c15ULL) >> (64U - kSlotBits);
    for (; slots_[at].id_plus_1 != 0; at = (at + 1) % kSlots) {
      if (slots_[at].value == value) return slots_[at].id_plus_1 - 1;
    }
    if (values.size() == kValuesMax) return kValuesMax;
    values.push_back(value);
    slots_[at] = {value, static_cast<std::uint32_t>(values.size())};
    return slots_[at].id_plus_1 - 1;
  }
  static constexpr unsigned kSlotBits = 14;
  static constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;
  struct Slot {
    std::int64_t value = 0;
    std::uint32_t id_plus_1 = 0;
  };
  std::vector<Slot> slots_;
  std::int64_t last_ = 0;
  std::uint32_t last_id_ = kValuesMax;
};

bool worth_a_dictionary(const std::vector<std::int64_t>& values) {
  const std::size_t sampled = std::min(values.size(), kSample);
  std::vector<std::int64_t> sample(values.begin(),
                                   values.begin() + static_cast<std::ptrdiff_t>(sampled));
  std::sort(sample.begin(), sample.end());
  const auto distinct =
      static_cast<std::size_t>(std::unique(sample.begin(), sample.end()) - sample.begin());
  return distinct * 2 <= sampled;
}

}  // namespace

bool NumberColumn::encode_dictionary(PhysicalType type, parquet::EncodedChunk& out) const {
  if (!worth_a_dictionary(values_)) return false;
  ValueTable table;
  std::vector<std::uint32_t> ids;
  ids.reserve(values_.size());
  for (const std::int64_t value : values_) {
    const std::uint32_t id = table.find_or_add(value);
    if (id == kValuesMax) return false;
    ids.push_back(id);
  }
  if (table.values.size() > 16 && table.values.size() * kRowsPerValueMin > values_.size())
    return false;
  for (const std::int64_t value : table.values) out.dictionary.append(plain(type, value));
  out.dictionary_values = static_cast<std::uint32_t>(table.values.size());
  const unsigned width = bit_width(table.values.size() - 1);
  out.body.put_byte(width);
  encode_hybrid(ids, width, out.body);
  out.encoding = Encoding::rle_dictionary;
  return true;
}

void NumberColumn::encode(const parquet::Column& column, std::uint32_t rows,
                          parquet::EncodedChunk& out) const {
  out.clear();
  out.nulls = rows - runs_.values();
  if (!column.required) runs_.encode(rows, out.body);
  out.encoding = Encoding::plain;
  if (values_.empty()) return;
  const auto [least, greatest] = std::minmax_element(values_.begin(), values_.end());
  out.has_range = true;
  out.min = plain(column.type, *least);
  out.max = plain(column.type, *greatest);
  if (*least == *greatest) {  // flags and zones, mostly
    out.encoding = Encoding::rle_dictionary;
    out.dictionary.append(out.min);
    out.dictionary_values = 1;
    out.body.put_byte(0);
    encode_hybrid_run(0, values_.size(), 0, out.body);
    return;
  }
  // Sorted values (seq, log time) have small deltas; others may repeat.
  if (encode_dictionary(column.type, out)) return;
  out.encoding = Encoding::delta_binary_packed;
  encode_delta(values_, out.body);
}

void NameColumn::encode(const parquet::Column& column, std::string_view (*name)(unsigned),
                        std::uint32_t rows, parquet::EncodedChunk& out) const {
  out.clear();
  out.nulls = rows - runs_.values();
  if (!column.required) runs_.encode(rows, out.body);
  out.encoding = Encoding::plain;
  if (values_.empty()) return;
  out.encoding = Encoding::rle_dictionary;
  out.has_range = true;
  out.min = out.max = name(names_.front());
  for (const unsigned value : names_) {
    const std::string_view text = name(value);
    out.dictionary.put(static_cast<std::uint32_t>(text.size()));
    out.dictionary.append(text);
    if (text < out.min) out.min = text;
    if (text > out.max) out.max = text;
  }
  out.dictionary_values = static_cast<std::uint32_t>(names_.size());
  const unsigned width = bit_width(names_.size() - 1);
  out.body.put_byte(width);
  encode_hybrid(values_, width, out.body);
}

void NameColumn::clear() {
  runs_.clear();
  ids_.fill(0);
  names_.clear();
  values_.clear();
}

}  // namespace adbacus
