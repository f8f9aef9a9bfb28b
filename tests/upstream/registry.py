"""istio/istio pilot/pkg/serviceregistry/ambient/{services,workloads,ambientindex_serviceentry,ambientindex_workloadentry}_test.go (86c9f01): what a
ztunnel is told of Services, ServiceEntries, pods and WorkloadEntries, seen through requests of an ambient client."""
import json
import sys

from echo_mesh import ROOT, call, case, namespace, write

SPREAD = "networking.istio.io/traffic-distribution"


def pod(name, ip, labels=None, ports=(), ambient=False, ready=True, node="node-1", host_network=False, phase="Running"):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "ns", "labels": {**(labels or {}), **({"istio.io/dataplane-mode": "ambient"} if ambient else {})}},
            "spec": {"nodeName": node, **({"hostNetwork": True} if host_network else {}), "containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [
                {"name": n, "containerPort": p} if n else {"containerPort": p} for n, p in ports]}]},
            "status": {"phase": phase, "podIP": ip, "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}}


def node(name, region, zone, sub):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": zone, "topology.istio.io/subzone": sub}}}


CLIENT = pod("client", "10.0.0.1", {"app": "client"}, ambient=True)
NODES = [node("node-1", "r1", "z1", "s1"), node("node-2", "r1", "z1", "s2"), node("node-3", "r1", "z2", "s3"), node("node-4", "r2", "z4", "s4")]
BASE = [ROOT, namespace("ns"), CLIENT] + NODES


def ask(title, host, port, expect, **request):
    return call(title, host, port, expect, src="client", ns="ns", **request)


def reaches(who, port=None, **more):
    return {"outcome": "allowed", "routed_to": who, **({"target_port": port} if port else {}), **more}


NONE = {"outcome": "unreachable"}


def service(ports, name="svc", selector={"app": "foo"}, ns="ns", annotations=None, **spec):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns, "annotations": annotations or {}},
            "spec": {"clusterIP": "10.96.0.5", **({"selector": selector} if selector else {}), "ports": ports, **spec}}


def entry(name, hosts, addresses=None, resolution="DNS", ports=((80, "http", "HTTP"),), status=None, labels=None, annotations=None, **spec):
    out = {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": name, "namespace": "ns", "labels": labels or {}, "annotations": annotations or {}},
           "spec": {"hosts": hosts, "resolution": resolution, "ports": [{"number": p, "name": n, "protocol": k, **dict(more)} for p, n, k, *more in ports], **spec}}
    if addresses:
        out["spec"]["addresses"] = addresses
    if status:
        out["status"] = {"addresses": [{"host": h, "value": v} for h, v in status]}
    return out


# Pods behind Services.
FOO = pod("name", "1.2.3.4", {"app": "foo"}, [("81-target", 9090)])
case("pod with service", BASE + [service([{"name": "http", "port": 80, "targetPort": 8080}]), FOO], [ask("x", "svc.ns", 80, reaches("ns/name", 8080)), ask("other port", "svc.ns", 81, NONE)])
case("pod with service named ports", BASE + [service([{"name": "80", "port": 80, "targetPort": 8080}, {"name": "81", "port": 81, "targetPort": "81-target"}, {"name": "82", "port": 82, "targetPort": "82-target"}]), FOO], [
    ask("number", "svc.ns", 80, reaches("ns/name", 8080), protocol="tcp"), ask("name", "svc.ns", 81, reaches("ns/name", 9090), protocol="tcp"), ask("no such name", "svc.ns", 82, NONE, protocol="tcp")])
case("pod not ready", BASE + [service([{"name": "http", "port": 80, "targetPort": 8080}]), pod("name", "1.2.3.4", {"app": "foo"}, ready=False)], [ask("x", "svc.ns", 80, NONE)])
case("publish not ready addresses", BASE + [service([{"name": "http", "port": 80, "targetPort": 8080}], publishNotReadyAddresses=True), pod("name", "1.2.3.4", {"app": "foo"}, ready=False)], [
    ask("x", "svc.ns", 80, reaches("ns/name", 8080))])
case("pod finished", BASE + [service([{"name": "http", "port": 80, "targetPort": 8080}]), pod("name", "1.2.3.4", {"app": "foo"}, ready=False, phase="Succeeded")], [ask("x", "svc.ns", 80, NONE)])
case("headless", BASE + [service([{"name": "http", "port": 80, "targetPort": 8080}], clusterIP="None"), FOO], [ask("pod address", "1.2.3.4", 8080, reaches("ns/name", 8080))])


def piece(service_name, addresses, ports, name="svc-123", target=None):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": name, "namespace": "ns", "labels": {"kubernetes.io/service-name": service_name}}, "addressType": "IPv4",
            "endpoints": [{"addresses": [a], "conditions": {"ready": True}, **({"targetRef": {"kind": "Pod", "name": target, "namespace": "ns"}} if target else {})} for a in addresses],
            "ports": [{"name": n, "port": p, "protocol": "TCP"} for n, p in ports]}


BARE = service([{"name": "http", "port": 80}], selector=None)
for title, target in (("selectorless service", "name"), ("selectorless service without reference", None)):
    case(title, BASE + [BARE, piece("svc", ["1.2.3.4"], [("http", 80)], target=target), FOO], [ask("x", "svc.ns", 80, reaches("ns/name", 80))])
case("selectorless service, outside", BASE + [BARE, piece("svc", ["198.51.100.4"], [("http", 8080)])], [ask("x", "svc.ns", 80, {"outcome": "allowed", "target_port": 8080})])
case("host network", BASE + [service([{"name": "http", "port": 80}]), pod("name", "1.1.1.1", {"app": "foo"}, host_network=True)], [
    ask("own", "svc.ns", 80, reaches("ns/name", 80, transport="plaintext"))])

# ServiceEntries that select pods and WorkloadEntries.
case("entry selects pod by port name", BASE + [entry("httpbin", ["httpbin.mesh.internal"], ["240.0.0.9"], "STATIC", ((8002, "http", "HTTP"),), workloadSelector={"labels": {"app": "httpbin"}}, location="MESH_INTERNAL"),
                                              pod("httpbin-123", "10.1.1.1", {"app": "httpbin"}, [("http", 8000)])], [ask("x", "httpbin.mesh.internal", 8002, reaches("ns/httpbin-123", 8000))])


def we(labels=None, ports=None, address="1.2.3.4", name="name", **spec):
    return {"apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry", "metadata": {"name": name, "namespace": "ns", "labels": labels or {}}, "spec": {"address": address, **({"ports": ports} if ports else {}), **spec}}


PORTS = ((80, "80", "TCP", ("targetPort", 8080)), (81, "81", "TCP"), (82, "82", "TCP"))
ROWS = ((80, 8080), (81, 8180), (82, 82))
case("workload entry behind an entry, named ports", BASE + [entry("svc", ["hostname.example"], ["240.0.0.9"], "STATIC", PORTS, workloadSelector={"labels": {"app": "foo"}}), we({"app": "foo"}, {"81": 8180})], [
    ask(f"{p}", "hostname.example", p, {"outcome": "allowed", "target_port": t}, protocol="tcp") for p, t in ROWS])
case("workload entry labels of its spec", BASE + [service([{"name": "http", "port": 80, "targetPort": 8080}]), we(labels={"app": "bar"}) | {"spec": {"address": "1.2.3.4", "labels": {"app": "foo"}}}], [
    ask("x", "svc.ns", 80, {"outcome": "allowed", "target_port": 8080})])
case("workload entry without labels", BASE + [service([{"name": "http", "port": 80, "targetPort": 8080}]), we()], [ask("x", "svc.ns", 80, NONE)])
# Whether something listens for HBONE there, upstream's test does not say.
for tunnel in (True, False):
    case(f"workload entry tunnel {tunnel}", BASE + [service([{"name": "http", "port": 80, "targetPort": 8080}]), we({"app": "foo", **({"networking.istio.io/tunnel": "http"} if tunnel else {})})], [
        ask("x", "svc.ns", 80, {"transport": "hbone" if tunnel else "plaintext"})])
case("pods and workload entries of one service", BASE + [service([{"name": "http", "port": 80, "targetPort": 8080}]), we({"app": "foo"}, name="vm", address="10.3.0.1"), FOO], [
    ask("x", "svc.ns", 80, {"distribution": {"ns/name": {"share": .5, "tolerance": .01}}})])

# Addresses of ServiceEntries.
AUTO, AUTO2 = "240.240.0.1", "240.240.0.2"
ONE, TWO = "one.example.com", "two.example.com"
case("entry with address", BASE + [entry("e", [ONE], ["1.1.1.1"])], [ask("a", "1.1.1.1", 80, {"outcome": "allowed", "routed_to": ONE}), ask("other port", "1.1.1.1", 81, NONE)])
case("entry with assigned address", BASE + [entry("e", [ONE], status=[(ONE, AUTO), (ONE, "2001:2::1")])], [ask(a, a, 80, reaches(ONE)) for a in (AUTO, "2001:2::1")])
case("entry with assigned addresses of two hosts", BASE + [entry("e", [ONE, TWO], status=[(ONE, AUTO), (ONE, "2001:2::1"), (TWO, AUTO2), (TWO, "2001:2::2")])], [
    ask(a, a, 80, reaches(h)) for a, h in ((AUTO, ONE), ("2001:2::1", ONE), (AUTO2, TWO), ("2001:2::2", TWO))])
for title, more in (("stated address", {"addresses": ["1.2.3.4"]}), ("resolution none", {"resolution": "NONE"}), ("opted out", {"labels": {"networking.istio.io/enable-autoallocate-ip": "false"}})):
    case(f"entry, assigned address unused: {title}", BASE + [entry("e", [ONE], status=[(ONE, AUTO)], ports=((80, "http", "HTTP"),), **more)], [
        ask("assigned", AUTO, 80, reaches(AUTO)), ask("assigned, other port", AUTO, 81, reaches(AUTO))] + ([ask("stated", "1.2.3.4", 80, reaches(ONE))] if "addresses" in more else []))
case("entry with range", BASE + [entry("e", ["cidr.example.com"], ["10.5.0.0/24"], "STATIC", endpoints=[{"address": "198.51.100.9"}])], [
    ask("inside", "10.5.0.77", 80, reaches("cidr.example.com")), ask("outside", "10.5.1.1", 80, reaches("10.5.1.1"))])
case("entry with unclean range", BASE + [entry("e", ["cidr.example.com"], ["10.5.0.9/24"], "STATIC", endpoints=[{"address": "198.51.100.9"}])], [
    ask("inside", "10.5.0.77", 80, reaches("cidr.example.com")), ask("outside", "10.5.1.1", 80, reaches("10.5.1.1"))])
case("entry with range of one", BASE + [entry("e", ["single.example.com"], ["10.5.0.9/32"], "STATIC", endpoints=[{"address": "198.51.100.9"}])], [
    ask("inside", "10.5.0.9", 80, reaches("single.example.com")), ask("outside", "10.5.0.10", 80, reaches("10.5.0.10"))])

# Traffic distribution: by annotation of the namespace, of the object, or the field of the Service.
SPOTS = [pod(f"on-{n}", f"10.1.0.{n}", {"app": "foo"}, node=f"node-{n}") for n in (1, 2, 3, 4)]
# The client is in r1/z1/s1 on node-1; without preference every endpoint counts alike.
SHARES = {"PreferClose": {1: .5, 2: .5}, "PreferSameNode": {1: 1.}, "PreferSameZone": {1: .5, 2: .5}, None: {1: .25, 2: .25, 3: .25, 4: .25}, "Any": {1: .25, 2: .25, 3: .25, 4: .25}}


def shares(kind, name):
    return {name(n): {"share": v, "tolerance": .01} for n, v in SHARES[kind].items()}


def spread(title, kind, of_ns=None, of_object=None, field=None):
    ns = namespace("ns")
    ns["metadata"]["annotations"] = {SPREAD: of_ns} if of_ns else {}
    own = {SPREAD: of_object} if of_object else {}
    svc = service([{"name": "http", "port": 80, "targetPort": 8080}], annotations=own, **({"trafficDistribution": field} if field else {}))
    case("distribution of a service " + title, [ROOT, ns, CLIENT] + NODES + [svc] + SPOTS, [ask("x", "svc.ns", 80, {"distribution": shares(kind, lambda n: f"ns/on-{n}")})])


spread("field close", "PreferClose", field="PreferClose")
spread("field node", "PreferSameNode", field="PreferSameNode")
spread("field zone", "PreferSameZone", field="PreferSameZone")
spread("none", None)
spread("of the namespace", "PreferClose", of_ns="PreferClose")
spread("of the service", "PreferClose", of_object="PreferClose")
spread("of the service before the namespace", "PreferSameZone", of_ns="PreferClose", of_object="PreferSameZone")
spread("any before the namespace", "Any", of_ns="PreferClose", of_object="Any")

# TestAmbientIndex_ServiceSelectsCorrectWorkloads, _WorkloadEntries, _ServiceEntry: what a selector takes.
PODS = [pod("pod1", "10.2.0.1", {"app": "a"}), pod("pod2", "10.2.0.2", {"app": "a", "other": "label"}), pod("pod3", "10.2.0.3", {"app": "other"})]
ENTRIES = [we({"app": "a"}, address="10.3.0.1", name="name1"), we({"app": "a", "other": "label"}, address="10.3.0.2", name="name2"), we({"app": "other"}, address="10.3.0.3", name="name3")]
HTTP = [{"name": "http", "port": 80, "targetPort": 8080}]


def split(*names):
    return {"distribution": {f"ns/{n}": {"share": 1 / len(names), "tolerance": .01} for n in names}}


for title, selector, names in (("one label", {"app": "a"}, ("pod1", "pod2")), ("two labels", {"app": "a", "other": "label"}, ("pod2",))):
    case(f"service selects, {title}", BASE + [service(HTTP, selector=selector)] + PODS, [ask("x", "svc.ns", 80, split(*names))])
for on, names in ((True, ("pod1", "name1", "name2")), (False, ("pod1",))):
    case(f"service selects workload entries {on}", BASE + [service(HTTP, selector={"app": "a"}), PODS[0]] + ENTRIES, [
        ask("x", "svc.ns", 80, {"distribution": {f"ns/{n}" if n.startswith("pod") else n: {"share": 1 / len(names), "tolerance": .01} for n in names if n.startswith("pod")}})],
         features={"PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES": str(on).lower()})
    case(f"entry selects workload entries {on}", BASE + [entry("e", [ONE], ["240.240.23.45"], "STATIC", ((80, "http", "HTTP", ("targetPort", 8080)),), workloadSelector={"labels": {"app": "a"}}), PODS[0]] + ENTRIES, [
        ask("x", ONE, 80, {"distribution": {"ns/pod1": {"share": 1 / 3, "tolerance": .01}}})], features={"PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES": str(on).lower()})
FAR = entry("e", ["mismatched.example.com"], ["240.240.23.45"], "STATIC", workloadSelector={"labels": {"app": "a"}})
FAR["metadata"]["namespace"] = "far"
case("entry selects in its own namespace", BASE + [namespace("far"), FAR] + PODS + ENTRIES, [ask("x", "mismatched.example.com", 80, NONE)])
case("endpoint of an entry states its port", BASE + [entry("e", [ONE], ["240.240.23.45"], "STATIC", endpoints=[{"address": "198.51.100.7", "ports": {"http": 8081}}])], [
    ask("x", ONE, 80, {"outcome": "allowed", "target_port": 8081})])


# TestAmbientIndex_ServiceOverlap: of one host the oldest of a namespace counts; a client's own namespace goes before the canonical one.
def foo_com(name, ns, n, created, host="foo.com"):
    out = entry(name, [host], [f"10.255.0.{n}"], "STATIC", endpoints=[{"address": f"10.9.0.{n}"}])
    out["metadata"].update({"namespace": ns, "creationTimestamp": created})
    return out


OLD, MID, NEW = "2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"
TARGETS = [pod(f"target-{n}", f"10.9.0.{n}") for n in (1, 2, 11)]
ELSEWHERE = pod("client", "10.0.0.3", {"app": "client"}, ambient=True)
ELSEWHERE["metadata"]["namespace"] = "third"
OVERLAP = BASE + TARGETS + [namespace("original"), namespace("third"), ELSEWHERE]
for title, entries, own, other in (("three", ((11, "original", OLD), (1, "ns", MID), (2, "ns", NEW)), 1, 11), ("own namespace", ((1, "ns", MID), (2, "ns", NEW)), 1, 1), ("last", ((2, "ns", NEW),), 2, 2)):
    case(f"overlap, {title}", OVERLAP + [foo_com(f"se-{n}", ns, n, t) for n, ns, t in entries], [
        ask("own", "foo.com", 80, reaches(f"ns/target-{own}")), call("other", "foo.com", 80, reaches(f"ns/target-{other}"), src="client", ns="third")])
case("overlap with a Service", BASE + TARGETS + [service([{"name": "http", "port": 80, "targetPort": 80}], "svc1", {"app": "svc1"}), pod("behind", "10.9.0.20", {"app": "svc1"}),
                                                foo_com("se-2", "ns", 2, OLD, "svc1.ns.svc.cluster.local")], [
    ask("name", "svc1.ns.svc.cluster.local", 80, reaches("ns/behind"))])

# serviceEntryVisibility (services_test.go, tests/integration/ambient/baseline_test.go TestServiceEntryVisibility)
LOCAL = {"serviceEntryVisibility": {"applyToSidecars": True, "defaultVisibility": "NAMESPACE", "policies": [
    {"visibility": "PUBLIC", "matchingRules": [{"namespaceSelector": {"matchLabels": {"se-visibility": "public"}}}]}]}}
SIDE = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "side", "namespace": "vis-public", "labels": {"app": "side", "sidecar.istio.io/inject": "true"}, "annotations": {
    "proxy.istio.io/config": '{"proxyMetadata": {"ISTIO_META_DNS_CAPTURE": "true"}}'}}, "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1"}]}}


def shadow(name, ns, host, app, created):
    out = entry(name, [host], None, "STATIC", ((80, "http", "HTTP", ("targetPort", 8080)),), location="MESH_INTERNAL", workloadSelector={"labels": {"app": app}})
    out["metadata"].update({"namespace": ns, "creationTimestamp": created})
    return out


def placed(name, ip, ns):
    out = pod(name, ip, {"app": name}, ambient=True)
    out["metadata"]["namespace"] = ns
    return out


SHADOW, ONLY = "visibility-shadow.internal", "visibility-local-only.internal"
case("entry visibility", BASE + [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": json.dumps(LOCAL)}},
                                namespace("vis-local"), namespace("vis-public", **{"se-visibility": "public"}), placed("shadowlocal", "10.4.0.1", "vis-local"), placed("shadowpublic", "10.4.0.2", "vis-public"), SIDE,
                                shadow("shadow-local", "vis-local", SHADOW, "shadowlocal", OLD), shadow("shadow-public", "vis-public", SHADOW, "shadowpublic", NEW), shadow("local-only", "vis-local", ONLY, "shadowlocal", NEW)], [
    ask("ambient", SHADOW, 80, reaches("vis-public/shadowpublic")), call("sidecar", SHADOW, 80, reaches("vis-public/shadowpublic"), src="side", ns="vis-public"),
    call("own", SHADOW, 80, reaches("vis-local/shadowlocal"), src="shadowlocal", ns="vis-local")])

if __name__ == "__main__":
    write(sys.argv[1], "registry")
