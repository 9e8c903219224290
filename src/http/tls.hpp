// TLS as this server and its client speak it: 1.3, and 1.2 with authenticated ciphers and forward
// secrecy only (RFC 9325). TlsIdentity holds certificate and key of a server, TlsTrust whom a
// client believes; both hand out sessions, thread-safe. A TlsSession belongs to its connection's
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <openssl/types.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace adbacus::http {

// The bytes of one connection, over its non-blocking socket. The handshake happens with the first
// read or write.
class TlsSession {
 public:
  enum class Wait : std::uint8_t { none, readable, writable, over };
  TlsSession(std::shared_ptr<SSL_CTX> context, int socket);  // of a server
  // Of a client: the other end has to show a certificate for `host`, a name or an address; for
  // whatever name if it is empty.
  TlsSession(std::shared_ptr<SSL_CTX> context, int socket, const std::string& host);

  // Bytes read or written; 0: `wait` says what has to happen before the same call is made again,
  // with the same bytes. `over`: the connection has ended, in whatever way.
  std::size_t read_some(std::span<char> room, Wait& wait);
  std::size_t write_some(std::string_view bytes, Wait& wait);
  bool is_established() const;  // the handshake is done
  void say_goodbye();           // close_notify, if it can be sent at once
  // After `over`: what went wrong; empty if the other end said goodbye.
  const std::string& failure() const { return failure_; }

 private:
  Wait wait_for(int outcome);
  struct Free {
    void operator()(SSL* session) const;
  };
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, Free> session_;
  std::string failure_;
};

class TlsTrust {
 public:
  // Believes certificates that an authority of `ca_file` (PEM) has signed, of the system's where it
  // is empty. invalid_argument: the file cannot be read or holds none.
  static Result<TlsTrust> load(const std::string& ca_file);
  // Believes the first certificate of the file (PEM) and no other, whatever name it is for and
  // however old: a server's own, for who calls it from the same machine.
  static Result<TlsTrust> pin(const std::string& certificate_file);
  // Of a connected socket, which must outlive it. Throws std::bad_alloc.
  std::unique_ptr<TlsSession> connect(int socket, const std::string& host) const;

 private:
  TlsTrust(std::shared_ptr<SSL_CTX> context, bool is_pinned)
      : context_(std::move(context)), is_pinned_(is_pinned) {}
  std::shared_ptr<SSL_CTX> context_;
  bool is_pinned_;
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
