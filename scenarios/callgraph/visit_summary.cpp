// Visits of one workload as one description: its calls in steps, their probabilities, its own time. The n-th call of a
// visit to the same place is a call site of its own, so that three calls in a row stay three calls. Two sites are in
// one step when they overlapped in more than half of the visits that made both.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "scenarios/callgraph/visits.h"

namespace meshsim::scenarios {

using models::kNone;

namespace {

constexpr std::size_t kMostSites = 1000, kQuantiles = 129;
constexpr std::uint64_t kMostComparisons = 50'000'000;  // of two calls of one visit; what lies behind decides no order

struct Destination {
  MeshNames::Target target;
  models::FlowProtocol protocol = models::FlowProtocol::Http;
  auto operator<=>(const Destination&) const = default;
};

// The text that most wrote; of equals the first in the alphabet.
class Majority {
 public:
  void add(const std::string& text) {
    if (!text.empty()) ++counts_[text];
  }
  std::string get() const {
    const auto best = std::max_element(counts_.begin(), counts_.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return best == counts_.end() ? std::string() : best->first;
  }

 private:
  std::map<std::string, std::size_t> counts_;
};

struct Site {
  Destination to;
  std::size_t visits = 0;
  double offset = 0;  // sum of the starts, relative to the visit's
};

struct Edge {
  Majority method, path;
  std::uint64_t request_bytes = 0, response_bytes = 0, request_known = 0, response_known = 0;
  models::Source source;
};

struct Pair {
  std::uint32_t together = 0, overlapped = 0, before = 0;  // before: the first of the pair ended before the second
};

class Summary {
 public:
  Summary(const Visits& visits, const models::Mesh& mesh, double proxy_ns, MeshNames& names)
      : visits_(visits), mesh_(mesh), proxy_ns_(proxy_ns), names_(names) {
    destinations_.resize(visits.calls.size());
  }

  CallGraph run() {
    std::map<std::size_t, std::vector<const Visit*>> by_workload;
    for (const Visit& visit : visits_.visits) {
      const std::string ns = visit.workloads.empty() ? std::string() : mesh_.workloads[visit.workloads.front()].ns;
      for (const std::uint32_t call : visit.calls) resolve(call, ns);
      for (const std::size_t w : visit.workloads) by_workload[w].push_back(&visit);
    }
    for (const std::uint32_t call : visits_.from_outside) resolve(call, "");
    CallGraph out;
    for (const auto& [workload, visits] : by_workload) describe(workload, visits, out);
    outside(out);
    return out;
  }

 private:
  void resolve(std::uint32_t index, const std::string& client_ns) {
    const ObservedCall& call = visits_.calls[index];
    MeshNames::Party callee;
    std::string name = call.callee_name;
    if (call.visit != TraceSpan::kNobody) callee.workloads = visits_.visits[call.visit].workloads;
    std::string host = call.cluster_host;
    // A host is worth less than knowing who answered: it may be a name that only its author resolves.
    if (host.empty() && callee.workloads.empty()) {
      host = call.host;
      if (mesh_.resolve_host(host, client_ns) == kNone && !call.peer.empty()) {
        host.clear();
        name = call.peer;
        PartyName peer;
        peer.name = call.peer;
        callee = names_.find(peer);
      }
    }
    Destination& out = destinations_[index];
    out.target = names_.target(host, callee, name, call.port, client_ns);
    if (!out.target.known()) {
      const std::string what = !call.cluster_host.empty() ? call.cluster_host
                               : !call.host.empty()       ? call.host
                               : !call.peer.empty()       ? call.peer
                                                          : name;
      if (!what.empty() || !callee.workloads.empty())
        names_.warn(call.source, "MSH0015",
                    "the mesh has no Service for the calls to " + (what.empty() ? "a workload" : what) +
                        " that traces show; they are left out");
      return;
    }
    if (call.protocol) out.protocol = *call.protocol;
    if (!call.protocol && out.target.service != kNone)
      for (const models::ServicePort& port : mesh_.services[out.target.service].ports)
        if (port.port == out.target.port && !models::is_http(port.protocol) && port.protocol != models::Protocol::Unset)
          out.protocol = models::FlowProtocol::Tcp;
  }

  GraphCall call_to(const Destination& to, const Edge& edge) const {
    GraphCall out;
    if (to.target.workload != kNone) {
      out.to.ns = mesh_.workloads[to.target.workload].ns;
      out.to.workload = mesh_.workloads[to.target.workload].name;
    }
    out.host = names_.host_of(to.target);
    out.port = to.target.port;
    out.protocol = to.protocol;
    out.method = edge.method.get();
    out.path = edge.path.get();
    if (edge.request_known > 0) out.request_bytes = edge.request_bytes / edge.request_known;
    if (edge.response_known > 0) out.response_bytes = edge.response_bytes / edge.response_known;
    out.source = edge.source;
    return out;
  }

  static void observe(Edge& edge, const ObservedCall& call) {
    if (edge.source.file.empty()) edge.source = call.source;
    edge.method.add(call.method);
    edge.path.add(call.path);
    if (call.request_bytes > 0) edge.request_bytes += call.request_bytes, ++edge.request_known;
    if (call.response_bytes > 0) edge.response_bytes += call.response_bytes, ++edge.response_known;
  }

  // Of the visit, what no call covers.
  std::int64_t own_time(const Visit& visit) const {
    std::vector<std::pair<std::int64_t, std::int64_t>> calls;
    for (const std::uint32_t c : visit.calls) calls.emplace_back(visits_.calls[c].start_ns, visits_.calls[c].end_ns);
    std::sort(calls.begin(), calls.end());
    std::int64_t covered = 0, until = visit.start_ns;
    for (const auto& [start, end] : calls) {
      const std::int64_t from = std::max(start, until), to = std::min(end, visit.end_ns);
      if (to > from) covered += to - from;
      until = std::max(until, to);
    }
    const auto proxy = static_cast<std::int64_t>(visit.by_proxy ? proxy_ns_ : 0);
    return std::max<std::int64_t>(0, visit.end_ns - visit.start_ns - covered - proxy);
  }

  bool failed(const Visit& visit) const {
    return visit.error && std::none_of(visit.calls.begin(), visit.calls.end(), [&](std::uint32_t c) {
             const ObservedCall& call = visits_.calls[c];
             return call.error || (call.visit != TraceSpan::kNobody && visits_.visits[call.visit].error);
           });
  }

  void describe(std::size_t workload, const std::vector<const Visit*>& visits, CallGraph& out) {
    std::vector<std::int64_t> own;
    std::size_t errors = 0, served = 0;
    std::map<std::pair<Destination, std::uint32_t>, std::size_t> index;
    std::vector<Site> sites;
    std::map<Destination, Edge> edges;
    std::map<std::pair<std::size_t, std::size_t>, Pair> pairs;
    std::map<Destination, std::pair<double, Edge>> entries;
    models::Source first;
    for (const Visit* visit : visits) {
      const double share = 1.0 / static_cast<double>(visit->workloads.size());
      if (visit->origin) {
        for (const std::uint32_t c : visit->calls) {
          if (!destinations_[c].target.known()) continue;
          auto& [weight, edge] = entries[destinations_[c]];
          weight += share;
          observe(edge, visits_.calls[c]);
        }
        continue;
      }
      ++served;
      errors += failed(*visit) ? 1 : 0;
      if (visit->whole) own.push_back(own_time(*visit));
      std::vector<std::uint32_t> calls = visit->calls;
      std::erase_if(calls, [&](std::uint32_t c) { return !destinations_[c].target.known(); });
      std::stable_sort(calls.begin(), calls.end(), [&](std::uint32_t a, std::uint32_t b) {
        return visits_.calls[a].start_ns < visits_.calls[b].start_ns;
      });
      std::map<Destination, std::uint32_t> nth;
      std::vector<std::pair<std::size_t, const ObservedCall*>> made;
      for (const std::uint32_t c : calls) {
        const Destination& to = destinations_[c];
        const auto [it, added] = index.emplace(std::pair(to, nth[to]++), sites.size());
        if (added && sites.size() == kMostSites)
          names_.warn(visits_.calls[c].source, "MSH0016",
                      fmt::format("{}/{} makes more than {} calls for one request; the rest is left out",
                                  mesh_.workloads[workload].ns, mesh_.workloads[workload].name, kMostSites));
        if (added && sites.size() < kMostSites) sites.push_back({to, 0, 0});
        if (it->second >= sites.size()) continue;
        Site& site = sites[it->second];
        ++site.visits;
        site.offset += static_cast<double>(visits_.calls[c].start_ns - visit->start_ns);
        observe(edges[to], visits_.calls[c]);
        if (first.file.empty()) first = visits_.calls[c].source;
        made.emplace_back(it->second, &visits_.calls[c]);
      }
      for (std::size_t i = 0; i < made.size(); ++i)
        for (std::size_t k = i + 1; k < made.size() && comparisons_ < kMostComparisons; ++k, ++comparisons_)
          compare(made[i], made[k], pairs);
    }
    const std::string ns = mesh_.workloads[workload].ns, name = mesh_.workloads[workload].name;
    for (auto& [to, entry] : entries) {
      GraphEntry e;
      e.from = PartyName{"", ns, name, ""};
      e.call = call_to(to, entry.second);
      e.weight = entry.first;
      out.entries.push_back(std::move(e));
    }
    if (served == 0) return;
    GraphService service;
    service.who = {"", ns, name, ""};
    service.source = first;
    service.error_share = static_cast<double>(errors) / static_cast<double>(served);
    service.service = law_of(std::move(own));
    for (const std::vector<std::size_t>& step : steps_of(sites, pairs)) {
      std::vector<GraphCall> together;
      for (const std::size_t s : step) {
        GraphCall call = call_to(sites[s].to, edges[sites[s].to]);
        call.probability = static_cast<double>(sites[s].visits) / static_cast<double>(served);
        const auto same = std::find_if(together.begin(), together.end(), [&](const GraphCall& other) {
          return other.host == call.host && other.port == call.port && other.to == call.to &&
                 other.protocol == call.protocol && other.probability == call.probability;
        });
        if (same == together.end())
          together.push_back(std::move(call));
        else
          ++same->count;
      }
      service.steps.push_back(std::move(together));
    }
    out.services.push_back(std::move(service));
  }

  static void compare(std::pair<std::size_t, const ObservedCall*> a, std::pair<std::size_t, const ObservedCall*> b,
                      std::map<std::pair<std::size_t, std::size_t>, Pair>& pairs) {
    if (b.first < a.first) std::swap(a, b);
    Pair& pair = pairs[{a.first, b.first}];
    ++pair.together;
    if (a.second->start_ns < b.second->end_ns && b.second->start_ns < a.second->end_ns)
      ++pair.overlapped;
    else if (a.second->end_ns <= b.second->start_ns)
      ++pair.before;
  }

  static std::optional<sim::Law> law_of(std::vector<std::int64_t> own) {
    if (own.empty()) return std::nullopt;
    std::sort(own.begin(), own.end());
    std::vector<sim::SimTime> quantiles;
    const std::size_t points = std::min(own.size(), kQuantiles);
    for (std::size_t i = 0; i < points; ++i)
      quantiles.push_back({own[points == 1 ? 0 : i * (own.size() - 1) / (points - 1)]});
    return sim::Law::empirical(std::move(quantiles));
  }

  // Sites in the order in which most visits made them, cut into steps.
  static std::vector<std::vector<std::size_t>> steps_of(
      const std::vector<Site>& sites, const std::map<std::pair<std::size_t, std::size_t>, Pair>& pairs) {
    const auto pair_of = [&](std::size_t a, std::size_t b) {
      const auto it = pairs.find({std::min(a, b), std::max(a, b)});
      return it == pairs.end() ? Pair{} : it->second;
    };
    const auto precedes = [&](std::size_t a, std::size_t b) {
      const Pair p = pair_of(a, b);
      const std::uint32_t apart = p.together - p.overlapped;
      if (const std::uint32_t first = a < b ? p.before : apart - p.before; 2 * first != apart) return 2 * first > apart;
      return sites[a].offset / static_cast<double>(sites[a].visits) <
             sites[b].offset / static_cast<double>(sites[b].visits);
    };
    std::vector<std::size_t> order;
    for (std::size_t s = 0; s < sites.size(); ++s) {
      std::size_t at = order.size();
      while (at > 0 && precedes(s, order[at - 1])) --at;
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), s);
    }
    std::vector<std::vector<std::size_t>> steps;
    for (const std::size_t s : order) {
      std::uint64_t together = 0, overlapped = 0;
      if (!steps.empty())
        for (const std::size_t other : steps.back()) {
          const Pair p = pair_of(s, other);
          together += p.together;
          overlapped += p.overlapped;
        }
      if (together == 0 || 2 * overlapped <= together) steps.emplace_back();
      steps.back().push_back(s);
    }
    for (std::vector<std::size_t>& step : steps)  // what happens at once has no order of its own
      std::stable_sort(step.begin(), step.end(),
                       [&](std::size_t a, std::size_t b) { return sites[a].to < sites[b].to; });
    return steps;
  }

  void outside(CallGraph& out) {
    std::map<std::pair<Destination, std::size_t>, std::pair<double, Edge>> entries;
    std::map<std::pair<Destination, std::size_t>, Majority> hosts;
    for (const std::uint32_t c : visits_.from_outside) {
      const ObservedCall& call = visits_.calls[c];
      if (!destinations_[c].target.known()) continue;
      auto& [weight, edge] = entries[{destinations_[c], call.gateway}];
      weight += 1;
      observe(edge, call);
      hosts[{destinations_[c], call.gateway}].add(call.host);
    }
    for (auto& [key, entry] : entries) {
      GraphEntry e;
      e.call = call_to(key.first, entry.second);
      e.weight = entry.first;
      if (key.second != kNone) {
        e.gateway = std::pair(mesh_.gateways[key.second].ns, mesh_.gateways[key.second].name);
        if (const std::string host = hosts[key].get(); !host.empty()) e.call.host = host;
        const std::size_t service = mesh_.gateways[key.second].service;
        e.call.port = 80;
        if (service != kNone && !mesh_.services[service].ports.empty() &&
            mesh_.services[service].find_port(80) == nullptr)
          e.call.port = mesh_.services[service].ports.front().port;
      }
      out.entries.push_back(std::move(e));
    }
  }

  const Visits& visits_;
  const models::Mesh& mesh_;
  double proxy_ns_;
  MeshNames& names_;
  std::vector<Destination> destinations_;
  std::uint64_t comparisons_ = 0;
};

}  // namespace

CallGraph summarise(const Visits& visits, const models::Mesh& mesh, double proxy_ns, MeshNames& names) {
  return Summary(visits, mesh, proxy_ns, names).run();
}

}  // namespace meshsim::scenarios
