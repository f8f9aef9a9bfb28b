"""istio/istio tests/integration/telemetry (86c9f01): api/stats_test.go, api/customize_metrics_test.go, policy/{traffic_allow_any,traffic_registry_only}_test.go:
the series that the tests query. Access logs are not compared by the runner and left out."""
import sys

from echo_mesh import *

A, B, NAKED = (f"{n}.echo.svc.cluster.local" for n in ("a", "b", "naked"))
STRICT = documents("""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
""")
SOURCE = {"source_app": "a", "source_version": "v1", "source_workload": "a-v1", "source_workload_namespace": "echo", "source_cluster": "Kubernetes"}
TO_B = {"destination_app": "b", "destination_version": "v1", "destination_service": B, "destination_service_name": "b", "destination_workload_namespace": "echo",
        "destination_service_namespace": "echo"}


def http(reporter, labels, **more):
    return {"metric": "istio_requests_total", "labels": {"reporter": reporter, **labels}, **more}


HTTP = {"request_protocol": "http", "response_code": "200"}
TO_NAKED = {**HTTP, "destination_service": NAKED, "destination_service_name": "naked", "destination_workload_namespace": "echo", "destination_service_namespace": "echo", **SOURCE}
TO_B_TCP = {"request_protocol": "tcp", "destination_canonical_revision": "v1", "destination_canonical_service": "b", **TO_B, **SOURCE}
del TO_B_TCP["destination_service"]
BOTH = [http(r, {**HTTP, **TO_B, **SOURCE}) for r in ("source", "destination")]
PATH = "/proto.EchoTestService/Echo"
case("stats default", standard() + STRICT, [
    call("http", B, 80, ok(http_metrics=BOTH)), call("naked", NAKED, 80, ok(http_metrics=[http("source", TO_NAKED)])),
    call("tcp", B, 9090, {"outcome": "allowed", "tcp_metrics": [{"metric": "istio_tcp_connections_opened_total", "labels": {"reporter": "destination", **TO_B_TCP}}]}, protocol="tcp"),
    call("grpc", B, 7070, ok(http_metrics=[{"metric": m, "labels": TO_B} for m in ("istio_request_messages_total", "istio_response_messages_total")]), protocol="grpc", path=PATH, method="POST")])

# additional-labels.yaml: a tag from the peer's labels; the apps carry custom-label: their own name.
LABELLED = standard()
for o in LABELLED:
    if o["kind"] == "Deployment":
        o["spec"]["template"]["metadata"]["labels"]["custom-label"] = o["metadata"]["name"][:-3]
EXTRA = documents("""
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: additional-labels }
spec:
  metrics:
  - overrides:
    - match: { metric: ALL_METRICS, mode: CLIENT }
      tagOverrides: { upstream_custom_label: { value: "filter_state.upstream_peer.labels['custom-label']" } }
    - match: { metric: ALL_METRICS, mode: SERVER }
      tagOverrides: { downstream_custom_label: { value: "filter_state.downstream_peer.labels['custom-label']" } }
    providers: [{ name: prometheus }]
""")
case("stats additional labels are added", LABELLED + STRICT + EXTRA, [call("http", B, 80, ok(http_metrics=[
    http("source", {**HTTP, **TO_B, **SOURCE}, absent_labels=["downstream_custom_label"]), http("destination", {**HTTP, **TO_B, **SOURCE}, absent_labels=["upstream_custom_label"])]))])

# customize_metrics_test.go, without the WebAssembly attributes.
CUSTOM = documents("""
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: ns-default }
spec:
  metrics:
  - providers: [{ name: prometheus }]
    overrides:
    - match: { metric: REQUEST_COUNT }
      tagOverrides: { custom_dimension: { value: "'test'" }, source_principal: { operation: REMOVE } }
""")
CUSTOMIZED = {**HTTP, **TO_B, "source_app": "a", "source_version": "v1", "source_workload": "a-v1", "source_workload_namespace": "echo", "custom_dimension": "test"}
case("customize metrics", standard() + CUSTOM, [
    call("http", B, 80, ok(http_metrics=[http(r, CUSTOMIZED, absent_labels=["source_principal"]) for r in ("source", "destination")]), path="/path"),
    call("grpc", B, 7070, ok(http_metrics=[http("destination", {**CUSTOMIZED, "request_protocol": "grpc"}, absent_labels=["source_principal"])]), protocol="grpc", path=PATH, method="POST")])

# TestStatsGatewayServerTCPFilter: TLS from a sidecar through an egress gateway by Istio mutual TLS.
EXTERNAL = [namespace("external")] + echo("external", ns="external", mode="none") + documents("""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: egressgateway-for-external-app }
spec:
  host: istio-egressgateway.istio-system.svc.cluster.local
  trafficPolicy: { portLevelSettings: [{ port: { number: 443 }, tls: { mode: ISTIO_MUTUAL, sni: server.default.svc } }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: istio-egressgateway }
spec:
  selector: { istio: egressgateway }
  servers: [{ port: { number: 443, name: mtls-tcp, protocol: TLS }, hosts: [server.default.svc], tls: { mode: ISTIO_MUTUAL } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: direct-cnn-through-egress-gateway }
spec:
  hosts: [server.default.svc]
  gateways: [istio-egressgateway, mesh]
  tls:
  - match: [{ gateways: [mesh], port: 443, sniHosts: [server.default.svc] }]
    route: [{ destination: { host: istio-egressgateway.istio-system.svc.cluster.local, port: { number: 443 } } }]
  tcp:
  - match: [{ gateways: [istio-egressgateway], port: 443 }]
    route: [{ destination: { host: external.external.svc.cluster.local, port: { number: 443 } } }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: server-default-svc }
spec:
  exportTo: ["."]
  hosts: [server.default.svc]
  addresses: [240.240.240.255]
  endpoints: [{ address: external.external.svc.cluster.local }]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [{ name: https, number: 443, protocol: HTTPS }]
""")
EGRESS = {"reporter": "source", "request_protocol": "tcp", "destination_service_name": "istio-egressgateway", "destination_canonical_revision": "latest",
          "destination_canonical_service": "istio-egressgateway", "destination_app": "istio-egressgateway", "destination_workload_namespace": "istio-system",
          "destination_service_namespace": "istio-system", **SOURCE}
case("stats gateway tcp", standard() + EXTERNAL + classic_gateway("istio-egressgateway", "egressgateway"), [
    call("tls", "240.240.240.255", 443, {"outcome": "allowed", "path": ["sidecar", "gateway"], "tcp_metrics": [{"metric": "istio_tcp_connections_opened_total", "labels": EGRESS}]},
         protocol="https", sni="server.default.svc")])

# policy/: the client knows nothing but the namespace `service`. It calls a Service that its Sidecar resource hides.
DEST = "destination.app.svc.cluster.local"
SCOPED = [ROOT, namespace("app", **{"istio-injection": "enabled"}), namespace("service")] + echo("client", ns="app") + documents("""
apiVersion: v1
kind: Service
metadata: { name: destination, namespace: app }
spec:
  selector: { app: destination }
  ports: [{ name: http, port: 80, targetPort: 8080 }, { name: https, port: 443, targetPort: 8443 }, { name: https-conflict, port: 9443 }, { name: tcp, port: 9090 }, { name: tcp-conflict, port: 9091 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: destination-v1, namespace: app }
spec:
  selector: { matchLabels: { app: destination } }
  template: { metadata: { labels: { app: destination, version: v1, sidecar.istio.io/inject: "false" } }, spec: { containers: [{ name: app, image: registry.example.test/app:1, ports: [{ containerPort: 8080 }] }] } }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: http, namespace: service }
spec:
  hosts: [istio.io]
  location: MESH_EXTERNAL
  ports: [{ name: http-for-https, number: 9443, protocol: HTTP }, { name: http-for-tcp, number: 9091, protocol: HTTP }]
  resolution: DNS
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: istio-egressgateway, namespace: service }
spec: { selector: { istio: egressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [some-external-site.com] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: route-via-egressgateway, namespace: service }
spec:
  hosts: [some-external-site.com]
  gateways: [istio-egressgateway, mesh]
  http:
  - match: [{ gateways: [mesh], port: 80 }]
    route: [{ destination: { host: istio-egressgateway.istio-system.svc.cluster.local, port: { number: 80 } } }]
  - match: [{ gateways: [istio-egressgateway], port: 80 }]
    route: [{ destination: { host: some-external-site.com } }]
    headers: { request: { add: { handled-by-egress-gateway: "true" } } }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ext-service-entry, namespace: service }
spec:
  hosts: [some-external-site.com]
  location: MESH_EXTERNAL
  endpoints: [{ address: destination.app.svc.cluster.local, network: external }]
  ports: [{ number: 80, name: http }]
  resolution: DNS
""") + classic_gateway("istio-egressgateway", "egressgateway", ports=((80, 8080), (443, 8443)))
for o in SCOPED:
    if o["kind"] == "Service" and o["metadata"]["name"] == "istio-egressgateway":
        for p in o["spec"]["ports"]:
            p["name"] = {80: "http2", 443: "https"}[p["port"]]  # as the chart names them: sidecars listen for HTTP on 0.0.0.0:80
for mode in ("ALLOW_ANY", "REGISTRY_ONLY"):
    scope = documents(f"""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{ name: restrict-to-service-entry-namespace, namespace: app }}
spec: {{ egress: [{{ hosts: ["service/*", "istio-system/*"] }}], outboundTrafficPolicy: {{ mode: {mode} }} }}
""")
    cluster = {"destination_service_name": "PassthroughCluster" if mode == "ALLOW_ANY" else "BlackHoleCluster"}
    flows = []

    def row(name, port, protocol, good, metrics, **request):
        flows.append(call(name, DEST, port, {**good, **metrics}, src="client-v1", ns="app", protocol=protocol, **request))
    allowed = mode == "ALLOW_ANY"
    code = "200" if allowed else "502"
    reached = ok() if allowed else status(502)
    for version in ("HTTP/1.1", "HTTP/2") if allowed else ("HTTP/1.1",):
        row(f"http {version}", 80, "http", reached, {"http_metrics": [http("source", {**cluster, "response_code": code})]}, http_version=version)
    tcp = {"outcome": "allowed"} if allowed else {"outcome": "unreachable"}
    opened = {"tcp_metrics": [{"metric": f"istio_tcp_connections_{'opened' if allowed else 'closed'}_total", "labels": {"reporter": "source", **cluster}}]}
    closed = {"tcp_metrics": [{"metric": "istio_tcp_connections_closed_total", "labels": {"reporter": "source", "source_workload": "client-v1", **cluster}}]}
    for port in (443, 9443):
        row(f"https {port}", port, "https", tcp, opened)
    for version in ("HTTP/1.1", "HTTP/2") if allowed else ("HTTP/1.1",):
        # The HTTP protocol that the egress gateway speaks is that of the ServiceEntry's port.
        row(f"egress {version}", 80, "http", ok(upstream={"headers": {"handled-by-egress-gateway": "true"}, "http_version": "HTTP/1.1"}), {
            "http_metrics": [http("source", {"destination_service_name": "istio-egressgateway", "response_code": "200"})]}, http_version=version, host="some-external-site.com")
    row("tcp", 9090, "tcp", tcp, closed)
    if not allowed:
        row("tcp conflict", 9091, "tcp", tcp, closed)
    case(f"traffic policy {mode}", SCOPED + scope, flows)

if __name__ == "__main__":
    write(sys.argv[1], "telemetry")
