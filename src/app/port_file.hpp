// The file in the data folder that says on which port a listener listens, for scripts and tests.
#pragma once

#include <cstdint>

#include "app/data_folder.hpp"

namespace adbacus {

// `name` begins with a slash. 0: there is no such listener, nor shall a file of an earlier start
// say so. A full disk is no error.
Result<void> write_port(const DataPaths& paths, const char* name, std::uint16_t port);

}  // namespace adbacus
