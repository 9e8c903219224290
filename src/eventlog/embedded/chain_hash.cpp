#include "eventlog/embedded/chain_hash.hpp"

#include <algorithm>
#include <cassert>
#include <openssl/evp.h>

namespace adbacus {

void ChainHash::reset() {
  partial_.clear();
  block_digests_.clear();
}

void ChainHash::close_block(std::string_view block) {
  const Hash128 digest = hash128(block, block_digests_.size());
  char bytes[16];
  store_le(bytes, digest.low);
  store_le(bytes + 8, digest.high);
  block_digests_.append(bytes, sizeof bytes);
}

void ChainHash::update(std::string_view bytes) {
  while (!bytes.empty()) {
    if (partial_.empty() && bytes.size() >= kBlockBytes) {
      close_block(bytes.substr(0, kBlockBytes));
      bytes.remove_prefix(kBlockBytes);
      continue;
    }
    const std::size_t taken = std::min(bytes.size(), kBlockBytes - partial_.size());
    partial_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (partial_.size() == kBlockBytes) {
      close_block(partial_);
      partial_.clear();
    }
  }
}

Digest ChainHash::finish(const Digest& previous_link, const SegmentFooter& footer,
                         const LogIdentity& identity) {
  if (!partial_.empty()) close_block(partial_);
  partial_.clear();
  SegmentFooter unlinked = footer;
  unlinked.link = previous_link;
  unlinked.flags = 0;
  unlinked.import_ids = 0;  // both are hints about the segment, not its content
  const std::string page = encode_segment_footer(unlinked, identity);
  const std::string input = page + block_digests_;
  Digest link{};
  unsigned int size = 0;
  const int done =
      EVP_Digest(input.data(), input.size(), link.data(), &size, EVP_sha256(), nullptr);
  assert(done == 1 && size == link.size());
  (void)done;
  return link;
}

}  // namespace adbacus
