// A flow as a scenario's `flows` hold it, so that it can be copied there.
#include "scenarios/report/json_value.h"

namespace meshsim::scenarios {

using namespace models;
using Json = nlohmann::ordered_json;

namespace {

Json endpoint(const Client& client) {
  if (client.kind == Client::Kind::Outside)
    return {{"outside", true}, {"ip", client.ip ? Json(client.ip->text()) : Json(nullptr)}};
  return {{client.kind == Client::Kind::Gateway ? "gateway" : "workload", client.ns + '/' + client.name}};
}

}  // namespace

nlohmann::ordered_json flow_value(const Flow& flow) {
  Json to = Json::object();
  if (flow.to.kind == Destination::Kind::Host) to["host"] = flow.to.host;
  if (flow.to.kind == Destination::Kind::Pod) to["pod"] = flow.to.ns + '/' + flow.to.name;
  if (flow.to.kind == Destination::Kind::Ip && flow.to.ip) to["ip"] = flow.to.ip->text();
  to["port"] = flow.to.port;
  if (flow.to.gateway) to["gateway"] = flow.to.gateway->first + '/' + flow.to.gateway->second;
  Json out{{"name", flow.name},
           {"from", endpoint(flow.from)},
           {"to", std::move(to)},
           {"protocol", to_string(flow.protocol)}};
  Json request = Json::object();
  if (is_http(flow.protocol)) {
    request["method"] = flow.request.method;
    request["path"] = flow.request.path;
    if (flow.request.host) request["host"] = *flow.request.host;
    Json headers = Json::object();
    for (const auto& [name, value] : flow.request.headers) headers[name] = value;
    if (!headers.empty()) request["headers"] = std::move(headers);
  }
  if (flow.request.sni) request["sni"] = *flow.request.sni;
  if (!request.empty()) out["request"] = std::move(request);
  return out;
}

}  // namespace meshsim::scenarios
