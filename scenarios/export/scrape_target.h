#pragma once
// ScrapeTarget: the labels that the Prometheus add-on of Istio's samples adds to what it scrapes from a proxy's pod
// (job kubernetes-pods, role pod, labelmap of pod labels; honor_labels): app, instance, job, namespace, node, pod and
// every label of the pod. Kiali and the ztunnel dashboard tell ztunnels by app="ztunnel" and the pod's name (TM-182).
#include <map>
#include <string>
#include <vector>

#include "models/dataplane/world.h"

namespace meshsim::scenarios {

struct ScrapeTarget {
  std::string ns, pod;
  std::map<std::string, std::string> labels;
};

// The proxies that stand for this hop, one per ready pod of its workload (a ztunnel: per node of these pods, as often
// as there are pods there). Empty where the mesh has no pods for it.
std::vector<ScrapeTarget> targets_of(const models::Mesh& mesh, const models::Hop& hop);
// Every proxy of the mesh once: Envoys by their pods, then ztunnels by node.
struct ProxyTarget {
  ScrapeTarget target;
  bool ztunnel = false;
  std::size_t pods = 1;  // that it acts for: of a ztunnel, the enrolled pods of its node
};
std::vector<ProxyTarget> all_targets(const models::Mesh& mesh);

// [a-zA-Z_][a-zA-Z0-9_]*, as Prometheus makes it of a Kubernetes label.
std::string label_name(std::string_view name);

}  // namespace meshsim::scenarios
