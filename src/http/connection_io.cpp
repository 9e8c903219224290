// The part of a connection that moves bytes, as they are or through TLS.
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "http/connection.hpp"

namespace adbacus::http {

void Connection::read_more() {
  std::span<char> room;
  reading_direct_ = false;
  if (phase_ == Phase::reading_body && !body_in_place_) {
    room = body_.direct_room();
    reading_direct_ = !room.empty();
  }
  if (!reading_direct_) room = input_.room();
  if (tls_) {
    // Not at once: what was read leads back here, and a long body would pile up calls.
    boost::asio::post(socket_.get_executor(),
                      [self = shared_from_this(), room] { self->read_tls(room); });
    return;
  }
  socket_.async_read_some(
      boost::asio::buffer(room.data(), room.size()),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t bytes) {
        self->on_read(static_cast<bool>(error), bytes);
      });
}

// The session may hold decrypted bytes that no event of the socket would tell of: it is asked
// first.
void Connection::read_tls(std::span<char> room) {
  if (phase_ == Phase::closed) return;
  TlsSession::Wait wait = TlsSession::Wait::none;
  const std::size_t bytes = tls_->read_some(room, wait);
  if (wait == TlsSession::Wait::none || wait == TlsSession::Wait::over) {
    on_read(wait == TlsSession::Wait::over, bytes);
  } else {
    wait_then_read(room, wait);
  }
}

void Connection::wait_then_read(std::span<char> room, TlsSession::Wait wait) {
  const auto event = wait == TlsSession::Wait::writable ? Socket::wait_write : Socket::wait_read;
  socket_.async_wait(event,
                     [self = shared_from_this(), room](const boost::system::error_code& error) {
                       if (error) {
                         self->on_read(true, 0);
                       } else {
                         self->read_tls(room);
                       }
                     });
}

std::size_t Connection::write_now(std::string_view first, std::string_view second, bool& failed) {
  if (tls_) {
    TlsSession::Wait wait = TlsSession::Wait::none;
    const std::size_t sent = tls_->write_some(first.empty() ? second : first, wait);
    failed = wait == TlsSession::Wait::over;
    write_wait_ = wait;
    return sent;
  }
  const std::array<boost::asio::const_buffer, 2> buffers{
      boost::asio::buffer(first.data(), first.size()),
      boost::asio::buffer(second.data(), second.size())};
  boost::system::error_code error;
  const std::size_t sent =
      second.empty() ? socket_.write_some(buffers[0], error) : socket_.write_some(buffers, error);
  failed = error.failed() && error != boost::asio::error::would_block;
  return error.failed() ? 0 : sent;
}

void Connection::wait_writable() {
  const auto event =
      write_wait_ == TlsSession::Wait::readable ? Socket::wait_read : Socket::wait_write;
  socket_.async_wait(event, [self = shared_from_this()](const boost::system::error_code& error) {
    if (self->phase_ == Phase::closed) return;
    if (error) {
      self->close();
    } else {
      self->advance();
    }
  });
}

}  // namespace adbacus::http
