"""sail-operator docs (fd6516d): docs/common/coexistence.adoc, istio-ambient-waypoint.adoc, migrate-from-sidecar-to-ambient/migration.adoc, and what
openshift-service-mesh/sail-operator says in docs/ossm/ambient."""
import copy

import docs_mesh
from docs_mesh import *

fresh()
OSSM = {"profile": "ossm-3.2"}
B = "bookinfo"
PP, DT, RV, RT = (svc(n, B) for n in ("productpage", "details", "reviews", "ratings"))
USE = {"istio.io/use-waypoint": "waypoint"}
STATUS = {"sidecar.istio.io/status": '{"containers":["istio-proxy"]}'}
AWARE = {"networking.istio.io/tunnel": "http"}
HBONE = {"transport": "hbone"}


def state(pods):
    """pods: legacy (injected before ambient), aware (injected with HBONE), none (no sidecar in the template)."""
    out = bookinfo(B)
    for o in out:
        if o["kind"] == "Deployment" and pods != "none":
            meta = o["spec"]["template"]["metadata"]
            meta["annotations"] = STATUS
            if pods == "aware":
                meta["labels"].update(AWARE)
    return out


def versions():
    return [service(f"reviews-{v}", [("http", 9080, 9080)], selector={"app": "reviews", "version": v}, where=B) for v in ("v1", "v2", "v3")]


def policy(name, target, principals, methods=None):
    to = f", to: [{{ operation: {{ methods: [{methods}] }} }}]" if methods else ""
    return authz(name, B, f"{{ targetRefs: [{{ kind: Service, group: '', name: {target} }}], action: ALLOW, rules: [{{ from: [{{ source: {{ principals: [{principals}] }} }}]{to} }}] }}")


SA = "cluster.local/ns/bookinfo/sa/"
POLICIES = (policy("productpage-waypoint", "productpage", SA + "bookinfo-gateway-istio", "GET, POST") +
            policy("reviews-waypoint", "reviews", ", ".join(SA + "bookinfo-" + a for a in ("productpage", "reviews", "ratings")), "GET") +
            policy("ratings-waypoint", "ratings", SA + "bookinfo-reviews", "GET") + policy("details-waypoint", "details", SA + "bookinfo-productpage", "GET"))
PROTECT = policy("productpage-ztunnel-protection", "productpage", SA + "waypoint") + policy("reviews-ztunnel-protection", "reviews", SA + "waypoint")
GATEWAY_ROUTE = d("""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: reviews }
spec:
  parentRefs: [{ name: bookinfo-gateway }]
  rules:
  - { matches: [{ headers: [{ name: end-user, value: jason }] }], backendRefs: [{ name: reviews-v2, port: 9080 }] }
  - { backendRefs: [{ name: reviews-v1, port: 9080 }] }
""", B)
SERVICE_ROUTE = copy.deepcopy(GATEWAY_ROUTE)
SERVICE_ROUTE[0]["spec"]["parentRefs"] = [{"group": "", "kind": "Service", "name": "reviews", "port": 9080}]


def outside(expect):
    return call("outside to productpage", "bookinfo.example.test", 80, expect, outside=True, gateway=f"{B}/bookinfo-gateway", path="/productpage")


R = f"{B}/ratings-v1"


def everyone(**more):
    return [get("ratings to reviews", R, RV, 9080, ok(**more), path="/reviews/1"), get("productpage to reviews", f"{B}/productpage-v1", RV, 9080, ok(**more)),
            get("productpage to details", f"{B}/productpage-v1", DT, 9080, ok(**more)), get("reviews to ratings", f"{B}/reviews-v3", RT, 9080, ok(**more)), outside(ok(waypoint_traversed=False))]


def guide(step, namespace_labels, pods, objects, flows):
    case(f"guide {step}", [ROOT, ns(B, **namespace_labels)] + state(pods) + bookinfo_gateway(B) + objects, flows, **OSSM)


REV, MODE = {"istio.io/rev": "default"}, {"istio.io/dataplane-mode": "ambient"}
CARS = {"path": ["sidecar", "sidecar"], "transport": "mtls", "waypoint_traversed": False}
guide("1 before", REV, "legacy", [], everyone(**CARS))
guide("2 ambient profile installed", REV, "legacy", [], everyone(**CARS))
guide("3 sidecars restarted", REV, "aware", [], everyone(path=["sidecar", "sidecar"], waypoint_traversed=False))
WPT = [waypoint(B)]
guide("4 waypoint deployed", REV, "aware", WPT, everyone(path=["sidecar", "sidecar"], waypoint_traversed=False))
NEW = WPT + versions() + GATEWAY_ROUTE + POLICIES + PROTECT
# "policies not yet enforced": reviews to reviews, and what the policies would refuse later.
LATER = [get("reviews to reviews", f"{B}/reviews-v1", RV, 9080, ok(waypoint_traversed=False)), get("productpage to ratings", f"{B}/productpage-v1", RT, 9080, ok(waypoint_traversed=False)),
         get("post to reviews", f"{B}/productpage-v1", RV, 9080, ok(waypoint_traversed=False), method="POST")]
guide("5 policies added", REV, "aware", NEW, everyone(path=["sidecar", "sidecar"], waypoint_traversed=False) + LATER)
guide("6 ambient enabled", {**REV, **MODE}, "aware", NEW, everyone(path=["sidecar", "sidecar"], waypoint_traversed=False) + LATER)
# Waypoints are in no path while the pods keep their sidecars.
guide("7 waypoint activated", {**REV, **MODE, **USE}, "aware", NEW, everyone(waypoint_traversed=False) + LATER)
AFTER = [get("ratings to reviews", R, RV, 9080, ok(waypoint_traversed=True), path="/reviews/1"), get("reviews to reviews", f"{B}/reviews-v1", RV, 9080, ok(waypoint_traversed=True)),
         get("productpage to details", f"{B}/productpage-v1", DT, 9080, ok(waypoint_traversed=True)), get("reviews to ratings", f"{B}/reviews-v3", RT, 9080, ok(waypoint_traversed=True)),
         get("productpage to ratings", f"{B}/productpage-v1", RT, 9080, denied("waypoint")), get("post to reviews", f"{B}/productpage-v1", RV, 9080, denied("waypoint"), method="POST"),
         get("details to reviews", f"{B}/details-v1", RV, 9080, denied("waypoint")), outside(ok(waypoint_traversed=False))]
guide("9 sidecars removed", {**MODE, **USE}, "none", NEW, AFTER)
# Step 9.3 says that a header chooses v2: so it does where the route is attached to the Service, as 5.1.2's explanation has it.
guide("9 header routing", {**MODE, **USE}, "none", WPT + versions() + SERVICE_ROUTE + POLICIES, [
    get("jason", R, RV, 9080, ok(routed_to="reviews-v2", waypoint_traversed=True), headers={"end-user": "jason"}), get("anyone", R, RV, 9080, ok(routed_to="reviews-v1"))])
guide("rollback of step 9", {**REV, **MODE, **USE}, "aware", NEW, everyone(waypoint_traversed=False))
guide("rollback of step 7", {**REV, **MODE}, "aware", NEW, everyone(waypoint_traversed=False) + LATER)
# JWT: a selector does not apply to ambient workloads, targetRefs does.
JW = "https://example.com/.well-known/jwks.json"
TOKEN, BAD = ({"issuer": "https://example.com", "subject": "x", "claims": {}, "valid": v, **({} if v else {"invalid_reason": "bad signature"})} for v in (True, False))


def jwt(scope):
    return d(f'apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{ name: jwt-auth }}\nspec: {{ {scope}, jwtRules: [{{ issuer: "https://example.com", jwksUri: "{JW}" }}] }}\n', B)


SELECT, TARGET = "selector: { matchLabels: { app: productpage } }", "targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: waypoint }]"
for title, labels, pods, scope, bad in (("selector at sidecars", REV, "aware", SELECT, unauthorized(denied_by={"proxy": "sidecar", "policy": f"{B}/jwt-auth"})),
                                        ("selector at ztunnel", MODE, "none", SELECT, ok()), ("selector with waypoint", {**MODE, **USE}, "none", SELECT, ok(waypoint_traversed=True)),
                                        ("targetRefs with waypoint", {**MODE, **USE}, "none", TARGET, unauthorized(denied_by={"proxy": "waypoint", "policy": f"{B}/jwt-auth"})),
                                        ("targetRefs at sidecars", REV, "aware", TARGET, ok())):
    case(f"jwt {title}", [ROOT, ns(B, **labels)] + state(pods) + WPT + jwt(scope), [get("bad", R, PP, 9080, bad, jwt=BAD), get("good", R, PP, 9080, ok(), jwt=TOKEN)], jwks={JW: "ok"}, **OSSM)

# --- coexistence.adoc ------------------------------------------------------------------------------------------------
AM, SC = "ambient-app", "sidecar-app"


def app2(where):
    return [account("server", where), service("server", [("http", 80, 8080), ("tcp", 9000, 9000)], where=where), deployment("server-v1", "server", where, [8080, 9000], account="server", version="v1"),
            account("client", where), deployment("client", "client", where, [], account="client")]


def both(use=False, ingress=False):
    out = [ROOT, ns(AM, "ambient", **(USE if use else {})), ns(SC, "sidecar")] + app2(AM) + app2(SC) + ([waypoint(AM)] if use else [])
    for o in out:
        if ingress and o["kind"] == "Service" and o["metadata"]["namespace"] == AM:
            o["metadata"]["labels"]["istio.io/ingress-use-waypoint"] = "true"
    return out


AS, SS = svc("server", AM), svc("server", SC)


def pair(a, s, aa=None, ss=None, **r):
    """What a sidecar client gets at the ambient server, and an ambient client at the sidecar server (and within one mode)."""
    out = [get("sidecar to ambient", f"{SC}/client", AS, 80, a, **r), get("ambient to sidecar", f"{AM}/client", SS, 80, s, **r)]
    return out + ([get("ambient to ambient", f"{AM}/client", AS, 80, aa, **r)] if aa else []) + ([get("sidecar to sidecar", f"{SC}/client", SS, 80, ss, **r)] if ss else [])


case("coexistence connectivity", both(), pair(ok(path=["sidecar", "ztunnel"], **HBONE), ok(path=["ztunnel", "sidecar"], **HBONE), ok(path=["ztunnel", "ztunnel"], **HBONE), ok(path=["sidecar", "sidecar"])), **OSSM)
case("coexistence tcp", both(), [get(n, f"{a}/client", b, 9000, {"outcome": "allowed", **HBONE}, protocol="tcp") for n, a, b in (("s-a", SC, AS), ("a-s", AM, SS), ("a-a", AM, AS))], **OSSM)
case("coexistence strict", both() + [ns("legacy")] + curl("legacy") + peer("STRICT"), pair(ok(), ok(), ok(), ok()) + [
    get(n, "legacy/curl", h, 80, CUT) for n, h in (("legacy to ambient", AS), ("legacy to sidecar", SS))], **OSSM)
for title, spec, good in (("principal", "from: [{ source: { principals: [cluster.local/ns/%s/sa/client] } }]", True), ("namespace", "from: [{ source: { namespaces: [%s] } }]", True), ("another principal", "from: [{ source: { principals: [cluster.local/ns/%s/sa/other] } }]", False)):
    rules = [x for where, other in ((AM, SC), (SC, AM)) for x in authz("l4", where, "{ selector: { matchLabels: { app: server } }, action: ALLOW, rules: [{ " + spec % other + " }] }")]
    case(f"coexistence layer 4 {title}", both() + rules, pair(ok() if good else {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}}, ok() if good else {"outcome": "denied", "denied_by": {"proxy": "sidecar", "policy": None}},
                                                            {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}}, denied("sidecar")), **OSSM)
case("coexistence layer 4 ports", both() + [x for w in (AM, SC) for x in authz("ports", w, "{ selector: { matchLabels: { app: server } }, action: ALLOW, rules: [{ to: [{ operation: { ports: ['8080'] } }] }] }")],
     pair(ok(), ok(), ok(), ok()) + [get(f"tcp {n}", f"{a}/client", b, 9000, CUT, protocol="tcp") for n, a, b in (("s-a", SC, AS), ("a-s", AM, SS))], **OSSM)
GATEWAY = d("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: front, namespace: istio-ingress }
spec: { gatewayClassName: istio, listeners: [{ name: http, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ambient, namespace: ambient-app }
spec: { parentRefs: [{ name: front, namespace: istio-ingress }], hostnames: [ambient.example.test], rules: [{ backendRefs: [{ name: server, port: 80 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: sidecar, namespace: sidecar-app }
spec: { parentRefs: [{ name: front, namespace: istio-ingress }], hostnames: [sidecar.example.test], rules: [{ backendRefs: [{ name: server, port: 80 }] }] }
""")
for title, use, ingress, through in (("no waypoint", False, False, False), ("waypoint, no label", True, False, False), ("waypoint and label", True, True, True)):
    case(f"coexistence ingress {title}", both(use, ingress) + [ns("istio-ingress")] + GATEWAY, [
        call(n, f"{n}.example.test", 80, ok(waypoint_traversed=through and n == "ambient"), outside=True, gateway="istio-ingress/front") for n in ("ambient", "sidecar")], **OSSM)
# Layer 7 at the waypoint: not for sidecar clients; at the sidecar, for everyone.
ONLY_GET = "action: ALLOW, rules: [{ to: [{ operation: { methods: [GET] } }] }] }"
case("coexistence layer 7 authorization", both(True) + authz("l7", AM, "{ targetRefs: [{ kind: Service, group: '', name: server }], " + ONLY_GET) + authz("l7", SC, "{ selector: { matchLabels: { app: server } }, " + ONLY_GET),
     pair(ok(waypoint_traversed=False), denied("sidecar"), denied("waypoint"), denied("sidecar"), method="POST") + [{**f, "name": f["name"] + " get"} for f in pair(ok(), ok(), ok(), ok())], **OSSM)
case("coexistence layer 4 beside layer 7", both(True) + authz("l7", AM, "{ targetRefs: [{ kind: Service, group: '', name: server }], " + ONLY_GET) +
     authz("l4", AM, "{ selector: { matchLabels: { app: server } }, action: ALLOW, rules: [{ from: [{ source: { principals: [cluster.local/ns/ambient-app/sa/waypoint] } }] }] }"),
     [get("sidecar to ambient", f"{SC}/client", AS, 80, {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}, "waypoint_traversed": False}), get("ambient to ambient", f"{AM}/client", AS, 80, ok(waypoint_traversed=True))], **OSSM)
JWT_AT = d(f'apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{ name: jwt-auth }}\nspec: {{ {TARGET}, jwtRules: [{{ issuer: "https://example.com", jwksUri: "{JW}" }}] }}\n', AM)
JWT_SC = d(f'apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{ name: jwt-auth }}\nspec: {{ selector: {{ matchLabels: {{ app: server }} }}, jwtRules: [{{ issuer: "https://example.com", jwksUri: "{JW}" }}] }}\n', SC)
case("coexistence jwt", both(True) + JWT_AT + JWT_SC, pair(ok(waypoint_traversed=False), unauthorized(), unauthorized(), unauthorized(), jwt=BAD), jwks={JW: "ok"}, **OSSM)
TWO = [service(f"server-{v}", [("http", 80, 8080)], selector={"app": "server", "version": v}, where=AM) for v in ("v1", "v2")] + [deployment("server-v2", "server", AM, [8080], account="server", version="v2")]
RT2 = d("""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: server }
spec: { parentRefs: [{ group: "", kind: Service, name: server, port: 80 }], rules: [{ backendRefs: [{ name: server-v2, port: 80 }] }] }
""", AM)
case("coexistence routing", both(True) + TWO + RT2, [
    get("ambient", f"{AM}/client", AS, 80, ok(waypoint_traversed=True, routed_to="server-v2")),
    get("sidecar, its own decision", f"{SC}/client", AS, 80, ok(waypoint_traversed=False))], **OSSM)
# Known incompatibility: DISABLE at the sidecar. ("unable to communicate")
case("coexistence disable", both() + peer("DISABLE", SC), [get("sidecar to sidecar", f"{SC}/client", SS, 80, ok(transport="plaintext"))], **OSSM)
case("coexistence both labels", [ROOT, ns(AM, "ambient", **{"istio-injection": "enabled"}), ns(SC, "sidecar")] + app2(AM) + app2(SC), [get("x", f"{SC}/client", AS, 80, ok(path=["sidecar", "sidecar"]))], **OSSM)

# --- istio-ambient-waypoint.adoc -------------------------------------------------------------------------------------
CURL = curl()


def way(labels, objects):
    return [ROOT, ns(B, "ambient", **labels), ns("default", "ambient")] + bookinfo(B, versions=True) + CURL + objects


case("waypoint 1 deployed", way({}, [waypoint(B)]), [get("curl", "default/curl", PP, 9080, ok(waypoint_traversed=False))], **OSSM)
case("waypoint 2 enrolled", way(USE, [waypoint(B)]), [get("curl", "default/curl", h, 9080, ok(waypoint_traversed=True, waypoint=f"{B}/waypoint")) for h in (PP, RV, DT, RT)], **OSSM)
for title, match, through in (("allowed", B, True), ("not allowed", "other", False)):
    case(f"waypoint 3 another namespace {title}", way({"istio.io/use-waypoint": "waypoint-foo", "istio.io/use-waypoint-namespace": "foo"}, [ns("foo"), waypoint("foo", "waypoint-foo", None, {
        "from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": match}}})]), [get("curl", "default/curl", RV, 9080, ok(waypoint_traversed=through))], **OSSM)
SPLIT = copy.deepcopy(SERVICE_ROUTE)
SPLIT[0]["spec"]["rules"] = [{"backendRefs": [{"name": "reviews-v1", "port": 9080, "weight": 90}, {"name": "reviews-v2", "port": 9080, "weight": 10}]}]
case("waypoint 4 split", way(USE, [waypoint(B)] + SPLIT), [get("productpage", f"{B}/productpage-v1", RV, 9080, ok(distribution={f"reviews-{v}": {"share": s, "tolerance": 0.001} for v, s in (("v1", .9), ("v2", .1), ("v3", 0))}))], **OSSM)
ONLY_CURL = policy("productpage-waypoint", "productpage", "cluster.local/ns/default/sa/curl", "GET")
case("waypoint 5 authorization", way(USE, [waypoint(B)] + ONLY_CURL), [
    get("ratings", R, PP, 9080, denied("waypoint"), path="/productpage"), get("curl", "default/curl", PP, 9080, ok(waypoint_traversed=True), path="/productpage"),
    get("curl deletes", "default/curl", PP, 9080, denied("waypoint"), method="DELETE", path="/productpage")], **OSSM)
case("waypoint 6 peer disable is ignored", way(USE, [waypoint(B)] + peer("DISABLE", B)), [get("curl", "default/curl", PP, 9080, ok(transport="hbone"))], **OSSM)

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_ossm")
