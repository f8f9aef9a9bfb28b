#include "scenarios/export/openmetrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "scenarios/export/messages.h"
#include "scenarios/export/scrape_target.h"

namespace meshsim::scenarios {

using models::Hop;
using models::Metric;
using models::ProxyKind;

namespace {

// TM-003: Envoy's bounds, for milliseconds and for bytes alike.
constexpr std::array<double, 19> kBounds = {0.5,  1,    5,     10,    25,    50,     100,    250,     500,    1000,
                                            2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000};

struct Part {  // what one outcome adds to a series
  const Happened* happened = nullptr;
  double per_request = 1;
  double whole = 1;                // connections per request: their number is rounded up
  const Shares* shares = nullptr;  // of a histogram
  Shares own_shares;
  std::size_t pod = 0, pods = 1;  // requests are dealt out to the pods in turn
};
using Series = std::map<std::string, std::vector<Part>>;  // by rendered labels

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

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string rendered(const std::map<std::string, std::string>& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name + "=\"" + escaped(value) + "\"";
  }
  return out;
}

// honor_labels: what the proxy says wins over what the scrape adds.
std::string series_labels(const std::map<std::string, std::string>& own, const ScrapeTarget& target) {
  std::map<std::string, std::string> all = target.labels;
  for (const auto& [name, value] : own) all[label_name(name)] = value;
  return rendered(all);
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

double per_request(const Metric& metric, const Happened& happened) {
  const bool received = metric.name == "istio_tcp_received_bytes_total";
  if (!received && metric.name != "istio_tcp_sent_bytes_total") return metric.value;
  if (metric.value > 0) return metric.value;
  if (!bytes_flowed(*happened.flow, *happened.outcome)) return 0;
  return static_cast<double>(received ? happened.request_bytes : happened.response_bytes);
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

class Writer {
 public:
  Writer(const Recording& recording, OutputFile& out) : recording_(recording), out_(out) {}

  void head(std::string_view name, std::string_view type, std::string_view help) {
    out_.write(fmt::format("# TYPE {} {}\n# HELP {} {}\n", name, type, name, help));
  }
  void sample(std::string_view name, std::string_view suffix, std::string_view labels, std::string_view more,
              double value, std::size_t k) {
    const std::int64_t at = recording_.start_ns + static_cast<std::int64_t>(k) * recording_.interval_ns;
    fmt::memory_buffer line;
    fmt::format_to(std::back_inserter(line), "{}{}{{{}{}}} {} {}.{:03}\n", name, suffix, labels, more, value,
                   at / 1'000'000'000, at / 1'000'000 % 1000);
    out_.write({line.data(), line.size()});
  }
  std::size_t samples() const { return recording_.samples; }

  void counter(const Family& family) {
    for (const auto& [labels, parts] : family.series)
      for (std::size_t k = 0; k < samples(); ++k) {
        double value = 0;
        for (const Part& part : parts) {
          const double share = share_of_pod(part.happened->totals[k], part.pod, part.pods);
          value += (part.whole < 1 ? std::ceil(share * part.whole) : share) * part.per_request;
        }
        sample(family.name, "_total", labels, "", value, k);
      }
  }

  void histogram(const Family& family) {
    for (const auto& [labels, parts] : family.series)
      for (std::size_t k = 0; k < samples(); ++k) {
        std::array<double, kBounds.size()> buckets{};
        double count = 0, sum = 0;
        for (const Part& part : parts) {
          const Shares& shares = part.shares ? *part.shares : part.own_shares;
          const double total = share_of_pod(part.happened->totals[k], part.pod, part.pods) * part.per_request;
          const bool whole = total == std::floor(total);
          for (std::size_t b = 0; b < kBounds.size(); ++b) {
            const double part_of = below(shares, kBounds[b]);
            buckets[b] += part_of >= 1 ? total : whole ? std::floor(total * part_of) : total * part_of;
          }
          count += total;
          for (const auto& [value, share] : shares) sum += total * share * value;
        }
        for (std::size_t b = 0; b < kBounds.size(); ++b)
          sample(family.name, "_bucket", labels, fmt::format(",le=\"{}\"", kBounds[b]), buckets[b], k);
        sample(family.name, "_bucket", labels, ",le=\"+Inf\"", count, k);
        sample(family.name, "_count", labels, "", count, k);
        sample(family.name, "_sum", labels, "", sum, k);
      }
  }

 private:
  const Recording& recording_;
  OutputFile& out_;
};

}  // namespace

void write_openmetrics(const RunResult& run, const Recording& recording, OutputFile& out) {
  const models::Mesh& mesh = *run.loaded->world.mesh;
  std::array<Family, 11> all = families();
  const auto family = [&all](std::string_view name) -> Family* {
    if (name.ends_with("_total")) name.remove_suffix(6);
    const auto it = std::find_if(all.begin(), all.end(), [name](const Family& f) { return f.name == name; });
    return it == all.end() ? nullptr : &*it;
  };
  for (const Happened& happened : recording.happened)
    for (const Metric& metric : happened.outcome->telemetry.metrics) {
      const std::size_t hop = hop_of(metric, *happened.outcome);
      Family* to = family(metric.name);
      if (hop == happened.outcome->hops.size() || to == nullptr) continue;
      const std::vector<ScrapeTarget> targets = targets_of(*happened.mesh, happened.outcome->hops[hop]);
      for (std::size_t pod = 0; pod < targets.size(); ++pod) {
        Part part;
        part.happened = &happened;
        part.per_request = per_request(metric, happened);
        if (to->name.starts_with("istio_tcp_connections_")) part.whole = happened.connections_at(hop);
        part.pod = pod;
        part.pods = targets.size();
        if (to->name == "istio_request_duration_milliseconds")
          part.shares = &happened.hops[hop].milliseconds;
        else if (to->histogram)
          part.own_shares = {{static_cast<double>(to->name == "istio_request_bytes" ? happened.request_bytes
                                                                                    : happened.response_bytes),
                              1.0}};
        to->series[series_labels(metric.labels, targets[pod])].push_back(std::move(part));
      }
    }

  Writer writer(recording, out);
  writer.head("istio_build", "gauge", "version of a component");
  for (const ProxyTarget& proxy : all_targets(mesh)) {
    const std::string labels = series_labels(
        {{"component", proxy.ztunnel ? "ztunnel" : "proxy"}, {"tag", mesh.settings.profile.istio_version}},
        proxy.target);
    for (std::size_t k = 0; k < writer.samples(); ++k) writer.sample("istio_build", "", labels, "", 1, k);
  }
  for (const Family& f : all) {
    if (f.series.empty()) continue;
    writer.head(f.name, f.histogram ? "histogram" : "counter", f.help);
    f.histogram ? writer.histogram(f) : writer.counter(f);
  }
  out.write("# EOF\n");
}

}  // namespace meshsim::scenarios
