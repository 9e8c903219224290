#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "enrich/consent/consent_verdict.hpp"
#include "enrich/consent/gpp_string.hpp"
#include "enrich/consent/tcf_string.hpp"

namespace adbacus {
namespace {

constexpr const char* kVector =
    "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA.YAAAAAAAAAAA";

// The obvious way to write and read: one bit after the other.
class NaiveBits {
 public:
  NaiveBits& put(std::uint64_t value, unsigned count) {
    for (unsigned i = count; i > 0; --i) bits_.push_back((value >> (i - 1) & 1U) != 0);
    return *this;
  }
  std::uint64_t take(unsigned count) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < count; ++i) value = value * 2 + (bits_.at(at_++) ? 1 : 0);
    return value;
  }
  static NaiveBits of(std::string_view text) {
    NaiveBits out;
    for (const char c : text) out.put(kAlphabet.find(c), 6);
    return out;
  }
  std::string text() const {
    std::string out;
    for (std::size_t i = 0; i < bits_.size(); i += 6) {
      std::size_t value = 0;
      for (std::size_t j = i; j < i + 6; ++j) value = value * 2 + (j < bits_.size() && bits_[j]);
      out += kAlphabet[value];
    }
    return out;
  }
  std::size_t size() const { return bits_.size(); }

 private:
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<bool> bits_;
  std::size_t at_ = 0;
};

TEST(Base64Bits, ReadsWhatANaiveReaderReads) {
  Rng rng(test_seed());
  for (int round = 0; round < 500; ++round) {
    NaiveBits made;
    std::vector<std::pair<std::uint64_t, unsigned>> fields;
    for (std::uint64_t n = rng.below(30); n > 0; --n) {
      const auto count = static_cast<unsigned>(1 + rng.below(36));
      const std::uint64_t value = rng.next() & ((std::uint64_t{1} << count) - 1);
      made.put(value, count);
      fields.emplace_back(value, count);
    }
    const std::string text = made.text();
    const auto bits = Base64Bits::of(text);
    ASSERT_TRUE(bits);
    NaiveBits again = NaiveBits::of(text);
    std::size_t at = 0;
    for (const auto& [value, count] : fields) {
      ASSERT_EQ(bits->read(at, count), value);
      ASSERT_EQ(again.take(count), value);
      at += count;
    }
    EXPECT_TRUE(bits->has(at, 0));
    EXPECT_FALSE(bits->has(0, bits->size() + 1));
  }
  EXPECT_FALSE(Base64Bits::of("AB+A"));
  EXPECT_FALSE(Base64Bits::of("AB CD"));
  EXPECT_TRUE(Base64Bits::of("ABA="));
}

TEST(TcfString, DecodesTheWorkedExample) {
  const auto tcf = decode_tcf(kVector);
  ASSERT_TRUE(tcf);
  EXPECT_EQ(tcf->created_ds, 17'489'088'000);
  EXPECT_EQ(tcf->updated_ds, 17'489'088'000);
  EXPECT_EQ(tcf->cmp_id, 880U);
  EXPECT_EQ(std::string_view(tcf->language, 2), "EN");
  EXPECT_EQ(tcf->vendor_list_version, 48U);
  EXPECT_EQ(tcf->policy_version, 2U);
  EXPECT_TRUE(tcf->is_service_specific);
  EXPECT_EQ(tcf->purposes_consent, 0U);
  EXPECT_EQ(tcf->purposes_interest, 0U);
  EXPECT_EQ(std::string_view(tcf->publisher_country, 2), "DE");
  EXPECT_EQ(tcf->vendors.vendor_max(), 4U);
  EXPECT_EQ(tcf->vendors.list(), (std::vector<unsigned>{1, 2, 3, 4}));
  ASSERT_TRUE(tcf->disclosed);
  EXPECT_EQ(tcf->disclosed->list(), (std::vector<unsigned>{1, 2, 3, 4, 5, 100, 404}));
  EXPECT_FALSE(tcf->is_valid()) << "policy 2 in 2025";
}

struct MadeTcf {
  std::string text;
  std::uint32_t purposes = 0;  // bit 0: purpose 1
  std::vector<unsigned> vendors;
};

void put_vendors(Rng& rng, NaiveBits& bits, std::vector<unsigned>& vendors) {
  const auto vendor_max = static_cast<unsigned>(rng.below(200));
  const bool is_range = rng.below(2) == 0;
  bits.put(vendor_max, 16).put(is_range ? 1 : 0, 1);
  if (!is_range) {
    for (unsigned vendor = 1; vendor <= vendor_max; ++vendor) {
      const bool has = rng.below(3) == 0;
      bits.put(has ? 1 : 0, 1);
      if (has) vendors.push_back(vendor);
    }
    return;
  }
  struct Range {
    unsigned first, last;
  };
  std::vector<Range> ranges;
  for (unsigned from = 1; from + 5 < vendor_max;) {
    const auto first = from + static_cast<unsigned>(rng.below(4));
    const auto last = std::min(first + static_cast<unsigned>(rng.below(4)), vendor_max);
    ranges.push_back({first, last});
    from = last + 2;
  }
  bits.put(ranges.size(), 12);
  for (const Range& range : ranges) {
    const bool has_end = range.last != range.first;
    bits.put(has_end ? 1 : 0, 1).put(range.first, 16);
    if (has_end) bits.put(range.last, 16);
    for (unsigned vendor = range.first; vendor <= range.last; ++vendor) vendors.push_back(vendor);
  }
}

MadeTcf make_tcf(Rng& rng, std::uint32_t purposes, std::uint32_t interests = 0) {
  MadeTcf made{.text = {}, .purposes = purposes & 0xffffffU, .vendors = {}};
  NaiveBits bits;
  bits.put(2, 6).put(17'489'088'000, 36).put(17'489'088'000, 36).put(10, 12).put(1, 12).put(1, 6);
  bits.put(4, 6).put(13, 6).put(48, 12).put(5, 6).put(1, 1).put(0, 1).put(0, 12);
  for (unsigned i = 0; i < 24; ++i) bits.put(made.purposes >> i & 1U, 1);
  for (unsigned i = 0; i < 24; ++i) bits.put(interests >> i & 1U, 1);
  bits.put(0, 1).put(3, 6).put(4, 6);
  put_vendors(rng, bits, made.vendors);
  bits.put(0, 16).put(0, 1).put(0, 12);
  made.text = bits.text();
  return made;
}

TEST(TcfString, DecodesWhatANaiveWriterWrites) {
  Rng rng(test_seed());
  for (int round = 0; round < 500; ++round) {
    const MadeTcf made = make_tcf(rng, static_cast<std::uint32_t>(rng.next()));
    const auto tcf = decode_tcf(made.text);
    ASSERT_TRUE(tcf) << made.text;
    EXPECT_EQ(tcf->purposes_consent, made.purposes);
    EXPECT_EQ(tcf->vendors.list(), made.vendors) << made.text;
    EXPECT_TRUE(tcf->is_valid());
    // Cut off within what is read: refused, or the same where only what is not read is missing.
    const auto cut = decode_tcf(std::string_view(made.text).substr(0, rng.below(made.text.size())));
    if (cut) {
      EXPECT_EQ(cut->vendors.list(), made.vendors);
    }
  }
}

TEST(TcfString, LegitimateInterestInPurposes3To6MakesItInvalid) {
  Rng rng(test_seed());
  for (unsigned purpose = 1; purpose <= 24; ++purpose) {
    const MadeTcf made = make_tcf(rng, 0xffffff, 1U << (purpose - 1));
    const auto tcf = decode_tcf(made.text);
    ASSERT_TRUE(tcf);
    EXPECT_EQ(tcf->purposes_interest, 1U << (purpose - 1));
    EXPECT_EQ(tcf->is_valid(), purpose < 3 || purpose > 6) << purpose;
  }
}

TEST(TcfString, AVendorMustHaveBeenShown) {
  const auto tcf = decode_tcf(kVector);
  ASSERT_TRUE(tcf);
  EXPECT_TRUE(tcf->allows_vendor(4));
  EXPECT_FALSE(tcf->allows_vendor(5)) << "shown, no consent";
  Rng rng(test_seed());
  const MadeTcf made = make_tcf(rng, 1);
  // A segment that says nobody was shown.
  NaiveBits nobody;
  nobody.put(1, 3).put(0, 16).put(0, 1);
  const auto unsaid = decode_tcf(made.text);
  const std::string text = made.text + "." + nobody.text();
  const auto said = decode_tcf(text);
  ASSERT_TRUE(unsaid && said);
  for (const unsigned vendor : made.vendors) {
    EXPECT_TRUE(unsaid->allows_vendor(vendor));
    EXPECT_FALSE(said->allows_vendor(vendor));
  }
}

TEST(TcfString, RefusesOtherVersionsAndAlphabets) {
  for (const char* text : {"", "B", "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "CQSb k4A", "...", "."})
    EXPECT_FALSE(decode_tcf(text)) << text;
  EXPECT_FALSE(decode_tcf(std::string(kVector) + ".I"));
  EXPECT_FALSE(decode_tcf(std::string(kVector) + ".!"));
}

std::vector<unsigned> ids_of(std::string header, std::size_t sections) {
  for (std::size_t i = 0; i < sections; ++i) header += "~x";
  const auto gpp = decode_gpp(header);
  std::vector<unsigned> ids;
  if (!gpp) return ids;
  for (std::size_t i = 0; i < gpp->count; ++i) ids.push_back(gpp->sections[i].id);
  return ids;
}

TEST(GppString, DecodesTheHeadersOfTheSpecification) {
  for (const char* header : {"DBABM", "DBABMA"})
    EXPECT_EQ(ids_of(header, 1), (std::vector<unsigned>{2})) << header;
  for (const char* header : {"DBACNY", "DBACNYA"})
    EXPECT_EQ(ids_of(header, 2), (std::vector<unsigned>{2, 6})) << header;
  EXPECT_EQ(ids_of("DBABjw", 2), (std::vector<unsigned>{5, 6}));
  EXPECT_TRUE(ids_of("DBABM", 2).empty()) << "one section more than listed";
  EXPECT_TRUE(ids_of("DBACNY", 1).empty());
  for (const char* header : {"", "D", "DB", "DBAB", "CBABM", "DCABM", "DB~BM", "DBACN"})
    EXPECT_TRUE(ids_of(header, 1).empty()) << header;
}

void put_fibonacci(NaiveBits& bits, unsigned value) {
  std::vector<unsigned> weights{1, 2};
  while (weights.back() <= value) weights.push_back(weights.back() + weights[weights.size() - 2]);
  std::vector<bool> code;
  for (std::size_t i = weights.size(); i-- > 0;) {
    const bool has = weights[i] <= value;
    if (has) value -= weights[i];
    if (has || !code.empty()) code.insert(code.begin(), has);
  }
  for (const bool bit : code) bits.put(bit ? 1 : 0, 1);
  bits.put(1, 1);
}

TEST(GppString, DecodesRandomHeaders) {
  Rng rng(test_seed());
  for (int round = 0; round < 500; ++round) {
    NaiveBits items;
    std::vector<unsigned> ids;
    unsigned last = 0;
    const std::uint64_t count = rng.below(5);
    for (std::uint64_t i = 0; i < count; ++i) {
      const bool is_group = rng.below(2) == 0;
      const auto offset = static_cast<unsigned>(1 + rng.below(40));
      const auto length = is_group ? static_cast<unsigned>(1 + rng.below(4)) : 0U;
      items.put(is_group ? 1 : 0, 1);
      put_fibonacci(items, offset);
      if (is_group) put_fibonacci(items, length);
      for (unsigned id = last + offset; id <= last + offset + length; ++id) ids.push_back(id);
      last += offset + length;
    }
    NaiveBits header;
    header.put(3, 6).put(1, 6).put(count, 12);
    const std::size_t bits = items.size();
    NaiveBits copy = items;
    for (std::size_t i = 0; i < bits; ++i) header.put(copy.take(1), 1);
    EXPECT_EQ(ids_of(header.text(), ids.size()), ids) << header.text();
  }
}

// A section with the two bits at `at` set to `value` and nothing else said.
std::string us_section(unsigned at, unsigned value) {
  NaiveBits bits;
  bits.put(1, 6).put(0, at - 6).put(value, 2).put(0, 40);
  return bits.text();
}

TEST(GppString, FindsTheOptOutsOfTheStates) {
  const std::vector<std::pair<unsigned, std::vector<unsigned>>> rows{
      {7, {18, 20, 22}}, {8, {12, 14}}, {9, {12, 14}}, {10, {12, 14}}, {11, {14, 16}}};
  for (const auto& [id, places] : rows) {
    for (const unsigned at : places) {
      for (unsigned value = 0; value < 4; ++value)
        EXPECT_EQ(says_opt_out({id, us_section(at, value)}), value == 1) << id << " " << at;
    }
    EXPECT_TRUE(says_opt_out({id, us_section(40, 0) + ".YA"})) << "GPC";
    EXPECT_FALSE(says_opt_out({id, us_section(40, 0) + ".QA"})) << "no GPC";
    EXPECT_FALSE(says_opt_out({id, ""}));
  }
  EXPECT_TRUE(us_privacy_opts_out("1YYN"));
  EXPECT_FALSE(us_privacy_opts_out("1YNN"));
  EXPECT_FALSE(us_privacy_opts_out("1---"));
  EXPECT_FALSE(us_privacy_opts_out("2YYN"));
  EXPECT_FALSE(us_privacy_opts_out(""));
}

std::uint8_t judge(const ConsentSignals& signals, const ConsentRules& rules = {},
                   GdprPlace place = GdprPlace::unknown, bool unknown_is_inside = false) {
  return judge_consent(signals, rules, place, unknown_is_inside);
}

TEST(ConsentVerdict, DeniesNothingWhereNothingIsSaid) {
  EXPECT_EQ(judge({}), 0);
  EXPECT_EQ(judge({.gdpr = false}), 0);
  EXPECT_EQ(judge({.us_privacy = "1YNN"}), 0);
  EXPECT_EQ(judge({}, {}, GdprPlace::outside, true), 0);
}

TEST(ConsentVerdict, GdprAppliesBySignalStringPlaceOrDefault) {
  EXPECT_EQ(judge({.gdpr = true}), denied::all);
  EXPECT_EQ(judge({.tcf = "nonsense"}), denied::all);
  EXPECT_EQ(judge({.gdpr = false, .tcf = "nonsense"}), 0);
  EXPECT_EQ(judge({.tcf = kVector}), denied::all);
  EXPECT_EQ(judge({}, {}, GdprPlace::inside), denied::all);
  EXPECT_EQ(judge({.gdpr = false}, {}, GdprPlace::inside), 0);
  EXPECT_EQ(judge({}, {}, GdprPlace::unknown, true), denied::all);
  EXPECT_EQ(judge({}, {.gdpr_default = GdprDefault::applies}), denied::all);
  EXPECT_EQ(judge({.tcf = kVector}, {.gdpr_default = GdprDefault::never}), 0);
  EXPECT_EQ(judge({.gdpr = true}, {.gdpr_default = GdprDefault::never}), denied::all);
  for (const char* inside : {"DE", "AT", "SK", "GB", "CH", "NO", "IS", "LI"})
    EXPECT_EQ(gdpr_place(inside), GdprPlace::inside) << inside;
  for (const char* outside : {"US", "ZZ", "TR", "AA"})
    EXPECT_EQ(gdpr_place(outside), GdprPlace::outside) << outside;
  EXPECT_EQ(gdpr_place(""), GdprPlace::unknown);
}

TEST(ConsentVerdict, EachPurposeSwitchesItsOwn) {
  Rng rng(test_seed());
  for (int round = 0; round < 300; ++round) {
    const auto purposes = static_cast<std::uint32_t>(rng.next());
    const MadeTcf made = make_tcf(rng, purposes);
    const auto has = [&](unsigned purpose) { return (purposes >> (purpose - 1) & 1U) != 0; };
    unsigned expected = 0;
    if (!has(2)) expected |= denied::selection;
    if (!has(3) || !has(4)) expected |= denied::personalisation;
    if (!has(7)) expected |= denied::measurement;
    if (!has(1))
      expected |= denied::identity | denied::measurement | denied::outbound | denied::cross_context;
    EXPECT_EQ(judge({.tcf = made.text}), expected);
    const auto vendor = static_cast<std::uint16_t>(1 + rng.below(200));
    const bool is_vendor =
        std::find(made.vendors.begin(), made.vendors.end(), vendor) != made.vendors.end();
    EXPECT_EQ(judge({.tcf = made.text}, {.tcf_vendor_id = vendor}),
              is_vendor ? expected : denied::all);
    const std::string gpp = "DBABM~" + made.text;
    EXPECT_EQ(judge({.gpp = gpp}), expected) << "within GPP";
    EXPECT_EQ(judge({.gpp = gpp, .gpp_sid = "[7,8]"}), 0) << "a section that does not apply";
    EXPECT_EQ(judge({.gpp = gpp, .gpp_sid = "2"}), expected);
  }
}

TEST(ConsentVerdict, OptOutsForbidSharingAndSegments) {
  constexpr auto kOptOut = denied::outbound | denied::personalisation | denied::cross_context;
  EXPECT_EQ(judge({.gpc = true}), kOptOut);
  EXPECT_EQ(judge({.us_privacy = "1YYN"}), kOptOut);
  EXPECT_EQ(judge({.gpp = "DBABTA~1YYN"}), kOptOut) << "section 6";
  EXPECT_EQ(judge({.gpp = "DBABTA~1YNN"}), 0);
  EXPECT_EQ(judge({.gpp = "DBABTA~1YYN", .gpp_sid = "[2]"}), 0);
  EXPECT_EQ(judge({.coppa = true}), denied::child);
  EXPECT_EQ(judge({.lmt = true}), denied::personalisation);
  EXPECT_EQ(judge({.gdpr = true, .coppa = true}), denied::all);
  EXPECT_EQ(judge({.ad_user_data = false}), denied::outbound);
  EXPECT_EQ(judge({.ad_personalization = false}), denied::personalisation);
  EXPECT_EQ(judge({.ad_user_data = true, .ad_personalization = true}), 0);
}

}  // namespace
}  // namespace adbacus
