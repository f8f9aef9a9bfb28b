"""istio/istio tests/integration/ambient/baseline_test.go (86c9f01), what `ambient.py` has not: the telemetry tests and ingress to a TLS port."""
import sys

import ambient
import echo_mesh
from echo_mesh import *

echo_mesh.CASES.clear()
NS, SWP = ambient.NS, ambient.SWP


def mesh(more=""):
    """One version of each workload: the tests' queries name v1."""
    return [o for o in ambient.mesh() if not o["metadata"]["name"].endswith("-v2")] + documents(more)


def identity(name):
    return f"spiffe://cluster.local/ns/{NS}/sa/{name}"


def labels(src, dst):
    return {"connection_security_policy": "mutual_tls", "destination_canonical_service": dst, "destination_canonical_revision": "v1", "destination_service": ambient.host(dst), "destination_principal": identity(dst),
            "destination_service_name": dst, "destination_workload": dst + "-v1", "destination_workload_namespace": NS, "destination_service_namespace": NS, "source_canonical_service": src,
            "source_canonical_revision": "v1", "source_principal": identity(src), "source_workload": src + "-v1", "source_workload_namespace": NS}


# TestL7Telemetry, TestL4Telemetry
HTTP = {"request_protocol": "http", "response_code": "200", "response_flags": "-"}
case("l7 telemetry", mesh(), [call("x", ambient.host(SWP), 80, ok(waypoint_traversed=True, http_metrics=[{"metric": "istio_requests_total", "labels": {"reporter": "waypoint", **HTTP, **labels("captured", SWP)}}]), src="captured-v1")])
case("l4 telemetry", mesh(), [call("x", ambient.host("captured"), 9090, {"outcome": "allowed", "tcp_metrics": [{"metric": "istio_tcp_connections_opened_total", "labels": {
    "reporter": "destination", "destination_version": "v1", "source_version": "v1", **labels("captured", "captured")}}]}, src="captured-v1", protocol="tcp")])

# TestCustomizeMetrics
TAGS = f"""
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {{ name: ns-default }}
spec:
  targetRefs: [{{ kind: Service, group: core, name: {SWP} }}]
  metrics:
  - providers: [{{ name: prometheus }}]
    overrides:
    - match: {{ metric: REQUEST_COUNT }}
      tagOverrides: {{ custom_dimension: {{ value: "'test'" }}, source_principal: {{ operation: REMOVE }} }}
"""
case("customized metrics", mesh(TAGS), [call("x", ambient.host(SWP), 80, ok(http_metrics=[{"metric": "istio_requests_total", "labels": {
    "reporter": "waypoint", "request_protocol": "http", "response_code": "200", "destination_app": SWP, "destination_version": "v1", "destination_service": ambient.host(SWP), "destination_service_name": SWP,
    "destination_workload_namespace": NS, "destination_service_namespace": NS, "source_app": "captured", "source_version": "v1", "source_workload": "captured-v1", "source_workload_namespace": NS,
    "custom_dimension": "test"}, "absent_labels": ["source_principal"]}]), src="captured-v1")])

# TestIngressTLS
case("ingress tls", mesh() + classic_gateway() + documents("""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gateway }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: route }
spec: { gateways: [gateway], hosts: ["*"], http: [{ route: [{ destination: { host: captured, port: { number: 443 } } }] }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: captured }
spec: { host: captured, trafficPolicy: { tls: { mode: SIMPLE, insecureSkipVerify: true } } }
"""), [call("x", "captured", 80, ok(routed_to="captured-v1"), outside=True, gateway="istio-system/istio-ingressgateway", host="captured")])

if __name__ == "__main__":
    write(sys.argv[1], "ambient-more")
