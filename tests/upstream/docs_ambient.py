"""istio.io/docs/ambient (getting-started, usage, migrate): what the pages apply, what they say happens."""
from docs_mesh import *

fresh()
PP, DT, RV, RT = (svc(n) for n in ("productpage", "details", "reviews", "ratings"))
WP = {"istio.io/use-waypoint": "waypoint"}


def zt(code=None):
    return denied("ztunnel", code=code)


def mesh(use=None, versions=False, gateway=True, **kw):
    return [ROOT, ns("default", "ambient", **(use or {}))] + bookinfo(versions=versions, **kw) + curl() + (bookinfo_gateway() if gateway else [])


def browse(expect, name="browser"):
    return call(name, "bookinfo.example.test", 80, expect, outside=True, gateway="default/bookinfo-gateway", path="/productpage")


# --- getting-started -------------------------------------------------------------------------------------------------
L4 = "{ selector: { matchLabels: { app: productpage } }, action: ALLOW, rules: [{ from: [{ source: { principals: [%s] } }] }] }"
GWSA, WPSA, CURL = "cluster.local/ns/default/sa/bookinfo-gateway-istio", "cluster.local/ns/default/sa/waypoint", "cluster.local/ns/default/sa/curl"
L7 = "{ targetRefs: [{ kind: Service, group: '', name: productpage }], action: ALLOW, rules: [{ from: [{ source: { principals: [" + CURL + "] } }], to: [{ operation: { methods: [GET] } }] }] }"
HBONE = ok(path=["ztunnel", "ztunnel"], transport="hbone", waypoint_traversed=False, l7_processed=False)
case("getting-started 0 secure", mesh(), [
    browse(ok()), get("curl", "default/curl", PP, 9080, HBONE, path="/productpage"),
    get("productpage to reviews", "default/productpage-v1", RV, 9080, {**HBONE, "distribution": {f"reviews-v{i}": {"share": 1 / 3, "tolerance": 0.01} for i in (1, 2, 3)}}),
    get("reviews to ratings", "default/reviews-v2", RT, 9080, HBONE)])
case("getting-started 1 layer 4 policy", mesh() + authz("productpage-ztunnel", "default", L4 % GWSA), [
    browse(ok()), get("curl", "default/curl", PP, 9080, {**zt(), "waypoint_traversed": False}, path="/productpage"),
    get("reviews", "default/reviews-v1", PP, 9080, zt(), path="/productpage")])
case("getting-started 2 layer 7 policy", mesh(WP) + [waypoint()] + authz("productpage-ztunnel", "default", L4 % f"{GWSA}, {WPSA}") +
     authz("productpage-waypoint", "default", L7), [
    get("delete", "default/curl", PP, 9080, denied("waypoint"), path="/productpage", method="DELETE"),
    get("reviews", "default/reviews-v1", PP, 9080, denied("waypoint"), path="/productpage"),
    get("get", "default/curl", PP, 9080, ok(path=["ztunnel", "waypoint", "ztunnel"], waypoint_traversed=True), path="/productpage"),
    browse(ok(waypoint_traversed=False))])
# The page explains why the first policy is updated: with the waypoint in the path its identity is what ztunnel sees.
case("getting-started 2 without the updated policy", mesh(WP) + [waypoint()] + authz("productpage-ztunnel", "default", L4 % GWSA) + authz("productpage-waypoint", "default", L7), [
    get("get", "default/curl", PP, 9080, {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}}, path="/productpage")])
SPLIT = d("""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: reviews }
spec:
  parentRefs: [{ group: "", kind: Service, name: reviews, port: 9080 }]
  rules: [{ backendRefs: [{ name: reviews-v1, port: 9080, weight: 90 }, { name: reviews-v2, port: 9080, weight: 10 }] }]
""")


def share(**shares):
    return {"distribution": {f"reviews-{v}": {"share": s, "tolerance": 0.001} for v, s in shares.items()}}


case("getting-started 3 split", mesh(WP, versions=True) + [waypoint()] + SPLIT, [
    get("productpage to reviews", "default/productpage-v1", RV, 9080, ok(waypoint_traversed=True, **share(v1=.9, v2=.1, v3=0)))])
case("getting-started 3 split without waypoint", mesh(versions=True) + SPLIT, [
    get("productpage to reviews", "default/productpage-v1", RV, 9080, ok(waypoint_traversed=False, l7_processed=False, **share(v1=1 / 3, v2=1 / 3, v3=1 / 3)))])
# The page's earlier form: one policy for two clients, then a policy for the whole waypoint.
OLD = "{ selector: { matchLabels: { app: productpage } }, action: ALLOW, rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/sleep, " + GWSA + "] } }] }] }"
OLD7 = "{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: waypoint }], action: ALLOW, rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/sleep] } }], to: [{ operation: { methods: [GET] } }] }] }"
TWO = curl(name="sleep") + curl(name="notsleep")
case("getting-started earlier 1", mesh() + TWO + authz("productpage-viewer", "default", OLD), [
    browse(ok()), get("sleep", "default/sleep", PP, 9080, ok()), get("notsleep", "default/notsleep", PP, 9080, zt())])
case("getting-started earlier 2", mesh(WP) + TWO + [waypoint()] + authz("productpage-viewer", "default", OLD7), [
    get("delete", "default/sleep", PP, 9080, denied("waypoint"), method="DELETE"), get("notsleep", "default/notsleep", PP, 9080, denied("waypoint")),
    get("get", "default/sleep", PP, 9080, ok())])

# --- usage/waypoint --------------------------------------------------------------------------------------------------
YES, NOT = ok(waypoint_traversed=True, l7_processed=True), ok(waypoint_traversed=False, l7_processed=False)
EVERY = [("details", DT), ("reviews", RV), ("productpage", PP)]
case("waypoint deployed but not used", mesh() + [waypoint()], [get(n, "default/curl", h, 9080, NOT) for n, h in EVERY] + [
    call("pod", {"pod": "default/reviews-v2"}, 9080, NOT, src="curl", ns="default")])
for traffic, by_service, by_pod in ((None, YES, NOT), ("service", YES, NOT), ("workload", NOT, YES), ("all", YES, YES), ("none", NOT, NOT)):
    case(f"waypoint for {traffic} of the namespace", mesh(WP) + [waypoint(traffic=traffic)], [get(n, "default/curl", h, 9080, by_service) for n, h in EVERY] + [
        call("pod", {"pod": "default/reviews-v2"}, 9080, by_pod, src="curl", ns="default")])
SERVICE_WP, POD_WP = {"reviews": {"istio.io/use-waypoint": "reviews-svc-waypoint"}}, {"reviews-v2": {"istio.io/use-waypoint": "reviews-v2-pod-waypoint"}}


def through(name):
    return {**YES, "waypoint": f"default/{name}"}


case("waypoint of a service", mesh(service_labels=SERVICE_WP) + [waypoint(name="reviews-svc-waypoint")], [
    get("reviews", "default/curl", RV, 9080, through("reviews-svc-waypoint")), get("details", "default/curl", DT, 9080, NOT)])
case("waypoint of a service before the one of the namespace", mesh(WP, service_labels=SERVICE_WP) + [waypoint(), waypoint(name="reviews-svc-waypoint")], [
    get("reviews", "default/curl", RV, 9080, through("reviews-svc-waypoint")), get("details", "default/curl", DT, 9080, through("waypoint"))])
case("waypoint of a pod", mesh(labels=POD_WP) + [waypoint(name="reviews-v2-pod-waypoint", traffic="workload")], [
    call("v2", {"pod": "default/reviews-v2"}, 9080, through("reviews-v2-pod-waypoint"), src="curl", ns="default"),
    call("v1", {"pod": "default/reviews-v1"}, 9080, NOT, src="curl", ns="default"), get("service", "default/curl", RV, 9080, NOT)])
case("waypoint of a pod that handles services only", mesh(labels=POD_WP) + [waypoint(name="reviews-v2-pod-waypoint")], [
    call("v2", {"pod": "default/reviews-v2"}, 9080, NOT, src="curl", ns="default")])
case("waypoint of a pod before the one of the namespace", mesh(WP, labels=POD_WP) + [waypoint(traffic="all"), waypoint(name="reviews-v2-pod-waypoint", traffic="workload")], [
    call("v2", {"pod": "default/reviews-v2"}, 9080, through("reviews-v2-pod-waypoint"), src="curl", ns="default"),
    call("v1", {"pod": "default/reviews-v1"}, 9080, through("waypoint"), src="curl", ns="default"), get("service", "default/curl", RV, 9080, through("waypoint"))])
case("use-waypoint none on a service", mesh(WP, service_labels={"reviews": {"istio.io/use-waypoint": "none"}}) + [waypoint()], [
    get("reviews", "default/curl", RV, 9080, NOT), get("details", "default/curl", DT, 9080, YES)])
case("clients outside the mesh", mesh(WP) + [waypoint(), ns("legacy")] + curl("legacy"), [
    get("plaintext", "legacy/curl", RV, 9080, ok(waypoint_traversed=False, transport="plaintext"))])
for title, allowed, used in (("same", None, False), ("all", {"from": "All"}, True),
                             ("selector", {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}}, True),
                             ("selector of another namespace", {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "bar"}}}, False)):
    case(f"waypoint of another namespace {title}", mesh({"istio.io/use-waypoint": "waypoint-foo", "istio.io/use-waypoint-namespace": "foo"}) +
         [ns("foo"), waypoint("foo", "waypoint-foo", allowed=allowed)],
         [get(n, "default/curl", h, 9080, {**YES, "waypoint": "foo/waypoint-foo"} if used else NOT) for n, h in EVERY])

# --- usage/l4-policy, usage/l7-features ------------------------------------------------------------------------------
DEMO_NS = "ambient-demo"


def demo(use=None):
    return [ROOT, ns(DEMO_NS, "ambient", **(use or {}))] + httpbin(DEMO_NS) + curl(DEMO_NS, "sleep") + curl(DEMO_NS, "other") + ([waypoint(DEMO_NS)] if use else [])


BIN = svc("httpbin", DEMO_NS)
SEL = "selector: { matchLabels: { app: httpbin } }"
TO_SERVICE, TO_GATEWAY = ("targetRefs: [{ kind: Service, group: '', name: httpbin }]", "targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: waypoint }]")
FROM = "from: [{ source: { principals: [cluster.local/ns/ambient-demo/sa/%s] } }]"


def rule(who, get_only=False):
    return FROM % who + (", to: [{ operation: { methods: [GET] } }]" if get_only else "")


def allow(scope, who, get_only=False):
    return authz("allow-sleep-to-httpbin", DEMO_NS, "{ " + (scope + ", " if scope else "") + "action: ALLOW, rules: [{ " + rule(who, get_only) + " }] }")


def ask(src, expect, name=None, **r):
    return get(name or src, f"{DEMO_NS}/{src}", BIN, 8000, expect, **r)


case("l4 policy none", demo(), [ask("sleep", ok()), ask("other", ok())])
for title, scope in (("selector", SEL), ("namespace", "")):
    case(f"l4 policy {title} without waypoint", demo() + allow(scope, "sleep"), [ask("sleep", ok()), ask("other", zt())])
    # The identity that ztunnel sees is the waypoint's.
    case(f"l4 policy {title} with waypoint, client", demo(WP) + allow(scope, "sleep"), [
        ask("sleep", {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}, "waypoint_traversed": True})])
    case(f"l4 policy {title} with waypoint, waypoint", demo(WP) + allow(scope, "waypoint"), [
        ask("sleep", ok(waypoint_traversed=True)), ask("other", ok(waypoint_traversed=True)),
        call("past the waypoint", {"pod": f"{DEMO_NS}/httpbin"}, 8080, zt(), src="sleep", ns=DEMO_NS)])
    for use in (None, WP):
        case(f"l7 policy {title} {'with' if use else 'without'} waypoint", demo(use) + allow(scope, "sleep", True), [
            ask("sleep", {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}}), ask("other", {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}})])
for title, scope in (("service", TO_SERVICE), ("gateway", TO_GATEWAY)):
    case(f"l4 policy {title} with waypoint", demo(WP) + allow(scope, "sleep"), [ask("sleep", ok(waypoint_traversed=True)), ask("other", denied("waypoint"))])
    case(f"l7 policy {title} with waypoint", demo(WP) + allow(scope, "sleep", True), [
        ask("sleep", ok()), ask("sleep", denied("waypoint"), name="post", method="POST"), ask("other", denied("waypoint"))])
case("l7 features viewer", mesh(WP) + [waypoint(), ns("other", "ambient")] + curl("other") + authz("viewer", "default", "{ " + TO_GATEWAY +
     ", action: ALLOW, rules: [{ from: [{ source: { namespaces: [default, istio-system] } }], to: [{ operation: { methods: [GET] } }] }] }"), [
    get("get", "default/curl", RV, 9080, YES), get("post", "default/curl", RV, 9080, denied("waypoint"), method="POST"),
    get("other namespace", "other/curl", RV, 9080, denied("waypoint"))])
# Peer authentication: DISABLE is ignored by ztunnel; STRICT refuses plaintext.
PLAIN = [ns("legacy")] + curl("legacy")
SIDE = [ns("side", "sidecar")] + curl("side")
case("peer disable", demo() + PLAIN + peer("DISABLE", DEMO_NS), [ask("sleep", ok(transport="hbone")), get("legacy", "legacy/curl", BIN, 8000, ok(transport="plaintext"))])
case("peer permissive", demo() + PLAIN + SIDE, [ask("sleep", ok(transport="hbone")), get("legacy", "legacy/curl", BIN, 8000, ok(transport="plaintext")),
                                               get("sidecar", "side/curl", BIN, 8000, ok(transport="hbone", path=["sidecar", "ztunnel"]))])
for where in (DEMO_NS, "istio-system"):
    case(f"peer strict {where}", demo() + PLAIN + SIDE + peer("STRICT", where), [
        ask("sleep", ok(transport="hbone")), get("legacy", "legacy/curl", BIN, 8000, zt()), get("sidecar", "side/curl", BIN, 8000, ok(transport="hbone"))])
case("ambient disabled", [ROOT, ns(DEMO_NS)] + httpbin(DEMO_NS) + curl(DEMO_NS, "sleep"), [ask("sleep", ok(path=[], transport="plaintext"))])

# --- usage/ztunnel (earlier page), architecture/data-plane ------------------------------------------------------------
GW_API = d("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: httpbin-gateway, namespace: istio-system }
spec: { gatewayClassName: istio, listeners: [{ name: http, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: httpbin, namespace: ambient-demo }
spec: { parentRefs: [{ name: httpbin-gateway, namespace: istio-system }], rules: [{ backendRefs: [{ name: httpbin, port: 8000 }] }] }
""")
NORTH = call("north-south", "httpbin.example.test", 80, ok(path=["gateway", "ztunnel"], transport="hbone"), outside=True, gateway="istio-system/httpbin-gateway")
case("interop gateway to ambient", demo() + GW_API, [NORTH])
case("interop gateway to ambient, strict", demo() + GW_API + peer("STRICT", DEMO_NS), [NORTH])
case("interop gateway to ambient with waypoint", demo(WP) + GW_API, [{**NORTH, "expect": {**NORTH["expect"], "waypoint_traversed": False}}])
ANYONE = authz("any-identity", DEMO_NS, "{ action: ALLOW, rules: [{ from: [{ source: { principals: ['*'] } }] }] }")
case("interop any identity blocks plaintext", demo() + PLAIN + SIDE + ANYONE, [ask("sleep", ok()), get("legacy", "legacy/curl", BIN, 8000, zt()), get("sidecar", "side/curl", BIN, 8000, ok())])
case("interop one identity blocks plaintext", demo() + PLAIN + allow(SEL, "sleep"), [ask("sleep", ok()), ask("other", zt()), get("legacy", "legacy/curl", BIN, 8000, zt())])
ECHO_ROUTE = d("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: echo }\nspec: { parentRefs: [{ group: '', kind: Service, name: echo }], rules: [{ backendRefs: [{ name: echo-v1, port: 80 }] }] }\n")
ECHOES = [service("echo", [("http", 80, 8080)])] + [o for v in ("v1", "v2") for o in (service(f"echo-{v}", [("http", 80, 8080)], selector={"app": "echo", "version": v}), deployment(f"echo-{v}", "echo", "default", [8080], version=v))]
case("data plane route of a Service", [ROOT, ns("default", "ambient", **WP), waypoint()] + curl() + ECHOES + ECHO_ROUTE, [
    get("service", "default/curl", svc("echo"), 80, ok(routed_to="echo-v1", waypoint_traversed=True)), call("pod", {"pod": "default/echo-v2"}, 8080, ok(routed_to="echo-v2", waypoint_traversed=False), src="curl", ns="default")])
case("data plane balance without waypoint", mesh(), [get("reviews", "default/curl", RV, 9080, ok(distribution={f"reviews-v{i}": {"share": 1 / 3, "tolerance": 0.01} for i in (1, 2, 3)}, tcp_metrics=[
    {"metric": "istio_tcp_connections_opened_total", "labels": {"reporter": r, "destination_service": RV}} for r in ("source", "destination")], metrics_absent=[{"metric": "istio_requests_total", "labels": {}}]))])

# --- usage/add-workloads ---------------------------------------------------------------------------------------------
AMB, NONE = {"istio.io/dataplane-mode": "ambient"}, {"istio.io/dataplane-mode": "none"}
STRICT = [ns("server", "ambient")] + httpbin("server") + peer("STRICT", "server")
for title, space, labels, notes, mode in (
        ("namespace", AMB, {}, {}, "ambient"), ("pod", {}, AMB, {}, "ambient"), ("opt out", AMB, NONE, {}, "none"), ("nothing", {}, {}, {}, "none"),
        ("status annotation", AMB, {}, {"sidecar.istio.io/status": "{}"}, "sidecar"), ("both namespace labels", {**AMB, "istio-injection": "enabled"}, {}, {}, "sidecar"),
        ("pod joins, namespace opts out", NONE, AMB, {}, "ambient"), ("sidecar pod in an ambient namespace", AMB, {"sidecar.istio.io/inject": "true"}, {}, "sidecar"),
        ("ambient pod in a sidecar namespace", {"istio-injection": "enabled"}, {**AMB, "sidecar.istio.io/inject": "false"}, {}, "ambient")):
    case(f"enrolment {title}", [ROOT, namespace("app", **space)] + STRICT + curl("app", labels=labels, annotations=notes), [
        get("x", "app/curl", svc("httpbin", "server"), 8000, {"ambient": ok(path=["ztunnel", "ztunnel"]), "sidecar": ok(path=["sidecar", "ztunnel"]), "none": zt()}[mode])])

# --- usage/networkpolicy ---------------------------------------------------------------------------------------------
MY = {"app.kubernetes.io/name": "my-app"}


def my_app(mode, ports):
    policy = d("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: my-app-allow-ingress-web, namespace: default }
spec:
  podSelector: { matchLabels: { app.kubernetes.io/name: my-app } }
  ingress: [%s]
""" % ("{ ports: [" + ", ".join("{ port: %d, protocol: TCP }" % p for p in ports) + "] }" if ports else ""))
    if ports is None:
        policy[0]["spec"] = {"podSelector": {"matchLabels": MY}, "policyTypes": ["Ingress"]}
    return [ROOT, ns("default", mode), account("my-app", "default"), service("my-app", [("http", 8080, 8080)]),
            deployment("my-app", "my-app", "default", [8080], account="my-app", labels=MY)] + curl() + policy


BLOCKED = {"allowed_share": {"value": 0, "exact": True}}
for title, mode, ports, good in (("8080, no mesh", None, [8080], True), ("8080, ambient", "ambient", [8080], False), ("8080 and 15008, ambient", "ambient", [8080, 15008], True),
                                 ("deny all, no mesh", None, None, False), ("deny all, ambient", "ambient", None, False)):
    case(f"network policy {title}", my_app(mode, ports), [get("x", "default/curl", svc("my-app"), 8080, ok() if good else BLOCKED)])

# --- usage/verify-mtls-enabled ---------------------------------------------------------------------------------------
case("verify mtls", mesh(), [get("curl to details", "default/curl", DT, 9080, ok(transport="hbone", tcp_metrics=[
    {"metric": f"istio_tcp_{m}_total", "labels": {
        "connection_security_policy": "mutual_tls", "destination_principal": "spiffe://cluster.local/ns/default/sa/bookinfo-details", "destination_service": DT, "reporter": "source",
        "request_protocol": "tcp", "response_flags": "-", "source_app": "curl", "source_principal": "spiffe://cluster.local/ns/default/sa/curl", "source_workload_namespace": "default"}}
    for m in ("connections_opened", "connections_closed", "received_bytes", "sent_bytes")]))])

# --- usage/egress-gateway --------------------------------------------------------------------------------------------
EG = [ns("istio-egress", "ambient", **{"istio.io/use-waypoint": "waypoint"}), waypoint("istio-egress")]


def entry(name, host, target=""):
    return d(f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{ name: {name}, namespace: istio-egress }}
spec: {{ hosts: [{host}], ports: [{{ number: 80, name: http, protocol: HTTP{target} }}], resolution: DNS }}
""")


ONLY_GET = authz("httpbin-org", "istio-egress", "{ targetRefs: [{ kind: ServiceEntry, group: networking.istio.io, name: httpbin-org }], action: ALLOW, "
                 "rules: [{ to: [{ operation: { methods: [GET], paths: [/get] } }] }] }")
TLS = d("apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: httpbin-org-tls, namespace: istio-egress }\nspec: { host: httpbin.org, trafficPolicy: { tls: { mode: SIMPLE } } }\n")
VIA = ok(waypoint_traversed=True, waypoint="istio-egress/waypoint", l7_processed=True)
GETS = get("get", "default/curl", "httpbin.org", 80, VIA, path="/get")
POST = get("post", "default/curl", "httpbin.org", 80, denied("waypoint"), path="/post", method="POST")
EGRESS = [ROOT, ns("default", "ambient")] + curl() + EG
case("egress 1 entry", EGRESS + entry("httpbin-org", "httpbin.org"), [GETS, get("post", "default/curl", "httpbin.org", 80, VIA, path="/post", method="POST")])
case("egress 2 policy", EGRESS + entry("httpbin-org", "httpbin.org") + ONLY_GET, [GETS, POST])
case("egress 3 tls origination", EGRESS + entry("httpbin-org", "httpbin.org", ", targetPort: 443") + ONLY_GET + TLS, [{**GETS, "expect": {**VIA, "target_port": 443}}, POST])
case("egress 4 second entry", EGRESS + entry("httpbin-org", "httpbin.org", ", targetPort: 443") + ONLY_GET + TLS + entry("example-com", "example.com"), [
    GETS, POST, get("example.com", "default/curl", "example.com", 80, VIA)])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_ambient")
