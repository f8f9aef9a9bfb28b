// NetworkPolicy below the mesh: HBONE arrives at port 15008, whatever port the client asked for (DP-116, DP-312).
#include <algorithm>
#include <array>
#include <set>

#include "models/dataplane/network_policy.h"
#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

const Object* find_policy(const LintContext& c, const ObjectRef& ref) {
  for (const Object* object : c.mesh.objects_of("NetworkPolicy", "networking.k8s.io"))
    if (object->ns == ref.ns && object->name == ref.name) return object;
  return nullptr;
}

std::uint16_t port_behind(const LintContext& c, std::size_t w, const Target& target) {
  if (target.service == kNone) return target.to.port;
  const Service& service = c.mesh.services[target.service];
  for (const Endpoint& e : service.endpoints)
    if (e.workload == w)
      for (std::size_t i = 0; i < service.ports.size() && i < e.target_ports.size(); ++i)
        if (service.ports[i].port == target.to.port) return e.target_ports[i];
  return 0;
}

// A policy that lets the application's port through and not the port that HBONE takes.
void blocks_hbone(const LintContext& c, RuleFindings& out) {
  if (!c.world.network || c.world.network->empty()) return;
  std::set<std::string> done;
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
    const Workload& one = c.mesh.workloads[w];
    if (!one.wds_hbone() || one.role != ProxyRole::None || one.pods.empty() || one.pods.front().addresses.empty())
      continue;
    const auto targets = c.targets_of(w);
    std::vector<const Asker*> askers = c.askers(Population::Ambient, one.ns, 12);
    for (const Asker* asker : c.askers(Population::Sidecar, one.ns, 6)) askers.push_back(asker);
    for (const Asker* asker : askers) {
      const Workload& from = c.mesh.workloads[asker->workload];
      if (asker->workload == w || from.pods.empty() || from.pods.front().addresses.empty()) continue;
      const auto blocked = c.world.network->blocks(asker->workload, from.pods.front().addresses.front(), w,
                                                   one.pods.front().addresses.front(), 15008);
      if (!blocked || done.count(blocked->text()) > 0) continue;
      for (const Target& target : targets) {
        const std::uint16_t port = port_behind(c, w, target);
        // Whoever may not come at all is kept out on purpose.
        if (port == 0 || c.world.network->blocks(asker->workload, from.pods.front().addresses.front(), w,
                                                 one.pods.front().addresses.front(), port))
          continue;
        const auto shown = c.show(c.flow(*asker, target), [](const Outcome& o) {
          return o.verdict == Verdict::Unreachable || o.verdict == Verdict::Reset;
        });
        if (!shown) continue;
        done.insert(blocked->text());
        const Object* object = find_policy(c, *blocked);
        const std::string text = "it lets " + asker->text + " use port " + std::to_string(port) +
                                 " and not port 15008, by which HBONE arrives: the connection times out";
        LintFinding& finding = object != nullptr ? out.add(*object, text) : out.add(*blocked, text);
        finding.affects(c.workload_text(w));
        finding.shown_by(shown->flow, shown->text);
        break;
      }
    }
  }
}

constexpr std::array kRules = {
    LintRule{
        "MSH1701", Severity::Error, "a NetworkPolicy blocks HBONE",
        "Between ambient pods, waypoints and HBONE-aware sidecars every connection is on the wire as port 15008. A "
        "NetworkPolicy that lists the application's ports lets none of it through (DP-312).",
        "Add port 15008 (TCP) to the ingress rules, and to egress rules of the clients.", "", "DP-116 DP-312",
        blocks_hbone},
};

}  // namespace

std::span<const LintRule> network_rules() { return kRules; }

}  // namespace meshsim::scenarios
