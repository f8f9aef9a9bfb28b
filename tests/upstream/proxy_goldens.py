"""istio/proxy (86a72d0) test/envoye2e/stats_plugin/stats_test.go and tcp_metadata_exchange_test.go: the labels of its golden series
(testdata/metric), for the same client and server. The cluster labels of the test's node metadata are left out."""
import sys

from echo_mesh import ROOT, call, case, documents, namespace, waypoint, write

SERVER = "server.default.svc.cluster.local"
CLIENT_ID, SERVER_ID = "spiffe://cluster.local/ns/default/sa/client", "spiffe://cluster.local/ns/default/sa/server"


def deployment(name, app, canonical, account, hbone, discovery, ambient=False):
    labels = {"app": app, "version": "v1", "service.istio.io/canonical-name": canonical, "service.istio.io/canonical-revision": "version-1"}
    template = {"metadata": {"labels": labels}, "spec": {"serviceAccountName": account, "containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": 9080}]}]}}
    if ambient:
        labels["istio.io/dataplane-mode"] = "ambient"
    else:
        template["metadata"]["annotations"] = {"sidecar.istio.io/status": "{}"}
        template["spec"]["containers"].append({"name": "istio-proxy", "image": "registry.example.test/proxyv2:1", "env": [
            {"name": "ISTIO_META_ENABLE_HBONE", "value": hbone}, {"name": "PEER_METADATA_DISCOVERY", "value": discovery}]})
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"}, "spec": {"selector": {"matchLabels": {"app": app}}, "template": template}}


def mesh(port="http", client=None, server=None, hbone="false", discovery="false", labels=None):
    modes = {"client": {"ambient": client == "ambient"}, "server": {"ambient": server == "ambient"}}
    return [ROOT, namespace("default"), deployment("productpage-v1", "productpage", "productpage-v1", "client", hbone, discovery, **modes["client"]),
            deployment("ratings-v1", "ratings", "ratings", "server", hbone, discovery, **modes["server"]),
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "server", "namespace": "default", "labels": labels or {}}, "spec": {"selector": {"app": "ratings"}, "ports": [{"name": port, "port": 9080, "targetPort": 9080}]}}]


SOURCE = {"source_workload": "productpage-v1", "source_canonical_service": "productpage-v1", "source_canonical_revision": "version-1", "source_workload_namespace": "default", "source_app": "productpage", "source_version": "v1"}
TO = {"destination_workload": "ratings-v1", "destination_workload_namespace": "default", "destination_app": "ratings", "destination_version": "v1", "destination_service": SERVER, "destination_canonical_service": "ratings",
      "destination_canonical_revision": "version-1", "destination_service_name": "server", "destination_service_namespace": "default"}
DISCOVERED = {**TO, "destination_version": "version-1"}
PLAIN = {"source_principal": "unknown", "destination_principal": "unknown"}
MTLS = {"source_principal": CLIENT_ID, "destination_principal": SERVER_ID}


def requests(reporter, code="200", to=TO, source=SOURCE, who=PLAIN, security=None, flags="-"):
    security = security or {"source": "unknown", "destination": "none", "waypoint": "mutual_tls"}[reporter]
    return {"metric": "istio_requests_total", "labels": {"reporter": reporter, "request_protocol": "http", "response_code": code, "response_flags": flags, "connection_security_policy": security, **source, **to, **who}, "value": 1}


def http(title, objects, series, outcome="allowed", code=200):
    case(title, objects, [call("x", SERVER, 9080, {"outcome": outcome, "http_status": code, "http_metrics": series}, src="productpage-v1", ns="default")])


OFF = documents("""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: server }
spec: { host: server, trafficPolicy: { tls: { mode: DISABLE } } }
""", "default")
DENY = documents("""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny }
spec: { selector: { matchLabels: { app: ratings } }, action: DENY, rules: [{}] }
""", "default")
# TestStatsPayload/Default, TestStats403Failure: plaintext between two sidecars.
http("payload plaintext", mesh() + OFF, [requests("source"), requests("destination")])
http("403 by the server's policy", mesh() + OFF + DENY, [requests("destination", "403")], "denied", 403)
# TestStatsServerWaypointProxyCONNECT: what the waypoint knows of the server comes by discovery.
for title, port in (("http", "http"), ("tcp", "tcp")):
    objects = mesh(port, "ambient", "ambient", labels={"istio.io/use-waypoint": "waypoint"}) + [waypoint("default")]
    who = {"reporter": "waypoint", "source_workload": "productpage-v1", "source_workload_namespace": "default", "connection_security_policy": "mutual_tls", **MTLS, **DISCOVERED}
    if port == "http":
        case("waypoint http", objects, [call("x", SERVER, 9080, {"outcome": "allowed", "http_status": 200, "waypoint_traversed": True, "http_metrics": [
            {"metric": "istio_requests_total", "labels": {**who, "request_protocol": "http", "response_code": "200", "response_flags": "-"}, "value": 1}]}, src="productpage-v1", ns="default")])
    else:
        case("waypoint tcp", objects, [call("x", SERVER, 9080, {"outcome": "allowed", "waypoint_traversed": True, "tcp_metrics": [
            {"metric": "istio_tcp_connections_opened_total", "labels": {**who, "request_protocol": "tcp", "response_flags": "-"}, "value": 1}]}, src="productpage-v1", ns="default", protocol="tcp")])
# TestStatsClientSidecarCONNECT
http("sidecar to ambient", mesh(hbone="true", discovery="true", server="ambient"), [requests("source", to=DISCOVERED, who={"source_principal": "unknown", "destination_principal": SERVER_ID})])


# TestTCPMetadataExchange: the four series of a connection on both sides; with the ALPN, and without it by discovery.
def tcp(reporter, peer_discovered):
    source, to = dict(SOURCE), dict(TO)
    if peer_discovered and reporter == "source":
        to["destination_version"] = "version-1"
    if peer_discovered and reporter == "destination":
        source.update({"source_app": "productpage-v1", "source_version": "version-1"})
    labels = {"reporter": reporter, "request_protocol": "tcp", "response_flags": "-", "connection_security_policy": "unknown" if reporter == "source" else "mutual_tls", **source, **to, **MTLS}
    return [{"metric": f"istio_tcp_{m}_total", "labels": labels, "absent_labels": ["response_code", "grpc_response_status"], "value": v} for m, v in (
        ("connections_opened", 1), ("connections_closed", 1), ("received_bytes", 6), ("sent_bytes", 12))]


for discovery in ("false", "true"):
    case(f"tcp mtls, discovery {discovery}", mesh("tcp", discovery=discovery), [call("x", SERVER, 9080, {"outcome": "allowed", "transport": "mtls", "tcp_metrics": tcp("source", discovery == "true") + tcp("destination", discovery == "true")},
                                                                                  src="productpage-v1", ns="default", protocol="tcp", bytes_to_server=6, bytes_to_client=12)],
         **({"features": {"PILOT_DISABLE_MX_ALPN": "true"}} if discovery == "true" else {}))

if __name__ == "__main__":
    write(sys.argv[1], "proxy-goldens")
