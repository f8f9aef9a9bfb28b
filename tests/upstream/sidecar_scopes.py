"""istio/istio (86c9f01) pilot/pkg/model/sidecar_test.go TestCreateSidecarScope and TestSidecarOutboundTrafficPolicy, seen through requests: which Services a workload of `mynamespace` finds by Host header at a port, and which of several of one
hostname stands for it. Every port is HTTP here and has an `anchor` that each listener imports, so that a name that is not there is 502 (REGISTRY_ONLY). Where the test imports by an HTTP_PROXY
listener a listener without port stands here. Left out: cases without Services, and those that only look at DestinationRules (push_context.py)."""
import sys

from echo_mesh import ROOT, call, case, namespace, ok, status, write

POD = {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": "outboundTrafficPolicy: { mode: REGISTRY_ONLY }\n"}}
NOWHERE = "198.51.100.9"
ALL = (7000, 7442, 7443, 8000, 8031, 8032, 8033, 8034, 8035, 9000, 80)
ANCHOR = "mynamespace/anchor.example.com"


def pod(name, ns, **labels):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": name, "sidecar.istio.io/inject": "true", **labels}}, "spec": POD}


def entry(host, where, ports=(8000,), created=0, export=None, **spec):
    """where: `namespace/name` of the entry and of the pod that serves it."""
    ns, name = where.split("/")
    return [{"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": name, "namespace": ns, "creationTimestamp": f"2024-01-01T00:{created:02}:00Z"}, "spec": {
        "hosts": [host], "location": "MESH_INTERNAL", "resolution": "STATIC", "workloadSelector": {"labels": {"app": name}}, "ports": [{"number": p, "name": f"http-{p}", "protocol": "HTTP"} for p in ports],
        **({"exportTo": export} if export else {}), **spec}}, pod(name, ns)]


def kube(where, ports=(8000,)):
    ns, name = where.split("/")
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": {"selector": {"app": name}, "ports": [{"name": f"http-{p}", "port": p, "targetPort": p} for p in ports]}}, pod(name, ns)]


def scope(title, egress, services, asked, more=(), client_ns="mynamespace"):
    """egress: [(port or None, hosts)], None: no Sidecar. asked: [(host, port, who answers)]."""
    sidecar = [] if egress is None else [{"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"name": "scope", "namespace": client_ns}, "spec": {
        "egress": [{**({"port": {"number": p, "protocol": "HTTP", "name": f"p-{p}"}} if p else {}), "hosts": [*hosts, ANCHOR]} for p, hosts in egress]} if egress else {}}]
    flat = [o for s in services for o in s]
    names = dict.fromkeys(["mynamespace", client_ns, *(o["metadata"]["namespace"] for o in [*flat, *more])])
    flows = [call(f"{h}:{p}", NOWHERE, p, ok(routed_to=to) if to else status(502), src="client", ns=client_ns, host=h, path="/") for h, p, to in asked]
    case(title, [ROOT, *(namespace(n) for n in names if n != "istio-system"), CONFIG, *entry("anchor.example.com", "mynamespace/anchor", ALL), *flat, *more, *sidecar, pod("client", client_ns)], flows)


B, BP, FOO, BAZ, BAR, FB = "bar.example.com", "barprime.example.com", "foo.example.com", "baz.example.com", "bar2.example.com", "foobar.ns3.svc.cluster.local"
X803, X744 = (8031, 8032, 8033, 8034, 8035), (7442, 7443)
two = [(8000, ["foo/*"]), (7000, ["foo/*"])]
scope("no Sidecar, with a service", None, [entry(B, "ns1/bar")], [(B, 8000, "ns1/bar"), ("nobody.example.com", 8000, None)])
for title, egress in (("multiple egress", [(9000, ["*/*"]), (None, ["*/*"])]), ("zero egress", []), ("multiple egress without port", [(None, ["foo/bar", "*/*"])])):
    scope(f"{title}, services", egress, [entry(B, "ns1/bar"), entry(BP, "ns1/barprime", (9000,))], [(B, 8000, "ns1/bar"), (BP, 9000, "ns1/barprime"), (B, 9000, None), (BP, 8000, None)])
scope("an egress port matches services with that port", two[:1], [entry(B, "foo/bar", (8000,)), entry(BP, "foo/barprime", (9000,))], [(B, 8000, "foo/bar"), (BP, 8000, None)])
scope("an egress port trims other ports", two[:1], [entry(B, "foo/bar", (8000, 7000))], [(B, 8000, "foo/bar")])
scope("ports of two listeners are merged", two, [entry(B, "foo/bar", (8000, 7000))], [(B, 8000, "foo/bar"), (B, 7000, "foo/bar")])
scope("ports are trimmed and merged", two, [entry(B, "foo/bar", (8000, 7000)), entry(BP, "foo/barprime", (8000,)), entry(FOO, "foo/foo", (8000, 7000, 9000))],
      [(h, p, to) for h, to in ((B, "foo/bar"), (FOO, "foo/foo")) for p in (8000, 7000)] + [(BP, 8000, "foo/barprime"), (BP, 7000, None)])
scope("a listener with port and one without", [(9000, ["*/bookinginfo.com", "*/private.com"]), (None, ["ns1/*", "*/*.tcp.com"])], [entry("bookinginfo.com", "ns1/booking", (8000,)), entry("private.com", "ns1/private", (8000, 9000)), entry("a.tcp.com", "ns2/tcp"), entry("b.tcp.org", "ns2/org")],
      [("bookinginfo.com", 8000, "ns1/booking"), ("private.com", 8000, "ns1/private"), ("private.com", 9000, "ns1/private"), ("a.tcp.com", 8000, "ns2/tcp"), ("b.tcp.org", 8000, None)])
FOUR = [entry(FOO, "ns1/foo", (7443,)), entry(BAZ, "ns3/baz", (7443,)), entry(BAR, "ns2/bar", (7442,)), entry(BP, "ns3/barprime", (7442,))]
NINE = [(7443, ["*/*"]), (7442, ["ns2/*"])]
scope("wildcards by port", NINE, FOUR, [(FOO, 7443, "ns1/foo"), (BAZ, 7443, "ns3/baz"), (BAR, 7442, "ns2/bar"), (BP, 7442, None)])
scope("wildcards by port and all hosts", NINE + [(None, ["*/*"])], [*FOUR, entry("random.example.com", "randomns/random", (9000,))],
      [(FOO, 7443, "ns1/foo"), (BAZ, 7443, "ns3/baz"), (BAR, 7442, "ns2/bar"), (BP, 7442, None), ("random.example.com", 9000, "randomns/random")])
scope("wildcards by port, two ports", NINE, [*FOUR[:2], entry(BAR, "ns2/bar", X744), FOUR[3]], [(FOO, 7443, "ns1/foo"), (BAR, 7442, "ns2/bar"), (BAR, 7443, "ns2/bar"), (BP, 7442, None)])
scope("a host without namespace is not read", [(None, ["foo/bar.example.com"])], [entry(B, "foo/bar", (7443,)), entry(BP, "foo/barprime", (7443,))], [(B, 7443, "foo/bar"), (BP, 7443, None)])
WIKI = [entry("en.wikipedia.org", "ns1/en"), entry("*.wikipedia.org", "ns1/wild")]
scope("a specific host", [(None, ["*/en.wikipedia.org"])], WIKI, [("en.wikipedia.org", 8000, "ns1/en"), ("de.wikipedia.org", 8000, None)])
scope("a wildcard host", [(None, ["*/*.wikipedia.org"])], WIKI, [("en.wikipedia.org", 8000, "ns1/en"), ("de.wikipedia.org", 8000, "ns1/wild")])

# Several Services of one hostname.
NS = [entry(FB, "ns1/foo", X803), entry(FB, "ns2/bar", (8000,)), kube("ns3/foobar", (7443,))]
KUBE = [(FB, 7443, "ns3/foobar"), (FB, 8031, None), (FB, 8000, None)]
scope("Kubernetes' Service takes precedence", None, NS, KUBE)
scope("Kubernetes' Service takes precedence, entries younger", None, NS[::-1], KUBE)
scope("Services of one hostname in other namespaces are not merged", None, [entry(FOO, "ns1/foo", X803, 0), entry(FOO, "ns2/foo", (8000,), 1), entry(FOO, "ns3/baz", (7443,), 2)], [(FOO, 8031, "ns1/foo"), (FOO, 8000, None), (FOO, 7443, None)])
SAME = {"workloadSelector": {"labels": {"serves": "foobar"}}}


def same(where, ports, created=0, **more):
    made = entry(FOO, where, ports, created, **{**SAME, **more})
    made[1]["metadata"]["labels"]["serves"] = "foobar"
    return made


def merged(title, egress, services, asked, client_ns="mynamespace", served=("ns1/server",)):
    """Entries that one pod serves."""
    scope(title, egress, [[s[0]] for s in services] + [[pod(w.split("/")[1], w.split("/")[0], serves="foobar")] for w in served], asked, client_ns=client_ns)


merged("ports of one hostname in one namespace are merged", None, [same("ns1/foo", X803), same("ns2/foo", (8000,), 1), same("ns1/baz", (7443,), 2)], [(FOO, 8031, "ns1/server"), (FOO, 7443, "ns1/server"), (FOO, 8000, None)])
merged("three of one namespace are merged", [], [same("ns1/s1", (7000,)), same("ns1/s2", (7443,), 1), same("ns1/s3", (7442,), 2)], [(FOO, p, "ns1/server") for p in (7000, 7443, 7442)])
PORTS = [(p, ["*/foo.example.com"]) for p in X803]
scope("listeners by port, one Service", PORTS, [entry(FOO, "ns1/foo", X803, 0), entry(FOO, "ns2/foo", (8000,), 1), entry(FOO, "ns3/baz", (7443,), 2)], [(FOO, p, "ns1/foo") for p in X803])
scope("listeners by port, one namespace", [(p, ["ns1/foo.example.com"]) for p in X803], [entry(FOO, "ns1/foo", X803)], [(FOO, p, "ns1/foo") for p in X803])
merged("listeners by port, two entries of one namespace", PORTS, [same("ns1/foo", X803[:3]), same("ns1/bar", X803[3:], 1), same("ns3/baz", (7443,), 2)], [(FOO, p, "ns1/server") for p in X803])
scope("imported by namespace", [(None, ["ns2/foo.example.com"])], [entry(FOO, "ns1/foo", (7443,), 0), entry(FOO, "ns2/foo", (8000,), 1)], [(FOO, 8000, "ns2/foo"), (FOO, 7443, None)])
scope("the own namespace's first", [(None, ["*/foo.example.com"])], [entry(FOO, "ns1/foo", (7443,), 0), entry(FOO, "mynamespace/foo", (8000,), 1)], [(FOO, 8000, "mynamespace/foo"), (FOO, 7443, None)])

# Destinations of VirtualServices, which are known without being imported; where none is imported and the route names no port it is the listener's.
ROUTE = {"virtualbar.example.com": "baz.example.com", "virtualfoo.example.com": "foo.example.com"}


def virtual(destinations=ROUTE, port=None, **match):
    return [{"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": h.split(".")[0], "namespace": "foo"}, "spec": {"hosts": [h], "http": [
        {"route": [{"destination": {"host": d, **({"port": {"number": port}} if port else {})}}]}]}} for h, d in destinations.items()]


IMPORT = ["foo/virtualbar.example.com", "foo/virtualfoo.example.com"]
VB, VF = ROUTE
BAZ3 = entry(BAZ, "ns3/baz", (80,))
scope("virtual service", [(None, IMPORT)], [entry(FOO, "ns1/foo", (80,)), BAZ3, entry(BAR, "ns2/bar", X744), FOUR[3]], [(VB, 80, "ns3/baz"), (VF, 80, "ns1/foo"), (FOO, 80, None), (BAR, 7443, None)], virtual())
scope("virtual service by port", [(None, IMPORT)], [entry(FOO, "ns1/foo", (8000, 7000)), entry(BAZ, "ns3/baz", (8000, 7000))], [(VB, 80, "ns3/baz"), (VF, 80, "ns1/foo")], virtual(port=7000))
scope("virtual service prefers what is imported", [(None, [*IMPORT, "ns2/foo.example.com"])], [entry(FOO, "ns1/foo", (80,), 0), entry(FOO, "ns2/foo", (80,), 1), BAZ3], [(VB, 80, "ns3/baz"), (VF, 80, "ns2/foo"), (FOO, 80, "ns2/foo")], virtual())
scope("virtual service prefers the own namespace", [(None, IMPORT)], [entry(FOO, "ns1/foo", (80,), 0), entry(FOO, "mynamespace/foo", (80,), 1), BAZ3], [(VB, 80, "ns3/baz"), (VF, 80, "mynamespace/foo")], virtual())
scope("virtual service takes the oldest", [(None, IMPORT)], [entry(FOO, "ns1/foo", (80,), 1), entry(FOO, "ns2/foo", (80,), 2), BAZ3], [(VB, 80, "ns3/baz"), (VF, 80, "ns1/foo")], virtual())
scope("virtual service takes the oldest of a later namespace", [(None, IMPORT)], [entry(FOO, "ns1/foo", (80,), 2), entry(FOO, "ns2/foo", (80,), 1), BAZ3], [(VB, 80, "ns3/baz"), (VF, 80, "ns2/foo")], virtual())
scope("virtual service takes what is exported", [(None, IMPORT)], [entry(FOO, "ns1/foo", (80,), 0, ["."]), entry(FOO, "ns2/foo", (80,), 1), BAZ3], [(VB, 80, "ns3/baz"), (VF, 80, "ns2/foo")], virtual())
BY_NS = [{"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "virtualbar", "namespace": "foo"}, "spec": {"hosts": [VB], "http": [
    *({"match": [{"sourceNamespace": ns}], "route": [{"destination": {"host": d}}]} for ns, d in (("mynamespace", BAZ), ("foo", FOO))), {"route": [{"destination": {"host": BAR}}]}]}}]
scope("virtual service by source namespace", [(None, IMPORT)], [entry(BAZ, "ns1/baz", (80,)), entry(FOO, "ns1/foo", (80,)), entry(BAR, "ns2/bar", (80,))], [(VB, 80, "ns1/baz"), (BAR, 80, None)], BY_NS)

# TestSidecarOutboundTrafficPolicy: mode of the mesh, of the Sidecar (None: no Sidecar, "": one without policy), what is in force.
for mesh, own, closed in ((None, None, False), (None, "", False), (None, "REGISTRY_ONLY", True), (None, "ALLOW_ANY", False), ("REGISTRY_ONLY", None, True), ("REGISTRY_ONLY", "", True), ("REGISTRY_ONLY", "REGISTRY_ONLY", True), ("REGISTRY_ONLY", "ALLOW_ANY", False)):
    config = {**CONFIG, "data": {"mesh": f"outboundTrafficPolicy: {{ mode: {mesh} }}\n" if mesh else "{}"}}
    sidecar = [] if own is None else [{"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"name": "foo", "namespace": "mynamespace"}, "spec": {"outboundTrafficPolicy": {"mode": own}} if own else {}}]
    case(f"outbound policy: mesh {mesh}, Sidecar {own!r}", [ROOT, namespace("mynamespace"), config, *entry("anchor.example.com", "mynamespace/anchor"), *sidecar, pod("client", "mynamespace")], [
        call("unknown host", NOWHERE, 8000, status(502) if closed else {"outcome": "allowed", "routed_to": None}, src="client", ns="mynamespace", host="unknown.example.com", path="/")])

write(sys.argv[1], "sidecar_scopes")
