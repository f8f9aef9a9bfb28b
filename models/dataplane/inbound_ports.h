#pragma once
// InboundPorts: for every workload, the ports that Services declare on it and their protocol: what istiod builds
// inbound filter chains from (DP-073, DP-074, PO-054). A port no Service declares is a passthrough port and sniffed.
// When several Services declare one port, the oldest wins (istio/istio CORE/listener_inbound.go, 1.27).
#include <cstdint>
#include <vector>

#include "models/mesh/mesh.h"

namespace meshsim::models {

class InboundPorts {
 public:
  explicit InboundPorts(const Mesh& mesh);

  struct Entry {
    std::uint16_t target_port = 0;
    std::size_t service = kNone;
    std::size_t port = kNone;  // index into Service::ports
  };
  // Null when no Service declares the port on this workload.
  const Entry* find(std::size_t workload, std::uint16_t target_port) const;
  Protocol protocol(const Mesh& mesh, std::size_t workload, std::uint16_t target_port) const;
  const std::vector<Entry>& of(std::size_t workload) const { return entries_[workload]; }

 private:
  std::vector<std::vector<Entry>> entries_;
};

}  // namespace meshsim::models
