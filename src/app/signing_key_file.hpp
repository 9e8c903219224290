// The keys that sign decision ids and links: a file of the data folder with a line
// "<id> <64 hex digits>" for each, the last of which signs; made with one key at the first start.
// To rotate: append a line with another id (0 to 255), restart, and drop the old line when its
// texts are out of use (a day for decision ids). Used at start, by one thread.
#pragma once

#include <vector>

#include "app/data_folder.hpp"
#include "base/file_system.hpp"
#include "base/signing_keys.hpp"

namespace adbacus {

struct SigningKeyFile {
  std::vector<SigningKey> keys;
  bool is_new = false;  // there was none: what earlier keys signed is refused from now on
};
// corrupt: the file holds something else; the message never quotes it.
Result<SigningKeyFile> load_signing_keys(FileSystem& fs, const DataPaths& paths);

}  // namespace adbacus
