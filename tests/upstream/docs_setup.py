"""What becomes of a pod: istio.io/docs setup/additional-setup/sidecar-injection, ops/common-problems/injection, setup/upgrade/canary (revisions, tags),
setup/install/multiple-controlplanes, ambient/usage/add-workloads; the Sail operator's docs update-strategy, multiple-mesh, create-and-configure-gateways
(fd6516d). A pod with a sidecar is seen by a call to a server that demands mTLS: one without proxy is refused."""
from docs_mesh import *

fresh()
S = "target/server"
MTLS, HBONE = ok(path=["sidecar", "sidecar"]), ok(path=["ztunnel", "sidecar"])
SERVER = [ROOT, ns("target", "sidecar")] + app("server", "target", [("http", 80, 8080)]) + peer("STRICT", "target")


def client(ns_labels=None, pod=None, annotations=None, where="test", deployment_labels=None, **spec):
    d = deployment("client", "client", where, [80], labels=pod, annotations=annotations)
    d["spec"]["template"]["spec"].update(spec)
    d["metadata"]["labels"] = deployment_labels or {}
    return [namespace_of(where, ns_labels or {}), d]


def namespace_of(name, labels):
    return echo_mesh.namespace(name, **labels)


def injected(title, yes, objects, more=(), where="test", **mesh):
    case(title, SERVER + objects + list(more), [get("client", f"{where}/client", svc("server", "target"), 80, MTLS if yes else CUT)], **mesh)


ON, OFF, REV = {"istio-injection": "enabled"}, {"istio-injection": "disabled"}, "istio.io/rev"
YES, NO = {"sidecar.istio.io/inject": "true"}, {"sidecar.istio.io/inject": "false"}
for title, space, pod, want in (
        ("nothing", {}, {}, 0), ("namespace", ON, {}, 1), ("namespace disabled", OFF, {}, 0), ("pod", {}, YES, 1), ("pod false", {}, NO, 0), ("namespace, pod false", ON, NO, 0),
        ("namespace, pod true", ON, YES, 1), ("namespace disabled, pod true", OFF, YES, 0), ("namespace with another value", {"istio-injection": "true"}, {}, 0),
        ("namespace of the default revision", {REV: "default"}, {}, 1), ("namespace of that revision, pod false", {REV: "default"}, NO, 0), ("pod of the default revision", {}, {REV: "default"}, 1),
        ("pod of that revision and false", {}, {REV: "default", **NO}, 0), ("namespace of no revision there is", {REV: "canary"}, {}, 0),
        ("injection over revision", {**ON, REV: "canary"}, {}, 1), ("disabled over revision", {**OFF, REV: "default"}, {}, 0)):
    injected(f"inject {title}", want, client(space, pod))
injected("inject annotation false", 0, client(ON, annotations=NO))
injected("inject annotation true", 1, client(ON, annotations=YES))
injected("inject label over annotation", 1, client(ON, YES, annotations=NO))
injected("inject the deployment's own labels do not count", 0, client({}, deployment_labels=YES))
injected("inject host network", 0, client(ON, hostNetwork=True))
for name in ("kube-system", "kube-public"):
    injected(f"inject {name}", 0, client(ON, where=name), where=name)
POLICY = [{"apiVersion": "sailoperator.io/v1", "kind": "Istio", "metadata": {"name": "default"}, "spec": {"namespace": "istio-system", "values": {"sidecarInjectorWebhook": {
    "neverInjectSelector": [{"matchExpressions": [{"key": "openshift.io/build.name", "operator": "Exists"}]}, {"matchExpressions": [{"key": "openshift.io/deployer-pod-for.name", "operator": "Exists"}]}]}}}}]
for title, labels, notes, want in (("build pod", {"openshift.io/build.name": "b"}, {}, 0), ("deployer pod", {"openshift.io/deployer-pod-for.name": ""}, {}, 0), ("any other", {"x": "y"}, {}, 1),
                                   ("pod before selector", {"openshift.io/build.name": "b", **YES}, {}, 1), ("annotation before selector", {"openshift.io/build.name": "b"}, YES, 1)):
    injected(f"neverInjectSelector {title}", want, client(ON, labels, annotations=notes), POLICY)
BY_DEFAULT = [{"apiVersion": "sailoperator.io/v1", "kind": "Istio", "metadata": {"name": "default"}, "spec": {"namespace": "istio-system", "values": {"sidecarInjectorWebhook": {"enableNamespacesByDefault": True}}}}]
for title, space, pod, want in (("nothing", {}, {}, 1), ("namespace disabled", OFF, {}, 0), ("pod false", {}, NO, 0), ("namespace", ON, {}, 1)):
    injected(f"enableNamespacesByDefault {title}", want, client(space, pod), BY_DEFAULT)

# --- revisions: canary upgrade, tags
CANARY = [{"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": f"istio-sidecar-injector{'-' + r if r != 'default' else ''}", "labels": {"app": "sidecar-injector", REV: r}}, "webhooks": []} for r in ("default", "canary")]
for title, space, want in (("old namespace", ON, 1), ("upgraded", {REV: "canary"}, 1), ("both labels", {**ON, REV: "canary"}, 1), ("neither", {}, 0), ("another", {REV: "other"}, 0)):
    injected(f"canary {title}", want, client(space), CANARY)


def hook(revision, tag=None):
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "webhooks": [],
            "metadata": {"name": f"istio-revision-tag-{tag}" if tag else f"istio-sidecar-injector-{revision}", "labels": {"app": "sidecar-injector", REV: revision, **({"istio.io/tag": tag} if tag else {})}}}


TAGS = [hook("1-9-5"), hook("1-10-0"), hook("1-9-5", "prod-stable"), hook("1-10-0", "prod-canary")]
SERVER_REV = [ROOT, echo_mesh.namespace("target", **{REV: "1-10-0"})] + SERVER[2:]
for title, space, hooks, want in (
        ("stable", {REV: "prod-stable"}, TAGS, 1), ("canary", {REV: "prod-canary"}, TAGS, 1), ("the revision itself", {REV: "1-9-5"}, TAGS, 1), ("a tag that nobody set", {REV: "prod"}, TAGS, 0),
        ("no default tag", ON, TAGS, 0), ("no default tag, pod", {}, TAGS, 0), ("default tag", ON, TAGS + [hook("1-10-0", "default")], 1)):
    case(f"tag {title}", SERVER_REV + client(space, YES if title.endswith("pod") else {}) + hooks, [get("client", "test/client", svc("server", "target"), 80, MTLS if want else CUT)], revision="1-10-0")
case("tag default, pod alone", SERVER_REV + client({}, YES) + TAGS + [hook("1-10-0", "default")], [get("client", "test/client", svc("server", "target"), 80, MTLS)], revision="1-10-0")


# --- the Sail operator
def istio(name="default", strategy="InPlace", version="v1.30.3"):
    return {"apiVersion": "sailoperator.io/v1", "kind": "Istio", "metadata": {"name": name}, "spec": {"namespace": "istio-system", "updateStrategy": {"type": strategy}, "version": version}}


def revision(name):
    return {"apiVersion": "sailoperator.io/v1", "kind": "IstioRevision", "metadata": {"name": name}, "spec": {"namespace": "istio-system"}}


TAG = {"apiVersion": "sailoperator.io/v1", "kind": "IstioRevisionTag", "metadata": {"name": "default"}, "spec": {"targetRef": {"kind": "Istio", "name": "default"}}}
injected("sail in place", 1, client(ON), [istio()])
for title, space, pods, want in (("injection label", ON, [], 0), ("revision label", {REV: "my-mesh"}, [], 1)):
    case(f"sail in place, another name, {title}", [ROOT, echo_mesh.namespace("target", **{REV: "my-mesh"})] + SERVER[2:] + client(space) + [istio("my-mesh")],
         [get("client", "test/client", svc("server", "target"), 80, MTLS if want else CUT)], revision="my-mesh")
OLD, NEW = "default-v1-30-3", "default-v1-31-0"
for title, space, objects, rev, want in (
        ("old revision", {REV: OLD}, [istio(strategy="RevisionBased"), revision(OLD)], OLD, 1), ("no tag, injection label", ON, [istio(strategy="RevisionBased"), revision(OLD)], OLD, 0),
        ("no tag, revision default", {REV: "default"}, [istio(strategy="RevisionBased"), revision(OLD)], OLD, 0), ("two, the new one", {REV: NEW}, [istio(strategy="RevisionBased", version="v1.31.0"), revision(OLD), revision(NEW)], NEW, 1),
        ("two, still the old one", {REV: OLD}, [istio(strategy="RevisionBased", version="v1.31.0"), revision(OLD), revision(NEW)], NEW, 1),
        ("the old one is gone", {REV: OLD}, [istio(strategy="RevisionBased", version="v1.31.0"), revision(NEW)], NEW, 0),
        ("tag, injection label", ON, [istio(strategy="RevisionBased"), revision(OLD), TAG], OLD, 1), ("tag, revision default", {REV: "default"}, [istio(strategy="RevisionBased"), revision(OLD), TAG], OLD, 1)):
    case(f"sail by revision {title}", [ROOT, echo_mesh.namespace("target", **{REV: rev})] + SERVER[2:] + client(space) + objects, [get("client", "test/client", svc("server", "target"), 80, MTLS if want else CUT)], revision=rev)
# egress gateways of create-and-configure-gateways
HO = "httpbin.org"
ENTRY = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: httpbin-ext }\nspec: { hosts: [httpbin.org], ports: [{ number: 80, name: http, protocol: HTTP }], location: MESH_EXTERNAL, resolution: DNS }\n---\n"
GW_API = d(ENTRY + """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: httpbin-egress-gateway, annotations: { networking.istio.io/service-type: ClusterIP } }
spec: { gatewayClassName: istio, listeners: [{ name: http, hostname: httpbin.org, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: Same } } }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: direct-httpbin-to-egress-gateway }
spec: { parentRefs: [{ kind: ServiceEntry, group: networking.istio.io, name: httpbin-ext }], rules: [{ backendRefs: [{ name: httpbin-egress-gateway-istio, port: 80 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: forward-httpbin-from-egress-gateway }
spec: { parentRefs: [{ name: httpbin-egress-gateway }], hostnames: [httpbin.org], rules: [{ backendRefs: [{ kind: Hostname, group: networking.istio.io, name: httpbin.org, port: 80 }] }] }
""", "egress-gateway")
EGRESS = [ROOT, ns("egress-gateway", "sidecar")] + curl("egress-gateway", "test-pod")
T = "egress-gateway/test-pod"
case("sail egress 1 no gateway", EGRESS + d(ENTRY, "egress-gateway"), [get("direct", T, HO, 80, ok(path=["sidecar"]), path="/get")])
case("sail egress 2 gateway api", EGRESS + GW_API, [get("through it", T, HO, 80, ok(path=["sidecar", "gateway"]), path="/get")])
IE = "istio-egressgateway"
CLASSIC = d(ENTRY + f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: egressgateway-for-httpbin }}
spec: {{ host: {IE}.{IE}.svc.cluster.local, subsets: [{{ name: httpbin }}] }}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: direct-httpbin-through-egress-gateway }}
spec: {{ hosts: [httpbin.org], gateways: [mesh], http: [{{ match: [{{ port: 80 }}], route: [{{ destination: {{ host: {IE}.{IE}.svc.cluster.local, subset: httpbin, port: {{ number: 80 }} }} }}] }}] }}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: {IE} }}
spec: {{ selector: {{ istio: egressgateway }}, servers: [{{ port: {{ number: 80, name: http, protocol: HTTP }}, hosts: [httpbin.org] }}] }}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: gateway-to-httpbin }}
spec: {{ hosts: [httpbin.org], gateways: [{IE}], http: [{{ route: [{{ destination: {{ host: httpbin.org, port: {{ number: 80 }} }} }}] }}] }}
""", IE)
case("sail egress 3 classic", [ROOT, ns(IE), ns("bookinfo", "sidecar")] + bookinfo("bookinfo") + ingressgateway(IE, "egressgateway", where=IE) + CLASSIC, [
    get("productpage", "bookinfo/productpage-v1", HO, 80, ok(path=["sidecar", "gateway"]), path="/get")])
GATE_BI = ingressgateway(where="bookinfo")
for title, objects, flows in (("injected gateway", [o for o in classic_bookinfo_gateway("bookinfo") if o["metadata"]["namespace"] != "istio-system"] + GATE_BI, "bookinfo/istio-ingressgateway"), ("gateway api", bookinfo_gateway("bookinfo"), "bookinfo/bookinfo-gateway")):
    case(f"sail ingress {title}", [ROOT, ns("bookinfo", "sidecar")] + bookinfo("bookinfo") + objects, [
        call("productpage", "productpage.example.com", 80, ok(routed_to="productpage-v1"), outside=True, gateway=flows, path="/productpage"), call("any other path", "productpage.example.com", 80, status(404), outside=True, gateway=flows, path="/x")])

# --- multiple meshes: what another mesh's istiod discovers is outside this one
MESHES = [echo_mesh.namespace("istio-system2", mesh="mesh2"), echo_mesh.namespace("istio-system1", mesh="mesh1")] + [echo_mesh.namespace(n, mesh=m, **{REV: m}) for n, m in (("app1", "mesh1"), ("app2a", "mesh2"), ("app2b", "mesh2"))] + \
    [o for n in ("app1", "app2a", "app2b") for o in curl(n) + httpbin(n)] + peer("STRICT", "istio-system1") + peer("STRICT", "istio-system2") + \
    [{"apiVersion": "sailoperator.io/v1", "kind": "Istio", "metadata": {"name": m}, "spec": {"namespace": f"istio-system{i}", "values": {"meshConfig": {"discoverySelectors": [{"matchLabels": {"mesh": m}}]}}}} for i, m in ((1, "mesh1"), (2, "mesh2"))]
case("multiple meshes", MESHES, [get("own mesh", "app2a/curl", svc("httpbin", "app2b"), 8000, ok(transport="mtls")), get("another mesh", "app2a/curl", svc("httpbin", "app1"), 8000, {"http_status": 503})],
     root_namespace="istio-system2", revision="mesh2", undiscovered_namespaces=["app1", "istio-system1"])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_setup")
