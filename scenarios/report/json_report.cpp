// The result document of design.md section 6. The only place that knows its field names; the order of fields is part of
// the contract.
#include <algorithm>

#include "models/telemetry/matrix.h"
#include "scenarios/report/json_value.h"
#include "scenarios/report/report.h"
#include "scenarios/report/simulation_json.h"

namespace meshsim::scenarios {
namespace {

using Json = nlohmann::ordered_json;
using namespace models;

Json or_null(const std::optional<std::string>& value) { return value ? Json(*value) : Json(nullptr); }
Json or_null(const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); }

Json headers(const Headers& list) {
  Json out = Json::object();
  for (const auto& [name, value] : list) {
    // Repeated headers are joined with commas, as Envoy does.
    if (out.contains(name)) {
      out[name] = out[name].get<std::string>() + "," + value;
    } else {
      out[name] = value;
    }
  }
  return out;
}

Json reasons(const Reasons& list) {
  Json out = Json::array();
  for (const Reason& r : list) {
    Json entry{{"rule", or_null(r.rule)}, {"text", r.text}};
    if (!r.source.file.empty()) entry["source"] = r.source.text();
    out.push_back(std::move(entry));
  }
  return out;
}

Json rule_ids(const Reasons& list) {
  std::vector<std::string> ids;
  for (const Reason& r : list)
    if (!r.rule.empty() && std::find(ids.begin(), ids.end(), r.rule) == ids.end()) ids.push_back(r.rule);
  return ids;
}

Json hop(const Hop& h) {
  return {{"proxy", to_string(h.proxy)},
          {"name", h.name},
          {"direction", h.inbound ? "inbound" : "outbound"},
          {"transport", to_string(h.transport)},
          {"port", h.port},
          {"identity", or_null(h.identity)},
          {"rules", rule_ids(h.reasons)},
          {"reasons", reasons(h.reasons)}};
}

Json policy(const PolicyFinding& f) {
  Json out{{"policy", f.policy.text()},
           {"status", to_string(f.status)},
           {"at", f.at ? Json(to_string(*f.at)) : Json(nullptr)},
           {"name", or_null(f.at_name)},
           {"rules", f.rules},
           {"why", f.why}};
  if (f.matched_rule) out["matchedRule"] = *f.matched_rule;
  if (f.nearest_rule) out["nearestRule"] = *f.nearest_rule;
  if (!f.nearest_failure.empty()) out["nearestFailure"] = f.nearest_failure;
  if (!f.policy.source.file.empty()) out["source"] = f.policy.source.text();
  return out;
}

Json route(const RouteFinding& r) {
  Json out{{"route", r.route.text()},
           {"rule", r.rule < 0 ? Json(nullptr) : Json(r.rule)},
           {"chosen", r.chosen},
           {"at", to_string(r.at)},
           {"why", r.why},
           {"rules", r.rules}};
  if (!r.route.source.file.empty()) out["source"] = r.route.source.text();
  return out;
}

Json labels(const std::map<std::string, std::string>& pairs) {
  Json out = Json::object();
  for (const auto& [key, value] : pairs) out[key] = value;
  return out;
}

// TM-094: emitted is not supported; `supported` says what OpenShift Service Mesh 3.2 supports where both data planes
// meet.
Json telemetry(const Outcome& outcome) {
  const Telemetry& t = outcome.telemetry;
  Json metrics = Json::array(), logs = Json::array(), spans = Json::array(), lost = Json::array();
  for (const Metric& m : t.metrics)
    metrics.push_back({{"name", m.name},
                       {"reporter", or_null(m.reporter)},
                       {"labels", labels(m.labels)},
                       {"value", m.value},
                       {"supported", supported_in_ossm_coexistence(m, outcome)}});
  for (const AccessLog& l : t.logs)
    logs.push_back(
        {{"proxy", to_string(l.proxy)}, {"name", l.name}, {"direction", l.direction}, {"fields", labels(l.fields)}});
  for (const Span& s : t.spans)
    spans.push_back({{"proxy", to_string(s.proxy)},
                     {"name", s.name},
                     {"operation", s.operation},
                     {"parent", or_null(s.parent)},
                     {"attributes", labels(s.attributes)}});
  for (const Lost& l : t.lost)
    lost.push_back({{"signal", l.signal}, {"name", l.name}, {"why", l.why}, {"rules", l.rules}});
  return {{"metrics", std::move(metrics)},
          {"logs", std::move(logs)},
          {"spans", std::move(spans)},
          {"lost", std::move(lost)}};
}

Json denied_by(const DeniedBy& d) {
  return {{"proxy", to_string(d.proxy)},
          {"name", d.name},
          {"policy", or_null(d.policy)},
          {"rule", d.rule ? Json(*d.rule) : Json(nullptr)},
          {"ztunnelPolicy", or_null(d.ztunnel_policy)}};
}

Json outcome(const Outcome& o) {
  Json path = Json::array(), hops = Json::array(), policies = Json::array(), mirrored = Json::array(),
       routes = Json::array();
  for (const Hop& h : o.hops) {
    path.push_back(to_string(h.proxy));
    hops.push_back(hop(h));
  }
  for (const PolicyFinding& f : o.policies) policies.push_back(policy(f));
  for (const Mirror& m : o.mirrored_to)
    mirrored.push_back({{"workload", m.workload}, {"port", m.port}, {"share", m.share}});
  for (const RouteFinding& r : o.routes) routes.push_back(route(r));
  Json out;
  out["probability"] = o.probability;
  out["verdict"] = to_string(o.verdict);
  out["httpStatus"] = o.http_status ? Json(*o.http_status) : Json(nullptr);
  out["grpcStatus"] = or_null(o.grpc_status);
  out["responseFlags"] = o.response_flags;
  out["deniedBy"] = o.denied_by ? denied_by(*o.denied_by) : Json(nullptr);
  out["path"] = std::move(path);
  out["transport"] = o.transport ? Json(to_string(*o.transport)) : Json(nullptr);
  out["waypointTraversed"] = o.waypoint_traversed;
  out["l7Processed"] = o.l7_processed;
  out["routedTo"] = nullptr;
  if (o.routed_to)
    out["routedTo"] = {
        {"workload", o.routed_to->workload}, {"version", or_null(o.routed_to->version)}, {"port", o.routed_to->port}};
  out["mirroredTo"] = std::move(mirrored);
  out["upstream"] = {{"path", or_null(o.upstream.path)},
                     {"host", or_null(o.upstream.host)},
                     {"headers", headers(o.upstream.headers)},
                     {"httpVersion", or_null(o.upstream.http_version)}};
  out["response"] = {{"headers", headers(o.response_headers)},
                     {"answeredBy", o.answered_by ? Json(to_string(*o.answered_by)) : Json(nullptr)},
                     {"body", o.response_body.empty() ? Json(nullptr) : Json(o.response_body)}};
  out["hops"] = std::move(hops);
  out["policies"] = std::move(policies);
  out["routes"] = std::move(routes);
  out["reasons"] = reasons(o.reasons);
  out["telemetry"] = telemetry(o);
  return out;
}

Json expectations(const ExpectationResult& e) {
  Json failed = Json::array();
  for (const ExpectationFailure& f : e.failed)
    failed.push_back({{"field", f.field},
                      {"expected", Json::parse(f.expected, nullptr, false)},
                      {"actual", Json::parse(f.actual, nullptr, false)}});
  return {{"passed", e.passed}, {"failed", std::move(failed)}};
}

}  // namespace

Json diagnostics_value(const Diagnostics& list) {
  Json out = Json::array();
  for (const Diagnostic& d : list) {
    out.push_back({{"severity", to_string(d.severity)},
                   {"code", d.code},
                   {"object", or_null(d.object)},
                   {"file", or_null(d.file)},
                   {"line", d.position.line == 0 ? Json(nullptr) : Json(d.position.line)},
                   {"column", d.position.column == 0 ? Json(nullptr) : Json(d.position.column)},
                   {"message", d.message}});
  }
  return out;
}

Json run_value(const RunResult& run, const ReportOptions& options) {
  const Loaded& loaded = *run.loaded;
  Json out;
  out["apiVersion"] = "meshsim/v1";
  out["kind"] = "Run";
  out["scenario"] = loaded.scenario.name;
  out["profile"] = loaded.world.mesh ? loaded.world.mesh->settings.profile.name : std::string();
  out["seed"] = loaded.scenario.run.seed;
  out["diagnostics"] = diagnostics_value(loaded.diagnostics);
  Json workloads = Json::array(), flows = Json::array();
  if (loaded.world.mesh) {
    for (const Workload& w : loaded.world.mesh->workloads) {
      if (w.external || (!options.only_namespace.empty() && w.ns != options.only_namespace)) continue;
      workloads.push_back({{"workload", w.ns + '/' + w.name},
                           {"mode", mode_word(w.mode, w.role)},
                           {"hbone", w.wds_hbone() || w.sidecar_hbone},
                           {"waypoint", w.waypoint.bound() ? Json(w.waypoint.named) : Json(nullptr)}});
    }
  }
  for (const FlowRun& f : run.flows) {
    if (!shown(f.result.flow, options)) continue;
    Json outcomes = Json::array();
    for (const Outcome& o : f.result.outcomes) outcomes.push_back(outcome(o));
    flows.push_back({{"name", f.result.flow.name},
                     {"outcomes", std::move(outcomes)},
                     {"expectations", expectations(f.expectations)}});
  }
  out["workloads"] = std::move(workloads);
  out["flows"] = std::move(flows);
  if (run.simulation) out["simulation"] = simulation_value(*run.simulation, run.capacity.get());
  return out;
}

std::string run_json(const RunResult& run, const ReportOptions& options) {
  return run_value(run, options).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}
std::string run_yaml(const RunResult& run, const ReportOptions& options) { return yaml_text(run_value(run, options)); }

}  // namespace meshsim::scenarios
