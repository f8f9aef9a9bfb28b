#include "models/simulation/protections.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace meshsim::models::simulation {
namespace {

constexpr std::array<std::string_view, 3> kKinds = {"AuthorizationPolicy", "RequestAuthentication",
                                                    "PeerAuthentication"};

bool has_target(const Object& o) { return !o.spec()["targetRefs"].empty() || o.spec()["targetRef"].exists(); }

// A policy by selector and one by targetRefs that may protect the same pods: those of the Service that the one names.
bool meet(const Object& by_selector, const Object& by_target, const std::vector<Epoch>& epochs) {
  const Labels wanted = [&] {
    Labels out;
    for (const Node label : by_selector.spec()["selector"]["matchLabels"])
      out.emplace(std::string(label.key()), std::string(label.text()));
    return out;
  }();
  for (const Node target : by_target.spec()["targetRefs"]) {
    if (target["kind"].text() != "Service") return true;  // everything behind a Gateway
    for (const Epoch& epoch : epochs) {
      const Mesh& mesh = *epoch.world.mesh;
      const std::size_t service = mesh.find_service(by_target.ns, target["name"].text());
      if (service == kNone) continue;
      for (const Endpoint& endpoint : mesh.services[service].endpoints)
        if (endpoint.workload != kNone && matches(wanted, mesh.workloads[endpoint.workload].labels)) return true;
    }
  }
  return false;
}

// Everything of the spec that says what is demanded, not where.
bool same_demand(const Object& a, const Object& b) {
  if (a.kind != b.kind || a.ns != b.ns || a.kind == "PeerAuthentication") return false;
  for (const std::string_view field : {"action", "rules", "provider", "jwtRules"}) {
    const Node x = a.spec()[field], y = b.spec()[field];
    if (field == "action") {
      if (x.string_or("ALLOW") != y.string_or("ALLOW")) return false;
    } else if (x.exists() != y.exists() || (x.exists() && !equal_values(x, y))) {
      return false;
    }
  }
  return true;
}

int weight(PolicyStatus status) {
  switch (status) {
    case PolicyStatus::DeniesAll:
      return 8;
    case PolicyStatus::Enforced:
      return 7;
    case PolicyStatus::NotEvaluated:
      return 6;
    case PolicyStatus::Open:
      return 5;
    case PolicyStatus::Bypassed:
      return 4;
    case PolicyStatus::DryRun:
      return 3;
    case PolicyStatus::Inert:
      return 2;
    case PolicyStatus::NotApplicable:
      return 1;
  }
  return 0;
}

}  // namespace

Protections::Protections(const std::vector<Epoch>& epochs) {
  std::vector<const Object*> policies;
  for (const Epoch& epoch : epochs)
    for (const std::string_view kind : kKinds)
      for (const Object* object : epoch.world.mesh->objects_of(kind)) {
        const bool known = std::any_of(policies.begin(), policies.end(), [&](const Object* o) {
          return o->root.tree() == object->root.tree() && o->root.index() == object->root.index();
        });
        if (!known) policies.push_back(object);
      }
  std::vector<std::size_t> root(policies.size());
  std::iota(root.begin(), root.end(), 0);
  const auto find_root = [&](std::size_t i) {
    while (root[i] != i) i = root[i];
    return i;
  };
  const auto stands_for = [](const Object& a, const Object& b) {
    const auto named = find(a.annotations, "meshsim.io/stands-for");
    return named && a.kind == b.kind && *named == b.ns + '/' + b.name;
  };
  for (std::size_t i = 0; i < policies.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) {
      const Object &a = *policies[i], &b = *policies[k];
      const bool same_name = a.kind == b.kind && a.ns == b.ns && a.name == b.name;
      const bool halves = has_target(a) != has_target(b) && same_demand(a, b) &&
                          (has_target(a) ? meet(b, a, epochs) : meet(a, b, epochs));
      if (!same_name && !halves && !stands_for(a, b) && !stands_for(b, a)) continue;
      const std::size_t x = find_root(i), y = find_root(k);
      root[std::max(x, y)] = std::min(x, y);
    }
  std::map<std::size_t, std::uint32_t> number;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const std::string text = policies[i]->ref().text();
    const auto [it, fresh] = number.try_emplace(find_root(i), static_cast<std::uint32_t>(names_.size()));
    if (fresh) names_.push_back(text);
    if (!index_.try_emplace(text, it->second).second || fresh) continue;
    names_[it->second] += " + " + policies[i]->ns + '/' + policies[i]->name;
  }
}

std::uint32_t Protections::of(const ObjectRef& policy) const {
  const auto it = index_.find(policy.text());
  return it == index_.end() ? ~0u : it->second;
}

std::vector<std::pair<std::uint32_t, PolicyStatus>> Protections::statuses(
    const std::vector<PolicyFinding>& findings) const {
  std::vector<std::pair<std::uint32_t, PolicyStatus>> out;
  for (const PolicyFinding& finding : findings) {
    const std::uint32_t id = of(finding.policy);
    if (id == ~0u) continue;
    const auto it = std::find_if(out.begin(), out.end(), [&](const auto& o) { return o.first == id; });
    if (it == out.end()) {
      out.emplace_back(id, finding.status);
    } else if (weight(finding.status) > weight(it->second)) {
      it->second = finding.status;
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace meshsim::models::simulation
