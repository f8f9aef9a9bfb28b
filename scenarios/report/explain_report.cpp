// explain: what users paste into chats. One flow, hop by hop; every route and policy considered and why it did or did
// not apply, with rule ids and places in files; what the telemetry will not show.
#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "scenarios/report/report.h"
#include "scenarios/report/style.h"

namespace meshsim::scenarios {
namespace {

using namespace models;
constexpr std::size_t kWidth = 100;

std::string place(const Source& source) { return source.file.empty() ? "" : " (" + source.text() + ")"; }

std::string joined(const std::vector<std::string>& words, std::string_view by) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(by)) + word;
  return out;
}

std::string percent(double probability) { return fmt::format("{:.4g} %", probability * 100); }

class Explanation {
 public:
  Explanation(const Loaded& loaded, const Style& style, std::size_t width)
      : loaded_(loaded), style_(style), width_(width) {}

  std::string head(const Flow& flow) const;
  std::string verdict(const Outcome& outcome) const;
  std::string body(const Outcome& outcome) const;

 private:
  std::string reason(const Reason& r, std::size_t indent) const {
    return hanging(style_.dim(fmt::format("{:<8}", r.rule.empty() ? "-" : r.rule)), r.text + place(r.source), width_,
                   indent);
  }
  // How a pod is captured, and why: the first thing to know of either end.
  std::string mode(std::size_t workload, std::size_t indent) const;
  void path(const Outcome& o, std::string& out) const;
  void routes(const Outcome& o, std::string& out) const;
  void policies(const Outcome& o, std::string& out) const;
  void lost(const Outcome& o, std::string& out) const;
  void conditions(const ObjectRef& object, std::size_t indent, std::string& out) const;

  const Loaded& loaded_;
  const Style& style_;
  std::size_t width_;
};

std::string Explanation::head(const Flow& f) const {
  std::string from = f.from.kind == Client::Kind::Outside
                         ? "a client outside the cluster" + (f.from.ip ? " (" + f.from.ip->text() + ")" : std::string())
                     : f.from.kind == Client::Kind::Gateway ? "gateway " + f.from.ns + '/' + f.from.name
                                                            : f.from.ns + '/' + f.from.name;
  std::string to = f.to.kind == Destination::Kind::Pod ? "pod " + f.to.ns + '/' + f.to.name
                   : f.to.host.empty() && f.to.ip      ? f.to.ip->text()
                                                       : f.to.host;
  if (f.to.gateway) to += " at gateway " + f.to.gateway->first + '/' + f.to.gateway->second;
  std::string what(to_string(f.protocol));
  if (is_http(f.protocol) || f.protocol == FlowProtocol::Https) what += ' ' + f.request.method + ' ' + f.request.path;
  std::string out = style_.bold(f.name) + style_.dim(place(f.source)) + '\n' +
                    fmt::format("  {} -> {}:{}   {}\n", from, to, f.to.port, what);
  if (f.from.kind == Client::Kind::Workload && loaded_.world.mesh)
    if (const std::size_t w = loaded_.world.mesh->find_workload(f.from.ns, f.from.name); w != kNone)
      out += "  " + from + " is " + mode(w, 5);
  return out;
}

std::string Explanation::mode(std::size_t workload, std::size_t indent) const {
  const Workload& w = loaded_.world.mesh->workloads[workload];
  const bool none = w.mode == DataplaneMode::None && w.role == ProxyRole::None;
  std::string out = style_.bold(none ? std::string("in no mode") : std::string(mode_word(w.mode, w.role))) + '\n';
  for (const Reason& r : w.mode_reasons) out += reason(r, indent);
  return out;
}

std::string Explanation::verdict(const Outcome& o) const {
  std::string out = style_.verdict(o.verdict, to_string(o.verdict));
  if (o.http_status) out += fmt::format(", HTTP {}", *o.http_status);
  if (o.grpc_status) out += ", gRPC " + *o.grpc_status;
  if (o.response_flags != "-" && !o.response_flags.empty()) out += ", response flags " + o.response_flags;
  return out;
}

void Explanation::path(const Outcome& o, std::string& out) const {
  out += style_.bold("Path") + '\n';
  if (o.hops.empty()) out += "  no proxy on the way\n";
  int n = 0;
  for (const Hop& hop : o.hops) {
    out +=
        fmt::format("  {}. {} {}  {} {} {} port {}\n", ++n, style_.bold(to_string(hop.proxy)), hop.name,
                    hop.inbound ? "receives" : "sends", to_string(hop.transport), hop.inbound ? "on" : "to", hop.port);
    const std::string peer = hop.identity.empty() ? hop.inbound ? "from a peer without identity" : "without identity"
                             : hop.inbound        ? "from " + hop.identity
                                                  : "as " + hop.identity;
    out += "     " + style_.dim(peer) + '\n';
    for (const Reason& r : hop.reasons) out += reason(r, 5);
  }
  if (o.routed_to)
    out += fmt::format("  {} {}:{}{}{}", o.verdict == Verdict::Allowed ? "-> reaches" : "-x meant for",
                       o.routed_to->workload, o.routed_to->port,
                       o.routed_to->version.empty() ? "" : " (version " + o.routed_to->version + ")",
                       o.destination_workload == kNone ? "\n" : ", " + mode(o.destination_workload, 5));
  for (const Mirror& m : o.mirrored_to)
    out += fmt::format("  -> a copy of {} to {}:{}\n", percent(m.share), m.workload, m.port);
}

void Explanation::routes(const Outcome& o, std::string& out) const {
  if (o.routes.empty()) return;
  out += style_.bold("Routes considered") + '\n';
  for (const RouteFinding& r : o.routes) {
    out += fmt::format("  {:<9}{}{} at {} {}{}\n", r.chosen ? "chosen" : "passed", style_.bold(r.route.text()),
                       r.rule < 0 ? "" : fmt::format(", rule {}", r.rule), to_string(r.at), r.at_name,
                       style_.dim(place(r.route.source)));
    if (!r.why.empty()) out += hanging(style_.dim(fmt::format("{:<8}", joined(r.rules, ", "))), r.why, width_, 11);
    conditions(r.route, 11, out);
  }
}

// What istiod writes into the object's status (PO-069a..h); below it what it wrote, where the manifests come from a
// live cluster.
void Explanation::conditions(const ObjectRef& ref, std::size_t indent, std::string& out) const {
  if (loaded_.world.policies)
    for (const StatusCondition& c : loaded_.world.policies->istiod_status(ref))
      out += hanging(style_.dim(fmt::format("{:<8}", c.rule)),
                     "istiod writes " + c.type + '=' + c.status + " (" + c.reason + "): " + c.message, width_, indent);
  const auto& objects = loaded_.scenario.objects;
  const auto it = std::find_if(objects.begin(), objects.end(), [&](const Object& o) {
    return o.kind == ref.kind && o.ns == ref.ns && o.name == ref.name;
  });
  if (it == objects.end()) return;
  const auto show = [&](Node list) {
    for (const Node c : list) {
      std::string text = c["type"].string() + '=' + c["status"].string();
      if (const auto why = c["reason"].string_or(); !why.empty()) text += " (" + std::string(why) + ")";
      if (const auto message = c["message"].string_or(); !message.empty()) text += ": " + std::string(message);
      out += hanging(style_.dim("status  "), text, width_, indent);
    }
  };
  show(it->status()["conditions"]);
  for (const Node parent : it->status()["parents"]) show(parent["conditions"]);
}

void Explanation::policies(const Outcome& o, std::string& out) const {
  out += style_.bold("Policies considered") + '\n';
  if (o.policies.empty()) out += "  none concerns this destination\n";
  for (const PolicyFinding& p : o.policies) {
    const std::string status(to_string(p.status));
    out += "  " + style_.status(p.status, status) + std::string(status.size() < 13 ? 15 - status.size() : 2, ' ') +
           style_.bold(p.policy.text());
    if (p.at) out += " at " + std::string(to_string(*p.at)) + (p.at_name.empty() ? "" : ' ' + p.at_name);
    std::string where = place(p.policy.source);
    const std::size_t indent = 17;
    // A long place gets its own line.
    if (visible_width(std::string_view(out).substr(out.rfind('\n') + 1)) + where.size() > width_)
      where = '\n' + std::string(indent - 1, ' ') + where;
    out += style_.dim(where) + '\n';
    for (std::size_t i = 0; i + 1 < p.rules.size(); ++i)
      out += std::string(indent, ' ') + style_.dim(p.rules[i]) + '\n';
    out += hanging(style_.dim(fmt::format("{:<8}", p.rules.empty() ? "-" : p.rules.back())), p.why, width_, indent);
    if (p.matched_rule && p.why.find("rule") == std::string::npos)
      out += fmt::format("{:{}}rule {} matched\n", "", indent + 8, *p.matched_rule);
    if (p.nearest_rule && !p.matched_rule && p.why.find(p.nearest_failure) == std::string::npos)
      out += wrapped(fmt::format("rule {} came nearest: {}", *p.nearest_rule, p.nearest_failure), width_, indent + 8);
    conditions(p.policy, indent, out);
  }
}

// Signals that are missing for the same reason stand together: `istio_requests_total, istio_request_bytes{...}: why`.
void Explanation::lost(const Outcome& o, std::string& out) const {
  if (o.telemetry.lost.empty()) return;
  out += style_.bold("Telemetry that an all-sidecar mesh would show and this flow does not") + '\n';
  std::vector<std::tuple<std::string, std::string, std::vector<std::string>>> groups;  // reason, signal, names
  for (const Lost& l : o.telemetry.lost) {
    const std::string why = l.why + (l.rules.empty() ? "" : " [" + joined(l.rules, ", ") + "]");
    const auto brace = std::min(l.name.find('{'), l.name.size());
    const std::string signal = l.signal + l.name.substr(brace);
    auto it = std::find_if(groups.begin(), groups.end(),
                           [&](const auto& g) { return std::get<0>(g) == why && std::get<1>(g) == signal; });
    if (it == groups.end()) it = groups.insert(groups.end(), {why, signal, {}});
    std::get<2>(*it).push_back(l.name.substr(0, brace));
  }
  for (const auto& [why, signal, names] : groups) {
    const auto brace = std::min(signal.find('{'), signal.size());
    out += hanging("- ", signal.substr(0, brace) + ' ' + joined(names, ", ") + signal.substr(brace) + ": " + why,
                   width_, 2);
  }
}

std::string Explanation::body(const Outcome& o) const {
  std::string out;
  if (o.denied_by) {
    const DeniedBy& d = *o.denied_by;
    const bool by_allow = std::any_of(o.policies.begin(), o.policies.end(), [](const PolicyFinding& p) {
      return p.status == PolicyStatus::Enforced && p.policy.kind == "AuthorizationPolicy";
    });
    std::string by = d.policy           ? *d.policy + (d.rule ? fmt::format(", rule {}", *d.rule) : "")
                     : d.ztunnel_policy ? *d.ztunnel_policy
                     : by_allow         ? std::string("no ALLOW policy matched")
                                        : std::string("mutual TLS was demanded");
    if (d.policy && d.ztunnel_policy) by += " (ztunnel: " + *d.ztunnel_policy + ")";
    out += fmt::format("  denied by {} {}: {}\n", to_string(d.proxy), d.name, by);
  }
  if (o.answered_by)
    out += fmt::format("  answered by the {}{}\n", to_string(*o.answered_by),
                       o.response_body.empty() ? std::string() : fmt::format(": \"{}\"", o.response_body));
  for (const Reason& r : o.reasons) out += reason(r, 2);
  path(o, out);
  routes(o, out);
  policies(o, out);
  lost(o, out);
  return out;
}

// The text of an outcome with its own destination taken out, to find outcomes that tell the same story.
std::string story(const Loaded& loaded, const Outcome& o) {
  const Style plain(false);
  const Explanation one_line(loaded, plain, std::string::npos / 2);
  std::string text = one_line.verdict(o) + '\n' + one_line.body(o);
  if (!o.routed_to) return text;
  const auto replace = [&](const std::string& what) {
    for (auto at = text.find(what); !what.empty() && at != std::string::npos; at = text.find(what, at + 1))
      text.replace(at, what.size(), "\x01");
  };
  if (!o.routed_to->version.empty()) replace("(version " + o.routed_to->version + ")");
  replace(o.routed_to->workload);
  return text;
}

void explain_flow(const Loaded& loaded, const FlowRun& run, const Style& style, std::string& out) {
  const Explanation explanation(loaded, style, kWidth);
  out += explanation.head(run.result.flow);
  std::vector<std::pair<std::string, std::vector<const Outcome*>>> stories;
  for (const Outcome& o : run.result.outcomes) {
    std::string text = story(loaded, o);
    auto it = std::find_if(stories.begin(), stories.end(), [&](const auto& s) { return s.first == text; });
    if (it == stories.end()) it = stories.insert(stories.end(), {text, {}});
    it->second.push_back(&o);
  }
  for (const auto& [text, outcomes] : stories) {
    double share = 0;
    std::vector<std::string> others;
    for (const Outcome* o : outcomes) {
      share += o->probability;
      if (o != outcomes.front())
        others.push_back((o->routed_to ? o->routed_to->workload : "another choice") + " (" + percent(o->probability) +
                         ")");
    }
    out += '\n' + style.bold("Verdict: ") + explanation.verdict(*outcomes.front());
    out += share < 0.9995 ? "   for " + percent(share) + " of the requests\n" : "\n";
    if (!others.empty())
      out += wrapped(
          "Told for " + outcomes.front()->routed_to->workload + "; the same holds for " + joined(others, ", ") + ".",
          kWidth, 2);
    out += explanation.body(*outcomes.front());
  }
  if (run.expectations.stated) out += '\n';
  for (const ExpectationFailure& e : run.expectations.failed)
    out += style.bad("FAIL ") + e.field + ": expected " + e.expected + ", got " + e.actual + '\n';
  if (run.expectations.stated && run.expectations.failed.empty())
    out += style.good(fmt::format("As expected ({} checks)", run.expectations.passed)) + '\n';
}

}  // namespace

std::string explain_text(const RunResult& run, const ReportOptions& options) {
  const Style style(options.colour);
  std::string out;
  for (const FlowRun& flow : run.flows) {
    if (!shown(flow.result.flow, options)) continue;
    if (!out.empty()) out += '\n';
    explain_flow(*run.loaded, flow, style, out);
  }
  return out;
}

}  // namespace meshsim::scenarios
