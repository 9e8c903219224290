// TLS as this server speaks it: 1.3, and 1.2 with authenticated ciphers and forward secrecy only
// (RFC 9325). TlsIdentity holds certificate and key and hands out sessions, thread-safe; a
// TlsSession belongs to its connection's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <openssl/types.h>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace adbacus::http {

// The bytes of one connection, over its non-blocking socket. The handshake happens with the first
// read or write.
class TlsSession {
 public:
  enum class Wait : std::uint8_t { none, readable, writable, over };
  TlsSession(std::shared_ptr<SSL_CTX> context, int socket);

  // Bytes read or written; 0: `wait` says what has to happen before the same call is made again,
  // with the same bytes. `over`: the connection has ended, in whatever way.
  std::size_t read_some(std::span<char> room, Wait& wait);
  std::size_t write_some(std::string_view bytes, Wait& wait);
  bool is_established() const;  // the handshake is done
  void say_goodbye();           // close_notify, if it can be sent at once

 private:
  Wait wait_for(int outcome) const;
  struct Free {
    void operator()(SSL* session) const;
  };
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, Free> session_;
};

class TlsIdentity {
 public:
  // Reads both files (PEM; the certificate with its chain) if they have changed; sessions made from
  // then on use them. An error changes nothing: invalid_argument names the file or says that they
  // do not belong together.
  Result<void> load(const std::string& certificate_file, const std::string& key_file);
  // Of an accepted socket, which must outlive it. Throws std::bad_alloc.
  std::unique_ptr<TlsSession> accept(int socket) const;

 private:
  mutable std::mutex mutex_;          // guards context_
  std::shared_ptr<SSL_CTX> context_;  // null: none was loaded
  std::mutex load_mutex_;             // one load at a time
  std::string loaded_;                // what the files held; guarded by load_mutex_
};

}  // namespace adbacus::http
