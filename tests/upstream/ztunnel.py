"""istio/ztunnel (master 2026-08, 62d8265): tests/namespaced.rs, src/proxy/outbound.rs (build_request_*), src/state.rs (test_load_balance)."""
import sys

from echo_mesh import *

HBONE, PLAIN = {"outcome": "allowed", "transport": "hbone"}, {"outcome": "allowed", "transport": "plaintext"}


def pod(name, mode="ambient", ip=None, node=None, app=None, ports=(8080,), labels=None, ready=True, **spec):
    out = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", "labels": {"app": app or name, **({"istio.io/dataplane-mode": "ambient"} if mode == "ambient" else {}), **(labels or {})}},
           "spec": {"serviceAccountName": name, "containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [p if isinstance(p, dict) else {"containerPort": p} for p in ports]}], **spec},
           "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}}
    if ip:
        out["status"]["podIP"] = ip if isinstance(ip, str) else ip[0]
        out["status"]["podIPs"] = [{"ip": i} for i in ([ip] if isinstance(ip, str) else ip)]
    if node:
        out["spec"]["nodeName"] = node
    return out


def service(name, app, port=80, target=8080, labels=None, **spec):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default", "labels": labels or {}},
            "spec": {"selector": {"app": app}, "ports": [{"name": "tcp", "port": port, "targetPort": target}], **spec}}


def waypoint_gateway(traffic):
    return documents(f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: waypoint, namespace: default, labels: {{ istio.io/waypoint-for: {traffic} }} }}
spec: {{ gatewayClassName: istio-waypoint, listeners: [{{ name: mesh, port: 15008, protocol: HBONE }}] }}
""")


def zt(title, objects, flows):
    case(title, [ROOT, namespace("default")] + objects, flows)


def ask(name, to, port, expect, src="client", protocol="tcp"):
    return call(name, to, port, expect, src=src, ns="default", protocol=protocol)


SVC = "server.default.svc.cluster.local"
USE = {"istio.io/use-waypoint": "waypoint"}


def series(reporter, src, dst, secured):
    """connections of the labels that tests/namespaced.rs looks at; identities only where both sides are captured."""
    labels = {"reporter": reporter, "source_workload": src, "destination_workload": dst, "connection_security_policy": "mutual_tls" if secured else "unknown"}
    if secured:
        labels.update({"source_principal": f"spiffe://cluster.local/ns/default/sa/{src}", "destination_principal": f"spiffe://cluster.local/ns/default/sa/{dst}"})
    return [{"metric": f"istio_tcp_connections_{k}_total", "labels": labels} for k in ("opened", "closed")]


# simple_client_server_test: both captured, on one node or two; one of them not.
for title, client, server, nodes in (("local", "ambient", "ambient", ("node-1", "node-1")), ("cross node", "ambient", "ambient", ("node-1", "node-2")),
                                     ("server uncaptured", "ambient", "none", ("node-1", "node-1")), ("client uncaptured", "none", "ambient", ("node-1", "node-1"))):
    both = client == server == "ambient"
    metrics = (series("source", "client", "server", both) if client == "ambient" else []) + (series("destination", "client", "server", both) if server == "ambient" else [])
    path = (["ztunnel"] if client == "ambient" else []) + (["ztunnel"] if server == "ambient" else [])
    zt("simple " + title, [pod("client", client, node=nodes[0]), pod("server", server, node=nodes[1]), service("server", "server")], [
        ask(kind, to, port, {"outcome": "allowed", "transport": "hbone" if both else "plaintext", "path": path, "tcp_metrics": metrics})
        for kind, to, port in (("service", SVC, 80), ("pod", {"pod": "default/server"}, 8080))])

# workload_waypoint, service_waypoint: the client's ztunnel sees the waypoint as its peer.
AT_WAYPOINT = {"outcome": "allowed", "waypoint": "default/waypoint", "path": ["ztunnel", "waypoint", "ztunnel"], "tcp_metrics": series("source", "client", "waypoint", True)}
zt("workload waypoint", waypoint_gateway("all") + [pod("client"), pod("server", labels=USE), service("server", "server")], [
    ask("pod", {"pod": "default/server"}, 8080, AT_WAYPOINT), ask("service", SVC, 80, {**HBONE, "waypoint_traversed": False})])
zt("service waypoint", waypoint_gateway("service") + [pod("client"), pod("server"), service("server", "server", labels=USE)], [
    ask("service", SVC, 80, AT_WAYPOINT), ask("pod", {"pod": "default/server"}, 8080, {**HBONE, "waypoint_traversed": False})])
# build_request_source_waypoint: the client's own waypoint means nothing to what it sends.
zt("source waypoint", waypoint_gateway("all") + [pod("client", labels=USE), pod("server"), service("server", "server")], [ask("service", SVC, 80, {**HBONE, "waypoint_traversed": False})])

# build_request_unknown_dest, _known_dest_*, _empty_service, _target_port
zt("unknown destination", [pod("client")], [ask("x", "198.51.100.7", 80, {"outcome": "allowed", "path": ["ztunnel"], "transport": "plaintext"})])
zt("empty service", [pod("client"), service("server", "nobody")], [ask("x", SVC, 80, {"outcome": "unreachable"})])
zt("target port by name", [pod("client"), pod("matching", app="server", ports=({"containerPort": 1234, "name": "web"},)), pod("unmatching", app="server", ports=({"containerPort": 9999, "name": "other"},)),
                           service("server", "server", target="web")], [ask("x", SVC, 80, {**HBONE, "routed_to": "matching", "target_port": 1234})])
zt("a port that the service lacks", [pod("client"), pod("server"), service("server", "server")], [ask("x", SVC, 81, {"outcome": "unreachable"})])

# build_request_host_network: by Service the pod, by the node's address nobody.
HOST = {"hostNetwork": True}
zt("host network", [pod("client"), pod("pod1", "none", "192.0.2.10", "node-1", ports=(80,), **HOST), pod("pod2", "none", "192.0.2.10", "node-1", ports=(80,), **HOST), service("server", "pod1", target=80)], [
    ask("service", SVC, 80, {**PLAIN, "routed_to": "pod1"}), ask("node", "192.0.2.10", 80, {"outcome": "allowed", "path": ["ztunnel"], "transport": "plaintext"})])

# multiple_address_workload, service_ip_families
DUAL = [pod("client", ip=("10.0.0.1", "2001:db8::1")), pod("server", ip=("10.0.0.2", "2001:db8::2")),
        service("server", "server", clusterIP="10.96.0.3", clusterIPs=["10.96.0.3", "2001:db8:1::3"], ipFamilies=["IPv4", "IPv6"], ipFamilyPolicy="RequireDualStack")]
zt("dual stack", DUAL, [ask("v4 pod", "10.0.0.2", 8080, HBONE), ask("v6 pod", "2001:db8::2", 8080, HBONE), ask("v4 service", "10.96.0.3", 80, HBONE), ask("v6 service", "2001:db8:1::3", 80, HBONE)])

# build_request_passthrough_svc, with and without waypoint: ServiceEntry of resolution NONE
for title, labels, expect in (("passthrough service", {}, {"outcome": "allowed", "path": ["ztunnel"], "transport": "plaintext"}),
                              ("passthrough service with waypoint", USE, {"outcome": "allowed", "path": ["ztunnel", "waypoint"], "waypoint": "default/waypoint"})):
    entry = {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": "e", "namespace": "default", "labels": labels}, "spec": {
        "hosts": ["example.com"], "addresses": ["198.51.100.4", "198.51.100.5"], "ports": [{"number": 80, "name": "tcp", "protocol": "TCP"}], "resolution": "NONE", "location": "MESH_EXTERNAL"}}
    zt(title, waypoint_gateway("service") + [pod("client"), entry], [ask("x", "198.51.100.4", 80, expect)])

# test_load_balance: strict and failover over region and zone. Each endpoint is a workload of its own, on a node of its own.
PLACES = {"match": ("reg", "zone"), "almost": ("reg", "not-zone"), "nowhere": (None, None)}


def located(client, distribution=None, annotations=None):
    objects = []
    for name, (region, zone) in [*PLACES.items(), ("client", client)]:
        labels = {**({"topology.kubernetes.io/region": region} if region else {}), **({"topology.kubernetes.io/zone": zone} if zone else {})}
        objects += [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{name}", "labels": labels}}, pod(name, app="client" if name == "client" else "server", node=f"node-{name}")]
    return objects + [service("server", "server", **({"trafficDistribution": distribution} if distribution else {}))]


def spread(*names):
    return {"distribution": {n: {"share": 1 / len(names) if n in names else 0, "tolerance": .01} for n in PLACES}}


for title, client, distribution, to in (("failover region and zone", ("reg", "zone"), "PreferClose", ("match",)), ("failover region", ("reg", ""), "PreferClose", ("match", "almost")),
                                        ("failover nothing", ("no-match", "no-match"), "PreferClose", ("match", "almost", "nowhere")), ("standard", ("reg", "zone"), None, ("match", "almost", "nowhere"))):
    zt("load balance " + title, located(client, distribution), [ask("x", SVC, 80, spread(*to))])

# test_policy: ALLOW for one identity.
POLICY = documents("""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: allow, namespace: default }
spec: { rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/waypoint] } }] }] }
""")
zt("policy", [pod("client"), pod("waypoint", app="other"), pod("server"), service("server", "server")] + POLICY, [
    ask("client", SVC, 80, {"outcome": "denied", "denied_by": {"proxy": "ztunnel", "policy": None}}), ask("waypoint", SVC, 80, HBONE, src="waypoint")])

# rbac.rs: every attribute of a match, for a plaintext and for an identified connection.
RBAC = [("principal", {"principals": ["cluster.local/ns/default/sa/client"]}, True, False), ("principal other", {"principals": ["cluster.local/ns/default/sa/other"]}, False, False),
        ("principal any", {"principals": ["*"]}, True, False), ("not principal", {"notPrincipals": ["cluster.local/ns/default/sa/client"]}, False, True),
        ("not principal any", {"notPrincipals": ["*"]}, False, True), ("principal prefix", {"principals": ["cluster.local/ns/default/*"]}, True, False),
        ("principal suffix", {"principals": ["*/sa/client"]}, True, False), ("namespace", {"namespaces": ["default"]}, True, False), ("not namespace", {"notNamespaces": ["default"]}, False, True),
        ("namespace other", {"namespaces": ["bad"]}, False, False), ("ip", {"ipBlocks": ["10.9.0.0/16"]}, True, True), ("ip other", {"ipBlocks": ["10.8.0.0/16"]}, False, False),
        ("not ip", {"notIpBlocks": ["10.9.0.1"]}, False, True)]
for title, source, captured, plain in RBAC:
    rules = [{"from": [{"source": source}]}]
    policy = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "p", "namespace": "default"}, "spec": {"selector": {"matchLabels": {"app": "server"}}, "rules": rules}}
    for action in ("ALLOW", "DENY"):
        policy = {**policy, "spec": {**policy["spec"], "action": action}}
        flows = [ask(src, SVC, 80, {"outcome": "allowed" if matched == (action == "ALLOW") else "denied"}, src=src) for src, matched in (("client", captured), ("plain", plain))]
        zt(f"rbac {action} {title}", [pod("client", ip="10.9.0.1"), pod("plain", "none", ip="10.9.0.2"), pod("server", ip="10.9.0.3"), service("server", "server"), policy], flows)
for title, op, good in (("port", {"ports": ["8080"]}, True), ("service port", {"ports": ["80"]}, False), ("not port", {"notPorts": ["8080"]}, False)):
    policy = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "p", "namespace": "default"}, "spec": {"rules": [{"to": [{"operation": op}]}]}}
    zt(f"rbac {title}", [pod("client"), pod("server"), service("server", "server"), policy], [ask("x", SVC, 80, HBONE if good else {"outcome": "denied"})])

if __name__ == "__main__":
    write(sys.argv[1], "ztunnel")
