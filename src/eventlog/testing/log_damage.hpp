// Logs to be damaged on a simulated disk, and what a refusal to open them names. Shared by the
// damage tests.
#pragma once

#include <memory>
#include <string>

#include "eventlog/testing/log_model.hpp"

namespace adbacus {

// Open, with as many segments: all but the last are sealed.
std::unique_ptr<LogModel> make_log(std::uint64_t seed, std::size_t segments);

// The range in a refusal's --accept-loss=<from>-<to>; 0-0 if there is none.
SeqRange named_range(const std::string& message);

void flip_bit(LogModel& model, const std::string& path, std::uint64_t bit);

}  // namespace adbacus
