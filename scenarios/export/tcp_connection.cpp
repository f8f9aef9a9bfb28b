#include "scenarios/export/tcp_connection.h"

#include <algorithm>

namespace meshsim::scenarios {

namespace {

constexpr std::size_t kMtu = 1500;
constexpr std::int64_t kPacketGap = 1'200;  // ns: a full frame at 10 Gbit/s
enum Flag : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16 };

void put16(std::string& out, std::uint64_t value) {
  out += static_cast<char>((value >> 8) & 0xff);
  out += static_cast<char>(value & 0xff);
}
void put32(std::string& out, std::uint64_t value) {
  put16(out, value >> 16);
  put16(out, value);
}

std::uint32_t sum_of(std::string_view bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const std::uint32_t high = static_cast<unsigned char>(bytes[i]);
    const std::uint32_t low = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0u;
    sum += high << 8 | low;
  }
  return sum;
}
std::uint16_t checksum(std::uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}
void patch16(std::string& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<char>(value >> 8);
  out[at + 1] = static_cast<char>(value & 0xff);
}

std::string octets_of(const models::IpAddress& ip) {
  const auto* bytes = reinterpret_cast<const char*>(ip.bytes.data());
  return ip.v6 ? std::string(bytes, 16) : std::string(bytes + 12, 4);
}

// A locally administered MAC that shows the address: 02:00 and its last four octets.
std::string mac_of(const models::IpAddress& ip) {
  return std::string("\x02\x00", 2) + std::string(reinterpret_cast<const char*>(ip.bytes.data()) + 12, 4);
}

}  // namespace

TcpConnection::TcpConnection(TcpEnd client, TcpEnd server, std::int64_t start_ns, std::int64_t half_trip_ns,
                             std::uint64_t number)
    : now_(start_ns), half_trip_(half_trip_ns) {
  client_.end = client;
  server_.end = server;
  client_.next = static_cast<std::uint32_t>(number);
  server_.next = static_cast<std::uint32_t>(number >> 32);
}

void TcpConnection::segment(bool from_client, std::uint8_t flags, std::string_view payload, bool synchronize) {
  Side& from = from_client ? client_ : server_;
  Side& to = from_client ? server_ : client_;
  std::string tcp;
  put16(tcp, from.end.port);
  put16(tcp, to.end.port);
  put32(tcp, from.next);
  put32(tcp, flags & kAck ? to.next : 0u);
  const std::size_t options = synchronize ? 20 : 12;
  tcp += static_cast<char>((20 + options) / 4 << 4);
  tcp += static_cast<char>(flags);
  put16(tcp, synchronize ? 64'240 : 65'535);
  put32(tcp, 0);  // checksum, urgent pointer
  const auto stamp = static_cast<std::uint32_t>(now_ / 1'000'000);
  const std::uint32_t echo = flags & kAck ? stamp : 0u;
  if (synchronize) {
    const std::size_t mss = kMtu - (from.end.ip.v6 ? 60 : 40);
    tcp += "\x02\x04";
    put16(tcp, mss);
    tcp += "\x04\x02\x08\x0a";
    put32(tcp, stamp);
    put32(tcp, echo);
    tcp += "\x01\x03\x03\x07";
  } else {
    tcp += "\x01\x01\x08\x0a";
    put32(tcp, stamp);
    put32(tcp, echo);
  }
  tcp += payload;

  const std::string source = octets_of(from.end.ip), destination = octets_of(to.end.ip);
  std::string pseudo = source + destination;
  put32(pseudo, tcp.size());
  put32(pseudo, 6);
  patch16(tcp, 16, checksum(sum_of(tcp, sum_of(pseudo))));

  std::string frame = mac_of(to.end.ip) + mac_of(from.end.ip);
  if (from.end.ip.v6) {
    put16(frame, 0x86dd);
    put32(frame, 0x60000000);
    put16(frame, tcp.size());
    frame += "\x06\x40";
    frame += source + destination;
  } else {
    put16(frame, 0x0800);
    std::string ip("\x45\x00", 2);
    put16(ip, 20 + tcp.size());
    put16(ip, identification_++);
    put16(ip, 0x4000);
    ip += "\x40\x06";
    put16(ip, 0);
    ip += source + destination;
    patch16(ip, 10, checksum(sum_of(ip)));
    frame += ip;
  }
  frames_.push_back({now_, frame + tcp});
  from.next += static_cast<std::uint32_t>(payload.size()) + ((flags & (kSyn | kFin)) ? 1u : 0u);
  now_ += kPacketGap;
}

void TcpConnection::open() {
  segment(true, kSyn, {}, true);
  now_ += half_trip_;
  segment(false, kSyn | kAck, {}, true);
  now_ += half_trip_;
  segment(true, kAck, {});
  last_from_client_ = true;
}

void TcpConnection::refuse() {
  segment(true, kSyn, {}, true);
  now_ += half_trip_;
  reset(false);
}

void TcpConnection::synchronize() {
  segment(true, kSyn, {}, true);
  --client_.next;
}

void TcpConnection::write(bool from_client, std::string_view bytes) {
  if (bytes.empty()) return;
  if (from_client != last_from_client_) now_ += half_trip_;  // the other's bytes arrive first; ours acknowledge them
  last_from_client_ = from_client;
  const std::size_t most = kMtu - (client_.end.ip.v6 ? 72 : 52);
  for (std::size_t at = 0; at < bytes.size(); at += most) {
    const bool last = at + most >= bytes.size();
    segment(from_client, static_cast<std::uint8_t>(last ? kPsh | kAck : kAck), bytes.substr(at, most));
    // A receiver acknowledges at least every second full segment.
    if (!last && (at / most) % 2 == 1) segment(!from_client, kAck, {});
  }
  pending_ = true;
}

void TcpConnection::acknowledge() {
  if (!pending_) return;
  now_ += half_trip_;
  segment(!last_from_client_, kAck, {});
  last_from_client_ = !last_from_client_;
  pending_ = false;
}

void TcpConnection::close(bool client_first) {
  if (client_first != last_from_client_) now_ += half_trip_;
  segment(client_first, kFin | kAck, {});
  now_ += half_trip_;
  segment(!client_first, kFin | kAck, {});
  now_ += half_trip_;
  segment(client_first, kAck, {});
  pending_ = false;
}

void TcpConnection::reset(bool by_client) {
  if (by_client != last_from_client_) now_ += half_trip_;
  segment(by_client, kRst | kAck, {});
  pending_ = false;
}

void TcpConnection::wait_until(std::int64_t at_ns) { now_ = std::max(now_, at_ns); }

}  // namespace meshsim::scenarios
