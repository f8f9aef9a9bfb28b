"""istio/istio (86c9f01) pilot/pkg/networking/core/route/route_test.go: TestBuildHTTPRoutes and TestSortVHostRoutes, the routes of VirtualServices by the requests they take, at a client
sidecar and at an ingress gateway. Left out: names, hash policies, stat prefixes, HTTP/3, and a redirect code that Envoy does not know."""
import sys

from echo_mesh import ROOT, call, case, classic_gateway, namespace, ok, status, write

HOST, PORT = "front.default.svc.cluster.local", 8080
SPEC = {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": 8080}]}]}


def service(name, ns="default", ports=(8080,)):
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": {"selector": {"app": name}, "ports": [{"name": f"http-{p}", "port": p, "targetPort": 8080} for p in ports]}}, pod(name, ns)]


def pod(name, ns="default", app=None, **labels):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": app or name, "sidecar.istio.io/inject": "true", **labels}}, "spec": SPEC}


WORLD = [ROOT, *(namespace(n) for n in ("default", "foo", "bar")), *service("front", ports=(8080, 8484)), *service("one"), *service("two"), *service("split"),
         {"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": "split", "namespace": "default"}, "spec": {"host": "split", "subsets": [{"name": n, "labels": {"version": n}} for n in ("v1", "blue", "green")]}},
         *(pod(f"split-{n}", app="split", version=n) for n in ("v1", "blue", "green")), pod("client", version="v9"), pod("client", "foo"), pod("client", "bar"),
         *classic_gateway(ports=((80, 8080),)), {"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "some-gateway", "namespace": "default"}, "spec": {
             "selector": {"istio": "ingressgateway"}, "servers": [{"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}]}}]


def to(name, **more):
    return {"route": [{"destination": {"host": name, "port": {"number": 8080}}}], **more}


def rules(title, http, asks, where=("mesh", "some-gateway")):
    """asks: (path, expected, request)"""
    vs = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "acme", "namespace": "default"}, "spec": {"hosts": [HOST], "gateways": list(where), "http": http}}
    flows = []
    for at in where:
        for path, e, *request in asks:
            more = {"path": path, "host": HOST, **(request[0] if request else {})}
            ns = more.pop("ns", "default")
            if at == "mesh":
                flows.append(call(f"mesh {path} {more}", HOST, PORT, e, src="client", ns=ns, **more))
            else:
                flows.append(call(f"gateway {path} {more}", HOST, 80, e, outside=True, gateway="istio-system/istio-ingressgateway", **more))
    case(title, [*WORLD, vs], flows)


def gets(name, **more):
    return ok(routed_to=f"default/{name}", **more)


def header(**h):
    return {"headers": {k.replace("_", "-"): v for k, v in h.items()}}


NONE = status(404)
AUTHORITY = "some-authority.default.svc.cluster.local"
GO = {"redirect": {"uri": "example.org", "authority": AUTHORITY, "redirectCode": 308}}
WENT = {**status(308), "response_headers": {"location": f"http://{AUTHORITY}example.org"}}
rules("catch all route", [to("one", match=[{"name": "non-catch-all", "uri": {"prefix": "/route/v1"}}, {"name": "catch-all", "uri": {"prefix": "/"}}])], [("/route/v1x", gets("one")), ("/", gets("one"))])
rules("catch all route: port match", [to("one", match=[{"port": 8080}]), to("two", match=[{"headers": {"cookie": {"exact": "canary"}}}]), to("split")], [("/", gets("one")), ("/", gets("one"), header(cookie="canary"))], ("mesh",))
rules("top level catch all route", [{"match": [{"headers": {"version": {"exact": "v2"}}, "sourceLabels": {"version": "v1"}}], **to("two")}, to("one")], [("/", gets("one")), ("/", gets("one"), header(version="v2"))])
rules("multi prefix catch all route", [to("one", match=[{"uri": {"prefix": "/"}, "sourceLabels": {"matchingNoSrc": "xxx"}}, {"uri": {"prefix": "/a"}}])], [("/a", gets("one")), ("/abc", gets("one")), ("/", NONE), ("/b", NONE)])
rules("regex matching on URI", [{**GO, "match": [{"uri": {"regex": "\\/(.?)\\/status"}}]}], [("/x/status", WENT), ("//status", WENT), ("/xy/status", NONE), ("/x/status/1", NONE)])
rules("stat_prefix", [to("one", match=[{"uri": {"prefix": "/foo"}, "statPrefix": "foo"}, {"uri": {"prefix": "/baz"}}]), to("two", match=[{"uri": {"prefix": "/bar"}}])], [("/foo/x", gets("one")), ("/baz", gets("one")), ("/bar", gets("two")), ("/qux", NONE)])
rules("regex matching on header", [{**GO, "match": [{"headers": {"Authentication": {"regex": "Bearer .+?\\..+?\\..+?"}}}]}], [("/", WENT, header(authentication="Bearer a.b.c")), ("/", NONE, header(authentication="Bearer a.b")), ("/", NONE, header(authentication="xBearer a.b.c")), ("/", NONE)])
rules("regex matching on without_header", [{**GO, "match": [{"withoutHeaders": {"FOO-HEADER": {"regex": "BAR .+?\\..+?\\..+?"}}}]}], [("/", WENT), ("/", WENT, header(foo_header="x")), ("/", NONE, header(foo_header="BAR a.b.c")), ("/", WENT, header(foo_header=""))])
for title, what in (("null", None), ("empty", {}), ("regex for all cases", {"regex": "*"})):
    rules(f"presence matching on header, {title}", [{**GO, "match": [{"headers": {"FOO-HEADER": what}}]}], [("/", WENT, header(foo_header="x")), ("/", WENT, header(foo_header="")), ("/", NONE)])
rules("presence matching on without_header", [{**GO, "match": [{"withoutHeaders": {"FOO-HEADER": None}}]}], [("/", WENT), ("/", NONE, header(foo_header="x"))])
for title, what, yes, no in (("exact", {"exact": "foo"}, ["/?token=foo", "/x?a=b&token=foo"], ["/?token=foox", "/", "/?token", "/?tokens=foo"]), ("prefix", {"prefix": "foo-"}, ["/?token=foo-", "/?token=foo-bar"], ["/?token=foo", "/?token=xfoo-"]),
                             ("regex", {"regex": "BAR.+?\\..+?\\..+?"}, ["/?token=BARa.b.c"], ["/?token=BARa.b", "/"]), ("regex for all cases", {"regex": "*"}, ["/?token=x", "/?token=", "/?token"], ["/", "/?other=x"])):
    rules(f"{title} matching on query parameter", [{**GO, "match": [{"queryParams": {"token": what}}]}], [(p, {**WENT, "response_headers": {"location": f"http://{AUTHORITY}example.org?{p.partition('?')[2]}"}}) for p in yes] + [(p, NONE) for p in no])
rules("source namespace matching", [to("one", match=[{"sourceNamespace": "foo"}]), to("two", match=[{"sourceNamespace": "bar"}])], [("/", gets("one"), {"ns": "foo"}), ("/", gets("two"), {"ns": "bar"}), ("/", gets("front"))], ("mesh",))


def edits(name, host):
    return {"request": {"set": {f"x-{name}req-set": "v1", ":authority": f"{host}foo.extsvc.com"}, "add": {f"x-{name}req-add": "v2", ":authority": f"{host}bar.extsvc.com"}, "remove": [f"x-{name}req-remove"]},
            "response": {"set": {f"x-{name}resp-set": "v1"}, "add": {f"x-{name}resp-add": "v2"}, "remove": [f"x-{name}resp-remove"]}}


SENT = header(x_req_remove="1", x_route_req_remove="1", x_req_set="old", x_req_add="old", x_route_req_set="old", x_route_req_add="old")
rules("header operations for single cluster", [{"route": [{"destination": {"host": "split", "subset": "v1"}, "headers": edits("route-", "internal."), "weight": 100}], "headers": edits("", "")}], [("/", gets("split-v1", upstream={
    "host": "foo.extsvc.com", "headers": {"x-req-set": "v1", "x-req-add": "old,v2", "x-route-req-set": "v1", "x-route-req-add": "old,v2"}, "headers_absent": ["x-req-remove", "x-route-req-remove"]},
    response_headers={"x-resp-set": "v1", "x-resp-add": "v2", "x-route-resp-set": "v1", "x-route-resp-add": "v2"}), SENT)])
for blue, green, who, share in ((9, 1, "blue", .9), (1, 9, "green", .9)):
    rules(f"header operations for weighted cluster, {who}", [{"route": [{"destination": {"host": "split", "subset": n}, "headers": edits(f"route-{n}-", n + "."), "weight": w} for n, w in (("blue", blue), ("green", green))], "headers": edits("", "")}], [
        ("/", {"distribution": {f"default/split-{who}": {"share": share, "tolerance": .001}}, "upstream": {"headers": {"x-req-set": "v1", "x-req-add": "old,v2"}, "headers_absent": ["x-req-remove"]}, "response_headers": {"x-resp-set": "v1", "x-resp-add": "v2"}}, SENT)])
for n in ("blue", "green"):
    rules(f"header operations for one of a weighted cluster, {n}", [{"route": [{"destination": {"host": "split", "subset": m}, "headers": edits(f"route-{m}-", m + "."), "weight": 100 if m == n else 0} for m in ("blue", "green")], "headers": edits("", "")}], [
        ("/", gets(f"split-{n}", upstream={"host": "foo.extsvc.com", "headers": {f"x-route-{n}-req-set": "v1", f"x-route-{n}-req-add": "v2", "x-req-set": "v1"}}, response_headers={f"x-route-{n}-resp-set": "v1"}), SENT)])
rules("redirect code", [GO], [("/", WENT)])
rules("host rewrite", [to("one", rewrite={"authority": "bar.example.org"})], [("/x", gets("one", upstream={"host": "bar.example.org", "path": "/x"}))])
rules("full path rewrite", [to("one", rewrite={"uriRegexRewrite": {"match": "/.*", "rewrite": "/replace-full"}})], [("/x/y?q=1", gets("one", upstream={"path": "/replace-full?q=1"}))])
rules("prefix path rewrite", [to("one", rewrite={"uri": "/replace-prefix"})], [("/x", gets("one", upstream={"path": "/replace-prefixx"})), ("/", gets("one", upstream={"path": "/replace-prefix"}))])
rules("path and host rewrite", [to("one", rewrite={"uriRegexRewrite": {"match": "/.*", "rewrite": "/replace-full"}, "authority": "bar.example.org"})], [("/x", gets("one", upstream={"path": "/replace-full", "host": "bar.example.org"}))])
rules("path regex match with regex rewrite", [to("one", match=[{"uri": {"regex": "^/service/[^/]+/.*$"}}], rewrite={"uriRegexRewrite": {"match": "^/service/([^/]+)(/.*)$", "rewrite": "\\2/instance/\\1"}})], [
    ("/service/foo/v1/api", gets("one", upstream={"path": "/v1/api/instance/foo"})), ("/service/foo", NONE)])
rules("full path redirect", [{"redirect": {"uri": "/replace-full-path", "authority": AUTHORITY, "redirectCode": 308}}], [("/x", {**status(308), "response_headers": {"location": f"http://{AUTHORITY}/replace-full-path"}})])
rules("prefix_rewrite redirect", [{"redirect": {"authority": "foo.example.com", "prefixRewrite": "/", "redirectCode": 301}}], [("/x/y", {**status(301), "response_headers": {"location": "http://foo.example.com/x/y"}})])
SECURE = {"headers": {"response": {"set": {"Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload"}}}}
SECURED = {"strict-transport-security": "max-age=31536000; includeSubDomains; preload"}
rules("redirect and header manipulation", [{**GO, **SECURE}], [("/", {**WENT, "response_headers": {**WENT["response_headers"], **SECURED}})])
rules("direct response code", [{"directResponse": {"status": 200, "body": {"string": "hello"}}}], [("/", {"http_status": 200})])
rules("direct response code and header manipulation", [{"directResponse": {"status": 200, "body": {"string": "hello"}}, **SECURE}], [("/", {"http_status": 200, "response_headers": SECURED})])


def vs(name, hosts, to_, port=None, match=None):
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": name, "namespace": "default"}, "spec": {"hosts": hosts, "http": [{**({"match": [match]} if match else {}), "route": [{"destination": {"host": to_, **({"port": {"number": port}} if port else {})}}]}]}}


def entry(name, host, port=8080):
    return [{"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": name, "namespace": "default"}, "spec": {
        "hosts": [host], "location": "MESH_INTERNAL", "resolution": "NONE" if host.startswith("*") else "STATIC", **({} if host.startswith("*") else {"workloadSelector": {"labels": {"app": name}}}), "ports": [{"number": port, "name": "http", "protocol": "HTTP"}]}}] + (
        [] if host.startswith("*") else [pod(name)])


WILD = [vs("wildcard", ["*.example.org"], "one.default.svc.cluster.local", 8080, {"port": 8080}), vs("nested-wildcard", ["*.hello.example.org"], "two.default.svc.cluster.local", 8080, {"port": 8080}), vs("google-wildcard", ["*.google.com"], "front.default.svc.cluster.local", 8080)]
case("overlapping wildcard hosts", [*WORLD, *entry("wild", "*.example.org"), *entry("nested", "goodbye.hello.example.org"), *WILD, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {
    "mesh": "outboundTrafficPolicy: { mode: REGISTRY_ONLY }\n"}}], [
    call(f"{h} {p}", "198.51.100.9", p, e, src="client", ns="default", host=h, path="/") for h, p, e in (
        ("x.example.org", 8080, gets("one")), ("goodbye.hello.example.org", 8080, gets("two")), ("x.google.com", 8080, status(502)))])


# TestSortVHostRoutes: several VirtualServices of one host at a gateway; what takes everything comes last.
def part(name, match, target, time):
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": name, "namespace": "default", "creationTimestamp": f"2026-01-01T00:00:0{time}Z"}, "spec": {"hosts": ["sorted.example.com"], "gateways": ["some-gateway"], "http": [{"match": [match], **to(target)}]}}


PARTS = [part("all", {"uri": {"prefix": "/"}}, "front", 1), part("path", {"uri": {"exact": "/path1"}}, "one", 2), part("prefix", {"uri": {"prefix": "/prefix1"}}, "two", 3), part("regex", {"uri": {"regex": ".*?regex1"}}, "split", 4)]
case("routes with catchall match", [*WORLD, *PARTS], [call(p, "sorted.example.com", 80, e, outside=True, gateway="istio-system/istio-ingressgateway", host="sorted.example.com", path=p) for p, e in (
    ("/path1", gets("one")), ("/prefix1/x", gets("two")), ("/anything", gets("front")))] + [
    call("/xregex1", "sorted.example.com", 80, {"outcome": "allowed", "distribution": {"default/front": {"share": 0, "tolerance": 0}}}, outside=True, gateway="istio-system/istio-ingressgateway", host="sorted.example.com", path="/xregex1")])

write(sys.argv[1], "route-rules")
