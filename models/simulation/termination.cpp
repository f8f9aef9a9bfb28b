#include "models/simulation/termination.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "models/route/route_set.h"

namespace meshsim::models::simulation {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::string_view kProxy = "istio-proxy";

// Seconds after the word `sleep` in a shell's line or in a command's arguments.
std::int64_t slept(std::string_view text) {
  const auto at = text.find("sleep");
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(std::min(text.size(), at + 5));
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  double seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool minutes = parsed.ptr != text.data() + text.size() && *parsed.ptr == 'm';
  if (parsed.ec != std::errc() || !(seconds >= 0) || seconds > 1e6) return 0;
  return static_cast<std::int64_t>(seconds * (minutes ? 60 : 1) * 1e9);
}

std::int64_t pre_stop(Node container) {
  const Node hook = container["lifecycle"]["preStop"];
  if (const auto seconds = hook["sleep"]["seconds"].integer(); seconds && *seconds > 0 && *seconds < 1'000'000)
    return *seconds * kSecond;
  std::string command;
  for (const Node word : hook["exec"]["command"]) command += (command.empty() ? "" : " ") + word.string();
  return slept(command);
}

const Object* pod_object(const Mesh& mesh, std::string_view ns, std::string_view name) {
  for (const Object* pod : mesh.objects_of("Pod", ""))
    if (pod->ns == ns && pod->name == name) return pod;
  return nullptr;
}

// ENABLE_NATIVE_SIDECARS is `auto` since 1.27: native where every node runs Kubernetes 1.33 (istio/istio
// pkg/kube/inject/webhook.go, DetectNativeSidecar). Without Node objects nobody knows: not native.
bool native_by_default(const Mesh& mesh) {
  const auto stated = mesh.settings.features.find("ENABLE_NATIVE_SIDECARS");
  if (stated != mesh.settings.features.end() && stated->second != "auto") return stated->second == "true";
  bool any = false;
  for (const Object* node : mesh.objects_of("Node", "")) {
    std::string_view version = node->status()["nodeInfo"]["kubeletVersion"].text();
    if (version.starts_with('v')) version.remove_prefix(1);
    const auto dot = version.find('.');
    int minor = 0;
    if (dot != std::string_view::npos)
      std::from_chars(version.data() + dot + 1, version.data() + version.size(), minor);
    if (minor < 33) return false;
    any = true;
  }
  return any;
}

bool is_native(const Mesh& mesh, const Workload& workload, Node spec) {
  for (const Node container : spec["initContainers"])
    if (container["name"].text() == kProxy) return container["restartPolicy"].text() == "Always";
  for (const Node container : spec["containers"])
    if (container["name"].text() == kProxy && container["image"].has_value()) return false;
  if (const auto stated = find(workload.annotations, "sidecar.istio.io/nativeSidecar")) return *stated == "true";
  return native_by_default(mesh);
}

}  // namespace

Termination termination_of(const Mesh& mesh, std::string_view pod, const CostModel& costs) {
  Termination out;
  out.drain_ns = costs.drain_ns;
  out.minimum_ns = 5 * kSecond;
  const auto slash = pod.find('/');
  if (slash == std::string_view::npos) return out;
  const std::string_view ns = pod.substr(0, slash), name = pod.substr(slash + 1);
  const auto found = std::find_if(mesh.workloads.begin(), mesh.workloads.end(), [&](const Workload& w) {
    return w.ns == ns &&
           std::any_of(w.pods.begin(), w.pods.end(), [&](const PodInstance& p) { return p.name == name; });
  });
  if (found == mesh.workloads.end()) return out;
  const Workload& workload = *found;
  const auto index = static_cast<std::size_t>(found - mesh.workloads.begin());
  const Object* object = pod_object(mesh, ns, name);
  const Node spec = object == nullptr ? Node() : object->spec();

  if (const auto seconds = spec["terminationGracePeriodSeconds"].integer(); seconds && *seconds >= 0)
    out.kill_ns = std::min<std::int64_t>(*seconds, 1'000'000) * kSecond;
  Labels environment = workload.proxy_metadata;
  for (const Node container : spec["containers"]) {
    const bool proxy = container["name"].text() == kProxy;
    std::int64_t& hook = proxy ? out.proxy_stop_ns : out.stop_ns;
    hook = std::max(hook, std::min(out.kill_ns, pre_stop(container)));
    if (!proxy) continue;
    for (const Node variable : container["env"])
      if (variable["value"].has_value()) environment.emplace(variable["name"].string(), variable["value"].string());
  }
  const auto setting = [&](const char* variable) {
    if (const auto own = find(environment, variable)) return std::string(*own);
    return std::string(mesh.proxy_setting(index, std::string("proxyMetadata.") + variable).string_or());
  };
  if (const auto ns_stated = route::read_duration(mesh.proxy_setting(index, "terminationDrainDuration").string_or()))
    out.drain_ns = *ns_stated;
  if (const auto least = route::read_duration(setting("MINIMUM_DRAIN_DURATION"))) out.minimum_ns = *least;
  out.until_idle = setting("EXIT_ON_ZERO_ACTIVE_CONNECTIONS") == "true";
  out.native = workload.mode == DataplaneMode::Sidecar && is_native(mesh, workload, spec);
  return out;
}

}  // namespace meshsim::models::simulation
