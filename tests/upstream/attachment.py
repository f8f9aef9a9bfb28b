"""Where a policy attaches, and what ztunnel makes of it: istio/istio (86c9f01) pilot/pkg/model/policyattachment_test.go TestPolicyMatcher,
pilot/pkg/serviceregistry/ambient/authorization_test.go TestConvertAuthorizationPolicyStatus and TestWaypointPolicyStatusCollection,
ambientindex_test.go TestAmbientIndex_Policy (AuthorizationPolicies) and TestAuthorizationPolicyRevisionFiltering, testdata/{allow,deny}-groups."""
import sys

from echo_mesh import *

IMAGE = "registry.example.test/app:1"
GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
CLASS = {"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "name": "istio-waypoint"}
SERVICE, ENTRY = {"group": "", "kind": "Service"}, {"group": "networking.istio.io", "kind": "ServiceEntry"}


def policy(name="policy1", ns="default", rules=None, action=None, labels=None, app=None, ref=None, refs=None, meta=None):
    spec = {}
    if app:
        spec["selector"] = {"matchLabels": app if isinstance(app, dict) else {"app": app}}
    if ref:
        spec["targetRef"] = ref
    if refs:
        spec["targetRefs"] = refs
    if action:
        spec["action"] = action
    if rules is not None:
        spec["rules"] = rules
    return {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": name, "namespace": ns, **(meta or {})}, "spec": spec}


def deployment(name, ns, mode, port=None, labels=None):
    pod = {"app": name, **(labels or {})}
    if mode == "sidecar":
        pod["sidecar.istio.io/inject"] = "true"
    if mode == "ambient":
        pod["istio.io/dataplane-mode"] = "ambient"
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ns}, "spec": {
        "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": pod}, "spec": {
            "serviceAccountName": name, "containers": [{"name": "app", "image": IMAGE, "ports": [{"containerPort": port}] if port else []}]}}}}


def service(name, ns, app, ports=((80, 8080, "http"),), **labels):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns, "labels": labels},
            "spec": {"selector": {"app": app}, "ports": [{"name": n, "port": p, "targetPort": t} for p, t, n in ports]}}


def refuse(proxy):
    return {"outcome": "denied", "denied_by": {"proxy": proxy, "policy": None}}


def matcher(title, objects, flow_to, attached, proxy, **flow):
    """An "allow nothing" policy: a flow is refused exactly where it attaches."""
    case("matcher " + title, [ROOT, namespace("default"), namespace("clients"), deployment("client", "clients", flow.pop("mode", "sidecar"))] + objects, [
        call("client", flow_to, 80, {**refuse(proxy), "http_status": 403} if attached else {"outcome": "allowed", "http_status": 200}, src="client", ns="clients", **flow)])


APP = [deployment("my-app", "default", "sidecar", 8080), service("my-app", "default", "my-app")]
GW_REF, WP_REF = {**GATEWAY, "name": "sample-gateway"}, {**GATEWAY, "name": "sample-waypoint"}
HOST = "my-app.default.svc.cluster.local"
for title, kw, attached in (("sidecar, targetRef", {"ref": GW_REF}, False), ("sidecar, selector", {"app": "my-app"}, True),
                            ("sidecar, both", {"app": "my-app", "ref": GW_REF}, False), ("sidecar, neither", {}, True)):
    matcher(title, APP + [policy(**kw)], HOST, attached, "sidecar")

INGRESS = APP + documents("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: sample-gateway }
spec: { gatewayClassName: istio, listeners: [{ name: http, port: 80, protocol: HTTP }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: route }
spec: { parentRefs: [{ name: sample-gateway }], rules: [{ backendRefs: [{ name: my-app, port: 80 }] }] }
""", "default")
BY_NAME = {"gateway.networking.k8s.io/gateway-name": "sample-gateway"}


def at_gateway(title, attached, selectors=True, **kw):
    # The policy lives beside the gateway and would reach the sidecar behind it, too, where it has neither selector nor target: the gateway refuses first.
    features = {} if selectors else {"features": {"ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY": "false"}}
    case("matcher " + title, [ROOT, namespace("default")] + INGRESS + [policy(**kw)], [
        call("outside", "www.example.com", 80, {**refuse("gateway"), "http_status": 403} if attached else {"outcome": "allowed", "http_status": 200}, outside=True,
             gateway="default/sample-gateway")], **features)


at_gateway("gateway, targetRef", True, ref=GW_REF)
at_gateway("gateway, selector", True, app=BY_NAME)
at_gateway("gateway, selector, attachment only", False, selectors=False, app=BY_NAME)
at_gateway("gateway, both", True, app=BY_NAME, ref=GW_REF)
at_gateway("gateway, other targetRef", False, ref=WP_REF)
at_gateway("gateway, neither", True)

WAYPOINT = documents("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: sample-waypoint }
spec: { gatewayClassName: istio-waypoint, listeners: [{ name: mesh, port: 15008, protocol: HBONE }] }
""", "default")
BEHIND = [deployment("my-app", "default", "ambient", 8080), service("sample-svc", "default", "my-app", **{"istio.io/use-waypoint": "sample-waypoint"})]
SVC = "sample-svc.default.svc.cluster.local"


def at_waypoint(title, attached, more=(), **kw):
    matcher("waypoint, " + title, BEHIND + WAYPOINT + list(more) + [policy(**kw)], SVC, attached, "waypoint", mode="ambient")


BY_WP = {"gateway.networking.k8s.io/gateway-name": "sample-waypoint"}
at_waypoint("targetRef", True, ref=WP_REF)
at_waypoint("selector", False, app=BY_WP)
at_waypoint("both", True, ref=WP_REF, app=BY_WP)
at_waypoint("other targetRef", False, ref=GW_REF)
at_waypoint("targetRefs", True, refs=[WP_REF])
at_waypoint("some targetRefs", True, refs=[WP_REF, GW_REF])
at_waypoint("other targetRefs", False, refs=[GW_REF])
at_waypoint("service", True, refs=[{**SERVICE, "name": "sample-svc"}])
at_waypoint("service entry of the service's name", False, refs=[{**ENTRY, "name": "sample-svc"}])
at_waypoint("one of several services", True, [service("sample-svc-1", "default", "my-app", **{"istio.io/use-waypoint": "sample-waypoint"})], refs=[WP_REF])
at_waypoint("class in the root namespace", True, ns="istio-system", name="global-default", refs=[CLASS])
at_waypoint("class elsewhere", False, refs=[CLASS])
# Without target it is ztunnel's: every pod of the namespace refuses everything, also what the waypoint sends (503 at its side).
case("matcher waypoint, neither", [ROOT, namespace("default"), namespace("clients"), deployment("client", "clients", "ambient")] + BEHIND + WAYPOINT + [policy()], [
    call("client", SVC, 80, refuse("ztunnel"), src="client", ns="clients")])
# A Gateway named by a policy of another namespace is another Gateway.
FAR = [namespace("waypoint")] + documents("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: sample-waypoint, namespace: waypoint }
spec: { gatewayClassName: istio-waypoint, listeners: [{ name: mesh, port: 15008, protocol: HBONE, allowedRoutes: { namespaces: { from: All } } }] }
""")
BEHIND_FAR = [deployment("my-app", "default", "ambient", 8080), service("sample-svc", "default", "my-app", **{
    "istio.io/use-waypoint": "sample-waypoint", "istio.io/use-waypoint-namespace": "waypoint"})]
matcher("waypoint of another namespace, policy beside the service", BEHIND_FAR + FAR + [policy(refs=[WP_REF])], SVC, False, "waypoint", mode="ambient")
matcher("waypoint of another namespace, policy beside the waypoint", BEHIND_FAR + FAR + [policy(ns="waypoint", refs=[WP_REF])], SVC, True, "waypoint", mode="ambient")
matcher("waypoint of another namespace, service", BEHIND_FAR + FAR + [policy(refs=[{**SERVICE, "name": "sample-svc"}])], SVC, True, "waypoint", mode="ambient")

# TestWaypointPolicyStatusCollection: what binds. The namespace names the waypoint; single objects say `none`.
BOUND = [ROOT, namespace("ns1", **{"istio.io/use-waypoint": "waypoint"}), namespace("clients"), deployment("client", "clients", "ambient"), deployment("app", "ns1", "ambient", 8080)] + documents("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: waypoint, namespace: ns1 }
spec: { gatewayClassName: istio-waypoint, listeners: [{ name: mesh, port: 15008, protocol: HBONE }] }
""") + [service("working-service", "ns1", "app"), service("no-waypoint-service", "ns1", "app", **{"istio.io/use-waypoint": "none"})]


def entry(name, **labels):
    return {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": name, "namespace": "ns1", "labels": labels}, "spec": {
        "hosts": [f"{name}.example.com"], "location": "MESH_EXTERNAL", "resolution": "DNS", "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}]}}


ENTRIES = [entry("working-se"), entry("no-waypoint-se", **{"istio.io/use-waypoint": "none"})]
HOSTS = {"working-service": "working-service.ns1.svc.cluster.local", "no-waypoint-service": "no-waypoint-service.ns1.svc.cluster.local",
         "working-se": "working-se.example.com", "no-waypoint-se": "no-waypoint-se.example.com"}


def bound(title, refused, one=None, ns="ns1", **kw):
    flows = [call(name, host, 80, {**refuse("waypoint"), "http_status": 403} if name in refused else {"outcome": "allowed", "http_status": 200}, src="client", ns="clients")
             for name, host in HOSTS.items()]
    case("bound " + title, BOUND + ENTRIES + [policy(ns=ns, **kw)], flows)


def svc(name):
    return {**SERVICE, "name": name}


def se(name):
    return {**ENTRY, "name": name}


def gw(name):
    return {**GATEWAY, "name": name}


BEHIND_IT = ("working-service", "working-se")
bound("service entry", ("working-se",), refs=[se("working-se")])
bound("service entry by targetRef", ("working-se",), ref=se("working-se"))
bound("service entry without waypoint", (), refs=[se("no-waypoint-se")])
bound("service entry that is not there", (), refs=[se("missing-se")])
bound("service entries, partly", ("working-se",), refs=[se("no-waypoint-se"), se("working-se"), se("missing-se")])
bound("service", ("working-service",), refs=[svc("working-service")])
bound("service by targetRef", ("working-service",), ref=svc("working-service"))
bound("service without waypoint", (), refs=[svc("no-waypoint-service")])
bound("service that is not there", (), refs=[svc("no-service")])
bound("gateway", BEHIND_IT, refs=[gw("waypoint")])
bound("gateway by targetRef", BEHIND_IT, ref=gw("waypoint"))
bound("gateway that is not there", (), refs=[gw("not-a-waypoint")])
bound("all kinds, partly", BEHIND_IT, refs=[se("working-se"), se("no-waypoint-se"), se("missing-se"), svc("working-service"), svc("no-waypoint-service"), svc("no-service"),
                                            gw("waypoint"), gw("not-a-waypoint")])
bound("class", BEHIND_IT, ns="istio-system", refs=[CLASS])
bound("class that is not there", (), ns="istio-system", refs=[{**CLASS, "name": "nonexistent-gateway-class"}])
bound("class elsewhere", (), refs=[CLASS])

# TestConvertAuthorizationPolicyStatus, testdata/{allow,deny}-groups-in.yaml: what is left of a policy at ztunnel.
TCP = ((80, 8080, "http"), (9090, 9090, "tcp"))
ZT = [ROOT, namespace("foo", **{"istio.io/dataplane-mode": "ambient"}), service("httpbin", "foo", "httpbin", TCP)] + [deployment(n, "foo", "ambient", 8080 if n == "httpbin" else None) for n in (
    "httpbin", "bar", "other")]
BAR = {"principals": ["cluster.local/ns/foo/sa/bar"]}


def converted(title, action, rules, denied, name="p", **kw):
    """denied: callers (of bar and other) that ztunnel refuses on every port."""
    flows = []
    for src in ("bar", "other"):
        for port, protocol, r in ((80, "http", {"method": "GET"}), (80, "http", {"method": "POST"}), (9090, "tcp", {})):
            e = {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}} if src in denied else {"outcome": "allowed"}
            flows.append(call(f"{src} {port} {r}", "httpbin.foo.svc.cluster.local", port, e, src=src, ns="foo", protocol=protocol, **r))
    case("ztunnel " + title, ZT + [policy(name, "foo", rules, action, app="httpbin")], flows, **kw)


EVERY = ("bar", "other")
L7FROM = [{"source": {"notRequestPrincipals": ["example.com/sub-1"]}}]
converted("AUDIT", "AUDIT", [{"from": [{"source": BAR}]}], ())
converted("CUSTOM", "CUSTOM", [{"from": [{"source": BAR}]}], ())
converted("allow with http attributes", "ALLOW", [{"from": [{"source": {"requestPrincipals": ["example.com/sub-1"]}}], "to": [{"operation": {"methods": ["GET"]}}],
                                                   "when": [{"key": "request.auth.presenter", "values": ["presenter.example.com"]}]}], EVERY)
converted("allow, l4 rule beside an http rule", "ALLOW", [{"from": [{"source": BAR}]}, {"to": [{"operation": {"methods": ["GET"]}}]}], ("other",))
converted("deny, l4 only", "DENY", [{"from": [{"source": BAR}]}], ("bar",))
converted("deny, l7 only", "DENY", [{"from": L7FROM}], ())
converted("deny, mixed source", "DENY", [{"from": [{"source": {**BAR, "notRequestPrincipals": ["example.com/sub-1"]}}]}], ("bar",))
converted("deny, l7 rule and l4 rule", "DENY", [{"from": L7FROM}, {"from": [{"source": BAR}]}], ("bar",))
converted("deny, catch-all and l7 rule", "DENY", [{}, {"from": L7FROM}], EVERY)
converted("deny, l4 from and l7 when", "DENY", [{"from": [{"source": BAR}], "when": [{"key": "request.headers[x-token]", "values": ["secret"]}]}], ())
converted("deny, l4 from and l7 to", "DENY", [{"from": [{"source": BAR}], "to": [{"operation": {"methods": ["GET"]}}]}], ())
# groups-in.yaml, with callers and ports of this mesh
MIX = {"principals": ["cluster.local/ns/foo/sa/bar"], "requestPrincipals": ["x"], "namespaces": ["foo"]}
PORTS_ = {"ports": ["8080", "9090"]}
BARFOO = {"principals": ["cluster.local/ns/foo/sa/bar"], "namespaces": ["foo"]}
SNI = {"key": "connection.sni", "values": ["x"]}
NSW = {"key": "source.namespace", "values": ["foo"]}
for action, left in (("ALLOW", {"from mix": EVERY, "to mix": EVERY, "l4": ("other",), "l7": EVERY, "when mix": EVERY, "when l4": (), "when l7": EVERY}),
                     ("DENY", {"from mix": ("bar",), "to mix": ("bar",), "l4": ("bar",), "l7": (), "when mix": (), "when l4": EVERY, "when l7": ()})):
    rules = {"from mix": {"from": [{"source": MIX}], "to": [{"operation": PORTS_}]}, "to mix": {"from": [{"source": BARFOO}], "to": [{"operation": {**PORTS_, "methods": ["x"]}}]},
             "l4": {"from": [{"source": BARFOO}], "to": [{"operation": PORTS_}]}, "l7": {"from": [{"source": {"requestPrincipals": ["x"]}}], "to": [{"operation": {"paths": ["/"], "methods": ["x"]}}]},
             "when mix": {"when": [NSW, SNI]}, "when l4": {"when": [NSW, {"key": "destination.port", "values": ["8080", "9090"], "notValues": ["1"]}]},
             "when l7": {"when": [SNI, {"key": "request.headers[X-header]", "values": ["x"]}]}}
    for name, denied in left.items():
        converted(f"groups {action} {name}", action, [rules[name]], denied)

# TestAmbientIndex_Policy, AuthorizationPolicies; TestAuthorizationPolicyRevisionFiltering. Each is "allow nothing".
for title, objects, denied in (("root", [policy("global", "istio-system")], True), ("namespace", [policy("namespace", "foo")], True), ("selector", [policy("selector", "foo", app="httpbin")], True),
                               ("selector of others", [policy("selector", "foo", app="not-a")], False), ("root selector", [policy("global-selector", "istio-system", app="httpbin")], True),
                               ("root selector of others", [policy("global-selector", "istio-system", app="not-a")], False),
                               ("gateway", [policy("gateway-targeted", "foo", ref={**GATEWAY, "name": "dummy-waypoint"})], False)):
    case("index " + title, ZT + objects, [call("bar", "httpbin.foo.svc.cluster.local", 80, refuse("ztunnel") if denied else {"outcome": "allowed"}, src="bar", ns="foo")])
for title, own, label, denied in (("same", "some-rev", "some-rev", True), ("other", "some-rev", "some-other-rev", False), ("none stated", "some-rev", None, True),
                                  ("default", None, "default", True), ("other than default", None, "some-rev", False)):
    p = policy("p", "foo", app="httpbin", meta={"labels": {"istio.io/rev": label}} if label else None)
    case("revision " + title, ZT + [p], [call("bar", "httpbin.foo.svc.cluster.local", 80, refuse("ztunnel") if denied else {"outcome": "allowed"}, src="bar", ns="foo")],
         **({"revision": own} if own else {}))

if __name__ == "__main__":
    write(sys.argv[1], "attachment")
