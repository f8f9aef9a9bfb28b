"""istio.io/docs/tasks/traffic-management/egress: control, gateways, TLS origination, wildcard hosts, Kubernetes Services for external services, proxies.
What an external server answers is not in the files: the expectations are the way and what leaves the mesh."""
from docs_mesh import *

fresh()
SLEEP = [ROOT, ns("default", "sidecar")] + curl(name="sleep")
EGW = ingressgateway("istio-egressgateway", "egressgateway", (("http2", 80, 8080), ("https", 443, 8443)))
NEVER = {"allowed_share": {"value": 0, "exact": True}}
OUT = {"outcome": "allowed", "path": ["sidecar"]}
VIA = {"outcome": "allowed", "path": ["sidecar", "gateway"]}
REGISTRY_ONLY = mesh_config("outboundTrafficPolicy: { mode: REGISTRY_ONLY }\n")
REGISTRY_API = REGISTRY_ONLY


def entry(name, host, *ports, more="resolution: DNS"):
    listed = ", ".join(f"{{ number: {n}, name: {name_}, protocol: {proto}{extra} }}" for n, name_, proto, extra in ((*p, "")[:4] for p in ports))
    return d(f"apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{ name: {name} }}\nspec: {{ hosts: ['{host}'], ports: [{listed}]{', ' + more if more else ''} }}\n")


def http(name, host, expect, port=80, src="default/sleep", **r):
    return get(name, src, host, port, expect, **r)


def tls(name, host, expect, src="default/sleep"):
    return get(name, src, host, 443, expect, protocol="https", sni=host)


# --- egress-control
G, C, H = "www.google.com", "edition.cnn.com", "httpbin.org"
case("egress-control 1 passthrough", SLEEP, [tls("google", G, OUT), tls("cnn", C, OUT), http("http", H, {**OUT, "http_status": 200})])
case("egress-control 2 registry only", SLEEP + REGISTRY_ONLY, [tls("google", G, NEVER), tls("cnn", C, NEVER), http("http", H, {"outcome": "unreachable", "http_status": 502})])
EXT = entry("httpbin-ext", H, (80, "http", "HTTP"), more="resolution: DNS, location: MESH_EXTERNAL")
case("egress-control 3 http service", SLEEP + REGISTRY_ONLY + EXT, [http("headers", H, {**OUT, "http_status": 200, "upstream": {"host": H}, "http_metrics": [
    {"metric": "istio_requests_total", "labels": {"reporter": "source", "destination_service": H, "response_code": "200"}}]}, path="/headers"), tls("google", G, NEVER)])
GOOGLE = entry("google", G, (443, "https", "HTTPS"), more="resolution: DNS, location: MESH_EXTERNAL")
case("egress-control 4 https service", SLEEP + REGISTRY_ONLY + EXT + GOOGLE, [tls("google", G, {**OUT, "l7_processed": False, "tcp_metrics": [
    {"metric": "istio_tcp_connections_opened_total", "labels": {"reporter": "source", "destination_service": G}}]}), tls("cnn", C, NEVER)])
TIMEOUT = d("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: httpbin-ext }\nspec: { hosts: [httpbin.org], http: [{ timeout: 3s, route: [{ destination: { host: httpbin.org }, weight: 100 }] }] }\n")
TIMEOUT_API = d("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: httpbin-ext }\nspec: { parentRefs: [{ kind: ServiceEntry, group: networking.istio.io, name: httpbin-ext }], hostnames: [httpbin.org], rules: [{ timeouts: { request: 3s }, backendRefs: [{ kind: Hostname, group: networking.istio.io, name: httpbin.org, port: 80 }] }] }\n")
for title, o in (("classic", TIMEOUT), ("gateway api", TIMEOUT_API)):
    case(f"egress-control 5 timeout {title}", SLEEP + REGISTRY_ONLY + EXT + o, [http("delay", H, {**OUT, "http_status": 200}, path="/delay/5")])
BYPASS = [ROOT, ns("default", "sidecar")] + curl(name="sleep", annotations={"traffic.sidecar.istio.io/includeOutboundIPRanges": "10.0.0.0/8"})
case("egress-control 6 direct access", BYPASS + REGISTRY_ONLY, [call("by address", "198.51.100.8", 80, {"outcome": "allowed", "path": []}, src="sleep", ns="default", host=H)])

# --- egress-gateway: HTTP
CNN = entry("cnn", C, (80, "http-port", "HTTP"), (443, "https", "HTTPS"))
HTTP_GW = d("""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: istio-egressgateway }
spec: { selector: { istio: egressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [edition.cnn.com] }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: egressgateway-for-cnn }
spec: { host: istio-egressgateway.istio-system.svc.cluster.local, subsets: [{ name: cnn }] }
""")


def through(kind, to_port, host, subset, gw_port, match_port=None):
    """The page's VirtualService: from the mesh to the egress gateway, from there to the host."""
    sni = f", sniHosts: ['{host}']" if kind == "tls" else ""
    mp = match_port or (443 if kind == "tls" else 80)
    return d(f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: direct-through-egress-gateway }}
spec:
  hosts: ['{host}']
  gateways: [istio-egressgateway, mesh]
  {kind}:
  - match: [{{ gateways: [mesh], port: {mp}{sni} }}]
    route: [{{ destination: {{ host: istio-egressgateway.istio-system.svc.cluster.local, subset: {subset}, port: {{ number: {gw_port} }} }}, weight: 100 }}]
  - match: [{{ gateways: [istio-egressgateway], port: {gw_port}{sni} }}]
    route: [{{ destination: {{ host: {to_port[0]}, port: {{ number: {to_port[1]} }} }}, weight: 100 }}]
""")


case("egress-gateway http 1 entry", SLEEP + EGW + CNN, [http("politics", C, OUT, path="/politics"), tls("https", C, OUT)])
case("egress-gateway http 2 gateway", SLEEP + EGW + CNN + HTTP_GW + through("http", (C, 80), C, "cnn", 80), [
    http("politics", C, {**VIA, "l7_processed": True, "upstream": {"host": C, "path": "/politics"}, "target_port": 80}, path="/politics"), tls("https stays direct", C, OUT)])


def gateway_api(protocol, port, tls_=""):
    return d(f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: cnn-egress-gateway, annotations: {{ networking.istio.io/service-type: ClusterIP }} }}
spec: {{ gatewayClassName: istio, listeners: [{{ name: l, hostname: edition.cnn.com, port: {port}, protocol: {protocol}{tls_}, allowedRoutes: {{ namespaces: {{ from: Same }} }} }}] }}
---
apiVersion: gateway.networking.k8s.io/v1{'alpha2' if protocol == 'TLS' else ''}
kind: {protocol}Route
metadata: {{ name: direct-cnn-to-egress-gateway }}
spec: {{ parentRefs: [{{ kind: ServiceEntry, group: networking.istio.io, name: cnn }}], rules: [{{ backendRefs: [{{ name: cnn-egress-gateway-istio, port: {port} }}] }}] }}
---
apiVersion: gateway.networking.k8s.io/v1{'alpha2' if protocol == 'TLS' else ''}
kind: {protocol}Route
metadata: {{ name: forward-cnn-from-egress-gateway }}
spec: {{ parentRefs: [{{ name: cnn-egress-gateway }}], hostnames: [edition.cnn.com], rules: [{{ backendRefs: [{{ kind: Hostname, group: networking.istio.io, name: edition.cnn.com, port: {port} }}] }}] }}
""")


case("egress-gateway http 2 gateway api", SLEEP + CNN + gateway_api("HTTP", 80), [http("politics", C, {**VIA, "upstream": {"host": C}}, path="/politics")])
# --- egress-gateway: HTTPS by SNI
CNN_TLS = entry("cnn", C, (443, "tls", "TLS"))
TLS_GW = d("""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: istio-egressgateway }
spec: { selector: { istio: egressgateway }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, hosts: [edition.cnn.com], tls: { mode: PASSTHROUGH } }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: egressgateway-for-cnn }
spec: { host: istio-egressgateway.istio-system.svc.cluster.local, subsets: [{ name: cnn }] }
""")
L4 = {**VIA, "l7_processed": False}
TLS_VS = through("tls", (C, 443), C, "cnn", 443)
case("egress-gateway https 1 entry", SLEEP + EGW + CNN_TLS, [tls("politics", C, OUT)])
case("egress-gateway https 2 gateway", SLEEP + EGW + CNN_TLS + TLS_GW + TLS_VS, [tls("politics", C, L4)])
case("egress-gateway https 2 gateway api", SLEEP + CNN_TLS + gateway_api("TLS", 443, ", tls: { mode: Passthrough }"), [tls("politics", C, L4)])
# --- egress-gateway: NetworkPolicy. A pod of test-egress may speak to istio-system only.
POLICY = d("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: allow-egress-to-istio-system-and-kube-dns, namespace: test-egress }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - { to: [{ namespaceSelector: { matchLabels: { kube-system: "true" } } }], ports: [{ protocol: UDP, port: 53 }] }
  - { to: [{ namespaceSelector: { matchLabels: { istio: system } } }] }
""")
LABELLED = {**ROOT, "metadata": {"name": "istio-system", "labels": {"kubernetes.io/metadata.name": "istio-system", "istio": "system"}}}
for title, mode, policy, expect in (("no policy", None, [], {"outcome": "allowed", "path": []}), ("without sidecar", None, POLICY, NEVER), ("with sidecar", "sidecar", POLICY, L4)):
    rules = d("apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: egressgateway-for-cnn, namespace: test-egress }\nspec: { host: istio-egressgateway.istio-system.svc.cluster.local, subsets: [{ name: cnn }] }\n") if mode else []
    case(f"egress-gateway network policy {title}", [LABELLED, ns("default", "sidecar"), ns("test-egress", mode)] + curl("test-egress", "sleep") + EGW + CNN_TLS + TLS_GW + TLS_VS + rules + policy, [tls("politics", C, expect, "test-egress/sleep")])

# --- egress-tls-origination
case("egress-tls-origination 1", SLEEP + entry("edition-cnn-com", C, (80, "http-port", "HTTP"), (443, "https-port", "HTTPS")), [http("http", C, {**OUT, "transport": "plaintext", "target_port": 80}), tls("https", C, OUT)])
case("egress-tls-origination 2", SLEEP + entry("edition-cnn-com", C, (80, "http-port", "HTTP", ", targetPort: 443"), (443, "https-port", "HTTPS")) + d("""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: edition-cnn-com }
spec: { host: edition.cnn.com, trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: SIMPLE } }] } }
"""), [http("http", C, {**OUT, "transport": "tls", "target_port": 443, "http_status": 200}), tls("https", C, {**OUT, "transport": "plaintext"})])
OLD = d("""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: edition-cnn-com }
spec: { hosts: [edition.cnn.com], http: [{ match: [{ port: 80 }], route: [{ destination: { host: edition.cnn.com, subset: tls-origination, port: { number: 443 } } }] }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: edition-cnn-com }
spec: { host: edition.cnn.com, subsets: [{ name: tls-origination, trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN }, portLevelSettings: [{ port: { number: 443 }, tls: { mode: SIMPLE } }] } }] }
""")
case("egress-tls-origination 2 earlier form", SLEEP + entry("edition-cnn-com", C, (80, "http-port", "HTTP"), (443, "https-port", "HTTPS")) + OLD, [http("http", C, {**OUT, "transport": "tls", "target_port": 443, "http_status": 200})])
NGINX = [ns("mesh-external"), service("my-nginx", [("https", 443, 443)], where="mesh-external"), deployment("my-nginx", "my-nginx", "mesh-external", [443])]
N = svc("my-nginx", "mesh-external")
MTLS_DR = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: originate-mtls-for-nginx%s }\nspec: { %shost: my-nginx.mesh-external.svc.cluster.local, trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN }, portLevelSettings: [{ port: { number: 443 }, tls: { mode: MUTUAL, credentialName: client-credential, sni: my-nginx.mesh-external.svc.cluster.local } }] } }\n"
NGINX_ENTRY = entry("originate-mtls-for-nginx", N, (80, "http-port", "HTTP", ", targetPort: 443"), (443, "https-port", "HTTPS"))
SIDECAR_DR = d(MTLS_DR.replace("number: 443", "number: 80") % ("", "workloadSelector: { matchLabels: { app: sleep } }, "))
case("egress-tls-origination 3 mutual at the sidecar", SLEEP + NGINX + NGINX_ENTRY + SIDECAR_DR, [http("nginx", N, {**OUT, "transport": "tls", "target_port": 443, "routed_to": "my-nginx"})], undiscovered_namespaces=["mesh-external"])

# --- egress-gateway-tls-origination
for title, server, rule, first in (("plain", "protocol: HTTP", "", "http"), ("mutual", "protocol: HTTPS", ", trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN }, portLevelSettings: [{ port: { number: 80 }, tls: { mode: ISTIO_MUTUAL, sni: edition.cnn.com } }] }", "https")):
    gw = d(f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: istio-egressgateway }}
spec: {{ selector: {{ istio: egressgateway }}, servers: [{{ port: {{ number: 80, name: {first}-port-for-tls-origination, {server} }}, hosts: [edition.cnn.com]{', tls: { mode: ISTIO_MUTUAL }' if title == 'mutual' else ''} }}] }}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: egressgateway-for-cnn }}
spec: {{ host: istio-egressgateway.istio-system.svc.cluster.local, subsets: [{{ name: cnn{rule} }}] }}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: originate-tls-for-edition-cnn-com }}
spec: {{ host: edition.cnn.com, trafficPolicy: {{ loadBalancer: {{ simple: ROUND_ROBIN }}, portLevelSettings: [{{ port: {{ number: 443 }}, tls: {{ mode: SIMPLE }} }}] }} }}
""")
    case(f"egress-gateway-tls-origination {title}", SLEEP + EGW + entry("cnn", C, (80, "http", "HTTP"), (443, "https", "HTTPS")) + gw + through("http", (C, 443), C, "cnn", 80), [
        http("politics", C, {**VIA, "transport": "tls", "target_port": 443, "http_status": 200, "upstream": {"host": C}}, path="/politics")])
MGW = d("""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: istio-egressgateway }
spec: { selector: { istio: egressgateway }, servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: [my-nginx.mesh-external.svc.cluster.local], tls: { mode: ISTIO_MUTUAL } }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: egressgateway-for-nginx }
spec: { host: istio-egressgateway.istio-system.svc.cluster.local, subsets: [{ name: nginx, trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN }, portLevelSettings: [{ port: { number: 443 }, tls: { mode: ISTIO_MUTUAL, sni: my-nginx.mesh-external.svc.cluster.local } }] } }] }
""")
case("egress-gateway-tls-origination mutual to nginx", SLEEP + EGW + NGINX + MGW + through("http", (N, 443), N, "nginx", 443, 80) + d(MTLS_DR % (", namespace: istio-system", "")), [
    http("nginx", N, {**VIA, "transport": "tls", "routed_to": "my-nginx", "http_status": 200})])

# --- wildcard-egress-hosts (REGISTRY_ONLY)
W = ("en.wikipedia.org", "de.wikipedia.org")
WILD = entry("wikipedia", "*.wikipedia.org", (443, "https", "HTTPS"), more="")
case("wildcard-egress-hosts 0 registry only", SLEEP + REGISTRY_ONLY, [tls(w, w, NEVER) for w in W])
case("wildcard-egress-hosts 1 direct", SLEEP + REGISTRY_ONLY + WILD, [tls(w, w, OUT) for w in W] + [tls("another", "example.org", NEVER)])
WGW = d("""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: istio-egressgateway }
spec: { selector: { istio: egressgateway }, servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: ["*.wikipedia.org"], tls: { mode: PASSTHROUGH } }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: egressgateway-for-wikipedia }
spec: { host: istio-egressgateway.istio-system.svc.cluster.local, subsets: [{ name: wikipedia }] }
""")
WWW = entry("www-wikipedia", "www.wikipedia.org", (443, "https", "HTTPS"))
case("wildcard-egress-hosts 2 gateway", SLEEP + REGISTRY_ONLY + EGW + WGW + through("tls", ("www.wikipedia.org", 443), "*.wikipedia.org", "wikipedia", 443) + WWW, [tls(w, w, {**L4, "routed_to": "www.wikipedia.org"}) for w in W])
WAPI = d("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: wikipedia-egress-gateway, annotations: { networking.istio.io/service-type: ClusterIP } }
spec: { gatewayClassName: istio, listeners: [{ name: tls, hostname: "*.wikipedia.org", port: 443, protocol: TLS, tls: { mode: Passthrough }, allowedRoutes: { namespaces: { from: Same } } }] }
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TLSRoute
metadata: { name: direct-wikipedia-to-egress-gateway }
spec: { parentRefs: [{ kind: ServiceEntry, group: networking.istio.io, name: wikipedia }], rules: [{ backendRefs: [{ name: wikipedia-egress-gateway-istio, port: 443 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TLSRoute
metadata: { name: forward-wikipedia-from-egress-gateway }
spec: { parentRefs: [{ name: wikipedia-egress-gateway }], hostnames: ["*.wikipedia.org"], rules: [{ backendRefs: [{ kind: Hostname, group: networking.istio.io, name: www.wikipedia.org, port: 443 }] }] }
""")
case("wildcard-egress-hosts 2 gateway api", SLEEP + REGISTRY_ONLY + WILD + WAPI + WWW, [tls(w, w, {**L4, "routed_to": "www.wikipedia.org"}) for w in W])

# --- egress-kubernetes-services
OUTSIDER = [ns("without-istio")] + curl("without-istio", "sleep")
NAMED = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "my-httpbin", "namespace": "default"}, "spec": {"type": "ExternalName", "externalName": H, "ports": [{"name": "http", "protocol": "TCP", "port": 80}]}}
DISABLE = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: %s }\nspec: { host: %s.default.svc.cluster.local, trafficPolicy: { tls: { mode: DISABLE } } }\n"
M = svc("my-httpbin")
case("egress-kubernetes-services external name", SLEEP + OUTSIDER + [NAMED], [get("without istio", "without-istio/sleep", M, 80, {"outcome": "allowed", "path": [], "upstream": {"host": M}}, path="/headers")])
case("egress-kubernetes-services external name, tls off", SLEEP + OUTSIDER + [NAMED] + d(DISABLE % ("my-httpbin", "my-httpbin")), [
    get("sidecar", "default/sleep", M, 80, {**OUT, "transport": "plaintext", "upstream": {"host": M}}, path="/headers")])
SLICE = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "my-wikipedia", "namespace": "default"}, "spec": {"ports": [{"protocol": "TCP", "port": 443, "name": "tls"}]}},
         {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "my-wikipedia", "namespace": "default"}, "subsets": [{"addresses": [{"ip": "198.35.26.96"}, {"ip": "208.80.153.224"}], "ports": [{"port": 443, "name": "tls"}]}]}]
for src, way in (("without-istio/sleep", []), ("default/sleep", ["sidecar"])):
    case(f"egress-kubernetes-services endpoints {src.replace('/', ' ')}", SLEEP + OUTSIDER + SLICE + d(DISABLE % ("my-wikipedia", "my-wikipedia")), [
        get("wikipedia", src, svc("my-wikipedia"), 443, {"outcome": "allowed", "path": way, "transport": "plaintext"}, protocol="https", sni="en.wikipedia.org")])

# --- http-proxy: a TCP ServiceEntry for the proxy's address, with and without it.
PROXY = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: proxy }\nspec: { hosts: [my-company-proxy.com], addresses: [10.3.3.3/32], ports: [{ number: 3128, name: tcp, protocol: TCP }], location: MESH_EXTERNAL, resolution: NONE }\n"
SQUID = [ns("external"), {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "squid", "namespace": "external", "labels": {"app": "squid"}}, "spec": {"containers": [{"name": "squid", "image": "registry.example.test/squid:1"}]}, "status": {"phase": "Running", "podIP": "10.3.3.3"}}] + curl("external")
CONNECT = {"metric": "istio_tcp_connections_opened_total", "labels": {"reporter": "source", "destination_service": "my-company-proxy.com"}}
case("http-proxy", SLEEP + SQUID + d(PROXY), [call("mesh client", "10.3.3.3", 3128, {**OUT, "transport": "plaintext", "tcp_metrics": [CONNECT], "routed_to": "squid"}, src="sleep", ns="default", protocol="tcp"),
                                             call("external client", "10.3.3.3", 3128, {"outcome": "allowed", "path": [], "routed_to": "squid"}, src="curl", ns="external", protocol="tcp")])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_egress")
