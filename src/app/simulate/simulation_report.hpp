// What a simulation found, for people, programs and spreadsheets. Pure: the same result gives the
// same bytes.
#pragma once

#include <string>

#include "app/simulate/simulation_run.hpp"

namespace adbacus {

std::string simulation_table(const SimulationResult& result);
std::string simulation_json(const SimulationResult& result);
// One line for each line item, campaign and the whole, for the run without changes and with them.
std::string simulation_csv(const SimulationResult& result);

}  // namespace adbacus
