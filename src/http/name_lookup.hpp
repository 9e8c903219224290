// Looks up the addresses of names within a deadline, which the C library's resolver knows none of:
// a thread asks it, and is left behind when the time is over. So many threads may be left; then
// names are refused until one comes back. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <netdb.h>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace adbacus::http {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

class NameLookup {
 public:
  // As getaddrinfo(): 0 and a list, or an error of it.
  using Resolver = std::function<int(const std::string& host, const std::string& port,
                                     const addrinfo& hints, addrinfo** found)>;
  // `left_max`: threads that may be left behind at one time.
  NameLookup(Resolver resolver, int left_max);
  ~NameLookup();  // those that are left go on by themselves
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  // Of this process, with the system's resolver.
  static NameLookup& of_system();
  // The addresses for TCP; a host that is one itself is asked of nobody. `deadline` is monotonic.
  // unavailable: there is no such name, the time is over, or too many look-ups hang.
  Result<Addresses> find(const std::string& host, std::uint16_t port, TimeUs deadline);

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace adbacus::http
