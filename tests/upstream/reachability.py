"""istio/istio tests/integration/security/{reachability,pass_through_filter_chain}_test.go (86c9f01): who reaches whom under every pair of
PeerAuthentication and DestinationRule, and the same on ports that no Service declares."""
import sys

from echo_mesh import *

NS = "ns1"
A, B, NAKED, HEADLESS = "a", "b", "naked", "headless"


def mesh():
    out = [ROOT, namespace(NS)]
    for name in (A, B):
        out += echo(name, ns=NS)
    return out + echo(NAKED, ns=NS, mode="none") + echo(HEADLESS, ns=NS, headless=True)


def authn(mode, name="default", ns="istio-system", app=None, ports=None):
    spec = {"mtls": {"mode": mode}}
    if app:
        spec["selector"] = {"matchLabels": {"app": app}}
    if ports:
        spec["portLevelMtls"] = {str(p): {"mode": m} for p, m in ports.items()}
    return {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": name, "namespace": ns}, "spec": spec}


def rule(host, policy, name="default", ns="istio-system", subsets=None, private=False):
    spec = {"host": host}
    if policy:
        spec["trafficPolicy"] = policy
    if subsets:
        spec["subsets"] = subsets
    if private:
        spec["exportTo"] = ["."]
    return {"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": name, "namespace": ns}, "spec": spec}


def global_rule(policy):
    return [rule("*", policy), rule("*", {"loadBalancer": {"simple": "UNSPECIFIED"}}, name="eastwest-opt-out", private=True)]


def tls(mode):
    return {"tls": {"mode": mode}}


def per_workload(mtls, mode):
    out = []
    for name in (A, B, NAKED, HEADLESS):
        out += [authn(mtls, name, NS, app=name), rule(f"{name}.{NS}.svc.cluster.local", tls(mode), name=name, ns=NS)]
    return out


def any_naked(s, d):
    return NAKED in (s, d)


def never(s, d):
    return False


def always(s, d):
    return True


def not_naked(s, d):
    return not any_naked(s, d)


def not_to_naked(s, d):
    return d != NAKED


def not_from_naked(s, d):
    return s != NAKED


CORE = ("http", "https", "tcp")
ALL = ("http", "http2", "https", "tcp", "grpc")
PROTOCOL = {"https": "https", "tcp": "tcp", "grpc": "grpc"}


def reach(title, config, mtls, success, ports=CORE, to=(A, B, NAKED, HEADLESS)):
    flows = []
    for s in (A, B, NAKED):
        for d in to:
            for p in ports:
                if s == d:
                    continue
                proto = PROTOCOL.get(p, "http")
                if success(s, d):
                    e = {"outcome": "allowed", **({"http_status": 200, "transport": "mtls" if mtls(s, d) else "plaintext"} if p in ("http", "http2", "grpc") else {})}
                else:
                    # "not OK": a plaintext client of a STRICT server, or mTLS to a server without proxy.
                    e = {"outcome": "reset" if d == NAKED else "denied"}
                flows.append(call(f"{s} {d} {p}", f"{d}.{NS}.svc.cluster.local", PORTS[p][0], e, src=f"{s}-v1", ns=NS, protocol=proto))
    case(title, mesh() + config, flows)


reach("global mtls strict", [authn("STRICT")] + global_rule(tls("ISTIO_MUTUAL")), not_naked, not_naked, ports=ALL)
reach("global mtls permissive", [authn("PERMISSIVE")] + global_rule(tls("ISTIO_MUTUAL")), not_naked, not_to_naked)
reach("global mtls disabled", [authn("DISABLE")] + global_rule(tls("DISABLE")), never, always)
reach("global plaintext to mtls permissive", [authn("PERMISSIVE")] + global_rule(tls("DISABLE")), never, always)
reach("global automtls strict", [authn("STRICT")], not_naked, not_from_naked)
reach("global automtls disable", [authn("DISABLE")], never, always)
reach("global automtls passthrough", global_rule({"loadBalancer": {"simple": "PASSTHROUGH"}}), not_naked, always)
reach("global no peer authn", global_rule(tls("ISTIO_MUTUAL")), not_naked, not_to_naked)
reach("mtls strict", per_workload("STRICT", "ISTIO_MUTUAL"), not_naked, not_naked)
reach("mtls permissive", per_workload("PERMISSIVE", "ISTIO_MUTUAL"), not_naked, not_to_naked)
reach("mtls disabled", per_workload("DISABLE", "DISABLE"), never, always)
reach("mtls port override", [authn("STRICT", n, NS, app=n, ports={PORTS[p][1]: "DISABLE" for p in ALL}) for n in (A, B, NAKED, HEADLESS)], never, always,
      to=(A, B, NAKED))

# Migration: one Service, one version with a sidecar, one without, chosen by path.
HOST = f"migration.{NS}.svc.cluster.local"


def migration(title, mode, mtls, success):
    policy = {"trafficPolicy": tls(mode)} if mode else {}
    subsets = [{"name": v, "labels": {"version": v}, **policy} for v in ("vistio", "vlegacy")]
    routes = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "migration", "namespace": NS}, "spec": {"hosts": [HOST], "http": [
        {"name": "vistio-route", "match": [{"uri": {"prefix": "/vistio"}}], "route": [{"destination": {"host": HOST, "subset": "vistio"}}]},
        {"name": "legacy-by-default", "route": [{"destination": {"host": HOST, "subset": "vlegacy"}}]}]}}
    objects = mesh() + echo("migration", ns=NS, version="vistio") + echo("migration", ns=NS, mode="none", version="vlegacy", service=False)
    flows = []
    for s in (A, B):
        for version in ("vistio", "vlegacy"):
            good = success(version)
            e = {"outcome": "allowed", "http_status": 200, "transport": "mtls" if mtls(version) else "plaintext", "routed_to": f"migration-{version}"} if good else {
                "outcome": "denied" if version == "vistio" else "reset"}
            flows.append(call(f"{s} {version}", HOST, 80, e, src=f"{s}-v1", ns=NS, path=f"/{version}"))
    case(title, objects + [authn("STRICT", ns=NS), routes, rule(HOST, tls(mode) if mode else None, name="migration", ns=NS, subsets=subsets)], flows)


migration("migration no tls", None, lambda v: v == "vistio", lambda v: True)
migration("migration tls disabled", "DISABLE", lambda v: False, lambda v: v == "vlegacy")
migration("migration tls mutual", "ISTIO_MUTUAL", lambda v: v == "vistio", lambda v: v == "vistio")

# TestPassThroughFilterChain: two ports of the pod that no Service declares. Sidecars are made to send mTLS there.
IP, TCP, HTTP = "10.10.1.2", 19092, 18083


def pass_through(title, config, tcp, http):
    """tcp, http: (plaintext succeeds, mTLS succeeds)."""
    objects = [ROOT, namespace(NS)] + echo(A, ns=NS) + echo(NAKED, ns=NS, mode="none") + echo(B, ns=NS)
    for o in objects:
        if o["kind"] == "Deployment" and o["metadata"]["name"] == "b-v1":
            t = o["spec"]["template"]
            t["spec"]["containers"][0]["ports"] += [{"containerPort": TCP}, {"containerPort": HTTP}]
            o.update({"apiVersion": "v1", "kind": "Pod", "spec": t["spec"], "status": {"podIP": IP, "phase": "Running"}})
            o["metadata"]["labels"] = t["metadata"]["labels"]
    entry = {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": "b-se", "namespace": NS}, "spec": {
        "hosts": ["fake.destination.b"], "location": "MESH_INTERNAL", "resolution": "NONE", "addresses": [IP],
        "ports": [{"number": TCP, "name": "tcp-wl-only", "protocol": "TCP"}, {"number": HTTP, "name": "http-wl-only", "protocol": "TCP"}]}}
    flows = []
    for src in (NAKED, A):
        for port, proto, allow in ((TCP, "tcp", tcp), (HTTP, "http", http)):
            good = allow[src != NAKED]
            e = {"outcome": "allowed", "transport": "plaintext" if src == NAKED else "mtls"} if good else {"outcome": "denied"}
            flows.append(call(f"{src} {port}", {"pod": f"{NS}/b-v1"}, port, e, src=f"{src}-v1", ns=NS, protocol=proto))
    case("pass through " + title, objects + config + [entry, rule("fake.destination.b", tls("ISTIO_MUTUAL"), name="b-dr", ns=NS)], flows)


ONLY_TCP = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "authz", "namespace": NS},
            "spec": {"rules": [{"to": [{"operation": {"ports": [str(TCP)]}}]}]}}
YES, NO, PLAIN, MTLS = (True, True), (False, False), (True, False), (False, True)
pass_through("disable", [authn("DISABLE", "mtls", NS)], PLAIN, PLAIN)
pass_through("disable with authz", [authn("DISABLE", "mtls", NS), ONLY_TCP], PLAIN, NO)
pass_through("strict", [authn("STRICT", "mtls", NS)], MTLS, MTLS)
pass_through("permissive", [authn("PERMISSIVE", "mtls", NS)], YES, YES)
for mode, port, tcp, http in (("DISABLE", "STRICT", MTLS, PLAIN), ("STRICT", "DISABLE", PLAIN, MTLS), ("PERMISSIVE", "STRICT", MTLS, YES),
                              ("STRICT", "PERMISSIVE", YES, MTLS), ("PERMISSIVE", "DISABLE", PLAIN, YES), ("DISABLE", "PERMISSIVE", YES, PLAIN)):
    pass_through(f"{mode.lower()} with {port.lower()}", [authn(mode, "b-mtls", NS, app=B, ports={TCP: port})], tcp, http)

if __name__ == "__main__":
    write(sys.argv[1], "reachability")
