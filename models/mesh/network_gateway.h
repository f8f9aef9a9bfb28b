#pragma once
// NetworkGateway: a way into another network, as istiod learns of it (DP-272, DP-276): a Gateway or Service labelled
// topology.istio.io/network, or a gateway that meshNetworks states. Imitates istio/istio
// pilot/pkg/serviceregistry/kube/controller/network.go and the ambient index's networks.go (1.27 to master 2026-08).
// Where it stops: host names are not resolved, so of several gateways the first by name is the first.
#include <cstdint>
#include <string>

#include "models/resource/object.h"

namespace meshsim::models {

struct NetworkGateway {
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::string network;
  std::size_t gateway = npos;    // into Mesh::gateways; npos: nothing but its address is known
  std::string address;           // as meshNetworks states it
  std::uint16_t mtls_port = 0;   // AUTO_PASSTHROUGH, for sidecars; 0: none
  std::uint16_t hbone_port = 0;  // for ztunnels and waypoints; 0: none
  ObjectRef ref;
};

}  // namespace meshsim::models
