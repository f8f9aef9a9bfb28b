// Addresses that manifests do not state: pod IPs in 10.244.0.0/16, cluster IPs in 10.96.0.0/12, and istiod's automatic
// addresses for ServiceEntries in 240.240.0.0/16 (DP-171). An address follows from namespace and name by a hash, so it
// stays the same from run to run; who comes first by name keeps it when two collide.
#include <algorithm>

#include "models/mesh/draft.h"

namespace meshsim::models {
namespace {

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = 14695981039346656037ull) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ull;
  }
  // FNV's low bits are weak for short texts: fold the high half in.
  return hash ^ (hash >> 29);
}

IpAddress v4(std::uint32_t value) {
  IpAddress out;
  out.bytes[10] = out.bytes[11] = 0xff;
  for (int i = 0; i < 4; ++i)
    out.bytes[12 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  return out;
}

struct AddressHash {
  std::size_t operator()(const IpAddress& a) const {
    return fnv1a({reinterpret_cast<const char*>(a.bytes.data()), a.bytes.size()});
  }
};

// Hands out addresses of one range; whatever the manifests state is taken already.
class Pool {
 public:
  Pool(std::uint32_t base, std::uint32_t size) : base_(base), size_(size) {}

  void take(const IpAddress& address) { taken_.insert(address); }
  void avoid(const Cidr& range) { avoided_.push_back(range); }

  IpAddress next(std::string_view ns, std::string_view name) {
    std::uint32_t slot = static_cast<std::uint32_t>(fnv1a(name, fnv1a("/", fnv1a(ns))) % size_);
    // Broadcast-like ends stay free, as real allocators leave them. A full range (absurd input) repeats addresses.
    for (std::uint32_t tries = 0; tries < size_; ++tries, slot = (slot + 1) % size_) {
      if ((slot & 0xff) == 0 || (slot & 0xff) == 0xff) continue;
      const IpAddress address = v4(base_ + slot);
      if (std::any_of(avoided_.begin(), avoided_.end(), [&](const Cidr& c) { return c.contains(address); })) continue;
      if (taken_.insert(address).second) return address;
    }
    return v4(base_ + slot);
  }

 private:
  std::uint32_t base_, size_;
  std::unordered_set<IpAddress, AddressHash> taken_;
  std::vector<Cidr> avoided_;
};

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// DP-171: who gets an automatic address.
bool auto_allocates(const Service& s, const MeshSettings& settings) {
  if (!settings.feature("PILOT_ENABLE_IP_AUTOALLOCATE") || s.resolution == Resolution::None) return false;
  if (find(s.labels, "networking.istio.io/enable-autoallocate-ip") == "false") return false;
  if (s.hostname.starts_with('*'))
    return s.resolution == Resolution::DynamicDns && settings.profile.dynamic_dns_service_entry;
  return s.address_ranges.empty();
}

}  // namespace

void give_pod_addresses(Draft& draft) {
  auto& workloads = draft.mesh.workloads;
  std::size_t count = 0;
  for (const Workload& w : workloads) count += w.pods.size();
  // 10.244.0.0/16 as usual; larger meshes spill into the /14 around it.
  Pool pool(ip(10, 244, 0, 0), count < 30'000 ? 1u << 16 : 1u << 18);
  for (const Workload& w : workloads)
    for (const PodInstance& pod : w.pods)
      for (const IpAddress& address : pod.addresses) pool.take(address);
  for (Workload& w : workloads)
    for (PodInstance& pod : w.pods)
      if (pod.addresses.empty()) pod.addresses.push_back(pool.next(w.ns, pod.name));
}

void give_service_addresses(Draft& draft) {
  Mesh& mesh = draft.mesh;
  Pool cluster(ip(10, 96, 0, 0), 1u << 20);
  Pool automatic(ip(240, 240, 0, 0), 1u << 16);
  for (const Service& s : mesh.services) {
    for (const IpAddress& address : s.addresses) {
      cluster.take(address);
      automatic.take(address);
    }
    for (const Cidr& range : s.address_ranges) cluster.avoid(range);
  }
  for (Service& s : mesh.services) {
    if (!s.addresses.empty()) continue;
    if (s.kubernetes) {
      if (s.headless || !s.external_name.empty()) continue;
      s.addresses.push_back(cluster.next(s.ns, s.name));
      s.synthetic_address = true;
    } else if (auto_allocates(s, mesh.settings)) {
      s.addresses.push_back(automatic.next(s.ns, s.name + '/' + s.hostname));
      s.auto_allocated = s.synthetic_address = true;
    }
  }
}

}  // namespace meshsim::models
