#!/usr/bin/env python3
"""The coexistence matrix out of the program, equal cell by cell to policies.md: coexistence.py MESHSIM [--print].

5.3 as `meshsim matrix --policies` shows it, all kinds of policy in one mesh; its columns one by one, with verdicts and the
identity that arrives, are columns.py. 5.4 as `meshsim run` shows it: what each kind of traffic object does on each path.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import columns
import mesh_tables as m

# policies.md 5.4 as printed. P10 to a pod address is an unknown host, which no route and no rule names (DP-051).
TRAFFIC = {
    #         VS        DR        T7            T4                 EFs,WAs  WAt
    "P02": ("-",       "-",       "S",          "S",               "S",     "-"),
    "P03": ("-",       "-",       "",           "Z",               "-",     "-"),
    "P04": ("-",       "-",       "",           "Z",               "-",     "-"),
    "P05": ("c",       "c",       "c",          "c",               "-",     "-"),
    "P06": ("c",       "c",       "c S",        "c S",             "S",     "-"),
    "P07": ("c",       "c",       "c S",        "c S",             "S",     "-"),
    "P08": ("c",       "c",       "c",          "c Z",             "-",     "-"),
    "P09": ("c",       "c",       "c",          "c Z",             "-",     "-"),
    "P10": ("c",       "c",       "c",          "c Z",             "-",     "-"),
    "P11": ("-",       "-",       "S",          "z S",             "S",     "-"),
    "P12": ("-",       "-",       "S",          "z S",             "S",     "-"),
    "P13": ("W",       "W",       "W S",        "z W S",           "S",     "W"),
    "P14": ("W",       "W",       "W S",        "z W S",           "S",     "W"),
    "P15": ("-",       "-",       "",           "z Z",             "-",     "-"),
    "P16": ("W",       "W",       "W",          "z W Z",           "-",     "W"),
    "P17": ("-",       "-",       "",           "z Z",             "-",     "-"),
    "P18": ("-",       "-",       "W",          "z W Z",           "-",     "-"),
    "P19": ("-",       "-",       "",           "z Z",             "-",     "-"),
    "P20": ("G",       "G",       "G",          "G Z",             "-",     "-"),
    "P21": ("G",       "G",       "G",          "G Z",             "-",     "-"),
    "P22": ("G W",     "G W",     "G W",        "G W Z",           "-",     "W"),
    "P23": ("G",       "G",       "G S",        "G S",             "S",     "-"),
    "P24": ("G W",     "G W",     "G W S",      "G W S",           "S",     "W"),
    "P25": ("W",       "W",       "W",          "z W",             "-",     "W"),
    "P26": ("c",       "c",       "c",          "c",               "-",     "-"),
    "P28": ("-",       "-",       "",           "z Z",             "-",     "-"),
}
KINDS = ["VS", "DR", "T7", "T4", "EFs, WAs", "WAt"]
LETTER = {"sidecar": "S", "ztunnel": "Z", "waypoint": "W", "gateway": "G"}
problems = []


def check(where, expected, actual):
    if expected != actual:
        problems.append(f"{where}: policies.md says {expected!r}, the program {actual!r}")


def run(binary, command, objects, flows=(), policies=(), mesh=None):
    """The JSON that a command prints for these objects."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "mesh.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        scenario = {"apiVersion": "meshsim/v1", "kind": "Scenario", "metadata": {"name": "coexistence"},
                    "mesh": {"profile": "ossm-3.2", **(mesh or {})}, "manifests": ["mesh.json"], "policies": list(policies), "flows": list(flows)}
        (path / "scenario.json").write_text(json.dumps(scenario))
        out = subprocess.run([binary, *command, str(path / "scenario.json"), "-o", "json"], stdout=subprocess.PIPE, check=False)
        if out.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {out.returncode}")
        return json.loads(out.stdout)


# --- 5.3 -----------------------------------------------------------------------------------------------------------

POPULATION = {"cli-none": "none", "cli-sc": "sidecar", "cli-amb": "ambient", "gateway": "gateway"}


def all_columns():
    allow_get = {"action": "ALLOW", "rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]}
    ask = {"action": "CUSTOM", "provider": {"name": "asked"}, "rules": [{}]}
    tokens = {"jwtRules": [{"issuer": "https://issuer.example.test", "jwksUri": "https://issuer.example.test/keys"}]}
    client = [{"from": [{"source": {"principals": [m.CLIENT_PRINCIPAL]}}]}]
    return {
        "A1": m.authz("a1", {"selector": m.SRV, "action": "ALLOW", "rules": client}),
        "A2": m.authz("a2", {"selector": m.SRV, **allow_get}),
        "A3": m.authz("a3", {"selector": m.SRV, "action": "DENY", "rules": [{"to": [{"operation": {"methods": ["POST"]}}]}]}),
        "A4": m.authz("a4", {"targetRefs": columns.REFS, **allow_get}),
        "A5": m.authz("a5", {"targetRefs": columns.GATEWAY_REFS, **allow_get}),
        "A6": m.authz("a6", {"selector": m.SRV, **ask}),
        "A7": m.authz("a7", {"targetRefs": columns.REFS, **ask}),
        "R1": m.security("RequestAuthentication", "r1", {"selector": m.SRV, **tokens}),
        "R2": m.security("RequestAuthentication", "r2", {"targetRefs": columns.REFS, **tokens}),
    }


PROVIDER = {"config": {"extensionProviders": [{"name": "asked", "envoyExtAuthzHttp": {"service": "authz.example.test", "port": 8000}}]},
            "extAuthz": {"asked": {"answer": "allow"}}}


def named(policy):
    return f"{policy['kind']} {policy['metadata']['namespace']}/{policy['metadata']['name']}"


def section_5_3(binary, show):
    # One client of each population; their names stand before all others, for the matrix takes the first of each.
    kept, m.CLIENTS = m.CLIENTS, {"0-none": "none", "0-sc": "sidecar", "0-amb": "ambient"}
    objects = m.mesh_objects()
    m.CLIENTS = kept
    policies = all_columns()
    strict = m.security("PeerAuthentication", "p", {"mtls": {"mode": "STRICT"}})
    cells = {}
    for more in (list(policies.values()), [strict]):
        for row in run(binary, ["matrix", "--policies"], objects, policies=more, mesh=PROVIDER)["rows"]:
            cells[row["policy"], row["clients"], row["destination"]] = row
    verdicts = {}
    for row in run(binary, ["matrix"], objects, policies=[strict])["rows"]:
        verdicts[row["client"], f"{row['destination']}:{row['port']}"] = row["outcomes"][0]
    table = {}
    for r in m.rows():
        if r.pod or r.external() or r.client not in POPULATION:
            continue  # the matrix asks Services; pod addresses and the outside are in columns/
        destination = f"{r.server}.a.svc.cluster.local:{8080 if r.server.endswith('headless') else 80}"
        for column in columns.COLUMNS:
            cell = columns.cell(r, column)
            where = f"5.3 {r.pid} {r.client} to {r.server}, {column} ({cell})"
            if column == "P":
                if r.client == "gateway":
                    continue  # the plain matrix does not ask gateways
                client = {"cli-none": "a/0-none", "cli-sc": "a/0-sc", "cli-amb": "a/0-amb"}[r.client]
                outcome = verdicts[client, destination]
                check(where, {"closed": "unreachable", "refused": "denied"}.get(cell, "allowed"), outcome["verdict"])
                table[r.pid, r.server, column] = cell
                continue
            row = cells.get((named(policies[column]), POPULATION[r.client], destination))
            status, at = (row["status"], row["at"]) if row else ("absent", None)
            if cell == "closed":
                continue  # P29 ends before any of them; the verdicts above say so
            if cell in ("all-denied", "open"):
                check(where, ("denies-all" if cell == "all-denied" else "open", "ztunnel"), (status, at))
            elif cell == "dead":
                if column in ("A4", "A7", "R2"):
                    expected = columns.by_service_status(r)
                elif column == "A5":
                    expected = columns.by_gateway_status(r)
                else:
                    expected = "inert"
                check(where, expected or "absent", status)
            else:
                check(where, ("enforced", cell[0]), (status, LETTER.get(at)))
            table[r.pid, r.server, column] = cell
    if show:
        print("policies.md 5.3 (pod addresses and the outside: columns/)")
        print(f"{'':26}" + "".join(f"{c:12}" for c in columns.COLUMNS))
        for pid, server in sorted({k[:2] for k in table}):
            print(f"{pid} {server:22}" + "".join(f"{table.get((pid, server, c), ''):12}" for c in columns.COLUMNS))
    return len(table)


# --- 5.4 -----------------------------------------------------------------------------------------------------------

def host_of(r):
    return r.server if r.external() else f"{r.server}.a.svc.cluster.local"


def hosts():
    return {r.server: host_of(r) for r in m.rows()}


def virtual_services():
    return [{"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "vs-" + s.replace(".", "-"), "namespace": "a"},
             "spec": {"hosts": [h], "http": [{"headers": {"request": {"add": {"x-virtual-service": "yes"}}},
                                              "route": [{"destination": {"host": h}}]}]}} for s, h in hosts().items()]


def with_header(objects):
    """The routes of the gateway add a header, too."""
    objects = json.loads(json.dumps(objects))
    for o in objects:
        if o["kind"] == "HTTPRoute":
            o["spec"]["rules"][0]["filters"] = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "x-gateway-route", "value": "yes"}]}}]
    return objects


def destination_rules(ns):
    return [{"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": "dr-" + s.replace(".", "-"), "namespace": ns},
             "spec": {"host": h, "exportTo": ["."], "trafficPolicy": {"tls": {"mode": "SIMPLE"}}}} for s, h in hosts().items()]


def flows(port=80, protocol="http", target=None):
    out = []
    for r in m.rows():
        if r.pid not in TRAFFIC:
            continue
        to = target(r, port) if target else r.target(port)
        out.append({"name": r.title(), "from": r.source(), "to": to, "protocol": protocol})
    return out


def asked():
    return [r for r in m.rows() if r.pid in TRAFFIC]


def tcp_objects(objects):
    """A TCP port on every way: a listener of a gateway per server, and ServiceEntries with a TCP port."""
    objects = json.loads(json.dumps(objects))
    listeners = []
    for i, s in enumerate(m.SERVERS):
        listeners.append({"name": f"tcp-{i}", "port": 10000 + i, "protocol": "TCP", "allowedRoutes": {"namespaces": {"from": "All"}}})
        objects.append({"apiVersion": "gateway.networking.k8s.io/v1alpha2", "kind": "TCPRoute", "metadata": {"name": f"tcp-{s}", "namespace": "a"},
                        "spec": {"parentRefs": [{"name": "gw-tcp", "namespace": "istio-ingress", "sectionName": f"tcp-{i}"}],
                                 "rules": [{"backendRefs": [{"name": s, "port": 9090}]}]}})
    objects.append({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "gw-tcp", "namespace": "istio-ingress"},
                    "spec": {"gatewayClassName": "istio", "listeners": listeners}})
    # With an address: without one their TCP port would take every sidecar's connections to 9090 (DP-229).
    for i, o in enumerate(o for o in objects if o["kind"] == "ServiceEntry"):
        o["spec"]["ports"].append({"number": 9090, "name": "tcp", "protocol": "TCP"})
        o["spec"]["addresses"] = [f"192.0.2.{i + 1}"]
    return objects


def tcp_target(r, port):
    if r.client == "gateway":
        return {"host": f"{r.server}.example.test", "port": 10000 + list(m.SERVERS).index(r.server), "gateway": "istio-ingress/gw-tcp"}
    if r.external():
        return {"host": r.server, "port": port}
    return r.target(port)


def reporters(r, outcome, names):
    """Who emits one of these series, as the letters of the table, in the order of the path; z is a client's ztunnel."""
    seen = {x["reporter"] for x in outcome["telemetry"]["metrics"] if x["name"] in names}
    first = {"cli-sc": "c", "cli-nosend": "c", "cli-amb": "z", "gateway": "G"}.get(r.client, "?")
    last = LETTER.get(outcome["path"][-1] if outcome["path"] else "", "?")
    out = ([first] if "source" in seen else []) + (["W"] if "waypoint" in seen else []) + ([last] if "destination" in seen else [])
    return " ".join(out)


def section_5_4(binary, show):
    base = m.mesh_objects()
    rows = asked()
    table = {(r.pid, r.client, r.server, r.pod): {} for r in rows}

    def outcomes(objects, policies=(), port=80, protocol="http", target=None, mesh=None):
        result = run(binary, ["run"], objects, flows(port, protocol, target), policies, mesh)
        for r, f in zip(rows, result["flows"]):
            if len(f["outcomes"]) != 1:
                problems.append(f"5.4 {r.title()}: {len(f['outcomes'])} outcomes")
            yield r, f["outcomes"][0]

    def expect(r, kind, cell, actual):
        check(f"5.4 {r.title()}, {kind}", cell, actual)
        table[r.pid, r.client, r.server, r.pod][kind] = actual

    def cell(r, kind):
        value = TRAFFIC[r.pid][KINDS.index(kind)]
        return "-" if r.pid == "P10" and r.pod and kind in ("VS", "DR") else value

    for r, o in outcomes(with_header(base) + virtual_services()):
        client = r.client in ("cli-sc", "cli-nosend")
        got = (["G"] if "x-gateway-route" in o["upstream"]["headers"] else []) + (
            ["c" if client else "W"] if "x-virtual-service" in o["upstream"]["headers"] else [])
        expect(r, "VS", cell(r, "VS"), " ".join(got) or "-")

    # A rule that originates TLS shows itself: the plain server at the other end resets, or the transport is tls. Each
    # proxy reads only the rules of its own namespace here. What a gateway's rule does on its way to a waypoint (pools,
    # balancing) no verdict shows.
    touched = {}
    for ns in ("istio-ingress", "a"):
        for r, o in outcomes(base + destination_rules(ns)):
            effect = o["verdict"] != "allowed" or o["transport"] == "tls"
            if effect:
                who = "G" if ns == "istio-ingress" else "c" if r.client in ("cli-sc", "cli-nosend") else "W"
                touched.setdefault(id(r), []).append(who)
    for r in rows:
        got = touched.get(id(r), [])
        if r.pid in ("P22", "P24"):
            check(f"5.4 {r.title()}, DR", ["W"], got)
            got = ["G", "W"]
        expect(r, "DR", cell(r, "DR"), " ".join(got) or "-")

    for r, o in outcomes(base):
        expect(r, "T7", cell(r, "T7"), reporters(r, o, {"istio_requests_total"}))
    for r, o in outcomes(tcp_objects(base), port=9090, protocol="tcp", target=tcp_target,
                         mesh={"features": {"PILOT_ENABLE_ALPHA_GATEWAY_API": "true"}}):  # Istio 1.27 reads TCPRoutes with it only (DP-258)
        check(f"5.4 {r.title()}, TCP", "allowed", o["verdict"])
        expect(r, "T4", cell(r, "T4"), reporters(r, o, {"istio_tcp_connections_opened_total"}))

    filters = {
        "EnvoyFilter": {"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": {"name": "f", "namespace": "a"},
                        "spec": {"workloadSelector": {"labels": m.SRV["matchLabels"]},
                                 "configPatches": [{"applyTo": "HTTP_FILTER", "match": {"context": "SIDECAR_INBOUND"},
                                                    "patch": {"operation": "INSERT_BEFORE", "value": {"name": "envoy.filters.http.lua"}}}]}},
        "WasmPlugin": {"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin", "metadata": {"name": "f", "namespace": "a"},
                       "spec": {"selector": m.SRV, "url": "oci://registry.example.test/f:1"}},
        "WasmPlugin by targetRefs": {"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin", "metadata": {"name": "f", "namespace": "a"},
                                     "spec": {"targetRefs": columns.REFS, "url": "oci://registry.example.test/f:1"}},
    }
    for name, f in filters.items():
        kind = "WAt" if "targetRefs" in name else "EFs, WAs"
        for r, o in outcomes(base + [f]):
            # Not evaluated: the verdict is unknown where it runs, and says so.
            states = [(p["status"], p["at"]) for p in o["policies"] if p["policy"] == f"{f['kind']} a/f"]
            runs = [LETTER[at["proxy"] if isinstance(at, dict) else at.split(" ")[0]] for s, at in states if s == "not-evaluated"]
            check(f"5.4 {r.title()}, {name}: unknown where it runs", bool(runs), o["verdict"] == "unknown")
            expect(r, kind, cell(r, kind), " ".join(runs) or "-")
            if kind == "EFs, WAs" and r.last == "ztunnel":
                check(f"5.4 {r.title()}, {name}: status", ["open"], [s for s, _ in states])
    if show:
        print("policies.md 5.4 (z: the client's ztunnel)")
        print(f"{'':42}" + "".join(f"{k:10}" for k in KINDS))
        for (pid, client, server, pod), got in table.items():
            print(f"{pid} {client:10} {('pod of ' if pod else '') + server:26} " + "".join(f"{got.get(k, ''):10}" for k in KINDS))
    return len(table)


def main():
    binary, show = sys.argv[1], "--print" in sys.argv
    cells, rows = section_5_3(binary, show), section_5_4(binary, show)
    for p in problems:
        print("DIFFERS  " + p)
    print(f"{cells} cells of 5.3, {rows} rows of 5.4, {len(problems)} differ")
    if cells < 200 or rows < 30:
        sys.exit("too little was compared")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
