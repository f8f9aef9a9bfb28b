"""istio.io/docs/ops: best-practices (traffic-management, security), common-problems (network, security), configuration (traffic-routing,
tls-configuration, configuration-scoping). Each statement about traffic that files and flows decide."""
from docs_mesh import *

fresh()
NO = denied("sidecar")


def two(*spaces, mode="sidecar"):
    out = [ROOT]
    for n in spaces:
        out += [ns(n, mode)] + curl(n)
    return out


def hello(where="default"):
    return [account("helloworld", where), service("helloworld", [("http", 5000, 5000)], where=where)] + [deployment(f"helloworld-{v}", "helloworld", where, [5000], account="helloworld", version=v) for v in ("v1", "v2")]


def o(kind, name, spec, where="default", more=""):
    return d(f"apiVersion: networking.istio.io/v1\nkind: {kind}\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {' '.join(spec.split())}\n")


HW = svc("helloworld")
HALF = {"distribution": {f"helloworld-{v}": {"share": .5, "tolerance": 0.001} for v in ("v1", "v2")}}
SUBSETS = o("DestinationRule", "helloworld", "{ host: helloworld.default.svc.cluster.local, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }")
V1 = o("VirtualService", "helloworld", "{ hosts: [helloworld.default.svc.cluster.local], http: [{ route: [{ destination: { host: helloworld.default.svc.cluster.local, subset: v1 } }] }] }")
MYAPP_GW = o("Gateway", "myapp-gateway", "{ selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [myapp.com] }] }")


def at_gate(name, expect, host="myapp.com", path="/hello", **r):
    return call(name, host, r.pop("port", 80), expect, outside=True, gateway=GATE, host=host, path=path, **r)


# --- common-problems/network-issues
base = two("default") + hello() + ingressgateway() + MYAPP_GW + SUBSETS + V1
case("ingress ignores the rules of the mesh", base + o("VirtualService", "myapp", "{ hosts: [myapp.com], gateways: [myapp-gateway], http: [{ match: [{ uri: { prefix: /hello } }], route: [{ destination: { host: helloworld.default.svc.cluster.local } }] }] }"), [
    at_gate("ingress", ok(**HALF)), get("mesh", "default/curl", HW, 5000, ok(routed_to="helloworld-v1"))])
case("ingress with the subset in its own rule", base + o("VirtualService", "myapp", "{ hosts: [myapp.com], gateways: [myapp-gateway], http: [{ match: [{ uri: { prefix: /hello } }], route: [{ destination: { host: helloworld.default.svc.cluster.local, subset: v1 } }] }] }"), [
    at_gate("ingress", ok(routed_to="helloworld-v1")), at_gate("elsewhere", status(404), path="/x")])
case("one VirtualService for mesh and ingress", two("default") + hello() + ingressgateway() + MYAPP_GW + SUBSETS + o("VirtualService", "myapp", """
{ hosts: [myapp.com, helloworld.default.svc.cluster.local], gateways: [mesh, myapp-gateway], http: [
  { match: [{ uri: { prefix: /hello }, gateways: [myapp-gateway] }], route: [{ destination: { host: helloworld.default.svc.cluster.local, subset: v1 } }] },
  { match: [{ gateways: [mesh] }], route: [{ destination: { host: helloworld.default.svc.cluster.local, subset: v1 } }] }] }"""), [
    at_gate("ingress", ok(routed_to="helloworld-v1")), get("mesh", "default/curl", HW, 5000, ok(routed_to="helloworld-v1"))])
BIN = svc("httpbin")
plain_dr = o("DestinationRule", "httpbin", "{ host: httpbin, trafficPolicy: { tls: { mode: DISABLE } } }")
mutual_dr = o("DestinationRule", "httpbin", "{ host: httpbin, trafficPolicy: { tls: { mode: ISTIO_MUTUAL } } }")
for title, rules, expect in (("no rule", [], ok(transport="mtls")), ("rule without tls", o("DestinationRule", "httpbin", "{ host: httpbin, trafficPolicy: { connectionPool: { tcp: { maxConnections: 100 } } } }"), ok(transport="mtls")),
                             ("DISABLE", plain_dr, {"outcome": "denied", "http_status": 503}), ("ISTIO_MUTUAL", mutual_dr, ok(transport="mtls"))):
    case(f"tls conflict {title}", two("default") + httpbin() + peer("STRICT") + rules, [get("x", "default/curl", BIN, 8000, expect)])
case("ISTIO_MUTUAL to a pod without sidecar", two("default") + [ns("legacy")] + httpbin("legacy") + o("DestinationRule", "httpbin", "{ host: httpbin.legacy.svc.cluster.local, trafficPolicy: { tls: { mode: ISTIO_MUTUAL } } }"), [
    get("x", "default/curl", svc("httpbin", "legacy"), 8000, {"outcome": "reset", "http_status": 503})])
case("destination rule of a subset without a route is not activated", two("default") + hello() + o("DestinationRule", "helloworld", "{ host: helloworld, subsets: [{ name: v1, labels: { version: v1 }, trafficPolicy: { tls: { mode: DISABLE } } }] }"), [
    get("x", "default/curl", HW, 5000, ok(transport="mtls", **HALF))])
case("destination rule of a subset with a route", two("default") + hello() + V1 + o("DestinationRule", "helloworld", "{ host: helloworld, subsets: [{ name: v1, labels: { version: v1 }, trafficPolicy: { tls: { mode: DISABLE } } }] }"), [
    get("x", "default/curl", HW, 5000, ok(transport="plaintext", routed_to="helloworld-v1"))])
case("a subset that does not exist yet", two("default") + hello() + V1, [get("x", "default/curl", HW, 5000, status(503))])
# Two Gateways share a certificate and a pod: each connection knows the routes of its own.
TLS_SERVERS = [x for n in ("service1", "service2") for x in o("Gateway", n, f"{{ selector: {{ istio: ingressgateway }}, servers: [{{ port: {{ number: 443, name: https-{n}, protocol: HTTPS }}, tls: {{ mode: SIMPLE, credentialName: wild }}, hosts: [{n}.test.com] }}] }}") +
               o("VirtualService", n, f"{{ hosts: [{n}.test.com], gateways: [{n}], http: [{{ route: [{{ destination: {{ host: helloworld, port: {{ number: 5000 }} }} }}] }}] }}")]
SECRET = [{"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "wild", "namespace": "istio-system"}, "data": {"tls.crt": "eA==", "tls.key": "eA=="}}]


def secure(name, expect, sni, host):
    return at_gate(name, expect, host=host, port=443, protocol="https", sni=sni)


case("two gateways with one certificate", two("default") + hello() + ingressgateway() + SECRET + TLS_SERVERS, [
    secure("first", ok(), "service1.test.com", "service1.test.com"), secure("second", ok(), "service2.test.com", "service2.test.com")])
WILD = o("Gateway", "gw", "{ selector: { istio: ingressgateway }, servers: [{ port: { number: 443, name: https, protocol: HTTPS }, tls: { mode: SIMPLE, credentialName: wild }, hosts: ['*.test.com'] }] }") + [
    x for n in ("service1", "service2") for x in o("VirtualService", n, f"{{ hosts: [{n}.test.com], gateways: [gw], http: [{{ route: [{{ destination: {{ host: helloworld, port: {{ number: 5000 }} }} }}] }}] }}")]
case("one wildcard gateway", two("default") + hello() + ingressgateway() + SECRET + WILD, [
    secure("first", ok(), "service1.test.com", "service1.test.com"), secure("second", ok(), "service2.test.com", "service2.test.com"), secure("reused connection", ok(), "service1.test.com", "service2.test.com")])

# --- best-practices/traffic-management
MY = svc("myservice")
mine = two("default", "ns1", "ns2") + app("myservice", "default", [("http", 80, 8080)])
for where, plain in (("ns1", {"ns1"}), ("default", {"default", "ns1", "ns2"}), ("istio-system", {"default", "ns1", "ns2"})):
    case(f"destination rule lookup {where}", mine + o("DestinationRule", "myservice", "{ host: myservice.default.svc.cluster.local, trafficPolicy: { tls: { mode: DISABLE } } }", where), [
        get(n, f"{n}/curl", MY, 80, ok(transport="plaintext" if n in plain else "mtls")) for n in ("default", "ns1", "ns2")])
case("exportTo of a virtual service", mine + o("VirtualService", "myservice", "{ hosts: [myservice.default.svc.cluster.local], exportTo: ['.'], http: [{ fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }, route: [{ destination: { host: myservice } }] }] }"), [
    get("default", "default/curl", MY, 80, status(418)), get("ns1", "ns1/curl", MY, 80, ok())])
parts = [x for n in ("service1", "service2") for x in app(n, "default", [("http", 80, 8080)]) + o("VirtualService", f"myapp-{n}", f"{{ hosts: [myapp.com], gateways: [myapp-gateway], http: [{{ match: [{{ uri: {{ prefix: /{n} }} }}], route: [{{ destination: {{ host: {n}.default.svc.cluster.local }} }}] }}] }}")]
case("virtual services of one host at a gateway are merged", two("default") + ingressgateway() + MYAPP_GW + parts, [at_gate(n, ok(routed_to=n), path=f"/{n}") for n in ("service1", "service2")] + [at_gate("other", status(404), path="/other")])
split = o("DestinationRule", "helloworld-1", "{ host: helloworld, subsets: [{ name: v1, labels: { version: v1 } }] }") + o("DestinationRule", "helloworld-2", "{ host: helloworld, subsets: [{ name: v2, labels: { version: v2 } }] }")
case("destination rules of one host are merged", two("default") + hello() + split + o("VirtualService", "helloworld", "{ hosts: [helloworld], http: [{ match: [{ uri: { exact: /2 } }], route: [{ destination: { host: helloworld, subset: v2 } }] }, { route: [{ destination: { host: helloworld, subset: v1 } }] }] }"), [
    get("v1", "default/curl", HW, 5000, ok(routed_to="helloworld-v1")), get("v2", "default/curl", HW, 5000, ok(routed_to="helloworld-v2"), path="/2")])

# --- best-practices/security
FOO = two("default") + httpbin()
for title, spec in (("ALLOW with positive matching", "{ action: ALLOW, rules: [{ to: [{ operation: { paths: [/public] } }] }] }"), ("DENY with negative matching", "{ action: DENY, rules: [{ to: [{ operation: { notPaths: [/public] } }] }] }")):
    case(title, FOO + authz("foo", "default", spec), [get(p, "default/curl", BIN, 8000, ok() if good else NO, path=p) for p, good in (("/public", True), ("/private", False), ("/public/x", False))])
B = ("/a/b", "/a/../b", "/a//b", "/a%2fb", "/x\\b")
for option, wanted in (("NONE", {"/a/../b": "/a/../b", "/a//b": "/a//b", "/a%2fb": "/a%2fb"}), ("BASE", {"/a/../b": "/b", "/a//b": "/a//b", "/a%2fb": "/a%2fb", "/x\\b": "/x/b"}),
                       ("MERGE_SLASHES", {"/a/../b": "/b", "/a//b": "/a/b", "/a%2fb": "/a%2fb", "/x\\b": "/x/b"}), ("DECODE_AND_MERGE_SLASHES", {"/a/../b": "/b", "/a//b": "/a/b", "/a%2fb": "/a/b", "/a%2Fb": "/a/b", "/a%5Cb": "/a/b"})):
    case(f"normalization {option} forwards", FOO, [get(p, "default/curl", BIN, 8000, ok(upstream={"path": q}), path=p) for p, q in wanted.items()], path_normalization=option)
    case(f"normalization {option} is what policies see", FOO + authz("foo", "default", "{ action: DENY, rules: [{ to: [{ operation: { paths: [/a/b] } }] }] }"), [
        get(p, "default/curl", BIN, 8000, NO if wanted.get(p, p) == "/a/b" else ok(), path=p) for p in B if p in wanted or p == "/a/b"], path_normalization=option)
captured = two("default") + [ns("legacy")] + curl("legacy")
closed = authz("nothing", "default", "{}")
for title, notes, expect in (("captured", {}, NO), ("excluded", {"traffic.sidecar.istio.io/excludeInboundPorts": "8080"}, ok(path=[]))):
    case(f"capture of inbound ports {title}", captured + httpbin(annotations=notes) + closed, [get("legacy", "legacy/curl", BIN, 8000, expect if title == "excluded" else {"outcome": "denied", "http_status": 403})])
for title, notes, path in (("captured", {}, ["sidecar"]), ("excluded", {"traffic.sidecar.istio.io/excludeOutboundPorts": "80"}, [])):
    case(f"capture of outbound ports {title}", [ROOT, ns("default", "sidecar")] + curl(annotations=notes), [get("x", "default/curl", "example.com", 80, {"outcome": "allowed", "path": path})])

# --- common-problems/security-issues
OR = "{ action: ALLOW, rules: [{ to: [{ operation: { paths: [/foo] } }] }, { from: [{ source: { namespaces: [foo] } }] }] }"
AND = "{ action: ALLOW, rules: [{ to: [{ operation: { paths: [/foo] } }], from: [{ source: { namespaces: [foo] } }] }] }"
for title, spec, good in (("two rules", OR, {("foo", "/foo"), ("foo", "/x"), ("bar", "/foo")}), ("one rule", AND, {("foo", "/foo")})):
    case(f"policy of {title}", two("foo", "bar") + httpbin("foo") + authz("example", "foo", spec), [get(f"{n} {p}", f"{n}/curl", svc("httpbin", "foo"), 8000, ok() if (n, p) in good else NO, path=p) for n in ("foo", "bar") for p in ("/foo", "/x")])
TCP = two("foo") + [service("echo", [("tcp", 9000, 9000)], where="foo"), deployment("echo", "echo", "foo", [9000])]
for action, operation in (("ALLOW", "paths: [/x]"), ("ALLOW", "hosts: [x]"), ("DENY", "paths: [/x]"), ("DENY", "methods: [GET]")):
    case(f"HTTP fields at a TCP port {action} {operation.split(':')[0]}", TCP + authz("p", "foo", "{ action: " + action + ", rules: [{ to: [{ operation: { " + operation + " } }] }] }"), [call("x", svc("echo", "foo"), 9000, CUT, src="curl", ns="foo", protocol="tcp")])
case("no action is ALLOW", FOO + authz("p", "default", "{ rules: [{ to: [{ operation: { paths: [/ok] } }] }] }"), [get("ok", "default/curl", BIN, 8000, ok(), path="/ok"), get("x", "default/curl", BIN, 8000, NO, path="/x")])
case("AUDIT denies nothing", FOO + authz("p", "default", "{ action: AUDIT, rules: [{}] }"), [get("x", "default/curl", BIN, 8000, ok())])
case("every action must agree", FOO + authz("a", "default", "{ action: ALLOW, rules: [{ to: [{ operation: { methods: [GET] } }] }] }") + authz("d", "default", "{ action: DENY, rules: [{ to: [{ operation: { paths: [/no] } }] }] }"), [
    get("get", "default/curl", BIN, 8000, ok()), get("get denied path", "default/curl", BIN, 8000, denied("sidecar", "default/d"), path="/no"), get("post", "default/curl", BIN, 8000, NO, method="POST")])

# --- configuration/traffic-management/traffic-routing
book = two("default") + bookinfo()
case("routing by host, not by address", book, [call("8.8.8.8", "8.8.8.8", 9080, ok(routed_to="productpage-v1"), src="curl", ns="default", host=svc("productpage"))])
STATIC = o("ServiceEntry", "static", "{ hosts: [static.example.com], addresses: [1.1.1.1], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: STATIC, endpoints: [{ address: 2.2.2.2, labels: { app: two } }, { address: 3.3.3.3, labels: { app: three } }] }")
case("addresses are matched, endpoints are sent to", two("default") + STATIC, [call("by address", "1.1.1.1", 80, {"outcome": "allowed", "path": ["sidecar"], "http_metrics": [
    {"metric": "istio_requests_total", "labels": {"reporter": "source", "destination_service": "static.example.com"}}]}, src="curl", ns="default", host="static.example.com")])
case("unmatched traffic passes", two("default"), [get("http", "default/curl", "example.org", 80, {"outcome": "allowed", "path": ["sidecar"], "transport": "plaintext", "http_metrics": [
    {"metric": "istio_requests_total", "labels": {"reporter": "source", "destination_service_name": "PassthroughCluster"}}]}), call("tcp", "198.51.100.9", 9999, {"outcome": "allowed", "path": ["sidecar"]}, src="curl", ns="default", protocol="tcp")])
HEADLESS = [service("headless", [("tcp", 9000, 9000)], clusterIP="None"), deployment("headless", "headless", "default", [9000, 9001])]
case("headless", two("default") + HEADLESS, [call("declared port", svc("headless"), 9000, {"outcome": "allowed", "transport": "mtls", "routed_to": "headless"}, src="curl", ns="default", protocol="tcp")])

# --- configuration/mesh/configuration-scoping
scope = two("default", "client", "other") + bookinfo()
hidden = [x if not (x["kind"] == "Service" and x["metadata"]["name"] == "details") else {**x, "metadata": {**x["metadata"], "annotations": {"networking.istio.io/exportTo": ".,client"}}} for x in scope]
DT = svc("details")
# What is not visible is unmatched: it still arrives, without mTLS, by address.
case("exportTo of a Service", hidden, [get(n, f"{n}/curl", DT, 9080, ok(transport="mtls")) for n in ("default", "client")] + [get("other", "other/curl", DT, 9080, ok(transport="plaintext"))])
IMPORT = o("Sidecar", "default", "{ egress: [{ hosts: ['./*', 'bookinfo/*', 'external-services/example.com'] }] }", "client")
many = two("client", "bookinfo", "rest") + bookinfo("bookinfo") + httpbin("rest") + httpbin("client") + [ns("external-services")] + [x for h in ("example.com", "example.org") for x in o("ServiceEntry", h.replace(".", "-"), f"{{ hosts: [{h}], ports: [{{ number: 80, name: http, protocol: HTTP }}], resolution: DNS }}", "external-services")]
case("Sidecar import", many + IMPORT, [
    get("own namespace", "client/curl", svc("httpbin", "client"), 8000, ok(transport="mtls")), get("bookinfo", "client/curl", svc("details", "bookinfo"), 9080, ok(transport="mtls")), get("not imported", "client/curl", svc("httpbin", "rest"), 8000, ok(transport="plaintext")),
    get("example.com", "client/curl", "example.com", 80, {"outcome": "allowed", "http_metrics": [{"metric": "istio_requests_total", "labels": {"reporter": "source", "destination_service": "example.com"}}]}),
    get("example.org", "client/curl", "example.org", 80, {"outcome": "allowed", "http_metrics": [{"metric": "istio_requests_total", "labels": {"reporter": "source", "destination_service_name": "PassthroughCluster"}}]})])
SELECTORS = mesh_config("discoverySelectors: [{ matchLabels: { istio-discovery: enabled } }, { matchLabels: { kubernetes.io/metadata.name: istio-system } }]\n")
seen = [ROOT, ns("client", "sidecar", **{"istio-discovery": "enabled"}), ns("yes", "sidecar", **{"istio-discovery": "enabled"}), ns("no", None)] + curl("client") + httpbin("yes") + httpbin("no")
case("discovery selectors", seen + SELECTORS, [get("discovered", "client/curl", svc("httpbin", "yes"), 8000, ok(transport="mtls")), get("not discovered", "client/curl", svc("httpbin", "no"), 8000, ok(transport="plaintext", http_metrics=[
    {"metric": "istio_requests_total", "labels": {"reporter": "source", "destination_service_name": "PassthroughCluster"}}]))])
case("discovery selectors, registry only", seen + mesh_config("discoverySelectors: [{ matchLabels: { istio-discovery: enabled } }, { matchLabels: { kubernetes.io/metadata.name: istio-system } }]\noutboundTrafficPolicy: { mode: REGISTRY_ONLY }\n"), [
    get("discovered", "client/curl", svc("httpbin", "yes"), 8000, ok()), get("not discovered", "client/curl", svc("httpbin", "no"), 8000, status(502))])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_ops")
