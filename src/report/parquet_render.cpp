#include "report/parquet_render.hpp"

#include "report/grouping.hpp"
#include "store/lake/parquet/definition_runs.hpp"
#include "store/lake/parquet/file_writer.hpp"

namespace adbacus {
namespace {

using parquet::EncodedChunk;
using parquet::LogicalType;
using parquet::PhysicalType;

constexpr int kCompressionLevel = 3;

parquet::Column parquet_column(const Column& column) {
  parquet::Column out{column.name.c_str(), PhysicalType::int64, LogicalType::none, false};
  if (column.type == "string") {
    out.type = PhysicalType::byte_array;
    out.logical = LogicalType::text;
  } else if (column.type == "date") {
    out.type = PhysicalType::int32;
    out.logical = LogicalType::date;
  } else if (column.type == "timestamp") {
    out.logical = LogicalType::timestamp_micros;
  } else if (column.type == "decimal") {
    out.type = PhysicalType::byte_array;
    out.logical = LogicalType::decimal_micros;
  } else if (column.type == "number") {
    out.type = PhysicalType::float64;
  }
  return out;
}

// Values in Parquet's PLAIN encoding.
void put_text(std::string_view text, ByteBuffer& out) {
  out.put(static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

// A decimal in a byte array is big-endian, two's complement.
void put_decimal(std::int64_t micros, ByteBuffer& out) {
  out.put(static_cast<std::uint32_t>(sizeof micros));
  out.put(__builtin_bswap64(static_cast<std::uint64_t>(micros)));
}

class ColumnWriter {
 public:
  ColumnWriter(const ReportEngine::Prepared& prepared, const ReportAnswer& answer)
      : prepared_(prepared),
        answer_(answer),
        places_(places_of(prepared.request.dimensions)),
        texts_(prepared.request, prepared.zone) {}

  void encode(const Column& column, EncodedChunk& out) {
    out.clear();
    DefinitionRuns runs;
    ByteBuffer values;
    std::uint32_t row = 0;
    for (const ReportGroup& group : answer_.groups) {
      const bool present = column.is_dimension ? put_dimension(column, group, values)
                                               : put_metric(column, group, values);
      if (present) runs.add(row);
      ++row;
    }
    out.encoding = parquet::Encoding::plain;
    out.nulls = row - runs.values();
    runs.encode(row, out.body);
    out.body.append(values.view());
  }

 private:
  bool put_dimension(const Column& column, const ReportGroup& group, ByteBuffer& out) {
    const DimensionPlace& place = places_[column.index];
    if (!place.is_time) {
      const std::string_view text = texts_.text(column, group);
      if (!text.empty()) put_text(text, out);
      return !text.empty();
    }
    const TimeUs time = group.times[place.index];
    if (column.type == "date") {
      out.put(static_cast<std::int32_t>(prepared_.zone.day_of(time)));
    } else {
      out.put(time);  // an instant, or the number of a cyclic unit
    }
    return true;
  }
  bool put_metric(const Column& column, const ReportGroup& group, ByteBuffer& out) const {
    const Value value = cell_value(column, prepared_.request, answer_, group, false);
    if (value.kind == Value::Kind::null) return false;
    if (column.type == "decimal") {
      put_decimal(value.integer, out);
    } else if (column.type == "number") {
      out.put(value.decimal);
    } else {
      out.put(value.integer);
    }
    return true;
  }

  const ReportEngine::Prepared& prepared_;
  const ReportAnswer& answer_;
  std::vector<DimensionPlace> places_;
  DimensionTexts texts_;
};

}  // namespace

Result<std::string> parquet_body(const ReportEngine::Prepared& prepared, const ReportAnswer& answer,
                                 const std::vector<Column>& columns) {
  std::vector<parquet::Column> schema;
  for (const Column& column : columns) schema.push_back(parquet_column(column));
  parquet::FileWriter writer(schema);
  parquet::EncodeScratch scratch(kCompressionLevel);
  ColumnWriter encoder(prepared, answer);
  const auto rows = static_cast<std::uint32_t>(answer.groups.size());
  if (rows > 0) {
    for (const Column& column : columns) {
      encoder.encode(column, scratch.chunk);
      if (auto ok = writer.add_chunk(scratch.chunk, rows, scratch.compressor); !ok) {
        return ok.error();
      }
    }
    writer.end_row_group(rows);
  }
  return std::string(writer.finish());
}

}  // namespace adbacus
