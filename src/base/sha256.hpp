// SHA-256 of bytes that come in pieces, for what must be recognised after years or on another
// machine. An object belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace adbacus {

class Sha256 {
 public:
  Sha256();
  void update(std::string_view bytes);
  std::string finish();  // 64 lower-case hex digits; ends this hash

 private:
  struct Free {
    void operator()(evp_md_ctx_st* state) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> state_;
};

}  // namespace adbacus
