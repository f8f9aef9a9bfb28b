#pragma once
// PeerMetadata: what proxies tell each other of themselves (TM-031, TM-032): a protobuf Struct, as base64 in the header
// x-envoy-peer-metadata, or with a preamble at the start of a TCP stream when ALPN is istio-peer-exchange.
#include <string>
#include <utility>
#include <vector>

#include "models/wire/bytes.h"

namespace meshsim::models::wire {

struct PeerMetadata {
  std::string name, ns, workload, cluster, owner;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted
};

Bytes metadata_struct(const PeerMetadata& peer);
std::string metadata_header(const PeerMetadata& peer);  // base64
Bytes metadata_preamble(const PeerMetadata& peer);      // magic 0x3D230467, length, Any

}  // namespace meshsim::models::wire
