// resolve: objects and settings -> Mesh. The order of the steps is the order in which one needs the other.
#include "models/mesh/draft.h"

namespace meshsim::models {

std::shared_ptr<const Mesh> resolve(std::vector<Object> objects, const ScenarioMesh& scenario) {
  auto mesh = std::make_shared<Mesh>();
  {
    Draft draft;
    sort_objects(objects);
    draft.mesh.settings = make_settings(objects, scenario, draft.mesh.diagnostics);
    take_objects(draft, std::move(objects));
    read_nodes(draft);
    read_pods(draft);
    read_entries(draft);
    read_services(draft);
    read_service_entries(draft);
    read_gateways(draft);  // brings pods and Services of managed gateways
    sort_workloads(draft);
    sort_services(draft);
    give_networks_by_address(draft);  // stated addresses only
    give_pod_addresses(draft);
    give_service_addresses(draft);
    draft.mesh.finish();  // the steps below look names and addresses up
    link_endpoints(draft);
    link_gateways(draft);
    draft.mesh.finish();
    read_networks(draft);
    bind_waypoints(draft);
    for (Workload& workload : draft.mesh.workloads) {
      const auto text = find(workload.annotations, "proxy.istio.io/config");
      const auto parsed = text ? scenario.proxy_configs.find(*text) : scenario.proxy_configs.end();
      if (parsed == scenario.proxy_configs.end() || !parsed->second) continue;
      workload.proxy_config = parsed->second->root();
      draft.mesh.settings.config_trees.push_back(parsed->second);
    }
    report_findings(draft);
    *mesh = std::move(draft.mesh);  // a moved vector keeps its elements where they are: the index stays valid
  }
  sort_and_unique(mesh->diagnostics);
  return mesh;
}

}  // namespace meshsim::models
