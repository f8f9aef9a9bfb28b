#include "models/simulation/wire_bytes.h"

#include <algorithm>

namespace meshsim::models {
namespace {

constexpr std::uint64_t kRecord = 16384, kRecordCost = 22, kFrameHeader = 9;

constexpr std::uint64_t pieces(std::uint64_t bytes, std::uint64_t piece) { return (bytes + piece - 1) / piece; }

}  // namespace

std::uint64_t tls_bytes(std::uint64_t plaintext) { return plaintext + kRecordCost * pieces(plaintext, kRecord); }

std::uint64_t ztunnel_chunk(std::uint64_t moved) {
  return moved < 131'072 ? 1'024 : moved < 10'485'760 ? 16'320 : 262'080;
}

std::uint64_t ztunnel_data_frames(std::uint64_t payload, std::uint64_t moved) {
  std::uint64_t frames = 0;
  while (payload > 0) {
    const std::uint64_t chunk = ztunnel_chunk(moved);
    // Whole chunks up to the next change of the buffer size at once.
    const std::uint64_t bound = moved < 131'072 ? 131'072 : moved < 10'485'760 ? 10'485'760 : ~0ull;
    const std::uint64_t here = std::min(payload, std::max(chunk, pieces(bound - moved, chunk) * chunk));
    frames += pieces(here, chunk);
    payload -= here;
    moved += here;
  }
  return frames;
}

std::uint64_t ztunnel_data_bytes(std::uint64_t payload, std::uint64_t moved) {
  std::uint64_t out = 0;
  while (payload > 0) {
    const std::uint64_t chunk = ztunnel_chunk(moved);
    const std::uint64_t bound = moved < 131'072 ? 131'072 : moved < 10'485'760 ? 10'485'760 : ~0ull;
    const std::uint64_t here = std::min(payload, std::max(chunk, pieces(bound - moved, chunk) * chunk));
    const std::uint64_t whole = here / chunk, rest = here % chunk;
    out += whole * tls_bytes(chunk + kFrameHeader);
    if (rest > 0) out += tls_bytes(rest + kFrameHeader);
    payload -= here;
    moved += here;
  }
  return out;
}

std::uint64_t envoy_data_bytes(std::uint64_t payload) {
  return tls_bytes(payload + kFrameHeader * pieces(payload, kRecord));
}

std::uint64_t message_bytes(Transport transport, std::uint64_t payload, std::uint64_t moved, bool by_ztunnel) {
  switch (transport) {
    case Transport::Plaintext:
      return payload;
    case Transport::Mtls:
    case Transport::Tls:
      return tls_bytes(payload);
    case Transport::Hbone:
      return by_ztunnel ? ztunnel_data_bytes(payload, moved) : envoy_data_bytes(payload);
    case Transport::DoubleHbone:  // HB-061: the same again around it
      return envoy_data_bytes(by_ztunnel ? ztunnel_data_bytes(payload, moved) : envoy_data_bytes(payload));
  }
  return payload;
}

WireBytes connection_bytes(Transport transport, bool ztunnel_client, bool ztunnel_server) {
  if (transport == Transport::Plaintext) return {};
  WireBytes out{1'028, 1'208};  // HB-043: ztunnel to ztunnel
  // HB-044: an Envoy sends its root along (1,637 for the Certificate instead of 656/660) and signs with RSA (264
  // for 79).
  constexpr std::uint64_t envoy_more = (1'637 - 660) + (264 - 79);
  if (!ztunnel_client) out.to_server += envoy_more;
  if (!ztunnel_server) out.to_client += envoy_more;
  if (transport == Transport::Hbone || transport == Transport::DoubleHbone) {
    // HB-072, HB-073: preface, SETTINGS with WINDOW_UPDATE, ACK; SETTINGS, ACK with WINDOW_UPDATE.
    const std::uint64_t settings = ztunnel_client ? 33 : 39;
    out.to_server += tls_bytes(24) + tls_bytes(settings + 13) + tls_bytes(9);
    out.to_client += tls_bytes(33) + tls_bytes(22);
  }
  if (transport == Transport::DoubleHbone) {
    out.to_server *= 2;
    out.to_client *= 2;
  }
  return out;
}

WireBytes stream_bytes(bool ztunnel_client, bool first_on_connection) {
  constexpr std::uint64_t end = kFrameHeader + kRecordCost;  // empty DATA with END_STREAM
  if (!ztunnel_client) return {tls_bytes(first_on_connection ? 32 : 11) + end, tls_bytes(10) + end};  // HB-023
  return {tls_bytes(first_on_connection ? 242 : 103) + end, tls_bytes(first_on_connection ? 109 : 11) + end};
}

}  // namespace meshsim::models
