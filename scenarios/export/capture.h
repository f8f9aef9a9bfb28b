#pragma once
// Capture: one flow as a packet capture, pcap/<flow>[-<outcome>].pcapng: every connection of its path on an interface
// of its own (from the client's application to its proxy, between proxies, from the last proxy to the application),
// cold: TCP handshake, TLS 1.3 with SPIFFE certificates, HTTP/2 CONNECT, application bytes, refusals as they look on
// the wire (HB-001..HB-045, HB-060..HB-073). The key log is in the file. Where it stops: one request on fresh
// connections; more than 4 MiB of payload are cut; an outcome `unknown` has no capture.
#include "scenarios/export/output_files.h"
#include "scenarios/export/recording.h"

namespace meshsim::scenarios {

void write_captures(const RunResult& run, const Recording& recording, OutputFiles& files);

}  // namespace meshsim::scenarios
