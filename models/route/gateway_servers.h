#pragma once
// GatewayServers: the servers of Istio Gateways and the listeners of Gateway API Gateways in one form, bound to the
// gateway proxies that carry them and to the ports their pods listen on. Imitates: istiod's MergeGateways
// (pilot/pkg/model/gateway.go, 1.27) and its conversion of Gateway API listeners to Istio servers.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/route/route_set.h"

namespace meshsim::models::route {

enum class ServerTls : std::uint8_t { None, Simple, Mutual, IstioMutual, Passthrough, AutoPassthrough };
enum class ServerProtocol : std::uint8_t { Http, Https, Tls, Tcp };

struct Server {
  ObjectRef object;
  std::string name;         // of the server or listener
  std::string gateway_key;  // as VirtualServices and converted routes name it
  std::string ns;
  std::vector<std::pair<std::string, std::string>> hosts;  // (namespace filter or empty, host)
  std::uint16_t port = 0;                                  // as written
  ServerProtocol protocol = ServerProtocol::Http;
  ServerTls tls = ServerTls::None;
  bool https_redirect = false;
  bool gateway_api = false;

  bool takes_http() const {
    return protocol == ServerProtocol::Http || (protocol == ServerProtocol::Https && terminates());
  }
  bool terminates() const {
    return tls == ServerTls::Simple || tls == ServerTls::Mutual || tls == ServerTls::IstioMutual;
  }
  bool passes_through() const { return tls == ServerTls::Passthrough || tls == ServerTls::AutoPassthrough; }
};

class GatewayServers {
 public:
  void compile(const Mesh& mesh, const std::vector<RouteSet>& sets, Diagnostics& diagnostics);

  // Port of the gateway's pods behind a Service port.
  std::uint16_t pod_port(std::size_t gateway, std::uint16_t service_port) const;
  // Servers on a pod port of a gateway, in order.
  const std::vector<std::size_t>& on(std::size_t gateway, std::uint16_t pod_port) const;
  const Server& server(std::size_t index) const { return servers_[index]; }
  std::size_t size() const { return servers_.size(); }

  // Route sets bound to a server's gateway as a proxy of namespace `ns` gets them.
  const std::vector<std::uint32_t>& order(const std::string& gateway_key, const std::string& ns) const;

  // A virtual host of HTTP routes at a server's listener: the domain and the route sets on it.
  struct Carried {
    std::uint32_t set = 0;
    std::size_t server = 0;
  };
  struct Domain {
    std::string host;
    std::vector<Carried> sets;
    bool https_redirect = false;
  };
  // Best domain for this authority among the servers that share the listener; nullptr: none.
  const Domain* domain(std::size_t gateway, std::uint16_t pod_port, std::optional<std::size_t> tls_server,
                       std::string_view authority) const;

 private:
  struct RouteTable {
    std::vector<Domain> domains;  // exact and wild, most specific first by look-up
    std::map<std::string, std::size_t, std::less<>> exact;
    std::vector<std::size_t> wild;  // longest first
  };
  void bind_istio(const Mesh& mesh);
  void bind_listeners(const Mesh& mesh);
  void build_domains(const std::vector<RouteSet>& sets);
  static Domain& domain_of(RouteTable& table, const std::string& host);

  const Mesh* mesh_ = nullptr;
  std::vector<Server> servers_;
  std::vector<std::map<std::uint16_t, std::vector<std::size_t>>> by_gateway_;
  // (gateway, pod port, server index for TLS servers or kNone for all plain HTTP servers)
  std::map<std::tuple<std::size_t, std::uint16_t, std::size_t>, RouteTable> tables_;
  std::map<std::pair<std::string, std::string>, std::vector<std::uint32_t>> order_;
  std::vector<std::size_t> none_;
};

// Hosts of a server that routes of namespace `ns` may use.
std::vector<std::string> hosts_for_namespace(const Server& server, std::string_view ns);

std::vector<Server> read_istio_gateways(const Mesh& mesh, Diagnostics& diagnostics);

}  // namespace meshsim::models::route
