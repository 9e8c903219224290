// libFuzzer entry for auctions: any bytes as a bid request. What is read must keep the limits that
// the answer relies on, and every native impression of it can be answered.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "decision/openrtb/bid_request.hpp"
#include "decision/openrtb/native_answer.hpp"

namespace {

using namespace adbacus;

void demand(bool holds) {
  if (!holds) std::abort();
}

void check(const BidRequest& request) {
  demand(!request.id.empty() && !request.imps.empty() && request.imps.size() <= kImpsMax);
  static const ServingItem item;
  static const Creative creative = {.image_url = "https://a.example/i.png",
                                    .markup = R"({"assets":[{"title":{"text":"t"}}]})"};
  for (const Imp& imp : request.imps) {
    demand(!imp.id.empty() && imp.floor >= 0);
    for (const AdSize& size : imp.sizes) demand(size.w > 0 && size.h > 0);
    if (imp.native) (void)native_answer(*imp.native, item, creative, imp.is_secure, {});
  }
  for (const auto& [field, value] : request.ads.context) demand(!field.empty() && !value.empty());
  demand(request.ads.may_identify || request.ads.user_id.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> exact(data, data + size);  // a read behind it is seen
  BidRequest request;
  const bool is_read = read_bid_request({exact.data(), exact.size()}, request);
  demand(is_read || !request.fields.problems().empty());
  if (is_read) check(request);
  return 0;
}
