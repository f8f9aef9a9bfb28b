// Flows for what no test touches: candidates are put to the mesh until one does.
#include <algorithm>

#include "scenarios/expect/coverage.h"
#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/representative.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

constexpr std::size_t kMost = 60;      // items of one suite that get a suggestion
constexpr std::size_t kBudget = 3000;  // flows asked for one item

const PolicyView* policy_of(const LintContext& c, const CoverageItem& item) {
  for (const PolicyView& p : c.policies())
    if (p.text == item.object) return &p;
  return nullptr;
}

const Object* route_of(const LintContext& c, const CoverageItem& item) {
  for (const char* kind : {"VirtualService", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"})
    for (const Object* object : c.mesh.objects_of(kind))
      if (object->ref().text() == item.object) return object;
  return nullptr;
}

// Requests that a route rule's matches ask for.
std::vector<Request> route_requests(const Object& route, int index) {
  std::vector<Request> out(1);
  if (index < 0) return out;
  const Node rule = (route.kind == "VirtualService" ? route.spec()["http"] : route.spec()["rules"])
                        .at(static_cast<std::size_t>(index));
  const bool istio = route.kind == "VirtualService";
  for (const Node match : rule[istio ? "match" : "matches"]) {
    Request request;
    if (istio) {
      for (const char* form : {"exact", "prefix"})
        if (match["uri"][form].has_value()) request.path = example_path(match["uri"][form].text());
      if (match["method"]["exact"].has_value()) request.method = match["method"]["exact"].string();
      for (const Node header : match["headers"])
        for (const char* form : {"exact", "prefix"})
          if (header[form].has_value()) request.headers.emplace_back(header.key(), header[form].text());
    } else {
      if (match["path"]["value"].has_value()) request.path = example_path(match["path"]["value"].text());
      if (match["method"].is_string()) request.method = match["method"].string();
      for (const Node header : match["headers"])
        request.headers.emplace_back(header["name"].text(), header["value"].text());
      for (const Node query : match["queryParams"])
        request.path += (request.path.find('?') == std::string::npos ? "?" : "&") + query["name"].string() + '=' +
                        query["value"].string();
    }
    out.insert(out.begin(), std::move(request));
  }
  return out;
}

std::vector<Target> all_targets(const LintContext& c) {
  std::vector<Target> out;
  for (std::size_t s = 0; s < c.mesh.services.size() && out.size() < 400; ++s)
    if (!c.mesh.services[s].endpoints.empty())
      for (Target& target : c.service_targets(s)) out.push_back(std::move(target));
  return out;
}

std::vector<Target> targets_for(const LintContext& c, const CoverageItem& item, const PolicyView* policy) {
  std::vector<Target> out;
  const auto add = [&](std::vector<Target> some) {
    for (Target& t : some)
      if (out.size() < 60) out.push_back(std::move(t));
  };
  if (policy != nullptr) {
    for (const std::size_t w : policy->selected) add(c.targets_of(w));
    for (const Reach& reach : c.reach(policy->spec.ns, policy->spec.attachment))
      for (const std::size_t s : reach.services) add(c.service_targets(s));
  }
  if (item.kind == CoverageKind::Waypoint)
    for (std::size_t s = 0; s < c.mesh.services.size(); ++s)
      if (c.mesh.services[s].waypoint.bound() && c.mesh.services[s].waypoint.named == item.object)
        add(c.service_targets(s));
  if (out.empty()) out = all_targets(c);
  return out;
}

}  // namespace

void suggest_flows(const Loaded& loaded, std::vector<CoverageItem*>& uncovered) {
  const LintContext c(loaded.world);
  const auto askers = c.some_askers({}, 40);
  std::size_t done = 0;
  for (CoverageItem* item : uncovered) {
    if (done++ == kMost) return;
    const PolicyView* policy = policy_of(c, *item);
    std::vector<Request> requests(1);
    if (policy != nullptr) {
      const auto rule = static_cast<std::size_t>(item->index);
      requests = item->index >= 0 && rule < policy->spec.rules.size()
                     ? std::vector<Request>{request_for(policy->spec.rules[rule])}
                     : requests_for(policy->spec, 4);
    } else if (item->kind == CoverageKind::Route) {
      if (const Object* route = route_of(c, *item)) requests = route_requests(*route, item->index);
    }
    std::size_t budget = kBudget;
    const auto tried = [&](const Flow& flow) {
      if (budget-- == 0) return true;
      const auto shown = c.show(flow, [&](const Outcome& o) { return touches(*item, c.mesh, flow, o); });
      if (!shown) return false;
      item->flow = shown->flow;
      item->suggestion = shown->text;
      return true;
    };
    bool found = false;
    for (const Entrance& in : c.entrances())
      for (const Request& request : requests) {
        if (found || (item->kind != CoverageKind::Gateway && item->kind != CoverageKind::Route && policy == nullptr))
          continue;
        Flow flow = in.flow;
        const auto sni = flow.request.sni;
        if (item->kind != CoverageKind::Gateway) flow.request = request;
        flow.request.sni = sni;
        found = tried(flow);
      }
    for (const Target& target : targets_for(c, *item, policy)) {
      for (const Asker* asker : askers) {
        for (const Request& request : requests) {
          if (found) break;
          found = tried(c.flow(*asker, target, request));
        }
        if (found) break;
      }
      if (found) break;
    }
  }
}

}  // namespace meshsim::scenarios
