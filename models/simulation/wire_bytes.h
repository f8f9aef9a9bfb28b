#pragma once
// Bytes on the wire, as TCP payload: what HBONE, Istio mTLS and plaintext make of a message (HB-020..HB-045, HB-073).
// Imitates ztunnel master 2026-08 with h2 0.4 and rustls 0.23, and Envoy as far as HB-033 and HB-044 know it. Sizes of
// handshakes and headers are those of the reference's example strings; longer names add their difference (not
// modelled).
#include <cstdint>

#include "models/verdict/outcome.h"

namespace meshsim::models {

struct WireBytes {
  std::uint64_t to_server = 0, to_client = 0;
  WireBytes& operator+=(const WireBytes& o) {
    to_server += o.to_server;
    to_client += o.to_client;
    return *this;
  }
};

// TLS 1.3 records: 22 bytes for each 16 KiB (HB-031).
std::uint64_t tls_bytes(std::uint64_t plaintext);
// ztunnel's read buffer after this many bytes of one direction of a connection (HB-030).
std::uint64_t ztunnel_chunk(std::uint64_t moved);
// `payload` bytes on an HBONE stream whose direction has carried `moved` already: DATA frames and TLS records.
std::uint64_t ztunnel_data_bytes(std::uint64_t payload, std::uint64_t moved);
std::uint64_t ztunnel_data_frames(std::uint64_t payload, std::uint64_t moved);
std::uint64_t envoy_data_bytes(std::uint64_t payload);  // HB-033

// One message of an HTTP exchange or of a TCP stream on a connection of this transport. `by_ztunnel`: who frames it.
std::uint64_t message_bytes(Transport transport, std::uint64_t payload, std::uint64_t moved, bool by_ztunnel);

// A new TCP connection: nothing for plaintext; TLS flights for mTLS and HBONE (HB-043, HB-044), and for HBONE the
// HTTP/2 preface and settings of HB-020 as records (HB-072).
WireBytes connection_bytes(Transport transport, bool ztunnel_client, bool ztunnel_server);
// A new stream (application connection) in HBONE: HEADERS and 200, and END_STREAM both ways at its end.
WireBytes stream_bytes(bool ztunnel_client, bool first_on_connection);

// Headers that the two Envoys of a pair exchange beside the application's bytes (HB-034).
inline constexpr std::uint64_t kPeerMetadataBytes = 700;

}  // namespace meshsim::models
