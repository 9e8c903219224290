// What the configuration and the data folder say to each part that the node opens. Pure functions.
#pragma once

#include <string>

#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "eventlog/registry.hpp"
#include "store/event_lake.hpp"
#include "store/registry.hpp"

namespace adbacus {

EventLogConfig event_log_config(const LogSection& section, const DataPaths& paths);
StoreOptions store_options(const StoreSection& section, const DataPaths& paths,
                           std::string log_uuid);
LakeOptions lake_options(const LakeSection& section, const DataPaths& paths);

}  // namespace adbacus
