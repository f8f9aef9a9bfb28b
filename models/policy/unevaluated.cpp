#include "models/policy/unevaluated.h"

#include <algorithm>
#include <array>

namespace meshsim::models::policy {

namespace {

// Filters that observe and never answer or rewrite what policies read.
bool harmless(std::string_view filter) {
  static constexpr std::array kHarmless = {
      std::string_view("istio.stats"), std::string_view("istio.alpn"), std::string_view("istio.metadata_exchange"),
      std::string_view("envoy.filters.http.grpc_stats"), std::string_view("envoy.filters.network.metadata_exchange")};
  return std::find(kHarmless.begin(), kHarmless.end(), filter) != kHarmless.end();
}

void read_patches(const Object& object, Unevaluated& out) {
  for (const Node patch : object.spec()["configPatches"]) {
    const std::string_view to = patch["applyTo"].text();
    if (to != "HTTP_FILTER" && to != "NETWORK_FILTER" && to != "FILTER_CHAIN" && to != "LISTENER" &&
        to != "LISTENER_FILTER" && to != "EXTENSION_CONFIG")
      continue;
    if (harmless(patch["patch"]["value"]["name"].text())) continue;
    const std::string_view context = patch["match"]["context"].text();
    const bool any = context.empty() || context == "ANY";
    (to == "HTTP_FILTER" ? out.http : out.network) = true;
    out.sidecar |= any || context == "SIDECAR_INBOUND";
    // Changing or removing a filter can take a protection away, and there is none on the client's side (PO-013).
    const std::string_view operation = patch["patch"]["operation"].text();
    out.client |= (any || context == "SIDECAR_OUTBOUND") && operation != "MERGE" && operation != "REMOVE";
    out.gateway |= any || context == "GATEWAY";
    out.waypoint |= any || context == "SIDECAR_INBOUND" || context == "WAYPOINT";
  }
}

// `match[].mode`: SERVER is a sidecar's inbound side and a waypoint, CLIENT its outbound side and a gateway.
void read_traffic(const Object& object, Unevaluated& out) {
  const Node match = object.spec()["match"];
  bool server = match.empty(), client = match.empty();
  for (const Node one : match) {
    const std::string_view mode = one["mode"].text();
    server |= mode != "CLIENT";
    client |= mode != "SERVER";
  }
  out.sidecar = out.waypoint = server;
  out.client = out.gateway = client;
}

}  // namespace

std::optional<Unevaluated> decode_unevaluated(const Object& object) {
  Unevaluated out;
  out.object = &object;
  out.ns = object.ns;
  if (object.kind == "EnvoyFilter" && object.api_group == "networking.istio.io") {
    out.attachment = decode_attachment(object.spec(), "workloadSelector");
    read_patches(object, out);
  } else if (object.api_group == "extensions.istio.io" &&
             (object.kind == "WasmPlugin" || object.kind == "TrafficExtension")) {
    out.attachment = decode_attachment(object.spec());
    out.rule = "PO-136";
    read_traffic(object, out);
    const Node spec = object.spec();
    out.network = spec["type"].text() == "NETWORK" || spec["wasm"]["type"].text() == "NETWORK";
    out.http = !out.network;
  }
  if (!out.sidecar && !out.client && !out.gateway && !out.waypoint) return std::nullopt;
  return out;
}

}  // namespace meshsim::models::policy
