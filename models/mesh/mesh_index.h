#pragma once
// Mesh::Index: the hash tables behind the look-ups of Mesh. Internal to models/mesh.
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/mesh/mesh.h"

namespace meshsim::models {

struct IpHash {
  std::size_t operator()(const IpAddress& a) const {
    std::uint64_t hash = 14695981039346656037ull;
    for (const std::uint8_t byte : a.bytes) hash = (hash ^ byte) * 1099511628211ull;
    return hash;
  }
};

struct Mesh::Index {
  std::unordered_map<std::string, std::vector<std::size_t>> workloads;  // ns/name
  std::unordered_map<std::string, std::size_t> pods;                    // ns/pod name -> workload
  std::unordered_map<std::string, std::vector<std::size_t>> services;   // ns/name, Kubernetes
  std::vector<std::vector<std::size_t>> services_of;                    // by workload
  std::unordered_map<std::string, std::vector<std::size_t>> hosts;      // FQDN, preferred first (DP-206)
  std::vector<std::size_t> wildcards;                                   // longest first
  std::unordered_map<IpAddress, std::vector<std::size_t>, IpHash> vips;
  std::vector<std::pair<Cidr, std::size_t>> ranges;
  std::unordered_map<IpAddress, std::size_t, IpHash> external;
  std::unordered_map<IpAddress, std::pair<std::size_t, std::size_t>, IpHash> by_ip;
  std::unordered_map<std::string, std::vector<std::size_t>> gateways;
  std::unordered_map<std::string, std::vector<const Object*>> by_kind;
};

}  // namespace meshsim::models
