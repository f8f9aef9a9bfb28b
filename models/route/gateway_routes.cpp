// A gateway: which server takes the connection, and which of its routes the request (DP-040, DP-229, DP-240, DP-247).
#include <algorithm>

#include "models/route/compiled_routing.h"

namespace meshsim::models::route {
namespace {

// How well a server's hosts match an SNI; -1 = not at all.
int fit(const Server& server, std::string_view sni) {
  int best = -1;
  for (const auto& [ns, host] : server.hosts) best = std::max(best, host_fit(host, sni));
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
      const auto parsed = request.istio_alpn ? read_auto_sni(sni) : std::nullopt;
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
  if (!match.found || match.index == kNone) return {close("NR", {"DP-247", "no server takes the connection", {}})};
  const Gateway& g = mesh_.gateways[gateway];
  const Server& server = servers_.server(match.index);
  Evaluator at = evaluator(ProxyKind::Gateway, scopes_.of_namespace(g.ns), labels_of(g), server.port);
  at.tls = server.terminates();
  if (!request.http || !server.takes_http()) return gateway_stream(at, server, request);
  const std::uint16_t pod_port = servers_.pod_port(gateway, port);
  return on_normal_path(request,
                        [&](const RouteRequest& normal) { return gateway_http(at, gateway, match, pod_port, normal); });
}

std::vector<RouteChoice> CompiledRouting::gateway_http(const Evaluator& base, std::size_t gateway,
                                                       const ServerMatch& match, std::uint16_t pod_port,
                                                       const RouteRequest& request) const {
  const Server& server = servers_.server(match.index);
  const bool plain = server.protocol == ServerProtocol::Http;
  const GatewayServers::Domain* domain =
      servers_.domain(gateway, pod_port, plain ? std::nullopt : std::optional(match.index), request.authority);
  if (domain == nullptr) return {no_route(nullptr, ProxyKind::Gateway)};
  if (domain->https_redirect && request.scheme != "https") {
    RouteChoice redirect =
        answer(301, "-", "direct_response",
               {"DP-240", "the server redirects to HTTPS (tls.httpsRedirect)", server.object.source});
    std::string host(request.authority);
    if (host.ends_with(":80")) host.resize(host.size() - 3);
    redirect.answer_headers.emplace_back("location", "https://" + host + std::string(request.path));
    return {std::move(redirect)};
  }
  // Objects for one host are merged, their catch-all blocks go to the end (DP-253; SortVHostRoutes, CORE/route, 1.27).
  for (const RuleTable::Rows rows : {RuleTable::Rows::Specific, RuleTable::Rows::CatchAll}) {
    for (const GatewayServers::Carried& carried : domain->sets) {
      const RouteSet& set = sets_[carried.set];
      const Server& carrier = servers_.server(carried.server);
      const std::vector<std::string> names = {carrier.gateway_key};
      ProxySide side;
      side.ns = base.ns;
      side.labels = base.labels;
      side.port = carrier.port;
      side.gateways = &names;
      const RowMatch hit = set.table.find(set.http, request, side, rows);
      if (!hit.found()) continue;
      Evaluator at = base;
      at.listener_port = carrier.port;
      return follow_rule(at, hit, set, request);
    }
  }
  return {no_route(domain->sets.empty() ? nullptr : &sets_[domain->sets.front().set], ProxyKind::Gateway)};
}

std::vector<RouteChoice> CompiledRouting::gateway_stream(const Evaluator& at, const Server& server,
                                                         const RouteRequest& request) const {
  const std::string sni = lower(request.sni);
  if (server.tls == ServerTls::AutoPassthrough) {
    const auto named = read_auto_sni(sni);
    const std::size_t service = named ? at.find_service(named->host) : kNone;
    // builtAutoPassthroughFilterChains: one chain per internal Service and port, for Istio's ALPNs only.
    if (service == kNone || mesh_.services[service].mesh_external || !request.istio_alpn ||
        mesh_.services[service].find_port(named->port) == nullptr)
      return {close("NR",
                    {"DP-247", "AUTO_PASSTHROUGH takes only Istio mutual TLS whose SNI names a port of a Service here",
                     server.object.source})};
    Target target;
    target.host = named->host;
    target.port = named->port;
    target.subset = named->subset;
    target.weight = 1;
    StreamRule rule;
    rule.object = server.object;
    rule.targets.push_back(std::move(target));
    return follow_stream(at, rule);
  }
  const StreamRule* best = nullptr;
  int best_score = -1;
  for (const std::uint32_t i : servers_.order(server.gateway_key, std::string(at.ns))) {
    const RouteSet& set = sets_[i];
    const std::vector<std::string> mine = hosts_for_namespace(server, set.ns);
    const bool shares = std::any_of(mine.begin(), mine.end(), [&](const std::string& a) {
      return std::any_of(set.hosts.begin(), set.hosts.end(), [&](const std::string& b) { return hosts_overlap(a, b); });
    });
    if (!shares) continue;
    auto built = [&](const StreamMatch& m) {
      if (m.port != 0 && m.port != server.port) return false;
      return m.gateways.empty() ||
             std::find(m.gateways.begin(), m.gateways.end(), server.gateway_key) != m.gateways.end();
    };
    if (server.passes_through()) {
      // Filter chains by SNI: the most specific wins, whoever wrote it.
      for (const StreamRule& rule : set.tls)
        for (const StreamMatch& m : rule.matches) {
          if (!built(m)) continue;
          for (const std::string& host : m.sni_hosts)
            if (const int score = host_fit(host, sni); score > best_score) {
              best_score = score;
              best = &rule;
            }
        }
      continue;
    }
    for (const StreamRule& rule : set.tcp)
      if (rule.matches.empty() || std::any_of(rule.matches.begin(), rule.matches.end(), built))
        return follow_stream(at, rule);
    // A TLSRoute where TLS ends: the server's hosts have chosen by SNI already (DP-258, 1.30).
    if (set.gateway_api)
      for (const StreamRule& rule : set.tls)
        if (std::any_of(rule.matches.begin(), rule.matches.end(), built)) return follow_stream(at, rule);
  }
  if (best != nullptr) return follow_stream(at, *best);
  return {
      close("NR", {"DP-247", "no route of " + server.object.text() + " takes this connection", server.object.source})};
}

}  // namespace meshsim::models::route
