#include "scenarios/export/pcapng.h"

namespace meshsim::scenarios {

namespace {

// Blocks are written little-endian, as their byte-order magic says.
void put16(std::string& out, std::uint32_t value) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>((value >> 8) & 0xff);
}
void put32(std::string& out, std::uint64_t value) {
  put16(out, static_cast<std::uint32_t>(value & 0xffff));
  put16(out, static_cast<std::uint32_t>((value >> 16) & 0xffff));
}
void pad(std::string& out) { out.append((4 - out.size() % 4) % 4, '\0'); }
void put_option(std::string& out, std::uint16_t code, std::string_view value) {
  put16(out, code);
  put16(out, static_cast<std::uint32_t>(value.size()));
  out += value;
  pad(out);
}

}  // namespace

Pcapng::Pcapng(OutputFile& out, const std::string& comment) : out_(out) {
  std::string body;
  put32(body, 0x1A2B3C4D);
  put16(body, 1);
  put16(body, 0);
  put32(body, 0xffffffff);  // length of the section: not stated
  put32(body, 0xffffffff);
  put_option(body, 1, comment);
  put_option(body, 4, "meshsim");
  put_option(body, 0, "");
  block(0x0A0D0D0A, body);
}

std::uint32_t Pcapng::add_interface(const std::string& name) {
  std::string body;
  put16(body, 1);  // LINKTYPE_ETHERNET
  put16(body, 0);
  put32(body, 0);  // no limit to the length of packets
  put_option(body, 2, name);
  put_option(body, 9, std::string(1, '\x09'));  // nanoseconds
  put_option(body, 0, "");
  block(1, body);
  return interfaces_++;
}

void Pcapng::add_key_log(std::string_view lines) {
  std::string body;
  put32(body, 0x544c534b);  // TLS key log
  put32(body, lines.size());
  body += lines;
  pad(body);
  block(0x0000000A, body);
}

void Pcapng::add_packet(std::uint32_t interface, std::int64_t wall_ns, std::string_view frame) {
  std::string body;
  const auto time = static_cast<std::uint64_t>(wall_ns);
  put32(body, interface);
  put32(body, time >> 32);
  put32(body, time & 0xffffffff);
  put32(body, frame.size());
  put32(body, frame.size());
  body += frame;
  pad(body);
  block(6, body);
}

void Pcapng::block(std::uint32_t type, const std::string& body) {
  std::string out;
  put32(out, type);
  put32(out, body.size() + 12);
  out += body;
  put32(out, body.size() + 12);
  out_.write(out);
}

}  // namespace meshsim::scenarios
