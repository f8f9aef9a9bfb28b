"""kubernetes/kubernetes (008b3652) test/e2e/network/netpol/network_policy.go: for every policy the truth table of who reaches whom, pods without proxy (calls of a pod to itself are not
judged there, UDP and SCTP are not carried here). Namespaces have only the label that the API server gives them."""
import sys

from echo_mesh import ROOT, case, write

LABEL = "kubernetes.io/metadata.name"
IPS = {f"{n}/{p}": f"10.24{i}.0.{j + 10}" for i, n in enumerate("xyz") for j, p in enumerate("abc")}


def pod(name, ambient=False, **labels):
    ns, p = name.split("/")
    ports = [{"containerPort": 80, "name": "serve-80-tcp", "protocol": "TCP"}, {"containerPort": 81, "name": "serve-81-tcp", "protocol": "TCP"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": p, "namespace": ns, "labels": {"pod": p, **({"istio.io/dataplane-mode": "ambient"} if ambient else {}), **labels}},
            "spec": {"containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": ports}]}, "status": {"podIP": IPS[name], "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}


def policy(ingress=None, egress=None, pod_labels=None, ns="x", name="p", types=None):
    spec = {"podSelector": {"matchLabels": pod_labels} if pod_labels else {}, "policyTypes": types or ([*(["Ingress"] if ingress is not None else []), *(["Egress"] if egress is not None else [])])}
    if ingress is not None:
        spec["ingress"] = ingress
    if egress is not None:
        spec["egress"] = egress
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": ns}, "spec": spec}


def pods(**labels):
    return {"podSelector": {"matchLabels": labels} if labels else {}}


def spaces(*names, op=None):
    if op:
        return {"namespaceSelector": {"matchExpressions": [{"key": LABEL, "operator": op, "values": list(names)}]}}
    return {"namespaceSelector": {"matchLabels": {LABEL: names[0]}} if names else {}}


def rule(*peers, ports=(), to=False):
    return {**({"to" if to else "from": list(peers)} if peers else {}), **({"ports": list(ports)} if ports else {})}


def port(value, protocol=None):
    return {"port": value, **({"protocol": protocol} if protocol else {})}


BLOCKED = {"outcome": "unreachable"}


def table(title, names, policies, closed, number=80, labels=None, space_labels=None, open_again=()):
    """closed: pairs (from, to) that may not talk, `*` for everybody and `x/*` for a namespace; open_again: exceptions, stated later in the test."""
    objects = [ROOT] + [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n, "labels": (space_labels or {}).get(n, {})}} for n in sorted({x[0] for x in names})]
    objects += [pod(n, **(labels or {}).get(n, {})) for n in names] + [{**p, "metadata": {**p["metadata"], "name": f"p{i}"}} for i, p in enumerate(policies)]

    def fits(pattern, name):
        return pattern == "*" or pattern == name or (pattern.endswith("/*") and name[0] == pattern[0])

    flows = []
    for a in names:
        for b in names:
            if a == b:
                continue
            shut = any(fits(f, a) and fits(t, b) for f, t in closed) and not any(fits(f, a) and fits(t, b) for f, t in open_again)
            flows.append({"name": f"{a} {b} {number}", "protocol": "tcp", "request": {}, "expect": BLOCKED if shut else {"outcome": "allowed"}, "from": {"namespace": a[0], "workload": a[2:]}, "to": {"pod": b, "port": number}})
    case(f"{title} {number}", objects, flows)


A, B = {"pod": "a"}, {"pod": "b"}
XA = [("*", "x/a")]
table("default-deny-ingress", ["x/a", "x/b", "y/a", "y/b"], [policy([])], [("*", "x/*")])
table("default-deny-all", ["x/a", "x/b", "y/a"], [policy([], [])], [("*", "x/*"), ("x/*", "*")])
table("allow from pods of the server's namespace by PodSelector", ["x/a", "x/b", "x/c", "y/a"], [policy([rule(pods(**B))], pod_labels=A)], XA, open_again=[("x/b", "x/a")])
table("allow ingress for a target", ["x/a", "x/b", "y/a"], [policy([]), policy([rule({**pods(), **spaces()})], pod_labels=A)], [("*", "x/b")])
table("allow from pods in all namespaces", ["x/a", "x/b", "y/a", "z/a"], [policy([rule(spaces())], pod_labels=A)], [])
for title, peer in (("NamespaceSelector", spaces("y")), ("NamespaceSelector with MatchExpressions", spaces("y", op="In"))):
    table("only from a different namespace by " + title, ["x/a", "x/b", "y/a", "z/a"], [policy([rule(peer)], pod_labels=A)], [("x/*", "x/a"), ("z/*", "x/a")])
table("PodSelector with MatchExpressions", ["x/a", "x/b", "y/a"], [policy([rule({"podSelector": {"matchExpressions": [{"key": "pod", "operator": "In", "values": ["b"]}]}})], pod_labels=A)], XA, open_again=[("x/b", "x/a")])
table("PodSelector or NamespaceSelector", ["x/a", "x/b", "x/c", "y/a"], [policy([rule(spaces("x", op="NotIn"), pods(**B))], pod_labels=A)], [("x/c", "x/a")])
table("PodSelector and NamespaceSelector", ["x/a", "x/b", "y/a", "y/b", "z/b"], [policy([rule({**spaces("x", op="NotIn"), **pods(**B)})], pod_labels=A)], XA, open_again=[("y/b", "x/a"), ("z/b", "x/a")])
table("Multiple PodSelectors and NamespaceSelectors", ["x/a", "x/b", "y/a", "y/b", "y/c"], [policy([rule({**spaces("x", op="NotIn"), "podSelector": {"matchExpressions": [{"key": "pod", "operator": "In", "values": ["b", "c"]}]}})], pod_labels=A)], [("x/*", "x/a"), ("y/a", "x/a")])
table("any PodSelectors", ["x/a", "x/b", "x/c"], [policy([rule(pods(**B), pods(pod="c"))], pod_labels=A)], [])
table("only from a pod in a different namespace", ["x/a", "x/b", "y/a", "y/b", "z/a"], [policy([rule({**spaces("y"), **pods(**A)})], pod_labels=A)], XA, open_again=[("y/a", "x/a")])
P81 = policy([rule(spaces("y"), ports=[port(81, "TCP")])], pod_labels=A)
P80 = policy([rule(spaces("y"), ports=[port(80, "TCP")])], pod_labels=A)
FIVE = ["x/a", "x/b", "y/a", "y/b", "z/a"]
FROM_Y = [("x/*", "x/a"), ("z/*", "x/a")]
table("Ports", FIVE, [P81], FROM_Y, 81)
table("stacked policies, one", FIVE, [P81], XA, 80)
table("stacked policies, two", FIVE, [P81, P80], FROM_Y, 80)
for n in (80, 81):
    table("allow-all", ["x/a", "x/b", "y/a"], [policy([{}])], [], n)
    table("ingress on one named port", ["x/a", "x/b", "y/a"], [policy([rule(ports=[port("serve-81-tcp")])])], [("*", "x/*")] if n == 80 else [], n)
    table("ingress from namespace on one named port", ["x/a", "x/b", "y/a", "z/a"], [policy([rule(spaces("y"), ports=[port("serve-80-tcp", "TCP")])], pod_labels=A)], FROM_Y if n == 80 else XA, n)
    table("egress on one named port", ["x/a", "y/a"], [policy(egress=[rule(ports=[port("serve-80-tcp")])])], [("x/*", "*")] if n == 81 else [], n)
    table("Ingress, Egress specified together", ["x/a", "x/b", "x/c", "y/a"], [policy([rule(pods(**B))], [rule(ports=[port(80)])], A, types=["Egress", "Ingress"])], XA + ([("x/a", "*")] if n == 81 else []), n, open_again=[("x/b", "x/a")])
table("updated policy, before", ["x/a", "y/a"], [policy([{}])], [], 81)
table("updated policy, after", ["x/a", "y/a"], [policy([])], [("*", "x/*")], 81)
NS2 = policy([rule({"namespaceSelector": {"matchLabels": {"ns2": "updated"}}})], pod_labels=A)
table("updated namespace, before", ["x/a", "y/a"], [NS2], XA)
table("updated namespace, after", ["x/a", "y/a"], [NS2], XA, open_again=[("y/*", "*")], space_labels={"y": {"ns2": "updated"}})
POD2 = policy([rule(pods(pod="b", pod2="updated"))], pod_labels=A)
table("updated pod, before", ["x/a", "x/b"], [POD2], XA)
table("updated pod, after", ["x/a", "x/b"], [POD2], XA, open_again=[("x/b", "x/a")], labels={"x/b": {"pod2": "updated"}})
table("deny ingress from other namespaces", ["x/a", "x/b", "y/a", "z/a"], [policy([rule(pods())])], [("y/*", "x/*"), ("z/*", "x/*")])
ISOLATED = policy([], pod_labels={"target": "isolated"})
table("deny ingress to updated pod, before", ["x/a", "y/a"], [ISOLATED], [])
table("deny ingress to updated pod, after", ["x/a", "y/a"], [ISOLATED], XA, labels={"x/a": {"target": "isolated"}})
table("deny egress from pods by PodSelector", ["x/a", "x/b", "y/a"], [policy(egress=[], pod_labels=A)], [("x/a", "*")])
table("deny egress from all pods in a namespace", ["x/a", "x/b", "y/a"], [policy(egress=[])], [("x/*", "*")])
FROM_XA = {**spaces("x"), **pods(**A)}
table("denying of egress on the client side", ["x/a", "y/a", "y/b"], [policy(egress=[rule({**spaces("y"), **pods(**A)}, to=True)], pod_labels=A), policy([rule(FROM_XA)], pod_labels=A, ns="y"), policy([rule(FROM_XA)], pod_labels=B, ns="y")],
      [("x/a", "*"), ("*", "y/a"), ("*", "y/b")], open_again=[("x/a", "y/a")])
table("egress to a server in a different namespace", ["x/a", "y/a", "y/b"], [policy(egress=[rule({**spaces("y"), **pods(**A)}, to=True)], pod_labels=A)], [("x/a", "*")], open_again=[("x/a", "y/a")])
table("any port on a protocol", ["x/a", "y/a"], [policy([rule(ports=[{"protocol": "TCP"}])], pod_labels=A)], [])
table("any port on another protocol", ["x/a", "y/a"], [policy([rule(ports=[{"protocol": "UDP"}])], pod_labels=A)], XA)
ONLY_80 = [rule(ports=[port(80)])]
table("multiple ingress policies, one", ["x/a", "y/a"], [policy(ONLY_80)], [("*", "x/*")], 81)
table("multiple ingress policies, allow-all takes precedence", ["x/a", "y/a"], [policy(ONLY_80), policy([{}])], [], 81)
table("multiple egress policies, one", ["x/a", "y/a"], [policy(egress=ONLY_80)], [("x/*", "*")], 81)
table("multiple egress policies, allow-all takes precedence", ["x/a", "y/a"], [policy(egress=ONLY_80), policy(egress=[{}])], [], 81)
table("deleted policies", ["x/a", "y/a"], [], [])
YB, XB = IPS["y/b"] + "/32", IPS["x/b"] + "/32"
table("egress to server in CIDR block", ["x/a", "y/a", "y/b"], [policy(egress=[rule({"ipBlock": {"cidr": YB}}, to=True)], pod_labels=A)], [("x/a", "*")], open_again=[("x/a", "y/b")])
EXCEPT = policy(egress=[rule({"ipBlock": {"cidr": "10.0.0.0/8", "except": [XB]}}, to=True)], pod_labels=A)
table("except clause in CIDR block", ["x/a", "x/b", "x/c"], [EXCEPT], [("x/a", "x/b")])
table("IP in both CIDR and Except", ["x/a", "x/b", "x/c"], [policy(egress=[rule({"ipBlock": {"cidr": XB}}, to=True)], pod_labels=A)], [("x/a", "*")], open_again=[("x/a", "x/b")])
table("IP in both CIDR and Except, as two policies", ["x/a", "x/b", "x/c"], [EXCEPT, policy(egress=[rule({"ipBlock": {"cidr": XB}}, to=True)], pod_labels=A)], [])
table("ingress and egress independently, egress", ["x/a", "x/b", "y/a"], [policy(egress=[{}], pod_labels=A)], [])
table("ingress and egress independently, ingress", ["x/a", "x/b", "y/a"], [policy(egress=[{}], pod_labels=A), policy([], pod_labels=A)], XA)
SCTP = policy([rule(ports=[port(81, "SCTP")])], pod_labels=A)
table("SCTP is not TCP", ["x/a", "y/a"], [policy([]), SCTP], [("*", "x/*")], 81)
table("UDP is not TCP", ["x/a", "y/a"], [policy([rule(ports=[port(81, "UDP")])], pod_labels=A)], XA, 81)
table("egress by the default namespace label", ["x/a", "x/b", "y/a", "z/a"], [policy(egress=[rule(spaces("y", op="NotIn"), to=True)], pod_labels=A)], [("x/a", "y/*")])
table("SCTP isolates", ["x/a", "y/a"], [SCTP], XA, 81)

write(sys.argv[1], "network-policies")
