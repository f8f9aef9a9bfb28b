"""policies.md section 9: TV-01..TV-52, one file per vector (or per variant where two sets of policies are compared)."""
from mesh_tables import *

FROM_CLI = [{"source": {"principals": [CLIENT_PRINCIPAL]}}]
POST = {"method": "POST"}


def methods(*names):
    return [{"operation": {"methods": list(names)}}]


def tv(number, what, flows, policies=(), **more):
    write(f"vectors/tv-{number}.yaml", scenario_text(f"tv-{number}", f"policies.md section 9, TV-{number[:2]}: {what}", flows, policies=policies,
                                                     manifests=more.pop("manifests", ("../manifests/mesh.yaml",)), **more))


def ok(number, r, rules, text="", request=None, port=80, protocol="http", **more):
    expect = allowed(r, **more) if protocol != "tcp" else {**allowed_tcp(r), **more}
    return flow(f"TV-{number} {r.pid} {text}".strip() + f" ({rules})", r, expect, port=port, protocol=protocol, request=request)


def no(number, r, at, rules, text="", request=None, port=80, protocol="http", status="?", policy=None, rule=None, ztunnel_policy=None, **more):
    if status == "?":
        status = None if protocol == "tcp" else r.broken_status() if at == "ztunnel" else 403
    expect = {**denied(r, at, status, policy, rule, ztunnel_policy), **more}
    return flow(f"TV-{number} {r.pid} {text}".strip() + f" ({rules})", r, expect, port=port, protocol=protocol, request=request)


STATIC = "istio-system/istio_converted_static_strict"


def refused(number, r, rules, text="", **more):
    z = r.last == "ztunnel"
    return no(number, r, r.last, rules, text, status=None if more.get("protocol") == "tcp" else r.broken_status(),
              ztunnel_policy=STATIC if z else None, **more)


def token(valid=True, **claims):
    out = {"issuer": "https://issuer.example.test", "subject": "somebody", "valid": valid}
    if not valid:
        out["invalidReason"] = "bad signature"
    if claims:
        out["claims"] = claims
    return {"jwt": out}


TOKENS = {"jwtRules": [{"issuer": "https://issuer.example.test", "jwksUri": "https://issuer.example.test/keys"}]}


def status(policy, word):
    return {"policies": {f"{policy['kind']} {policy['metadata']['namespace']}/{policy['metadata']['name']}": word}}


def generate():
    p02, p03, p06, p08, p15, p16 = (row(p) for p in ("P02", "P03", "P06", "P08", "P15", "P16"))
    p04, p07, p09, p11, p12, p21, p22 = (row(p) for p in ("P04", "P07", "P09", "P11", "P12", "P21", "P22"))
    p10, p17, p20, p28 = row("P10", "ambient"), row("P17", "ambient-wp"), row("P20"), row("P28")
    simple = lambda name, spec, ns="a", **kw: authz(name, spec, ns, **kw)

    tv("01", "no policy", [ok("01", r, "PO-023") for r in (p02, p03, p06, p08, p11, p15, p16)])
    nothing = simple("allow-nothing", {})
    tv("02", "an empty spec in the namespace, at a sidecar", [no("02", p06, "sidecar", "PO-023")], [nothing])
    tv("03", "an empty spec in the namespace, at ztunnel", [no("03", p08, "ztunnel", "PO-023, PO-065")], [nothing])
    tv("04", "an empty spec in the namespace, behind a waypoint: the waypoint passes, ztunnel denies",
       [no("04", p16, "ztunnel", "PO-004, PO-067")], [nothing])
    everything = [simple("allow-all", {"action": "ALLOW", "rules": [{}]}), simple("deny-all", {"action": "DENY", "rules": [{}]})]
    tv("05", "ALLOW everything and DENY everything", [
        no("05", p02, "sidecar", "PO-022", policy="a/deny-all", rule=0), no("05", p06, "sidecar", "PO-022", policy="a/deny-all", rule=0),
        no("05", p08, "ztunnel", "PO-022", policy="a/deny-all", rule=0), no("05", p15, "ztunnel", "PO-022", policy="a/deny-all", rule=0)], everything)

    cli = simple("allow-cli", {"selector": SRV, "action": "ALLOW", "rules": [{"from": FROM_CLI}]})
    tv("06", "ALLOW the client, no waypoint", [ok("06", p15, "PO-062", **status(cli, "enforced"))], [cli])
    tv("07", "ALLOW the client, through a waypoint: ztunnel sees the waypoint", [no("07", p16, "ztunnel", "PO-075", **status(cli, "enforced"))], [cli])
    both = simple("allow-cli-and-wp", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"principals": [CLIENT_PRINCIPAL, WAYPOINT_PRINCIPAL]}}]}]})
    tv("08", "ALLOW the client and the waypoint", [ok("08", p16, "PO-153"), ok("08", p15, "PO-153")], [both])
    deny = simple("deny-cli", {"selector": SRV, "action": "DENY", "rules": [{"from": FROM_CLI}]})
    tv("09", "DENY the client: evaded through the waypoint", [
        no("09", p15, "ztunnel", "PO-154", policy="a/deny-cli", rule=0), ok("09", p16, "PO-154", **status(deny, "enforced"))], [deny])

    get = simple("allow-get", {"selector": SRV, "action": "ALLOW", "rules": [{"to": methods("GET")}]})
    tv("10", "ALLOW GET at a sidecar", [ok("10", p06, "PO-031", "GET"), no("10", p06, "sidecar", "PO-031", "POST", POST)], [get])
    tv("11", "ALLOW GET at ztunnel: denies all", [no("11", r, "ztunnel", "PO-057", m, {"method": m}, **status(get, "denies-all"))
                                                    for r in (p08, p15, p16) for m in ("GET", "POST")], [get])
    dead_deny = simple("deny-post", {"selector": SRV, "action": "DENY", "rules": [{"to": methods("POST")}]})
    tv("12", "DENY POST at ztunnel: no effect", [ok("12", p15, "PO-058", "POST", POST, **status(dead_deny, "open"))], [dead_deny])
    dead_deny = simple("deny-cli-post", {"selector": SRV, "action": "DENY", "rules": [{"from": FROM_CLI, "to": methods("POST")}]})
    tv("13", "DENY the client's POST at ztunnel: no effect", [ok("13", p15, "PO-058", m, {"method": m}, **status(dead_deny, "open")) for m in ("GET", "POST")], [dead_deny])
    wide = simple("deny-port-post", {"selector": SRV, "action": "DENY", "rules": [{"to": [{"operation": {"ports": ["8080"], "methods": ["POST"]}}]}]})
    tv("14", "DENY a port and a method in one operation at ztunnel: wider than written", [
        no("14", p15, "ztunnel", "PO-058", "GET", policy="a/deny-port-post", rule=0, **status(wide, "enforced"))], [wide])
    wide = simple("deny-cli-without-token", {"selector": SRV, "action": "DENY",
                                             "rules": [{"from": [{"source": {"principals": [CLIENT_PRINCIPAL], "notRequestPrincipals": ["*"]}}]}]})
    tv("15", "DENY the client without token at ztunnel: all of the client", [no("15", p15, "ztunnel", "PO-058", policy="a/deny-cli-without-token", rule=0)], [wide])

    target = lambda name, service_name, rules, **kw: simple(name, {"targetRefs": services(service_name), "action": "ALLOW", "rules": rules}, **kw)
    get_wp = target("allow-get", "ambient-wp", [{"to": methods("GET")}])
    tv("16", "ALLOW GET, targetRefs Service", [no("16", p16, "waypoint", "PO-006", "POST", POST, **status(get_wp, "enforced"))], [get_wp])
    tv("17", "the same: who bypasses the waypoint", [ok("17", r, "PO-150", "POST", POST, **status(get_wp, "bypassed")) for r in (p09, p21, p04, p17)], [get_wp])
    get_sc = target("allow-get", "sidecar-wp", [{"to": methods("GET")}])
    tv("18", "the same, the server has a sidecar: ignored by it", [ok("18", p07, "PO-003", "POST", POST, **status(get_sc, "bypassed"))], [get_sc])
    tv("19", "the same, with istio.io/ingress-use-waypoint", [no("19", p22, "waypoint", "PO-142", "POST", POST)],
       [target("allow-get", "ambient-ingress", [{"to": methods("GET")}])])
    port = lambda number: [{"to": [{"operation": {"ports": [number]}}]}]
    tv("20-service-port", "ALLOW by targetRefs, ports: the Service's port", [ok("20", p16, "PO-073")], [target("allow-port", "ambient-wp", port("80"))])
    tv("20-target-port", "ALLOW by targetRefs, ports: the container's port does not match", [no("20", p16, "waypoint", "PO-073")],
       [target("allow-port", "ambient-wp", port("8080"))])
    by_port = lambda number: simple("allow-port", {"selector": SRV, "action": "ALLOW", "rules": port(number)})
    tv("21-service-port", "ALLOW by selector, ports: the Service's port does not match", [no("21", p15, "ztunnel", "PO-073")], [by_port("80")])
    tv("21-target-port", "ALLOW by selector, ports: the container's port", [ok("21", p15, "PO-073")], [by_port("8080")])
    anonymous = simple("deny-anonymous", {"selector": SRV, "action": "DENY", "rules": [{"from": [{"source": {"notPrincipals": ["*"]}}]}]})
    tv("22", "DENY notPrincipals *: plaintext", [no("22", p03, "ztunnel", "PO-046", policy="a/deny-anonymous", rule=0), ok("22", p15, "PO-046")], [anonymous])

    strict = security("PeerAuthentication", "strict", {"mtls": {"mode": "STRICT"}})
    tv("23", "STRICT for the namespace", [refused("23", r, "PO-156") for r in (p02, p03, p10, p12)] + [ok("23", r, "PO-156") for r in (p06, p08, p11, p15)], [strict])
    peer = lambda mode, ports, **kw: security("PeerAuthentication", "srv", {"selector": SRV, "mtls": {"mode": mode}, "portLevelMtls": ports})
    tv("24", "workload STRICT, port 8080 PERMISSIVE", [
        ok("24", p03, "PO-092", "port 8080"),
        no("24", p03, "ztunnel", "PO-092", "port 9090", port=9090, protocol="tcp", ztunnel_policy="a/converted_peer_authentication_srv")],
       [peer("STRICT", {8080: {"mode": "PERMISSIVE"}})])
    root = security("PeerAuthentication", "mesh", {"mtls": {"mode": "STRICT"}}, "istio-system")
    tv("25", "mesh STRICT, workload UNSET, port 8080 DISABLE", [
        ok("25", p02, "PO-094a", "a sidecar opens the port"),
        refused("25", p03, "PO-094a", "ztunnel does not")], [root, peer("UNSET", {8080: {"mode": "DISABLE"}})])
    tv("26", "mesh STRICT, workload PERMISSIVE, port 8080 STRICT", [
        refused("26", p02, "PO-094b", "a sidecar refuses"), ok("26", p03, "PO-094b", "ztunnel fails open")], [root, peer("PERMISSIVE", {8080: {"mode": "STRICT"}})])
    tv("27", "mesh STRICT, namespace without mode, workload UNSET, port 8080 PERMISSIVE", [
        refused("27", p02, "PO-094c", "port 9090 at a sidecar", port=9090, protocol="tcp"),
        ok("27", p03, "PO-094c", "port 9090 at ztunnel fails open", port=9090, protocol="tcp")],
       [root, security("PeerAuthentication", "namespace", {"mtls": {}}), peer("UNSET", {8080: {"mode": "PERMISSIVE"}})])

    ra_target = security("RequestAuthentication", "tokens", {"targetRefs": services("ambient-wp"), **TOKENS})
    ra_selector = security("RequestAuthentication", "tokens", {"selector": SRV, **TOKENS})
    tv("28", "RequestAuthentication at a waypoint, no AuthorizationPolicy", [
        ok("28", p16, "PO-104", "no token"), ok("28", p16, "PO-104", "valid token", token()),
        no("28", p16, "waypoint", "PO-104", "bad token", token(False), status=401, policy="a/tokens")], [ra_target])
    must = {"action": "DENY", "rules": [{"from": [{"source": {"notRequestPrincipals": ["*"]}}]}]}
    tv("29", "the same, and DENY without token", [
        no("29", p16, "waypoint", "PO-107", "no token", policy="a/token-needed", rule=0), ok("29", p16, "PO-107", "valid token", token())],
       [ra_target, simple("token-needed", {"targetRefs": services("ambient-wp"), **must})])
    tv("30", "both by selector, at ztunnel: open", [ok("30", p15, "PO-108", "no token")], [ra_selector, simple("token-needed", {"selector": SRV, **must})])
    tv("31", "ALLOW requestPrincipals by selector, at ztunnel: denies all", [no("31", p15, "ztunnel", "PO-108", "valid token", token())],
       [ra_selector, simple("token-needed", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"requestPrincipals": ["*"]}}]}]})])

    host = simple("deny-host", {"selector": SRV, "action": "DENY", "rules": [{"to": [{"operation": {"hosts": ["example.com"]}}]}]})
    tv("32", "hosts: case does not matter, the port does", [
        no("32", p02, "sidecar", "PO-034", "EXAMPLE.com", {"host": "EXAMPLE.com"}, policy="a/deny-host", rule=0),
        ok("32", p02, "PO-034", "example.com:8080", {"host": "example.com:8080"})], [host])

    def paths(number, pattern, yes, missed, mesh=None, suffix="", rules="PO-036"):
        policy = simple("deny-path", {"selector": SRV, "action": "DENY", "rules": [{"to": [{"operation": {"paths": [pattern]}}]}]})
        tv(number + suffix, f"paths {pattern}", [no(number, p02, "sidecar", rules, q, {"path": q}, policy="a/deny-path", rule=0) for q in yes]
           + [ok(number, p02, rules, q, {"path": q}) for q in missed], [policy], mesh=mesh)
    paths("33", "/a/{*}/c", ["/a/b/c"], ["/a/b/d/c", "/a//c", "/a/b/c/"])
    paths("34", "/a/{**}", ["/a/", "/a/b/c"], ["/a"])
    normal = lambda n: {"config": {"pathNormalization": {"normalization": n}}}
    paths("35", "/a*", [], ["/a/../b"], normal("BASE"), "-base", "PO-032, PO-047")
    paths("35", "/a*", ["/a/../b"], [], normal("NONE"), "-none", "PO-032, PO-047")

    middle = simple("allow-prod", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"namespaces": ["prod-*-eu"]}}]}]})

    def from_prod(server, path, transport):
        r = Row("P06" if path[-1] == "sidecar" else "P08", "cli", server, path, transport, "client", [])
        r.source = lambda: {"workload": "prod-x-eu/cli"}
        return r
    tv("36", "namespaces with a star in the middle: a pattern at Envoy, literal at ztunnel", [
        ok("36", from_prod("sidecar", ["sidecar", "sidecar"], "mtls"), "PO-040"),
        no("36", from_prod("ambient", ["sidecar", "ztunnel"], "hbone"), "ztunnel", "PO-060")], [middle],
       workloads=[{"name": "cli", "namespace": "prod-x-eu", "serviceAccount": "cli", "mode": "sidecar"}])
    principals = lambda value: simple("allow-principal", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"principals": [value]}}]}]})
    tv("37", "a principal written with spiffe:// never matches", [no("37", p06, "sidecar", "PO-039"), no("37", p15, "ztunnel", "PO-039")],
       [principals("spiffe://" + CLIENT_PRINCIPAL)])
    tv("38", "a suffix pattern, trust domain x.org", [ok("38", p06, "PO-039"), ok("38", p15, "PO-060")], [principals("*/sa/cli")], mesh={"trustDomain": "x.org"})
    tv("39", "trust domain td2 with alias td1: sidecars expand, ztunnel does not", [ok("39", p06, "PO-048"), no("39", p15, "ztunnel", "PO-049")],
       [principals("td1/ns/a/sa/cli")], mesh={"trustDomain": "td2", "config": {"trustDomainAliases": ["td1"]}})

    mysql = [{"name": "mysql", "namespace": "a", "serviceAccount": "mysql", "mode": "sidecar", "labels": {"app": "srv"},
              "ports": [{"port": 3306, "name": "tcp-sql"}, {"port": 3307, "name": "tcp-admin"}]}]
    tcp = Row("P06", "cli-sc", "mysql", ["sidecar", "sidecar"], "mtls", "client", [])
    tv("40", "ALLOW with an HTTP rule and a port rule, on TCP ports", [
        ok("40", tcp, "PO-051", "port 3306", port=3306, protocol="tcp"), no("40", tcp, "sidecar", "PO-051", "port 3307", port=3307, protocol="tcp")],
       [simple("allow", {"selector": SRV, "action": "ALLOW", "rules": [{"to": methods("GET")}, {"to": [{"operation": {"ports": ["3306"]}}]}]})], workloads=mysql)
    tv("41", "DENY DELETE on a TCP port denies everything", [no("41", tcp, "sidecar", "PO-052", "port 3306", port=3306, protocol="tcp", policy="a/deny-delete", rule=0)],
       [simple("deny-delete", {"selector": SRV, "action": "DENY", "rules": [{"to": methods("DELETE")}]})], workloads=mysql)

    provider = {"config": {"extensionProviders": [{"name": "refuser", "envoyExtAuthzHttp": {"service": "authz.example.test", "port": 8000}}]},
                "extAuthz": {"refuser": {"answer": "deny"}}}
    ask = simple("ask", {"selector": SRV, "action": "CUSTOM", "provider": {"name": "refuser"}, "rules": [{}]})
    tv("42", "CUSTOM by selector, an HTTP provider that refuses", [
        no("42", p06, "sidecar", "PO-161", policy="a/ask"), ok("42", p08, "PO-018", **status(ask, "open")),
        ok("42", p06, "PO-053", "TCP", port=9090, protocol="tcp")], [ask], mesh=provider)
    unknown = simple("ask", {"selector": SRV, "action": "CUSTOM", "provider": {"name": "nobody"}, "rules": [{"to": [{"operation": {"paths": ["/x"]}}]}]})
    tv("43", "CUSTOM with an unknown provider", [no("43", p06, "sidecar", "PO-162", "/x", {"path": "/x"}, policy="a/ask"), ok("43", p06, "PO-162", "/y", {"path": "/y"})], [unknown])
    empty = simple("deny-cli", {"selector": {}, "action": "DENY", "rules": [{"from": FROM_CLI}]})
    tv("44", "an empty selector: the whole namespace at a sidecar, nothing at ztunnel", [
        no("44", p06, "sidecar", "PO-019", policy="a/deny-cli", rule=0), ok("44", p15, "PO-019", **status(empty, "open"))], [empty])

    mesh_wide = simple("allow-nothing", {}, "istio-system")
    p25 = row("P25")
    tv("45", "a default deny in the root namespace", [
        no("45", p20, "gateway", "PO-005", "the gateway itself refuses"), ok("45", p25, "PO-004", "a waypoint alone does not"),
        no("45", p06, "sidecar", "PO-002"), no("45", p15, "ztunnel", "PO-016")], [mesh_wide])
    waypoints = simple("allow-nothing", {"targetRefs": [{"kind": "GatewayClass", "group": "gateway.networking.k8s.io", "name": "istio-waypoint"}]}, "istio-system")
    tv("46", "a default deny for all waypoints", [no("46", p16, "waypoint", "PO-008, PO-077"), ok("46", p15, "PO-077")], [waypoints])

    anyone = simple("allow-anyone", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"requestPrincipals": ["*"]}}]}]})
    tv("47", "requestPrincipals * needs iss and sub", [
        no("47", p06, "sidecar", "PO-043", "a token without sub", {"jwt": {"issuer": "https://issuer.example.test", "valid": True}}),
        ok("47", p06, "PO-043", "a whole token", token())], [ra_selector, anyone])
    claim = lambda key: {"key": f"request.auth.claims[{key}]", "values": ["dev"]}
    dev = simple("allow-dev", {"selector": SRV, "action": "ALLOW", "rules": [{"when": [claim("groups")]}, {"when": [claim("scope")]}]})
    tv("48", "claims: lists, strings, and scope split at spaces", [
        ok("48", p06, "PO-044", "a list", token(groups=["ops", "dev"])), ok("48", p06, "PO-044", "a string", token(groups="dev")),
        ok("48", p06, "PO-044", "scope", token(scope="a dev")), no("48", p06, "sidecar", "PO-044", "another string", token(groups="a dev"))], [ra_selector, dev])

    dry = simple("allow-other", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"principals": ["cluster.local/ns/other/sa/other"]}}]}]},
                 annotations={"istio.io/dry-run": "true"})
    tv("49", "an ALLOW in dry run does not make a default deny", [ok("49", p06, "PO-025", **status(dry, "dry-run")), ok("49", p15, "PO-027", **status(dry, "dry-run"))], [dry])
    tv("50", "the waypoint that the label names is missing", [ok("50", p28, "PO-145", "POST", POST)], [target("allow-get", "ambient-badwp", [{"to": methods("GET")}])])
    only = simple("only-the-waypoint", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"principals": [WAYPOINT_PRINCIPAL]}}]}]})
    tv("51", "only through the waypoint", [no("51", r, "ztunnel", "PO-076") for r in (p09, p21, p17, p03)] + [ok("51", p16, "PO-076")], [only])
    tv("52", "targetRefs of another namespace than the Service's", [ok("52", p16, "PO-006", "POST", POST)],
       [target("allow-get", "ambient-wp", [{"to": methods("GET")}], ns="c")])
