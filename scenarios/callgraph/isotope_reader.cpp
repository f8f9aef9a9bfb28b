// An isotope topology (istio/tools, isotope/README.md): services with scripts of calls and sleeps. Sizes are those of
// docker's go-units (1 KB is 1024 bytes), percentages are "0.1%" or a number from 0 to 1, the probability of a call is
// a number of percent from 0 to 100 of which 0 means always, durations are Go's.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "scenarios/callgraph/call_graph.h"
#include "scenarios/read/fields.h"
#include "scenarios/read/nearest_name.h"

namespace meshsim::scenarios {

using models::Diagnostics;
using models::Node;
using models::Position;
using models::Severity;

namespace {

constexpr std::uint16_t kIsotopePort = 8080;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 50;

std::optional<double> decimal(std::string_view text) {
  double out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || !(out >= 0)) return std::nullopt;
  return out;
}

std::optional<std::uint64_t> byte_size(Node value) {
  double factor = 1;
  std::optional<double> number = value.number();
  if (value.is_string()) {
    std::string_view text = value.text();
    const auto drop = [&](std::string_view letters) {
      if (text.empty() || letters.find(text.back()) == std::string_view::npos) return '\0';
      const char last = text.back();
      text.remove_suffix(1);
      return last;
    };
    drop("bB");
    drop("iI");
    constexpr std::string_view kUnits = "kKmMgGtTpP";
    if (const char unit = drop(kUnits); unit != '\0')
      factor = std::ldexp(1.0, 10 * (static_cast<int>(kUnits.find(unit)) / 2 + 1));
    drop(" ");
    number = decimal(text);
  }
  if (!number || !(*number >= 0) || *number * factor > static_cast<double>(kMostBytes)) return std::nullopt;
  return static_cast<std::uint64_t>(*number * factor);
}

std::optional<double> percentage(Node value, double scale) {
  std::optional<double> number;
  if (value.is_string()) {
    std::string_view text = value.text();
    if (!text.ends_with('%')) return std::nullopt;
    text.remove_suffix(1);
    number = decimal(text);
    if (number) *number /= 100;
  } else if ((number = value.number())) {
    *number /= scale;
  }
  if (!number || !(*number >= 0 && *number <= 1)) return std::nullopt;
  return number;
}

struct Defaults {
  bool grpc = false;
  double errors = 0;
  std::uint64_t request_bytes = 0, response_bytes = 0;
  std::uint32_t replicas = 1;
  Node script;
};

class Reader {
 public:
  Reader(std::string file, Diagnostics& diagnostics) : file_(std::move(file)), diagnostics_(diagnostics) {}
  bool broken() const { return broken_; }

  CallGraph read(Node root) {
    CallGraph out;
    if (!root.is_mapping() || !root["services"].is_sequence()) {
      error(root.position(), "this is no isotope topology: it has no list `services`");
      return out;
    }
    known(root, {"apiVersion", "kind", "default", "defaults", "services"}, "");
    Defaults defaults;
    for (const char* key : {"default", "defaults"})
      if (const Node block = root[key]; block.has_value()) read_defaults(block, defaults);
    for (const Node one : root["services"]) declare(one);
    for (const Node one : root["services"]) read_service(one, defaults, out);
    return out;
  }

 private:
  void error(Position at, std::string message) {
    broken_ = true;
    diagnostics_.push_back({Severity::Error, "MSH0011", "", file_, at, std::move(message)});
  }
  void warn(Position at, std::string message) {
    diagnostics_.push_back({Severity::Warning, "MSH0016", "", file_, at, std::move(message)});
  }
  // Extensions are common; what they say is left out, and said so once.
  void known(Node node, std::initializer_list<std::string_view> names, const std::string& where) {
    for (const Node child : node)
      if (std::find(names.begin(), names.end(), child.key()) == names.end() &&
          unknown_.insert(std::string(child.key())).second)
        warn(child.key_position(), where + "the field " + std::string(child.key()) + " of a topology is not read");
  }

  template <class Value, class Parse>
  void field(Node node, std::string_view key, Value& into, std::string_view expected, const Parse& parse) {
    const Node value = node[key];
    if (!value.has_value()) return;
    if (const auto parsed = parse(value)) {
      into = static_cast<Value>(*parsed);
    } else {
      error(value.position(), std::string(key) + " must be " + std::string(expected) + ", not " + shown(value));
    }
  }
  void bytes(Node node, std::string_view key, std::uint64_t& into) {
    field(node, key, into, "a size such as \"1 KB\" or a number of bytes", byte_size);
  }
  void type(Node node, bool& grpc) {
    field(node, "type", grpc, "http or grpc", [](Node v) -> std::optional<bool> {
      if (v.string_or() == "http") return false;
      if (v.string_or() == "grpc") return true;
      return std::nullopt;
    });
  }
  void errors(Node node, double& into) {
    field(node, "errorRate", into, "a percentage such as \"0.1%\" or a number from 0 to 1",
          [](Node v) { return percentage(v, 1); });
  }
  void replicas(Node node, std::uint32_t& into) {
    field(node, "numReplicas", into, "a number from 0 to 100000", [](Node v) -> std::optional<std::int64_t> {
      const auto n = v.integer();
      return n && *n >= 0 && *n <= 100'000 ? n : std::nullopt;
    });
  }

  void read_defaults(Node block, Defaults& into) {
    if (!block.is_mapping()) return error(block.position(), "defaults must be a mapping, not " + shown(block));
    known(block, {"type", "script", "responseSize", "requestSize", "errorRate", "numRbacPolicies", "numReplicas"},
          "defaults: ");
    type(block, into.grpc);
    errors(block, into.errors);
    bytes(block, "requestSize", into.request_bytes);
    bytes(block, "responseSize", into.response_bytes);
    replicas(block, into.replicas);
    into.script = block["script"];
  }

  void declare(Node one) {
    const Node name = one["name"];
    if (!one.is_mapping() || !name.is_string() || name.text().empty())
      return error(one.position(), "a service of a topology needs a name");
    if (!names_.emplace(name.string(), one).second)
      error(name.position(), "there are two services named \"" + name.string() + '"');
  }

  void read_service(Node one, const Defaults& defaults, CallGraph& out) {
    const std::string name(one["name"].string_or());
    if (name.empty()) return;
    known(one,
          {"name", "namespace", "cluster", "type", "numReplicas", "isEntrypoint", "errorRate", "responseSize", "script",
           "numRbacPolicies"},
          "service " + name + ": ");
    GraphService service;
    service.source = {file_, one.position()};
    service.who.name = name;
    service.who.ns = std::string(one["namespace"].string_or());
    service.grpc = defaults.grpc;
    service.error_share = defaults.errors;
    service.replicas = defaults.replicas;
    type(one, service.grpc);
    errors(one, service.error_share);
    replicas(one, service.replicas);
    std::uint64_t checked = 0;  // it is the caller's call that has it
    bytes(one, "responseSize", checked);
    std::int64_t slept = 0;
    const Node script = one["script"].has_value() ? one["script"] : defaults.script;
    if (script.has_value() && !script.is_sequence()) error(script.position(), "a script must be a list of steps");
    for (const Node step : script) read_step(step, defaults, service, slept);
    if (slept > 0) service.service = sim::Law::constant({slept});
    if (one["isEntrypoint"].boolean().value_or(false)) {
      GraphEntry entry;
      entry.call = call_of(name, one["name"], defaults);
      out.entries.push_back(std::move(entry));
    }
    out.services.push_back(std::move(service));
  }

  void read_step(Node step, const Defaults& defaults, GraphService& service, std::int64_t& slept) {
    std::vector<GraphCall> together;
    std::int64_t longest = 0;
    if (step.is_sequence()) {
      for (const Node one : step) {
        if (one.is_sequence()) {
          error(one.position(), "a concurrent step may not hold another one");
          continue;
        }
        read_command(one, defaults, together, longest);
      }
      if (longest > 0 && !together.empty())
        warn(step.position(),
             "service " + service.who.name + ": a sleep beside calls counts as service time before them");
    } else {
      read_command(step, defaults, together, longest);
    }
    slept += longest;
    if (!together.empty()) service.steps.push_back(std::move(together));
  }

  void read_command(Node one, const Defaults& defaults, std::vector<GraphCall>& calls, std::int64_t& slept) {
    const Node call = one["call"], sleep = one["sleep"];
    if (!one.is_mapping() || one.size() != 1 || (!call.has_value() && !sleep.has_value()))
      return error(one.position(), "a step is `call` or `sleep`, or a list of these, not " + shown(one));
    if (sleep.has_value()) {
      const auto ns = sleep.is_string() ? parse_duration(sleep.text()) : std::nullopt;
      if (!ns) return error(sleep.position(), "sleep must be a duration such as \"10ms\", not " + shown(sleep));
      slept = std::max(slept, *ns);
      return;
    }
    const Node name = call.is_mapping() ? call["service"] : call;
    if (!name.is_string() || name.text().empty())
      return error(call.position(), "a call names a service, or is a mapping with `service`");
    if (!names_.contains(name.string())) {
      std::vector<std::string_view> names;
      for (const auto& [known_name, node] : names_) names.emplace_back(known_name);
      return error(name.position(),
                   "there is no service named \"" + name.string() + '"' + did_you_mean(name.text(), names));
    }
    GraphCall out = call_of(name.string(), name, defaults);
    if (call.is_mapping()) {
      known(call, {"service", "size", "payloadSize", "hostname", "probability", "extra-header"}, "call: ");
      bytes(call, "size", out.request_bytes);
      bytes(call, "payloadSize", out.request_bytes);
      field(call, "probability", out.probability, "a number of percent from 0 to 100",
            [](Node v) { return percentage(v, 100); });
      if (!(out.probability > 0)) out.probability = 1;
      if (const Node host = call["hostname"]; host.has_value()) {
        const std::string_view text = host.string_or();
        const auto colon = text.rfind(':');
        out.host = std::string(text.substr(0, colon));
        out.port = 80;
        if (colon != std::string_view::npos) {
          const std::string_view port = text.substr(colon + 1);
          const auto parsed = std::from_chars(port.data(), port.data() + port.size(), out.port);
          if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size() || out.port == 0)
            error(host.position(), "hostname must be a host, or host:port, not " + shown(host));
        }
        if (out.host.empty()) error(host.position(), "hostname must be a host, or host:port, not " + shown(host));
      }
    }
    calls.push_back(std::move(out));
  }

  GraphCall call_of(const std::string& name, Node at, const Defaults& defaults) {
    GraphCall out;
    const Node target = names_.find(name)->second;
    out.to.name = name;
    out.to.ns = std::string(target["namespace"].string_or());
    bool grpc = defaults.grpc;
    if (target["type"].has_value()) grpc = target["type"].string_or() == "grpc";
    out.protocol = grpc ? models::FlowProtocol::Grpc : models::FlowProtocol::Http;
    out.port = kIsotopePort;
    out.request_bytes = defaults.request_bytes;
    out.response_bytes = defaults.response_bytes;
    if (const auto size = byte_size(target["responseSize"])) out.response_bytes = *size;
    out.source = {file_, at.position()};
    return out;
  }

  std::string file_;
  Diagnostics& diagnostics_;
  bool broken_ = false;
  std::map<std::string, Node> names_;
  std::set<std::string> unknown_;
};

}  // namespace

CallGraph read_isotope(Node root, const std::string& file, Diagnostics& diagnostics, bool& broken) {
  Reader reader(file, diagnostics);
  CallGraph out = reader.read(root);
  broken = broken || reader.broken();
  return out;
}

}  // namespace meshsim::scenarios
