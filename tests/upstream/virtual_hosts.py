"""istio/istio (86c9f01) pilot/pkg/networking/core/httproute_test.go: TestGenerateVirtualHostDomains, TestSidecarOutboundHTTPRouteConfig (which names find which Service at an outbound
listener, with and without a Sidecar) and pilot/pkg/model/virtualservice_test.go TestSelectVirtualService{,sExclusion,sExclusionWildcard}. A request goes to an address of no Service, its
Host header chooses; REGISTRY_ONLY makes a name that is not there 502. Left out: Unix domain sockets, HTTP_PROXY ports, and the route tables of ports without a Service (no listener uses them)."""
import sys

from echo_mesh import ROOT, call, case, namespace, ok, status, write

POD = {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": 8080}]}]}
NOWHERE = "198.51.100.9"


def config(registry_only=True):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": f"outboundTrafficPolicy: {{ mode: {'REGISTRY_ONLY' if registry_only else 'ALLOW_ANY'} }}\n"}}


def pod(name, ns="default"):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": name, "sidecar.istio.io/inject": "true"}}, "spec": POD}


def service(name, ns="default", ports=(8123,), **spec):
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": {"selector": {"app": name}, "ports": [{"name": f"http-{p}", "port": p, "targetPort": 8080} for p in ports], **spec}}, pod(name, ns)]


def entry(name, host, ns="default", ports=(8123,), addresses=(), **spec):
    """A ServiceEntry whose host is served by one pod of its name."""
    return [{"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": name, "namespace": ns}, "spec": {
        "hosts": [host] if isinstance(host, str) else host, "location": "MESH_INTERNAL", "resolution": "STATIC", "workloadSelector": {"labels": {"app": name}}, **({"addresses": list(addresses)} if addresses else {}),
        "ports": [{"number": p, "name": f"http-{p}", "protocol": "HTTP", "targetPort": 8080} for p in ports], **spec}}, pod(name, ns)]


def domains(title, objects, yes, no, reaches, ns="default", port=8123, more=()):
    flows = [call(h, NOWHERE, port, ok(routed_to=reaches), src="client", ns=ns, host=h, path="/") for h in yes] + [call(h, NOWHERE, port, status(502), src="client", ns=ns, host=h, path="/") for h in no]
    case(title, [ROOT, config(), *(namespace(n) for n in ("default", "mesh")), *objects, pod("client", ns), *more], flows)


FQDN = "echo.default.svc.cluster.local"
domains("domains: k8s service with default domain", service("echo"), [FQDN, FQDN + ".", "echo", "echo.default.svc", "echo.default", "echo:8123", "ECHO", "echo.default:8123"], ["echo.default.svc.cluster", "echo.other", "other", "x.echo"], "default/echo")
domains("domains: k8s service with default domain and different namespace", service("echo"), [FQDN, FQDN + ".", "echo.default", "echo.default.svc"], ["echo", "echo.mesh"], "default/echo", "mesh")
domains("domains: non-k8s service", entry("foo", "foo.default.svc.bar.baz"), ["foo.default.svc.bar.baz", "foo.default.svc.bar.baz."], ["foo", "foo.default", "foo.default.svc"], "default/foo")
domains("domains: a name that ends like the cluster's", entry("google", "google.local"), ["google.local", "google.local."], ["google"], "default/google")
for title, host, no in (("back subset of cluster domain in address", "aaa.example.local", ["aaa.example", "aaa"]), ("no overlap of cluster domain in address", "aaa.example.com", ["aaa.example", "aaa"])):
    domains("domains: " + title, entry("aaa", host), [host, host + "."], no, "default/aaa")
domains("domains: ipv4 domain", entry("ip", "1.2.3.4.example.com", addresses=["1.2.3.4"]), ["1.2.3.4", "1.2.3.4.example.com"], ["1.2.3.5"], "default/ip")
domains("domains: service entry with multiple VIPs", entry("vips", "echo.example.com", addresses=["1.2.3.4", "1.2.3.5"]), ["echo.example.com", "1.2.3.4", "1.2.3.5"], ["1.2.3.6", "echo"], "default/vips")
domains("domains: cluster IP", service("echo", clusterIP="10.96.7.7"), [FQDN, "10.96.7.7", "10.96.7.7:8123"], ["10.96.7.8"], "default/echo")
domains("domains: alias", service("echo") + [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "alias", "namespace": "mesh"}, "spec": {"type": "ExternalName", "externalName": FQDN}}],
        [FQDN, "alias.mesh.svc.cluster.local", "alias.mesh.svc.cluster.local.", "alias.mesh", "alias.mesh.svc"], ["alias"], "default/echo")

# TestSidecarOutboundHTTPRouteConfig
THERE = [*entry("bookinfo", "bookinfo.com", ports=(9999, 70)), *entry("private", "private.com", ports=(9999, 80), exportTo=["."]), *entry("test", "test.com", "not-default", (8080,), ["8.8.8.8"]),
         *entry("test-private", "test-private.com", "not-default", (80, 70), ["9.9.9.9"], exportTo=["."]), *entry("test-private-2", "test-private-2.com", "not-default", (60,), ["9.9.9.10"], exportTo=["."]),
         *entry("test-headless", "test-headless.com", "not-default", (8888,)), *entry("org", ["test.org", "example.org"], "not-default", (61, 62, 63, 64)),
         *service("service-a", ports=(7777,))]
WHERE = {"bookinfo.com": "default/bookinfo", "private.com": "default/private", "test.com": "not-default/test", "8.8.8.8": "not-default/test", "test-private.com": "not-default/test-private", "9.9.9.9": "not-default/test-private",
         "test-private-2.com": "not-default/test-private-2", "9.9.9.10": "not-default/test-private-2", "test-headless.com": "not-default/test-headless", "test.com.": "not-default/test", "bookinfo.com.": "default/bookinfo"}


def egress(*listeners, mode=None):
    return {"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"name": "foo", "namespace": "not-default"}, "spec": {
        "egress": [{**({"port": {"number": p, "protocol": protocol, "name": f"p-{p}"}} if p else {}), "hosts": hosts} for p, protocol, hosts in listeners], **({"outboundTrafficPolicy": {"mode": mode}} if mode else {})}}


def vs(name, hosts, to, port, ns="not-default", **more):
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": name, "namespace": ns}, "spec": {"hosts": hosts, "http": [{"route": [{"destination": {"host": to, **({"port": {"number": port}} if port else {})}}]}], **more}}


PLAIN = egress((9000, "HTTP", ["*/bookinfo.com"]), (8080, "HTTP", ["default/bookinfo.com", "not-default/test.com"]), (None, None, ["*/*"]))
STRICT = egress((9000, "HTTP", ["*/bookinfo.com"]), (None, None, ["*/*"]), mode="REGISTRY_ONLY")
ANY = egress((9000, "HTTP", ["*/bookinfo.com"]), (8080, "HTTP", ["default/bookinfo.com", "not-default/test.com"]), (None, None, ["*/*"]), mode="ALLOW_ANY")
ELSE = ["private.com", "elsewhere.com"]


def outbound(title, port, sidecar, hosts, objects=(), registry_only=True, not_there=(), reach=None, falls=502):
    """hosts: those that have a virtual host at the listener of the port."""
    flows = []
    for h in list(hosts) + list(not_there) + ELSE:
        hit = h in hosts
        e = ok(routed_to=(reach or {}).get(h) or WHERE[h]) if hit else status(502) if falls == 502 else {"outcome": "allowed", "routed_to": None}
        flows.append(call(h, NOWHERE, port, e, src="client", ns="not-default", host=h, path="/"))
    case("outbound: " + title, [ROOT, config(registry_only), namespace("default"), namespace("not-default"), *THERE, *([sidecar] if sidecar else []), *objects, pod("client", "not-default")], flows)


outbound("sidecar config port that is in one of the services", 8080, PLAIN, ["test.com", "8.8.8.8", "test.com."], not_there=["bookinfo.com"])
outbound("sidecar config with fallthrough and registry only and allow any mesh config", 80, STRICT, ["test-private.com", "9.9.9.9"], registry_only=False, not_there=["bookinfo.com"])
outbound("sidecar config with fallthrough and allow any and registry only mesh config", 80, ANY, ["test-private.com", "9.9.9.9"], not_there=["bookinfo.com"], falls="any")
for title, sidecar in (("wildcard egress importing from all namespaces", PLAIN), ("no sidecar config - import public services from other namespaces", None)):
    outbound(f"{title}: 9999", 9999, sidecar, ["bookinfo.com", "bookinfo.com."], not_there=["test.com"])
    outbound(f"{title}: 80", 80, sidecar, ["test-private.com", "9.9.9.9"], not_there=["test.com"])
    outbound(f"{title}: 70", 70, sidecar, ["test-private.com", "9.9.9.9", "bookinfo.com", "bookinfo.com."], not_there=["test.com"])
outbound("no sidecar config - 8080", 8080, None, ["test.com", "8.8.8.8", "test.com."], not_there=["bookinfo.com"])
outbound("no sidecar config - 80 with fallthrough", 80, None, ["test-private.com", "9.9.9.9"], registry_only=False, not_there=["bookinfo.com"], falls="any")
outbound("no sidecar config - import headless service from other namespaces: 8888", 8888, None, ["test-headless.com"], not_there=["test.com"])
ORG = {"test-private-2.com": "not-default/org", "9.9.9.10": "not-default/org", "test-private-3.com": "not-default/org", "test-headless.com": "not-default/org", "example.com": "not-default/org"}
outbound("no sidecar config with virtual services with duplicate entries", 60, None, ["test-private-2.com", "9.9.9.10"], [vs("acme2-v1", ["test-private-2.com"], "example.org", 61), vs("acme-v2", ["test-private-2.com"], "test.org", 62)], reach=ORG)
outbound("no sidecar config with virtual services with wildcard", 60, None, ["test-private-2.com", "9.9.9.10"], [vs("acme-v2", ["*-private-2.COM"], "test.org", 62)], reach=ORG)
outbound("no sidecar config with virtual services with no service in registry", 80, None, ["test-private.com", "9.9.9.9", "test-private-3.com"], [vs("acme-v3", ["test-private-3.com"], "test.org", 63)], reach=ORG)
outbound("no sidecar config with virtual services - import headless service from other namespaces: 8888", 8888, None, ["test-headless.com", "example.com"], [vs("acme-v4", ["test-headless.com", "example.com"], "test.org", 64)], reach=ORG)
AUTHORITY = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "vs-1", "namespace": "default"}, "spec": {"hosts": ["service-a.default.svc.cluster.local", "service-a.v2", "service-a.v3"], "http": [
    {"match": [{"headers": {":authority": {"exact": f"service-a.v{v}"}}}], "route": [{"destination": {"host": host, "port": {"number": port}}}]} for v, host, port in ((2, "test.org", 62), (3, "bookinfo.com", 70))]}}
case("outbound: virtual service hosts with subsets and with existing service", [ROOT, config(False), namespace("default"), namespace("not-default"), *THERE, ANY, AUTHORITY, pod("client", "not-default")], [
    call(h, NOWHERE, 7777, e, src="client", ns="not-default", host=h, path="/") for h, e in (("service-a.v2", ok(routed_to="not-default/org")), ("service-a.v3", ok(routed_to="default/bookinfo")), ("service-a.default.svc.cluster.local", status(404)))])


# TestSelectVirtualServicesExclusion: (hosts of the Sidecar, the VirtualServices' hosts that are there)
MINE = ("a.com", "b.com", "drop.com", "keep.com")
SELECTED = [*(o for i, h in enumerate(MINE) for o in entry(f"own-{i}", h, "b" if h == "b.com" else "a", (80,))), *service("target", "some-ns", (80,)), vs("vs-a", ["a.com"], "target.some-ns.svc.cluster.local", 80, "a"), vs("vs-b", ["b.com"], "target.some-ns.svc.cluster.local", 80, "b"),
            vs("vs-multi", ["drop.com", "keep.com"], "target.some-ns.svc.cluster.local", 80, "a")]


def selected(title, hosts, there, objects=SELECTED, names=MINE):
    case("selection: " + title, [ROOT, config(), *(namespace(n) for n in ("a", "b", "some-ns")), *objects, {**egress((None, None, hosts)), "metadata": {"name": "foo", "namespace": "some-ns"}}, pod("client", "some-ns")], [
        call(h, NOWHERE, 80, ok(routed_to="some-ns/target") if h in there else status(502), src="client", ns="some-ns", host=h, path="/") for h in names])


selected("no exclusion selects all", ["*/*"], MINE)
selected("~b/* excludes namespace b", ["*/*", "~b/*"], ("a.com", "drop.com", "keep.com"))
selected("~/a.com excludes the VS whose only host is a.com", ["*/*", "~/a.com"], ("b.com", "drop.com", "keep.com"))
selected("multi-host VS survives when only one host excluded", ["*/*", "~/drop.com"], MINE)
selected("multi-host VS dropped when all hosts excluded", ["*/*", "~/drop.com", "~/keep.com"], ("a.com", "b.com"))
selected("exclusion via ns scope while include via wildcard scope", ["*/*", "~a/a.com"], ("b.com", "drop.com", "keep.com"))
WILD = [*service("target", "some-ns", (80,)), vs("vs-exact", ["a.com"], "target.some-ns.svc.cluster.local", 80, "a"), vs("vs-wild", ["*.com"], "target.some-ns.svc.cluster.local", 80, "a")]
selected("wildcard exclusion covers exact host", ["*/*", "~/*.com"], (), WILD, ("a.com", "x.com"))
selected("exact exclusion does not drop wildcard route", ["*/*", "~/a.com"], ("a.com", "x.com"), WILD, ("a.com", "x.com"))

write(sys.argv[1], "virtual-hosts")
