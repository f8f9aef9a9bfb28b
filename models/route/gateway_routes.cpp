// A gateway: which server takes the connection, and which of its routes the request (DP-040, DP-229, DP-240, DP-247).
#include <algorithm>

#include "models/route/compiled_routing.h"

namespace meshsim::models::route {
namespace {

// How well a server's hosts match an SNI: length of the best pattern, exact above all; -1 = not at all.
int fit(const Server& server, std::string_view sni) {
  int best = -1;
  for (const auto& [ns, host] : server.hosts) {
    if (host == "*") {
      best = std::max(best, 0);
    } else if (!sni.empty() && host_matches(host, sni)) {
      best = std::max(best, static_cast<int>(host.size()) + (host.starts_with('*') ? 0 : 100000));
    }
  }
  return best;
}

struct AutoSni {
  std::string host, subset;
  std::uint16_t port = 0;
};

// outbound_.<port>_.<subset>_.<host>
std::optional<AutoSni> read_auto_sni(std::string_view sni) {
  constexpr std::string_view kStart = "outbound_.";
  if (!sni.starts_with(kStart)) return std::nullopt;
  sni.remove_prefix(kStart.size());
  AutoSni out;
  const auto first = sni.find("_.");
  if (first == std::string_view::npos) return std::nullopt;
  for (const char c : sni.substr(0, first)) {
    if (c < '0' || c > '9') return std::nullopt;
    out.port = static_cast<std::uint16_t>(out.port * 10 + (c - '0'));
  }
  sni.remove_prefix(first + 2);
  const auto second = sni.find("_.");
  if (second == std::string_view::npos) return std::nullopt;
  out.subset = std::string(sni.substr(0, second));
  out.host = lower(sni.substr(second + 2));
  return out;
}

}  // namespace

ServerMatch CompiledRouting::server_at_gateway(std::size_t gateway, std::uint16_t port, bool tls,
                                               const RouteRequest& request) const {
  ServerMatch out;
  const std::uint16_t pod_port = servers_.pod_port(gateway, port);
  const std::vector<std::size_t>& here = servers_.on(gateway, pod_port);
  const std::string sni = lower(request.sni);
  std::size_t chosen = kNone;
  int best = -1;
  for (const std::size_t s : here) {
    const Server& server = servers_.server(s);
    const bool wants_tls = server.terminates() || server.passes_through();
    if (!tls || !wants_tls) continue;
    if (server.tls == ServerTls::AutoPassthrough) {
      const auto parsed = read_auto_sni(sni);
      if (!parsed) continue;
      if (const int score = fit(server, parsed->host); score > best) {
        best = score;
        chosen = s;
      }
      continue;
    }
    if (const int score = fit(server, sni); score > best) {
      best = score;
      chosen = s;
    }
  }
  if (chosen == kNone && !tls) {
    // Plain HTTP servers of a port share one route table; the one whose hosts fit best is named.
    const std::string host = lower(request.authority.substr(0, request.authority.find(':')));
    for (const std::size_t s : here) {
      const Server& server = servers_.server(s);
      if (server.terminates() || server.passes_through()) continue;
      const int score = server.takes_http() ? std::max(fit(server, host), 0) : 0;
      if (score > best) {
        best = score;
        chosen = s;
      }
    }
  }
  // The wrong kind of bytes for every server here: the caller sees it in the flags of the match.
  if (chosen == kNone)
    for (const std::size_t s : here) {
      const Server& server = servers_.server(s);
      const bool wants_tls = server.terminates() || server.passes_through();
      if (wants_tls == tls || server.passes_through()) continue;
      chosen = s;
      break;
    }
  if (chosen == kNone) {
    out.reasons.push_back({"DP-247",
                           here.empty() ? "no server of this gateway listens on port " + std::to_string(pod_port)
                                        : "no server on port " + std::to_string(pod_port) + " takes this connection" +
                                              (tls ? " (SNI \"" + sni + "\")" : std::string()),
                           mesh_.gateways[gateway].ref.source});
    return out;
  }
  const Server& server = servers_.server(chosen);
  out.found = true;
  out.index = chosen;
  out.terminates_tls = server.terminates();
  out.istio_mutual = server.tls == ServerTls::IstioMutual;
  out.passthrough = server.passes_through();
  out.auto_passthrough = server.tls == ServerTls::AutoPassthrough;
  out.http = server.takes_http();
  out.client_cert_required = server.tls == ServerTls::Mutual || server.tls == ServerTls::IstioMutual;
  out.https_redirect = server.https_redirect;
  out.port = pod_port;
  out.server = server.object;
  out.listener = server.name;
  out.reasons.push_back({"DP-040", "server " + server.name + " of " + server.object.text() + " takes the connection",
                         server.object.source});
  return out;
}

std::vector<RouteChoice> CompiledRouting::at_gateway(std::size_t gateway, const ServerMatch& match, std::uint16_t port,
                                                     const RouteRequest& request) const {
  std::vector<RouteChoice> out;
  if (!match.found || match.index == kNone) {
    out.push_back(close("NR", {"DP-247", "no server takes the connection", {}}));
    return out;
  }
  const Gateway& g = mesh_.gateways[gateway];
  const Scope& scope = scopes_.of_namespace(g.ns);
  const Labels* labels = g.workload != kNone ? &mesh_.workloads[g.workload].labels : &g.labels;
  const Server& server = servers_.server(match.index);
  const std::uint16_t pod_port = servers_.pod_port(gateway, port);
  Evaluator at = evaluator(ProxyKind::Gateway, scope, labels, server.port);
  at.tls = server.terminates();
  if (request.http && server.takes_http()) {
    const bool plain = server.protocol == ServerProtocol::Http;
    const GatewayServers::Domain* domain =
        servers_.domain(gateway, pod_port, plain ? std::nullopt : std::optional(match.index), request.authority);
    if (domain == nullptr) {
      out.push_back(no_route(nullptr, ProxyKind::Gateway));
      return out;
    }
    if (domain->https_redirect && request.scheme != "https") {
      RouteChoice redirect =
          answer(301, "-", "direct_response",
                 {"DP-240", "the server redirects to HTTPS (tls.httpsRedirect)", server.object.source});
      std::string host(request.authority);
      if (const auto colon = host.rfind(":80"); colon != std::string::npos && colon + 3 == host.size())
        host.resize(colon);
      redirect.answer_headers.emplace_back("location", "https://" + host + std::string(request.path));
      out.push_back(std::move(redirect));
      return out;
    }
    const RouteSet* first = nullptr;
    // Objects for one host are merged; catch-all blocks go to the end (DP-253, SortVHostRoutes).
    for (const RuleTable::Rows rows : {RuleTable::Rows::Specific, RuleTable::Rows::CatchAll}) {
      for (const GatewayServers::Carried& carried : domain->sets) {
        const RouteSet& set = sets_[carried.set];
        const Server& carrier = servers_.server(carried.server);
        const std::vector<std::string> names = {carrier.gateway_key};
        ProxySide side;
        side.ns = g.ns;
        side.labels = labels;
        side.port = carrier.port;
        side.gateways = &names;
        if (first == nullptr) first = &set;
        const RowMatch hit = set.table.find(set.http, request, side, rows);
        if (!hit.found()) continue;
        at.listener_port = carrier.port;
        return follow_rule(at, hit, set, request);
      }
    }
    out.push_back(no_route(first, ProxyKind::Gateway));
    return out;
  }
  const std::string sni = lower(request.sni);
  if (server.tls == ServerTls::AutoPassthrough) {
    if (const auto named = read_auto_sni(sni)) {
      const std::size_t service = at.find_service(named->host);
      if (service != kNone && mesh_.services[service].find_port(named->port) != nullptr) {
        RouteChoice choice = default_route(at, service, named->port, false);
        choice.reasons.push_back({"DP-040", "AUTO_PASSTHROUGH: the SNI names the cluster", server.object.source});
        out.push_back(std::move(choice));
        return out;
      }
    }
    out.push_back(close("NR", {"DP-247", "the SNI names no cluster of this gateway", server.object.source}));
    return out;
  }
  for (const RouteSet& set : sets_) {
    if (!set.has_gateway(server.gateway_key) || !exported(set.export_to, set.ns, g.ns)) continue;
    const std::vector<std::string> mine = hosts_for_namespace(server, set.ns);
    const bool shares = std::any_of(mine.begin(), mine.end(), [&](const std::string& a) {
      return std::any_of(set.hosts.begin(), set.hosts.end(), [&](const std::string& b) { return hosts_overlap(a, b); });
    });
    if (!shares) continue;
    auto here = [&](const StreamMatch& m) {
      if (m.port != 0 && m.port != server.port) return false;
      return m.gateways.empty() ||
             std::find(m.gateways.begin(), m.gateways.end(), server.gateway_key) != m.gateways.end();
    };
    if (server.passes_through()) {
      for (const StreamRule& rule : set.tls)
        for (const StreamMatch& m : rule.matches)
          if (here(m) && std::any_of(m.sni_hosts.begin(), m.sni_hosts.end(),
                                     [&](const std::string& h) { return host_matches(h, sni); }))
            return follow_stream(at, rule);
    } else {
      for (const StreamRule& rule : set.tcp)
        if (rule.matches.empty() || std::any_of(rule.matches.begin(), rule.matches.end(), here))
          return follow_stream(at, rule);
    }
  }
  out.push_back(
      close("NR", {"DP-247", "no route of " + server.object.text() + " takes this connection", server.object.source}));
  return out;
}

}  // namespace meshsim::models::route
