// The keys command against a running server: calls /v1/keys and prints as the offline command does.
// One thread.
#pragma once

#include <cstdint>
#include <string>

#include "app/command_line.hpp"
#include "base/result.hpp"
#include "catalog/key_administration.hpp"

namespace adbacus {

struct KeyServer {
  std::string url;
  std::string ca_file;  // see RemoteFlags
  std::string key;      // the caller's own
  std::string tenant;   // an operator names one; may be empty
  bool json = false;    // print the server's answer as it is
};

int create_remote_key(const KeyServer& server, const KeyRequest& wanted, CommandIo& io);
int list_remote_keys(const KeyServer& server, CommandIo& io);
int revoke_remote_key(const KeyServer& server, const std::string& id, CommandIo& io);
int rotate_remote_key(const KeyServer& server, const std::string& id, std::int64_t overlap_hours,
                      CommandIo& io);

// One line of the listing, for both ways.
struct KeyLine {
  std::string id;
  std::string tenant;
  std::string scopes;
  std::string state;
  std::string used;
  std::string name;
};
std::string key_line_text(const KeyLine& line);

}  // namespace adbacus
