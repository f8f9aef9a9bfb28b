#include "viz/panels/explain_html.h"

#include <QCoreApplication>
#include <algorithm>
#include <map>

#include "viz/graph/facts.h"
#include "viz/graph/graph_view.h"
#include "viz/look/theme.h"
#include "viz/panels/short_place.h"

namespace meshsim::viz {

using namespace models;

namespace {

QString q(std::string_view s) { return QString::fromUtf8(s.data(), static_cast<qsizetype>(s.size())); }
QString esc(std::string_view s) { return q(s).toHtmlEscaped(); }
// By name and context, for lupdate: these functions belong to no class.
QString translate(const char* context, const char* text) { return QCoreApplication::translate(context, text); }

QString dim(const QString& html) {
  return QStringLiteral("<span style='color:%1'>%2</span>").arg(theme().dim.name(), html);
}

QString coloured(const QColor& colour, const QString& html) {
  return QStringLiteral("<span style='color:%1;font-weight:600'>%2</span>").arg(colour.name(), html);
}

QString place(const Source& source) {
  if (source.file.empty()) return {};
  return QStringLiteral(" <a href='src:%1' title='%1' style='text-decoration:none;color:%2'>%3</a>")
      .arg(esc(source.text()), theme().dim.name(), short_place(source).toHtmlEscaped());
}

QString link(const QString& target, const QString& html) {
  return QStringLiteral("<a href='%1' style='text-decoration:none'>%2</a>").arg(target.toHtmlEscaped(), html);
}

QString heading(const QString& html) {
  return QStringLiteral("<p style='margin:14px 0 4px 0;font-weight:600;color:%2'>%1</p>")
      .arg(html, theme().text.name());
}

QString title(const QString& kind, const QString& name) {
  return QStringLiteral(
             "<p style='margin:2px 0 0 0'>%1</p><p style='margin:0 0 6px 0;font-size:large;font-weight:600'>%2</p>")
      .arg(dim(kind), name);
}

QString row(const QString& name, const QString& value) {
  return QStringLiteral(
             "<tr><td style='padding:2px 12px 2px 0;color:%1;white-space:nowrap'>%2</td><td "
             "style='padding:2px 0'>%3</td></tr>")
      .arg(theme().dim.name(), name, value);
}

QString reasons(const Reasons& list) {
  QString out;
  for (const Reason& r : list)
    out += QStringLiteral("<p style='margin:2px 0 2px 14px'>%1%2%3</p>")
               .arg(r.rule.empty() ? QString() : dim(esc(r.rule)) + ' ', esc(r.text), place(r.source));
  return out;
}

QString card(const QString& html, const QColor& edge, bool marked) {
  const Theme& t = theme();
  return QStringLiteral(
             "<table width='100%' cellspacing='0' cellpadding='0' style='margin:4px 0'><tr><td width='4' "
             "bgcolor='%1'></td><td bgcolor='%2' style='padding:7px 10px'>%3</td></tr></table>")
      .arg(edge.name(), (marked ? t.tint(t.accent, 0.18) : t.raised).name(), html);
}

QString hop_html(const Hop& hop, int number, bool marked) {
  const QString what =
      hop.inbound ? translate("Inspector", "receives %1 on port %2") : translate("Inspector", "sends %1 to port %2");
  QString html =
      QStringLiteral("<b>%1. %2</b> %3<br>%4")
          .arg(number)
          .arg(esc(to_string(hop.proxy)), esc(hop.name), dim(what.arg(esc(to_string(hop.transport))).arg(hop.port)));
  const QString peer =
      hop.identity.empty()
          ? (hop.inbound ? translate("Inspector", "from a peer without identity")
                         : translate("Inspector", "without identity"))
          : (hop.inbound ? translate("Inspector", "from %1") : translate("Inspector", "as %1")).arg(esc(hop.identity));
  html += QStringLiteral("<br>") + dim(peer) + reasons(hop.reasons);
  return QStringLiteral("<a name='hop%1'></a>").arg(number - 1) + card(html, theme().accent, marked);
}

QString policies_html(const Outcome& o) {
  QString out = heading(translate("Inspector", "Policies considered"));
  if (o.policies.empty())
    return out + QStringLiteral("<p style='margin:2px 0'>%1</p>")
                     .arg(dim(translate("Inspector", "None concerns this destination.")));
  std::vector<const PolicyFinding*> sorted;
  for (const PolicyFinding& f : o.policies) sorted.push_back(&f);
  std::stable_sort(sorted.begin(), sorted.end(), [](const PolicyFinding* a, const PolicyFinding* b) {
    return scenarios::alarm(a->status) < scenarios::alarm(b->status);
  });
  for (const PolicyFinding* f : sorted) {
    QString html = coloured(theme().colour(f->status), glyph(f->status) + ' ' + esc(to_string(f->status))) + ' ' +
                   link(QStringLiteral("policy:") + q(f->policy.text()), esc(f->policy.text())) +
                   place(f->policy.source);
    if (f->at)
      html +=
          QStringLiteral("<br>") + dim(translate("Inspector", "at %1 %2").arg(esc(to_string(*f->at)), esc(f->at_name)));
    QStringList rules;
    for (const std::string& rule : f->rules) rules << esc(rule);
    html += QStringLiteral("<br>%1 %2").arg(dim(rules.join(", ")), esc(f->why));
    if (f->nearest_rule && !f->matched_rule && f->why.find(f->nearest_failure) == std::string::npos)
      html += QStringLiteral("<br>") +
              translate("Inspector", "Rule %1 came nearest: %2").arg(*f->nearest_rule).arg(esc(f->nearest_failure));
    out += card(html, theme().colour(f->status), false);
  }
  return out;
}

QString routes_html(const Outcome& o) {
  if (o.routes.empty()) return {};
  QString out = heading(translate("Inspector", "Routes considered"));
  for (const RouteFinding& r : o.routes) {
    QString html = QStringLiteral("%1 %2%3").arg(r.chosen ? coloured(theme().enforced, translate("Inspector", "chosen"))
                                                          : dim(translate("Inspector", "passed over")),
                                                 esc(r.route.text()), place(r.route.source));
    html += QStringLiteral("<br>") + dim(translate("Inspector", "at %1 %2").arg(esc(to_string(r.at)), esc(r.at_name)));
    if (!r.why.empty()) html += QStringLiteral("<br>") + esc(r.why);
    out += card(html, r.chosen ? theme().enforced : theme().line, false);
  }
  return out;
}

QString telemetry_html(const Outcome& o) {
  const Telemetry& t = o.telemetry;
  QString out;
  if (!t.metrics.empty()) {
    out += heading(translate("Inspector", "Telemetry emitted"));
    std::vector<QString> lines;
    for (const Metric& m : t.metrics) {
      const QString line =
          QStringLiteral(
              "<tr><td style='padding:1px 12px 1px 0'>%1</td><td style='padding:1px 0;color:%3'>%2</td></tr>")
              .arg(esc(m.name), esc(m.reporter.empty() ? std::string(to_string(m.proxy)) : m.reporter),
                   theme().dim.name());
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
    }
    out += QStringLiteral("<table cellspacing='0'>");
    for (const QString& line : lines) out += line;
    out += QStringLiteral("</table>");
  }
  if (!t.lost.empty()) {
    out += heading(translate("Inspector", "Lost, compared with an all-sidecar mesh"));
    for (const Lost& l : t.lost)
      out += QStringLiteral("<p style='margin:2px 0'>%1 %2<br>%3</p>").arg(esc(l.signal), esc(l.name), dim(esc(l.why)));
  }
  return out;
}

QString outcome_html(const Outcome& o, bool alone, int hop) {
  QString head = glyph(class_of(o)) + ' ' + esc(to_string(o.verdict));
  if (o.http_status) head += translate("Inspector", ", HTTP %1").arg(*o.http_status);
  if (o.grpc_status) head += translate("Inspector", ", gRPC %1").arg(esc(*o.grpc_status));
  QString out =
      QStringLiteral("<p style='margin:10px 0 2px 0;font-size:large'>%1%2</p>")
          .arg(coloured(theme().colour(class_of(o)), head),
               alone ? QString()
                     : dim(translate("Inspector", " for %1 % of the requests").arg(o.probability * 100, 0, 'g', 4)));
  if (o.denied_by) {
    const DeniedBy& d = *o.denied_by;
    out += QStringLiteral("<p style='margin:2px 0'>") +
           translate("Inspector", "Denied by %1 %2: %3")
               .arg(esc(to_string(d.proxy)), esc(d.name),
                    d.policy           ? esc(*d.policy)
                    : d.ztunnel_policy ? esc(*d.ztunnel_policy)
                                       : translate("Inspector", "no rule lets it pass")) +
           QStringLiteral("</p>");
  }
  out += reasons(o.reasons);
  out += heading(translate("Inspector", "Path"));
  if (o.hops.empty())
    out += QStringLiteral("<p style='margin:2px 0'>%1</p>").arg(dim(translate("Inspector", "No proxy on the way.")));
  for (std::size_t i = 0; i < o.hops.size(); ++i)
    out += hop_html(o.hops[i], static_cast<int>(i) + 1, static_cast<int>(i) == hop);
  if (o.routed_to)
    out += QStringLiteral("<p style='margin:4px 0'>%1 <b>%2:%3</b></p>")
               .arg(o.verdict == Verdict::Allowed ? translate("Inspector", "reaches")
                                                  : translate("Inspector", "meant for"),
                    esc(o.routed_to->workload))
               .arg(o.routed_to->port);
  return out + policies_html(o) + routes_html(o) + telemetry_html(o);
}

QString flow_links(const Analysis& analysis, const std::vector<FlowPart>& parts) {
  QString out;
  for (const FlowPart& part : parts) {
    const scenarios::FlowRun& run = analysis.run.flows[part.flow];
    const Outcome& o = run.result.outcomes[part.outcome];
    out += QStringLiteral("<p style='margin:3px 0'>%1 %2</p>")
               .arg(coloured(theme().colour(class_of(o)), glyph(class_of(o))),
                    link(QStringLiteral("flow:%1").arg(part.flow), esc(run.result.flow.name)));
  }
  return out;
}

QString labels_html(const Labels& labels) {
  QStringList out;
  for (const auto& [key, value] : labels) out << esc(key + "=" + value);
  return out.isEmpty() ? dim(translate("Inspector", "none")) : out.join(QStringLiteral("<br>"));
}

QString binding_html(const WaypointBinding& binding, const Mesh& mesh) {
  if (binding.named.empty() && !binding.bound()) return dim(translate("Inspector", "none"));
  QString out = esc(binding.named);
  if (binding.bound()) {
    const Gateway& g = mesh.gateways[binding.gateway];
    out = link(QStringLiteral("node:waypoint/") + q(g.ns + '/' + g.name), esc(g.ns + '/' + g.name));
    if (!binding.label_level.empty())
      out += dim(translate("Inspector", ", by the label of the %1").arg(esc(binding.label_level)));
  } else {
    out += QStringLiteral(" ") + coloured(theme().bypassed, translate("Inspector", "not bound"));
  }
  return out + reasons(binding.reasons);
}

}  // namespace

QString explain_overview(const Analysis& a) {
  QString out = title(translate("Inspector", "Summary"), esc(a.loaded().scenario.name));
  if (!a.loaded().scenario.description.empty())
    out += QStringLiteral("<p style='margin:0 0 8px 0'>%1</p>").arg(esc(a.loaded().scenario.description));
  out += QStringLiteral("<p style='margin:2px 0'>%1</p>").arg(esc(a.summary.headline()));
  for (const auto& p : a.summary.policies) {
    if (p.status != PolicyStatus::Bypassed && p.status != PolicyStatus::Open && p.status != PolicyStatus::DeniesAll)
      continue;
    QStringList whom;
    for (const auto& [population, statuses] : p.by_population)
      if (statuses.contains(p.status)) whom << esc(population);
    QStringList rules;
    for (const std::string& rule : p.rules) rules << esc(rule);
    out += card(coloured(theme().colour(p.status), glyph(p.status) + ' ' + esc(to_string(p.status))) + ' ' +
                    link(QStringLiteral("policy:") + q(p.policy.text()), esc(p.policy.text())) +
                    QStringLiteral("<br>") + dim(translate("Inspector", "for %1 clients").arg(whom.join(", "))) +
                    QStringLiteral("<br>%1 %2").arg(dim(rules.join(", ")), esc(p.why)),
                theme().colour(p.status), false);
  }
  out += heading(translate("Inspector", "How to read the graph"));
  const auto legend = [](EdgeClass word, const QString& text) {
    return QStringLiteral("<tr><td style='padding:1px 8px 1px 0'>%1</td><td style='padding:1px 0'>%2</td></tr>")
        .arg(coloured(theme().colour(word), glyph(word)), text);
  };
  out += QStringLiteral("<table cellspacing='0'>") +
         legend(EdgeClass::Enforced, translate("Inspector", "a policy was enforced, and it passed")) +
         legend(EdgeClass::Bypassed,
                translate("Inspector", "dashed: passed, and a policy that acts on other clients was bypassed")) +
         legend(EdgeClass::Open, translate("Inspector", "passed a policy that has no effect")) +
         legend(EdgeClass::Denied, translate("Inspector", "refused here")) +
         legend(EdgeClass::Failed, translate("Inspector", "reset or unreachable")) +
         legend(EdgeClass::Unknown, translate("Inspector", "unknown: something that could decide is not evaluated")) +
         QStringLiteral("</table><p style='margin:6px 0'>%1</p>")
             .arg(dim(translate(
                 "Inspector",
                 "A double line is HBONE, a single one mTLS, a thin one plaintext. A ring is an ambient pod, a dot one "
                 "with a sidecar, a dashed circle one without proxy.")));
  return out;
}

QString explain_flow(const Analysis& a, const scenarios::FlowRun& run, int hop) {
  const Flow& f = run.result.flow;
  QString out = title(translate("Inspector", "Flow"), esc(f.name));
  out += QStringLiteral("<p style='margin:0'>%1 %2 %3 &nbsp; %4%5</p>")
             .arg(esc(client_text(f)), QChar(0x2192), esc(destination_text(f)), dim(esc(request_text(f))),
                  place(f.source));
  for (const scenarios::FlowChange& change : a.changes.changes) {
    if (change.flow != f.name) continue;
    QString html = QStringLiteral("<b>%1</b>").arg(translate("Inspector", "Changed"));
    for (const scenarios::FieldChange& field : change.fields)
      html += QStringLiteral("<br>%1: %2 %3 <b>%4</b>")
                  .arg(esc(field.field), esc(field.before), QChar(0x2192), esc(field.after));
    out += card(html, theme().accent, false);
    break;
  }
  for (const scenarios::ExpectationFailure& e : run.expectations.failed)
    out += card(translate("Inspector", "%1: expected %2, got %3").arg(esc(e.field), esc(e.expected), esc(e.actual)),
                theme().bypassed, false);
  for (const Outcome& o : run.result.outcomes) out += outcome_html(o, run.result.outcomes.size() == 1, hop);
  return out;
}

QString explain_node(const Analysis& a, const MeshGraph& graph, std::size_t node) {
  const GraphNode& n = graph.nodes[node];
  const Mesh& mesh = a.mesh();
  QString out = title(esc(to_string(n.kind)),
                      esc(n.ns.empty() || n.kind == NodeKind::Namespace ? n.label : n.ns + '/' + n.label));
  out += QStringLiteral("<table cellspacing='0'>");
  if (!n.detail.empty()) out += row(translate("Inspector", "What"), esc(n.detail));
  if (n.kind == NodeKind::Workload && n.index < mesh.workloads.size()) {
    const Workload& w = mesh.workloads[n.index];
    out += row(translate("Inspector", "Mode"),
               QStringLiteral("<b>%1</b>").arg(esc(mode_word(w.mode, w.role))) + reasons(w.mode_reasons));
    out += row(translate("Inspector", "Identity"),
               w.identity.empty() ? dim(translate("Inspector", "none")) : esc(w.identity));
    out += row(translate("Inspector", "Pods"), QString::number(w.pods.size()));
    if (n.service < mesh.services.size()) {
      const Service& s = mesh.services[n.service];
      out += row(translate("Inspector", "Service"), esc(s.hostname) + place(s.ref.source));
      out += row(translate("Inspector", "Waypoint of the Service"), binding_html(s.waypoint, mesh));
    }
    out += row(translate("Inspector", "Waypoint"), binding_html(w.waypoint, mesh));
    out += row(translate("Inspector", "Labels"), labels_html(w.labels));
    out += row(translate("Inspector", "Written in"), place(w.owner.source));
  } else if (n.kind == NodeKind::Service && n.index < mesh.services.size()) {
    const Service& s = mesh.services[n.index];
    out += row(translate("Inspector", "Host"), esc(s.hostname));
    out += row(translate("Inspector", "Waypoint"), binding_html(s.waypoint, mesh));
    out += row(translate("Inspector", "Endpoints"), QString::number(s.endpoints.size()));
    out += row(translate("Inspector", "Labels"), labels_html(s.labels));
    out += row(translate("Inspector", "Written in"), place(s.ref.source));
  } else if ((n.kind == NodeKind::Waypoint || n.kind == NodeKind::Gateway) && n.index < mesh.gateways.size()) {
    const Gateway& g = mesh.gateways[n.index];
    out += row(translate("Inspector", "Class"), esc(g.class_name));
    if (n.kind == NodeKind::Waypoint) out += row(translate("Inspector", "Serves"), esc(g.traffic_type));
    out += row(translate("Inspector", "Ready"),
               g.ready() ? translate("Inspector", "yes") : coloured(theme().bypassed, translate("Inspector", "no")));
    out += row(translate("Inspector", "Identity"), esc(g.identity));
    out += row(translate("Inspector", "Written in"), place(g.ref.source));
  } else if (n.kind == NodeKind::Namespace) {
    out += row(translate("Inspector", "Labels"), labels_html(mesh.namespace_labels(n.ns)));
  }
  out += QStringLiteral("</table>");
  std::vector<FlowPart> in, past;
  const auto add = [](std::vector<FlowPart>& to, const GraphEdge& e) {
    for (const FlowPart& part : e.flows)
      if (std::find(to.begin(), to.end(), part) == to.end()) to.push_back(part);
  };
  for (const GraphEdge& e : graph.edges) {
    if (e.from == node || e.to == node) add(in, e);
    if (e.skipped == node) add(past, e);
  }
  if (!past.empty())
    out += heading(translate("Inspector", "Flows that should meet it and do not")) + flow_links(a, past);
  if (!in.empty()) out += heading(translate("Inspector", "Flows")) + flow_links(a, in);
  return out;
}

QString explain_namespace(const Analysis& a, const std::string& ns) {
  const Mesh& mesh = a.mesh();
  QString out = title(translate("Inspector", "Namespace"), esc(ns)) + QStringLiteral("<table cellspacing='0'>");
  out += row(translate("Inspector", "Labels"), labels_html(mesh.namespace_labels(ns)));
  std::map<std::string_view, int> modes;
  for (const Workload& w : mesh.workloads)
    if (w.ns == ns) ++modes[mode_word(w.mode, w.role)];
  QStringList words;
  for (const auto& [mode, count] : modes) words << QStringLiteral("%1 %2").arg(count).arg(esc(mode));
  out += row(translate("Inspector", "Workloads"),
             words.isEmpty() ? dim(translate("Inspector", "none")) : words.join(", "));
  out += QStringLiteral("</table>");
  QString policies;
  for (const auto& p : a.summary.policies)
    if (p.policy.ns == ns)
      policies += QStringLiteral("<p style='margin:3px 0'>%1 %2</p>")
                      .arg(coloured(theme().colour(p.status), glyph(p.status) + ' ' + esc(to_string(p.status))),
                           link(QStringLiteral("policy:") + q(p.policy.text()), esc(p.policy.text())));
  return policies.isEmpty() ? out : out + heading(translate("Inspector", "Policies")) + policies;
}

QString explain_edge(const Analysis& a, const MeshGraph& graph, const std::string& key) {
  for (const GraphEdge& e : graph.edges) {
    if (edge_key(graph, e) != key) continue;
    QString out = title(
        translate("Inspector", "Connection"),
        QStringLiteral("%1 %2 %3").arg(esc(graph.nodes[e.from].label), QChar(0x2192), esc(graph.nodes[e.to].label)));
    out += QStringLiteral("<table cellspacing='0'>");
    out += row(translate("Inspector", "Traffic"),
               coloured(theme().colour(e.word), glyph(e.word) + ' ' + esc(to_string(e.word))));
    if (e.transport) out += row(translate("Inspector", "Transport"), esc(models::to_string(*e.transport)));
    if (e.skipped)
      out += row(translate("Inspector", "Skips"),
                 link(QStringLiteral("node:") + q(graph.nodes[*e.skipped].id), esc(graph.nodes[*e.skipped].label)));
    return out + QStringLiteral("</table>") + heading(translate("Inspector", "Flows")) + flow_links(a, e.flows);
  }
  return {};
}

QString explain_policy(const Analysis& a, const std::string& key) {
  for (const auto& p : a.summary.policies) {
    if (p.policy.text() != key) continue;
    QString out = title(esc(p.policy.kind), esc(p.policy.ns + '/' + p.policy.name));
    out += QStringLiteral("<p style='margin:2px 0'>%1%2</p>")
               .arg(coloured(theme().colour(p.status), glyph(p.status) + ' ' + esc(to_string(p.status))),
                    place(p.policy.source));
    out += QStringLiteral("<p style='margin:6px 0'>%1 &nbsp; %2</p>")
               .arg(link(QStringLiteral("edit:") + q(key), translate("Inspector", "Edit")),
                    link(QStringLiteral("disable:") + q(key), translate("Inspector", "Disable")));
    if (!p.why.empty()) out += QStringLiteral("<p style='margin:4px 0'>%1</p>").arg(esc(p.why));
    const auto table = [&](const QString& name, const auto& by) {
      if (by.empty()) return;
      out += heading(name) + QStringLiteral("<table cellspacing='0'>");
      for (const auto& [who, statuses] : by) {
        QStringList words;
        for (const auto& [status, count] : statuses)
          words << coloured(theme().colour(status), glyph(status) + ' ' + esc(to_string(status)));
        out += row(esc(who), words.join(QStringLiteral(", ")));
      }
      out += QStringLiteral("</table>");
    };
    table(translate("Inspector", "For clients"), p.by_population);
    table(translate("Inspector", "At"), p.by_point);
    if (p.by_population.empty())
      out += QStringLiteral("<p style='margin:4px 0'>%1</p>").arg(dim(translate("Inspector", "No flow meets it.")));
    std::vector<FlowPart> parts;
    for (std::size_t f = 0; f < a.run.flows.size(); ++f)
      for (std::size_t o = 0; o < a.run.flows[f].result.outcomes.size(); ++o)
        for (const PolicyFinding& finding : a.run.flows[f].result.outcomes[o].policies)
          if (finding.policy.text() == key && finding.status != PolicyStatus::NotApplicable) parts.push_back({f, o});
    if (!parts.empty()) out += heading(translate("Inspector", "Flows it concerns")) + flow_links(a, parts);
    return out;
  }
  return {};
}

}  // namespace meshsim::viz
