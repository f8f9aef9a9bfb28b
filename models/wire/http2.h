#pragma once
// Http2: both ends of one HTTP/2 connection, kept by libnghttp2 (framing, HPACK, flow control), whose output is handed
// over frame by frame: who writes what at once is decided by the caller, as the real ends decide it (HB-072). Settings
// and windows are those of ztunnel (hyper h2) or Envoy (HB-020); WINDOW_UPDATE follows h2's rule of a third (HB-024).
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/wire/bytes.h"

namespace meshsim::models::wire {

enum class Http2Stack : std::uint8_t { Ztunnel, Envoy, EnvoyTerminate, Application };

struct Http2Settings {
  std::vector<std::pair<std::uint16_t, std::uint32_t>> entries;
  std::uint32_t connection_window = 65'535;
};
// `old_envoy`: up to Envoy 1.35, which is Istio 1.27 (HB-020).
Http2Settings http2_settings(Http2Stack stack, bool server, bool old_envoy);

using Fields = std::vector<std::pair<std::string, std::string>>;  // HTTP headers, pseudo headers first

class Http2 {
 public:
  Http2(const Http2Settings& client, const Http2Settings& server);
  ~Http2();

  // Queues the WINDOW_UPDATE of the connection; the client's is queued at once, the server's when the caller says so,
  // which in ztunnel is after the preface of the client (HB-020).
  void open_window(bool client);
  // Queues a request; the answer is its stream. `end`: no body follows.
  int request(const Fields& headers, bool end);
  void respond(int stream, const Fields& headers, bool end);
  // One DATA frame with all of `payload` (which must fit the peer's MAX_FRAME_SIZE), or an empty one that ends.
  void data(bool from_client, int stream, std::string_view payload);
  void end(bool from_client, int stream);
  // After the server's last DATA: headers that end the stream (gRPC).
  void trailers(int stream, const Fields& headers);

  // Frames that this side can write now, one by one; the other side has then read them. The client's first is the
  // preface. Throws std::runtime_error where nghttp2 finds a frame that HTTP/2 does not allow.
  std::vector<Bytes> frames(bool from_client);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshsim::models::wire
