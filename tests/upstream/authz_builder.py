"""AuthorizationPolicy at a sidecar, rule by rule: istio/istio (86c9f01) pilot/pkg/security/authz/builder/testdata/{http,tcp},
authz/matcher/*_test.go, trustdomain/bundle_test.go."""
import sys

from echo_mesh import *

HOST = "httpbin.foo.svc.cluster.local"
PORTS_ = [{"name": "http", "port": 8000, "targetPort": 80}, {"name": "http-90", "port": 90, "targetPort": 90}, {"name": "tcp", "port": 9000, "targetPort": 9000}, {"name": "tcp-80", "port": 8080, "targetPort": 8080}]


def pod(name, ns, ip, ports=()):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": name, "version": "v1", "sidecar.istio.io/inject": "true"}},
            "spec": {"serviceAccountName": name, "containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": p} for p in ports]}]}, "status": {"podIP": ip, "phase": "Running"}}


MESH = [ROOT, namespace("foo"), namespace("ns-1"), namespace("ns-2"), pod("httpbin", "foo", "10.10.10.10", (80, 90, 9000, 8080)), pod("bar", "foo", "1.2.3.4"), pod("a", "ns-1", "5.6.7.8"),
        pod("b", "ns-2", "9.0.0.1"), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "httpbin", "namespace": "foo"}, "spec": {"selector": {"app": "httpbin"}, "ports": PORTS_}}]
CALLERS = {"bar": "foo", "a": "ns-1", "b": "ns-2"}


def policy(rules, action="ALLOW", name="p", labels=None, dry=None, **spec):
    return {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": name, "namespace": "foo", "annotations": {"istio.io/dry-run": dry} if dry else {}},
            "spec": {**({"selector": {"matchLabels": labels}} if labels else {}), "action": action, **({"rules": rules} if rules is not None else {}), **spec}}


def http(name, good, src="bar", port=8000, **request):
    return call(name, HOST, port, ok() if good else {"outcome": "denied", "http_status": 403}, src=src, ns=CALLERS[src], **request)


def tcp(name, good, src="bar", port=9000):
    return call(name, HOST, port, {"outcome": "allowed" if good else "denied"}, src=src, ns=CALLERS[src], protocol="tcp")


def matched(title, rule, callers, rows=None, port=8000, **mesh):
    """callers: who matches, or rows: [(request, matches)]. The rule allows, denies or is only logged."""
    for action in ("ALLOW", "DENY", "AUDIT"):
        def good(m):
            return action == "AUDIT" or m == (action == "ALLOW")
        flows = [http(f"{r}", good(m), port=port, **r) for r, m in rows] if rows else [http(c, good(c in callers), src=c, port=port) for c in CALLERS]
        case(f"{title} {action}", MESH + [policy([rule], action)], flows, **mesh)


def source(**s):
    return {"from": [{"source": s}]}


def operation(**o):
    return {"to": [{"operation": o}]}


def when(key, values=None, not_values=None):
    return {"when": [{"key": key, **({"values": values} if values else {}), **({"notValues": not_values} if not_values else {})}]}


ALL = ("bar", "a", "b")
# Sources, in each way of writing a value.
P = "cluster.local/ns/{}/sa/{}".format
for title, s, who in (("principal", {"principals": [P("foo", "bar")]}, ("bar",)), ("principal prefix", {"principals": ["cluster.local/ns/foo/*"]}, ("bar",)), ("principal suffix", {"principals": ["*/sa/a"]}, ("a",)),
                      ("principal any", {"principals": ["*"]}, ALL), ("not principal", {"notPrincipals": [P("foo", "bar")]}, ("a", "b")), ("not principal any", {"notPrincipals": ["*"]}, ()),
                      ("principal and not", {"principals": ["*"], "notPrincipals": ["*/sa/a"]}, ("bar", "b")), ("namespace", {"namespaces": ["ns-1"]}, ("a",)), ("namespace prefix", {"namespaces": ["ns-*"]}, ("a", "b")),
                      ("namespace suffix", {"namespaces": ["*-2"]}, ("b",)), ("not namespace", {"notNamespaces": ["ns-*"]}, ("bar",)), ("ip", {"ipBlocks": ["1.2.3.4", "5.6.0.0/16"]}, ("bar", "a")),
                      ("not ip", {"notIpBlocks": ["9.0.0.1"]}, ("bar", "a")), ("remote ip", {"remoteIpBlocks": ["1.2.3.4"]}, ("bar",)), ("service account", {"serviceAccounts": ["ns-1/a"]}, ("a",)),
                      ("service account of the policy's namespace", {"serviceAccounts": ["bar"]}, ("bar",)), ("not service account", {"notServiceAccounts": ["ns-1/a", "bar"]}, ("b",)),
                      ("two attributes", {"namespaces": ["ns-1"], "ipBlocks": ["9.0.0.1"]}, ()), ("request principal", {"requestPrincipals": ["*"]}, ()), ("not request principal", {"notRequestPrincipals": ["*"]}, ALL),
                      ("trust domain", {"trustDomains": ["cluster.local", "another.local"]}, ALL), ("trust domain other", {"trustDomains": ["another.local"]}, ()),
                      ("not trust domain", {"notTrustDomains": ["bad*", "untrusted"]}, ALL), ("not trust domain own", {"notTrustDomains": ["cluster.*"]}, ())):
    matched("from " + title, source(**s), who)
matched("from either source", {"from": [{"source": {"namespaces": ["ns-1"]}}, {"source": {"namespaces": ["ns-2"]}}]}, ("a", "b"))
matched("empty rule", {}, ALL)

# Operations.
for title, op, rows in (
        ("method", {"methods": ["GET"]}, [({"method": "GET"}, True), ({"method": "POST"}, False)]),
        ("method prefix", {"methods": ["P*"]}, [({"method": "PUT"}, True), ({"method": "POST"}, True), ({"method": "GET"}, False)]),
        ("not method", {"notMethods": ["GET"]}, [({"method": "GET"}, False), ({"method": "PUT"}, True)]),
        ("path exact", {"paths": ["/exact"]}, [({"path": "/exact"}, True), ({"path": "/exact/"}, False), ({"path": "/exact?q=1"}, True), ({"path": "/EXACT"}, False)]),
        ("path prefix", {"paths": ["/prefix/*"]}, [({"path": "/prefix/"}, True), ({"path": "/prefix/a/b"}, True), ({"path": "/prefix"}, False)]),
        ("path suffix", {"paths": ["*/suffix"]}, [({"path": "/a/suffix"}, True), ({"path": "/suffix"}, True), ({"path": "/suffix/a"}, False)]),
        ("path any", {"paths": ["*"]}, [({"path": "/"}, True), ({"path": "/x"}, True)]),
        ("path template one", {"paths": ["/path/template/{*}"]}, [({"path": "/path/template/x"}, True), ({"path": "/path/template/"}, False), ({"path": "/path/template/x/y"}, False)]),
        ("path template rest", {"paths": ["/{**}/path/template"]}, [({"path": "/a/path/template"}, True), ({"path": "/a/b/path/template"}, True), ({"path": "/path/template"}, False), ({"path": "/a/path/template/x"}, False)]),
        ("not path", {"notPaths": ["/not-exact", "/not-prefix/*", "*/not-suffix", "/not-path/template/{*}"]},
         [({"path": "/not-exact"}, False), ({"path": "/not-prefix/x"}, False), ({"path": "/x/not-suffix"}, False), ({"path": "/not-path/template/x"}, False), ({"path": "/other"}, True)]),
        ("host exact", {"hosts": ["example.com"]}, [({"host": "example.com"}, True), ({"host": "EXAMPLE.com"}, True), ({"host": "www.example.com"}, False)]),
        ("host suffix", {"hosts": ["*.example.com"]}, [({"host": "www.example.com"}, True), ({"host": "example.com"}, False), ({"host": "WWW.Example.COM"}, True)]),
        ("host prefix", {"hosts": ["prefix.example.*"]}, [({"host": "prefix.example.org"}, True), ({"host": "example.org"}, False)]),
        ("not host", {"notHosts": ["not-example.com", "*.not-example.com"]}, [({"host": "not-example.com"}, False), ({"host": "a.not-example.com"}, False), ({"host": "example.com"}, True)])):
    # A naked call by address carries the Host header unchanged to the sidecar.
    if "host" in str(op).lower():
        rows = [({**r}, m) for r, m in rows]
    matched("to " + title, operation(**op), None, rows=[(r, m) for r, m in rows])
matched("to port of the container", operation(ports=["80"]), ALL, port=8000)
matched("to port of the service", operation(ports=["8000"]), (), port=8000)
matched("to not port", operation(notPorts=["80"]), (), port=8000)

# Conditions.
H = "request.headers[X-header]"
for title, condition, rows in (
        ("header exact", when(H, ["header"]), [({"headers": {"x-header": "header"}}, True), ({"headers": {"x-header": "Header"}}, False), ({}, False)]),
        ("header prefix", when(H, ["header-prefix-*"]), [({"headers": {"x-header": "header-prefix-1"}}, True), ({"headers": {"x-header": "header"}}, False)]),
        ("header suffix", when(H, ["*-suffix-header"]), [({"headers": {"x-header": "a-suffix-header"}}, True), ({"headers": {"x-header": "header"}}, False)]),
        ("header any", when(H, ["*"]), [({"headers": {"x-header": "1"}}, True), ({}, False)]),
        ("not header", when(H, None, ["header"]), [({"headers": {"x-header": "header"}}, False), ({"headers": {"x-header": "other"}}, True), ({}, True)]),
        ("header and not", when(H, ["*"], ["header"]), [({"headers": {"x-header": "header"}}, False), ({"headers": {"x-header": "other"}}, True), ({}, False)])):
    matched("when " + title, condition, None, rows=rows)
for title, condition, who in (("source ip", when("source.ip", ["1.2.3.4", "9.0.0.0/24"]), ("bar", "b")), ("not source ip", when("source.ip", None, ["1.2.3.4"]), ("a", "b")), ("remote ip", when("remote.ip", ["5.6.0.0/16"]), ("a",)),
                              ("source namespace", when("source.namespace", ["ns-1"]), ("a",)), ("source principal", when("source.principal", [P("foo", "bar")]), ("bar",)),
                              ("not source principal", when("source.principal", None, ["*/sa/bar"]), ("a", "b")), ("destination ip", when("destination.ip", ["10.10.10.10"]), ALL), ("destination ip other", when("destination.ip", ["192.168.10.0/24"]), ()),
                              ("destination port", when("destination.port", ["80"]), ALL), ("not destination port", when("destination.port", None, ["80"]), ()), ("request principal", when("request.auth.principal", ["*"]), ()),
                              ("not claim", when("request.auth.claims[iss]", None, ["iss"]), ALL), ("sni of mutual tls", when("connection.sni", ["outbound_*"]), ALL)):
    matched("when " + title, condition, who)

# Several policies: any ALLOW is enough, DENY comes first, AUDIT decides nothing, dry-run neither.
PATHS = ("/allow", "/deny", "/another", "/x")


def several(title, policies, allowed, **mesh):
    case(title, MESH + policies, [http(p, p in allowed, path=p) for p in PATHS], **mesh)


def by_path(path, action="ALLOW", name="p", dry=None):
    return policy([operation(paths=[path])], action, name, {"app": "httpbin", "version": "v1"}, dry)


several("allow nothing", [policy(None)], ())
several("allow all", [policy([{}])], PATHS)
several("deny all", [policy([{}], "DENY")], ())
several("audit all", [policy([{}], "AUDIT")], PATHS)
several("two allow policies", [by_path("/allow", name="a"), by_path("/another", name="b")], ("/allow", "/another"))
several("deny before allow", [policy([{}], name="a"), by_path("/deny", "DENY", "b")], ("/allow", "/another", "/x"))
several("dry-run allow", [by_path("/allow", dry="true")], PATHS)
several("dry-run allow and deny", [by_path("/allow", name="a", dry="true"), by_path("/deny", "DENY", "b", "true")], PATHS)
several("dry-run mixed", [by_path("/allow", name="a", dry="true"), by_path("/another", name="b", dry="false")], ("/another",))
several("selectors of more and fewer labels", [by_path("/allow", name="a"), policy([operation(paths=["/another"])], name="b", labels={"version": "v2"})], ("/allow",))
case("dry-run mixed tcp", MESH + [policy([operation(ports=["8080"])], name="a", dry="true"), policy([operation(ports=["9000"])], name="b", dry="false")], [
    tcp("9000", True), tcp("8080", False, port=8080)])
case("deny and allow by principal", MESH + [policy([source(principals=[P("ns-1", "a")])], "DENY", "d"), policy([source(principals=[P("foo", "bar"), P("ns-1", "a")])], name="a")], [
    http("allowed", True), http("denied", False, src="a"), http("neither", False, src="b")])

# TCP ports: what HTTP conditions mean there. Rules of tcp/{allow,deny}-both-http-tcp-in.yaml with ports of this mesh.
R, GET = {"requestPrincipals": ["id-1"]}, {"methods": ["GET"]}
NS1 = {"namespaces": ["ns-1"]}
TCP_RULES = {"http and http": ({**source(**R), **operation(**GET)}, None, ALL), "nothing and http": (operation(**GET), None, ALL), "http and nothing": (source(**R), None, ALL),
             "tcp and http": ({**source(**NS1), **operation(**GET)}, None, ("a",)), "http and tcp": ({**source(**R), **operation(ports=["9000"])}, None, ALL),
             "http and other port": ({**source(**R), **operation(ports=["8080"], **GET)}, None, ()), "mixed and mixed": ({**source(**NS1, **R), **operation(ports=["9000"], **GET)}, None, ("a",)),
             "tcp and tcp": ({**source(**NS1), **operation(ports=["9000"])}, ("a",), ("a",)), "when http": (when("request.headers[:method]", ["GET"]), None, ALL),
             "when tcp": (when("destination.port", ["9000"]), ALL, ALL)}
for title, (rule, allowed, denied) in TCP_RULES.items():
    case(f"tcp allow {title}", MESH + [policy([rule])], [tcp(c, c in (allowed or ()), src=c) for c in CALLERS])
    case(f"tcp deny {title}", MESH + [policy([rule], "DENY")], [tcp(c, c not in denied, src=c) for c in CALLERS])

# trustdomain/bundle_test.go: the callers here are of the mesh's own trust domain.
for i, (td, aliases, principal, good) in enumerate((
        ("cluster.local", [], "cluster.local/ns/foo/sa/bar", True), ("cluster.local", [], "*", True), ("cluster.local", [], "*/ns/foo/sa/bar", True), ("td2", ["td1"], "td1/ns/foo/sa/bar", True),
        ("td1", ["cluster.local"], "cluster.local/ns/foo/sa/bar", True), ("td1", ["cluster.local"], "*sa/bar", True), ("td2", ["td1", "cluster.local"], "td1/ns/foo/sa/bar", True),
        ("td2", ["foo-td1", "cluster.local"], "*-td1/ns/foo/sa/bar", True), ("td1", ["td2"], "some-td/ns/foo/sa/bar", False), ("td1", ["td2", "some-td"], "some-td/ns/foo/sa/bar", True),
        ("new-td", ["td2", "td3"], "td1/ns/foo/sa/bar", False), ("new-td", ["td2", "td3"], "/ns/foo/sa/bar", False), ("new-td", ["old-td"], "*-td/ns/foo/sa/bar", True), ("td1", ["foobar"], "*bar/ns/foo/sa/bar", True),
        ("td2", [], "cluster.local/ns/foo/sa/bar", True))):
    for where, rule in (("from", source(principals=[principal])), ("when", when("source.principal", [principal]))):
        case(f"trust domain {i:02} {where}", MESH + [policy([rule])], [http("bar", good), http("a", principal == "*", src="a")], trust_domain=td, trust_domain_aliases=aliases)

if __name__ == "__main__":
    write(sys.argv[1], "authz-builder")
