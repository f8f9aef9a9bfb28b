// ztunnel's half of ZtunnelPolicy.
#include <algorithm>

#include "models/policy/authorization/ztunnel_policy.h"

namespace meshsim::models::policy {

namespace {

bool any(const std::vector<ZString>& values, std::string_view text) {
  return std::any_of(values.begin(), values.end(), [&](const ZString& value) { return value.matches(text); });
}
bool any(const std::vector<Cidr>& blocks, const IpAddress& address) {
  return std::any_of(blocks.begin(), blocks.end(), [&](const Cidr& block) { return block.contains(address); });
}
bool any(const std::vector<std::uint16_t>& ports, std::uint16_t port) {
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}
bool any(const std::vector<std::pair<std::string, std::string>>& accounts, const ZtunnelPeer& peer) {
  return std::any_of(accounts.begin(), accounts.end(), [&](const auto& account) {
    return peer.known && account.first == peer.ns && account.second == peer.service_account;
  });
}

// PO-062: a dimension holds iff the positive list is empty or hit, and the negative list is not hit.
template <class Values, class Seen>
bool dimension(const Values& positive, const Values& negative, const Seen& seen) {
  return (positive.empty() || any(positive, seen)) && (negative.empty() || !any(negative, seen));
}

// PO-063: without identity a principal comparison is false, so the negative form holds.
bool principal_dimension(const ZtunnelMatch& match, const ZtunnelPeer& peer) {
  if (!peer.known) return match.principals.empty();
  return dimension(match.principals, match.not_principals, peer.principal);
}

std::string list(const std::vector<ZString>& values) {
  std::string out;
  for (const auto& value : values) {
    if (!out.empty()) out += ", ";
    switch (value.kind) {
      case ZString::Kind::Exact:
        out += value.text;
        break;
      case ZString::Kind::Prefix:
        out += value.text + '*';
        break;
      case ZString::Kind::Suffix:
        out += '*' + value.text;
        break;
      case ZString::Kind::Presence:
        out += '*';
        break;
    }
  }
  return out;
}

std::string failing(const ZtunnelMatch& match, const ZtunnelPeer& peer, const ConnectionView& connection) {
  if (match.empty()) return "a clause is empty here, because all its fields are L7 (PO-058)";
  const std::string who = peer.known ? std::string(peer.principal) : "a peer without identity";
  if (!dimension(match.destination_ips, match.not_destination_ips, connection.destination_ip))
    return "destination.ip does not admit " + connection.destination_ip.text();
  if (!dimension(match.source_ips, match.not_source_ips, connection.source_ip))
    return "source.ip does not admit " + connection.source_ip.text();
  if (!dimension(match.destination_ports, match.not_destination_ports, connection.port))
    return "ports do not admit port " + std::to_string(connection.port);
  if (!dimension(match.service_accounts, match.not_service_accounts, peer))
    return "serviceAccounts do not admit " + who;
  if (!principal_dimension(match, peer))
    return "principals [" + list(match.principals) + (match.not_principals.empty() ? "" : "] not [") +
           list(match.not_principals) + "] do not admit " + who;
  if (!dimension(match.namespaces, match.not_namespaces, peer.ns))
    return "namespaces [" + list(match.namespaces) + (match.not_namespaces.empty() ? "" : "] not [") +
           list(match.not_namespaces) + "] do not admit namespace \"" + std::string(peer.ns) + '"';
  return {};
}

// Dimensions that do not hold; an empty match is as far away as can be, for it never holds.
int missing(const ZtunnelMatch& match, const ZtunnelPeer& peer, const ConnectionView& connection) {
  if (match.empty()) return 7;
  return !dimension(match.destination_ips, match.not_destination_ips, connection.destination_ip) +
         !dimension(match.source_ips, match.not_source_ips, connection.source_ip) +
         !dimension(match.destination_ports, match.not_destination_ports, connection.port) +
         !dimension(match.service_accounts, match.not_service_accounts, peer) + !principal_dimension(match, peer) +
         !dimension(match.namespaces, match.not_namespaces, peer.ns);
}

bool clause_holds(const ZtunnelClause& clause, const ZtunnelPeer& peer, const ConnectionView& connection) {
  return clause.empty() || std::any_of(clause.begin(), clause.end(), [&](const ZtunnelMatch& match) {
           return !match.empty() && holds(match, peer, connection);
         });
}

}  // namespace

ZtunnelPeer ztunnel_peer(std::string_view principal) {
  ZtunnelPeer out;
  if (principal.empty()) return out;
  if (principal.starts_with("spiffe://")) principal.remove_prefix(9);
  out.known = true;
  out.principal = principal;
  // td/ns/NS/sa/SA
  const auto ns = principal.find("/ns/");
  if (ns == std::string_view::npos) return out;
  const auto rest = principal.substr(ns + 4);
  const auto sa = rest.find("/sa/");
  if (sa == std::string_view::npos) return out;
  out.ns = rest.substr(0, sa);
  out.service_account = rest.substr(sa + 4);
  return out;
}

bool holds(const ZtunnelMatch& match, const ZtunnelPeer& peer, const ConnectionView& connection) {
  return dimension(match.destination_ips, match.not_destination_ips, connection.destination_ip) &&
         dimension(match.source_ips, match.not_source_ips, connection.source_ip) &&
         dimension(match.destination_ports, match.not_destination_ports, connection.port) &&
         dimension(match.service_accounts, match.not_service_accounts, peer) && principal_dimension(match, peer) &&
         dimension(match.namespaces, match.not_namespaces, peer.ns);
}

bool group_matches(const ZtunnelGroup& group, const ZtunnelPeer& peer, const ConnectionView& connection) {
  return std::all_of(group.begin(), group.end(),
                     [&](const ZtunnelClause& clause) { return clause_holds(clause, peer, connection); });
}

std::optional<std::size_t> first_match(const ZtunnelPolicy& policy, const ZtunnelPeer& peer,
                                       const ConnectionView& connection) {
  for (std::size_t i = 0; i < policy.groups.size(); ++i)
    if (group_matches(policy.groups[i], peer, connection)) return i;
  return std::nullopt;
}

ZtunnelNearness explain(const ZtunnelGroup& group, const ZtunnelPeer& peer, const ConnectionView& connection) {
  ZtunnelNearness out;
  for (const auto& clause : group) {
    if (clause_holds(clause, peer, connection)) continue;
    if (out.failing++ > 0) continue;
    const auto nearest = std::min_element(clause.begin(), clause.end(), [&](const auto& a, const auto& b) {
      return missing(a, peer, connection) < missing(b, peer, connection);
    });
    out.failure = failing(*nearest, peer, connection);
  }
  return out;
}

}  // namespace meshsim::models::policy
