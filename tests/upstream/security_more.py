"""istio/istio tests/integration/security (86c9f01), what `security.py` and `reachability.py` have not: authz_multiple_providers_test.go,
egress_gateway_origination_test.go, egress_sidecar_tls_origination_test.go, ca_custom_root/secure_naming_test.go, policy_attachment_only, ingress_test.go."""
import sys

import echo_mesh
import security
from echo_mesh import *
from security import IPS, SA, mesh, render, token

echo_mesh.CASES.clear()
B = "b.ns1.svc.cluster.local"
PROVIDERS = """
extensionProviders:
- name: p1
  envoyExtAuthzHttp: { service: ext-authz.echo.svc.cluster.local, port: 8000, headersToDownstreamOnDeny: [], includeRequestHeadersInCheck: [x-ext-authz] }
- name: p2
  envoyExtAuthzGrpc: { service: ext-authz.echo.svc.cluster.local, port: 9000 }
"""
CONFIG = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": PROVIDERS}}, namespace("echo")] + echo("ext-authz")
ALLOW, DENY = {"headers": {"x-ext-authz": "allow"}}, {"headers": {"x-ext-authz": "deny"}}


def custom(name, provider, paths, ports=True, methods=True):
    op = {"paths": paths, **({"ports": ["18080", "18085"]} if ports else {}), **({"methods": ["GET"]} if methods else {})}
    return {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": name, "namespace": "ns1"},
            "spec": {"selector": {"matchLabels": {"app": "b"}}, "action": "CUSTOM", "provider": {"name": provider}, "rules": [{"to": [{"operation": op}]}]}}


def asked(title, policies, rows):
    """rows: (path, request, allowed, port)"""
    flows = [call(f"{path} {r}", B, PORTS[port][0], ok() if good else {"outcome": "denied", "http_status": 403}, src="a-v1", ns="ns1", path=path, **r) for path, r, good, port in rows]
    case("providers " + title, mesh() + CONFIG + policies, flows, features={"PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS": "true"}, ext_authz={p: {"http_allow_if_header": {"x-ext-authz": "allow"}} for p in ("p1", "p2")})


API = [("/api/users", ALLOW, True, "http"), ("/api/data", DENY, False, "http")]
asked("apart", [custom("api", "p1", ["/api", "/api/*"]), custom("admin", "p2", ["/admin", "/admin/*"])], API + [
    ("/admin/settings", ALLOW, True, "http"), ("/admin/config", DENY, False, "http"), ("/public/info", {}, True, "http")])
asked("overlapping", [custom("broad", "p1", ["/api/*"]), custom("specific", "p2", ["/api/admin", "/api/admin/*"])], [
    ("/api/users", ALLOW, True, "http"), ("/api/admin/users", ALLOW, True, "http"), ("/api/admin/config", DENY, False, "http"), ("/api/admin", ALLOW, True, "http"),
    ("/api/admin/test", ALLOW, True, "http2")])
asked("ordered", [custom("one", "p1", ["/ordered/*"], False, False), custom("two", "p2", ["/ordered/*"], False, False)], [
    ("/ordered/test", ALLOW, True, "http"), ("/ordered/test", DENY, False, "http")])
asked("one misconfigured", [custom("valid", "p1", ["/valid/*"], False, False), custom("invalid", "non-existent-provider", ["/invalid/*"], False, False)], [
    ("/valid/endpoint", ALLOW, True, "http"), ("/invalid/endpoint", {}, False, "http"), ("/other/endpoint", {}, True, "http")])

# egress_gateway_origination_test.go, egress_sidecar_tls_origination_test.go: what is decided without certificates.
X = "external.external.svc.cluster.local"
OUT = [namespace("external")] + echo("external", ns="external", mode="none")


def gateway_origination(mode, secret):
    objects = mesh() + OUT + classic_gateway("istio-egressgateway", "egressgateway") + documents(f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: istio-egressgateway-sds, namespace: ns1 }}
spec: {{ selector: {{ istio: egressgateway }}, servers: [{{ port: {{ number: 443, name: https-sds, protocol: HTTPS }}, hosts: [{X}], tls: {{ mode: ISTIO_MUTUAL }} }}] }}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: egressgateway-for-server-sds, namespace: ns1 }}
spec:
  host: istio-egressgateway.istio-system.svc.cluster.local
  subsets: [{{ name: server, trafficPolicy: {{ portLevelSettings: [{{ port: {{ number: 443 }}, tls: {{ mode: ISTIO_MUTUAL, sni: {X} }} }}] }} }}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: route-via-egressgateway-sds, namespace: ns1 }}
spec:
  hosts: [{X}]
  gateways: [istio-egressgateway-sds, mesh]
  http:
  - match: [{{ gateways: [mesh], port: 80 }}]
    route: [{{ destination: {{ host: istio-egressgateway.istio-system.svc.cluster.local, subset: server, port: {{ number: 443 }} }}, weight: 100 }}]
  - match: [{{ gateways: [istio-egressgateway-sds], port: 443 }}]
    route: [{{ destination: {{ host: {X}, port: {{ number: 443 }} }}, weight: 100 }}]
    headers: {{ request: {{ add: {{ handled-by-egress-gateway: "true" }} }} }}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: originate-tls-for-server-sds, namespace: istio-system }}
spec: {{ host: {X}, trafficPolicy: {{ portLevelSettings: [{{ port: {{ number: 443 }}, tls: {{ mode: {mode}, credentialName: cred, sni: {X} }} }}] }} }}
""")
    if secret:
        objects.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cred", "namespace": "istio-system"}, "type": "Opaque",
                        "data": {k: "cGxhY2Vob2xkZXI=" for k in ("cacert", "cert", "key")}})
    return objects


for mode in ("SIMPLE", "MUTUAL"):
    case(f"egress gateway origination {mode}", gateway_origination(mode, True), [
        call("x", X, 80, ok(upstream={"headers": {"handled-by-egress-gateway": "true"}}, path=["sidecar", "gateway"]), src="a-v1", ns="ns1")])
case("sidecar origination by workload selector", mesh() + OUT + documents(f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{ name: originate-mtls-for-nginx, namespace: ns1 }}
spec:
  hosts: [{X}]
  ports: [{{ number: 80, name: http-port, protocol: HTTP, targetPort: 443 }}, {{ number: 443, name: https-port, protocol: HTTPS }}]
  resolution: DNS
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: originate-tls-a, namespace: ns1 }}
spec:
  workloadSelector: {{ matchLabels: {{ app: a }} }}
  exportTo: ["."]
  host: {X}
  trafficPolicy: {{ portLevelSettings: [{{ port: {{ number: 80 }}, tls: {{ mode: SIMPLE, sni: {X} }} }}] }}
"""), [call("a", X, 80, {"outcome": "allowed"}, src="a-v1", ns="ns1")])

# ca_custom_root/secure_naming_test.go: the server's identity must be among subjectAltNames. b runs under its own account.
for title, sans, good in (("other account", ["spiffe://cluster.local/ns/ns1/sa/default"], False), ("its account", ["spiffe://cluster.local/ns/ns1/sa/b"], True),
                          ("nobody", ["I-do-not-exist"], False), ("list", ["spiffe://cluster.local/ns/ns1/sa/a", "spiffe://cluster.local/ns/ns1/sa/b", "I-do-not-exist"], True)):
    rule = documents(f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: service-b-dr, namespace: ns1 }}
spec: {{ host: {B}, trafficPolicy: {{ tls: {{ mode: ISTIO_MUTUAL, subjectAltNames: {json.dumps(sans)} }} }} }}
""")
    case("secure naming " + title, mesh() + rule, [call("x", B, 80, ok(transport="mtls") if good else {"outcome": "reset", "http_status": 503}, src="a-v1", ns="ns1")])

# ingress_test.go: a gateway with TLS of each mode. Clients without certificate are refused by MUTUAL.
for mode in ("SIMPLE", "OPTIONAL_MUTUAL"):
    host = "gateway.example.com"
    case(f"ingress {mode}", mesh() + classic_gateway() + documents(f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: gw, namespace: ns1 }}
spec: {{ selector: {{ istio: ingressgateway }}, servers: [{{ port: {{ number: 443, name: https, protocol: HTTPS }}, tls: {{ mode: {mode}, credentialName: cred }}, hosts: [{host}] }}] }}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: vs, namespace: ns1 }}
spec: {{ hosts: [{host}], gateways: [gw], http: [{{ match: [{{ uri: {{ exact: /{mode} }} }}], route: [{{ destination: {{ host: b, port: {{ number: 80 }} }} }}] }}] }}
---
apiVersion: v1
kind: Secret
metadata: {{ name: cred, namespace: istio-system }}
type: kubernetes.io/tls
data: {{ tls.crt: cGxhY2Vob2xkZXI=, tls.key: cGxhY2Vob2xkZXI=, ca.crt: cGxhY2Vob2xkZXI= }}
"""), [call("x", host, 443, OK, outside=True, gateway="istio-system/istio-ingressgateway", protocol="https", sni=host, path=f"/{mode}")])

# policy_attachment_only: a policy that names its Gateway holds there; what the policy admits may still have no route.
ATTACHED = documents(f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: b-gateway }}
spec: {{ gatewayClassName: istio, listeners: [{{ name: http, port: 80, protocol: HTTP, hostname: "*.b.com" }}] }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: b }}
spec:
  parentRefs: [{{ name: b-gateway }}]
  hostnames: ["*.b.com"]
  rules: [{{ matches: [{{ path: {{ type: PathPrefix, value: /allow }}, method: GET }}], backendRefs: [{{ name: b, port: 80 }}] }}]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{ name: default-b }}
spec:
  targetRef: {{ kind: Gateway, group: gateway.networking.k8s.io, name: b-gateway }}
  jwtRules: [{{ issuer: {security.ISS1}, jwksUri: "{security.JWKS}" }}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{ name: authz-gateway-b }}
spec:
  targetRef: {{ kind: Gateway, group: gateway.networking.k8s.io, name: b-gateway }}
  action: ALLOW
  rules: [{{ to: [{{ operation: {{ hosts: [example.b.com] }} }}], from: [{{ source: {{ requestPrincipals: ["{security.ISS1}/sub-1"] }} }}] }}]
""", "ns1")
for selectors in ("true", "false"):
    case(f"gateway attachment, selectors {selectors}", mesh() + ATTACHED, [
        call(title, "example.b.com", 80, e, outside=True, gateway="ns1/b-gateway", host="example.b.com", path=path, method=method, **({"jwt": security.T1} if token else {})) for title, path, method, token, e in (
            ("allow", "/allow", "GET", True, ok()), ("no token", "/allow", "GET", False, status(403, "denied")), ("method", "/allow", "POST", True, status(404)), ("path", "/deny", "GET", True, status(404)))],
         jwks={security.JWKS: "ok"}, features={"ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY": selectors})

if __name__ == "__main__":
    write(sys.argv[1], "security-more")
