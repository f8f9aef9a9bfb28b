"""Which waypoint a flow passes: istio/istio (86c9f01) pilot/pkg/serviceregistry/ambient/{ambientindex,waypoints,services,sidecar_interop}_test.go,
tests/integration/ambient/{waypoint_canary,sidecar_migration,xfcc_client_identity}_test.go."""
import sys

from echo_mesh import *

USE, NSLABEL, FOR = "istio.io/use-waypoint", "istio.io/use-waypoint-namespace", "istio.io/waypoint-for"
CANARY, CANARY_NS, WEIGHT = "istio.io/use-waypoint-canary", "istio.io/use-waypoint-canary-namespace", "istio.io/use-waypoint-canary-weight"
INGRESS = "istio.io/ingress-use-waypoint"


def gateway(name, ns="ns1", traffic=None, allowed=None, ready=None, gateway_class="istio-waypoint", listeners=None):
    listener = {"name": "mesh", "port": 15008, "protocol": "HBONE", **({"allowedRoutes": {"namespaces": allowed}} if allowed else {})}
    out = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": name, "namespace": ns, "labels": {FOR: traffic} if traffic else {}},
           "spec": {"gatewayClassName": gateway_class, "listeners": listeners if listeners is not None else [listener]}}
    if ready is False:
        out["status"] = {"conditions": [{"type": "Programmed", "status": "False"}]}
    return out


def pod(name, ns="ns1", labels=None, app="a"):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": app, **(labels or {})}},
            "spec": {"serviceAccountName": name, "containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": 8080}]}]}}


def service(name="svc1", ns="ns1", labels=None, annotations=None, app="a"):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns, "labels": labels or {}, "annotations": annotations or {}},
            "spec": {"selector": {"app": app}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}


def passes(name, to, waypoint, port=80, **kw):
    e = {"outcome": "allowed", "http_status": 200, "waypoint_traversed": waypoint is not None, "l7_processed": waypoint is not None}
    if waypoint:
        e["waypoint"] = waypoint
    return call(name, to, port, e, src="client", ns="ns1", **kw)


SVC, POD = "svc1.ns1.svc.cluster.local", {"pod": "ns1/pod1"}


def mesh(ns_labels=None, pod_labels=None, svc_labels=None, **kw):
    return [ROOT, namespace("ns1", **{"istio.io/dataplane-mode": "ambient", **(ns_labels or {})}), pod("client", app="client"), pod("pod1", labels=pod_labels), service(labels=svc_labels, **kw)]


def bind(title, objects, by_service, by_pod):
    case(title, objects, [passes("service", SVC, by_service), passes("pod", POD, by_pod, 8080)])


# TestAmbientIndex_WaypointForWorkloadTraffic: pod and service name the same waypoint; the kinds of traffic decide.
WP = "ns1/test-wp"
for traffic, s, p in (("service", WP, None), ("all", WP, WP), ("workload", None, WP), ("none", None, None), (None, WP, None)):
    for title, ns, on_pod, on_service in (("objects", {}, {USE: "test-wp"}, {USE: "test-wp"}), ("namespace", {USE: "test-wp"}, None, None), ("service", {}, None, {USE: "test-wp"}),
                                          ("pod", {}, {USE: "test-wp"}, None)):
        bind(f"waypoint-for {traffic} by {title}", mesh(ns, on_pod, on_service) + [gateway("test-wp", traffic=traffic)], s if title != "pod" else None, p if title != "service" else None)
# TestAmbientIndex_WaypointConfiguredOnlyWhenReady, and a waypoint that does not exist.
bind("not ready", mesh({USE: "test-wp"}) + [gateway("test-wp", traffic="all", ready=False)], None, None)
bind("absent", mesh({USE: "test-wp"}), None, None)
# TestAmbientIndex_WaypointAddressAddedToWorkloads: what is nearer wins; `none` opts out.
TWO = [gateway("waypoint-ns", traffic="all"), gateway("waypoint-sa2", traffic="all")]
bind("pod overrides namespace", mesh({USE: "waypoint-ns"}, {USE: "waypoint-sa2"}) + TWO, "ns1/waypoint-ns", "ns1/waypoint-sa2")
bind("service overrides namespace", mesh({USE: "waypoint-ns"}, None, {USE: "waypoint-sa2"}) + TWO, "ns1/waypoint-sa2", "ns1/waypoint-ns")
bind("pod opts out", mesh({USE: "waypoint-ns"}, {USE: "none"}) + TWO, "ns1/waypoint-ns", None)
bind("service opts out", mesh({USE: "waypoint-ns"}, None, {USE: "none"}) + TWO, None, "ns1/waypoint-ns")
# TestMakeAllowedRoutes: who may use the waypoint of another namespace.
ALLOW_ALL, SAME, SELECTED = {"from": "All"}, {"from": "Same"}, {"from": "Selector", "selector": {"matchLabels": {"app": "test"}}}
for title, allowed, labels, good in (("default", None, {}, False), ("same", SAME, {}, False), ("all", ALLOW_ALL, {}, True), ("selector", SELECTED, {"app": "test"}, True),
                                     ("selector of others", SELECTED, {}, False)):
    objects = mesh({USE: "wp", NSLABEL: "infra", **labels}) + [namespace("infra"), gateway("wp", "infra", "all", allowed)]
    bind(f"allowed routes {title}", objects, "infra/wp" if good else None, "infra/wp" if good else None)
bind("own namespace, no listeners", mesh({USE: "test-wp"}) + [gateway("test-wp", traffic="all", listeners=[])], WP, WP)

# TestGetUseWaypointCanary, TestGetCanaryWeight: which part of the traffic goes to the second waypoint.
BOTH = [namespace("other"), gateway("primary"), gateway("wp"), gateway("ns-wp"), gateway("wp", "other", allowed=ALLOW_ALL), gateway("ns-wp", "other", allowed=ALLOW_ALL)]


def only(account, ns="ns1"):
    return {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "allow-only-waypoint", "namespace": "ns1"},
            "spec": {"selector": {"matchLabels": {"app": "a"}}, "rules": [{"from": [{"source": {"principals": [f"cluster.local/ns/{ns}/sa/{account}"]}}]}]}}


def canary(title, share, canary_waypoint=("ns1", "wp"), labels=None, annotations=None, ns=None, ns_annotations=None):
    """share: served by the canary; the rest by the primary."""
    for who, want in ((canary_waypoint, share), (("ns1", "primary"), 1 - share)):
        # What names the primary decides whether the namespace's canary counts (ResolveUseWaypointCanary).
        inherited = ns is not None and not labels
        objects = mesh({**(ns or {}), **({USE: "primary"} if inherited else {})}, None, {} if inherited else {USE: "primary", **(labels or {})}, annotations=annotations) + BOTH + [only(who[1], who[0])]
        if ns_annotations:
            objects[1]["metadata"]["annotations"] = ns_annotations
        case(f"canary {title} at {who[1]}", objects, [call("client", SVC, 80, {"waypoint_traversed": True, "allowed_share": {"value": want, "exact": True}}, src="client", ns="ns1")])


W30, W42 = {WEIGHT: "30"}, {WEIGHT: "42"}
canary("no label", 0, annotations=W42)
canary("empty label", 0, labels={CANARY: ""}, annotations=W42)
canary("none", 0, labels={CANARY: "none"}, annotations=W42)
canary("same namespace", .42, labels={CANARY: "wp"}, annotations=W42)
canary("cross namespace", .42, ("other", "wp"), {CANARY: "wp", CANARY_NS: "other"}, W42)
canary("of the namespace", .3, ("ns1", "ns-wp"), ns={CANARY: "ns-wp"}, ns_annotations=W30)
canary("of the namespace, cross namespace", .3, ("other", "ns-wp"), ns={CANARY: "ns-wp", CANARY_NS: "other"}, ns_annotations=W30)
canary("of the namespace, weight of the object", .42, ("ns1", "ns-wp"), ns={CANARY: "ns-wp"}, ns_annotations=W30, annotations=W42)
canary("object overrides namespace", .42, labels={CANARY: "wp"}, ns={CANARY: "ns-wp"}, ns_annotations=W30, annotations=W42)
for text, share in ((None, 0), ("0", 0), ("50", .5), ("100", 1), ("abc", 0), ("-1", 0), ("101", 0)):
    canary(f"weight {text}", share, labels={CANARY: "wp"}, annotations={WEIGHT: text} if text is not None else None)
canary("that does not exist", 0, labels={CANARY: "does-not-exist"}, annotations={WEIGHT: "50"})
# TestWeightedWaypointPolicyPropagation
DENY_GET = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "deny-service-l7", "namespace": "ns1"}, "spec": {
    "targetRefs": [{"kind": "Service", "group": "", "name": "svc1"}], "action": "DENY", "rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]}}
case("canary enforces the policy of the service", mesh(None, None, {USE: "primary", CANARY: "wp"}, annotations={WEIGHT: "100"}) + BOTH + [DENY_GET], [
    call("client", SVC, 80, {"outcome": "denied", "http_status": 403, "waypoint": "ns1/wp"}, src="client", ns="ns1")])

# TestIngressUseWaypointFromLabels: gateways go past the waypoint unless a label says otherwise.
ROUTE = documents("""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: ns1 }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs, namespace: ns1 }
spec: { gateways: [gw], hosts: ["*"], http: [{ route: [{ destination: { host: svc1 } }] }] }
""")
for i, (s, n, good) in enumerate(((None, None, False), ("true", None, True), ("", None, False), ("True", None, True), (None, "true", True), (None, "false", False), ("false", "true", False),
                                  (None, "", False))):
    objects = mesh({USE: "test-wp", **({INGRESS: n} if n is not None else {})}, None, {INGRESS: s} if s is not None else {}) + [gateway("test-wp")] + classic_gateway() + ROUTE
    case(f"ingress label {i}", objects, [call("x", "www.example.com", 80, ok(waypoint_traversed=good), outside=True, gateway="istio-system/istio-ingressgateway")])
for weight, share in (("0", 0), ("50", .5), ("100", 1)):
    for who, want in (("wp", share), ("primary", 1 - share)):
        objects = mesh(None, None, {USE: "primary", CANARY: "wp", INGRESS: "true"}, annotations={WEIGHT: weight}) + BOTH + classic_gateway() + ROUTE + [only(who)]
        case(f"ingress canary {weight} at {who}", objects, [call("x", "www.example.com", 80, {"waypoint_traversed": True, "allowed_share": {"value": want, "exact": True}}, outside=True,
                                                                   gateway="istio-system/istio-ingressgateway")])

# TestEastWestServerFirst, TestEastWestClientFirst, TestNorthSouth: every stage answers, STRICT or not.
MIG = "sidecar-to-ambient"
STRICT = {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "strict-mtls", "namespace": MIG}, "spec": {"mtls": {"mode": "STRICT"}}}
NORTH = [{**o, "metadata": {**o["metadata"], "namespace": MIG}} for o in ROUTE]


def stage(title, ambient, labels):
    """ambient: the workloads that were restarted after the namespace was relabelled."""
    objects = [ROOT, namespace(MIG, **labels)]
    for name in ("server", "client1", "client2"):
        injected = labels.get("istio-injection") != "enabled" and name not in ambient
        objects.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": MIG}, "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name, **({"security.istio.io/tlsMode": "istio", "networking.istio.io/tunnel": "http"} if injected else {})},
                         "annotations": {"sidecar.istio.io/status": "{}"} if injected else {}},
            "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": 8090}]}]}}}})
    objects.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "svc1", "namespace": MIG}, "spec": {"selector": {"app": "server"}, "ports": [{"name": "http", "port": 80, "targetPort": 8090}]}})
    modes = {f"{MIG}/{n}": "ambient" if n in ambient else "sidecar" for n in ("server", "client1", "client2")}
    server = "ztunnel" if "server" in ambient else "sidecar"
    for strict in (False, True):
        flows = [call(c, f"svc1.{MIG}.svc.cluster.local", 80, ok(path=["ztunnel" if c in ambient else "sidecar", server], l7_processed=not (c in ambient and "server" in ambient)), src=c, ns=MIG)
                 for c in ("client1", "client2")]
        flows.append(call("north", "www.example.com", 80, ok(path=["gateway", server]), outside=True, gateway="istio-system/istio-ingressgateway"))
        case(f"migration {title}{' strict' if strict else ''}", objects + classic_gateway() + NORTH + ([STRICT] if strict else []), flows, workloads=modes)


AMBIENT = {"istio.io/dataplane-mode": "ambient"}
stage("0 before", (), {"istio-injection": "enabled"})
stage("1 relabelled", (), AMBIENT)
stage("2 server", ("server",), AMBIENT)
stage("3 server and client1", ("server", "client1"), AMBIENT)
stage("2 client1", ("client1",), AMBIENT)
stage("3 clients", ("client1", "client2"), AMBIENT)
stage("4 all", ("server", "client1", "client2"), AMBIENT)

# TestWaypointXFCCClientIdentity
for on in (True, False):
    wp = gateway("test-wp")
    if on:
        wp["metadata"]["annotations"] = {"ambient.istio.io/xfcc-include-client-identity": "true"}
    uri = "spiffe://cluster.local/ns/ns1/sa/client"
    case(f"xfcc {on}", mesh({USE: "test-wp"}) + [wp], [call("client", SVC, 80, ok(upstream={"xfcc_uri": uri} if on else {"headers_absent": ["x-forwarded-client-cert"]}), src="client", ns="ns1")])

# TestDefaultAllowWaypointPolicy: with the feature every workload behind a waypoint takes the waypoint's identity, and so nothing else.
NAKED = {**pod("naked", "legacy", app="naked")}
SIDE = pod("side", "legacy", {"sidecar.istio.io/inject": "true"}, "side")
for on in ("true", "false"):
    other = OK if on == "false" else {"outcome": "denied"}
    for title, traffic, labels in (("namespace", "all", ({USE: "test-wp"}, None, None)), ("service", "service", (None, None, {USE: "test-wp"})), ("workload", "workload", (None, {USE: "test-wp"}, None))):
        case(f"auto allow {on}, waypoint of the {title}", mesh(*labels) + [gateway("test-wp", traffic=traffic), namespace("legacy"), NAKED, SIDE], [
            call("ambient", POD if title == "workload" else SVC, 8080 if title == "workload" else 80, ok(waypoint_traversed=True), src="client", ns="ns1"),
            call("naked", SVC, 80, other, src="naked", ns="legacy"), call("sidecar", SVC, 80, {"outcome": other["outcome"]}, src="side", ns="legacy")],
             features={"PILOT_AUTO_ALLOW_WAYPOINT_POLICY": on})

if __name__ == "__main__":
    write(sys.argv[1], "binding")
