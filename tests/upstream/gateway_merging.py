"""istio/istio (86c9f01) pilot/pkg/model/gateway_test.go: TestMergeGateways (which servers of one port count: the first's protocol; TLS by its own route table), TestFilterStrictGatewayMerging, seen
through requests to the gateway's pods. Left out: certificate references, binds (the simulator has one address), names of route tables."""
import copy
import sys

from echo_mesh import ROOT, call, case, classic_gateway, namespace, ok, status, write

GATE = "istio-system/istio-ingressgateway"
POD = {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}


def config(**mesh):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": "{}"}}


def backend(name, ns):
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "tcp", "port": 9000, "targetPort": 9000}]}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": name, "sidecar.istio.io/inject": "true"}}, "spec": POD}]


def gateway(name, ns, host, protocol="HTTP", port=80, selector="ingressgateway", tls=None):
    """With a VirtualService of the same name that leads to the Service of this name."""
    rule = {"route": [{"destination": {"host": f"{name}.{ns}.svc.cluster.local", "port": {"number": 9000 if tls == "PASSTHROUGH" else 80}}}]}
    kind = "tcp" if protocol == "TCP" else "tls" if tls == "PASSTHROUGH" else "http"
    if kind == "tls":
        rule = {"match": [{"sniHosts": [host]}], **rule}
    spec = {"selector": selector if isinstance(selector, dict) else {"istio": selector}, "servers": [{"hosts": [host], "port": {"number": port, "name": f"{protocol.lower()}-{port}", "protocol": protocol}, **({"tls": {"mode": tls, **({"credentialName": "cert"} if tls == "SIMPLE" else {})}} if tls else {})}]}
    return [{"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": name, "namespace": ns}, "spec": spec},
            {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": name, "namespace": ns}, "spec": {"hosts": [host], "gateways": [name], kind: [rule]}}, *backend(name, ns)]


def aged(objects):
    objects = copy.deepcopy(objects)
    for i, o in enumerate(o for o in objects if o["kind"] == "Gateway"):
        o["metadata"]["creationTimestamp"] = f"2024-01-01T00:00:{i:02}Z"
    return objects


PORTS = ((80, 8080), (8, 8008), (7, 7007), (443, 8443))
CERT = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cert", "namespace": "istio-system"}, "type": "kubernetes.io/tls", "data": {"tls.crt": "QQ==", "tls.key": "QQ=="}}


def merged(title, gateways, asked):
    """asked: (host, port, who answers or the status, more)."""
    objects = aged([o for g in gateways for o in g])
    flows = [call(f"{host}:{port}", host, port, {"outcome": "allowed", "routed_to": want} if isinstance(want, str) else status(want), outside=True, gateway=GATE, host=host, path="/", **more) for host, port, want, more in asked]
    case("merge: " + title, [ROOT, *(namespace(n) for n in dict.fromkeys(o["metadata"]["namespace"] for o in objects) if n != "istio-system"), config(), CERT, *classic_gateway(ports=PORTS), *objects], flows)


foo, bar = gateway("foo1", "not-default", "foo.bar.com", port=7), gateway("bar1", "not-default", "bar.foo.com", port=7)
any8, any8h2, tcp8 = gateway("foo3", "not-default", "*", port=8), gateway("foo5", "not-default", "*", "HTTP2", 8), gateway("foo4", "not-default-2", "*", "TCP", 8)
merged("single server", [foo], [("foo.bar.com", 7, "not-default/foo1", {}), ("x.bar.com", 7, 404, {})])
merged("two servers on the same port", [foo, bar], [("foo.bar.com", 7, "not-default/foo1", {}), ("bar.foo.com", 7, "not-default/bar1", {})])
merged("servers on two ports", [foo, any8], [("foo.bar.com", 7, "not-default/foo1", {}), ("foo.bar.com", 8, "not-default/foo3", {}), ("x.com", 8, "not-default/foo3", {})])
merged("http and tcp", [foo, tcp8], [("foo.bar.com", 7, "not-default/foo1", {}), ("x.com", 8, "not-default-2/foo4", {})])
merged("tcp before http on one port", [tcp8, any8], [("x.com", 8, "not-default-2/foo4", {})])
merged("http before tcp on one port", [any8, tcp8], [("x.com", 8, "not-default/foo3", {})])
merged("http before http2 on one port", [any8, any8h2], [("x.com", 8, "not-default/foo3", {})])
merged("simple and passthrough", [gateway("foo-simple", "not-default-2", "*.example.com", "HTTPS", 443, tls="SIMPLE"), gateway("foo-passthrough", "not-default-2", "foo.example.com", "TLS", 443, tls="PASSTHROUGH")],
       [("a.example.com", 443, "not-default-2/foo-simple", {"protocol": "https", "sni": "a.example.com"}), ("foo.example.com", 443, "not-default-2/foo-passthrough", {"protocol": "https", "sni": "foo.example.com"})])


# TestFilterStrictGatewayMerging: Gateways of both APIs that select the pods of managed Gateways.
def managed(name, ns, host):
    return [{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": name, "namespace": ns, "labels": {"shared": "gw"}}, "spec": {"gatewayClassName": "istio", "infrastructure": {"labels": {"shared": "gw"}}, "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}},
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name, "namespace": ns}, "spec": {"parentRefs": [{"name": name}], "hostnames": [host], "rules": [{"backendRefs": [{"name": f"{name}-app", "port": 80}]}]}}, *backend(f"{name}-app", ns)]


SHARED = {"shared": "gw"}
A, B, C = gateway("istio-gw1", "ns-a", "foo.example.com", selector=SHARED), gateway("istio-gw2", "ns-b", "bar.example.com", selector=SHARED), managed("gwapi-gw1", "ns-a", "baz.example.com")
D = managed("gwapi-gw3", "ns-b", "quux.example.com")
HOSTS = {"foo.example.com": "ns-a/istio-gw1", "bar.example.com": "ns-b/istio-gw2", "baz.example.com": "ns-a/gwapi-gw1-app", "quux.example.com": "ns-b/gwapi-gw3-app"}
for title, made, at, seen, more in (("managed in ns-a: Gateways of ns-a alone", C + A + B, "ns-a/gwapi-gw1", ("foo.example.com", "baz.example.com"), {}), ("order does not matter", B + A + C, "ns-a/gwapi-gw1", ("foo.example.com", "baz.example.com"), {}),
                                    ("switched off", C + A + B, "ns-a/gwapi-gw1", ("foo.example.com", "bar.example.com", "baz.example.com"), {"features": {"PILOT_ENABLE_STRICT_GATEWAY_MERGING": "false"}}),
                                    ("before 1.31", C + A + B, "ns-a/gwapi-gw1", ("foo.example.com", "bar.example.com", "baz.example.com"), {"profile": "istio-1.27"}),
                                    ("only managed", C + D, "ns-a/gwapi-gw1", ("baz.example.com",), {}), ("only managed, the other", C + D, "ns-b/gwapi-gw3", ("quux.example.com",), {})):
    case("strict: " + title, [ROOT, namespace("ns-a"), namespace("ns-b"), *aged(made)], [call(h, h, 80, ok(routed_to=HOSTS[h]) if h in seen else status(404), outside=True, gateway=at, host=h, path="/") for h in HOSTS], **more)

write(sys.argv[1], "gateway_merging")
