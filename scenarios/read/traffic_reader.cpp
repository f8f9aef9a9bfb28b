// How often flows are asked and what things cost: the traffic fields of a flow, `applications`, `nodes` and `costs`.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "scenarios/read/input_text.h"
#include "scenarios/read/nearest_name.h"
#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

using models::CostModel;
using models::Node;

namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 50;
constexpr std::array<std::string_view, 7> kArrivals = {"poisson", "constant", "bursty", "ramp",
                                                       "diurnal", "trace",    "closed"};

std::optional<double> number_field(Fields& fields, std::string_view key, double least, double most) {
  const Node value = fields.node(key);
  if (!value.has_value()) return std::nullopt;
  const auto number = value.number();
  if (number && *number >= least && *number <= most) return number;
  fields.wrong(value, key, "a number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

// Times of requests: a list of durations since the start, or a file with one number of seconds a line.
std::vector<std::int64_t> read_trace(Fields& fields, const ReadOptions& options, ScenarioFindings& findings) {
  std::vector<std::int64_t> out;
  const Node value = fields.node("trace");
  if (!value.has_value()) return out;
  if (value.is_sequence()) {
    for (const Node one : value) {
      const auto ns = one.is_string() ? parse_duration(one.text()) : std::nullopt;
      if (!ns) {
        fields.wrong(one, "trace", "a list of durations since the start");
        break;
      }
      out.push_back(*ns);
    }
  } else if (value.is_string()) {
    const auto text =
        read_file_text(options.base / value.text(), std::string(value.text()), options.limits, findings.out);
    if (!text) {
      findings.broken = true;
      return out;
    }
    std::size_t number = 0;
    for (std::string_view rest = *text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(rest.size(), end + 1));
      ++number;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty() || line.front() == '#') continue;
      double seconds = -1;
      const auto parsed = std::from_chars(line.data(), line.data() + line.size(), seconds);
      if (parsed.ec != std::errc() || parsed.ptr != line.data() + line.size() || !(seconds >= 0) || seconds > 9e9) {
        findings.error(
            "MSH0011", value.position(),
            std::string(value.text()) + ':' + std::to_string(number) + ": a trace holds one number of seconds a line");
        return out;
      }
      out.push_back(static_cast<std::int64_t>(std::llround(seconds * 1e9)));
    }
  } else {
    fields.wrong(value, "trace", "a file or a list of durations");
  }
  std::sort(out.begin(), out.end());
  return out;
}

void read_proxy_cost(Fields& costs, std::string_view key, models::ProxyCost& cost, std::uint32_t* workers,
                     ScenarioFindings& findings) {
  const Node node = costs.mapping(key);
  if (!node.exists()) return;
  Fields fields(node, costs.path_of(key), findings);
  if (const auto ns = fields.duration("latency")) cost.latency_ns = static_cast<double>(*ns);
  if (const auto sigma = number_field(fields, "sigma", 0, 3)) cost.sigma = *sigma;
  if (const auto ns = fields.duration("cpu")) cost.cpu_ns = static_cast<double>(*ns);
  if (const auto ns = number_field(fields, "perByteNs", 0, 1e6)) cost.per_byte_ns = *ns;
  if (workers != nullptr) *workers = static_cast<std::uint32_t>(fields.integer("workers", 1, 1024).value_or(*workers));
  fields.done();
}

void nanoseconds(Fields& fields, std::string_view key, double& into) {
  if (const auto ns = fields.duration(key)) into = static_cast<double>(*ns);
}
void nanoseconds(Fields& fields, std::string_view key, std::int64_t& into) {
  if (const auto ns = fields.duration(key)) into = *ns;
}

std::optional<sim::Law> read_law(Fields& application, const std::string& path, ScenarioFindings& findings) {
  const Node value = application.node("serviceTime");
  if (!value.has_value()) return std::nullopt;
  if (value.is_string()) {
    const auto ns = parse_duration(value.text());
    if (!ns) application.wrong(value, "serviceTime", "a duration, or a mapping with mean and law");
    return sim::Law::constant({ns.value_or(0)});
  }
  Fields fields(value, path + ".serviceTime", findings);
  fields.require("mean");
  const sim::SimTime mean{fields.duration("mean").value_or(0)};
  const auto law = fields.word("law", {"constant", "exponential", "lognormal", "uniform"}).value_or(1);
  const double variation = number_field(fields, "variation", 0.001, 10).value_or(1.0);
  fields.done();
  switch (law) {
    case 0:
      return sim::Law::constant(mean);
    case 2:
      return mean.ns > 0 ? sim::Law::lognormal(mean, variation) : sim::Law::constant(mean);
    case 3:
      return sim::Law::uniform({0}, mean * 2);
    default:
      return mean.ns > 0 ? sim::Law::exponential(mean) : sim::Law::constant(mean);
  }
}

class CallReader {
 public:
  CallReader(const std::vector<ScenarioFlow>& flows, ScenarioFindings& findings) : flows_(flows), findings_(findings) {}

  std::vector<models::Call> read_step(Node node, const std::string& path) {
    std::vector<models::Call> out;
    if (node.is_sequence()) {
      std::size_t index = 0;
      for (const Node one : node) add(one, element(path, index++), out);
    } else {
      add(node, path, out);
    }
    return out;
  }

 private:
  void add(Node node, const std::string& path, std::vector<models::Call>& into) {
    models::Call call;
    Node name = node;
    if (node.is_string()) {
      call.flow = node.string();
    } else {
      Fields fields(node, path, findings_);
      fields.require("flow");
      name = node["flow"];
      call.flow = fields.text("flow").value_or("");
      call.probability = number_field(fields, "probability", 0, 1).value_or(1);
      call.count = static_cast<std::uint32_t>(fields.integer("count", 0, 10'000).value_or(1));
      fields.done();
    }
    std::vector<std::string_view> names;
    for (const ScenarioFlow& flow : flows_) names.push_back(flow.flow.name);
    if (std::find(names.begin(), names.end(), call.flow) == names.end()) {
      findings_.error("MSH0013", name.position(),
                      path + ": there is no flow named \"" + call.flow + '"' + did_you_mean(call.flow, names));
      return;
    }
    into.push_back(std::move(call));
  }

  const std::vector<ScenarioFlow>& flows_;
  ScenarioFindings& findings_;
};

}  // namespace

std::optional<double> rate_field(Fields& fields, std::string_view key) {
  const Node value = fields.node(key);
  if (!value.has_value()) return std::nullopt;
  auto rate = value.is_string() ? parse_rate(value.text()) : value.number();
  if (rate && (!(*rate >= 0) || *rate > 1e9)) rate.reset();
  if (!rate) fields.wrong(value, key, "a rate such as \"200/s\", \"12/m\" or a number per second");
  return rate;
}

Traffic read_traffic(Fields& fields, const ReadOptions& options, ScenarioFindings& findings) {
  Traffic t;
  t.per_second = rate_field(fields, "rate");
  const auto word = fields.word(
      "arrivals", {kArrivals[0], kArrivals[1], kArrivals[2], kArrivals[3], kArrivals[4], kArrivals[5], kArrivals[6]});
  t.arrivals = kArrivals[word.value_or(0)];
  t.request_bytes = static_cast<std::uint64_t>(fields.integer("requestBytes", 0, kMostBytes).value_or(512));
  t.response_bytes = static_cast<std::uint64_t>(fields.integer("responseBytes", 0, kMostBytes).value_or(4096));
  if (const Node burst = fields.mapping("burst"); burst.exists()) {
    Fields b(burst, fields.path_of("burst"), findings);
    t.burst_on_s = static_cast<double>(b.duration("active").value_or(1'000'000'000)) * 1e-9;
    t.burst_off_s = static_cast<double>(b.duration("idle").value_or(1'000'000'000)) * 1e-9;
    b.done();
    if (!(t.burst_on_s > 0)) fields.wrong(burst["active"], "burst.active", "a duration above zero");
  }
  t.ramp_to = rate_field(fields, "rampTo").value_or(0);
  t.swing = number_field(fields, "swing", 0, 1).value_or(0.5);
  t.period_s = static_cast<double>(fields.duration("period").value_or(86'400'000'000'000)) * 1e-9;
  if (!(t.period_s > 0)) fields.wrong(fields.self()["period"], "period", "a duration above zero");
  t.trace_ns = read_trace(fields, options, findings);
  t.clients = static_cast<std::uint32_t>(fields.integer("clients", 1, 10'000'000).value_or(1));
  t.think_ns = fields.duration("thinkTime").value_or(0);
  t.think_constant = fields.boolean("thinkConstant").value_or(false);
  t.together = fields.boolean("together").value_or(false);
  t.keep_alive = fields.boolean("keepAlive").value_or(true);
  t.connection_life_ns = fields.duration("connectionLifetime").value_or(0);
  t.timeout_ns = fields.duration("timeout").value_or(0);
  return t;
}

void read_costs(Node node, CostModel& c, ScenarioFindings& findings) {
  Fields fields(node, "costs", findings);
  if (const Node platform = fields.node("platform"); platform.has_value()) {
    const auto factor = platform.number();
    if (factor && *factor > 0 && *factor <= 100) {
      c.platform = *factor;
    } else if (platform.string_or() == "bare-metal") {
      c.platform = 1.0;
    } else if (platform.string_or() == "cloud") {
      c.platform = 2.4;
    } else {
      fields.wrong(platform, "platform", "bare-metal, cloud or a factor (CO-025)");
    }
  }
  read_proxy_cost(fields, "sidecar", c.sidecar_http, &c.sidecar_workers, findings);
  read_proxy_cost(fields, "sidecarTcp", c.sidecar_tcp, nullptr, findings);
  read_proxy_cost(fields, "gateway", c.gateway, &c.gateway_workers, findings);
  read_proxy_cost(fields, "waypoint", c.waypoint, &c.waypoint_workers, findings);
  read_proxy_cost(fields, "ztunnel", c.ztunnel, &c.ztunnel_workers, findings);
  nanoseconds(fields, "ztunnelConnection", c.ztunnel_connection_ns);
  nanoseconds(fields, "envoyConnection", c.envoy_connection_ns);
  c.envoy_ecdsa = fields.boolean("envoyEcdsa").value_or(c.envoy_ecdsa);
  if (const Node rtt = fields.mapping("rtt"); rtt.exists()) {
    Fields r(rtt, "costs.rtt", findings);
    nanoseconds(r, "sameNode", c.rtt_same_node_ns);
    nanoseconds(r, "node", c.rtt_node_ns);
    nanoseconds(r, "zone", c.rtt_zone_ns);
    nanoseconds(r, "outside", c.rtt_outside_ns);
    r.done();
  }
  c.nodes = static_cast<std::uint32_t>(fields.integer("nodes", 1, 100'000).value_or(c.nodes));
  nanoseconds(fields, "application", c.application_ns);
  nanoseconds(fields, "debounce", c.debounce_ns);
  nanoseconds(fields, "push", c.push_ns);
  nanoseconds(fields, "podStart", c.pod_start_ns);
  nanoseconds(fields, "drain", c.drain_ns);
  nanoseconds(fields, "podFailureSeen", c.pod_failure_seen_ns);
  nanoseconds(fields, "nodeFailureSeen", c.node_failure_seen_ns);
  nanoseconds(fields, "connectTimeout", c.connect_timeout_ns);
  if (const Node windows = fields.mapping("windows"); windows.exists()) {
    Fields w(windows, "costs.windows", findings);
    const auto bytes = [&](std::string_view key, std::uint64_t& into) {
      if (const auto n = w.integer(key, 1, 2'147'483'647)) into = static_cast<std::uint64_t>(*n);
    };
    bytes("ztunnelStream", c.ztunnel_stream_window);
    bytes("ztunnelConnection", c.ztunnel_connection_window);
    bytes("envoyStream", c.envoy_stream_window);
    bytes("envoyConnection", c.envoy_connection_window);
    w.done();
  }
  c.batching = fields.boolean("batching").value_or(c.batching);
  fields.done();
}

std::vector<std::pair<std::string, double>> read_nodes(Node node, ScenarioFindings& findings) {
  std::vector<std::pair<std::string, double>> out;
  for (const Node one : node) {
    Fields fields(one, "nodes." + std::string(one.key()), findings);
    fields.require("cores");
    if (const auto cores = number_field(fields, "cores", 0.001, 100'000)) out.emplace_back(one.key(), *cores);
    fields.done();
  }
  return out;
}

std::vector<models::Application> read_applications(Node node, const std::vector<ScenarioFlow>& flows,
                                                   ScenarioFindings& findings) {
  std::vector<models::Application> out;
  CallReader calls(flows, findings);
  for (const Node one : node) {
    models::Application a;
    a.workload = std::string(one.key());
    const std::string path = "applications." + a.workload;
    if (!parse_pair(a.workload))
      findings.error("MSH0011", one.key_position(), path + ": the name must be namespace/workload");
    Fields fields(one, path, findings);
    a.service = read_law(fields, path, findings);
    if (const auto ns = fields.duration("cpu")) a.cpu_ns = static_cast<double>(*ns);
    a.workers = static_cast<std::uint32_t>(fields.integer("workers", 0, 1'000'000).value_or(0));
    a.error_share = number_field(fields, "errors", 0, 1).value_or(0);
    a.cancels = fields.boolean("cancels").value_or(false);
    a.shutdown_ns = fields.duration("shutdown");
    std::size_t index = 0;
    for (const Node step : fields.list("calls"))
      if (auto together = calls.read_step(step, element(path + ".calls", index++)); !together.empty())
        a.calls.push_back(std::move(together));
    fields.done();
    out.push_back(std::move(a));
  }
  return out;
}

}  // namespace meshsim::scenarios
