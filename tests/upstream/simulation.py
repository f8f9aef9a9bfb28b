"""istio/istio pilot/pkg/networking/core/{gateway,sidecar,serviceentry,peer_authentication}_simulation_test.go (86c9f01): istiod's own tests that walk
through generated Envoy configuration. A cluster of the test is a Service with one workload here, or a ServiceEntry whose host stands for it."""
import sys

from echo_mesh import *

GATE = "istio-system/istio-ingressgateway"


def backend(name, ns="default", ports=(80,), ip=None, pods=True, kind="http"):
    out = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": {**({"clusterIP": ip} if ip else {}), "selector": {"app": name}, "ports": [
        {"name": f"{kind}-{p}", "port": p, "targetPort": p} for p in ports]}}]
    if pods:
        out.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ns}, "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name, "sidecar.istio.io/inject": "true"}}, "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": p} for p in ports]}]}}}})
    return out


def gateway(name, server, ns="default", more=()):
    return documents("\n---\n".join([f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: {name}, namespace: {ns} }}
spec: {{ selector: {{ istio: ingressgateway }}, servers: [{", ".join([server, *more])}] }}
"""]))


def server(port, protocol, hosts, tls=""):
    return f'{{ port: {{ number: {port}, name: {protocol.lower()}-{port}, protocol: {protocol} }}, hosts: {json.dumps(hosts)}{tls} }}'


def vs(name, hosts, gateways, rules, ns="default", kind="http", created=None):
    """rules: [(match or None, host, port)]"""
    spec = {"hosts": hosts, kind: [{**({"match": m} if m else {}), "route": [{"destination": {"host": h, **({"port": {"number": p}} if p else {})}}]} for m, h, p in rules]}
    if gateways:
        spec["gateways"] = gateways
    return [{"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": name, "namespace": ns, **({"creationTimestamp": created} if created else {})}, "spec": spec}]


PREFIX = [{"uri": {"prefix": "/"}}]
TO = "gateway"
NOT_FOUND, NO_LISTENER = status(404), {"outcome": "unreachable"}


def at_gateway(title, config, calls, backends=("a", "b"), ports=((80, 8080), (443, 8443), (8080, 8080), (8081, 8081))):
    objects = [ROOT, namespace("default"), namespace("ns-1"), namespace("ns-2"), namespace("alpha"), namespace("zeta")]
    for b in backends:
        objects += backend(*b) if isinstance(b, tuple) else backend(b, ports=(80, 443, 8080, 8081, 9080))
    case("gateway " + title, objects + classic_gateway(ports=ports) + config, [
        call(f"{i} {host} {r}", host, port, e, outside=True, gateway=GATE, **r) for i, (host, port, e, r) in enumerate(calls)])


def reaches(name, **more):
    return {"outcome": "allowed", "routed_to": name, **more}


FOO = server(80, "HTTP", ["foo.bar"])
at_gateway("no virtual services", gateway("gateway", FOO), [("foo.bar", 80, NOT_FOUND, {}), ("foo.bar", 81, NO_LISTENER, {})])
at_gateway("simple", gateway("gateway", FOO) + vs("bookinfo", ["*"], ["gateway"], [([{"uri": {"exact": "/productpage"}}], "productpage", 9080)]), [
    ("foo.bar", 80, NOT_FOUND, {}), ("bad.bar", 80, NOT_FOUND, {}), ("foo.bar", 80, reaches("productpage"), {"path": "/productpage"})], backends=("productpage",))
WILD = server(80, "HTTP", ["*.example.com"])
at_gateway("virtual service merging", gateway("gateway", WILD) + vs("a", ["a.example.com"], ["gateway"], [(PREFIX, "a", 80)]) + vs("b", ["b.example.com"], ["gateway"], [(PREFIX, "b", 80)]), [
    ("a.example.com", 80, reaches("a"), {}), ("b.example.com", 80, reaches("b"), {}), ("c.example.com", 80, NOT_FOUND, {})])
EX, REDIRECT = ["example.com"], ", tls: { httpsRedirect: true }"
ROUTE = vs("vs", EX, ["gateway"], [(PREFIX, "b", None)])
at_gateway("redirect without routes", gateway("gateway", server(80, "HTTP", EX, REDIRECT)), [("example.com", 80, status(301), {})])
at_gateway("redirect with routes", gateway("gateway", server(80, "HTTP", EX, REDIRECT)) + ROUTE, [("example.com", 80, status(301), {})])
at_gateway("redirect mixed", gateway("gateway", server(80, "HTTP", EX, REDIRECT)) + gateway("gateway2", server(80, "HTTP", EX)) + ROUTE, [("example.com", 80, status(301), {})])
at_gateway("redirect on https", gateway("gateway", server(443, "HTTPS", EX, ", tls: { httpsRedirect: true, mode: SIMPLE, credentialName: test }")) + ROUTE, [
    ("example.com", 443, reaches("b", target_port=443), {"protocol": "https", "sni": "example.com"})], backends=(("b", "default", (443,)),))

# TestGatewayConflicts
TCP, HTTP = server(80, "TCP", ["foo.bar"]), server(80, "HTTP", ["foo.bar"])
COLLISION = vs("bookinfo", ["*"], ["istio-system/gateway"], [(None, "productpage", 9080)], kind="tcp")
at_gateway("tcp collision, other first", gateway("gateway", TCP, "istio-system") + gateway("gateway", TCP, "alpha") + COLLISION, [("foo.bar", 80, NO_LISTENER, {"protocol": "tcp"})], backends=("productpage",))
at_gateway("tcp collision, selected first", gateway("gateway", TCP, "istio-system") + gateway("gateway", TCP, "zeta") + COLLISION, [("foo.bar", 80, reaches("productpage"), {"protocol": "tcp"})], backends=(("productpage", "default", (9080,), None, True, "tcp"),))
PASSTHROUGH = gateway("ingressgateway", server(443, "HTTPS", ["*.example.com"], ", tls: { mode: PASSTHROUGH }"), "istio-system")
SNI = [{"port": 443, "sniHosts": ["mysite.example.com"]}]
TWICE = [d for n in ("vs1", "vs2") for d in vs(n, ["mysite.example.com"], ["istio-system/ingressgateway"], [(SNI, "mysite", 443)], kind="tls")]
at_gateway("duplicate tls virtual service", PASSTHROUGH + TWICE, [("mysite.example.com", 443, {"outcome": "allowed", "routed_to": "mysite"}, {"protocol": "https", "sni": "mysite.example.com"})],
           backends=())
CASES[-1][1].extend([{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "mysite", "namespace": "default"}, "spec": {"selector": {"app": "mysite"}, "ports": [{"name": "https", "port": 443, "targetPort": 443}]}},
                     backend("mysite", ports=(443,))[1]])
at_gateway("protocols, tcp first", gateway("alpha", TCP) + gateway("beta", HTTP), [("foo.bar", 80, NO_LISTENER, {"protocol": "tcp"})])
at_gateway("protocols, http first", gateway("beta", TCP) + gateway("alpha", HTTP), [("foo.bar", 80, NOT_FOUND, {})])
at_gateway("wildcards told apart by namespace", gateway("alpha", server(80, "HTTP", ["ns-1/*.example.com"])) + gateway("beta", server(80, "HTTP", ["ns-2/*.example.com"])) + vs(
    "default", ["ns-1.example.com"], ["default/alpha"], [(None, "echo", None)], "ns-1") + vs("default", ["ns-2.example.com"], ["default/beta"], [(None, "echo", None)], "ns-2"), [
        ("ns-1.example.com", 80, reaches("echo-1"), {}), ("ns-2.example.com", 80, reaches("echo-2"), {})], backends=())
for n in (1, 2):
    svc, dep = backend("echo", f"ns-{n}")
    dep["metadata"]["name"] = f"echo-{n}"
    CASES[-1][1].extend([svc, dep])
PUBLIC = gateway("public-gw", server(80, "HTTP", ["foo.example.com", "bar.example.com"]), "istio-system")
GWS = ["istio-system/public-gw"]


def paths(*p):
    return [{"uri": {"prefix": x}} for x in p]


at_gateway("separate virtual hosts", PUBLIC + vs("foobar-vs", ["foo.example.com", "bar.example.com"], GWS, [(paths("/1", "/2", "/3"), "echo-foobar", None)], created="2010-01-01T00:00:00Z") + vs(
    "foo-vs", ["foo.example.com"], GWS, [(paths("/foo"), "echo-foo", 80)], created="2015-01-01T00:00:00Z") + vs("bar-vs", ["bar.example.com"], GWS, [(paths("/bar"), "echo-bar", 80)], created="2020-01-01T00:00:00Z"), [
        ("foo.example.com", 80, reaches("echo-foobar"), {"path": "/1"}), ("foo.example.com", 80, reaches("echo-foo"), {"path": "/foo"}), ("bar.example.com", 80, reaches("echo-bar"), {"path": "/bar"})],
           backends=(("echo-foobar", "default", (80,)), ("echo-foo", "default", (80,)), ("echo-bar", "default", (80,))))


# TestIngress: two Ingresses of one host; the VirtualService hangs on the gateway of the older one, the TLS server on that of the first name.
def ingress(name, created):
    return documents(f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{ name: {name}, namespace: default, creationTimestamp: "{created}", annotations: {{ kubernetes.io/ingress.class: istio }} }}
spec:
  rules: [{{ host: example.com, http: {{ paths: [{{ pathType: Prefix, path: /{name}, backend: {{ service: {{ name: {name}, port: {{ number: 80 }} }} }} }}] }} }}]
  tls: [{{ hosts: [example.com], secretName: ingressgateway-certs }}]
""")


OLD, NEW = "2010-01-01T00:00:00Z", "2020-01-01T00:00:00Z"
SECURE = {"protocol": "https", "sni": "example.com"}
for first, stamps, tls in (("beta", (NEW, OLD), False), ("alpha", (OLD, NEW), True)):
    rows = [("example.com", 80, reaches(n), {"path": "/" + n}) for n in ("alpha", "beta")] + [
        ("example.com", 443, reaches(n) if tls else NOT_FOUND, {"path": "/" + n, **SECURE}) for n in ("alpha", "beta")]
    at_gateway(f"ingress certificate conflict, {first} first", ingress("alpha", stamps[0]) + ingress("beta", stamps[1]), rows, backends=("alpha", "beta"))

# TestDisablePortTranslation's servers, with the one Service that clients use here: servers by port of the Service.
A80 = vs("a", EX, ["gateway80", "gateway8081"], [(PREFIX, "a", 80)]) + vs("b", EX, ["gateway80", "gateway8081"], [(PREFIX, "b", 8081)])
at_gateway("one host on two servers", gateway("gateway80", server(80, "HTTP", EX)) + gateway("gateway8081", server(8081, "HTTP", EX)) + A80, [
    ("example.com", 80, reaches("a"), {}), ("example.com", 8081, reaches("a"), {})])

# TestSidecarRoutes: whose VirtualService a sidecar follows. Destinations that are no Service are ServiceEntries here.
KNOWN, ALT = "known.default.svc.cluster.local", "alt-known.default.svc.cluster.local"
OTHERS = ("arbitrary.example.com", "default.example.com", "not-default.example.com", "wild.example.com", "explicit.example.com", "old.example.com", "new.example.com", "producer.example.com",
          "consumer.example.com", "example.com")
TIME = {"older": "2019-01-01T00:00:00Z", "base": "2020-01-01T00:00:00Z", "newer": "2021-01-01T00:00:00Z"}


def sidecar_routes(title, config, ns, port, expected):
    objects = [ROOT, namespace("default"), namespace("not-default"), namespace("arbitrary")]
    for name, n, ip in (("known", "default", "10.96.0.10"), ("alt-known", "default", "10.96.0.11"), ("not-default", "not-default", "10.96.0.12")):
        objects += backend(name, n, (80, 8080), ip)
    for host in OTHERS:
        objects.append({"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": host.replace(".", "-"), "namespace": "default"}, "spec": {
            "hosts": [host], "location": "MESH_EXTERNAL", "resolution": "DNS", "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}, {"number": 8080, "name": "http-8080", "protocol": "HTTP"}]}})
    for n in ("default", "not-default"):
        objects.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "client", "namespace": n}, "spec": {"selector": {"matchLabels": {"app": "client"}}, "template": {
            "metadata": {"labels": {"app": "client", "sidecar.istio.io/inject": "true"}}, "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}}}})
    flows = [call(host, host, port, {"outcome": "allowed", "routed_to": to.split(".")[0] if to.endswith("cluster.local") else to}, src="client", ns=ns) for host, to in expected.items()]
    case("sidecar routes " + title, objects + config, flows)


def rule(ns, match, dest, time="base", port=None, name=None):
    hosts = match if isinstance(match, list) else [match]
    return vs((ns + hosts[0] + dest).replace("*", "wild").replace(".", "-"), hosts, None, [(None, dest, port)], ns, created=TIME[time])


def sidecar(ns, *egress):
    return [{"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"name": ns, "namespace": ns}, "spec": {"egress": [{"hosts": list(egress) + ["default/*.example.com"]}]}}]


D, ND, AR = "default", "not-default", "arbitrary"
for port in (80, 8080):
    sidecar_routes(f"simple {port}", rule(D, KNOWN, ALT), D, port, {KNOWN: ALT})
    sidecar_routes(f"producer {port}", rule(D, KNOWN, ALT), ND, port, {KNOWN: ALT})
    sidecar_routes(f"consumer {port}", rule(ND, KNOWN, ALT), ND, port, {KNOWN: ALT})
    sidecar_routes(f"arbitrary {port}", rule(AR, KNOWN, ALT), ND, port, {KNOWN: ALT})
    sidecar_routes(f"multiple {port}", rule(AR, KNOWN, "arbitrary.example.com", "older") + rule(D, KNOWN, "default.example.com") + rule(ND, KNOWN, "not-default.example.com", "newer"), ND, port, {KNOWN: "arbitrary.example.com"})
sidecar_routes("wildcard random", rule(D, "*.unknown.example.org", "arbitrary.example.com"), D, 80, {ALT: ALT, KNOWN: KNOWN, "x.unknown.example.org": "arbitrary.example.com"})
sidecar_routes("wildcard with sidecar", rule(D, "*.cluster.local", "arbitrary.example.com") + sidecar(D, "*/*.cluster.local"), D, 80, {ALT: "arbitrary.example.com", KNOWN: "arbitrary.example.com"})
WLD, EXP = "wild.example.com", "explicit.example.com"
for title, wild, explicit in (("wildcard first", "older", "newer"), ("explicit first", "newer", "older")):
    sidecar_routes(title, rule(D, "*.cluster.local", WLD, wild) + rule(D, KNOWN, EXP, explicit), D, 80, {ALT: WLD, KNOWN: EXP})
IMPORT = sidecar(D, "default/" + KNOWN, "default/" + ALT)
sidecar_routes("wildcard and explicit with sidecar", rule(D, "*.cluster.local", WLD, "older") + rule(D, KNOWN, EXP, "newer") + IMPORT, D, 80, {ALT: WLD, KNOWN: EXP})
sidecar_routes("wildcard of another namespace with sidecar", rule(ND, "*.cluster.local", WLD, "older") + rule(D, KNOWN, EXP, "newer") + IMPORT, D, 80, {ALT: ALT, KNOWN: EXP})
sidecar_routes("wildcard and explicit cross namespace", rule(ND, "*.cluster.local", WLD, "older") + rule(D, KNOWN, EXP, "newer"), D, 80, {ALT: WLD, KNOWN: EXP})
sidecar_routes("wildcard and explicit unknown", rule(D, "*.tld", WLD, "older") + rule(D, "example.tld", EXP, "newer"), D, 80, {KNOWN: KNOWN, "x.tld": WLD, "example.tld": EXP})
sidecar_routes("wildcard with explicit sidecar", rule(D, "*.cluster.local", "arbitrary.example.com") + sidecar(D, "*/" + KNOWN), D, 80, {KNOWN: "arbitrary.example.com"})
sidecar_routes("wildcard of no service with explicit sidecar", rule(D, "*.example.org", "arbitrary.example.com") + sidecar(D, "*/explicit.example.org", "*/" + ALT), D, 80, {ALT: ALT, "x.example.org": "arbitrary.example.com"})
sidecar_routes("same namespace conflict", rule(D, KNOWN, "old.example.com", "older") + rule(D, KNOWN, "new.example.com", "newer"), D, 80, {KNOWN: "old.example.com"})
sidecar_routes("cross namespace conflict", rule(ND, KNOWN, "producer.example.com", "older") + rule(D, KNOWN, "consumer.example.com", "newer"), D, 80, {KNOWN: "producer.example.com"})
sidecar_routes("one of several hosts imported", rule(D, [KNOWN, ALT], "example.com") + sidecar(D, "*/" + KNOWN), D, 80, {KNOWN: "example.com", ALT: "example.com"})

# TestPassthroughTraffic: a ServiceEntry's ports and what falls to the outbound policy.
ENTRY_PORTS = [("http", 80, "HTTP"), ("auto", 81, None), ("tcp", 82, "TCP"), ("tls", 83, "TLS"), ("https", 84, "HTTPS"), ("grpc", 85, "GRPC"), ("h2", 86, "HTTP2")]
HTTP_PORTS, AUTO = (80, 85, 86), 81
CLIENT = [ROOT, namespace("default")] + [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "client", "namespace": "default"}, "spec": {"selector": {"matchLabels": {"app": "client"}}, "template": {
    "metadata": {"labels": {"app": "client", "sidecar.istio.io/inject": "true"}}, "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}}}}]
for mode in ("REGISTRY_ONLY", "ALLOW_ANY"):
    for vip in (True, False):
        entry = {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": "se", "namespace": "default"}, "spec": {
            "hosts": ["istio.io"], **({"addresses": ["1.2.3.4"]} if vip else {}), "location": "MESH_EXTERNAL", "resolution": "DNS",
            "ports": [{"name": n, "number": p, **({"protocol": k} if k else {})} for n, p, k in ENTRY_PORTS]}}
        policy = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": f"outboundTrafficPolicy: {{ mode: {mode} }}"}}
        flows = []
        for _, port, _ in ENTRY_PORTS:
            for kind in ("http", "https", "tcp"):
                http = kind == "http"
                # Without address a TCP port takes everything, and so does a sniffed one what is no HTTP.
                captured = not vip and (port == 82 or port == AUTO and not http)
                if captured:
                    e = {"outcome": "allowed", "routed_to": "istio.io"}
                elif mode == "ALLOW_ANY":
                    e = {"outcome": "allowed", "routed_to": "198.51.100.9"}
                elif http and (port in HTTP_PORTS or port == AUTO and not vip):
                    e = status(502)
                else:
                    e = {"outcome": "unreachable"}
                if kind == "https" and port in (83, 84) or kind != "https" and port in (83, 84) and mode == "ALLOW_ANY":
                    e.pop("routed_to", None)
                flows.append(call(f"{kind} {port}", "198.51.100.9", port, e, src="client", ns="default", protocol=kind, **({"host": "foo"} if http else {"sni": "foo"} if kind == "https" else {})))
        case(f"passthrough {mode} {'with' if vip else 'without'} address", CLIENT + [entry, policy], flows)

# TestServiceEntry: overlapping addresses.
def entry(name, host, addresses, protocol="TCP"):
    return {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": name, "namespace": "default"}, "spec": {
        "hosts": [host], "addresses": addresses, "location": "MESH_EXTERNAL", "resolution": "DNS", "ports": [{"number": 9999, "name": "port-9999", "protocol": protocol}]}}


ONE, TWO = "blah1.somedomain", "blah2.somedomain"


def by_address(title, entries, rows):
    case("entry " + title, CLIENT + entries, [call(f"{a} {r}", a, 9999, {"outcome": "allowed", "routed_to": to}, src="client", ns="default", **{"protocol": "tcp", **r}) for a, to, r in rows])


by_address("overlapping ranges", [entry("se1", ONE, ["2001::/16"]), entry("se2", TWO, ["2001:1f1::/32"])], [("2001:1f1:123::1", TWO, {}), ("2001::1", ONE, {})])
by_address("partial overlap", [entry("se1", ONE, ["1.1.1.1"]), entry("se2", TWO, ["2.2.2.2", "1.1.1.1"])], [("2.2.2.2", TWO, {}), ("1.1.1.1", ONE, {})])

# TestInbound: what reaches a port of a pod, by the mode of its PeerAuthentication.
SERVER = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "server", "namespace": "default", "labels": {"app": "server", "sidecar.istio.io/inject": "true"}},
          "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": p} for p in (70, 80, 81, 82)]}]}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "server", "namespace": "default"}, "spec": {"selector": {"app": "server"}, "ports": [
    {"name": "tcp", "port": 70}, {"name": "http", "port": 80}, {"name": "auto", "port": 81}]}}
NAKED = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "naked", "namespace": "default", "labels": {"app": "naked"}}, "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}}
for mode in ("DISABLE", "PERMISSIVE", "STRICT"):
    pa = {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "default", "namespace": "default"}, "spec": {"mtls": {"mode": mode}}}
    flows = []
    for port in (70, 80, 81, 82):
        for kind in ("http", "tcp", "https"):
            if port == 80 and kind != "http":
                # Bytes that are no HTTP at an HTTP port.
                good = {"outcome": "reset" if mode != "STRICT" else "denied"}
            else:
                good = {"outcome": "allowed"} if mode != "STRICT" else {"outcome": "denied"}
            if kind == "https" and mode != "STRICT":
                continue  # plain ports of an application take no TLS here (design.md section 4)
            flows.append(call(f"{kind} {port}", {"pod": "default/server"}, port, good, src="naked", ns="default", protocol=kind))
    case(f"inbound {mode}", [ROOT, namespace("default"), SERVER, SERVICE, NAKED, pa], flows)

# TestPeerAuthenticationWithSidecar: mTLS by port of the pod, whatever Service and Sidecar say of it.
FOO_POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "server", "namespace": "default", "labels": {"app": "foo", "sidecar.istio.io/inject": "true"}},
           "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": p} for p in (8080, 9090, 5050)]}]}}


def foo_policy(modes):
    return {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "default", "namespace": "default"}, "spec": {
        "selector": {"matchLabels": {"app": "foo"}}, "mtls": {"mode": "STRICT"}, "portLevelMtls": modes}}


def foo_sidecar(*ingress):
    return [{"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"name": "sidecar", "namespace": "default"}, "spec": {
        "workloadSelector": {"labels": {"app": "foo"}}, "ingress": list(ingress), "egress": [{"hosts": ["*/*"]}]}}]


def inlet(port, protocol="TCP", **more):
    return {"defaultEndpoint": f"127.0.0.1:{port}", "port": {"name": f"p{port}", "number": port, "protocol": protocol}, **more}


def foo_service(*ports):
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "server", "namespace": "default"}, "spec": {"selector": {"app": "foo"}, "ports": [{"name": f"tcp-{p}", "port": p} for p in ports]}}]


NO, YES = {"outcome": "denied"}, {"outcome": "allowed"}
for title, ports, ingress in (("service", (8080, 9090), ()), ("service and sidecar", (8080, 9090), (8080, 9090)), ("no service", (5050,), ()), ("sidecar alone", (5050,), (8080, 9090)),
                              ("service and part of a sidecar", (8080, 9090), (8080,))):
    flows = [call(f"plain {p}", {"pod": "default/server"}, p, e, src="naked", ns="default", protocol="tcp") for p, e in ((8080, NO), (9090, YES))]
    if 8080 in ports:
        flows.append(call("mtls 8080", "server", 8080, YES, src="client", ns="default", protocol="tcp"))
    case("mtls by port, " + title, CLIENT + [NAKED, FOO_POD, foo_policy({"9090": {"mode": "DISABLE"}})] + foo_service(*ports) + (foo_sidecar(*map(inlet, ingress)) if ingress else []), flows)

# TestExternalNameServices
PORTS = (("http", 80), ("auto", 81), ("tcp", 82), ("tls", 83), ("https", 84))
ALIAS, CONCRETE = "alias.default.svc.cluster.local", "concrete.default.svc.cluster.local"


def named(name, **spec):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": {**spec, "ports": [{"name": n, "port": p} for n, p in PORTS]}}


def workload(name):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"}, "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
        "metadata": {"labels": {"app": name, "sidecar.istio.io/inject": "true"}}, "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}}}}


BEHIND = [named("concrete", clusterIP="10.96.1.4", selector={"app": "concrete"}), named("other", clusterIP="10.96.1.5", selector={"app": "other"}), workload("concrete"), workload("other"),
          {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "alias", "namespace": "default"}, "spec": {"type": "ExternalName", "externalName": CONCRETE}}]
case("external name", CLIENT + BEHIND, [call(f"{kind} {port} {host}", "10.96.1.4", port, reaches("concrete", target_port=port), src="client", ns="default", protocol=kind, **more) for kind, port, host, more in (
    ("http", 80, ALIAS, {"host": ALIAS}), ("http", 81, ALIAS, {"host": ALIAS}), ("https", 81, ALIAS, {"sni": ALIAS}), ("tcp", 81, "", {}), ("tcp", 82, "", {}), ("https", 83, "alias.default", {"sni": "alias.default"}),
    ("https", 84, "alias.default", {"sni": "alias.default"}))])
# A route that leads elsewhere tells what upstream's route names tell.
case("external name routes", CLIENT + BEHIND + vs("alias", [ALIAS], None, [([{"uri": {"prefix": "/one"}}], "other.default.svc.cluster.local", None)]), [
    call(f"{port} {host}", "10.96.1.4", port, reaches(to), src="client", ns="default", host=host, path="/one") for port, host, to in (
        (80, ALIAS, "other"), (80, "alias.default", "concrete"), (80, CONCRETE, "concrete"), (81, ALIAS, "concrete"), (81, "alias.default", "concrete"), (81, CONCRETE, "concrete"))])
case("external name tcp routes", CLIENT + BEHIND + vs("alias", [ALIAS], None, [(None, "other.default.svc.cluster.local", 80)], kind="tcp"), [
    call("tcp", "10.96.1.4", 82, reaches("concrete"), src="client", ns="default", protocol="tcp")])

if __name__ == "__main__":
    write(sys.argv[1], "simulation")
