#pragma once
// Pcapng: a capture file for Wireshark: interfaces with names, Ethernet frames with nanosecond times, and the key log
// of the TLS connections in it (Decryption Secrets Block), so that it decrypts without settings (HB-070).
#include <cstdint>
#include <string>
#include <string_view>

#include "scenarios/export/output_files.h"

namespace meshsim::scenarios {

class Pcapng {
 public:
  Pcapng(OutputFile& out, const std::string& comment);
  std::uint32_t add_interface(const std::string& name);
  void add_key_log(std::string_view lines);
  void add_packet(std::uint32_t interface, std::int64_t wall_ns, std::string_view frame);

 private:
  void block(std::uint32_t type, const std::string& body);
  OutputFile& out_;
  std::uint32_t interfaces_ = 0;
};

}  // namespace meshsim::scenarios
