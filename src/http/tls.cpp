#include "http/tls.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <utility>

#include "base/file_system.hpp"
#include "http/peers.hpp"

namespace adbacus::http {
namespace {

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2
// What this side offers or chooses, as ALPN has it: a length and the name.
constexpr std::array<unsigned char, 9> kProtocol{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr std::size_t kIoBytesMax = 1U << 20U;

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Error bad(std::string what) {
  ERR_clear_error();
  return {ErrorCode::invalid_argument, std::move(what)};
}

Owned<BIO> reader_of(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key with a password is refused: asking for one on a terminal would hold up the start.
int no_password(char*, int, int, void*) {
  return -1;
}

// HTTP/1.1 where the client asks; one that offers others only goes on without an agreement.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, kProtocol.data(), kProtocol.size(),
                                          offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// What server and client have in common.
std::shared_ptr<SSL_CTX> make_context(const SSL_METHOD* method) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context) return nullptr;
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_cipher_list(raw, kCiphers) == 1 ? context : nullptr;
}

std::shared_ptr<SSL_CTX> make_server_context() {
  auto context = make_context(TLS_server_method());
  if (!context) return nullptr;
  SSL_CTX_set_options(context.get(),
                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

// Instead of all other checks: whether the other end shows this certificate.
int is_pinned(X509_STORE_CTX* shown, void* certificate) {
  const bool is_same =
      X509_cmp(X509_STORE_CTX_get0_cert(shown), static_cast<const X509*>(certificate)) == 0;
  if (!is_same) X509_STORE_CTX_set_error(shown, X509_V_ERR_CERT_REJECTED);
  return is_same ? 1 : 0;
}

std::shared_ptr<SSL_CTX> make_client_context() {
  auto context = make_context(TLS_client_method());
  if (!context) return nullptr;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int failed = SSL_CTX_set_alpn_protos(context.get(), kProtocol.data(), kProtocol.size());
  return failed == 0 ? context : nullptr;
}

bool use_chain(SSL_CTX* context, const std::string& text) {
  const Owned<BIO> reader = reader_of(text);
  const Owned<X509> own(PEM_read_bio_X509(reader.get(), nullptr, no_password, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  for (;;) {
    Owned<X509> next(PEM_read_bio_X509(reader.get(), nullptr, no_password, nullptr));
    if (!next) break;
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) return false;
    next.release();  // it is the context's now
  }
  // Past the last one there is no line that begins another.
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return is_end;
}

int send_quietly(BIO* io, const char* bytes, int size) {
  BIO_clear_retry_flags(io);
  const auto wanted = static_cast<std::size_t>(size);
  const ssize_t sent =
      ::send(static_cast<int>(BIO_get_fd(io, nullptr)), bytes, wanted, MSG_NOSIGNAL);
  if (sent < 0 && BIO_sock_should_retry(-1) == 1) BIO_set_retry_write(io);
  return static_cast<int>(sent);
}

// OpenSSL's socket but for SIGPIPE, which would end a process whose peer went away.
BIO* quiet_socket(int socket) {
  static BIO_METHOD* const method = [] {
    const BIO_METHOD* usual = BIO_s_socket();
    BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOCKET, "quiet socket");
    if (made == nullptr) return made;
    BIO_meth_set_write(made, send_quietly);
    BIO_meth_set_read(made, BIO_meth_get_read(usual));
    BIO_meth_set_ctrl(made, BIO_meth_get_ctrl(usual));
    BIO_meth_set_create(made, BIO_meth_get_create(usual));
    BIO_meth_set_destroy(made, BIO_meth_get_destroy(usual));
    return made;
  }();
  BIO* io = method == nullptr ? nullptr : BIO_new(method);
  if (io != nullptr) BIO_set_fd(io, socket, BIO_NOCLOSE);
  return io;
}

void use_socket(SSL* session, int socket) {
  BIO* io = session == nullptr ? nullptr : quiet_socket(socket);
  if (io == nullptr) throw std::bad_alloc();
  SSL_set_bio(session, io, io);
}

std::string failure_text(SSL* session, int reason) {
  if (reason == SSL_ERROR_ZERO_RETURN) return "";
  if (const long verdict = SSL_get_verify_result(session); verdict != X509_V_OK) {
    return std::string("certificate: ") + X509_verify_cert_error_string(verdict);
  }
  const char* text = ERR_reason_error_string(ERR_peek_error());
  return text == nullptr ? "the connection broke" : text;
}

}  // namespace

void TlsSession::Free::operator()(SSL* session) const {
  SSL_free(session);
}

TlsSession::TlsSession(std::shared_ptr<SSL_CTX> context, int socket)
    : context_(std::move(context)), session_(SSL_new(context_.get())) {
  use_socket(session_.get(), socket);
  SSL_set_accept_state(session_.get());
}

TlsSession::TlsSession(std::shared_ptr<SSL_CTX> context, int socket, const std::string& host)
    : context_(std::move(context)), session_(SSL_new(context_.get())) {
  SSL* raw = session_.get();
  use_socket(raw, socket);
  SSL_set_connect_state(raw);
  if (host.empty()) return;
  X509_VERIFY_PARAM* wanted = SSL_get0_param(raw);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool is_address = PeerAddress::parse(host).has_value();
  const int named = is_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str())
                               : X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size());
  if (named != 1) throw std::bad_alloc();
  if (!is_address) SSL_set_tlsext_host_name(raw, host.c_str());
}

TlsSession::Wait TlsSession::wait_for(int outcome) {
  const int reason = SSL_get_error(session_.get(), outcome);
  if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
    failure_ = failure_text(session_.get(), reason);
  }
  ERR_clear_error();  // the queue is the thread's: the next session must not find this
  if (reason == SSL_ERROR_WANT_READ) return Wait::readable;
  if (reason == SSL_ERROR_WANT_WRITE) return Wait::writable;
  return Wait::over;
}

std::size_t TlsSession::read_some(std::span<char> room, Wait& wait) {
  std::size_t bytes = 0;
  const int outcome =
      SSL_read_ex(session_.get(), room.data(), std::min(room.size(), kIoBytesMax), &bytes);
  wait = outcome == 1 ? Wait::none : wait_for(outcome);
  return outcome == 1 ? bytes : 0;
}

std::size_t TlsSession::write_some(std::string_view bytes, Wait& wait) {
  std::size_t written = 0;
  const int outcome =
      SSL_write_ex(session_.get(), bytes.data(), std::min(bytes.size(), kIoBytesMax), &written);
  wait = outcome == 1 ? Wait::none : wait_for(outcome);
  return outcome == 1 ? written : 0;
}

bool TlsSession::is_established() const {
  return SSL_is_init_finished(session_.get()) == 1;
}

void TlsSession::say_goodbye() {
  if (is_established()) SSL_shutdown(session_.get());
  ERR_clear_error();
}

Result<void> TlsIdentity::load(const std::string& certificate_file, const std::string& key_file) {
  const std::lock_guard load_lock(load_mutex_);
  const auto certificate = read_file(real_file_system(), certificate_file);
  if (!certificate) return certificate.error();
  const auto key_text = read_file(real_file_system(), key_file);
  if (!key_text) return key_text.error();
  std::string both = *certificate + '\0' + *key_text;
  if (both == loaded_) return {};
  auto context = make_server_context();
  if (!context) return Error{ErrorCode::internal, "TLS: OpenSSL gives no context"};
  if (!use_chain(context.get(), *certificate)) {
    return bad(certificate_file + ": no certificate in PEM form, or one too weak");
  }
  const Owned<BIO> reader = reader_of(*key_text);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, nullptr));
  if (!key) return bad(key_file + ": no private key in PEM form without a password");
  if (SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return bad(key_file + " is not the key of " + certificate_file);
  }
  loaded_ = std::move(both);
  const std::lock_guard lock(mutex_);
  context_ = std::move(context);
  return {};
}

Result<TlsTrust> TlsTrust::load(const std::string& ca_file) {
  auto context = make_client_context();
  if (!context) return Error{ErrorCode::internal, "TLS: OpenSSL gives no context"};
  SSL_CTX* raw = context.get();
  const int known = ca_file.empty() ? SSL_CTX_set_default_verify_paths(raw)
                                    : SSL_CTX_load_verify_file(raw, ca_file.c_str());
  if (known != 1) return bad(ca_file + ": no certificates of authorities in PEM form");
  return TlsTrust(std::move(context), false);
}

Result<TlsTrust> TlsTrust::pin(const std::string& certificate_file) {
  const auto text = read_file(real_file_system(), certificate_file);
  if (!text) return text.error();
  auto context = make_client_context();
  if (!context) return Error{ErrorCode::internal, "TLS: OpenSSL gives no context"};
  const Owned<BIO> reader = reader_of(*text);
  Owned<X509> own(PEM_read_bio_X509(reader.get(), nullptr, no_password, nullptr));
  if (!own) return bad(certificate_file + ": no certificate in PEM form");
  const std::shared_ptr<X509> pinned(own.release(), X509_free);
  SSL_CTX_set_cert_verify_callback(context.get(), is_pinned, pinned.get());
  SSL_CTX* raw = context.get();
  std::shared_ptr<SSL_CTX> both(raw, [context = std::move(context), pinned](SSL_CTX*) {});
  return TlsTrust(std::move(both), true);
}

std::unique_ptr<TlsSession> TlsTrust::connect(int socket, const std::string& host) const {
  return std::make_unique<TlsSession>(context_, socket, is_pinned_ ? "" : host);
}

std::unique_ptr<TlsSession> TlsIdentity::accept(int socket) const {
  std::shared_ptr<SSL_CTX> context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
  }
  return std::make_unique<TlsSession>(std::move(context), socket);
}

}  // namespace adbacus::http
