#include "store/lake/parquet/definition_runs.hpp"

#include <algorithm>
#include <cstring>

#include "store/lake/parquet/integer_encoding.hpp"

namespace adbacus {

void DefinitionRuns::skip_to(std::uint32_t row) {
  runs_.push_back(open());
  closed_values_ += open().values;
  nulls_ = row - next_;
  begin_ = row;
}

void DefinitionRuns::encode(std::uint32_t rows, ByteBuffer& out) const {
  const std::size_t length_at = out.size();
  out.put(std::uint32_t{0});
  const std::size_t from = out.size();
  if (values() == 0 || values() == rows) {
    encode_hybrid_run(values() == 0 ? 0 : 1, rows, 1, out);
  } else {
    std::vector<std::uint32_t> levels(rows, 0);
    auto at = levels.begin();
    const auto fill = [&](const Run& run) {
      at += run.nulls;
      at = std::fill_n(at, run.values, 1);
    };
    for (const Run& run : runs_) fill(run);
    fill(open());
    encode_hybrid(levels, 1, out);
  }
  const auto length = static_cast<std::uint32_t>(out.size() - from);
  std::memcpy(out.data() + length_at, &length, sizeof length);
}

}  // namespace adbacus
