#pragma once
// TcpConnection: one TCP connection as the frames of a capture: handshake, segments of at most MSS bytes (HB-035: 20 +
// 20 + 12 bytes of headers at MTU 1500), acknowledgements, orderly end or reset; IPv4 or IPv6 with right checksums.
// Where it stops: no loss, no congestion window, no window updates: the receive window is always large enough.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/value/ip.h"

namespace meshsim::scenarios {

struct TcpEnd {
  models::IpAddress ip;
  std::uint16_t port = 0;
};

struct Frame {
  std::int64_t at_ns = 0;
  std::string bytes;  // Ethernet
};

class TcpConnection {
 public:
  // `half_trip_ns`: from one end to the other, as far as the capture sees it. `number`: starts sequence numbers.
  TcpConnection(TcpEnd client, TcpEnd server, std::int64_t start_ns, std::int64_t half_trip_ns, std::uint64_t number);

  void open();
  void refuse();       // SYN, and RST in answer
  void synchronize();  // a SYN that nobody answers; again: the same
  void write(bool from_client, std::string_view bytes);
  void close(bool client_first);
  void reset(bool by_client);
  void acknowledge();  // what is still unacknowledged
  std::int64_t now() const { return now_; }
  void wait_until(std::int64_t at_ns);
  std::vector<Frame>& frames() { return frames_; }

 private:
  struct Side {
    TcpEnd end;
    std::uint32_t next = 0;  // sequence number
  };
  void segment(bool from_client, std::uint8_t flags, std::string_view payload, bool synchronize = false);

  Side client_, server_;
  std::int64_t now_, half_trip_;
  bool last_from_client_ = true, pending_ = false;
  std::uint16_t identification_ = 1;
  std::vector<Frame> frames_;
};

}  // namespace meshsim::scenarios
