"""istio/istio (86c9f01) pilot/pkg/model/push_context_test.go: TestSetDestinationRule{WithExportTo,Merging,WithWorkloadSelector}, TestIsServiceVisible, TestServiceIndexDefaultServiceExportTo,
TestServiceWithExportTo, TestVirtualService{WithExportTo,WithDefaultExportTo}, TestSidecarScope, TestRootSidecarScopePropagation, TestBestEffortInferServiceMTLSMode, TestResolveServiceAliases;
read off requests: which DestinationRule a client has shows in which subsets answer (others are 503), a Service that is not visible is no virtual host (502 under REGISTRY_ONLY)."""
import sys

from echo_mesh import ROOT, call, case, namespace, ok, status, write

POD = {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": 8080}]}]}


def config(**mesh):
    import yaml
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": yaml.safe_dump({"outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}, **mesh})}}


def pod(name, ns, inject="true", **labels):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": name, **({"sidecar.istio.io/inject": "true"} if inject == "true" else {}), **labels}}, "spec": POD}


def service(name, ns, export=None, port=80, **spec):
    annotations = {"annotations": {"networking.istio.io/exportTo": export}} if export else {}
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns, **annotations}, "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": port, "targetPort": 8080}], **spec}}, pod(name, ns)]


def entry(name, host, ns, **spec):
    return [{"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": name, "namespace": ns}, "spec": {
        "hosts": [host], "location": "MESH_INTERNAL", "resolution": "STATIC", "workloadSelector": {"labels": {"app": name}}, "ports": [{"number": 80, "name": "http", "protocol": "HTTP", "targetPort": 8080}], **spec}}, pod(name, ns)]


def istio(kind, name, ns, **spec):
    return {"apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": {"name": name, "namespace": ns}, "spec": spec}


def dr(name, ns, host, subsets, export=None, **more):
    return istio("DestinationRule", name, ns, host=host, subsets=[{"name": f"s{n}"} for n in subsets], **({"exportTo": export} if export else {}), **more)


def aged(objects):
    """The order of creation, which the tests leave open or give by the second."""
    for i, o in enumerate(objects):
        o["metadata"]["creationTimestamp"] = f"2024-01-01T00:00:{i:02}Z"
    return objects


def world(*namespaces):
    return [ROOT, *(namespace(n) for n in dict.fromkeys(namespaces) if n != "istio-system")]


# Which subsets of `rules` a client has for a host whose ServiceEntry is in svc_ns.
def subsets(title, rules, host, proxy_ns, svc_ns, asked, want, client=None):
    client = client or pod("client", proxy_ns)
    to = [{"match": [{"uri": {"exact": f"/{n}"}}], "route": [{"destination": {"host": host, "subset": f"s{n}"}}]} for n in asked]
    flows = [call(f"subset {n}", host, 80, ok(routed_to=f"{svc_ns}/server") if n in want else status(503), src="client", ns=proxy_ns, path=f"/{n}", host=host) for n in asked]
    case(title, [*world(proxy_ns, svc_ns, *(r["metadata"]["namespace"] for r in rules)), config(), *entry("server", host, svc_ns), *rules, istio("VirtualService", "by-path", proxy_ns, hosts=[host], http=to), client], flows)


ORG = "httpbin.org"
EXPORT = lambda: aged([dr("rule1", "test1", ORG, (1, 2), [".", "ns1"]), dr("rule2", "test2", ORG, (3, 4), ["test2", "ns1", "test1", "newns"]), dr("rule3", "test3", ORG, (5, 6), ["test1", "test2", "*"]),
                       dr("rule4-local", "test4", ORG, (15, 16), ["test4"]), dr("rule4", "istio-system", ORG, (7, 8)), dr("rule1", "istio-system", ORG, (9, 10), ["."]), dr("rule2", "istio-system", "*.org", (11, 12), ["."]),
                       dr("rule3", "istio-system", "*.app.org", (13, 14), ["."]), dr("rule5", "test5", "api.test.com", (50, 51), ["istio-system"]), dr("rule6", "test6", "api.test.com", (60, 61), ["istio-system"])])
for proxy, svc, host, want in (("test1", "test1", ORG, (1, 2)), ("test1", "test2", ORG, (1, 2)), ("test2", "test1", ORG, (3, 4)), ("newns", "test2", ORG, (3, 4)), ("test3", "test1", ORG, (5, 6)), ("test5", "test4", ORG, (7, 8)),
                               ("ns1", "test1", ORG, (1, 2)), ("ns1", "random", ORG, (7, 8)), ("random", "random", ORG, (7, 8)), ("test3", "random", ORG, (5, 6)), ("istio-system", "random", ORG, (9, 10)),
                               ("istio-system", "istio-system", ORG, (9, 10)), ("istio-system", "istio-system", "foo.app.org", (13, 14)), ("istio-system", "test5", "api.test.com", (50, 51)),
                               ("istio-system", "test6", "api.test.com", (60, 61)), ("istio-system", "test7", "api.test.com", ())):
    subsets(f"exportTo of DestinationRules: {host} of {svc} seen from {proxy}", EXPORT(), host, proxy, svc, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 50, 51, 60, 61), want)

MERGE = lambda: aged([dr("rule1", "test", ORG, (1, 2)), dr("rule2", "test", ORG, (3, 4)), dr("rule3", "test", ORG, (5, 6), ["istio-system"])])
for proxy, want in (("test", (1, 2, 3, 4)), ("other", (1, 2, 3, 4)), ("istio-system", (5, 6))):
    subsets(f"DestinationRules of one host that differ in exportTo, seen from {proxy}", MERGE(), ORG, proxy, "test", range(1, 7), want)

SELECT = lambda: aged([dr("rule4", "test", ORG, (4,), [".", "test2"])] + [dr(f"rule{i}", "test", ORG, (i,), ["test2", "."], workloadSelector={"matchLabels": {"app": app}}) for i, app in ((1, "app1"), (2, "app2"), (3, "app2"))])
for ns, app, want in (("test", "app1", (1, 4)), ("test", "app2", (2, 3, 4)), ("test", "app3", (4,)), ("test2", "app1", (4,))):
    client = pod("client", ns)
    client["metadata"]["labels"]["app"] = app
    subsets(f"DestinationRules with workloadSelector: {app} of {ns}", SELECT(), ORG, ns, "test", (1, 2, 3, 4), want, client)


# Services a client in `foo` sees. OTHER keeps an HTTP listener on port 80.
def visible(title, ns, export, expect, make=service, **mesh):
    name = "svc" if make is service else "svc.example.com"
    host = f"svc.{ns}.svc.cluster.local" if make is service else name
    made = service("svc", ns, export) if make is service else entry("svc", host, ns, **({"exportTo": export} if export else {}))
    case("visible: " + title, [*world("foo", "bar", "baz"), config(**mesh), *made, *service("other", "foo", "*"), pod("client", "foo")], [
        call("asked", host, 80, ok(routed_to=f"{ns}/svc") if expect else status(502), src="client", ns="foo", path="/", host=host), call("the other one", "other.foo", 80, ok(), src="client", ns="foo", path="/")])


for ns, default, expect in (("foo", ["."], True), ("bar", ["."], False), ("bar", ["*"], True), ("bar", [".", "foo"], True), ("bar", [".", "baz"], False), ("foo", [".", "baz"], True)):
    visible(f"{ns}, defaultServiceExportTo {' '.join(default)}", ns, None, expect, defaultServiceExportTo=default)
for ns, export, expect in (("foo", ".", True), ("bar", ".", False), ("bar", "*", True), ("bar", "foo", True), ("bar", "baz", False), ("bar", "~", False), ("bar", "*,~", True), ("bar", ".,~", False)):
    visible(f"{ns}, exportTo {export}", ns, export, expect)
for ns, vis, export, expect in (("foo", "NAMESPACE", ["*"], True), ("bar", "NAMESPACE", ["*"], False), ("bar", "PUBLIC", ["*"], True), ("foo", "NONE", ["*"], False), ("foo", "NAMESPACE", ["~"], False), ("foo", "PUBLIC", ["~"], False),
                                ("foo", "NAMESPACE", ["foo"], True), ("foo", "PUBLIC", ["foo"], True), ("foo", "NONE", ["."], False), ("foo", "NAMESPACE", ["."], True), ("foo", "NAMESPACE", ["baz"], False), ("foo", "NAMESPACE", ["foo", "baz"], True),
                                ("baz", "NAMESPACE", ["foo", "baz"], False), ("baz", "NAMESPACE", ["foo"], False), ("baz", "NAMESPACE", ["baz"], False)):
    visible(f"applyToSidecars: {vis} in {ns}, exportTo {' '.join(export)}", ns, export, expect, entry, serviceEntryVisibility={"applyToSidecars": True, "defaultVisibility": vis})
visible("applyToSidecars disabled: NAMESPACE in bar", "bar", ["*"], True, entry, serviceEntryVisibility={"applyToSidecars": False, "defaultVisibility": "NAMESPACE"})


def seen_from(title, objects, namespaces, table, **mesh):
    """table: client namespace -> {host: where it leads, or None}."""
    flows = [call(f"{h} from {ns}", h, 80, ok(routed_to=to) if to else status(502), src="client", ns=ns, path="/", host=h) for ns, hosts in table.items() for h, to in hosts.items()]
    case(title, [*world(*namespaces, *table), config(**mesh), *objects, *(o for ns in table for o in [*service("other", ns, "."), pod("client", ns)])], flows)


def reach(yes, no, where):
    return {**{h: where[h] for h in yes}, **{h: None for h in no}}


# TestServiceIndexDefaultServiceExportTo: [".", "bar"]
S = {f"{n}.{ns}.svc.cluster.local": f"{ns}/{n}" for n, ns in (("unset-1", "test1"), ("unset-2", "test2"), ("bar-ns", "bar"), ("public", "test1"))}
U1, U2, B, PUB = S
seen_from("services of defaultServiceExportTo", [*service("unset-1", "test1"), *service("unset-2", "test2"), *service("bar-ns", "bar"), *service("public", "test1", "*")], (),
          {"test1": reach([U1, PUB], [U2, B], S), "test2": reach([U2, PUB], [U1, B], S), "bar": reach([U1, U2, B, PUB], [], S)}, defaultServiceExportTo=[".", "bar"])
S = {f"svc{i}.test{i}.svc.cluster.local": f"test{i}/svc{i}" for i in (1, 2, 3, 4)}
S1, S2, S3, S4 = S
seen_from("services with exportTo", [*service("svc1", "test1", ".,ns1"), *service("svc2", "test2", "test1,ns1,test2"), *service("svc3", "test3", "test1,*,test2"), *service("svc4", "test4")], ("test3", "test4"),
          {"test1": reach(S, [], S), "test2": reach([S2, S3, S4], [S1], S), "ns1": reach(S, [], S), "random": reach([S3, S4], [S1, S2], S)})


# VirtualServices by exportTo: each host is no Service; where a VirtualService for it is known it leads to `target`.
def routes(name, ns, host, gateways=None, export=None):
    return istio("VirtualService", name, ns, hosts=[host], http=[{"route": [{"destination": {"host": "target.target.svc.cluster.local"}}]}], **({"gateways": gateways} if gateways else {}), **({"exportTo": export} if export else {}))


ALL = ["rule1.com", "rule2.com", "rule2gw.com", "rule3.com", "rule3gw.com", "rootns.com"]
W = dict.fromkeys(ALL + ["mesh-rule1.com", "mesh-rule2.com", "gw-rule.com"], "target/target")


def gateway_at(ns, labels):
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "gw", "namespace": ns}, "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "gw", "namespace": ns}, "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {
                "labels": {**labels, "sidecar.istio.io/inject": "true"}, "annotations": {"inject.istio.io/templates": "gateway"}}, "spec": {"containers": [{"name": "istio-proxy", "image": "auto"}]}}}}]


def virtual_services(title, made, mesh_table, gateway_table, hosts, **mesh):
    gateways = [istio("Gateway", "gateway", "default", selector={"istio": "gw"}, servers=[{"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*/*"]}])]
    objects = [*world("default", "target", *(m["metadata"]["namespace"] for m in made), *mesh_table, *gateway_table), config(**mesh), *service("target", "target", "*"), *made, *gateways]
    flows = []
    for ns, yes in mesh_table.items():
        objects.append(pod("client", ns))
        flows += [call(f"{h} from {ns}", "target.target", 80, ok(routed_to="target/target") if h in yes else status(502), src="client", ns=ns, path="/", host=h) for h in hosts]
    for ns, yes in gateway_table.items():
        objects += gateway_at(ns, {"istio": "gw"})
        flows += [call(f"{h} through the gateway of {ns}", h, 80, ok(routed_to="target/target") if h in yes else status(404), outside=True, gateway=f"{ns}/gw", path="/", host=h) for h in hosts]
    case(title, objects, flows)


GW = "default/gateway"
virtual_services("VirtualServices with exportTo", [routes("rule1", "test1", "rule1.com", export=[".", "ns1"]), routes("rule2", "test2", "rule2.com", export=["test2", "ns1", "test1"]),
                                                   routes("rule2gw", "test2", "rule2gw.com", [GW, "mesh"], ["test2", "ns1", "test1"]), routes("rule3", "test3", "rule3.com", ["mesh"], ["test1", "test2", "*"]),
                                                   routes("rule3gw", "test3", "rule3gw.com", [GW], ["test1", "test2", "*"]), routes("zzz", "istio-system", "rootns.com")],
                 {"test1": ["rule1.com", "rule2.com", "rule2gw.com", "rule3.com", "rootns.com"], "test2": ["rule2.com", "rule2gw.com", "rule3.com", "rootns.com"],
                  "ns1": ["rule1.com", "rule2.com", "rule2gw.com", "rule3.com", "rootns.com"], "random": ["rule3.com", "rootns.com"]},
                 {"test1": ["rule2gw.com", "rule3gw.com"], "test2": ["rule2gw.com", "rule3gw.com"], "ns1": ["rule2gw.com", "rule3gw.com"], "random": ["rule3gw.com"]}, ALL)
virtual_services("VirtualServices of defaultVirtualServiceExportTo", [routes("mesh-rule1", "test1", "mesh-rule1.com"), routes("mesh-rule2", "test2", "mesh-rule2.com"), routes("gw-rule", "test1", "gw-rule.com", [GW])],
                 {"test1": ["mesh-rule1.com"], "ns1": ["mesh-rule1.com", "mesh-rule2.com"], "test2": ["mesh-rule2.com"], "random": []}, {"test1": ["gw-rule.com"], "ns1": ["gw-rule.com"], "random": []},
                 ["mesh-rule1.com", "mesh-rule2.com", "gw-rule.com"], defaultVirtualServiceExportTo=[".", "ns1"])

# Which Sidecar a workload has: its own, by selector; the root namespace's; none.
S = {f"svc{i}.{ns}.svc.cluster.local": f"{ns}/svc{i}" for i, ns in ((1, "default"), (2, "nosidecar"), (3, "istio-system"))}
S1, S2, S3 = S
SIDECARS = [istio("Sidecar", "foo", "default", workloadSelector={"labels": {"app": "client"}}, egress=[{"hosts": ["default/*"]}]), istio("Sidecar", "global", "istio-system", egress=[{"hosts": ["default/*"]}])]
FLOWS = [call(f"{h} from {ns}/{src}", h, 80, ok(routed_to=S[h]) if h == S1 else status(502), src=src, ns=ns, path="/", host=h) for ns, src in (("default", "client"), ("default", "bar"), ("nosidecar", "bar")) for h in S]
case("Sidecar scopes", [*world("default", "nosidecar"), config(), *(o for i, ns in ((1, "default"), (2, "nosidecar"), (3, "istio-system")) for o in service(f"svc{i}", ns)), *SIDECARS, pod("client", "default"), pod("bar", "default"), pod("bar", "nosidecar")], FLOWS)
S = {f"{n}.{ns}.svc.cluster.local": f"{ns}/{n}" for n, ns in (("svc1", "default"), ("svc2", "foo"), ("svc3", "foo"), ("svc4", "istio-system"))}
S1, S2, S3, S4 = S
seen_from("Sidecar of the root namespace", [*service("svc1", "default"), *service("svc2", "foo"), *service("svc3", "foo"), *service("svc4", "istio-system"), istio("Sidecar", "global", "istio-system", egress=[{"hosts": ["./*", "istio-system/*"]}])], (),
          {"foo": reach([S2, S3, S4], [S1], S), "default": reach([S1, S4], [S2, S3], S)})

# TestBestEffortInferServiceMTLSMode: mTLS where nothing is in the way; a selector policy is not asked, a headless Service without sidecars gets plaintext.
STRICT = {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "default", "namespace": "whole"}, "spec": {"mtls": {"mode": "STRICT"}}}
DISABLED = {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "workload", "namespace": "partial"}, "spec": {"selector": {"matchLabels": {"app": "httpbin", "version": "v1"}}, "mtls": {"mode": "DISABLE"}}}
HEADLESS = service("plain", "partial", clusterIP="None")
del HEADLESS[1]["metadata"]["labels"]["sidecar.istio.io/inject"]
case("mTLS that is inferred", [*world("whole", "partial", "clients"), config(), STRICT, DISABLED, *service("some", "whole"), *service("some", "partial"), *HEADLESS, pod("client", "clients")], [
    call("from namespace policy", "some.whole", 80, ok(transport="mtls"), src="client", ns="clients", path="/"), call("from mesh default", "some.partial", 80, ok(transport="mtls"), src="client", ns="clients", path="/"),
    call("headless service with instances", "plain.partial", 80, ok(transport="plaintext"), src="client", ns="clients", path="/")])


# TestResolveServiceAliases: names that lead to `concrete`.
def alias(name, to):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": {"type": "ExternalName", "externalName": f"{to}.default.svc.cluster.local", "ports": [{"name": "http", "port": 80}]}}


for title, aliases in (("no aliases", {}), ("simple alias", {"alias": "concrete"}), ("multiple alias", {"alias1": "concrete", "alias2": "concrete"}), ("chained alias", {"alias1": "alias2", "alias2": "concrete"})):
    names = [f"{n}.default.svc.cluster.local" for n in ("concrete", *aliases)]
    case(f"aliases: {title}", [*world("default"), config(), *service("concrete", "default"), *(alias(*a) for a in aliases.items()), pod("client", "default")], [
        call(n, "concrete.default", 80, ok(routed_to="default/concrete"), src="client", ns="default", path="/", host=n) for n in names] + [call("none", "concrete.default", 80, status(502), src="client", ns="default", path="/", host="nobody.default.svc.cluster.local")])

write(sys.argv[1], "push_context")
