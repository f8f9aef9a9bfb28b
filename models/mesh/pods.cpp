// From Pods and templates to groups of pods. A live Pod replaces what its owner's template would give; pods in a
// terminal phase are gone (DP-034).
#include "models/mesh/pods.h"

#include <algorithm>
#include <array>
#include <set>

#include "models/mesh/selector.h"

namespace meshsim::models {
namespace {

// More replicas than this say nothing new about a mesh and only cost memory.
constexpr std::int64_t kMostReplicas = 1000;

struct Kind {
  std::string_view key;  // group/Kind
  std::string_view kind;
};
constexpr std::array kOwners = {Kind{"apps/Deployment", "Deployment"},
                                Kind{"extensions/Deployment", "Deployment"},
                                Kind{"apps/StatefulSet", "StatefulSet"},
                                Kind{"apps/DaemonSet", "DaemonSet"},
                                Kind{"extensions/DaemonSet", "DaemonSet"},
                                Kind{"apps/ReplicaSet", "ReplicaSet"},
                                Kind{"/ReplicationController", "ReplicationController"},
                                Kind{"batch/Job", "Job"},
                                Kind{"batch/CronJob", "CronJob"}};

using OwnerKey = std::tuple<std::string, std::string, std::string>;  // ns, name, kind
OwnerKey key_of(const ObjectRef& ref) { return {ref.ns, ref.name, ref.kind}; }

Node controller_of(const Object& object) {
  Node first;
  for (const Node ref : object.root["metadata"]["ownerReferences"]) {
    if (ref["controller"].boolean().value_or(false)) return ref;
    if (!first) first = ref;
  }
  return first;
}

bool strip_suffix(std::string& name, std::string_view suffix) {
  if (suffix.empty() || name.size() <= suffix.size() + 1 || !name.ends_with(suffix)) return false;
  if (name[name.size() - suffix.size() - 1] != '-') return false;
  name.resize(name.size() - suffix.size() - 1);
  return true;
}

// The workload a pod belongs to, as istiod names it: a ReplicaSet counts as its Deployment, a Job as its CronJob
// (istio/istio pkg/kube, GetWorkloadMetaFromPod, 1.27).
ObjectRef owner_of_pod(const Draft& draft, const Object& pod) {
  const std::string_view hash = find(pod.labels, "pod-template-hash").value_or("");
  const Node ref = controller_of(pod);
  ObjectRef owner{ref["kind"].string(), pod.ns, ref["name"].string(), pod.source()};
  if (!ref || owner.kind == "Node" || owner.name.empty()) {
    std::string base = pod.name;
    const auto at = hash.empty() ? std::string::npos : base.rfind('-' + std::string(hash));
    if (at == std::string::npos || at == 0) return pod.ref();
    return {"Deployment", pod.ns, base.substr(0, at), pod.source()};
  }
  if (owner.kind == "ReplicaSet") {
    const Object* set = draft.find_object("apps/ReplicaSet", pod.ns, owner.name);
    const Node above = set ? controller_of(*set) : Node();
    if (above) return {above["kind"].string(), pod.ns, above["name"].string(), pod.source()};
    if (!set && strip_suffix(owner.name, hash)) owner.kind = "Deployment";
  } else if (owner.kind == "Job") {
    const Object* job = draft.find_object("batch/Job", pod.ns, owner.name);
    const Node above = job ? controller_of(*job) : Node();
    if (above) return {above["kind"].string(), pod.ns, above["name"].string(), pod.source()};
    const auto dash = owner.name.rfind('-');
    if (!job && dash != std::string::npos && draft.find_object("batch/CronJob", pod.ns, owner.name.substr(0, dash)))
      return {"CronJob", pod.ns, owner.name.substr(0, dash), pod.source()};
  }
  return owner;
}

bool terminal(const Object& pod) {
  const std::string_view phase = pod.status()["phase"].text();
  return phase == "Succeeded" || phase == "Failed";
}

// Ready unless the status says no.
bool is_ready(Node status) {
  for (const Node condition : status["conditions"])
    if (condition["type"].text() == "Ready") return condition["status"].text() == "True";
  const std::string_view phase = status["phase"].text();
  return phase.empty() || phase == "Running";
}

PodInstance instance_of(const Object& pod) {
  PodInstance out;
  out.name = pod.name;
  const Node status = pod.status();
  for (const Node entry : status["podIPs"])
    if (const auto ip = IpAddress::parse(entry["ip"].text())) out.addresses.push_back(*ip);
  if (out.addresses.empty())
    if (const auto ip = IpAddress::parse(status["podIP"].text())) out.addresses.push_back(*ip);
  out.synthetic_address = out.addresses.empty();
  out.ready = is_ready(status);
  out.terminating = pod.root["metadata"]["deletionTimestamp"].has_value();
  out.locality.node = pod.spec()["nodeName"].text();
  return out;
}

Node template_of(const Object& owner) {
  return owner.kind == "CronJob" ? owner.spec()["jobTemplate"]["spec"]["template"] : owner.spec()["template"];
}

std::int64_t replicas_of(Draft& draft, const Object& owner) {
  if (owner.kind == "CronJob") return 1;
  const Node stated = owner.spec()[owner.kind == "Job" ? "parallelism" : "replicas"];
  const std::int64_t count = std::max<std::int64_t>(0, stated.integer().value_or(1));
  if (count <= kMostReplicas) return count;
  draft.report(Severity::Warning, "MSH0213", owner, stated,
               std::to_string(count) + " replicas: only " + std::to_string(kMostReplicas) + " of them are modelled");
  return kMostReplicas;
}

// The nodes that a DaemonSet's pods run on; one unnamed node where no Node is among the manifests.
std::vector<std::string> daemon_nodes(const Draft& draft, Node spec) {
  std::vector<std::string> out;
  for (const auto& [name, facts] : draft.nodes) {
    const bool fits =
        std::all_of(spec["nodeSelector"].begin(), spec["nodeSelector"].end(),
                    [&, &l = facts.labels](Node s) { return find(l, s.key()) == std::optional(s.text()); });
    if (fits) out.push_back(name);
  }
  if (draft.nodes.empty()) out.emplace_back();
  return out;
}

void add_replicas(Draft& draft, const Object& owner, PodDraft& pod) {
  std::vector<std::string> nodes;
  if (owner.kind == "DaemonSet") {
    nodes = daemon_nodes(draft, pod.spec);
  } else {
    nodes.assign(static_cast<std::size_t>(replicas_of(draft, owner)), std::string(pod.spec["nodeName"].text()));
  }
  // A Deployment from a live cluster counts its ready pods.
  const Node status = owner.status();
  const auto stated = status["replicas"].integer();
  const std::int64_t ready = stated.value_or(0) > 0 ? status["readyReplicas"].integer().value_or(0) : kMostReplicas;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    PodInstance instance;
    instance.name = owner.name + '-' + (owner.kind == "DaemonSet" && !nodes[i].empty() ? nodes[i] : std::to_string(i));
    instance.locality.node = nodes[i];
    instance.ready = static_cast<std::int64_t>(i) < ready;
    pod.instances.push_back(std::move(instance));
  }
}

void add_template(Draft& draft, const Object& owner, std::string_view kind, const std::set<OwnerKey>& with_pods,
                  std::vector<PodDraft>& out) {
  const Node pod_template = template_of(owner);
  PodDraft pod;
  pod.owner = owner.ref();
  pod.owner.kind = kind;
  if (kind == "ReplicaSet" || kind == "Job") {
    // Stands for its Deployment or CronJob, which speaks for itself when it is there.
    if (const Node above = controller_of(owner)) {
      const std::string above_kind = above["kind"].string();
      const std::string key = (above_kind == "CronJob" ? "batch/" : "apps/") + above_kind;
      if (draft.find_object(key, owner.ns, above["name"].text()) != nullptr) return;
      if (owner.spec()["replicas"].integer() == 0) return;
      pod.owner = {above_kind, owner.ns, above["name"].string(), owner.source()};
    }
  }
  pod.object = &owner;
  pod.spec = pod_template["spec"];
  pod.labels = string_pairs(pod_template["metadata"]["labels"]);
  pod.annotations = string_pairs(pod_template["metadata"]["annotations"]);
  if (!with_pods.contains(key_of(pod.owner))) {
    add_replicas(draft, owner, pod);
    out.push_back(std::move(pod));
  }
}

}  // namespace

std::vector<PodDraft> collect_pods(Draft& draft) {
  std::vector<PodDraft> out;
  std::set<OwnerKey> with_pods;
  for (const Object* object : draft.of("/Pod")) {
    PodDraft pod;
    pod.owner = owner_of_pod(draft, *object);
    pod.object = object;
    pod.spec = object->spec();
    pod.labels = object->labels;
    pod.annotations = object->annotations;
    pod.live = !object->uid.empty();
    // A finished pod leaves no instance behind, but its owner's name stays known.
    if (!terminal(*object)) pod.instances.push_back(instance_of(*object));
    if (pod.instances.empty() && with_pods.contains(key_of(pod.owner))) continue;
    with_pods.insert(key_of(pod.owner));
    out.push_back(std::move(pod));
  }
  for (const Kind& kind : kOwners)
    for (const Object* owner : draft.of(kind.key)) add_template(draft, *owner, kind.kind, with_pods, out);
  return out;
}

namespace {

// Labels that differ between the pods of one owner without making them behave differently.
bool is_pod_identity(std::string_view key) {
  return key == "pod-template-hash" || key == "controller-revision-hash" || key == "pod-template-generation" ||
         key == "statefulset.kubernetes.io/pod-name" || key == "apps.kubernetes.io/pod-index" || key == "job-name" ||
         key == "controller-uid" || key.starts_with("batch.kubernetes.io/");
}

// Two pods of one owner with equal text here are one Workload.
std::string behaviour_of(const Workload& w) {
  std::string out = w.service_account + '|' + std::string(mode_word(w.mode, w.role)) + '|';
  for (const bool flag : {w.host_network, w.sidecar_hbone, w.sends_hbone, w.tls_mode_istio, w.tunnel_label,
                          w.redirection_pending, w.has_ztunnel})
    out += flag ? '1' : '0';
  for (const auto& [key, value] : w.labels)
    if (!is_pod_identity(key)) out.append("|").append(key).append("=").append(value);
  for (const auto& [key, value] : w.annotations)
    if (key.find("istio.io/") != std::string::npos && key != "sidecar.istio.io/status")
      out.append("|").append(key).append("=").append(value);
  return out;
}

}  // namespace

void read_pods(Draft& draft) {
  std::map<std::pair<OwnerKey, std::string>, std::size_t> groups;
  std::vector<PodDraft> pods = collect_pods(draft);
  draft.workloads.reserve(pods.size() + 16);
  for (PodDraft& pod : pods) {
    const bool single = pod.object->kind == "Pod";
    WorkloadDraft made;
    made.object = pod.object;
    made.workload = decide_mode(draft, std::move(pod));
    if (single) {
      const auto key = std::make_pair(key_of(made.workload.owner), behaviour_of(made.workload));
      const auto [it, fresh] = groups.try_emplace(key, draft.workloads.size());
      if (!fresh) {
        auto& same = draft.workloads[it->second].workload.pods;
        for (PodInstance& instance : made.workload.pods) same.push_back(std::move(instance));
        continue;
      }
    }
    draft.workloads.push_back(std::move(made));
  }
}

}  // namespace meshsim::models
