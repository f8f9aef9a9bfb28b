#include "scenarios/export/openmetrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>

#include <fmt/format.h>

#include "scenarios/export/messages.h"
#include "scenarios/export/openmetrics_writer.h"

namespace meshsim::scenarios {

using models::Hop;
using models::Metric;
using models::ProxyKind;

namespace {

struct Part {  // what one outcome adds to a series
  const Happened* happened = nullptr;
  double per_request = 1;
  double whole = 1;                // connections per request: their number is rounded up
  double closed = 1;               // share of the connections that have been closed
  const Shares* shares = nullptr;  // of a histogram
  Shares own_shares;
  std::size_t pod = 0, pods = 1;  // requests are dealt out to the pods in turn
};
struct Line {  // one series
  std::vector<Part> parts;
  std::vector<double> bounds;  // of a histogram
};
using Series = std::map<std::string, Line>;  // by rendered labels

struct Family {
  std::string_view name;  // without _total
  bool histogram = false;
  std::string_view help;
  Series series = {};
};

std::array<Family, 11> families() {
  return {{{"istio_requests", false, "requests"},
           {"istio_request_duration_milliseconds", true, "duration of requests"},
           {"istio_request_bytes", true, "sizes of requests"},
           {"istio_response_bytes", true, "sizes of responses"},
           {"istio_request_messages", false, "gRPC messages sent by clients"},
           {"istio_response_messages", false, "gRPC messages sent by servers"},
           {"istio_tcp_connections_opened", false, "opened connections"},
           {"istio_tcp_connections_closed", false, "closed connections"},
           {"istio_tcp_connections_failed", false, "failed connections (ztunnel)"},
           {"istio_tcp_sent_bytes", false, "bytes from server to client"},
           {"istio_tcp_received_bytes", false, "bytes from client to server"}}};
}

std::size_t hop_of(const Metric& metric, const models::Outcome& outcome) {
  for (std::size_t i = 0; i < outcome.hops.size(); ++i) {
    const Hop& hop = outcome.hops[i];
    if (hop.proxy != metric.proxy || hop.name != metric.proxy_name) continue;
    const bool sided = hop.proxy == ProxyKind::Sidecar || hop.proxy == ProxyKind::Ztunnel;
    if (!sided || metric.reporter.empty() || hop.inbound == (metric.reporter == "destination")) return i;
  }
  return outcome.hops.size();
}

double per_request(const Metric& metric, const Happened& happened, std::size_t hop) {
  const bool received = metric.name == "istio_tcp_received_bytes_total";
  if (!received && metric.name != "istio_tcp_sent_bytes_total") return metric.value;
  if (metric.value > 0) return metric.value;
  if (!bytes_flowed(*happened.flow, *happened.outcome)) return 0;
  return static_cast<double>(received ? happened.request_bytes_at(hop) : happened.response_bytes);
}

double share_of_pod(double total, std::size_t pod, std::size_t pods) {
  if (pods <= 1) return total;
  if (total != std::floor(total)) return total / static_cast<double>(pods);
  return std::floor((total + static_cast<double>(pods - 1 - pod)) / static_cast<double>(pods));
}

double below(const Shares& shares, double bound) {
  double sum = 0;
  for (const auto& [value, share] : shares)
    if (value <= bound) sum += share;
  return sum;
}

// Of a counter until scrape k.
double value_at(std::span<const Part> parts, std::size_t k) {
  double value = 0;
  for (const Part& part : parts) {
    const double share = share_of_pod(part.happened->totals[k], part.pod, part.pods);
    double one = (part.whole < 1 ? std::ceil(share * part.whole) : share) * part.per_request;
    if (part.closed < 1) one = std::floor(one * part.closed);
    value += one;
  }
  return value;
}

void write_counter(const Family& family, OpenMetricsWriter& writer) {
  for (const auto& [labels, line] : family.series)
    for (std::size_t k = 0; k < writer.samples(); ++k)
      writer.sample(family.name, "_total", labels, "", value_at(line.parts, k), k);
}

void write_histogram(const Family& family, OpenMetricsWriter& writer) {
  for (const auto& [labels, line] : family.series) {
    std::vector<std::string> le;
    for (const double bound : line.bounds) le.push_back(fmt::format(",le=\"{}\"", bound));
    // Shares below each bound do not change with time.
    std::vector<std::vector<double>> shares(line.parts.size());
    std::vector<double> means(line.parts.size());
    for (std::size_t p = 0; p < line.parts.size(); ++p) {
      const Shares& values = line.parts[p].shares ? *line.parts[p].shares : line.parts[p].own_shares;
      for (const double bound : line.bounds) shares[p].push_back(below(values, bound));
      for (const auto& [value, share] : values) means[p] += share * value;
    }
    std::vector<double> buckets(line.bounds.size());
    for (std::size_t k = 0; k < writer.samples(); ++k) {
      std::fill(buckets.begin(), buckets.end(), 0.0);
      double count = 0, sum = 0;
      for (std::size_t p = 0; p < line.parts.size(); ++p) {
        const Part& part = line.parts[p];
        const double total = share_of_pod(part.happened->totals[k], part.pod, part.pods) * part.per_request;
        const bool whole = total == std::floor(total);
        for (std::size_t b = 0; b < buckets.size(); ++b) {
          const double part_of = shares[p][b];
          buckets[b] += part_of >= 1 ? total : whole ? std::floor(total * part_of) : total * part_of;
        }
        count += total;
        sum += total * means[p];
      }
      for (std::size_t b = 0; b < buckets.size(); ++b)
        writer.sample(family.name, "_bucket", labels, le[b], buckets[b], k);
      writer.sample(family.name, "_bucket", labels, ",le=\"+Inf\"", count, k);
      writer.sample(family.name, "_count", labels, "", count, k);
      writer.sample(family.name, "_sum", labels, "", sum, k);
    }
  }
}

// Sockets that a ztunnel has open (from 1.29 on): one per connection of an application, one per hundred streams of
// HBONE that arrive (HB-051).
struct Socket {
  Part opened, closed;
  bool streams = false;
};
using Sockets = std::map<std::string, std::vector<Socket>>;  // by rendered labels

void write_sockets(const Sockets& gauges, OpenMetricsWriter& writer) {
  if (gauges.empty()) return;
  writer.head("istio_tcp_sockets_open", "gauge", "open TCP sockets (unstable)");
  for (const auto& [labels, sockets] : gauges)
    for (std::size_t k = 0; k < writer.samples(); ++k) {
      double value = 0;
      for (const Socket& socket : sockets) {
        const double open = value_at({&socket.opened, 1}, k) - value_at({&socket.closed, 1}, k);
        value += socket.streams ? std::ceil(open / 100) : open;
      }
      writer.sample("istio_tcp_sockets_open", "", labels, "", value, k);
    }
}

}  // namespace

void write_openmetrics(const RunResult& run, const Recording& recording, OutputFile& out) {
  const models::Mesh& mesh = *run.loaded->world.mesh;
  std::array<Family, 11> all = families();
  const auto family = [&all](std::string_view name) -> Family* {
    if (name.ends_with("_total")) name.remove_suffix(6);
    const auto it = std::find_if(all.begin(), all.end(), [name](const Family& f) { return f.name == name; });
    return it == all.end() ? nullptr : &*it;
  };
  Sockets sockets;
  for (const Happened& happened : recording.happened)
    for (const Metric& metric : happened.outcome->telemetry.metrics) {
      const std::size_t hop = hop_of(metric, *happened.outcome);
      Family* to = family(metric.name);
      if (hop == happened.outcome->hops.size() || to == nullptr) continue;
      const std::vector<ScrapeTarget> targets = targets_of(*happened.mesh, happened.outcome->hops[hop]);
      const std::size_t index = happened.outcome->hops[hop].workload;
      const models::Workload* own =
          index < happened.mesh->workloads.size() ? &happened.mesh->workloads[index] : nullptr;
      for (std::size_t pod = 0; pod < targets.size(); ++pod) {
        Part part;
        part.happened = &happened;
        part.per_request = per_request(metric, happened, hop);
        if (to->name.starts_with("istio_tcp_connections_")) part.whole = happened.connections_at(hop);
        if (to->name == "istio_tcp_connections_closed") part.closed = happened.closed_at(hop);
        if (to->name == "istio_tcp_connections_opened" && metric.proxy == ProxyKind::Ztunnel &&
            mesh.settings.profile.ztunnel_failure_flags) {
          Socket socket{
              part, part,
              metric.reporter == "destination" && metric.labels.at("connection_security_policy") == "mutual_tls"};
          socket.closed.closed = happened.closed_at(hop);
          sockets[series_labels({{"reporter", metric.reporter}}, targets[pod])].push_back(std::move(socket));
        }
        part.pod = pod;
        part.pods = targets.size();
        if (to->name == "istio_request_duration_milliseconds")
          part.shares = &happened.milliseconds[hop];
        else if (to->histogram)
          part.own_shares = {{static_cast<double>(to->name == "istio_request_bytes" ? happened.request_bytes_at(hop)
                                                                                    : happened.response_bytes),
                              1.0}};
        Line& line = to->series[series_labels(metric.labels, targets[pod])];
        if (to->histogram && line.bounds.empty()) line.bounds = bucket_bounds(own, to->name);
        line.parts.push_back(std::move(part));
      }
    }

  OpenMetricsWriter writer(recording, out);
  write_builds(mesh, writer);
  for (const Family& f : all) {
    if (f.series.empty()) continue;
    writer.head(f.name, f.histogram ? "histogram" : "counter", f.help);
    f.histogram ? write_histogram(f, writer) : write_counter(f, writer);
  }
  write_sockets(sockets, writer);
  write_workload_managers(mesh, writer);
  write_containers(run, recording, writer);
  out.write("# EOF\n");
}

}  // namespace meshsim::scenarios
