"""istio/istio (86c9f01) pilot/pkg/config/kube/ingress/{conversion_test.go,testdata}: TestGoldenConversion, TestConversion, TestIngressClass, TestNamedPortIngressConversion, read off requests to the ingress
gateway. A port number of the test is a Service of that number here."""
import sys

import yaml
from echo_mesh import ROOT, call, case, classic_gateway, namespace, ok, status, write

GATE = "istio-system/istio-ingressgateway"


def service(name, ns, port=8000, port_name="http"):
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": {"selector": {"app": name}, "ports": [{"name": port_name, "port": port, "targetPort": 8080}]}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": name, "sidecar.istio.io/inject": "true"}}, "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}}]


def backend(name, port=8000):
    return {"service": {"name": name, "port": {"name": port} if isinstance(port, str) else {"number": port}}}


def ingress(name, ns, rules, cls="istio", annotations=None, default=None, **spec):
    """rules: {host: [(path, pathType, Service)]}"""
    out = []
    for host, paths in rules.items():
        out.append({"host": host, "http": {"paths": [{**({"path": p} if p else {}), "pathType": t or "ImplementationSpecific", "backend": b if isinstance(b, dict) else backend(b)} for p, t, b in paths]}})
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name, "namespace": ns, **({"annotations": annotations} if annotations else {})}, "spec": {
        **({"ingressClassName": cls} if cls else {}), **({"rules": out} if out else {}), **({"defaultBackend": backend(default)} if default else {}), **spec}}


CLASSES = [{"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": n}, "spec": {"controller": c}} for n, c in (("istio", "istio.io/ingress-controller"), ("foo", "foo"))]


def table(title, ns, objects, services, asked, mode=None, port=80, tls=False):
    """asked: [(host, path, the Service that answers or None)]"""
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": yaml.safe_dump({"ingressControllerMode": mode} if mode else {})}}
    flows = [call(f"{h}{p}", h, port, ok(routed_to=f"{ns}/{want}") if want else status(404), outside=True, gateway=GATE, host=h, path=p, **({"protocol": "https", "sni": h} if tls else {})) for h, p, want in asked]
    case(title, [ROOT, namespace(ns), config, *classic_gateway(), *CLASSES, *objects, *(o for s in services for o in (s if isinstance(s, list) else service(s, ns)))], flows)


# In the golden file the longer prefix /sub/path/ stands before the exact /sub/path, and takes it (a prefix ends at a segment).
H = "foohost.bar.com"
table("golden: overlay", "ns", [ingress("foo", "ns", {H: [(None, None, "service1")]}), ingress("foo2", "ns", {H: [("/second", None, "service2")]})], ["service1", "service2"],
      [(H, "/", "service1"), (H, "/x", "service1"), (H, "/second", "service2"), (H, "/second/x", "service1"), ("other.bar.com", "/", None)])
PATHS = [("/path", None), ("/sub/path", None), ("/sub/path/", None), ("/regex1.*", None), ("/regex2*", None), ("/regex3/*", None), ("/sub/path", "Exact"), ("/sub/path/", "Exact"), ("/sub/path", "Prefix"), ("/sub/path/", "Prefix")]
S = [f"s{4200 + i}" for i in range(10)]
table("golden: simple", "ns", [ingress("foo", "ns", {H: [(p, t, s) for (p, t), s in zip(PATHS, S)]})], S,
      [(H, p, f"s{n}" if n else None) for p, n in (("/path", 4200), ("/path/", None), ("/path/x", None), ("/sub/path", 4209), ("/sub/path/", 4202), ("/sub/path/x", 4209), ("/sub/pathx", None), ("/regex1", 4203), ("/regex1/x", 4203), ("/regex2*", 4204), ("/regex2x", None),
                                                   ("/regex3/x", 4205), ("/regex3", 4205), ("/", None))] + [("other.com", "/path", None)])
CERT = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "myingress-cert", "namespace": "istio-system"}, "type": "kubernetes.io/tls", "data": {"tls.crt": "QQ==", "tls.key": "QQ=="}}
for title, secret in (("tls-no-secret", {}), ("tls", {"secretName": "myingress-cert"})):
    made = [ingress("tls", "bar", {"foo.org": [("/*", None, "httpbin")]}, tls=[{"hosts": ["foo.org"], **secret}]), CERT]
    table("golden: " + title, "bar", made, ["httpbin"], [("foo.org", "/", "httpbin"), ("foo.org", "/x", "httpbin"), ("bar.org", "/", None)])
    if secret:
        table("golden: tls, by TLS", "bar", made, ["httpbin"], [("foo.org", "/", "httpbin")], port=443, tls=True)
MINE = [ingress("mock1", "mock", {"my.host.com": [("/test", None, "foo"), ("/test/foo", "Prefix", "foo2")], "my2.host.com": [("/test1.*", None, "bar")], "my3.host.com": [("/test/*", None, "bar")], "my4.host.com": [("/*", None, "bar")]}),
        ingress("mock2", "mock", {"my.host.com": [("/test2", None, "foo3"), ("/test/foo/bar", "Prefix", "foo4"), ("/test/foo/bar", "Exact", "foo5")]})]
table("conversion", "mock", MINE, ["foo", "foo2", "foo3", "foo4", "foo5", "bar"], [("my.host.com", p, s) for p, s in (("/test", "foo"), ("/test/foo", "foo2"), ("/test/foo/x", "foo2"), ("/test2", "foo3"), ("/test/foo/bar", "foo5"), ("/test/foo/bar/x", "foo4"), ("/test/foobar", None))] + [
    ("my2.host.com", "/test1", "bar"), ("my2.host.com", "/x", None), ("my3.host.com", "/test/x", "bar"), ("my3.host.com", "/x", None), ("my4.host.com", "/anything", "bar")])
for i, (mode, cls, annotation, seen) in enumerate((
        ("DEFAULT", None, "nginx", False), ("STRICT", None, "nginx", False), ("OFF", None, "istio", False), ("DEFAULT", None, "istio", True), ("STRICT", None, "istio", True), ("DEFAULT", None, None, True), ("STRICT", None, None, False),
        ("DEFAULT", "foo", None, False), ("STRICT", "foo", None, False), ("DEFAULT", "istio", None, True), ("STRICT", "istio", None, True), ("OFF", "istio", None, False))):
    # The rule stands for the test's default backend, which makes no route. A gateway without any server does not listen: another Gateway's server answers 404.
    anchor = {"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "anchor", "namespace": "default"}, "spec": {"selector": {"istio": "ingressgateway"}, "servers": [{"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["anchor.example.com"]}]}}
    table(f"class {i}: {mode} {cls} {annotation}", "default", [anchor, ingress("test-ingress", "default", {"any.example.com": [("/*", None, "backend")]}, cls, {"kubernetes.io/ingress.class": annotation} if annotation else None)], ["backend"], [("any.example.com", "/", "backend" if seen else None)], mode)
table("a default backend makes no route", "default", [ingress("default-only", "default", {"x.example.com": [("/x", None, "backend")]}, default="backend")], ["backend"], [("x.example.com", "/x", "backend"), ("x.example.com", "/", None), ("any.example.com", "/", None)])
table("named port", "mock", [ingress("named", "mock", {"host.com": [("/test/*", None, backend("foo", "test-svc-port"))]})], [service("foo", "mock", 8888, "test-svc-port")], [("host.com", "/test/x", "foo"), ("host.com", "/x", None)])

write(sys.argv[1], "kube_ingress")
