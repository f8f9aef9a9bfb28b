// Series about the proxies themselves: their version, and what the kubelet would say of their containers. CPU is spread
// over time as the requests that each proxy handled; memory is that at the greatest number of connections.
#include <algorithm>

#include "models/simulation/result.h"
#include "scenarios/export/openmetrics_writer.h"

namespace meshsim::scenarios {

using models::Hop;
using models::ProxyKind;
using models::ProxyStatistics;

namespace {

// Requests until each scrape that passed a proxy of this kind and workload ("" for ztunnels).
using Passed = std::map<std::pair<std::string, std::string>, std::vector<double>>;

Passed passed(const Recording& recording) {
  Passed out;
  for (const Happened& happened : recording.happened)
    for (const Hop& hop : happened.outcome->hops) {
      std::string workload;
      if (hop.proxy != ProxyKind::Ztunnel) {
        std::size_t index = hop.workload;
        const models::Mesh& mesh = *happened.mesh;
        if (index >= mesh.workloads.size() && hop.gateway < mesh.gateways.size())
          index = mesh.gateways[hop.gateway].workload;
        if (index >= mesh.workloads.size()) continue;
        workload = mesh.workloads[index].ns + "/" + mesh.workloads[index].name;
      }
      std::vector<double>& sum = out[{std::string(to_string(hop.proxy)), workload}];
      sum.resize(recording.samples);
      for (std::size_t k = 0; k < recording.samples; ++k) sum[k] += happened.totals[k];
    }
  return out;
}

struct Use {
  double cpu_seconds = 0, memory_bytes = 0;
  std::string kind, workload;
  bool found = false;
};

Use use_of(const models::SimulationResult& simulation, const ProxyTarget& proxy) {
  Use out;
  const double replications = std::max<double>(1, static_cast<double>(simulation.replications.size()));
  const auto node = proxy.target.labels.find("node");
  for (const ProxyStatistics& p : simulation.proxies) {
    if (p.proxy == "application") continue;
    const bool ztunnel = p.proxy == "ztunnel";
    if (ztunnel != proxy.ztunnel) continue;
    // Where pods name no nodes, one ztunnel stands for all.
    if (ztunnel ? node != proxy.target.labels.end() && p.name != node->second
                : p.name != proxy.target.ns + "/" + proxy.target.pod)
      continue;
    out.found = true;
    out.kind = p.proxy;
    if (!ztunnel) out.workload = p.workload;
    out.cpu_seconds += static_cast<double>(p.cpu_ns) / 1e9 / replications;
    out.memory_bytes += static_cast<double>(p.memory_bytes);
  }
  return out;
}

ScrapeTarget container_of(const ProxyTarget& proxy) {
  ScrapeTarget out;
  out.labels = {{"container", "istio-proxy"},
                {"job", "kubernetes-nodes-cadvisor"},
                {"namespace", proxy.target.ns},
                {"pod", proxy.target.pod}};
  if (const auto node = proxy.target.labels.find("node"); node != proxy.target.labels.end())
    out.labels["instance"] = node->second;
  return out;
}

}  // namespace

void write_builds(const models::Mesh& mesh, OpenMetricsWriter& writer) {
  writer.head("istio_build", "gauge", "version of a component");
  for (const ProxyTarget& proxy : all_targets(mesh)) {
    const std::string labels = series_labels(
        {{"component", proxy.ztunnel ? "ztunnel" : "proxy"}, {"tag", mesh.settings.profile.istio_version}},
        proxy.target);
    for (std::size_t k = 0; k < writer.samples(); ++k) writer.sample("istio_build", "", labels, "", 1, k);
  }
}

// src/inpod/metrics.rs: a proxy of its own for every enrolled pod of the node; all of them have started.
void write_workload_managers(const models::Mesh& mesh, OpenMetricsWriter& writer) {
  std::vector<ProxyTarget> ztunnels = all_targets(mesh);
  std::erase_if(ztunnels, [](const ProxyTarget& proxy) { return !proxy.ztunnel; });
  if (ztunnels.empty()) return;
  for (const bool active : {true, false}) {
    const std::string_view name =
        active ? "workload_manager_active_proxy_count" : "workload_manager_pending_proxy_count";
    writer.head(name, "gauge",
                active ? "workloads with active proxies (unstable)" : "workloads with pending proxies (unstable)");
    for (const ProxyTarget& proxy : ztunnels)
      for (std::size_t k = 0; k < writer.samples(); ++k)
        writer.sample(name, "", series_labels({}, proxy.target), "", active ? static_cast<double>(proxy.pods) : 0, k);
  }
}

void write_containers(const RunResult& run, const Recording& recording, OpenMetricsWriter& writer) {
  if (!run.simulation) return;
  const models::SimulationResult& simulation = *run.simulation;
  struct Container {
    std::string labels;
    Use use;
  };
  std::vector<Container> containers;
  for (const ProxyTarget& proxy : all_targets(*run.loaded->world.mesh)) {
    Use use = use_of(simulation, proxy);
    if (use.found) containers.push_back({series_labels({}, container_of(proxy)), std::move(use)});
  }
  if (containers.empty()) return;
  const Passed requests = passed(recording);
  const auto warm = static_cast<std::size_t>(simulation.warmup_ns / recording.interval_ns);
  const std::size_t last = recording.samples - 1;
  writer.head("container_cpu_usage_seconds", "counter", "CPU time consumed");
  for (const Container& container : containers) {
    const auto found = requests.find({container.use.kind, container.use.workload});
    for (std::size_t k = 0; k <= last; ++k) {
      // CPU is counted from the end of the warm-up on; before it a request costs the same.
      double share = last > warm ? static_cast<double>(k) / static_cast<double>(last - warm) : 0;
      if (found != requests.end() && found->second[last] > found->second[std::min(warm, last)])
        share = found->second[k] / (found->second[last] - found->second[std::min(warm, last)]);
      writer.sample("container_cpu_usage_seconds", "_total", container.labels, "", container.use.cpu_seconds * share,
                    k);
    }
  }
  writer.head("container_memory_working_set_bytes", "gauge", "memory in use");
  for (const Container& container : containers)
    for (std::size_t k = 0; k <= last; ++k)
      writer.sample("container_memory_working_set_bytes", "", container.labels, "", container.use.memory_bytes, k);
}

}  // namespace meshsim::scenarios
