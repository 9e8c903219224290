#include "store/lake/event_file.hpp"

#include <cassert>

#include "base/breather.hpp"

namespace adbacus {
namespace {

std::string_view type_name(unsigned value) {
  return event_type_name(static_cast<EventType>(value));
}
std::string_view status_name(unsigned value) {
  return conversion_status_name(static_cast<ConversionStatus>(value));
}
std::string_view disposition_text(unsigned value) {
  return disposition_name(static_cast<Disposition>(value));
}
std::string_view class_text(unsigned value) {
  return traffic_class_name(static_cast<TrafficClass>(value));
}

}  // namespace

EventFile::EventFile(std::uint64_t hash_seed, parquet::EncodeScratch& scratch)
    : scratch_(scratch), writer_(lake_columns()) {
  texts_.reserve(kTextFields);
  for (std::size_t i = 0; i < kTextFields; ++i) texts_.emplace_back(hash_seed);
}

Result<void> EventFile::append(const LakeEvent& event, const PackedEvent& packed) {
  assert(!finished_ && event.seq > last_seq_);
  const std::uint32_t row = group_rows_++;
  seq_.append(row, static_cast<std::int64_t>(event.seq));
  log_time_.append(row, event.log_time_us);
  event_time_.append(row, packed.time_us);
  type_.append(row, static_cast<unsigned>(packed.type));
  const ConversionStatus status = shown_status(packed.type, packed.status);
  if (status != ConversionStatus::none) status_.append(row, static_cast<unsigned>(status));
  disposition_.append(row, static_cast<unsigned>(event.disposition));
  class_.append(row, static_cast<unsigned>(event.traffic_class));
  if (packed.has_value) value_.append(row, packed.value_micros);
  if (packed.has_cost) cost_.append(row, packed.cost_micros);
  flags_.append(row, packed.flags);
  if (packed.sent_time_us != 0) sent_time_.append(row, packed.sent_time_us);
  utc_offset_.append(row, packed.utc_offset_min);
  for (std::uint64_t present = packed.present; present != 0; present &= present - 1) {
    const auto i = static_cast<std::size_t>(__builtin_ctzll(present));
    texts_[i].append(row, packed.packed[i], event.bytes);
  }
  if (rows_++ == 0) first_seq_ = event.seq;
  last_seq_ = event.seq;
  group_bytes_ += event.bytes.size() + sizeof(Seq) * 4;
  if (group_rows_ == kRowGroupRows || group_bytes_ >= kRowGroupBytes) return end_row_group();
  return {};
}

Result<void> EventFile::encode_column(std::size_t column) {
  const parquet::Column& spec = lake_columns()[column];
  const std::uint32_t rows = group_rows_;
  switch (column) {
    case lake_column::seq:
      seq_.encode(spec, rows, scratch_.chunk);
      break;
    case lake_column::log_time:
      log_time_.encode(spec, rows, scratch_.chunk);
      break;
    case lake_column::event_time:
      event_time_.encode(spec, rows, scratch_.chunk);
      break;
    case lake_column::event_type:
      type_.encode(spec, type_name, rows, scratch_.chunk);
      break;
    case lake_column::status:
      status_.encode(spec, status_name, rows, scratch_.chunk);
      break;
    case lake_column::disposition:
      disposition_.encode(spec, disposition_text, rows, scratch_.chunk);
      break;
    case lake_column::traffic_class:
      class_.encode(spec, class_text, rows, scratch_.chunk);
      break;
    case lake_column::value_micros:
      value_.encode(spec, rows, scratch_.chunk);
      break;
    case lake_column::cost_micros:
      cost_.encode(spec, rows, scratch_.chunk);
      break;
    case lake_column::flags:
      flags_.encode(spec, rows, scratch_.chunk);
      break;
    case lake_column::sent_time:
      sent_time_.encode(spec, rows, scratch_.chunk);
      break;
    case lake_column::utc_offset_min:
      utc_offset_.encode(spec, rows, scratch_.chunk);
      break;
    default:  // a text column: a place in the schema, no enum
      texts_[column - lake_column::first_text].encode(rows, scratch_.chunk);
  }
  return writer_.add_chunk(scratch_.chunk, rows, scratch_.compressor);
}

Result<void> EventFile::end_row_group() {
  for (std::size_t column = 0; column < kLakeColumns; ++column) {
    breathe();
    if (auto encoded = encode_column(column); !encoded) return encoded;
  }
  writer_.end_row_group(group_rows_);
  clear_columns();
  return {};
}

void EventFile::clear_columns() {
  for (NumberColumn* column :
       {&seq_, &log_time_, &event_time_, &value_, &cost_, &flags_, &sent_time_, &utc_offset_})
    column->clear();
  for (NameColumn* column : {&type_, &status_, &disposition_, &class_}) column->clear();
  for (TextColumn& column : texts_) column.clear();
  group_rows_ = 0;
  group_bytes_ = 0;
}

void EventFile::reset() {
  for (TextColumn& column : texts_) column.reset();
  clear_columns();
  writer_.reset();
  rows_ = 0;
  first_seq_ = last_seq_ = 0;
  finished_ = false;
}

Result<std::string_view> EventFile::finish() {
  if (!finished_) {
    if (group_rows_ > 0) {
      if (auto ended = end_row_group(); !ended) return ended.error();
    }
    finished_ = true;
    return writer_.finish();
  }
  return writer_.content();
}

}  // namespace adbacus
