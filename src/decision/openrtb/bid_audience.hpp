// Who a bid request is for and where it would be shown, in the terms of an AdRequest: the members
// device, site, app, user and regs. Belongs to the reader of one request.
#pragma once

#include <string>
#include <string_view>

#include "decision/ad_request.hpp"
#include "decision/openrtb/json_fields.hpp"

namespace adbacus {

class BidAudience {
 public:
  BidAudience(AdRequest& ads, JsonFields& fields) : ads_(ads), fields_(fields) {}

  // False: it is another member's.
  bool read(std::string_view key, const std::string& at, const JsonFields::Element& value);
  // All members were read. What privacy signals forbid is taken out later (request_consent.hpp).
  void finish();

 private:
  using Element = JsonFields::Element;

  void read_device(const std::string& at, const Element& value);
  void read_geo(const std::string& at, const Element& value);
  void read_site(const std::string& at, const Element& value);
  void read_app(const std::string& at, const Element& value);
  void read_user(const std::string& at, const Element& value);
  void read_user_ext(const std::string& at, const Element& value);
  void read_segments(const std::string& at, const Element& value);
  void read_regs(const std::string& at, const Element& value);
  void read_regs_member(std::string_view key, const std::string& at, const Element& value);
  void read_keywords(const std::string& at, const Element& value);
  void read_page(std::string_view url);
  void add(std::string_view field, std::string_view value);

  AdRequest& ads_;
  JsonFields& fields_;
  std::string_view buyer_id_;
  std::string_view exchange_user_id_;
  std::string_view advertising_id_;
  std::string_view host_;
  std::string_view domain_;
  std::string_view latitude_;
  std::string_view longitude_;
  std::string_view ip_;
};

}  // namespace adbacus
