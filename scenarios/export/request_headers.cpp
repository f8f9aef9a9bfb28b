#include "scenarios/export/request_headers.h"

#include <fmt/format.h>

namespace meshsim::scenarios {

using models::ProxyKind;
using models::Workload;
using models::wire::Fields;

models::wire::PeerMetadata peer_metadata(const Workload& workload) {
  models::wire::PeerMetadata peer;
  peer.name = workload.pods.empty() || workload.pods.front().name.empty() ? workload.name : workload.pods.front().name;
  peer.ns = workload.ns;
  peer.workload = workload.name;
  peer.cluster = workload.locality.cluster.empty() ? "Kubernetes" : workload.locality.cluster;
  peer.owner = fmt::format("kubernetes://apis/apps/v1/namespaces/{}/deployments/{}", workload.ns, workload.name);
  for (const auto& [name, value] : workload.labels)
    if (name == "app" || name == "version") peer.labels.emplace_back(name, value);
  peer.labels.emplace_back("service.istio.io/canonical-name", workload.canonical_service);
  peer.labels.emplace_back("service.istio.io/canonical-revision", workload.canonical_revision);
  return peer;
}

Fields added_fields(const models::Mesh& mesh, const Recording& recording, const Happened& happened, const Leg& leg) {
  const auto& hops = happened.outcome->hops;
  bool envoy_before = false;
  for (std::size_t i = 0; i < leg.number && i < hops.size(); ++i) envoy_before = envoy_before || hops[i].http;
  if (!envoy_before) return {};
  Fields out = {{"x-forwarded-proto", "http"},
                {"x-request-id", request_id(recording, happened, happened.example().number)}};
  const bool tells_peer = leg.from.hop && leg.from.hop->http && !leg.local && leg.from.workload &&
                          leg.from.hop->proxy != ProxyKind::Waypoint;
  if (tells_peer) {
    const models::wire::PeerMetadata peer = peer_metadata(*leg.from.workload);
    out.emplace_back("x-envoy-peer-metadata", models::wire::metadata_header(peer));
    out.emplace_back(
        "x-envoy-peer-metadata-id",
        fmt::format("{}~{}~{}.{}~{}.svc.{}", leg.from.hop->proxy == ProxyKind::Sidecar ? "sidecar" : "router",
                    leg.client.ip.text(), peer.name, peer.ns, peer.ns, mesh.settings.domain));
  }
  return out;
}

std::string header_lines(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) out += name + ": " + value + "\r\n";
  return out;
}

void put_added_bytes(const Recording& recording, Happened& happened) {
  happened.added.clear();
  if (!models::is_http(happened.flow->protocol) || happened.outcome->verdict == models::Verdict::Unknown) return;
  for (const Leg& leg : legs_of(*happened.mesh, recording, happened))
    happened.added.push_back(header_lines(added_fields(*happened.mesh, recording, happened, leg)).size());
}

}  // namespace meshsim::scenarios
