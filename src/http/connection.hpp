// One client connection: reads requests, has them admitted and handled one at a time, writes the
// answers in order. Lives on its I/O thread; only send() may be called from elsewhere. Bytes of the
// next request wait in the input buffer until the current one is answered.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/body_reader.hpp"
#include "http/head.hpp"
#include "http/http.hpp"
#include "http/input_buffer.hpp"
#include "http/io_thread.hpp"
#include "http/tls.hpp"

namespace adbacus::http {

class Connection final : public Responder::Sink, public std::enable_shared_from_this<Connection> {
 public:
  // Admitted connections count against the limits; the others only get their refusal.
  enum class Admission { served, over_limit };
  Connection(std::shared_ptr<IoThread> thread, Socket socket, const PeerAddress& peer,
             bool peer_is_trusted, Admission admission);
  ~Connection() override = default;

  void start();
  void send(Response response) override;  // any thread: the Responder's end
  void resume_with_answer();              // from the mailbox
  void check_deadline(TimeUs now_us);
  void begin_stop();  // closes if no request is under way
  void close();

  Admission admission() const { return admission_; }
  const PeerAddress& peer() const { return peer_; }
  bool peer_is_trusted() const { return peer_is_trusted_; }
  std::size_t index = 0;  // in the I/O thread's list

 private:
  static constexpr std::size_t kBodyReadBytes = 16 * 1024;  // least room for a streamed body
  enum class Phase : std::uint8_t {
    reading_head,
    reading_body,
    handling,  // until send()
    answering,
    writing,
    draining,
    closed
  };

  // Each step returns whether to go on at once; false: an event will continue.
  void advance();
  bool step_head();
  bool step_body();
  bool step_write();
  bool step_drain();

  // connection_request.cpp
  void begin_unknown_request();
  bool begin_request();
  bool body_fits_in_place() const;
  void fill_request();
  std::optional<Refusal> fill_target();
  bool begin_body();
  bool send_continue();
  bool dispatch();

  // connection_answer.cpp
  bool refuse(const Refusal& refusal);
  bool refuse_early(Response response);
  bool in_dispatch_on_this_thread() const;
  void compress_response();
  void prepare_answer(bool keep_alive);
  bool finish_response();

  void begin_drain();
  void begin_rate_window();
  void time_out();
  void read_more();
  void read_tls(std::span<char> room);
  void wait_then_read(std::span<char> room, TlsSession::Wait wait);
  // Without waiting. 0 and no error: wait_writable() first.
  std::size_t write_now(std::string_view first, std::string_view second, bool& failed);
  void wait_writable();
  void on_read(bool failed, std::size_t bytes);
  void set_deadline(int seconds);

  const std::shared_ptr<IoThread> thread_;
  Socket socket_;
  std::unique_ptr<TlsSession> tls_;                           // null: the bytes go as they are
  TlsSession::Wait write_wait_ = TlsSession::Wait::writable;  // what a write waits for
  const PeerAddress peer_;
  const bool peer_is_trusted_;
  const Admission admission_;

  Phase phase_ = Phase::reading_head;
  TimeUs deadline_us_ = 0;  // 0 = none
  InputBuffer input_;
  HeadScanner scanner_;
  bool head_has_begun_ = false;
  bool head_is_parsed_ = false;
  std::size_t head_bytes_ = 0;     // 0 until the head is complete
  std::size_t request_bytes_ = 0;  // of input_, once the request is complete
  HeadFacts facts_;
  Request request_;
  const Router* router_ = nullptr;  // of the request at hand
  std::size_t route_ = 0;
  TimeUs started_us_ = 0;

  BodyReader body_;
  bool body_in_place_ = false;   // the body is read into input_, behind the head
  bool reading_direct_ = false;  // the read under way goes into body_
  TimeUs rate_from_us_ = 0;      // start of the window in which the body's rate is judged
  std::uint64_t rate_bytes_ = 0;

  Response response_;
  bool in_dispatch_ = false;
  bool is_answered_ = false;
  std::string out_;       // head, and the body if it is small
  std::string out_body_;  // a large body, sent without a copy
  std::size_t out_sent_ = 0;
  bool keep_alive_ = true;
  bool drain_after_ = false;
  std::uint64_t drained_bytes_ = 0;
};

}  // namespace adbacus::http
