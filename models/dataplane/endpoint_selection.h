#pragma once
// Endpoint selection: which endpoints of a service a proxy may choose, and with what weight (DP-202, DP-203,
// DP-210..DP-214). The result is a distribution over workloads; replicas of one workload behave alike and are added up.
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "models/mesh/mesh.h"

namespace meshsim::models {

struct EndpointShare {
  std::size_t workload = kNone;
  std::size_t pod = kNone;  // a representative replica
  std::uint16_t target_port = 0;
  double weight = 0;  // shares add up to 1
};

enum class Balancer : std::uint8_t { KubeProxy, Ztunnel, Envoy };

struct SelectionRequest {
  const Mesh* mesh = nullptr;
  std::size_t service = kNone;
  std::uint16_t port = 0;            // service port
  const Labels* subset = nullptr;    // endpoint labels required
  const Locality* client = nullptr;  // of the balancing proxy; may be null (outside)
  Balancer balancer = Balancer::Envoy;
  Node locality_setting;           // localityLbSetting of the DestinationRule or the mesh (Envoy)
  bool outlier_detection = false;  // locality failover by setting acts only with it (DP-214)
  // Endpoints that the proxy knows at all (networks); empty: all. Weight is not set yet.
  std::function<bool(const EndpointShare&)> keep = {};
  const Labels* client_labels = nullptr;  // of the balancing proxy, for failoverPriority
};

// DP-211: the places that stay eligible for a client. The rank of a place is the number of leading scopes that match;
// failover keeps the highest rank present, strict demands every scope. Returns indices in order.
enum class LocalityScope : std::uint8_t { Network, Region, Zone, Subzone, Node };
std::vector<std::size_t> best_ranked(std::span<const Locality> places, const Locality& client,
                                     std::span<const LocalityScope> scopes, bool strict);

// DP-109: shares of weighted waypoints, by index; empty when no weight is set: the single waypoint of the service is
// then used.
std::vector<double> weighted_shares(std::span<const int> weights);

// Empty: no eligible endpoint, or the service lacks the port. Order: by workload index.
std::vector<EndpointShare> select_endpoints(const SelectionRequest& request);

}  // namespace meshsim::models
