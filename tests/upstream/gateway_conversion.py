"""istio/istio pilot/pkg/config/kube/gateway/testdata (86c9f01): which requests the VirtualServices of those goldens route where. The inputs are
written down in short; gateways are istiod's own deployments here (no spec.addresses), and every backend has one pod of its name."""
import sys

from echo_mesh import ROOT, call, case, namespace, status, write

PART = "istio.io/test-name-part"
SYSTEM = "istio-system"
NOT_FOUND, NO_BACKEND = status(404), status(500)


def ns(name):
    return namespace(name, **{PART: name.split("-")[0]})


def backend(name, where="default", ports=(80,), kind="http"):
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": where}, "spec": {"selector": {"app": name}, "ports": [{"name": f"{kind}-{p}", "port": p, "targetPort": p} for p in ports]}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": where}, "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": p} for p in ports]}]}}}}]


def listener(name, host=None, port=80, protocol="HTTP", source="All", kinds=None, **selector):
    namespaces = {"from": "Selector", "selector": selector} if selector else {"from": source}
    out = {"name": name, "port": port, "protocol": protocol, "allowedRoutes": {"namespaces": namespaces, **({"kinds": [{"kind": kinds}]} if kinds else {})}}
    if host:
        out["hostname"] = host
    return out


def gateway(listeners, name="gateway", where=SYSTEM):
    return [ROOT, {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": name, "namespace": where}, "spec": {"gatewayClassName": "istio", "listeners": listeners}}]


def route(name, where, hosts, rules, sections=(None,), kind="HTTPRoute", parents=None, of="gateway", at=SYSTEM):
    refs = parents or [{"name": of, "namespace": at, **({"sectionName": s} if s else {})} for s in sections]
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": {"name": name, "namespace": where}, "spec": {"parentRefs": refs, **({"hostnames": hosts} if hosts else {}), "rules": rules}}


def to(name, port=80, *matches, **more):
    return {**({"matches": list(matches)} if matches else {}), "backendRefs": [{"name": name, "port": port, **more}]}


def path(value, kind="PathPrefix", **more):
    return {"path": {"type": kind, "value": value}, **more}


def ask(host, e, url="/", gate="istio-system/gateway", port=80, protocol="http", **request):
    return call(f"{host}{url} {request}", host, port, e, outside=True, gateway=gate, protocol=protocol, **({"host": host, "path": url} if protocol != "tcp" else {}), **request)


def gets(name, where="default", **more):
    return {"outcome": "allowed", "http_status": 200, "routed_to": f"{where}/{name}", **more}


# route-binding
def expression(operator, *values, key=PART):
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


GONE = "istio.io/test-label-not-found"
SELECTORS = {"labels": {"matchLabels": {PART: "group"}}, "expr-in-yes": {"matchExpressions": [expression("In", "group")]}, "expr-in-no": {"matchExpressions": [expression("In", "public")]},
             "expr-notin-yes": {"matchExpressions": [expression("NotIn", "private"), expression("NotIn", "irrelevant", key=GONE)]},
             "expr-notin-no": {"matchExpressions": [expression("NotIn", "group"), expression("NotIn", "irrelevant", key=GONE)]}, "expr-exists-yes": {"matchExpressions": [expression("Exists")]},
             "expr-exists-no": {"matchExpressions": [expression("Exists", key="istio.io/test-name-public")]}, "expr-dne-yes": {"matchExpressions": [expression("DoesNotExist", key=GONE)]},
             "expr-dne-no": {"matchExpressions": [expression("DoesNotExist")]}, "combined-yes": {"matchLabels": {PART: "group"}, "matchExpressions": [expression("In", "group")]},
             "combined-no": {"matchLabels": {PART: "public"}, "matchExpressions": [expression("In", "group")]}}
BINDING = gateway([listener("default", "*.domain.example"), listener("foobar", "*.foobar.example", kinds="HTTPRoute"), listener("same-namespace", "*.same-namespace.example", source="Same"),
                   listener("scope-route", "*.scope-route.example", kinds="TCPRoute")] + [listener("slctr-" + n, f"*.slctr-{n}.example", **s) for n, s in SELECTORS.items()])
for n in ("default", "group-namespace1", "group-namespace2"):
    BINDING += [ns(n)] + backend("httpbin", n, (80, 82, 84, 85, 86, 87))
BINDING += backend("httpbin", SYSTEM, (81,)) + backend("echo")
BINDING += [route("section-name-cross-namespace", "default", ["alpha.foobar.example"], [to("httpbin")], ["foobar"]), route("same-namespace-valid", SYSTEM, None, [to("httpbin", 81)], ["foobar", "same-namespace"]),
            route("same-namespace-invalid", "default", ["foo.same.example"], [to("echo")], ["same-namespace"]), route("wrong-protocol", "default", None, [to("httpbin", 82)], ["foobar"], "TCPRoute"),
            route("host-mismatch", "default", ["no.match.example"], [to("httpbin", 84)], ["foobar"]), route("bind-all", "default", None, [to("httpbin", 85)]),
            route("bind-cross-namespace", "group-namespace1", None, [to("httpbin", 86)], ["slctr-" + n for n in SELECTORS if n != "labels"])]
case("route binding", BINDING, [ask("alpha.foobar.example", gets("httpbin", target_port=80)), ask("x.same-namespace.example", gets("httpbin", SYSTEM, target_port=81)), ask("foo.same.example", NOT_FOUND),
                                ask("no.match.example", NOT_FOUND), ask("x.domain.example", gets("httpbin", target_port=85)), ask("x.scope-route.example", NOT_FOUND)] + [
    ask(f"x.slctr-{n}.example", gets("httpbin", "group-namespace1", target_port=86) if n.endswith("yes") else gets("httpbin", target_port=85) if n == "expr-notin-no" else NOT_FOUND)
    # Where both bind-all and bind-cross-namespace are taken, upstream's golden has them in one table.
    for n in SELECTORS if n not in ("labels", "expr-dne-yes", "expr-exists-yes", "expr-notin-yes")])
for title, who, good in (("second", "group-namespace2", True), ("invalid", "default", False)):
    case(f"route binding by label, {title}", BINDING[:-1] + [route("bind-cross-namespace", who, None, [to("httpbin", 87)], ["slctr-labels"])], [
        ask("x.slctr-labels.example", gets("httpbin", who, target_port=87) if good else NOT_FOUND)])

# route-precedence
MINE = {"headers": [{"name": "my-header", "value": "some-value", "type": "Exact"}]}
REGEX = path("/foo((\\/).*)?", "RegularExpression")
SERVICES = [{"group": "", "kind": "Service", "name": n} for n in ("a-example", "b-example")]
PRECEDENCE = gateway([listener("default", "*.domain.example", matchLabels={PART: "allowed"})]) + [ns(n) for n in ("allowed-1", "allowed-2", "default")]
for where, names in (("allowed-1", ("svc1", "svc2", "a-example", "b-example")), ("allowed-2", ("svc2", "svc3", "a-example")), ("default", ("svc4",))):
    for n in names:
        PRECEDENCE += backend(n, where)
GATE = [{"name": "gateway", "namespace": SYSTEM}]
PRECEDENCE += [
    route("http", "allowed-1", ["a.domain.example", "b.domain.example"], [to("svc1", 80, path("/foo", **MINE)), to("svc2", 80, REGEX)], parents=GATE + SERVICES),
    route("http", "allowed-2", ["a.domain.example"], [
        to("svc2", 80, path("/foo/bar"), path("/bar")), to("svc2", 80, path("/baz", "Exact", **MINE, queryParams=[{"name": "my-param", "value": "some-value", "type": "RegularExpression"}])),
        to("svc3", 80, path("/")), to("svc2", 80, path("/", method="PATCH"))], parents=GATE + SERVICES[:1]),
    route("http", "default", ["a.domain.example", "b.domain.example"], [to("svc4", 80, path("/abc", **MINE))], parents=GATE)]
WITH = {"headers": {"my-header": "some-value"}}
A, B = "a.domain.example", "b.domain.example"
case("route precedence", PRECEDENCE, [
    ask(A, gets("svc2", "allowed-2"), "/baz?my-param=some-value", **WITH), ask(A, gets("svc3", "allowed-2"), "/baz?my-param=some-value"), ask(A, gets("svc2", "allowed-2"), "/foo/bar", **WITH),
    ask(A, gets("svc1", "allowed-1"), "/foo/x", **WITH), ask(A, gets("svc2", "allowed-2"), "/bar"), ask(A, gets("svc2", "allowed-2"), "/any", method="PATCH"), ask(A, gets("svc3", "allowed-2"), "/any"),
    ask(A, gets("svc3", "allowed-2"), "/foo"), ask(A, gets("svc3", "allowed-2"), "/abc", **WITH), ask(B, gets("svc1", "allowed-1"), "/foo", **WITH), ask(B, gets("svc2", "allowed-1"), "/foo"), ask(B, gets("svc2", "allowed-1"), "/foo/bar"),
    ask(B, NOT_FOUND, "/abc", **WITH), ask(B, NOT_FOUND, "/")])
CLIENT = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client", "namespace": n, "labels": {"app": "client", "sidecar.istio.io/inject": "true"}}, "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}}
          for n in ("allowed-1", "allowed-2")]
case("route precedence in the mesh", PRECEDENCE + CLIENT, [call(f"{n} {s} {p} {r}", f"{s}.{n}", 80, gets(e, n) if e else NOT_FOUND, src="client", ns=n, path=p, **r) for n, s, p, r, e in (
    ("allowed-1", "a-example", "/foo/x", WITH, "svc1"), ("allowed-1", "a-example", "/foo/x", {}, "svc2"), ("allowed-1", "b-example", "/foo", {}, "svc2"), ("allowed-1", "b-example", "/else", {}, None),
    ("allowed-2", "a-example", "/baz?my-param=some-value", WITH, "svc2"), ("allowed-2", "a-example", "/baz", WITH, "svc3"), ("allowed-2", "a-example", "/foo/bar", {}, "svc2"), ("allowed-2", "a-example", "/x", {"method": "PATCH"}, "svc2"))])

# isolation
ISOLATED = [("empty-hostname", None, "bar.com"), ("wildcard-example-com", "*.example.com", "bar.example.com"), ("wildcard-foo-example-com", "*.foo.example.com", "bar.foo.example.com"), ("abc-foo-example-com", "abc.foo.example.com", "abc.foo.example.com")]
INFRA = "gateway-conformance-infra"
ISOLATION = gateway([listener(n, h) for n, h, _ in ISOLATED], "isolation", INFRA) + [ns(INFRA)] + backend("infra-backend-v1", INFRA, (8080,)) + [
    route(f"attaches-to-{n}", INFRA, ["bar.com", "*.example.com", "*.foo.example.com", "abc.foo.example.com"], [to("infra-backend-v1", 8080, path("/" + n))], [n], of="isolation", at=INFRA) for n, _, _ in ISOLATED]
case("isolation", ISOLATION, [ask(host, gets("infra-backend-v1", INFRA) if n == own else NOT_FOUND, "/" + n, f"{INFRA}/isolation") for own, _, host in ISOLATED for n, _, _ in ISOLATED])

# empty-backend-refs, zero, weighted
PLAIN = gateway([listener("default", "*.domain.example"), listener("tcp", port=34000, protocol="TCP")]) + [ns("default")] + backend("httpbin", ports=(80, 9090)) + backend("httpbin-zero", ports=(8080,)) + backend("httpbin-other", ports=(8080,)) + \
    backend("httpbin-alt", ports=(9090,), kind="tcp") + backend("foo-svc", ports=(8000,))
ADD = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "foo", "value": "bar"}]}}
ADDED = to("foo-svc", 8000, path("/weighted-100"), weight=100, filters=[ADD, {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"add": [{"name": "response", "value": "header"}]}}])
NO, ZERO, FIRST = "no-backend.domain.example", "zero-weight.domain.example", "first.domain.example"
case("empty backend refs", PLAIN + [route("no-backend", "default", [NO], [{"matches": [path("/no-backend")]}, {"matches": [path("/empty-list")], "backendRefs": []}]),
                                   route("zero-weight-backend", "default", [ZERO], [to("httpbin", 80, path("/zero-weight"), weight=0)])], [
    ask(NO, NO_BACKEND, "/no-backend"), ask(NO, NO_BACKEND, "/empty-list"), ask(NO, NOT_FOUND, "/else"), ask(ZERO, NO_BACKEND, "/zero-weight")])
case("zero", PLAIN + [route("http", "default", [FIRST], [to("httpbin-zero", 8080, path("/get"), weight=0), ADDED]), route("tcp", "default", None, [to("httpbin-zero", 8080, weight=0)], kind="TCPRoute")], [
    ask(FIRST, NO_BACKEND, "/get"), ask(FIRST, gets("foo-svc", upstream={"headers": {"foo": "bar"}}), "/weighted-100"), ask("gateway", {"outcome": "unreachable"}, port=34000, protocol="tcp")])
case("weighted", PLAIN + [route("http", "default", [FIRST], [{"matches": [path("/get")], "backendRefs": [{"name": "httpbin", "port": 80, "weight": 2}, {"name": "httpbin-other", "port": 8080, "weight": 3}, {"name": "httpbin-zero", "port": 8080, "weight": 0}]}, ADDED]),
                          route("tcp", "default", None, [{"backendRefs": [{"name": "httpbin", "port": 9090, "weight": 1}, {"name": "httpbin-alt", "port": 9090, "weight": 2}]}], ["tcp"], "TCPRoute")], [
    ask(FIRST, {"distribution": {"default/httpbin": {"share": .4, "tolerance": .001}, "default/httpbin-other": {"share": .6, "tolerance": .001}}}, "/get"),
    ask(FIRST, gets("foo-svc", upstream={"headers": {"foo": "bar"}}), "/weighted-100"),
    ask("gateway", {"distribution": {"default/httpbin": {"share": 1 / 3, "tolerance": .001}, "default/httpbin-alt": {"share": 2 / 3, "tolerance": .001}}}, port=34000, protocol="tcp")])

# reference-policy-service
GRANT = {"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant", "metadata": {"name": "allow-service", "namespace": "service"}, "spec": {
    "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": SYSTEM}], "to": [{"group": "", "kind": "Service", "name": "my-svc"}]}}
case("reference to a service", gateway([listener("simple", "*.domain.example")]) + [ns("service"), ns("default"), GRANT] + backend("my-svc", "service") + backend("httpbin") + [
    route("http", SYSTEM, ["simple.domain.example"], [to("my-svc", 80, namespace="service")]),
    route("backend-not-allowed", SYSTEM, ["simple2.domain.example"], [{"backendRefs": [{"name": "my-svc", "namespace": "service", "port": 80, "weight": 1}, {"name": "httpbin", "namespace": "default", "port": 80, "weight": 1}]}])], [
    ask("simple.domain.example", gets("my-svc", "service")), ask("simple2.domain.example", {"distribution": {"service/my-svc": {"share": .5, "tolerance": .001}}, "allowed_share": {"value": .5, "tolerance": .001}})])

# redirect-only, valid-invalid-parent-ref, http-grpc-same-host
case("redirect only", gateway([listener("http", "*.domain.example")]) + [route("http-to-https-redirect", SYSTEM, None, [{"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]}], ["http"])], [
    ask("x.domain.example", status(301), "/a"), ask("x.other.example", NOT_FOUND)])
ENTRY = {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": "egress", "namespace": "default"}, "spec": {"hosts": ["google.com"], "resolution": "DNS", "ports": [
    {"number": 80, "name": "http", "protocol": "HTTP"}, {"number": 443, "name": "tls", "protocol": "TLS"}]}}
HOME = [{**CLIENT[0], "metadata": {**CLIENT[0]["metadata"], "namespace": "default"}}]
case("valid and invalid parents", PLAIN + HOME + [ENTRY, route("mixed", "default", None, [to("httpbin", weight=1)], parents=[
    {"name": "gateway", "namespace": SYSTEM, "port": 80}, {"kind": "ServiceEntry", "group": "networking.istio.io", "name": "egress"}, {"name": "gateway", "namespace": SYSTEM, "port": 1234},
    {"group": "", "kind": "Service", "name": "random", "namespace": "nonexistent"}])], [
    ask("x.domain.example", gets("httpbin")), call("egress", "google.com", 80, gets("httpbin"), src="client", ns="default")])
case("http and grpc of one host", PLAIN + backend("grpcbin", ports=(9090,), kind="grpc") + [route("http", "default", ["my.domain.example"], [to("httpbin", 80, path("/api"))]), route("grpc", "default", ["my.domain.example"], [
    to("grpcbin", 9090, {"method": {"service": "foo.FooService", "type": "Exact"}})], kind="GRPCRoute")], [
    ask("my.domain.example", gets("httpbin"), "/api/x"), ask("my.domain.example", {"outcome": "allowed", "routed_to": "default/grpcbin"}, "/foo.FooService/Do", protocol="grpc", method="POST"),
    ask("my.domain.example", NOT_FOUND, "/else")])

# mesh
MESH = gateway([listener("default", "*.example.com")]) + [ns("default"), ns("apple")] + HOME + [d for n in ("echo", "echo-port", "echo-1", "echo-2", "example") for d in backend(n, ports=(80, 8080))] + backend("httpbin-apple", "apple", (80, 8080))


def of(*services):
    return [{"group": "", "kind": "Service", "name": n, **more} for n, more in services]


HEADER = {"matches": [path("/path")], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "my-added-header", "value": "added-value"}]}}], "backendRefs": [{"name": "echo", "port": 80}]}
MESH += [route("echo", "default", None, [to("echo")], parents=of(("echo", {}))), route("dual", "default", ["foo.example.com"], [to("example")], parents=of(("example", {})) + GATE), route("header", "default", None, [HEADER], parents=of(("echo", {}))),
         route("echo-port", "default", None, [to("echo")], parents=of(("echo-port", {"port": 80}))), route("multi-service", "default", None, [to("echo")], parents=of(("echo-1", {"port": 80}), ("echo-1", {"port": 8080}), ("echo-2", {}))),
         route("consumer-override", "default", None, [to("httpbin-apple", 80, namespace="apple")], parents=of(("httpbin-apple", {"namespace": "apple", "port": 80})))]
case("mesh", MESH, [call(f"{h} {p} {u}", h, p, gets(e, w, target_port=t, **more), src="client", ns="default", path=u) for h, p, u, e, w, t, more in (
    ("echo", 80, "/path", "echo", "default", 80, {"upstream": {"headers": {"my-added-header": "added-value"}}}), ("echo", 80, "/", "echo", "default", 80, {"upstream": {"headers_absent": ["my-added-header"]}}),
    ("echo", 8080, "/", "echo", "default", 80, {}), ("echo-port", 80, "/", "echo", "default", 80, {}), ("echo-port", 8080, "/", "echo-port", "default", 8080, {}), ("echo-1", 80, "/", "echo", "default", 80, {}),
    ("echo-1", 8080, "/", "echo", "default", 80, {}), ("echo-2", 80, "/", "echo", "default", 80, {}), ("echo-2", 8080, "/", "echo", "default", 80, {}), ("example", 8080, "/", "example", "default", 80, {}),
    ("httpbin-apple.apple", 80, "/", "httpbin-apple", "apple", 80, {}), ("httpbin-apple.apple", 8080, "/", "httpbin-apple", "apple", 8080, {}))] + [ask("foo.example.com", gets("example"))])

if __name__ == "__main__":
    write(sys.argv[1], "gateway-conversion")
