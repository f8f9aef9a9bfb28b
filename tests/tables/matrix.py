"""dataplane.md 2.7 (DP-090), PERMISSIVE and STRICT, and the vectors DP-V01..DP-V19 of section 8."""
from mesh_tables import *

# DP-090. Cell: transport of the last hop, whether a waypoint is traversed, and whether STRICT refuses.
# P plaintext, M mtls, H hbone; w = through a waypoint; ! = STRICT refuses.
DESTINATIONS = ["none", "sidecar", "legacy", "ambient", "ambient-wp", "ambient-allwp", "ambient-wwp",
                "pod ambient-wwp", "pod ambient-allwp", "pod ambient", "pod ambient-wp"]
MATRIX = {
    "cli-none":   "P  P! P! P! P! P! P! P! P! P! P!",
    "outside":    "P  P! P! P! P! P! P! P! P! P! P!",
    "cli-sc":     "P  M  M  H  H  H  H  P! P! P! P!",
    "cli-legacy": "P  M  M  H  H  H  H  P! P! P! P!",
    "cli-nosend": "P  M  M  P! P! P! P! P! P! P! P!",
    "cli-amb":    "P  H  P! H  Hw Hw H  Hw Hw H  H",
    "gateway":    "P  M  M  H  H  H  H  -  -  -  -",
}
# waypoint to a service that it owns (the client is ambient), and to one that it does not own (by a route of `router`)
OWN = {"none-wp": "P", "sidecar-wp": "H", "legacy-wp": "P!", "ambient-wp": "H"}
OTHER = {"none": "P", "sidecar": "M", "legacy": "M", "ambient": "H", "ambient-wp": "H", "ambient-allwp": "H", "ambient-wwp": "H"}
OPTED_IN = {"ambient-ingress": "H", "sidecar-ingress": "H", "legacy-ingress": "P!"}

TRANSPORT = {"P": "plaintext", "M": "mtls", "H": "hbone"}
FIRST = {"cli-none": [], "outside": [], "cli-sc": ["sidecar"], "cli-legacy": ["sidecar"], "cli-nosend": ["sidecar"],
         "cli-amb": ["ztunnel"], "gateway": ["gateway"]}


def last_proxy(server):
    mode = SERVERS[server][0]
    return {"none": [], "ambient": ["ztunnel"]}.get(mode, ["sidecar"])


def make_row(client, server, code, pod=False, waypoint=False, rules=("DP-090",)):
    path = FIRST[client] + (["waypoint"] if waypoint else []) + last_proxy(server)
    r = Row("", client, server, path, TRANSPORT[code[0]], "", list(rules), pod=pod)
    if client == "outside":
        r.source = lambda: {"outside": True, "ip": "203.0.113.7"}
    return r


def expectation(r, code, strict):
    if not (strict and "!" in code):
        return allowed(r)
    z = r.last == "ztunnel"
    return denied(r, r.last, r.broken_status(), ztunnel_policy="istio-system/istio_converted_static_strict" if z else None)


def matrix_flows(strict, clients):
    flows = []
    for client in clients:
        for name, code in zip(DESTINATIONS, MATRIX[client].split()):
            if code == "-":  # no route can name a pod IP
                continue
            pod, server = name.startswith("pod "), name.split(" ")[-1]
            r = make_row(client, server, code, pod, "w" in code)
            flows.append(flow(r.title().strip(), r, expectation(r, code, strict)))
    return flows


def waypoint_flows(strict):
    flows = []
    for server, code in OPTED_IN.items():
        r = make_row("gateway", server, code, waypoint=True, rules=("DP-090", "DP-130"))
        flows.append(flow("opted in: " + r.title().strip(), r, expectation(r, code, strict)))
    for server, code in OWN.items():
        r = make_row("cli-amb", server, code, waypoint=True, rules=("DP-090", "DP-160"))
        flows.append(flow("waypoint to its own service: " + r.title().strip(), r, expectation(r, code, strict)))
    for server, code in OTHER.items():
        r = make_row("cli-amb", server, code, waypoint=True, rules=("DP-090", "DP-164"))
        r.target = lambda port=80: {"host": "router.a.svc.cluster.local", "port": 80}
        f = flow(f"waypoint of router to a service that it does not own: {server} (DP-090, DP-164)", r, expectation(r, code, strict),
                 request={"path": f"/to/{server}"})
        flows.append(f)
    return flows


def router_objects():
    rules = [{"matches": [{"path": {"type": "PathPrefix", "value": f"/to/{s}"}}], "backendRefs": [{"name": s, "port": 80}]} for s in OTHER]
    return [service("a", "router", {"istio.io/use-waypoint": "wp-router"}), deployment("a", "router", "ambient", {"app": "router"}, "router", (8080, 9090)),
            waypoint("a", "wp-router"),
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "router", "namespace": "a"},
             "spec": {"parentRefs": [{"kind": "Service", "group": "", "name": "router", "port": 80}], "rules": rules}}]


def peer(mode):
    return security("PeerAuthentication", "default", {"mtls": {"mode": mode}})


def vectors():
    """dataplane.md section 8. V13 needs a running migration (scenarios/cases/migration holds its stages); V15..V17 send raw
    HBONE by hand, which no flow can say, except the pod-addressed part of V17; V19 needs an east-west gateway."""
    out = []
    v = lambda vid, text: f"{vid} {text}"
    for pid, vid, text in (("P09", "DP-V01", "sidecar to a Service with a service waypoint (DP-052)"),
                           ("P21", "DP-V02", "ingress to a Service with a waypoint, no label (DP-131)"),
                           ("P22", "DP-V03", "ingress-use-waypoint on the Service (DP-130)"),
                           ("P28", "DP-V05", "use-waypoint names a Gateway that does not exist (DP-112)")):
        r = row(pid)
        out.append(flow(v(vid, text), r, allowed(r)))
    r = Row("", "gateway", "ambient-wwp", ["gateway", "ztunnel"], "hbone", "gateway", [])
    out.append(flow(v("DP-V04", "ingress to pods with a workload waypoint (DP-132)"), r, allowed(r)))
    r = row("P17", "ambient-wp")
    out.append(flow(v("DP-V06", "ambient to a pod IP, service-only waypoint (DP-061)"), r, allowed(r)))
    r = row("P18")
    out.append(flow(v("DP-V07", "ambient to a pod IP, workload waypoint (DP-060)"), r, allowed(r)))
    r = Row("", "cli-amb", "unknown.external.test", ["ztunnel"], "plaintext", "", [])
    out.append(flow(v("DP-V09", "ambient to an unknown external host, ALLOW_ANY (DP-229)"), r, {"verdict": "allowed", "path": ["ztunnel"], "transport": "plaintext", "waypointTraversed": False}))
    r = Row("", "cli-amb", "sidecar", ["ztunnel", "sidecar"], "hbone", "client", [], pod=True)
    out.append(flow(v("DP-V17", "ambient to a sidecar's pod IP, the application's port (DP-074)"), r, allowed(r)))
    out.append(flow(v("DP-V17", "ambient to a sidecar's pod IP, a port that no Service declares (DP-074, DP-077)"), r, allowed_tcp(r), port=7777, protocol="tcp"))
    return out


def denial_vectors():
    out = []
    r = row("P15")
    out.append(flow("DP-V10 L4 denial, the client captured by ztunnel, TCP: reset (DP-303)", r, denied(r, "ztunnel", None), port=9090, protocol="tcp"))
    r = row("P08")
    out.append(flow("DP-V11 L4 denial at ztunnel, a sidecar client, HTTP: 503 (DP-303)", r, denied(r, "ztunnel", 503)))
    r = row("P06")
    out.append(flow("DP-V12 denial at a sidecar, HTTP: 403 (DP-304)", r, denied(r, "sidecar", 403)))
    out.append(flow("DP-V12 denial at a sidecar, TCP: EOF (DP-305)", r, denied(r, "sidecar", None), port=9090, protocol="tcp"))
    return out


def generate():
    clients = list(MATRIX)
    for mode in ("PERMISSIVE", "STRICT"):
        strict = mode == "STRICT"
        flows = matrix_flows(strict, clients) + waypoint_flows(strict)
        write(f"matrix/istio-1.27-{mode.lower()}.yaml", scenario_text(
            f"matrix-{mode.lower()}", f"DP-090 whole, the destination's PeerAuthentication is {mode}; here a legacy sidecar sends HBONE (DP-037)", flows,
            policies=[peer(mode)], mesh={"profile": "istio-1.27"}, manifests=("../manifests/mesh.yaml", "../manifests/router.yaml")))
        # ossm-3.2: a legacy sidecar does not send HBONE, so it is as one with DISABLE_HBONE_SEND (DP-037, DP-038).
        MATRIX["cli-legacy"], kept = MATRIX["cli-nosend"], MATRIX["cli-legacy"]
        flows = matrix_flows(strict, ["cli-legacy", "cli-sc", "cli-amb"])
        MATRIX["cli-legacy"] = kept
        write(f"matrix/ossm-3.2-{mode.lower()}.yaml", scenario_text(
            f"matrix-ossm-{mode.lower()}", f"DP-090 under {mode} as OpenShift Service Mesh 3.2 has it: a legacy sidecar does not send HBONE (DP-037)", flows,
            policies=[peer(mode)], mesh={"profile": "ossm-3.2"}, manifests=("../manifests/mesh.yaml",)))
    write("vectors/dp-v01-v17.yaml", scenario_text("dp-vectors", "dataplane.md section 8", vectors(), manifests=("../manifests/mesh.yaml",),
                                                   comment=vectors.__doc__.split("\n    ")))
    # V03, second half: the label on the namespace.
    ns = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "b", "labels": {"istio.io/use-waypoint": "wp", "istio.io/ingress-use-waypoint": "true",
                                                                                         "istio.io/dataplane-mode": "ambient"}}}]
    r = Row("", "gateway", "srv", ["gateway", "waypoint", "ztunnel"], "hbone", "", [])
    objects = ns + [waypoint("b", "wp"), {**route("srv", [{"name": "gw", "namespace": "istio-ingress"}], "srv", "srv.example.test"), "metadata": {"name": "srv", "namespace": "b"}}]
    write("vectors/dp-v03-namespace.yaml", scenario_text(
        "dp-v03-namespace", "dataplane.md section 8, DP-V03: istio.io/ingress-use-waypoint on the namespace (DP-130)",
        [flow("DP-V03 ingress-use-waypoint on the namespace (DP-130)", r, allowed(r, routedTo={"workload": "b/srv"}))],
        workloads=[{"name": "srv", "namespace": "b", "serviceAccount": "srv", "mode": "ambient", "ports": [{"port": 80, "targetPort": 8080, "name": "http"}]}],
        manifests=("../manifests/mesh.yaml", "../manifests/namespace-b.yaml")))
    write("manifests/namespace-b.yaml", "# A namespace that opts in as a whole.\n" + documents(objects))
    # V08: the backend (a sidecar) admits only the waypoint.
    only_waypoint = authz("only-the-waypoint", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"principals": [WAYPOINT_PRINCIPAL]}}]}]})
    r = row("P13")
    write("vectors/dp-v08.yaml", scenario_text(
        "dp-v08", "dataplane.md section 8, DP-V08: ambient to a sidecar backend through its waypoint; the backend admits only the waypoint (DP-165)",
        [flow("DP-V08 through the waypoint (DP-165)", r, allowed(r))], policies=[only_waypoint], manifests=("../manifests/mesh.yaml",)))
    nothing = authz("allow-nothing", {})
    write("vectors/dp-v10-v12.yaml", scenario_text("dp-v10-v12", "dataplane.md section 8: what a client sees of a denial", denial_vectors(),
                                                   policies=[nothing], manifests=("../manifests/mesh.yaml",)))
    closed = authz("allow-nothing", {"targetRefs": services("ambient-wp"), "rules": []})
    closed["spec"].pop("rules")
    r = row("P16")
    write("vectors/dp-v12-waypoint.yaml", scenario_text(
        "dp-v12-waypoint", "dataplane.md section 8, DP-V12 at a waypoint (DP-304, DP-305)",
        [flow("DP-V12 denial at a waypoint, HTTP: 403 (DP-304)", r, denied(r, "waypoint", 403)),
         flow("DP-V12 denial at a waypoint, TCP: EOF (DP-305)", r, denied(r, "waypoint", None), port=9090, protocol="tcp")],
        policies=[closed], manifests=("../manifests/mesh.yaml",)))
    # V14: a deny-all policy on the workload waypoint is skipped by a sidecar that addresses the pod.
    skipped = authz("allow-nothing", {"targetRefs": gateways("wp-workload")})
    r = Row("", "cli-sc", "ambient-wwp", ["sidecar", "ztunnel"], "plaintext", "none", [], pod=True)
    write("vectors/dp-v14.yaml", scenario_text(
        "dp-v14", "dataplane.md section 8, DP-V14: sidecar to the pod IP of a workload-waypoint pod, deny-all on the waypoint, PERMISSIVE (DP-051, DP-125)",
        [flow("DP-V14 the waypoint is skipped (DP-051)", r, with_bypassed(allowed(r), skipped))], policies=[skipped], manifests=("../manifests/mesh.yaml",)))
    # V18: server-first.
    r = row("P02", "sidecar")
    write("vectors/dp-v18.yaml", scenario_text(
        "dp-v18", "dataplane.md section 8, DP-V18: uncaptured to a PERMISSIVE sidecar, a server-first protocol on a declared TCP port (DP-073)",
        [flow("DP-V18 the TLS inspector waits for bytes that never come (DP-073)", r,
              {"verdict": "reset", "httpStatus": None, "deniedBy": None, "path": ["sidecar"]}, port=9090, protocol="tcp", request={"serverFirst": True})],
        manifests=("../manifests/mesh.yaml",)))
    write("manifests/router.yaml", "# The waypoint of `router` has a route to each server: a waypoint as the client of services that it does not own.\n" + documents(router_objects()))


def with_bypassed(expect, policy):
    return {**expect, "policies": {f"AuthorizationPolicy a/{policy['metadata']['name']}": "bypassed"}}


def documents(objects):
    return "".join("---\n" + block(o, 0) for o in objects)
