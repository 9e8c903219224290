// The keys of pseudonyms in the data folder, given to ingest. Used at start, by one thread.
#pragma once

#include <string>

#include "app/data_folder.hpp"
#include "base/file_system.hpp"
#include "ingest/request_facts.hpp"

namespace adbacus {

// Addresses are hashed by `ip_hash_key` (32 hex digits), or by keys of the data folder that change
// each day if that is empty; ids of visitors always by the latter. The one key that older versions
// had for good is removed. invalid_argument: other than 32 hex digits.
Result<void> load_pseudonym_keys(FileSystem& fs, const DataPaths& paths,
                                 const std::string& ip_hash_key, TimeUs now_us,
                                 IngestOptions& ingest);

}  // namespace adbacus
