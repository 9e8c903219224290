// Keeps generations few and free of expired ids: which neighbours to merge next, and the merge.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/archive/id_archive.hpp"
#include "base/archive/id_generation_writer.hpp"

namespace adbacus {

// Generations [begin, end) become one; a single one is written anew without its expired ids.
struct IdMergePlan {
  std::size_t begin = 0;
  std::size_t end = 0;
};
// What a plan is made from, oldest first.
struct IdGenerationSize {
  std::uint32_t last_period = 0;
  std::uint64_t ids = 0;
  std::uint64_t alive = 0;
};
// Time falls into quarters of the window. Of a quarter that is over one generation is left, so that
// whole ones expire; of the present one at most `growing_max`.
std::optional<IdMergePlan> plan_id_merge(std::span<const IdGenerationSize> generations,
                                         std::uint32_t period, std::uint32_t window_periods,
                                         std::size_t growing_max);

// Writes the ids of all `from` that are alive in `period` to a new file at `path`; a key that is in
// several keeps its earliest period. `go_on` is asked now and then: false ends the merge with
// unavailable.
Result<IdGenerationInfo> merge_id_generations(FileSystem& fs, const std::string& path,
                                              std::span<const IdGenerationPtr> from,
                                              const std::string& label, std::uint32_t period,
                                              std::uint32_t window_periods,
                                              const std::function<bool()>& go_on);

}  // namespace adbacus
