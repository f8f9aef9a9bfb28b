#pragma once
// Pods as resolve finds them: bare Pods, live pods joined to their owner, and templates that stand for their replicas.
// Internal to models/mesh.
#include <string>
#include <vector>

#include "models/mesh/draft.h"

namespace meshsim::models {

// Pods of one owner that were written alike.
struct PodDraft {
  ObjectRef owner;
  const Object* object = nullptr;  // Pod, or the owner with the template
  Node spec;                       // PodSpec
  Labels labels, annotations;
  bool live = false;  // comes from a running cluster (metadata.uid): it is what it carries, no admission now
  std::vector<PodInstance> instances;
};

// pods.cpp
std::vector<PodDraft> collect_pods(Draft& draft);
// mode.cpp: DP-020 and everything that follows from the mode.
Workload decide_mode(Draft& draft, PodDraft pod);
// What decide_mode does for a proxy that istiod deploys (managed gateways and waypoints).
void finish_proxy(const Draft& draft, Workload& workload);
void name_canonical(Workload& workload);
std::string spiffe(const MeshSettings& settings, std::string_view ns, std::string_view service_account);

// classes.cpp: what kind of Gateway a class makes; nullopt: not Istio's.
std::optional<Gateway::Kind> kind_of_class(const Draft& draft, std::string_view class_name);

// proxy_config.cpp: environment of a proxy that is injected or started now (ProxyConfig resources, annotation
// proxy.istio.io/config, mesh defaults).
Labels proxy_metadata_for(const Draft& draft, std::string_view ns, const Labels& labels, const Labels& annotations);

}  // namespace meshsim::models
