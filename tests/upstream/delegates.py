"""istio/istio (86c9f01) pilot/pkg/model/virtualservice_test.go: TestMergeHttpRoutes, TestMergeHTTPMatchRequests and TestHasConflict, seen through requests. A root
VirtualService for `front` has one route that delegates to `pages`; where the matches of both conflict the delegate's route is not there, and a VirtualService without
a route for the listener leaves the Service its own (BuildSidecarVirtualHostWrapper): GONE."""
import sys

from echo_mesh import ROOT, call, case, namespace, ok, status, write

FRONT = "front.default.svc.cluster.local"
PORTS = (80, 8080, 8090)
POD = {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}


def service(name, ports=PORTS, ns="default"):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": {"selector": {"app": name}, "ports": [{"name": f"http-{p}", "port": p, "targetPort": 8080} for p in ports]}}


def pod(name, app, ns="default", **labels):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": app, "sidecar.istio.io/inject": "true", **labels}}, "spec": POD}


def vs(name, http, hosts=None, **spec):
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": name, "namespace": "default"}, "spec": {**({"hosts": hosts} if hosts else {}), "http": http, **spec}}


WORLD = [ROOT, namespace("default"), service("front"), pod("front", "front"), service("page"), service("copy"),
         {"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": "page", "namespace": "default"}, "spec": {"host": "page", "subsets": [{"name": f"v{i}", "labels": {"version": f"v{i}"}} for i in (1, 2, 3)]}},
         *(pod(f"page-v{i}", "page", version=f"v{i}") for i in (1, 2, 3)), *(pod(f"copy-v{i}", "copy", version=f"v{i}") for i in (1, 2, 3)), pod("client", "client", tier="web", a="b"), pod("other", "other")]


def to(n, **more):
    return {"route": [{"destination": {"host": "page", "port": {"number": 80}, "subset": f"v{n}"}}], **more}


GONE = "front"


def ask(path, want, port=80, src="client", **more):
    e = status(404) if want is None else ok(routed_to="default/front" if want == GONE else f"default/page-v{want}", **more.pop("expect", {}))
    return call(f"{path} {port} {src} {more}", FRONT, port, e, src=src, ns="default", path=path, host=more.pop("host", FRONT), **more)


def delegated(title, root, leaves, flows, gateways=None):
    spec = {"gateways": gateways} if gateways else {}
    case(title, WORLD + [vs("root", [{**root, "delegate": {"name": "pages", "namespace": "default"}}], ["front"], **spec), vs("pages", leaves)], flows)


def h(**headers):
    return {k.replace("_", "-"): v if isinstance(v, dict) else {"exact": v} for k, v in headers.items()}


V1, V2 = {"headers": {"version": "v1"}}, {"headers": {"version": "v2"}}
PAGES = [to(1, match=[{"uri": {"prefix": "/productpage/v1"}, "headers": h(version="v1")}]),
         to(2, match=[{"uri": {"prefix": "/productpage/v2"}, "headers": h(version="v2")}, {"headers": h(version="v2"), "queryParams": {"version": {"exact": "v2"}}}])]
SEEN = {"expect": {"upstream": {"headers": {"istio": "test"}, "headers_absent": ["trace-id"]}}}
delegated("root catch all", {"timeout": "10s", "headers": {"request": {"add": {"istio": "test"}, "remove": ["trace-id"]}}}, PAGES, [
    ask("/productpage/v1", 1, **SEEN, headers={"version": "v1", "trace-id": "1"}), ask("/productpage/v2", 2, **V2, **SEEN), ask("/x?version=v2", 2, **V2, **SEEN), ask("/x", None, **V2), ask("/productpage/v1", None, **V2)])
delegated("delegate with empty match", {"match": [{"uri": {"prefix": "/productpage"}, "port": 8080}]}, [*PAGES, to(3)], [
    ask("/productpage/v1", 1, 8080, **V1), ask("/productpage/v1", GONE, 80, **V1), ask("/productpage/v2/x", 2, 8080, **V2), ask("/productpage/z?version=v2", 2, 8080, **V2), ask("/other?version=v2", None, 8080, **V2), ask("/productpage", 3, 8080),
    ask("/productpage", GONE, 80), ask("/elsewhere", None, 8080)])


def mirror(n):
    return {"mirrors": [{"destination": {"host": "copy", "port": {"number": 80}}, "percentage": {"value": n}}]}


def copied(n):
    return {"expect": {"mirrored": {f"copy-v{i}": {"share": n / 300, "tolerance": .001} for i in (1, 2, 3)}}}


delegated("delegate with mirrors", mirror(90), [to(1, match=[{"uri": {"prefix": "/productpage/v1"}}], **mirror(30)), to(2, match=[{"uri": {"prefix": "/productpage/v2"}}], **mirror(60)), to(3)], [
    ask("/productpage/v1", 1, **copied(30)), ask("/productpage/v2", 2, **copied(60)), ask("/", 3, **copied(90))])
delegated("multiple header merge", {"match": [{"headers": h(header1={"regex": "regex"})}, {"headers": h(header2="exact")}]}, [to(1, match=[{"uri": {"prefix": "/"}}])], [
    ask("/", 1, headers={"header1": "regex"}), ask("/", 1, headers={"header2": "exact"}), ask("/", None), ask("/", None, headers={"header1": "x", "header2": "y"})])

# TestMergeHTTPMatchRequests: (matches of the root, of the delegate's only route, requests that meet both)
E, P, R = (lambda k: lambda v: {k: v})("exact"), (lambda k: lambda v: {k: v})("prefix"), (lambda k: lambda v: {k: v})("regex")
AUTH = {"uri": P("/productpage"), "headers": h(header="h1"), "port": 8080, "authority": {"prefix": "front"}}
H1 = {"headers": {"header": "h1"}}
MATCHES = {
    "url match": ([{"uri": P("/productpage")}], [{"uri": E("/productpage/v1")}], [ask("/productpage/v1", 1), ask("/productpage", None)]),
    "url regex noconflict": ([{"uri": R("^/productpage")}], [{}], [ask("/productpage", 1), ask("/x", None)]),
    "url regex conflict": ([{"uri": R("^/productpage.*")}], [{"uri": P("/productpage")}], [ask("/productpage", GONE), ask("/productpage/v1", GONE)]),
    "multi url match": ([{"uri": P("/productpage")}, {"uri": P("/reviews")}], [{"uri": E("/productpage/v1")}, {"uri": E("/reviews/v1")}], [ask("/productpage/v1", 1), ask("/reviews/v1", 1), ask("/reviews", None)]),
    "url mismatch": ([{"uri": P("/productpage")}], [{"uri": E("/reviews")}], [ask("/reviews", GONE), ask("/productpage", GONE)]),
    "one of two conflicts": ([{"uri": P("/productpage")}], [{"uri": E("/productpage/v1")}, {"uri": E("/reviews")}], [ask("/productpage/v1", GONE), ask("/reviews", GONE)]),
    "headers, none of the delegate": ([{"headers": h(header="h1")}], None, [ask("/", 1, **H1), ask("/", None)]),
    "headers conflict": ([{"headers": h(header="h1")}], [{"headers": h(header="h2")}], [ask("/", GONE, **H1), ask("/", GONE, headers={"header": "h2"})]),
    "headers of both": ([{"headers": h(header="h1")}], [{"headers": h(header_2="h2")}], [ask("/", 1, headers={"header": "h1", "header-2": "h2"}), ask("/", None, **H1), ask("/", None, headers={"header-2": "h2"})]),
    "complicated merge": ([AUTH], [{"uri": E("/productpage/v1")}, {"uri": E("/productpage/v2")}], [
        ask("/productpage/v1", 1, 8080, **H1), ask("/productpage/v2", 1, 8080, **H1), ask("/productpage/v1", GONE, 80, **H1), ask("/productpage/v1", None, 8080), ask("/productpage/v3", None, 8080, **H1)]),
    "conflicted merge": ([AUTH], [{"uri": E("/productpage/v1")}, {"uri": E("/productpage/v2"), "port": 8090}], [ask("/productpage/v1", GONE, 8080, **H1), ask("/productpage/v2", GONE, 8090, **H1)]),
    "source labels merge": ([{"sourceLabels": {"app": "client"}}], [{"sourceLabels": {"tier": "web"}}], [ask("/", 1), ask("/", GONE, src="other")]),
}
for title, (root, leaf, flows) in MATCHES.items():
    delegated("matches: " + title, {"match": root}, [to(1, **({"match": leaf} if leaf else {}))], flows)
for title, root, leaves, taken in (("gateway merge", ["ingress-gateway", "mesh"], ("ingress-gateway", "mesh"), True), ("gateway conflicted merge", ["ingress-gateway"], ("ingress-gateway", "mesh"), False)):
    delegated("matches: " + title, {"match": [{"uri": P("/productpage"), "gateways": root}]}, [to(1, match=[{"uri": E(f"/productpage/v{i + 1}"), "gateways": [g]} for i, g in enumerate(leaves)])], [
        ask("/productpage/v1", None if taken else GONE), ask("/productpage/v2", 1 if taken else GONE)], gateways=["mesh", "ingress-gateway"])

# TestHasConflict: (match of the root, of the delegate, whether they conflict, a request that meets both)
CONFLICTS = [
    ("regex uri", {"uri": R("^/productpage.*")}, {"uri": P("/productpage/v2")}, True, ask, "/productpage/v2", {}), ("regex uri in root alone", {"uri": R("^/productpage")}, {}, False, ask, "/productpage", {}),
    ("regex uri in delegate alone", {}, {"uri": R("^/productpage")}, False, ask, "/productpage", {}), ("regex uri in root, prefix in delegate", {"uri": R("^/productpage.*")}, {"uri": P("/productpage")}, True, ask, "/productpage", {}),
    ("prefix in root, regex uri in delegate", {"uri": P("/productpage")}, {"uri": R("^/productpage")}, True, ask, "/productpage", {}), ("match uri", {"uri": P("/productpage")}, {"uri": P("/productpage/v2")}, False, ask, "/productpage/v2", {}),
    ("mismatch uri", {"uri": P("/productpage/v2")}, {"uri": P("/productpage")}, True, ask, "/productpage/v2", {}), ("match exact uri", {"uri": P("/productpage/v2")}, {"uri": E("/productpage/v2")}, False, ask, "/productpage/v2", {}),
    ("headers not equal", {"headers": h(header="h1")}, {"headers": h(header="h2")}, True, ask, "/", H1), ("headers equal", {"headers": h(header="h1")}, {"headers": h(header="h1")}, False, ask, "/", H1),
    ("headers match", {"headers": {"header": P("h1")}}, {"headers": h(header="h1-v1")}, False, ask, "/", {"headers": {"header": "h1-v1"}}), ("headers mismatch", {"headers": {"header": P("h1")}}, {"headers": h(header="h2")}, True, ask, "/", H1),
    ("headers prefix mismatch", {"headers": {"header": P("h1")}}, {"headers": {"header": P("h2")}}, True, ask, "/", H1), ("diff headers", {"headers": h(header="h1")}, {"headers": h(header_2="h2")}, False, ask, "/", {"headers": {"header": "h1", "header-2": "h2"}}),
    ("withoutHeaders mismatch", {"withoutHeaders": {"header": P("h1")}}, {"withoutHeaders": h(header="h2")}, True, ask, "/", {}), ("port of the delegate", {}, {"port": 8080}, False, ask, "/", {"port": 8080}),
    ("port of the root", {"port": 8080}, {}, False, ask, "/", {"port": 8080}), ("ports", {"port": 8080}, {"port": 8090}, True, ask, "/", {"port": 8080}), ("sourceLabels mismatch", {"sourceLabels": {"a": "b"}}, {"sourceLabels": {"a": "c"}}, True, ask, "/", {}),
    ("sourceNamespace mismatch", {"sourceNamespace": "default"}, {"sourceNamespace": "test2"}, True, ask, "/", {})]
for title, root, leaf, conflict, how, path, more in CONFLICTS:
    delegated("conflict: " + title, {"match": [root]} if root else {}, [to(1, match=[leaf]) if leaf else to(1)], [how(path, GONE if conflict else 1, **more)])
delegated("conflict: root has less gateways than delegate", {"match": [{"gateways": ["mesh"]}]}, [to(1, match=[{"gateways": ["ingress-gateway", "mesh"]}])], [ask("/", GONE)], gateways=["mesh", "ingress-gateway"])

write(sys.argv[1], "delegates")
