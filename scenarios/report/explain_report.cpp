// explain: what users paste into chats. One flow, hop by hop; every policy considered and why it did or did not apply.
#include <fmt/format.h>

#include "scenarios/report/report.h"
#include "scenarios/report/style.h"

namespace meshsim::scenarios {
namespace {

using namespace models;
constexpr std::size_t kWidth = 100;

std::string reason_text(const Reason& r) {
  std::string out = r.rule.empty() ? r.text : r.rule + ": " + r.text;
  if (!r.source.file.empty()) out += " (" + r.source.text() + ")";
  return out;
}

std::string question(const Flow& f) {
  std::string from = f.from.kind == Client::Kind::Outside
                         ? "a client outside the cluster" + (f.from.ip ? " (" + f.from.ip->text() + ")" : std::string())
                     : f.from.kind == Client::Kind::Gateway ? "gateway " + f.from.ns + '/' + f.from.name
                                                            : f.from.ns + '/' + f.from.name;
  std::string to = f.to.kind == Destination::Kind::Pod ? "pod " + f.to.ns + '/' + f.to.name
                   : f.to.host.empty() && f.to.ip      ? f.to.ip->text()
                                                       : f.to.host;
  if (f.to.gateway) to += " at gateway " + f.to.gateway->first + '/' + f.to.gateway->second;
  std::string what = std::string(to_string(f.protocol));
  if (is_http(f.protocol) || f.protocol == FlowProtocol::Https) what += ' ' + f.request.method + ' ' + f.request.path;
  return fmt::format("{} -> {}:{}  {}", from, to, f.to.port, what);
}

void hops(const Outcome& o, const Style& style, std::string& out) {
  if (o.hops.empty()) out += "  (no proxy on the way)\n";
  int n = 0;
  for (const Hop& hop : o.hops) {
    const std::string identity = hop.identity.empty() ? "no identity" : hop.identity;
    out += fmt::format("  {}. {} {}  {} {} on port {}  {}\n", ++n, style.bold(to_string(hop.proxy)), hop.name,
                       hop.inbound ? "receives" : "sends", to_string(hop.transport), hop.port,
                       style.dim((hop.inbound ? "peer: " : "as: ") + identity));
    for (const Reason& r : hop.reasons) out += wrapped(reason_text(r), kWidth, 7);
  }
  if (o.routed_to)
    out += fmt::format("  -> {}:{}{}\n", o.routed_to->workload, o.routed_to->port,
                       o.routed_to->version.empty() ? "" : " (version " + o.routed_to->version + ")");
}

void policies(const Outcome& o, const Style& style, std::string& out) {
  if (o.policies.empty()) {
    out += "  none concerns this destination\n";
    return;
  }
  for (const PolicyFinding& p : o.policies) {
    out += "  " + style.status(p.status, to_string(p.status)) + "  " + style.bold(p.policy.text());
    if (p.at) out += " at " + std::string(to_string(*p.at)) + (p.at_name.empty() ? "" : ' ' + p.at_name);
    if (!p.policy.source.file.empty()) out += style.dim("  " + p.policy.source.text());
    out += '\n';
    std::string rules;
    for (const std::string& rule : p.rules) rules += (rules.empty() ? "" : ", ") + rule;
    out += wrapped((rules.empty() ? "" : rules + ": ") + p.why, kWidth, 7);
    if (p.matched_rule) out += fmt::format("       rule {} matched\n", *p.matched_rule);
    if (p.nearest_rule && !p.matched_rule)
      out += wrapped(fmt::format("rule {} came nearest; {}", *p.nearest_rule, p.nearest_failure), kWidth, 7);
  }
}

}  // namespace

std::string explain_text(const RunResult& run, const ReportOptions& options) {
  const Style style(options.colour);
  std::string out;
  for (const FlowRun& f : run.flows) {
    out += style.bold(f.result.flow.name) + '\n' + "  " + question(f.result.flow) + '\n';
    for (const Outcome& o : f.result.outcomes) {
      out += '\n';
      std::string verdict = style.verdict(o.verdict, to_string(o.verdict));
      if (o.http_status) verdict += fmt::format(", HTTP {}", *o.http_status);
      if (o.grpc_status) verdict += ", gRPC " + *o.grpc_status;
      if (o.response_flags != "-") verdict += ", response flags " + o.response_flags;
      if (o.probability < 0.9995) verdict += fmt::format("  ({:.4g}% of the requests)", o.probability * 100);
      out += style.bold("Verdict: ") + verdict + '\n';
      if (o.denied_by) {
        out += fmt::format(
            "  denied by {} {}: {}\n", to_string(o.denied_by->proxy), o.denied_by->name,
            o.denied_by->policy
                ? *o.denied_by->policy + (o.denied_by->rule ? fmt::format(", rule {}", *o.denied_by->rule) : "")
            : o.denied_by->ztunnel_policy ? *o.denied_by->ztunnel_policy
                                          : std::string("no ALLOW policy matched, or mutual TLS was demanded"));
      }
      if (o.answered_by) out += fmt::format("  answered by the {}\n", to_string(*o.answered_by));
      for (const Reason& r : o.reasons) out += wrapped(reason_text(r), kWidth, 2);
      out += style.bold("Path") + '\n';
      hops(o, style, out);
      if (!o.routes.empty()) {
        out += style.bold("Routes considered") + '\n';
        for (const RouteFinding& r : o.routes) {
          out += fmt::format("  {} {}{} at {}{}\n", r.chosen ? style.good("chosen") : style.dim("passed"),
                             r.route.text(), r.rule < 0 ? "" : fmt::format(" rule {}", r.rule), to_string(r.at),
                             r.route.source.file.empty() ? "" : style.dim("  " + r.route.source.text()));
          if (!r.why.empty()) out += wrapped(r.why, kWidth, 7);
        }
      }
      out += style.bold("Policies considered") + '\n';
      policies(o, style, out);
      if (!o.telemetry.lost.empty()) {
        out += style.bold("Telemetry that an all-sidecar mesh would show and this flow does not") + '\n';
        for (const Lost& lost : o.telemetry.lost) {
          std::string rules;
          for (const std::string& rule : lost.rules) rules += (rules.empty() ? "" : ", ") + rule;
          out += wrapped(lost.signal + " " + lost.name + ": " + lost.why + (rules.empty() ? "" : " [" + rules + "]"),
                         kWidth, 2);
        }
      }
    }
    for (const ExpectationFailure& e : f.expectations.failed)
      out += style.bad("FAIL ") + e.field + ": expected " + e.expected + ", got " + e.actual + '\n';
    out += '\n';
  }
  return out;
}

}  // namespace meshsim::scenarios
