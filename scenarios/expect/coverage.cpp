#include "scenarios/expect/coverage.h"

#include <algorithm>
#include <map>
#include <set>

namespace meshsim::scenarios {

using namespace models;

std::string_view to_string(CoverageKind kind) {
  switch (kind) {
    case CoverageKind::Policy:
      return "policy";
    case CoverageKind::Rule:
      return "rule";
    case CoverageKind::Route:
      return "route";
    case CoverageKind::Waypoint:
      return "waypoint";
    case CoverageKind::Gateway:
      return "gateway";
    case CoverageKind::Hop:
      return "hop";
    case CoverageKind::Mode:
      return "mode";
  }
  return "";
}

std::size_t Coverage::total(std::optional<CoverageKind> kind) const {
  return static_cast<std::size_t>(std::count_if(items.begin(), items.end(), [&](const CoverageItem& i) {
    return i.unreachable.empty() && (!kind || i.kind == *kind);
  }));
}

std::size_t Coverage::covered(std::optional<CoverageKind> kind) const {
  return static_cast<std::size_t>(std::count_if(
      items.begin(), items.end(), [&](const CoverageItem& i) { return i.hits > 0 && (!kind || i.kind == *kind); }));
}

double Coverage::percent(std::optional<CoverageKind> kind) const {
  const std::size_t all = total(kind);
  return all == 0 ? 100.0 : 100.0 * static_cast<double>(covered(kind)) / static_cast<double>(all);
}

namespace {

bool tells(PolicyStatus status) {
  return status != PolicyStatus::NotApplicable && status != PolicyStatus::NotEvaluated;
}

void collect_lines(Node node, std::set<std::uint32_t>& out) {
  if (node.position().line > 0) out.insert(node.position().line);
  if (node.key_position().line > 0) out.insert(node.key_position().line);
  for (const Node child : node) collect_lines(child, out);
}

std::vector<std::uint32_t> lines_of(Node node) {
  std::set<std::uint32_t> out;
  collect_lines(node, out);
  return {out.begin(), out.end()};
}

struct Lister {
  const Mesh& mesh;
  std::vector<CoverageItem> out;

  void add(CoverageKind kind, std::string name, const Source& at, std::string object, int index = -1,
           std::vector<std::uint32_t> lines = {}) {
    CoverageItem one;
    one.kind = kind;
    one.name = std::move(name);
    one.at = at;
    one.object = std::move(object);
    one.index = index;
    one.lines = std::move(lines);
    out.push_back(std::move(one));
  }

  void policies() {
    for (const char* kind : {"AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"})
      for (const Object* object : mesh.objects_of(kind)) {
        const std::string text = object->ref().text();
        const Node rules = object->spec()["rules"];
        const bool ruled = object->kind == "AuthorizationPolicy" && !rules.empty();
        add(CoverageKind::Policy, text, object->source(), text, -1,
            ruled ? std::vector<std::uint32_t>{object->source().position.line} : lines_of(object->spec()));
        if (!ruled) continue;
        for (std::size_t i = 0; i < rules.size(); ++i)
          add(CoverageKind::Rule, "rule " + std::to_string(i) + " of " + text,
              {object->source().file, rules.at(i).position()}, text, static_cast<int>(i), lines_of(rules.at(i)));
      }
  }

  void routes() {
    for (const char* kind : {"VirtualService", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"})
      for (const Object* object : mesh.objects_of(kind)) {
        const std::string text = object->ref().text();
        const bool istio = object->kind == "VirtualService";
        const Node rules = istio ? object->spec()["http"] : object->spec()["rules"];
        const bool streams = object->kind == "TCPRoute" || object->kind == "TLSRoute";
        if (rules.empty() || streams) {
          add(CoverageKind::Route, text, object->source(), text, -1, lines_of(object->spec()));
          continue;
        }
        for (std::size_t i = 0; i < rules.size(); ++i)
          add(CoverageKind::Route, "rule " + std::to_string(i) + " of " + text,
              {object->source().file, rules.at(i).position()}, text, static_cast<int>(i), lines_of(rules.at(i)));
      }
  }

  void proxies() {
    for (const Gateway& gateway : mesh.gateways) {
      const bool waypoint = gateway.kind == Gateway::Kind::Waypoint;
      const std::string name = gateway.ns + '/' + gateway.name;
      add(waypoint ? CoverageKind::Waypoint : CoverageKind::Gateway, (waypoint ? "waypoint " : "gateway ") + name,
          gateway.ref.source, name);
    }
    std::set<std::string> hops, modes;
    for (const Workload& w : mesh.workloads) {
      if (w.role != ProxyRole::None || w.external) continue;
      const std::string mode(mode_word(w.mode, w.role));
      modes.insert(mode);
      if (w.mode == DataplaneMode::Sidecar) hops.insert("sidecar");
      if (w.mode == DataplaneMode::Ambient) hops.insert("ztunnel");
    }
    for (const std::string& hop : hops)
      for (const char* direction : {"outbound", "inbound"})
        add(CoverageKind::Hop, hop + ' ' + direction, {}, hop + ' ' + direction);
    for (const std::string& mode : modes)
      for (const char* side : {"client", "destination"})
        add(CoverageKind::Mode, std::string(side) + ' ' + mode, {}, std::string(side) + ' ' + mode);
  }
};

std::vector<CoverageItem> items_of(const Mesh& mesh) {
  Lister lister{mesh, {}};
  lister.policies();
  lister.routes();
  lister.proxies();
  return std::move(lister.out);
}

std::string key_of(const CoverageItem& item) {
  return std::to_string(static_cast<int>(item.kind)) + '|' + item.name + '|' + item.at.text();
}

}  // namespace

bool touches(const CoverageItem& item, const Mesh& mesh, const Flow& flow, const Outcome& outcome) {
  switch (item.kind) {
    case CoverageKind::Policy:
      return std::any_of(outcome.policies.begin(), outcome.policies.end(),
                         [&](const PolicyFinding& p) { return tells(p.status) && p.policy.text() == item.object; });
    case CoverageKind::Rule:
      return std::any_of(outcome.policies.begin(), outcome.policies.end(), [&](const PolicyFinding& p) {
        return p.matched_rule == item.index && p.policy.text() == item.object;
      });
    case CoverageKind::Route:
      return std::any_of(outcome.routes.begin(), outcome.routes.end(), [&](const RouteFinding& r) {
        return r.chosen && (item.index < 0 || r.rule == item.index) && r.route.text() == item.object;
      });
    case CoverageKind::Waypoint:
    case CoverageKind::Gateway:
      return std::any_of(outcome.hops.begin(), outcome.hops.end(), [&](const Hop& h) {
        return h.proxy == (item.kind == CoverageKind::Waypoint ? ProxyKind::Waypoint : ProxyKind::Gateway) &&
               h.name == item.object;
      });
    case CoverageKind::Hop:
      return std::any_of(outcome.hops.begin(), outcome.hops.end(), [&](const Hop& h) {
        return std::string(to_string(h.proxy)) + (h.inbound ? " inbound" : " outbound") == item.object;
      });
    case CoverageKind::Mode: {
      const bool client = item.object.starts_with("client ");
      const std::string_view mode = std::string_view(item.object).substr(item.object.find(' ') + 1);
      if (client) {
        if (flow.from.kind != Client::Kind::Workload) return false;
        const std::size_t w = mesh.find_workload(flow.from.ns, flow.from.name);
        return w != kNone && mode_word(mesh.workloads[w].mode, mesh.workloads[w].role) == mode;
      }
      const std::size_t w = outcome.destination_workload;
      return w < mesh.workloads.size() && mode_word(mesh.workloads[w].mode, mesh.workloads[w].role) == mode;
    }
  }
  return false;
}

Coverage coverage_of(const TestRun& run, bool suggest) {
  std::map<std::string, CoverageItem> all;
  std::map<std::string, const Loaded*> home;  // a suite in which the item can be asked for
  std::map<std::string, std::size_t> enforced, other;
  for (const SuiteResult& suite : run.suites) {
    if (suite.loaded->unreadable) continue;
    const Mesh& mesh = *suite.loaded->world.mesh;
    for (CoverageItem& item : items_of(mesh)) {
      const std::string key = key_of(item);
      const auto [it, fresh] = all.emplace(key, std::move(item));
      home.emplace(key, suite.loaded.get());
      CoverageItem& known = it->second;
      for (const TestResult& test : suite.tests) {
        if (!test.result) continue;
        for (const Outcome& outcome : test.result->outcomes) {
          if (touches(known, mesh, test.result->flow, outcome)) ++known.hits;
          if (known.kind != CoverageKind::Rule) continue;
          for (const PolicyFinding& p : outcome.policies)
            if (tells(p.status) && p.policy.text() == known.object)
              ++(p.status == PolicyStatus::Enforced ? enforced : other)[key];
        }
      }
    }
  }
  Coverage out;
  std::map<const Loaded*, std::vector<std::string>> left;
  for (auto& [key, item] : all) {
    if (item.kind == CoverageKind::Rule && item.hits == 0 && enforced[key] == 0) item.hits = other[key];
    if (item.hits == 0) left[home[key]].push_back(key);
  }
  for (const SuiteResult& suite : run.suites) {  // in the order of the files
    const auto found = left.find(suite.loaded.get());
    if (found == left.end()) continue;
    std::vector<CoverageItem*> uncovered;
    for (const std::string& key : found->second) uncovered.push_back(&all[key]);
    mark_unreachable(*suite.loaded, uncovered);
    std::erase_if(uncovered, [](const CoverageItem* item) { return !item->unreachable.empty(); });
    if (suggest) suggest_flows(*suite.loaded, uncovered);
    left.erase(found);
  }
  for (auto& [key, item] : all) out.items.push_back(std::move(item));
  std::stable_sort(out.items.begin(), out.items.end(), [](const CoverageItem& a, const CoverageItem& b) {
    return std::tuple(a.kind, std::string_view(a.at.file), a.at.position.line, std::string_view(a.name)) <
           std::tuple(b.kind, std::string_view(b.at.file), b.at.position.line, std::string_view(b.name));
  });
  return out;
}

}  // namespace meshsim::scenarios
