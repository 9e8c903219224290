// An event's metadata as it is stored: minified JSON of at most 4 KiB, unknown fields of the event
// under "extra", raw IP addresses taken out. Called by the event parser after the walk has checked
// all of it. Free of threads; texts live in the walk's body and arena.
#pragma once

#include <string_view>
#include <vector>

#include "ingest/event_draft.hpp"
#include "ingest/json_walk.hpp"

namespace adbacus {

inline constexpr std::size_t kMetadataBytesMax = 4096;

struct MetadataSource {
  const JsonMember& whole;                 // the field `metadata`; end = 0 if it was not sent
  const std::vector<JsonMember>& members;  // of it, without those taken out, with those that joined
  const std::vector<JsonMember>& extra;    // unknown fields of the event
  bool is_changed = false;                 // members are not those that were sent
};

// Names under which senders put raw addresses.
inline bool is_ip_name(std::string_view key) {
  switch (key.size()) {
    case 2:
      return key == "ip";
    case 9:
      return key == "client_ip";
    case 10:
      return key == "ip_address";
    case 11:
      return key == "remote_addr";
  }
  return false;
}

// A raw IP address must not reach the disk in whatever field it came: such members leave the list,
// and the first of them becomes the draft's address if it has none. Answers whether any left.
bool take_raw_ips(JsonWalk& walk, std::vector<JsonMember>& members, EventDraft& draft);

// Fields of the event that are what the metadata says of its campaign, utm_source and the like,
// join its members unless these have one of the name. Answers whether any did.
bool take_campaign_names(JsonWalk& walk, std::vector<JsonMember>& members,
                         std::vector<JsonMember>& extra);

// False: too large. A member "extra" of the metadata moves below the new "extra" if there is one.
bool metadata_text(JsonWalk& walk, const MetadataSource& source, std::string_view& out);

// Tokens [begin, end) without the blanks between them; returns the end of what was written.
char* minify(const JsonTokens& tokens, std::uint32_t begin, std::uint32_t end, char* out);

}  // namespace adbacus
