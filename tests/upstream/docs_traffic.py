"""istio.io/docs/tasks/traffic-management (request routing, faults, shifting, mirroring, locality, ingress) and ops/configuration/traffic-management:
what decides there without a clock. With sidecars, and with a waypoint where the page has a Gateway API form."""
from docs_mesh import *

fresh()
RV, RT, DT, PP = (svc(n) for n in ("reviews", "ratings", "details", "productpage"))
P = "default/productpage-v1"
JASON = {"headers": {"end-user": "jason"}}
DR = "".join(f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: {h} }}
spec: {{ host: {h}, subsets: [{", ".join(f"{{ name: {v}, labels: {{ version: {v} }} }}" for v in vs)}] }}
---
""" for h, vs in (("productpage", ["v1"]), ("reviews", ["v1", "v2", "v3"]), ("ratings", ["v1", "v2"]), ("details", ["v1", "v2"])))


def vs(host, *routes):
    return d(f"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{ name: {host} }}\nspec: {{ hosts: [{host}], http: [{', '.join(routes)}] }}\n")


def to(host, *weights):
    return "{ route: [" + ", ".join(f"{{ destination: {{ host: {host}, subset: {v} }}{f', weight: {w}' if w else ''} }}" for v, w in weights) + "] }"


def route(name, *rules, kind="HTTPRoute", port=9080):
    return d(f"apiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\nmetadata: {{ name: {name} }}\nspec: {{ parentRefs: [{{ group: '', kind: Service, name: {name}, port: {port} }}], rules: [{', '.join(rules)}] }}\n")


def back(*weights, match=""):
    return "{ " + match + "backendRefs: [" + ", ".join(f"{{ name: reviews-{v}, port: 9080{f', weight: {w}' if w else ''} }}" for v, w in weights) + "] }"


def shares(**kw):
    return {"distribution": {f"reviews-{v}": {"share": kw.get(v, 0), "tolerance": 0.001} for v in ("v1", "v2", "v3")}}


THIRD = shares(v1=1 / 3, v2=1 / 3, v3=1 / 3)
WORLDS = {"sidecar": [ROOT, ns("default", "sidecar")], "waypoint": [ROOT, ns("default", "ambient", **{"istio.io/use-waypoint": "waypoint"}), waypoint()]}


def world(mode, *more):
    return WORLDS[mode] + bookinfo(versions=True) + [o for m in more for o in m]


def reviews(name, expect, **r):
    return get(name, P, RV, 9080, expect, **r)


ALL_V1 = vs("productpage", to("productpage", ("v1", 0))) + vs("ratings", to("ratings", ("v1", 0))) + vs("details", to("details", ("v1", 0)))
RATINGS_V2 = [account("bookinfo-ratings-v2", "default"), deployment("ratings-v2", "ratings", "default", [9080], account="bookinfo-ratings-v2", version="v2")]
# --- request-routing
case("request-routing 0", world("sidecar", d(DR)), [reviews("anyone", ok(**THIRD))])
case("request-routing 1 all v1", world("sidecar", d(DR), ALL_V1, vs("reviews", to("reviews", ("v1", 0))), RATINGS_V2), [
    reviews("anyone", ok(**shares(v1=1))), get("ratings", "default/reviews-v2", RT, 9080, ok(routed_to="ratings-v1")), get("details", P, DT, 9080, ok(routed_to="details-v1"))])
by_user = "{ match: [{ headers: { end-user: { exact: jason } } }], " + to("reviews", ("v2", 0))[2:]
case("request-routing 2 by user", world("sidecar", d(DR), ALL_V1, vs("reviews", by_user, to("reviews", ("v1", 0)))), [
    reviews("jason", ok(routed_to="reviews-v2"), **JASON), reviews("another user", ok(routed_to="reviews-v1"), headers={"end-user": "tester"}), reviews("anyone", ok(routed_to="reviews-v1"))])
case("request-routing cleanup", world("sidecar", d(DR), ALL_V1), [reviews("anyone", ok(**THIRD))])
for mode in WORLDS:
    used = {"waypoint_traversed": True} if mode == "waypoint" else {}
    case(f"request-routing 0 gateway api {mode}", world(mode), [reviews("anyone", ok(**THIRD, **used))])
    case(f"request-routing 1 gateway api {mode}", world(mode, route("reviews", back(("v1", 0)))), [reviews("anyone", ok(**shares(v1=1), **used))])
    case(f"request-routing 2 gateway api {mode}", world(mode, route("reviews", back(("v2", 0), match="matches: [{ headers: [{ name: end-user, value: jason }] }], "), back(("v1", 0)))), [
        reviews("jason", ok(routed_to="reviews-v2", **used), **JASON), reviews("anyone", ok(routed_to="reviews-v1", **used))])
    # --- traffic-shifting
    for title, weights in (("v1", {"v1": 1}), ("50 v3", {"v1": .5, "v3": .5}), ("v3", {"v3": 1})):
        listed = [(v, int(100 * w)) for v, w in weights.items()]
        case(f"traffic-shifting {title} gateway api {mode}", world(mode, route("reviews", back(*listed))), [reviews("anyone", ok(**shares(**weights), **used))])
        if mode == "sidecar":
            case(f"traffic-shifting {title}", world(mode, d(DR), ALL_V1, vs("reviews", to("reviews", *listed))), [reviews("anyone", ok(**shares(**weights)))])
# The sample's other weights.
for title, weights in (("80-20", {"v1": .8, "v2": .2}), ("90-10", {"v1": .9, "v2": .1}), ("v2-v3", {"v2": .5, "v3": .5})):
    case(f"traffic-shifting {title}", world("sidecar", d(DR), vs("reviews", to("reviews", *[(v, int(100 * w)) for v, w in weights.items()]))), [reviews("anyone", ok(**shares(**weights)))])

# --- fault-injection
R2 = "default/reviews-v2"


def fault(text, host="ratings"):
    return vs(host, "{ match: [{ headers: { end-user: { exact: jason } } }], fault: " + text + ", " + to(host, ("v1", 0))[2:], to(host, ("v1", 0)))


case("fault-injection delay", world("sidecar", d(DR), fault("{ delay: { percentage: { value: 100.0 }, fixedDelay: 7s } }")), [get("jason", R2, RT, 9080, ok(), **JASON), get("anyone", R2, RT, 9080, ok())])
case("fault-injection abort", world("sidecar", d(DR), fault("{ abort: { percentage: { value: 100.0 }, httpStatus: 500 } }")), [
    get("jason", R2, RT, 9080, status(500), **JASON), get("anyone", R2, RT, 9080, ok())])
case("fault-injection details", world("sidecar", d(DR), vs("details", "{ fault: { abort: { httpStatus: 555, percentage: { value: 100 } } }, " + to("details", ("v1", 0))[2:])), [get("x", P, DT, 9080, status(555))])
# --- request-timeouts: the routes of the stages; the time is not in the files.
case("request-timeouts", world("sidecar", d(DR), vs("reviews", "{ timeout: 0.5s, " + to("reviews", ("v2", 0))[2:]), vs("ratings", "{ fault: { delay: { percentage: { value: 100 }, fixedDelay: 2s } }, " + to("ratings", ("v1", 0))[2:])), [
    reviews("reviews", ok(routed_to="reviews-v2")), get("ratings", R2, RT, 9080, ok(routed_to="ratings-v1"))])
# --- circuit-breaking: one connection gets through.
FORTIO = [ROOT, ns("default", "sidecar")] + httpbin() + curl(name="fortio")
case("circuit-breaking one call", FORTIO + d("""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: httpbin }
spec:
  host: httpbin
  trafficPolicy:
    connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1, maxRequestsPerConnection: 1 } }
    outlierDetection: { consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 3m, maxEjectionPercent: 100 }
"""), [get("x", "default/fortio", svc("httpbin"), 8000, ok(transport="mtls"), path="/get")])

# --- mirroring
MIRROR = [service("httpbin", [("http", 8000, 80)]), curl()[-1]] + [deployment(f"httpbin-{v}", "httpbin", "default", [80], version=v) for v in ("v1", "v2")]
VERSIONS = [service(f"httpbin-{v}", [("http", 80, 80)], selector={"app": "httpbin", "version": v}) for v in ("v1", "v2")]
HDR = d("""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: httpbin }
spec: { host: httpbin, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
""")


def mirrored(expect, src="default/curl"):
    return [get("headers", src, svc("httpbin"), 8000, expect, path="/headers")]


for title, pct, share in (("everything", "", 1), ("100 percent", ", mirrorPercentage: { value: 100.0 }", 1), ("25 percent", ", mirrorPercentage: { value: 25.0 }", .25), ("nothing", None, 0)):
    m = "" if pct is None else ", mirror: { host: httpbin, subset: v2 }" + pct
    case(f"mirroring {title}", [ROOT, ns("default", "sidecar")] + MIRROR + HDR + d("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: httpbin }\nspec: { hosts: [httpbin], http: [{ route: [{ destination: { host: httpbin, subset: v1 }, weight: 100 }]" + m + " }] }\n"),
         mirrored(ok(routed_to="httpbin-v1", mirrored={"httpbin-v2": {"share": share}})))
for mode in WORLDS:
    for on in (False, True):
        f = "filters: [{ type: RequestMirror, requestMirror: { backendRef: { name: httpbin-v2, port: 80 } } }], " if on else ""
        case(f"mirroring gateway api {mode} {on}", WORLDS[mode] + MIRROR + VERSIONS + route("httpbin", "{ " + f + "backendRefs: [{ name: httpbin-v1, port: 80 }] }", port=8000),
             mirrored(ok(routed_to="httpbin-v1", mirrored={"httpbin-v2": {"share": float(on)}})))

# --- tcp-traffic-shifting
TNS = "istio-io-tcp-traffic-shifting"
TECHO = [ROOT, ns(TNS, "sidecar"), service("tcp-echo", [("tcp", 9000, 9000), ("tcp-other", 9001, 9001)], where=TNS)] + curl(TNS) + [
    deployment(f"tcp-echo-{v}", "tcp-echo", TNS, [9000], version=v) for v in ("v1", "v2")] + [service(f"tcp-echo-{v}", [("tcp", 9000, 9000)], selector={"app": "tcp-echo", "version": v}, where=TNS) for v in ("v1", "v2")]
TGATE = ingressgateway(ports=(("http2", 80, 8080), ("tcp", 31400, 31400)))
TCLASSIC = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: tcp-echo-gateway }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 31400, name: tcp, protocol: TCP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: tcp-echo-destination }
spec: { host: tcp-echo, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: tcp-echo }
spec: { hosts: ["*"], gateways: [tcp-echo-gateway], tcp: [{ match: [{ port: 31400 }], route: [%s] }] }
"""
TGW = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: tcp-echo-gateway }
spec: { gatewayClassName: istio, listeners: [{ name: tcp-31400, port: 31400, protocol: TCP, allowedRoutes: { namespaces: { from: Same } } }] }
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: { name: tcp-echo }
spec: { parentRefs: [{ name: tcp-echo-gateway, sectionName: tcp-31400 }], rules: [{ backendRefs: [%s] }] }
"""
for title, weights in (("all v1", {"v1": 100}), ("20 v2", {"v1": 80, "v2": 20})):
    classic = ", ".join(f"{{ destination: {{ host: tcp-echo, port: {{ number: 9000 }}, subset: {v} }}{f', weight: {w}' if len(weights) > 1 else ''} }}" for v, w in weights.items())
    api = ", ".join(f"{{ name: tcp-echo-{v}, port: 9000{f', weight: {w}' if len(weights) > 1 else ''} }}" for v, w in weights.items())
    want = {"outcome": "allowed", "distribution": {f"tcp-echo-{v}": {"share": weights.get(v, 0) / 100, "tolerance": 0.001} for v in ("v1", "v2")}}
    case(f"tcp-traffic-shifting {title} classic", TECHO + TGATE + d(TCLASSIC % classic, TNS), [call("outside", "tcp.example.test", 31400, want, outside=True, gateway=GATE, protocol="tcp"),
                                                                                           call("curl", "tcp.example.test", 31400, want, src="curl", ns=TNS, gateway=GATE, protocol="tcp")])
    case(f"tcp-traffic-shifting {title} gateway api", TECHO + d(TGW % api, TNS), [call("outside", "tcp.example.test", 31400, want, outside=True, gateway=f"{TNS}/tcp-echo-gateway", protocol="tcp")])

# --- locality-load-balancing; a failed region is one whose pod is not ready.
REGIONS = [("region1", "zone1"), ("region1", "zone2"), ("region2", "zone3"), ("region3", "zone4")]
NODES = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"{r}-{z}", "labels": {"topology.kubernetes.io/region": r, "topology.kubernetes.io/zone": z}}} for r, z in REGIONS]
SIDE = {"sidecar.istio.io/status": "{}"}


def pod(name, node, ip, labels, ready=True, port=5000):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "sample", "labels": {**labels, "security.istio.io/tlsMode": "istio"}, "annotations": SIDE},
            "spec": {"nodeName": node, "containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": port}]}]},
            "status": {"phase": "Running", "podIP": ip, "conditions": [{"type": "Ready", "status": str(ready)}]}}


def locality(title, policy, want, down=()):
    objects = [ROOT, ns("sample", "sidecar"), service("helloworld", [("http", 5000, 5000)], where="sample"), pod("sleep", "region1-zone1", "10.2.0.9", {"app": "sleep"})] + NODES
    objects += [pod(f"helloworld-{r}.{z}", f"{r}-{z}", f"10.2.0.{i + 1}", {"app": "helloworld", "version": f"{r}.{z}"}, f"{r}.{z}" not in down) for i, (r, z) in enumerate(REGIONS)]
    objects += d("apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: helloworld, namespace: sample }\nspec: { host: helloworld.sample.svc.cluster.local, trafficPolicy: { " + policy + " } }\n")
    case(f"locality {title}", objects, [get("hello", "sample/sleep", svc("helloworld", "sample"), 5000, ok(distribution={f"helloworld-{r}.{z}": {"share": want.get(f"{r}.{z}", 0), "tolerance": 0.001} for r, z in REGIONS}), path="/hello")])


FAILOVER = ("connectionPool: { http: { maxRequestsPerConnection: 1 } }, loadBalancer: { simple: ROUND_ROBIN, localityLbSetting: { enabled: true, failover: [{ from: region1, to: region2 }] } }, "
            "outlierDetection: { consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 1m }")
locality("failover 0", FAILOVER, {"region1.zone1": 1})
locality("failover 1", FAILOVER, {"region1.zone2": 1}, ("region1.zone1",))
locality("failover 2", FAILOVER, {"region2.zone3": 1}, ("region1.zone1", "region1.zone2"))
locality("failover 3", FAILOVER, {"region3.zone4": 1}, ("region1.zone1", "region1.zone2", "region2.zone3"))
locality("distribute", "loadBalancer: { localityLbSetting: { enabled: true, distribute: [{ from: region1/zone1/*, to: { 'region1/zone1/*': 70, 'region1/zone2/*': 20, 'region3/zone4/*': 10 } }] } }, "
         "outlierDetection: { consecutive5xxErrors: 100, interval: 1s, baseEjectionTime: 1m }", {"region1.zone1": .7, "region1.zone2": .2, "region3.zone4": .1})

# --- ingress/ingress-control, gateway-api, kubernetes-ingress
BIN = [ROOT, ns("default", "sidecar")] + httpbin()


def gw(host, port=80, protocol="HTTP", tls="", name="httpbin-gateway", number=0):
    return f"apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{ name: {name} }}\nspec: {{ selector: {{ istio: ingressgateway }}, servers: [{{ port: {{ number: {port}, name: p{port}, protocol: {protocol} }}, hosts: ['{host}']{tls} }}] }}\n---\n"


def gvs(host, paths, dest="httpbin", port=8000, name="httpbin", gateway="httpbin-gateway", exact=False):
    m = ", ".join(f"{{ uri: {{ {'exact' if exact else 'prefix'}: {p} }} }}" for p in paths)
    return f"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{ name: {name} }}\nspec: {{ hosts: ['{host}'], gateways: [{gateway}], http: [{{ match: [{m}], route: [{{ destination: {{ port: {{ number: {port} }}, host: {dest} }} }}] }}] }}\n---\n"


def api(listener, paths, host=None, where="default", gateway="httpbin-gateway", name="httpbin", backend="httpbin", port=8000, filters="", kind="PathPrefix"):
    m = ", ".join(f"{{ path: {{ type: {kind}, value: {p} }} }}" for p in paths)
    h = f"hostnames: ['{host}'], " if host else ""
    return (f"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{ name: {gateway}, namespace: {where} }}\nspec: {{ gatewayClassName: istio, listeners: [{listener}] }}\n---\n" if listener else "") + \
        f"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{ name: {name} }}\nspec: {{ parentRefs: [{{ name: {gateway}, namespace: {where} }}], {h}rules: [{{ matches: [{m}], {filters}backendRefs: [{{ name: {backend}, port: {port} }}] }}] }}\n---\n"


def ask(address, name, path, expect, host="httpbin.example.com", port=80, **r):
    return call(name, host, port, expect, outside=True, gateway=address, host=host, path=path, **r)


HOST, SAME = "httpbin.example.com", "allowedRoutes: { namespaces: { from: Same } }"
NF = status(404)
for title, objects, address in (("classic", ingressgateway() + d(gw(HOST) + gvs(HOST, ["/status", "/delay"])), GATE),
                                ("gateway api", d(api("{ name: http, hostname: httpbin.example.com, port: 80, protocol: HTTP, " + SAME + " }", ["/status", "/delay"], HOST)), "default/httpbin-gateway")):
    case(f"ingress-control 1 {title}", BIN + objects, [ask(address, "status", "/status/200", ok(transport="mtls")), ask(address, "headers", "/headers", NF), ask(address, "another host", "/status/200", NF, host="other.example.com")])
for title, objects, address in (("classic", ingressgateway() + d(gw("*") + gvs("*", ["/headers"])), GATE), ("gateway api", d(api("{ name: http, port: 80, protocol: HTTP, " + SAME + " }", ["/headers"])), "default/httpbin-gateway")):
    case(f"ingress-control 2 browser {title}", BIN + objects, [ask(address, "headers", "/headers", ok()), ask(address, "status", "/status/200", NF), ask(address, "another host", "/headers", ok(), host="203.0.113.1")])
IN = [ns("istio-ingress")]
LIST = "{ name: default, hostname: '*.example.com', port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }"
case("gateway-api 1", BIN + IN + d(api(LIST, ["/get"], HOST, "istio-ingress", "gateway", "http")), [ask("istio-ingress/gateway", "get", "/get", ok()), ask("istio-ingress/gateway", "headers", "/headers", NF)])
ADD = "filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { add: [{ name: my-added-header, value: added-value }] } }], "
case("gateway-api 2 header", BIN + IN + d(api(LIST, ["/get", "/headers"], HOST, "istio-ingress", "gateway", "http", filters=ADD)), [
    ask("istio-ingress/gateway", "headers", "/headers", ok(upstream={"headers": {"my-added-header": "added-value"}, "host": HOST}))])
for mode in WORLDS:
    case(f"gateway-api 3 mesh {mode}", WORLDS[mode] + app("example", ports=[("http", 80, 8080)]) + curl() + d("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: mesh }\nspec: { parentRefs: [{ group: '', kind: Service, name: example }], rules: [{ " + ADD + "backendRefs: [{ name: example, port: 80 }] }] }\n"),
         [get("x", "default/curl", svc("example"), 80, ok(upstream={"headers": {"my-added-header": "added-value"}}))])
ING = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: ingress%s }\nspec: { %srules: [{ host: httpbin.example.com, http: { paths: [{ path: %s, pathType: Prefix, backend: { service: { name: httpbin, port: { number: 8000 } } } }] } }] }\n"
case("kubernetes-ingress annotation", BIN + ingressgateway() + d(ING % (", annotations: { kubernetes.io/ingress.class: istio }", "", "/status")), [
    ask(GATE, "status", "/status/200", ok()), ask(GATE, "headers", "/headers", NF)])
case("kubernetes-ingress class", BIN + ingressgateway() + d("apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: istio }\nspec: { controller: istio.io/ingress-controller }\n") + d(ING % ("", "ingressClassName: istio, ", "/")), [
    ask(GATE, "status", "/status/200", ok()), ask(GATE, "headers", "/headers", ok())])
case("kubernetes-ingress of another class", BIN + ingressgateway() + d(ING % (", annotations: { kubernetes.io/ingress.class: nginx }", "", "/status")), [ask(GATE, "status", "/status/200", {"allowed_share": {"value": 0, "exact": True}})])

# --- ingress/secure-ingress: https to the gateway, which terminates TLS.
HELLO = [account("helloworld", "default"), service("helloworld", [("http", 5000, 5000)]), deployment("helloworld-v1", "helloworld", "default", [5000], account="helloworld", version="v1")]
SECRETS = [{"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": f"{n}-credential", "namespace": "istio-system"}, "data": {"tls.crt": "eA==", "tls.key": "eA=="}} for n in ("httpbin", "helloworld")]
FROM = "allowedRoutes: { namespaces: { from: Selector, selector: { matchLabels: { kubernetes.io/metadata.name: default } } } }"


def listener(name, host, opts=""):
    return f"{{ name: {name}, hostname: {host}, port: 443, protocol: HTTPS, tls: {{ mode: Terminate, certificateRefs: [{{ name: {host.split('.')[0]}-credential }}]{opts} }}, {FROM} }}"


HW = "helloworld.example.com"
one = {"classic": (ingressgateway() + d(gw(HOST, 443, "HTTPS", ", tls: { mode: SIMPLE, credentialName: httpbin-credential }", "mygateway") + gvs(HOST, ["/status", "/delay"], gateway="mygateway")), GATE),
       "gateway api": (d(api(listener("https", HOST), ["/status", "/delay"], HOST, "istio-system", "mygateway")), "istio-system/mygateway")}
many = {"classic": (ingressgateway() + d("apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: mygateway }\nspec: { selector: { istio: ingressgateway }, servers: [" + ", ".join(
    f"{{ port: {{ number: 443, name: https-{n}, protocol: HTTPS }}, tls: {{ mode: SIMPLE, credentialName: {n}-credential }}, hosts: [{n}.example.com] }}" for n in ("httpbin", "helloworld")) + "] }\n---\n" +
    gvs(HOST, ["/status", "/delay"], gateway="mygateway") + gvs(HW, ["/hello"], "helloworld", 5000, "helloworld", "mygateway", True)), GATE),
        "gateway api": (d(api(listener("https-httpbin", HOST) + ", " + listener("https-helloworld", HW), ["/status", "/delay"], HOST, "istio-system", "mygateway") +
                          api("", ["/hello"], HW, "istio-system", "mygateway", "helloworld", "helloworld", 5000, kind="Exact")), "istio-system/mygateway")}
for kind, (objects, address) in one.items():
    def tls(name, path, expect, host=HOST):
        return ask(address, name, path, expect, host=host, port=443, protocol="https", sni=host)
    case(f"secure-ingress 1 {kind}", BIN + SECRETS + objects, [tls("status", "/status/418", ok(l7_processed=True)), tls("another path", "/headers", NF), tls("another name", "/status/418", {"allowed_share": {"value": 0, "exact": True}}, host="other.example.com")])
    objects, address = many[kind]
    case(f"secure-ingress 2 several hosts {kind}", BIN + HELLO + SECRETS + objects, [tls("httpbin", "/status/418", ok(routed_to="httpbin")), tls("helloworld", "/hello", ok(routed_to="helloworld-v1"), HW), tls("helloworld elsewhere", "/status/418", NF, HW)])

# --- ingress/ingress-sni-passthrough
NGINX = [ROOT, ns("default"), service("my-nginx", [("", 443, 443)], selector={"run": "my-nginx"}), {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "my-nginx", "namespace": "default"}, "spec": {
    "selector": {"matchLabels": {"run": "my-nginx"}}, "template": {"metadata": {"labels": {"run": "my-nginx", "sidecar.istio.io/inject": "true"}}, "spec": {"containers": [{"name": "my-nginx", "image": "registry.example.test/nginx:1", "ports": [{"containerPort": 443}]}]}}}}]
del NGINX[2]["spec"]["ports"][0]["name"]
NH = "nginx.example.com"
sni = {"classic": (ingressgateway() + d(gw(NH, 443, "HTTPS", ", tls: { mode: PASSTHROUGH }", "mygateway") + "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: nginx }\nspec: { hosts: [nginx.example.com], gateways: [mygateway], tls: [{ match: [{ port: 443, sniHosts: [nginx.example.com] }], route: [{ destination: { host: my-nginx, port: { number: 443 } } }] }] }\n"), GATE),
       "gateway api": (d("apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { name: mygateway }\nspec: { gatewayClassName: istio, listeners: [{ name: https, hostname: nginx.example.com, port: 443, protocol: TLS, tls: { mode: Passthrough }, allowedRoutes: { namespaces: { from: All } } }] }\n---\n"
                         "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: TLSRoute\nmetadata: { name: nginx }\nspec: { parentRefs: [{ name: mygateway }], hostnames: [nginx.example.com], rules: [{ backendRefs: [{ name: my-nginx, port: 443 }] }] }\n"), "default/mygateway")}
for kind, (objects, address) in sni.items():
    case(f"ingress-sni-passthrough {kind}", NGINX + objects, [
        call("nginx", NH, 443, {"outcome": "allowed", "routed_to": "my-nginx", "l7_processed": False}, outside=True, gateway=address, protocol="tls", sni=NH),
        call("another name", "other.example.com", 443, {"allowed_share": {"value": 0, "exact": True}}, outside=True, gateway=address, protocol="tls", sni="other.example.com")])

# --- ingress/ingress-sidecar-tls-termination: plaintext from outside the mesh is refused at 8080, mesh clients get through.
TERM = [ROOT, ns("test", "sidecar"), ns("default"), service("httpbin", [("https", 8443, 9080), ("http", 8080, 9081)], where="test"), account("httpbin", "test"), deployment("httpbin", "httpbin", "test", [80], account="httpbin", version="v1")]
TERM += curl("test", "sleep") + curl("default", "sleep") + peer("STRICT", "test") + peer("STRICT", "test", "disable-peer-auth-for-external-mtls-port", ", selector: { matchLabels: { app: httpbin } }, portLevelMtls: { 9080: { mode: DISABLE } }") + d("""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ingress-sidecar }
spec:
  workloadSelector: { labels: { app: httpbin, version: v1 } }
  ingress:
  - port: { number: 9080, protocol: HTTPS, name: external }
    defaultEndpoint: 0.0.0.0:80
    tls: { mode: MUTUAL, privateKey: /etc/istio/tls-certs/tls.key, serverCertificate: /etc/istio/tls-certs/tls.crt, caCertificates: /etc/istio/tls-ca-certs/ca.crt }
  - port: { number: 9081, protocol: HTTP, name: internal }
    defaultEndpoint: 0.0.0.0:80
""", "test")
case("ingress-sidecar-tls-termination", TERM, [get("internal 8080", "test/sleep", svc("httpbin", "test"), 8080, ok(transport="mtls"), path="/status/200"),
                                              get("external 8080", "default/sleep", svc("httpbin", "test"), 8080, CUT, path="/status/200"),
                                              get("external 8443", "default/sleep", svc("httpbin", "test"), 8443, {"outcome": "allowed"}, path="/status/200", protocol="https")], features={"ENABLE_TLS_ON_SIDECAR_INGRESS": "true"})

# --- ops/configuration/traffic-management/network-topologies
XFF = "56.5.6.7, 72.9.5.6, 98.1.2.3"
for kind, objects, address in (("classic", ingressgateway() + d(gw("*") + gvs("*", ["/"])), GATE), ("gateway api", d(api("{ name: http, port: 80, protocol: HTTP, " + SAME + " }", ["/"])), "default/httpbin-gateway")):
    f = ask(address, "xff", "/get?show_env=true", ok(upstream={"headers": {"x-envoy-external-address": "72.9.5.6", "x-forwarded-for": XFF + ",10.244.0.1"}}), headers={"x-forwarded-for": XFF})
    f["from"]["ip"] = "10.244.0.1"
    case(f"network-topologies {kind}", BIN + objects, [f], num_trusted_proxies=2)

# --- ops/configuration/traffic-management/dns-proxy
SLEEP = [ROOT, ns("default", "sidecar")] + curl(name="sleep")
DNS = mesh_config("defaultConfig: { proxyMetadata: { ISTIO_META_DNS_CAPTURE: 'true', ISTIO_META_DNS_AUTO_ALLOCATE: 'true' } }\n")
case("dns-proxy entry with address", SLEEP + DNS + d("apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: external-address }\nspec: { addresses: [198.51.100.1], hosts: [address.internal], ports: [{ name: http, number: 80, protocol: HTTP }] }\n"), [
    get("address.internal", "default/sleep", "address.internal", 80, {"outcome": "allowed", "l7_processed": True})])
case("dns-proxy auto allocation", SLEEP + DNS + d("apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: external-auto }\nspec: { hosts: [auto.internal], ports: [{ name: http, number: 80, protocol: HTTP }], resolution: DNS }\n"), [
    get("auto.internal", "default/sleep", "auto.internal", 80, {"outcome": "allowed", "l7_processed": True})])
EXT = [o for i in (1, 2) for o in [ns(f"external-{i}"), service("tcp-echo", [("tcp", 9000, 9000)], where=f"external-{i}"), deployment(f"tcp-echo-ext{i}", "tcp-echo", f"external-{i}", [9000])] +
       d(f"apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{ name: external-svc-{i} }}\nspec: {{ hosts: [tcp-echo.external-{i}.svc.cluster.local], ports: [{{ name: external-svc-{i}, number: 9000, protocol: TCP }}], resolution: DNS }}\n")]
case("dns-proxy tcp without vips", SLEEP + DNS + EXT, [get(f"tcp-echo {i}", "default/sleep", svc("tcp-echo", f"external-{i}"), 9000, {"outcome": "allowed", "routed_to": f"tcp-echo-ext{i}", "tcp_metrics": [
    {"metric": "istio_tcp_connections_opened_total", "labels": {"reporter": "source", "destination_service": svc("tcp-echo", f"external-{i}")}}]}, protocol="tcp") for i in (1, 2)], undiscovered_namespaces=["external-1", "external-2"])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_traffic")
