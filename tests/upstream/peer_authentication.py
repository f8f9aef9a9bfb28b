"""PeerAuthentication in istio/istio's own unit tests (86c9f01): which of several policies counts (pilot/pkg/security/authn/policy_applier_test.go
TestComposePeerAuthentication, pilot/pkg/model/authentication_test.go), and what ztunnel is given (pilot/pkg/serviceregistry/ambient/ambientindex_test.go
TestAmbientIndex_Policy, TestAmbientIndex_PeerAuthenticationNamespacePolicyChange, TestRBACConvert's golden files)."""
import sys

from echo_mesh import *

STATIC = "istio-system/istio_converted_static_strict"


def pa(name, mode=None, app=None, ns="foo", ports=None, second=None, labels=None, has_mtls=True):
    spec = {}
    if mode and has_mtls:
        spec["mtls"] = {"mode": mode}
    if app or labels is not None:
        spec["selector"] = {"matchLabels": labels if labels is not None else {"app": app}}
    if ports:
        spec["portLevelMtls"] = {str(p): ({"mode": m} if m else {}) for p, m in ports.items()}
    out = {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": name, "namespace": ns}, "spec": spec}
    if second is not None:
        out["metadata"]["creationTimestamp"] = f"2026-01-01T00:00:0{second}Z"
    return out


def deployment(name, ns, mode, ports=(), labels=None):
    pod = {"app": name, **(labels or {})}
    if mode == "sidecar":
        pod["sidecar.istio.io/inject"] = "true"
    out = [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ns}, "spec": {
        "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": pod}, "spec": {
            "serviceAccountName": name, "containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": p} for p in ports]}]}}}}]
    if ports:
        out.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": {
            "selector": {"app": name}, "ports": [{"name": f"tcp-{p}", "port": p, "targetPort": p} for p in ports]}})
    return out


# TestComposePeerAuthentication: the mode of port 80 (and of others where stated) of app foo in my-ns. Policies of the root namespace `istio-system`.
SIDECAR_PORTS = (80, 90, 100)
R, N = "istio-system", "my-ns"


def compose(title, policies, modes):
    """modes: one for all ports, or {port: mode}."""
    objects = [ROOT, namespace(N), namespace("legacy")] + deployment("foo", N, "sidecar", SIDECAR_PORTS, {"stage": "prod"}) + deployment("client", N, "sidecar") + deployment(
        "plain", "legacy", "none") + policies
    flows = []
    for port in SIDECAR_PORTS:
        mode = modes if isinstance(modes, str) else modes[port]
        meshed = {"outcome": "allowed", "transport": "plaintext" if mode == "DISABLE" else "mtls"}
        plain = {"outcome": "denied"} if mode == "STRICT" else {"outcome": "allowed", "transport": "plaintext"}
        host = f"foo.{N}.svc.cluster.local"
        flows += [call(f"mesh {port}", host, port, meshed, src="client", ns=N, protocol="tcp"), call(f"plain {port}", host, port, plain, src="plain", ns="legacy", protocol="tcp")]
    case("compose " + title, objects, flows)


compose("no config", [], "PERMISSIVE")
compose("mesh only", [pa("default", "STRICT", ns=R)], "STRICT")
compose("mesh vs namespace", [pa("default", "STRICT", ns=R, labels={}), pa("default", "PERMISSIVE", ns=N)], "PERMISSIVE")
compose("selector in root namespace", [pa("default", "STRICT", "foo", ns=R)], "PERMISSIVE")
compose("workload vs namespace", [pa("default", ns=N), pa("foo", None, "foo", ns=N)], "PERMISSIVE")
compose("workload vs mesh", [pa("default", "PERMISSIVE", ns=N), pa("default", "DISABLE", ns=R)], "PERMISSIVE")
for title, ns, app in (("mesh", R, None), ("namespace", N, None), ("workload", N, "foo")):
    later = pa("second-later", "STRICT", app, ns=ns, second=0) if title != "workload" else pa("second-later", "STRICT", ns=ns, second=0, labels={"stage": "prod"})
    compose(f"multiple {title} policy", [pa("now", "DISABLE", app, ns=ns, second=1), pa("second-ago", "PERMISSIVE", app, ns=ns, second=0), later], "PERMISSIVE")
compose("inheritance default mesh", [pa("default", "UNSET", ns=R)], "PERMISSIVE")
compose("inheritance mesh to workload", [pa("default", "STRICT", ns=R), pa("foo", None, "foo", ns=N)], "STRICT")
compose("inheritance namespace to workload", [pa("default", "STRICT", ns=N), pa("foo", None, "foo", ns=N)], "STRICT")
compose("inheritance mesh to namespace to workload", [pa("default", "STRICT", ns=R), pa("default", "UNSET", ns=N), pa("foo", None, "foo", ns=N)], "STRICT")
compose("port level", [pa("default", "STRICT", ns=R), pa("foo", None, "foo", ns=N, ports={80: "DISABLE", 90: "UNSET", 100: None})], {80: "DISABLE", 90: "STRICT", 100: "STRICT"})

# TestInboundMTLSSettings (same file): the mode of one port.
PORT = 80
compose("settings no policy", [], "PERMISSIVE")
for mode, port, want in (("STRICT", None, "STRICT"), ("DISABLE", None, "DISABLE"), ("PERMISSIVE", None, "PERMISSIVE"), (None, "STRICT", "STRICT"), ("DISABLE", "STRICT", "STRICT"),
                         ("DISABLE", "PERMISSIVE", "PERMISSIVE"), ("STRICT", "DISABLE", "DISABLE"), ("STRICT", "UNSET", "STRICT")):
    rest = mode or "PERMISSIVE"
    compose(f"settings {mode} {port}", [pa("foo", mode, "foo", ns=N, ports={PORT: port} if port else None)], {80: want if port else rest, 90: rest, 100: rest})

# What ztunnel is given. `strict`: ports where plaintext is refused. policy: which converted policy refuses; None: all of them by the static one.
AMBIENT_PORTS = (7070, 8080, 9090)


def ambient(title, policies, a, b=(), policy=None, more=()):
    """a, b: strict ports of app a (selected by the workload policies) and of app b (not selected)."""
    objects = [ROOT, namespace("foo", **{"istio.io/dataplane-mode": "ambient"}), namespace("legacy")]
    for app in "ab":
        objects += deployment(app, "foo", "ambient", AMBIENT_PORTS)
    objects += deployment("client", "foo", "ambient") + deployment("plain", "legacy", "none") + policies
    flows = []
    for app, strict in (("a", a), ("b", b)):
        for port in AMBIENT_PORTS:
            host = f"{app}.foo.svc.cluster.local"
            refused = {"outcome": "denied", "transport": "plaintext", "denied_by": {"proxy": "ztunnel", "policy": None},
                       "ztunnel_policy": f"foo/converted_peer_authentication_{policy}" if policy and app == "a" else STATIC}
            flows += [call(f"mesh {app} {port}", host, port, {"outcome": "allowed", "path": ["ztunnel", "ztunnel"], "transport": "hbone"}, src="client", ns="foo", protocol="tcp"),
                      call(f"plain {app} {port}", host, port, refused if port in strict else {"outcome": "allowed", "transport": "plaintext"}, src="plain", ns="legacy", protocol="tcp")]
    case(title, objects + list(more), flows)


EVERY = AMBIENT_PORTS


def golden(title, rows, a, b=(), policy=None):
    ambient("golden " + title, rows, a, b, policy)


def w(name, mode=None, ports=None):
    return pa(name, mode, "a", ports=ports)


def root(mode):
    return pa("default-mesh", mode, ns=R)


def space(mode):
    return pa("default-foo", mode)


golden("disable", [pa("disable-mtls", "DISABLE")], ())
golden("permissive", [pa("permissive-mtls", "PERMISSIVE")], ())
golden("strict", [pa("strict-mtls", "STRICT")], EVERY, EVERY)
golden("strict workload", [w("strict-mtls", "STRICT")], EVERY)
golden("disable, port strict", [w("x", "DISABLE", {9090: "STRICT"})], (9090,), policy="x")
golden("permissive, port strict", [w("x", "PERMISSIVE", {9090: "STRICT"})], (9090,), policy="x")
golden("permissive, port strict and permissive", [w("x", "PERMISSIVE", {9090: "STRICT", 8080: "PERMISSIVE"})], (9090,), policy="x")
golden("strict, port disable", [w("x", "STRICT", {9090: "DISABLE"})], (7070, 8080), policy="x")
golden("strict, port permissive", [w("x", "STRICT", {9090: "PERMISSIVE"})], (7070, 8080), policy="x")
golden("strict, port strict", [w("x", "STRICT", {8080: "STRICT"})], EVERY)
golden("strict, port strict and permissive", [w("x", "STRICT", {9090: "STRICT", 8080: "PERMISSIVE"})], (7070, 9090), policy="x")
golden("unset, port strict", [w("x", "UNSET", {8080: "STRICT"})], (8080,), policy="x")
golden("permissive root and namespace, ports strict", [root("PERMISSIVE"), space("PERMISSIVE"), w("workload", None, {9090: "STRICT", 8080: "STRICT"})], (8080, 9090), policy="workload")
golden("permissive root, port permissive", [root("PERMISSIVE"), w("workload", None, {9090: "PERMISSIVE"})], ())
golden("permissive root, strict namespace, port permissive", [root("PERMISSIVE"), space("STRICT"), w("workload", None, {9090: "PERMISSIVE"})], (7070, 8080), EVERY, "workload")
golden("permissive root, unset namespace, mixed ports", [root("PERMISSIVE"), space("UNSET"), w("workload", None, {9090: "STRICT", 8080: "PERMISSIVE"})], (9090,), policy="workload")
golden("strict root, permissive namespace, port strict", [root("STRICT"), space("PERMISSIVE"), w("workload", None, {9090: "STRICT"})], (9090,), policy="workload")
golden("strict root, port permissive", [root("STRICT"), w("workload", None, {9090: "PERMISSIVE"})], (7070, 8080), EVERY, "workload")
golden("strict root, ports permissive and strict", [root("STRICT"), w("workload", None, {9090: "PERMISSIVE", 8080: "STRICT"})], (7070, 8080), EVERY, "workload")

# TestAmbientIndex_Policy: one sequence of changes.
G, NSP = pa("global", "PERMISSIVE", ns=R), "namespace"


def sequence(number, namespace_mode, selector, a, b, policy=None, more=()):
    ambient(f"sequence {number:02}", [G] + ([pa(NSP, namespace_mode)] if namespace_mode else []) + selector, a, b, policy, more)


sequence(1, None, [], (), ())
sequence(2, "STRICT", [], EVERY, EVERY)
sequence(3, "STRICT", [w("selector", "STRICT")], EVERY, EVERY)
sequence(4, "STRICT", [w("selector", "PERMISSIVE")], (), EVERY)
sequence(5, "STRICT", [w("selector", "PERMISSIVE", {9090: "STRICT"})], (9090,), EVERY, "selector")
sequence(6, "STRICT", [w("selector", "PERMISSIVE", {9090: "STRICT"}), pa("global-selector", "STRICT", "a", ns=R)], (9090,), EVERY, "selector")
sequence(7, "STRICT", [w("selector", "PERMISSIVE", {9090: "PERMISSIVE"})], (), EVERY)
sequence(8, "PERMISSIVE", [w("selector", "PERMISSIVE", {9090: "PERMISSIVE"})], (), ())
sequence(9, "PERMISSIVE", [w("selector", "STRICT")], EVERY, ())
sequence(10, "PERMISSIVE", [w("selector", "STRICT", {9090: "PERMISSIVE"})], (7070, 8080), (), "selector")
sequence(11, "PERMISSIVE", [w("selector", None, {9090: "STRICT"})], (9090,), (), "selector")
# The namespace is STRICT, and so is the port: the test wants the static policy alone.
sequence(12, "STRICT", [w("selector", None, {9090: "STRICT"})], EVERY, EVERY)
sequence(13, "STRICT", [w("selector", None, {9090: "PERMISSIVE"})], (7070, 8080), EVERY, "selector")
sequence(14, "PERMISSIVE", [w("selector", None, {9090: "PERMISSIVE"})], (), ())
sequence(15, "STRICT", [], EVERY, EVERY)


def strict_root(number, selector, a, policy=None, more=()):
    ambient(f"sequence {number:02}", [pa("strict", "STRICT", ns=R)] + selector, a, EVERY, policy, more)


strict_root(16, [], EVERY)
strict_root(17, [w("selector-strict", "STRICT")], EVERY)
strict_root(18, [w("selector-strict", "PERMISSIVE")], ())
strict_root(19, [w("selector-strict", "DISABLE")], ())
strict_root(20, [w("selector-strict", "STRICT", {9090: "PERMISSIVE"})], (7070, 8080), "selector-strict")
# A PeerAuthentication becomes a DENY policy and stands beside ALLOW policies: only the named caller comes in, and not in plaintext.
ALLOW = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "selector", "namespace": "foo"},
         "spec": {"selector": {"matchLabels": {"app": "a"}}, "rules": [{"from": [{"source": {"principals": ["cluster.local/ns/foo/sa/client"]}}]}]}}
flows = [call("mesh", "a.foo.svc.cluster.local", 8080, {"outcome": "allowed"}, src="client", ns="foo", protocol="tcp"),
         call("other", "a.foo.svc.cluster.local", 8080, {"outcome": "denied"}, src="b", ns="foo", protocol="tcp"),
         call("plain strict", "a.foo.svc.cluster.local", 8080, {"outcome": "denied"}, src="plain", ns="legacy", protocol="tcp"),
         call("plain permissive port", "a.foo.svc.cluster.local", 9090, {"outcome": "denied"}, src="plain", ns="legacy", protocol="tcp")]
objects = [ROOT, namespace("foo", **{"istio.io/dataplane-mode": "ambient"}), namespace("legacy")] + deployment("a", "foo", "ambient", AMBIENT_PORTS) + deployment("b", "foo", "ambient") + deployment(
    "client", "foo", "ambient") + deployment("plain", "legacy", "none")
case("sequence 21", objects + [pa("strict", "STRICT", ns=R), w("selector-strict", "STRICT", {9090: "PERMISSIVE"}), ALLOW], flows)

if __name__ == "__main__":
    write(sys.argv[1], "peer-authentication")
