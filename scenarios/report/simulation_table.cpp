// A simulated run as tables: flows, where their time goes, proxies, changes, windows.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "scenarios/report/simulation_report.h"
#include "scenarios/report/style.h"
#include "sim/analysis/confidence.h"
#include "sim/fingerprint.h"
#include "sim/sim_time.h"

namespace meshsim::scenarios {
namespace {

using namespace models;
using Row = std::vector<std::string>;

std::string milliseconds(double ns) { return fmt::format("{:.3f}", ns * 1e-6); }
std::string seconds(std::int64_t ns) { return fmt::format("{:.3f}s", static_cast<double>(ns) * 1e-9); }

std::string lines(std::vector<Row> rows) {
  std::vector<std::size_t> width;
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i >= width.size()) width.resize(i + 1);
      width[i] = std::max(width[i], row[i].size());
    }
  std::string out;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(width[i] - row[i].size() + 3, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string flows_table(const SimulationResult& r) {
  std::vector<Row> rows = {{"FLOW", "REQUESTS", "/S", "OK", "P50 ms", "P90 ms", "P99 ms", "MEAN ms", "+-", "QUEUE",
                            "PROXY", "CRYPTO", "NETWORK", "APPLICATION"}};
  const double observed =
      static_cast<double>(r.duration_ns - r.warmup_ns) * 1e-9 * static_cast<double>(r.replications.size());
  for (std::size_t i = 0; i < r.flows.size(); ++i) {
    const FlowStatistics& f = r.flows[i];
    if (f.started == 0) continue;
    std::uint64_t allowed = 0;
    for (const OutcomeCount& o : f.outcomes)
      if (o.verdict == Verdict::Allowed && o.cause.empty()) allowed += o.count;
    std::vector<double> means;
    for (const ReplicationSummary& one : r.replications)
      if (one.flow_count[i] > 0)
        means.push_back(static_cast<double>(one.flow_latency[i]) / static_cast<double>(one.flow_count[i]));
    Row row = {f.flow,
               std::to_string(f.finished),
               fmt::format("{:.4g}", observed > 0 ? static_cast<double>(f.finished) / observed : 0),
               f.finished
                   ? fmt::format("{:.5g}%", 100.0 * static_cast<double>(allowed) / static_cast<double>(f.finished))
                   : "-",
               milliseconds(static_cast<double>(f.latency.quantile(0.5))),
               milliseconds(static_cast<double>(f.latency.quantile(0.9))),
               milliseconds(static_cast<double>(f.latency.quantile(0.99))),
               milliseconds(f.latency.mean()),
               means.size() < 2 ? "-" : milliseconds(sim::analysis::confidence(means).half_width)};
    for (std::size_t p = 0; p < kTimeParts; ++p)
      row.push_back(f.finished ? milliseconds(static_cast<double>(f.part_ns[p]) / static_cast<double>(f.finished))
                               : "-");
    rows.push_back(std::move(row));
  }
  return lines(std::move(rows));
}

std::string hops_table(const SimulationResult& r) {
  std::vector<Row> rows = {{"FLOW", "HOP", "NAME", "DIRECTION", "P50 ms", "P90 ms", "P99 ms"}};
  for (const FlowStatistics& f : r.flows)
    for (const HopLatency& h : f.hops)
      rows.push_back({f.flow, h.proxy, h.name, h.inbound ? "inbound" : "outbound",
                      milliseconds(static_cast<double>(h.sojourn.quantile(0.5))),
                      milliseconds(static_cast<double>(h.sojourn.quantile(0.9))),
                      milliseconds(static_cast<double>(h.sojourn.quantile(0.99)))});
  return lines(std::move(rows));
}

std::string outcomes_table(const SimulationResult& r) {
  std::vector<Row> rows = {{"FLOW", "VERDICT", "CODE", "FLAGS", "CAUSE", "PATH", "REQUESTS"}};
  for (const FlowStatistics& f : r.flows) {
    std::map<Row, std::uint64_t> sums;  // over configurations and destinations
    for (const OutcomeCount& o : f.outcomes) {
      std::string path;
      for (const ProxyKind kind : o.path) path += (path.empty() ? "" : " > ") + std::string(to_string(kind));
      sums[{f.flow, std::string(to_string(o.verdict)), o.http_status ? std::to_string(*o.http_status) : "-",
            o.response_flags, o.cause.empty() ? "-" : o.cause, path.empty() ? "(no proxy)" : path}] += o.count;
    }
    for (const auto& [key, count] : sums) {
      if (count == 0) continue;
      rows.push_back(key);
      rows.back().push_back(std::to_string(count));
    }
  }
  return lines(std::move(rows));
}

std::string proxies_table(const SimulationResult& r, bool wide) {
  constexpr std::size_t kMost = 20;
  std::vector<const ProxyStatistics*> list;
  for (const ProxyStatistics& p : r.proxies)
    if (p.proxy != "application" || (wide && p.workers > 0)) list.push_back(&p);
  const auto load = [](const ProxyStatistics& p) {
    return p.observed_ns > 0 && p.workers > 0
               ? static_cast<double>(p.busy_ns) / static_cast<double>(p.observed_ns) / p.workers
               : 0.0;
  };
  std::stable_sort(list.begin(), list.end(),
                   [&](const ProxyStatistics* a, const ProxyStatistics* b) { return load(*a) > load(*b); });
  std::vector<Row> rows = {{"PROXY", "NAME", "BUSY", "CPU", "MEMORY", "CONNECTIONS", "HBONE", "HANDSHAKES"}};
  for (const ProxyStatistics* p : list) {
    if (!wide && rows.size() > kMost) break;
    const double cores = p->observed_ns > 0 ? static_cast<double>(p->cpu_ns) / static_cast<double>(p->observed_ns) : 0;
    rows.push_back({p->proxy, p->name, fmt::format("{:.1f}%", 100 * load(*p)), fmt::format("{:.0f}m", 1000 * cores),
                    fmt::format("{:.1f}MiB", static_cast<double>(p->memory_bytes) / 1048576),
                    std::to_string(p->connections_opened), std::to_string(p->hbone_opened),
                    std::to_string(p->handshakes)});
  }
  std::string out = lines(std::move(rows));
  if (!wide && list.size() > kMost) out += fmt::format("... and {} less busy ones (-o wide)\n", list.size() - kMost);
  return out;
}

std::string nodes_table(const SimulationResult& r) {
  std::vector<Row> rows = {{"NODE", "CORES", "BUSY", "SHORT OF CORES"}};
  for (const NodeStatistics& n : r.nodes) {
    const auto observed = static_cast<double>(n.observed_ns);
    if (observed <= 0) continue;
    rows.push_back({n.name, fmt::format("{:g}", static_cast<double>(n.millicores) / 1000),
                    fmt::format("{:.1f}%", 1e5 * static_cast<double>(n.cpu_ns) / observed /
                                               static_cast<double>(n.millicores)),
                    fmt::format("{:.1f}%", 100 * static_cast<double>(n.short_ns) / observed)});
  }
  return lines(std::move(rows));
}

std::string changes_table(const SimulationResult& r) {
  std::vector<Row> rows = {{"AT", "CHANGE", "KNOWN FROM", "TO"}};
  for (const ChangeRecord& c : r.changes) {
    if (c.replication != r.replications.front().replication) continue;
    rows.push_back({seconds(c.at_ns), c.what, c.first_ns < 0 ? "-" : seconds(c.first_ns),
                    c.last_ns < 0 ? "-" : seconds(c.last_ns)});
  }
  return lines(std::move(rows));
}

std::string ejections_table(const SimulationResult& r, bool wide) {
  constexpr std::size_t kMost = 20;
  std::vector<Row> rows = {{"EJECTED", "BY", "CLUSTER", "FROM", "UNTIL", "REASON"}};
  std::size_t all = 0;
  for (const Ejection& e : r.ejections) {
    if (e.replication != r.replications.front().replication || (++all > kMost && !wide)) continue;
    rows.push_back({e.endpoint, e.proxy, e.cluster, seconds(e.at_ns), e.until_ns < 0 ? "-" : seconds(e.until_ns),
                    e.reason});
  }
  std::string out = lines(std::move(rows));
  if (all > kMost && !wide) out += fmt::format("... and {} further ones (-o wide)\n", all - kMost);
  return out;
}

std::string windows_table(const SimulationResult& r, bool wide) {
  std::vector<Row> rows = {{"FLOW", "WINDOW", "OF", "FROM", "UNTIL", "LASTS", "REQUESTS"}};
  for (const Window& w : r.windows) {
    if (w.replication != r.replications.front().replication) continue;
    const bool harmless = w.kind == Window::Kind::Policy && (w.status == "enforced" || w.status == "dry-run");
    if (harmless && !wide) continue;
    rows.push_back({w.flow, w.status, w.subject.empty() ? "-" : w.subject, seconds(w.from_ns), seconds(w.until_ns),
                    seconds(w.until_ns - w.from_ns), std::to_string(w.requests)});
  }
  return rows.size() == 1 ? "none\n" : lines(std::move(rows));
}

}  // namespace

std::string simulation_table(const SimulationResult& r, const Capacity* capacity, bool wide, const ReportOptions&) {
  std::string out = fmt::format("\nSIMULATED {}, seed {}, {} replication{}, {} events, fingerprint {:016x}{}\n\n",
                                sim::to_string(sim::SimTime{r.duration_ns}), r.seed, r.replications.size(),
                                r.replications.size() == 1 ? "" : "s", r.events(), r.fingerprint(),
                                r.cut() ? " (CUT: ended before its time)" : "");
  out += flows_table(r) + '\n' + outcomes_table(r) + '\n' + proxies_table(r, wide);
  if (!r.nodes.empty()) out += '\n' + nodes_table(r);
  if (wide) out += '\n' + hops_table(r);
  if (!r.ejections.empty()) out += '\n' + ejections_table(r, wide);
  if (!r.changes.empty()) out += '\n' + changes_table(r) + "\nWINDOWS\n" + windows_table(r, wide);
  if (capacity != nullptr)
    out += fmt::format("\nCAPACITY (traffic equations): {:.4g} requests/s offered, {:.4g} sustainable, bottleneck {}\n",
                       capacity->offered_per_second, capacity->sustainable_per_second,
                       capacity->bottleneck.value_or("none"));
  for (const std::string& note : r.notes) out += "note: " + note + '\n';
  return out;
}

}  // namespace meshsim::scenarios
