"""Who is in the mesh, and how: istio/istio (86c9f01) pkg/kube/inject/webhook_test.go TestInjectRequired, cni/pkg/util/podutil_test.go
TestEnablementSelectorMatches, cni/pkg/nodeagent/informers_test.go, and the selectors of the injection webhook's chart."""
import sys

from echo_mesh import *

SERVER = [ROOT, namespace("target", **{"istio.io/dataplane-mode": "ambient"}),
          {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "server", "namespace": "target", "labels": {"app": "server"}},
           "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": 8080}]}]}},
          {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "server", "namespace": "target"},
           "spec": {"selector": {"app": "server"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}},
          {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "default", "namespace": "target"}, "spec": {"mtls": {"mode": "STRICT"}}}]


def pod(ns="test", labels=None, annotations=None, phase="Running", **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client", "namespace": ns, "labels": {"app": "client", **(labels or {})}, "annotations": annotations or {}},
            "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1"}], **spec}, "status": {"phase": phase}}


def enrolled(title, mode, ns=None, name="test", more=(), **kw):
    """mode: what the pod test/client must be. Only a captured client gets into a namespace that is STRICT."""
    mesh = kw.pop("mesh", {})
    e = {"outcome": "allowed", "http_status": 200, "path": [{"ambient": "ztunnel", "sidecar": "sidecar"}[mode], "ztunnel"], "transport": "hbone"} if mode != "none" else {
        "outcome": "denied", "transport": "plaintext"}
    case(title, SERVER + [namespace(name, **(ns or {})), pod(name, **kw)] + list(more), [call("client", "server.target.svc.cluster.local", 80, e, src="client", ns=name)],
         workloads={f"{name}/client": mode}, **mesh)


MODE = "istio.io/dataplane-mode"
AMBIENT, NONE = {MODE: "ambient"}, {MODE: "none"}
INJECTED = {"sidecar.istio.io/status": "{}"}

# TestEnablementSelectorMatches
enrolled("cni namespace", "ambient", AMBIENT)
enrolled("cni pod", "ambient", labels=AMBIENT)
enrolled("cni namespace and pod", "ambient", AMBIENT, labels=AMBIENT)
enrolled("cni neither", "none")
enrolled("cni sidecar in ambient namespace", "sidecar", AMBIENT, annotations=INJECTED)
enrolled("cni pod opts out", "none", AMBIENT, labels=NONE)
enrolled("cni sidecar with ambient label", "sidecar", labels=AMBIENT, annotations=INJECTED)
enrolled("cni host network in ambient namespace", "none", AMBIENT, hostNetwork=True)
enrolled("cni host network with ambient label", "none", labels=AMBIENT, hostNetwork=True)
# informers_test.go: excluded namespaces (kube-system by default), annotations are status and not intent, finished jobs.
enrolled("informer excluded namespace", "none", AMBIENT, name="kube-system")
enrolled("informer labelled pod in excluded namespace", "none", labels=AMBIENT, name="kube-system")
enrolled("informer namespace unlabelled again", "none", annotations={"ambient.istio.io/redirection": "enabled"})
enrolled("informer pod label removed", "none", labels=NONE, annotations={"ambient.istio.io/redirection": "enabled"})

# TestInjectRequired: the server side's decision for pods of a namespace that the webhook watches.
INJECT = "sidecar.istio.io/inject"
WATCHED = {"istio-injection": "enabled"}


def selectors(**kw):
    return {"apiVersion": "sailoperator.io/v1", "kind": "Istio", "metadata": {"name": "default"},
            "spec": {"namespace": "istio-system", "values": {"sidecarInjectorWebhook": kw}}}


def labelled(**labels):
    return [{"matchLabels": labels}]


def exists(*keys):
    return [{"matchExpressions": [{"key": k, "operator": "Exists"}]} for k in keys]


def required(title, policy, want, labels=None, annotations=None, never=None, always=None, **spec):
    more = [selectors(**({"neverInjectSelector": never} if never else {}), **({"alwaysInjectSelector": always} if always else {}))] if never or always else []
    enrolled(f"inject {title}", "sidecar" if want else "none", WATCHED, labels=labels, annotations=annotations, more=more, mesh={"injection_policy": policy}, **spec)


for policy in ("enabled", "disabled"):
    required(f"{policy} no wish", policy, policy == "enabled")
    required(f"{policy} annotation true", policy, True, annotations={INJECT: "true"})
    required(f"{policy} annotation false", policy, False, annotations={INJECT: "false"})
required("enabled annotation yes", "enabled", True, annotations={INJECT: "yes"})
required("disabled annotation on", "disabled", False, annotations={INJECT: "on"})
required("enabled label random", "enabled", True, labels={INJECT: "random"})
required("enabled host network", "enabled", False, hostNetwork=True)
FOO, EMPTY = labelled(foo="bar"), {"foo": "", "foo2": "bar2"}
required("enabled always, no label", "enabled", True, always=FOO)
required("enabled always, other value", "enabled", True, always=FOO, labels={"foo": "bar1"})
required("disabled always, no label", "disabled", False, always=FOO)
required("disabled always, label", "disabled", True, always=FOO, labels={"foo": "bar"})
required("enabled never, no label", "enabled", True, never=FOO)
required("enabled never, label", "enabled", False, never=FOO, labels={"foo": "bar"})
required("disabled never, no label", "disabled", False, never=FOO)
required("disabled never, label", "disabled", False, never=FOO, labels={"foo": "bar"})
required("enabled never, empty value", "enabled", False, never=exists("foo"), labels=EMPTY)
required("disabled always, empty value", "disabled", True, always=exists("foo"), labels=EMPTY)
BOTH = {"never": exists("never"), "always": exists("always")}
required("disabled both, always label", "disabled", True, labels={"always": "bar", "foo2": "bar2"}, **BOTH)
required("disabled both, never label", "disabled", False, labels={"never": "bar", "foo2": "bar2"}, **BOTH)
required("disabled both, both labels", "disabled", False, labels={"always": "bar", "never": "bar2"}, **BOTH)
required("enabled annotation true beats never", "enabled", True, never=exists("foo"), labels=EMPTY, annotations={INJECT: "true"})
required("enabled annotation false beats always", "enabled", False, always=exists("foo"), labels=EMPTY, annotations={INJECT: "false"})
required("disabled annotation false beats always", "disabled", False, always=exists("foo"), labels=EMPTY, annotations={INJECT: "false"})
required("enabled never, one of several", "enabled", False, never=exists("foo", "bar"), labels={"label1": "", "bar": "anything"})
required("disabled always, one of several", "disabled", True, always=exists("foo", "bar"), labels={"label1": "", "bar": "anything"})
required("disabled annotation true beats never", "disabled", True, never=exists("foo"), labels=EMPTY, annotations={INJECT: "true"})
required("disabled label true", "disabled", True, labels={INJECT: "true"})
required("disabled label and annotation true", "disabled", True, labels={INJECT: "true"}, annotations={INJECT: "true"})
required("disabled label true beats annotation", "disabled", True, labels={INJECT: "true"}, annotations={INJECT: "false"})
required("disabled label false beats annotation", "disabled", False, labels={INJECT: "false"}, annotations={INJECT: "true"})

# The webhook's own selectors (istio-discovery/templates/mutatingwebhook.yaml, revision-tags-mwc.yaml; tests/integration/pilot/webhook_test.go).
WEBHOOKS = [({"istio-injection": "enabled"}, {}, True), ({"istio-injection": "enabled"}, {INJECT: "false"}, False), ({"istio-injection": "disabled"}, {INJECT: "true"}, False),
            ({"istio-injection": "disabled"}, {}, False), ({}, {INJECT: "true"}, True), ({}, {INJECT: "false"}, False), ({}, {}, False),
            ({"istio.io/rev": "default"}, {}, True), ({"istio.io/rev": "default"}, {INJECT: "false"}, False), ({"istio.io/rev": "absent"}, {}, False),
            ({"istio-injection": "enabled", "istio.io/rev": "absent"}, {}, True), ({}, {"istio.io/rev": "default"}, True), ({}, {"istio.io/rev": "absent"}, False),
            ({}, {"istio.io/rev": "default", INJECT: "false"}, False), (AMBIENT, {INJECT: "true"}, True), ({**AMBIENT, **WATCHED}, {}, True)]
for i, (ns, labels, want) in enumerate(WEBHOOKS):
    enrolled(f"webhook {i:02}", "sidecar" if want else "none", ns, labels=labels)
enrolled("webhook injection and opt-out in an ambient namespace", "ambient", {**AMBIENT, **WATCHED}, labels={INJECT: "false"})
enrolled("webhook disabled in an ambient namespace", "ambient", {**AMBIENT, "istio-injection": "disabled"})

if __name__ == "__main__":
    write(sys.argv[1], "enrolment")
