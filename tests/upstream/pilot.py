"""istio/istio tests/integration/pilot (86c9f01), what `routing.py` has not: gateway_test.go, ingress_test.go, gateway_httproute_grpcroute_test.go,
gw_topology_test.go, headers_test.go, mirror_test.go, tunneling_test.go, locality_test.go, dns_auto_allocation_test.go, and of common/routing.go
tlsOriginationCases, TestExternalService, testServiceEntryWithMultipleVIPsAndResolutionNone, TestUpstreamProxyProtocol, XFFGatewayCase."""
import sys

from echo_mesh import *

A, B, C = (f"{n}.echo.svc.cluster.local" for n in "abc")
INGRESS = "istio-system/istio-ingressgateway"


def via(name, to, expect, port=80, gateway=INGRESS, **request):
    return call(name, to, port, expect, outside=True, gateway=gateway, **request)


def inside(name, to, expect, gateway, src="b-v1", port=80, **request):
    return call(name, to, port, expect, src=src, gateway=gateway, **request)


# gateway_test.go: managed gateways
def gateway_api(listener, name="gateway", ns="echo", more=""):
    return documents(f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: {name}, namespace: {ns} }}
spec:
  gatewayClassName: istio
{more}
  listeners:
{listener}
""")


def route(name, host, backend, port=80, parent="{ name: gateway }", match=""):
    hosts = f"hostnames: [{host}]" if host else ""
    return documents(f"""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: {name} }}
spec:
  parentRefs: [{parent}]
  {hosts}
  rules:
  - backendRefs: [{{ name: {backend}, port: {port} }}]
{match}
""")


EXAMPLE = '  - { name: default, hostname: "*.example.com", port: 80, protocol: HTTP }'
GW = "echo/gateway"
NOT_OK = {"outcome": "unreachable"}
case("managed", standard() + gateway_api(EXAMPLE) + route("http-1", "bar.example.com", "b") + route("http-2", "foo.example.com", "c"), [
    inside("bar", "bar.example.com", ok(routed_to="b-v1"), GW), inside("foo", "foo.example.com", ok(routed_to="c-v1"), GW), inside("short", "bar", NOT_OK, GW)])
for section in (None, "https"):
    policy = documents(f"""
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {{ name: tls-upstream }}
spec:
  targetRefs: [{{ group: "", kind: Service, name: b{", sectionName: " + section if section else ""} }}]
  validation: {{ caCertificateRefs: [{{ group: "", kind: ConfigMap, name: auth-cert }}], hostname: auth.example.com }}
---
apiVersion: v1
kind: ConfigMap
metadata: {{ name: auth-cert }}
data: {{ ca.crt: placeholder }}
""")
    flows = [inside("tls", "tls.example.com", OK, GW, src="a-v1")] + ([inside("http", "http.example.com", OK, GW, src="a-v1")] if section else [])
    case(f"managed backend tls {section}", standard() + gateway_api(EXAMPLE) + route("http", "http.example.com", "b") + route("tls", "tls.example.com", "b", 443) + policy, flows)
SHORT = "  - { name: default, hostname: bar, port: 80, protocol: HTTP }"
case("managed short name", standard() + gateway_api(SHORT) + route("http", None, "b"), [inside("bar", "bar", OK, GW), inside("long", "bar.example.com", NOT_OK, GW)])
case("managed owner", standard() + documents("""
apiVersion: v1
kind: Service
metadata: { name: managed-owner-istio }
spec: { ports: [{ appProtocol: http, name: default, port: 80 }], selector: { gateway.networking.k8s.io/gateway-name: managed-owner } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: managed-owner-istio }
spec:
  selector: { matchLabels: { gateway.networking.k8s.io/gateway-name: managed-owner } }
  template: { metadata: { labels: { gateway.networking.k8s.io/gateway-name: managed-owner } }, spec: { containers: [{ name: fake, image: registry.example.test/app:1 }] } }
""") + gateway_api(EXAMPLE, "managed-owner"), [])
webhook = [{"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "istio-revision-tag-tag", "labels": {"istio.io/rev": "default", "istio.io/tag": "tag"}}, "webhooks": []}]
g = gateway_api(EXAMPLE)
g[0]["metadata"]["labels"] = {"istio.io/rev": "tag"}
case("tagged", standard() + webhook + g + route("http-1", "bar.example.com", "b"), [inside("x", "bar.example.com", OK, GW)])

# unmanaged: listeners on the installed gateway
UNMANAGED = documents("""
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: custom-istio }
spec: { controllerName: istio.io/gateway-controller }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gateway, namespace: istio-system }
spec:
  addresses: [{ value: istio-ingressgateway.istio-system.svc.cluster.local, type: Hostname }]
  gatewayClassName: custom-istio
  listeners:
  - { name: http, hostname: "*.domain.example", port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }
  - { name: tcp, port: 31400, protocol: TCP, allowedRoutes: { namespaces: { from: All } } }
  - name: tls-cross
    hostname: cross-namespace.domain.example
    port: 443
    protocol: HTTPS
    allowedRoutes: { namespaces: { from: All } }
    tls: { mode: Terminate, certificateRefs: [{ kind: Secret, name: test-gateway-cert-cross, namespace: echo }] }
  - name: tls-same
    hostname: same-namespace.domain.example
    port: 443
    protocol: HTTPS
    allowedRoutes: { namespaces: { from: All } }
    tls: { mode: Terminate, certificateRefs: [{ kind: Secret, name: test-gateway-cert-same }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: http }
spec:
  hostnames: [my.domain.example]
  parentRefs: [{ name: gateway, namespace: istio-system }]
  rules: [{ matches: [{ path: { type: PathPrefix, value: /get/ } }], backendRefs: [{ name: b, port: 80 }] }]
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: { name: tcp }
spec: { parentRefs: [{ name: gateway, namespace: istio-system }], rules: [{ backendRefs: [{ name: b, port: 80 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: b }
spec:
  parentRefs: [{ group: "", kind: Service, name: b }, { name: gateway, namespace: istio-system }]
  hostnames: [b]
  rules:
  - matches: [{ path: { type: PathPrefix, value: /path } }]
    filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { add: [{ name: my-added-header, value: added-value }] } }]
    backendRefs: [{ name: b, port: 80 }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: grpc }
spec:
  parentRefs: [{ group: "", kind: Service, name: c }, { name: gateway, namespace: istio-system }]
  rules:
  - matches: [{ method: { method: Echo } }]
    filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { add: [{ name: my-added-header, value: added-grpc-value }] } }]
    backendRefs: [{ name: c, port: 7070 }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: tls-same }
spec: { parentRefs: [{ name: gateway, sectionName: tls-same, namespace: istio-system }], rules: [{ backendRefs: [{ name: b, port: 80 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: tls-cross }
spec: { parentRefs: [{ name: gateway, sectionName: tls-cross, namespace: istio-system }], rules: [{ backendRefs: [{ name: b, port: 80 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: allow-gateways-to-ref-secrets }
spec: { from: [{ group: gateway.networking.k8s.io, kind: Gateway, namespace: istio-system }], to: [{ group: "", kind: Secret }] }
""")
MORE_PORTS = ((80, 8080), (443, 8443), (31400, 31400))
DOMAIN = "my.domain.example"
SECRETS = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": n, "namespace": ns}, "type": "kubernetes.io/tls", "data": {"tls.crt": "cGxhY2Vob2xkZXI=", "tls.key": "cGxhY2Vob2xkZXI="}}
           for n, ns in (("test-gateway-cert-cross", "echo"), ("test-gateway-cert-same", "istio-system"))]
case("unmanaged", standard() + classic_gateway(ports=MORE_PORTS) + UNMANAGED + SECRETS,
     [via(p, DOMAIN, OK, path=p) for p in ("/get", "/get/", "/get/prefix")] + [
         via("tcp", DOMAIN, {"outcome": "allowed", "routed_to": "b-v1"}, port=31400),
         call("mesh", B, 80, ok(upstream={"headers": {"my-added-header": "added-value"}}), path="/path"),
         call("mesh grpc", C, 7070, ok(upstream={"headers": {"my-added-header": "added-grpc-value"}}), protocol="grpc", path="/proto.EchoTestService/Echo", method="POST")] + [
         via(n, f"{n}-namespace.domain.example", OK, port=443, protocol="https", sni=f"{n}-namespace.domain.example") for n in ("same", "cross")])
case("http and grpc routes of one host", standard() + gateway_api('  - { name: default, hostname: "*.example.com", port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }') + route(
    "http", "my.example.com", "b", match="    matches: [{ path: { type: PathPrefix, value: /http } }]") + documents("""
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: grpc }
spec: { parentRefs: [{ name: gateway }], hostnames: [my.example.com], rules: [{ backendRefs: [{ name: b, port: 7070 }] }] }
"""), [inside("http", "my.example.com", ok(target_port=18080), GW, src="a-v1", path="/http"),
       inside("grpc", "my.example.com", ok(target_port=17070), GW, src="a-v1", protocol="grpc", path="/proto.EchoTestService/Echo", method="POST")])


# ingress_test.go: Kubernetes Ingress
def ingress(path, prefix, name="ingress", cls="istio-test"):
    backend = "backend: { service: { name: b, port: { %s } } }"
    return documents(f"""
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {{ name: istio-test }}
spec: {{ controller: istio.io/ingress-controller }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{ name: {name} }}
spec:
  ingressClassName: {cls}
  tls: [{{ hosts: [foo.example.com], secretName: k8s-ingress-secret-foo }}, {{ hosts: [bar.example.com], secretName: k8s-ingress-secret-bar }}]
  rules:
  - http:
      paths:
      - {{ {backend % "name: http"}, path: {path}/namedport, pathType: ImplementationSpecific }}
      - {{ {backend % "number: 80"}, path: {path}, pathType: ImplementationSpecific }}
      - {{ {backend % "number: 80"}, path: {prefix}, pathType: Prefix }}
""")


TLS_SECRETS = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"k8s-ingress-secret-{n}", "namespace": "istio-system"}, "type": "kubernetes.io/tls",
                "data": {"tls.crt": "cGxhY2Vob2xkZXI=", "tls.key": "cGxhY2Vob2xkZXI="}} for n in ("foo", "bar")]
TO_B = ok(routed_to="b-v1")
for title, prefix, host, path, expect in (
        ("http", "/prefix", "server", "/test", TO_B), ("prefix matches subpath", "/prefix/should", "server", "/prefix/should/match", TO_B),
        ("prefix with slash matches without", "/prefix/test/", "server", "/prefix/test", TO_B), ("prefix matches trailing slash", "/prefix/test", "server", "/prefix/test/", TO_B),
        ("prefix does not match continuation", "/prefix/test", "server", "/prefix/testrandom/", status(404)), ("root prefix", "/", "server", "/testrandom", TO_B),
        ("https foo", "/prefix", "foo.example.com", "/test", TO_B), ("https bar", "/prefix", "bar.example.com", "/test", TO_B),
        ("https named port", "/prefix", "bar.example.com", "/test/namedport", TO_B)):
    secure = {"port": 443, "protocol": "https", "sni": host} if title.startswith("https") else {}
    case(f"ingress {title}", standard() + classic_gateway() + TLS_SECRETS + ingress("/test", prefix), [via("x", host, expect, path=path, **secure)])
for title, cls, at, path, expect in (("initial", "istio-test", "/update-test", "/update-test", TO_B), ("class not istio", "not-istio", "/update-test", "/update-test", {"outcome": "unreachable"}),
                                     ("path updated", "istio-test", "/updated", "/updated", TO_B)):
    case(f"ingress update {title}", standard() + classic_gateway() + ingress(at, at, "update-test-ingress", cls), [via("x", "server", expect, path=path)])


# TestCustomGateway
def custom(title, templates, service=True):
    objects = [namespace("custom")] + documents("""
apiVersion: apps/v1
kind: Deployment
metadata: { name: custom-gateway, namespace: custom }
spec:
  selector: { matchLabels: { istio: custom } }
  template:
    metadata: { annotations: { inject.istio.io/templates: gateway%s }, labels: { istio: custom, sidecar.istio.io/inject: "true" } }
    spec: { containers: [{ name: istio-proxy, image: auto }] }
---
apiVersion: v1
kind: Service
metadata: { name: custom-gateway, namespace: custom, labels: { istio: custom } }
spec: { ports: [{ port: 80, targetPort: 8080, name: http }], selector: { istio: custom } }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: app, namespace: custom }
spec: { selector: { istio: custom }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: app, namespace: custom }
spec: { hosts: ["*"], gateways: [app], http: [{ route: [{ destination: { host: a.echo.svc.cluster.local, port: { number: 80 } } }] }] }
""" % templates)
    return objects


case("custom gateway", standard() + custom("minimal", ""), [call("x", "custom-gateway.custom.svc.cluster.local", 80, ok(routed_to="a-v1", path=["sidecar", "gateway", "sidecar"]), src="b-v1")])

# gw_topology_test.go, XFFGatewayCase: two trusted proxies in front.
TOPOLOGY = custom("xff", ', proxy.istio.io/config: "{gatewayTopology: {numTrustedProxies: 2}}"')
case("xff", standard() + TOPOLOGY, [call("x", "custom-gateway.custom.svc.cluster.local", 80, ok(upstream={"headers": {"x-envoy-external-address": "72.9.5.6"}}), src="naked-v1",
                                         host=A, headers={"x-forwarded-for": "56.5.6.7, 72.9.5.6, 98.1.2.3"})])

# headers_test.go
QUIET = """
tracing: {}
proxyHeaders:
  forwardedClientCert: %s
  server: { disabled: true }
  requestId: { disabled: true }
  attemptCount: { disabled: true }
  envoyDebugHeaders: { disabled: true }
  metadataExchangeHeaders: { mode: IN_MESH }
"""
ABSENT = ["server", "x-request-id", "x-envoy-attempt-count", "x-forwarded-client-cert", "x-b3-traceid", "x-envoy-original-path", "x-forwarded-for"]
ENTRY = documents("""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: external-service }
spec:
  exportTo: [.]
  hosts: [fake.external.com]
  location: MESH_EXTERNAL
  resolution: DNS
  endpoints: [{ address: external.external.svc.cluster.local }]
  ports:
  - { name: http-tls-origination, number: 8888, protocol: http, targetPort: 443 }
  - { name: http2-tls-origination, number: 8882, protocol: http2, targetPort: 443 }
  - { name: http, number: 80, protocol: HTTP }
  - { name: https, number: 443, protocol: HTTPS }
""")
OUTSIDE = [namespace("external")] + echo("external", ns="external", mode="none")
for sanitize in ("SANITIZE", "APPEND_FORWARD"):
    objects = standard() + echo("no-headers") + OUTSIDE + ENTRY
    for o in objects:
        if o["kind"] == "Deployment" and o["metadata"]["name"] == "no-headers-v1":
            o["spec"]["template"]["metadata"]["annotations"] = {"proxy.istio.io/config": QUIET % sanitize}
    quiet = ok(upstream={"headers_absent": ABSENT})
    case(f"proxy headers {sanitize}", objects, [
        call("out", "naked.echo.svc.cluster.local", 80, quiet, src="no-headers-v1"), call("in", "no-headers.echo.svc.cluster.local", 80, quiet, src="naked-v1"),
        call("external", "fake.external.com", 80, ok(upstream={"headers_absent": ["x-envoy-peer-metadata", "x-envoy-peer-metadata-id"]}), src="no-headers-v1")])

# mirror_test.go
for title, percent, share, tolerance in (("absent", None, 1, 0), ("50", 50, .5, .1), ("10", 10, .1, .05), ("0", 0, 0, 0)):
    config = documents(f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: mirror }}
spec:
  hosts: [b]
  http:
  - route: [{{ destination: {{ host: b }} }}]
    mirror: {{ host: c }}
    {"" if percent is None else "mirrorPercentage: { value: %d }" % percent}
""")
    case(f"mirror {title}", standard() + config, [call(p, B, PORTS[p][0], ok(routed_to="b-v1", mirrored={"c-v1": {"share": share, "tolerance": tolerance}}), protocol=p,
                                                       **({"path": "/proto.EchoTestService/Echo", "method": "POST"} if p == "grpc" else {})) for p in ("http", "grpc")])
case("mirror external", standard() + OUTSIDE + ENTRY + documents("""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: restrict }
spec: { workloadSelector: { labels: { app: a } }, outboundTrafficPolicy: { mode: REGISTRY_ONLY } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: mirror }
spec: { hosts: [b], http: [{ route: [{ destination: { host: b } }], mirror: { host: fake.external.com } }] }
"""), [call("x", B, 80, ok(routed_to="b-v1", mirrored={"external-v1": {"share": 1, "tolerance": 0}}))])

# tunneling_test.go: outbound traffic goes through a forward proxy by CONNECT.
EGRESS = "istio-egressgateway.istio-system.svc.cluster.local"
X = "external.external.svc.cluster.local"
FORWARD = [namespace("external")] + echo("external", ns="external", mode="none", ports=("http", "https", "tcp")) + documents("""
apiVersion: v1
kind: Service
metadata: { name: external-forward-proxy, namespace: external }
spec: { selector: { app: external-forward-proxy }, ports: [{ name: http-connect-0, port: 3128 }, { name: http-connect-1, port: 4128 }, { name: http2-connect-2, port: 5128 }, { name: http2-connect-3, port: 6128 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: external-forward-proxy, namespace: external }
spec: { selector: { matchLabels: { app: external-forward-proxy } }, template: { metadata: { labels: { app: external-forward-proxy } }, spec: { containers: [{ name: proxy, image: registry.example.test/proxy:1, ports: [{ containerPort: 3128 }, { containerPort: 4128 }, { containerPort: 5128 }, { containerPort: 6128 }] }] } } }
""")


def tunnel_rules():
    out = f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: tunnel, namespace: external }}
spec:
  host: external-forward-proxy.external.svc.cluster.local
  subsets:
  - {{ name: external-svc-tcp, trafficPolicy: {{ tunnel: {{ targetHost: external.external, targetPort: 9090 }} }} }}
  - {{ name: external-svc-tls, trafficPolicy: {{ tunnel: {{ targetHost: external.external, targetPort: 443 }} }} }}
"""
    return documents(out)


def proxy_route(port, gateway="mesh", tcp=9090, tls_as_tcp=False):
    def to(subset):
        return f"route: [{{ destination: {{ host: external-forward-proxy.external.svc.cluster.local, subset: {subset}, port: {{ number: {port} }} }} }}]"
    match443 = "match: [{ port: 443 }]" if tls_as_tcp else f"match: [{{ port: 443, sniHosts: [{X}] }}]"
    tcp_part = f"  tcp:\n  - {{ match: [{{ port: {tcp} }}], {to('external-svc-tcp')} }}\n" + (f"  - {{ {match443}, {to('external-svc-tls')} }}\n" if tls_as_tcp else "")
    tls_part = "" if tls_as_tcp else f"  tls:\n  - {{ {match443}, {to('external-svc-tls')} }}\n"
    return documents(f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: to-proxy-{gateway} }}
spec:
  hosts: [{X}]
  gateways: [{gateway}]
{tcp_part}{tls_part}
""")


def to_egress(subset=""):
    return documents(f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: to-egress }}
spec:
  hosts: [{X}]
  gateways: [mesh]
  tcp: [{{ match: [{{ port: 9090 }}], route: [{{ destination: {{ host: {EGRESS}, port: {{ number: 80 }} }} }}] }}]
  tls: [{{ match: [{{ port: 443, sniHosts: [{X}] }}], route: [{{ destination: {{ host: {EGRESS}, port: {{ number: 443 }} }} }}] }}]
""")


def egress_servers(protocol, tls=""):
    return documents(f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: istio-egressgateway }}
spec:
  selector: {{ istio: egressgateway }}
  servers:
  - {{ port: {{ number: 80, name: p80, protocol: {protocol} }}, hosts: [{X}]{tls} }}
  - {{ port: {{ number: 443, name: p443, protocol: {protocol} }}, hosts: [{X}]{tls} }}
""")


MUTUAL = documents(f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: originate-mtls-for-egress-gateway }}
spec: {{ host: {EGRESS}, trafficPolicy: {{ tls: {{ mode: ISTIO_MUTUAL, sni: {X} }} }} }}
""")
for port in (3128, 5128):  # the proxy's TLS ports have names that say nothing of TLS, and upstream's echo serves it there
    tunneled = {"outcome": "allowed", "routed_to": "external-forward-proxy"}
    flows = [call("plain", X, 9090, tunneled, protocol="http"), call("tls", X, 443, tunneled, protocol="https", sni=X)]
    egress = classic_gateway("istio-egressgateway", "egressgateway", ports=((80, 8080), (443, 8443)))
    for title, config in (("sidecar", proxy_route(port)), ("gateway tcp", egress + egress_servers("TCP") + to_egress() + proxy_route(port, "istio-egressgateway", 80, True)),
                          ("gateway istio mutual", egress + egress_servers("TLS", ", tls: { mode: ISTIO_MUTUAL }") + MUTUAL + to_egress() + proxy_route(port, "istio-egressgateway", 80, True))):
        case(f"tunnel {port} {title}", standard() + FORWARD + tunnel_rules() + config, flows)

# locality_test.go: which endpoints of a ServiceEntry; a and its node are in region/zone/subzone.
NODE = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "labels": {"topology.kubernetes.io/region": "region", "topology.kubernetes.io/zone": "zone", "topology.istio.io/subzone": "subzone"}}}]
FAILOVER, PRIORITY = "failover: [{ from: region, to: nearregion }]", "failoverPriority: [topology.kubernetes.io/region, topology.kubernetes.io/zone, topology.istio.io/subzone]"
DISTRIBUTE = "distribute: [{ from: region, to: { nearregion: 80, region: 20 } }]"
IPS = {"b": "10.10.1.2", "c": "10.10.1.3", "naked": "10.10.1.4"}


def locality(title, setting, resolution, local, remote, near, expected, distribution=None):
    objects = standard() + NODE
    for o in objects:
        name = o["metadata"]["name"][:-3]
        if o["kind"] == "Deployment" and name in (*IPS, "a"):
            t = o["spec"]["template"]
            o.update({"apiVersion": "v1", "kind": "Pod", "spec": {**t["spec"], "nodeName": "node-1"}, "status": {"podIP": IPS.get(name, "10.10.1.1"), "phase": "Running"}})
            o["metadata"]["labels"] = t["metadata"]["labels"]

    def address(name):
        return (f"{name}.echo.svc.cluster.local" if resolution == "DNS" else IPS[name]) if name in IPS else name
    ends = f"  - {{ address: {address(local)}, locality: region/zone/subzone, ports: {{ http: {80 if resolution == 'DNS' else 18080} }} }}\n"
    ends += f"  - {{ address: {address(remote)}, locality: notregion/notzone/notsubzone, ports: {{ http: {80 if resolution == 'DNS' else 18080} }} }}\n"
    if near:
        ends += f"  - {{ address: {address(near)}, locality: nearregion/zone/subzone, ports: {{ http: {80 if resolution == 'DNS' else 18080} }} }}\n"
    annotation = f", annotations: {{ networking.istio.io/traffic-distribution: {distribution} }}" if distribution else ""
    rule = f"""
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: external-service-locality }}
spec:
  host: locality.example.com
  trafficPolicy:
    connectionPool: {{ tcp: {{ connectTimeout: 250ms }} }}
    loadBalancer: {{ simple: ROUND_ROBIN, localityLbSetting: {{ {setting} }} }}
    outlierDetection: {{ interval: 1s, baseEjectionTime: 10m, maxEjectionPercent: 100 }}
""" if setting else ""
    config = documents(f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{ name: external-service-locality{annotation} }}
spec:
  hosts: [locality.example.com]
  location: MESH_EXTERNAL
  ports: [{{ name: http, number: 80, protocol: HTTP }}]
  resolution: {resolution}
  endpoints:
{ends}{rule}""")
    case(f"locality {title}", objects + config, [call("x", "locality.example.com", 80, {"distribution": {f"{k}-v1": {"share": v, "tolerance": .06} for k, v in expected.items()}})])


locality("prioritized static", FAILOVER, "STATIC", "b", "c", None, {"b": 1})
locality("prioritized dns", FAILOVER, "DNS", "b", "c", None, {"b": 1})
locality("failover priority", PRIORITY, "STATIC", "b", "naked", "c", {"b": 1})
for d in ("PreferClose", "PreferSameZone", "PreferSameNode"):
    locality(f"traffic distribution {d}", None, "STATIC", "b", "c", None, {"b": 1}, d)
locality("distribute dns", DISTRIBUTE, "DNS", "c", "naked", "b", {"b": .8, "c": .2})
locality("distribute static", DISTRIBUTE, "STATIC", "c", "naked", "b", {"b": .8, "c": .2})

# dns_auto_allocation_test.go
case("dns auto allocation", standard() + documents("""
apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: { name: enable-dns-auto-allocation }
spec: { selector: { matchLabels: { app: a } }, environmentVariables: { ISTIO_META_DNS_CAPTURE: "true", ISTIO_META_DNS_AUTO_ALLOCATE: "true" } }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: fake-local }
spec: { hosts: [fake.local], resolution: DNS, ports: [{ number: 80, name: http, protocol: HTTP }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: route-to-b }
spec: { hosts: [fake.local], http: [{ route: [{ destination: { host: b.echo.svc.cluster.local } }] }] }
"""), [call("x", "fake.local", 80, ok(routed_to="b-v1"))])

# TestExternalService: a may only reach what is registered, b may reach everything.
RESTRICT = documents("""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: restrict-external-service }
spec: { workloadSelector: { labels: { app: a } }, outboundTrafficPolicy: { mode: REGISTRY_ONLY } }
""")
case("external service", standard() + OUTSIDE + ENTRY + RESTRICT, [
    call("a https", "fake.external.com", 443, {"outcome": "allowed"}, protocol="https", sni="fake.external.com"),
    call("a to a fake address", "198.51.100.1", 80, {"outcome": "allowed"}, host="fake.external.com"),
    call("b http", "fake.external.com", 80, OK, src="b-v1"), call("b to a fake address", "198.51.100.1", 80, {"outcome": "allowed"}, src="b-v1", host="fake.external.com"),
    call("b to something else", "other.example.com", 80, {"outcome": "allowed"}, src="b-v1")])
case("entry with several addresses", standard() + RESTRICT + documents("""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: server-default-svc }
spec:
  exportTo: [.]
  hosts: [server.default.svc]
  addresses: [198.51.100.0/28, 203.0.113.0/24]
  location: MESH_EXTERNAL
  ports: [{ number: 443, name: tcp, protocol: TCP }]
  resolution: NONE
"""), [call("second", "203.0.113.9", 443, {"outcome": "allowed"}, protocol="https"), call("neither", "192.0.2.9", 443, {"outcome": "unreachable"}, protocol="https")])

# tlsOriginationCases
ORIGINATE = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: external }
spec: { host: %s, trafficPolicy: { tls: { mode: SIMPLE, insecureSkipVerify: true } } }
"""
NONE_PORTS = """
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: alt-external-service }
spec:
  exportTo: [.]
  hosts: [external.external.svc.cluster.local]
  resolution: NONE
  ports: [%s]
"""
case("tls origination dns", standard() + OUTSIDE + ENTRY + documents(ORIGINATE % "fake.external.com"), [
    call("h1", "fake.external.com", 8888, ok(upstream={"http_version": "HTTP/1.1"})), call("h2", "fake.external.com", 8882, ok(upstream={"http_version": "HTTP/2"}))])

# TestUpstreamProxyProtocol
case("upstream proxy protocol", standard() + documents(f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: proxy }}
spec: {{ host: {B}, trafficPolicy: {{ tls: {{ mode: DISABLE }}, proxyProtocol: {{ version: V1 }} }} }}
"""), [call("x", B, 80, {"outcome": "allowed", "transport": "plaintext"}, protocol="http")])

if __name__ == "__main__":
    write(sys.argv[1], "pilot")
