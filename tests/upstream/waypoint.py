"""istio/istio tests/integration/ambient/waypoint_test.go (86c9f01): waypoints as egress gateways, ingress to waypoints, TCPRoute, TLSRoute."""
import ambient
import echo_mesh
from echo_mesh import *

echo_mesh.CASES.clear()
NS, SWP, WWP, host, mesh, CLIENTS = ambient.NS, ambient.SWP, ambient.WWP, ambient.host, ambient.mesh, ambient.CLIENTS


def egress_gateway(name, ns):
    return documents(f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: {name}, namespace: {ns} }}
spec:
  gatewayClassName: istio-waypoint
  listeners:
  - name: mesh
    port: 15008
    protocol: HBONE
    allowedRoutes: {{ namespaces: {{ from: Selector, selector: {{ matchLabels: {{ kubernetes.io/metadata.name: {NS} }} }} }} }}
""")


def external():
    """The simulated outside: a namespace without proxies, whose Service listens on 80, 443 and 8080."""
    return [namespace("external"), namespace("egress")] + echo("external", ns="external", mode="none", ports=("http", "https"))


LABELS = "{ istio.io/use-waypoint: egress-gateway, istio.io/use-waypoint-namespace: egress }"
NONE = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: %s, labels: """ + LABELS + """ }
spec:
  hosts: [%s]
  ports: [{ name: http, number: 8080, protocol: HTTP }]
  resolution: NONE
  location: MESH_EXTERNAL
  addresses: [%s]
"""
EXTERNAL = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: external, labels: """ + LABELS + """ }
spec:
  hosts: [fake-egress.example.com]
  ports:
  - { name: http, number: 80, protocol: HTTP }
  - { name: https, number: 443, protocol: HTTPS }
  - { name: http-for-tls, number: 8080, protocol: HTTP, targetPort: 443 }
  location: MESH_EXTERNAL
  resolution: DNS
  endpoints: [{ address: external.external.svc.cluster.local }]
"""
ORIGINATION = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: tls-origination }
spec: { host: %s, trafficPolicy: { tls: { mode: SIMPLE, insecureSkipVerify: true } } }
"""
HTTP_ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: route-port }
spec:
  parentRefs: [{ kind: ServiceEntry, group: networking.istio.io, name: external }]
  rules: [{ backendRefs: [{ kind: Hostname, group: networking.istio.io, name: fake-egress.example.com, port: 443 }] }]
"""
BACKEND_TLS = """
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: { name: fake-egress-tls }
spec:
  targetRefs: [{ group: networking.istio.io, kind: ServiceEntry, name: external, sectionName: %s }]
  validation: { hostname: server.default.svc, caCertificateRefs: [{ kind: ConfigMap, name: external-ca-cert, group: "" }] }
"""
AUTHZ = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: only-get }
spec:
  targetRefs: [{ kind: ServiceEntry, group: networking.istio.io, name: external }]
  action: ALLOW
  rules: [{ to: [{ operation: { methods: [GET] } }] }]
"""
L7 = {"outcome": "allowed", "http_status": 200, "l7_processed": True, "waypoint_traversed": True}
L4 = {"outcome": "allowed", "http_status": 200, "l7_processed": False, "waypoint_traversed": False}


def egress(title, config, rows):
    case(f"egress {title}", mesh() + external() + egress_gateway("egress-gateway", "egress") + [d for c in config for d in documents(c)],
         [call(f"{s} {i}", to, port, expect, src=f"{s}-v1", **r) for s in CLIENTS for i, (to, port, expect, r) in enumerate(rows)])


FAKE = "fake-egress.example.com"
egress("before", [], [("198.51.100.7", 8080, L4, {"host": "fake-passthrough.example.com"})])
egress("resolution none", [NONE % ("n", "fake-passthrough.example.com", "198.51.100.7")], [("198.51.100.7", 8080, L7, {"host": "fake-passthrough.example.com"})])
egress("resolution none cidr", [NONE % ("n", "fake-cidr.example.com", "198.51.100.0/24")], [("198.51.100.9", 8080, L7, {"host": "fake-cidr.example.com"})])
egress("basic", [EXTERNAL], [(FAKE, 80, L7, {})])
egress("origination target port", [EXTERNAL, ORIGINATION % FAKE], [(FAKE, 8080, {**L7, "upstream": {"alpn": "http/1.1"}}, {})])
egress("origination route", [EXTERNAL, ORIGINATION % FAKE, HTTP_ROUTE], [(FAKE, 80, L7, {})])
egress("backend tls target port", [EXTERNAL, BACKEND_TLS % "http-for-tls"], [(FAKE, 8080, L7, {})])
egress("backend tls route", [EXTERNAL, BACKEND_TLS % "https", HTTP_ROUTE], [(FAKE, 80, L7, {})])
egress("authorization", [EXTERNAL, AUTHZ], [(FAKE, 80, {"outcome": "denied", "http_status": 403}, {"method": "POST"}), (FAKE, 80, L7, {})])

WILD = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: external-wildcard, labels: """ + LABELS + """ }
spec:
  hosts: ["*.external.example.com"]
  ports:
  - { name: http, number: 80, protocol: HTTP }
  - { name: tls, number: 443, protocol: TLS }
  - { name: http-for-tls, number: 8080, protocol: HTTP, targetPort: 443 }
  location: MESH_EXTERNAL
  resolution: DYNAMIC_DNS
"""
ONE, TWO = "one.external.example.com", "two.external.example.com"
egress("wildcard", [WILD], [(ONE, 80, L7, {}), (ONE, 80, {"http_status": 404}, {"host": "external.non-existent.example.org"}), (TWO, 80, L7, {"host": ONE}),
                            (ONE, 443, {"outcome": "allowed", "waypoint_traversed": True}, {"protocol": "tls", "sni": ONE}),
                            (ONE, 443, {"outcome": "allowed", "waypoint_traversed": True}, {"protocol": "https", "sni": ONE})])
egress("wildcard origination", [WILD, ORIGINATION % '"*.external.example.com"'], [(ONE, 8080, L7, {})])

# TestIngressToWaypoint: everything that reaches the waypoint is denied.
DENY_ALL = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all-waypoint }
spec: { targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: waypoint-service }] }
"""
GATE = "istio-system/istio-ingressgateway"
case("sidecars bypass the waypoint", mesh() + documents(DENY_ALL), [
    call(f"{p}", host(SWP), PORTS[p][0], {"outcome": "allowed", "waypoint_traversed": False}, src="sidecar-v1", protocol="tcp" if p == "tcp" else "http") for p in ("http", "tcp")] + [
    call(f"{p} pod {v}", {"pod": f"{NS}/{WWP}-{v}"}, PORTS[p][1], {"outcome": "allowed", "waypoint_traversed": False}, src="sidecar-v1", protocol="tcp" if p == "tcp" else "http")
    for p in ("http", "tcp") for v in ("v1", "v2")])
for title, service, ns, good in (("endpoint", False, False, True), ("service", True, False, False), ("namespace", False, True, False)):
    objects = mesh()
    for o in objects:
        if (service and o["kind"] == "Service" and o["metadata"]["name"] == SWP) or (ns and o["kind"] == "Namespace" and o["metadata"]["name"] == NS):
            o["metadata"]["labels"]["istio.io/ingress-use-waypoint"] = "true"
    case(f"ingress {title} routing", objects + classic_gateway() + documents(DENY_ALL) + documents(ambient.GW % SWP),
         [call("x", "www.example.com", 80, ok(waypoint_traversed=False) if good else {"outcome": "denied", "http_status": 403, "waypoint_traversed": True}, outside=True, gateway=GATE)])

for kind in ("TCPRoute", "TLSRoute"):
    share = {"captured:19090": {"share": .6, "tolerance": .01}, "uncaptured:19090": {"share": .2, "tolerance": .01}, f"{SWP}:16061": {"share": .2, "tolerance": .01}}
    case(kind, mesh() + documents(f"""
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: {kind}
metadata: {{ name: route }}
spec:
  parentRefs: [{{ group: "", kind: Service, name: {SWP} }}]
  rules:
  - backendRefs: [{{ name: captured, port: 9090, weight: 3 }}, {{ name: uncaptured, port: 9090, weight: 1 }}, {{ name: {SWP}, port: 9093, weight: 1 }}]
"""), [call("x", host(SWP), 9090, {"outcome": "allowed", "distribution": share}, src="captured-v1", protocol="tcp")])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "waypoint")
