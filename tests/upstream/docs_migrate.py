"""istio.io/docs/ambient: migrate (every step of the guide, its warnings and its rollbacks), serviceentry-visibility, traffic-distribution."""
from docs_mesh import *

fresh()
B = "bookinfo"
PP, DT, RV, RT = (svc(n, B) for n in ("productpage", "details", "reviews", "ratings"))
USE = {"istio.io/use-waypoint": "waypoint"}
REV = {"istio.io/rev": "default"}
# A pod that was injected before the namespace changed, with the HBONE-aware template.
INJECTED = {"sidecar.istio.io/status": '{"initContainers":["istio-init"],"containers":["istio-proxy"]}'}
AWARE = {"networking.istio.io/tunnel": "http"}


def injected(objects):
    for o in objects:
        if o["kind"] == "Deployment":
            o["spec"]["template"]["metadata"]["annotations"] = INJECTED
            o["spec"]["template"]["metadata"]["labels"].update(AWARE)
    return objects


SELECTED = authz("allow-get-reviews", B, "{ selector: { matchLabels: { app: reviews } }, action: ALLOW, rules: [{ to: [{ operation: { methods: [GET] } }] }] }")
TARGETED = authz("allow-get-reviews-waypoint", B, "{ targetRefs: [{ kind: Service, group: '', name: reviews }], action: ALLOW, rules: [{ to: [{ operation: { methods: [GET] } }] }] }")
FRONT = authz("allow-frontend", B, "{ selector: { matchLabels: { app: reviews } }, action: ALLOW, rules: [{ from: [{ source: { principals: [cluster.local/ns/bookinfo/sa/bookinfo-productpage] } }] }] }")
VS = d("""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
  - { match: [{ headers: { end-user: { exact: jason } } }], route: [{ destination: { host: reviews, subset: v2 } }] }
  - { route: [{ destination: { host: reviews, subset: v1 } }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec: { host: reviews, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
""", B)
ROUTE = d("""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: reviews }
spec:
  parentRefs: [{ group: "", kind: Service, name: reviews, port: 9080 }]
  rules:
  - { matches: [{ headers: [{ name: end-user, value: jason }] }], backendRefs: [{ name: reviews-v2, port: 9080 }] }
  - { backendRefs: [{ name: reviews-v1, port: 9080 }] }
""", B)
JASON = {"headers": {"end-user": "jason"}}
P = f"{B}/productpage-v1"


def reviews(name, expect, src=P, **r):
    return get(name, src, RV, 9080, expect, **r)


def routing(where=None, src=P, **more):
    return [reviews("jason", ok(routed_to="reviews-v2", **more), src=src, **JASON), reviews("anyone", ok(routed_to="reviews-v1", **more), src=src)]


def equal(**more):
    return ok(distribution={f"reviews-v{i}": {"share": 1 / 3, "tolerance": 0.01} for i in (1, 2, 3)}, **more)


POST = {"method": "POST"}
SIDECAR = [ROOT, ns(B, "sidecar")]
CARS, ZT = {"path": ["sidecar", "sidecar"], "transport": "mtls"}, {"path": ["ztunnel", "ztunnel"], "transport": "hbone"}
WAY = {"path": ["ztunnel", "waypoint", "ztunnel"], "waypoint_traversed": True}

# The starting point: sidecars with VirtualService, DestinationRule and a selector policy.
case("0 sidecars", SIDECAR + bookinfo(B) + VS + SELECTED, routing(**CARS) + [reviews("post", denied("sidecar"), **POST)])
# install-ambient-components: HBONE in the sidecars and a waypoint that is not active change nothing.
case("1 ambient components installed", SIDECAR + injected(bookinfo(B)) + VS + SELECTED + [waypoint(B)], routing(**CARS) + [reviews("post", denied("sidecar"), **POST)])
# migrate-policies: version Services, HTTPRoute and targetRefs beside the old ones; the sidecars still enforce theirs.
case("2 policies beside each other", SIDECAR + injected(bookinfo(B, versions=True)) + SELECTED + TARGETED + [waypoint(B)], [
    reviews("get", ok(**CARS)), reviews("post", denied("sidecar"), **POST)])
case("2 targetRefs alone do nothing at sidecars", SIDECAR + injected(bookinfo(B)) + TARGETED + [waypoint(B)], [reviews("post", ok(**CARS), **POST)])
# Step 1: waypoints activated, sidecars still there.
case("3 waypoint activated", [ROOT, ns(B, "sidecar", **USE)] + injected(bookinfo(B)) + VS + SELECTED + [waypoint(B)],
     routing(waypoint_traversed=False, **CARS) + [reviews("post", denied("sidecar"), **POST)])
# Step 2: the namespace is labelled; the sidecar takes precedence for pods that have both.
BOTH = [ROOT, ns(B, "sidecar", **USE, **{"istio.io/dataplane-mode": "ambient"})]
case("4 ambient enabled", BOTH + injected(bookinfo(B)) + VS + SELECTED + [waypoint(B)], routing(waypoint_traversed=False) + [reviews("post", denied("sidecar"), **POST)])
# Step 3: the injection label is gone, the pods keep their sidecars until they restart.
AMB = [ROOT, ns(B, "ambient", **USE)]
case("5 injection removed", AMB + injected(bookinfo(B)) + VS + SELECTED + [waypoint(B)], routing(waypoint_traversed=False) + [reviews("post", denied("sidecar"), **POST)])
# Step 4: restarted; the warning of step 5: the selector policy is now a DENY at ztunnel, whatever the method.
V = bookinfo(B, versions=True)
ANY = {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}}
case("6 restarted, old policy active", AMB + V + ROUTE + SELECTED + TARGETED + [waypoint(B)], [reviews("get", ANY), reviews("post", {"outcome": "denied"}, **POST)])
case("7 old policy deleted", AMB + V + ROUTE + TARGETED + [waypoint(B)], routing(**WAY) + [reviews("post", denied("waypoint"), **POST)])
case("7 old policy deleted, layer 4 kept without waypoint", [ROOT, ns(B, "ambient")] + V + FRONT, [reviews("productpage", equal(**ZT)), reviews("details", {**ANY}, src=f"{B}/details-v1")])
# Only layer 4: no step needs a waypoint.
case("layer 4 only, before", SIDECAR + bookinfo(B) + FRONT, [reviews("productpage", ok(**CARS)), reviews("details", denied("sidecar"), src=f"{B}/details-v1")])
case("layer 4 only, after", [ROOT, ns(B, "ambient")] + bookinfo(B) + FRONT, [reviews("productpage", ok(**ZT)), reviews("details", ANY, src=f"{B}/details-v1")])
# One pod restarted before the other: both directions between a sidecar and ztunnel.
half = injected(bookinfo(B, versions=True))
for o in half:
    if o["kind"] == "Deployment" and o["metadata"]["name"].startswith("reviews"):
        meta = o["spec"]["template"]["metadata"]
        meta["annotations"], meta["labels"] = {}, {k: v for k, v in meta["labels"].items() if k not in AWARE}
MIXED = AMB + half + [waypoint(B)]
case("half restarted", MIXED + ROUTE + TARGETED, [
    reviews("sidecar to ambient, not through the waypoint", ok(path=["sidecar", "ztunnel"], transport="hbone", waypoint_traversed=False)),
    reviews("policy of the waypoint not enforced", ok(waypoint_traversed=False), **POST),
    get("ambient to sidecar", f"{B}/reviews-v2", RT, 9080, ok(waypoint_traversed=None))])
BYPASS = "{ selector: { matchLabels: { app: reviews } }, action: DENY, rules: [{ from: [{ source: { notPrincipals: [%s] } }] }] }"
W, PSA = "cluster.local/ns/bookinfo/sa/waypoint", "cluster.local/ns/bookinfo/sa/bookinfo-productpage"
case("bypass prevention, all ambient", AMB + V + ROUTE + TARGETED + [waypoint(B)] + authz("deny-waypoint-bypass", B, BYPASS % W), routing(**WAY) + [
    reviews("post", denied("waypoint"), **POST), call("pod", {"pod": f"{B}/reviews-v1"}, 9080, {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": f"{B}/deny-waypoint-bypass"}}, src="productpage-v1", ns=B)])
case("bypass prevention refuses sidecars", MIXED + authz("deny-waypoint-bypass", B, BYPASS % W), [reviews("x", {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": f"{B}/deny-waypoint-bypass"}})])
case("bypass prevention with the sidecar's principal", MIXED + authz("deny-waypoint-bypass", B, BYPASS % f"{W}, {PSA}"), [
    reviews("productpage", ok(path=["sidecar", "ztunnel"])), reviews("details", {"outcome": "denied"}, src=f"{B}/details-v1")])
case("bypass prevention with targetRefs denies every client", AMB + V + [waypoint(B)] + authz("deny-waypoint-bypass", B, (BYPASS % W).replace(
    "selector: { matchLabels: { app: reviews } }", "targetRefs: [{ kind: Service, group: '', name: reviews }]")), [
    reviews("productpage", denied("waypoint", f"{B}/deny-waypoint-bypass")), reviews("details", denied("waypoint", f"{B}/deny-waypoint-bypass"), src=f"{B}/details-v1")])
# Rollbacks.
case("rollback of step 1", SIDECAR + injected(bookinfo(B)) + VS + SELECTED + [waypoint(B)], routing(**CARS) + [reviews("post", denied("sidecar"), **POST)])
case("rollback of step 2", [ROOT, ns(B, "sidecar", **USE)] + injected(bookinfo(B)) + VS + SELECTED + [waypoint(B)], routing(waypoint_traversed=False, **CARS))
case("rollback of step 4", BOTH + bookinfo(B) + VS + SELECTED + [waypoint(B)], routing(waypoint_traversed=False) + [reviews("post", denied("sidecar"), **POST)])
# before-you-begin: DISABLE at a sidecar cannot be reached from ambient with mTLS; observability of the last step.
case("reporter labels", AMB + V + [waypoint(B)], [reviews("x", ok(http_metrics=[{"metric": "istio_requests_total", "labels": {"reporter": "waypoint", "destination_service": RV}}], metrics_absent=[
    {"metric": "istio_requests_total", "labels": {"reporter": "source"}}, {"metric": "istio_requests_total", "labels": {"reporter": "destination"}}]))])
case("reporter labels of ztunnel", [ROOT, ns(B, "ambient")] + V, [reviews("x", ok(tcp_metrics=[{"metric": "istio_tcp_connections_opened_total", "labels": {"reporter": "source", "destination_service": RV}}], metrics_absent=[
    {"metric": "istio_requests_total", "labels": {}}]))])
case("reporter labels of sidecars", SIDECAR + bookinfo(B), [reviews("x", ok(http_metrics=[{"metric": "istio_requests_total", "labels": {"reporter": r, "destination_service": RV}} for r in ("source", "destination")]))])

# --- usage/serviceentry-visibility -----------------------------------------------------------------------------------
TEAM_A, TEAM_B = "team-a", "team-b"


def config(default, policies="", more=""):
    return mesh_config(f"serviceEntryVisibility: {{ defaultVisibility: {default}, policies: [{policies}]{more} }}\n")


PUBLISH = "{ visibility: PUBLIC, matchingRules: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: istio-system } } }] }"
TRUSTED = "{ visibility: PUBLIC, matchingRules: [{ namespaceSelector: { matchLabels: { trusted: 'true' } } }] }"


def entry(where, host, address, labels=""):
    return d(f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{ name: my-service, namespace: {where}, labels: {{ {labels} }} }}
spec: {{ hosts: [{host}], addresses: [{address}], ports: [{{ number: 80, name: http, protocol: HTTP }}], resolution: STATIC, location: MESH_INTERNAL, workloadSelector: {{ labels: {{ app: backend }} }} }}
""")


def teams(mode="ambient", labels=""):
    return [ROOT, ns(TEAM_A, mode), ns(TEAM_B, mode)] + curl(TEAM_A) + curl(TEAM_B) + [account("backend", TEAM_A), deployment("backend", "backend", TEAM_A, [80], account="backend")] + entry(
        TEAM_A, "backend.example.com", "240.0.0.77", labels)


SEEN = ok(routed_to="backend")
# Hidden means absent, not blocked: the address is unknown traffic, passed through to where it points.
HIDDEN = {"distribution": {"backend": {"share": 0, "tolerance": 0}}, "waypoint_traversed": False}
for title, conf, other, own in (("not configured", [], SEEN, SEEN), ("PUBLIC", config("PUBLIC"), SEEN, SEEN), ("NAMESPACE", config("NAMESPACE", PUBLISH), None, SEEN), ("NONE", config("NONE"), None, None)):
    for mode in ("ambient", "sidecar"):
        hides = mode == "ambient"
        case(f"visibility {title} {mode}", teams(mode) + conf, [
            call("own namespace", "240.0.0.77", 80, own or (HIDDEN if hides else SEEN), src="curl", ns=TEAM_A, host="backend.example.com"),
            call("other namespace", "240.0.0.77", 80, other or (HIDDEN if hides else SEEN), src="curl", ns=TEAM_B, host="backend.example.com")])
case("visibility NAMESPACE applied to sidecars", teams("sidecar") + config("NAMESPACE", "", ", applyToSidecars: true"), [
    call("own namespace", "240.0.0.77", 80, SEEN, src="curl", ns=TEAM_A, host="backend.example.com"), call("other namespace", "240.0.0.77", 80, HIDDEN, src="curl", ns=TEAM_B, host="backend.example.com")])
trusted = teams()
trusted[1]["metadata"]["labels"]["trusted"] = "true"
case("visibility granted to a trusted namespace", trusted + config("NAMESPACE", TRUSTED), [call("other namespace", "240.0.0.77", 80, SEEN, src="curl", ns=TEAM_B, host="backend.example.com")])
for title, conf, where, allowed, used in (("same namespace", "NAMESPACE", TEAM_A, None, True), ("another namespace", "NAMESPACE", "infra", {"from": "All"}, False), ("another namespace, public", "PUBLIC", "infra", {"from": "All"}, True)):
    extra = [] if where == TEAM_A else [ns("infra")]
    case(f"visibility and the waypoint of the {title}", teams(labels=f"istio.io/use-waypoint: waypoint, istio.io/use-waypoint-namespace: {where}") + extra + [waypoint(where, allowed=allowed)] + config(conf), [
        call("own namespace", "240.0.0.77", 80, ok(waypoint_traversed=used), src="curl", ns=TEAM_A, host="backend.example.com")])

# --- usage/traffic-distribution --------------------------------------------------------------------------------------
D = "networking.istio.io/traffic-distribution"
PLACES = {"node-1": ("us", "us-west"), "node-2": ("us", "us-west"), "node-3": ("us", "us-east")}
NODES = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": n, "labels": {"topology.kubernetes.io/region": r, "topology.kubernetes.io/zone": z}}} for n, (r, z) in PLACES.items()]


def pods(ready=("node-1", "node-2", "node-3")):
    """Three endpoints of one Service, each a workload of its own so that the share of each is seen."""
    out = [account("my-app", "my-namespace")]
    for node in PLACES:
        out.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"my-app-{node}", "namespace": "my-namespace", "labels": {"app": "my-app"}},
                    "spec": {"nodeName": node, "serviceAccountName": "my-app", "containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": 80}]}]},
                    "status": {"phase": "Running", "podIP": f"10.1.0.{node[-1]}", "conditions": [{"type": "Ready", "status": "True" if node in ready else "False"}]}})
    return out


CLIENT = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client", "namespace": "my-namespace", "labels": {"app": "client"}},
          "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "registry.example.test/app:1"}]}, "status": {"phase": "Running", "podIP": "10.1.0.9"}}


def distribution(title, shares, on_service=None, on_namespace=None, field=None, ready=("node-1", "node-2", "node-3")):
    space = ns("my-namespace", "ambient")
    if on_namespace:
        space["metadata"]["annotations"] = {D: on_namespace}
    s = service("my-service", [("http", 80, 80)], selector={"app": "my-app"}, where="my-namespace", annotations={D: on_service} if on_service else None, **({"trafficDistribution": field} if field else {}))
    case(f"distribution {title}", [ROOT, space, s, CLIENT] + NODES + pods(ready), [get("x", "my-namespace/client", svc("my-service", "my-namespace"), 80, {
        "outcome": "allowed", "distribution": {f"my-app-node-{i + 1}": {"share": v, "tolerance": 0.001} for i, v in enumerate(shares)}})])


EVEN, ZONE, NODE = (1 / 3,) * 3, (.5, .5, 0), (1, 0, 0)
distribution("unset", EVEN)
distribution("PreferSameZone", ZONE, "PreferSameZone")
distribution("PreferClose", ZONE, "PreferClose")
distribution("PreferSameNode", NODE, "PreferSameNode")
distribution("of the namespace", ZONE, on_namespace="PreferSameZone")
distribution("of the Service before the namespace", NODE, "PreferSameNode", "PreferSameZone")
distribution("of the field before the annotation", NODE, "PreferSameZone", field="PreferSameNode")
distribution("one of two in the zone failed", (0, 1, 0), "PreferSameZone", ready=("node-2", "node-3"))
distribution("both in the zone failed", (0, 0, 1), "PreferSameZone", ready=("node-3",))

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_migrate")
