"""policies.md 5.2 (paths.yaml) and 5.3: one file per column, every path row under that kind of policy."""
from mesh_tables import *

# policies.md 5.3 as printed; rows that occur with several servers share their cells.
CELLS = {
    #        A1      A2            A3      A4      A5      A6      A7      P            R1      R2
    "P01": ("dead", "dead", "dead", "dead", "dead", "dead", "dead", "dead", "dead", "dead"),
    "P02": ("S0", "S0", "S0", "dead", "dead", "S0", "dead", "refused", "S", "dead"),
    "P03": ("Z0", "all-denied", "open", "dead", "dead", "open", "dead", "refused", "open", "dead"),
    "P04": ("Z0", "all-denied", "open", "dead", "dead", "open", "dead", "refused", "open", "dead"),
    "P05": ("dead", "dead", "dead", "dead", "dead", "dead", "dead", "dead", "dead", "dead"),
    "P06": ("S", "S", "S", "dead", "dead", "S", "dead", "satisfied", "S", "dead"),
    "P07": ("S", "S", "S", "dead", "dead", "S", "dead", "satisfied", "S", "dead"),
    "P08": ("Z", "all-denied", "open", "dead", "dead", "open", "dead", "satisfied", "open", "dead"),
    "P09": ("Z", "all-denied", "open", "dead", "dead", "open", "dead", "satisfied", "open", "dead"),
    "P10": ("Z0", "all-denied", "open", "dead", "dead", "open", "dead", "refused", "open", "dead"),
    "P11": ("S", "S", "S", "dead", "dead", "S", "dead", "satisfied", "S", "dead"),
    "P12": ("S0", "S0", "S0", "dead", "dead", "S0", "dead", "refused", "S", "dead"),
    "P13": ("Sw", "Sw", "Sw", "W", "W", "Sw", "W", "satisfied", "S", "W"),
    "P14": ("S0", "S0", "S0", "W", "W", "S0", "W", "refused", "S", "W"),
    "P15": ("Z", "all-denied", "open", "dead", "dead", "open", "dead", "satisfied", "open", "dead"),
    "P16": ("Zw", "all-denied", "open", "W", "W", "open", "W", "satisfied", "open", "W"),
    "P17": ("Z", "all-denied", "open", "dead", "dead", "open", "dead", "satisfied", "open", "dead"),
    "P18": ("Zw", "all-denied", "open", "dead", "W", "open", "dead", "satisfied", "open", "W by Gateway ref"),
    "P19": ("Z", "all-denied", "open", "dead", "dead", "open", "dead", "satisfied", "open", "dead"),
    "P20": ("Zg", "all-denied", "open", "dead", "dead", "open", "dead", "satisfied", "open", "dead"),
    "P21": ("Zg", "all-denied", "open", "dead", "dead", "open", "dead", "satisfied", "open", "dead"),
    "P22": ("Zw", "all-denied", "open", "Wg", "Wg", "open", "Wg", "satisfied", "open", "W"),
    "P23": ("Sg", "Sg", "Sg", "dead", "dead", "Sg", "dead", "satisfied", "S", "dead"),
    "P24": ("Sw", "Sw", "Sw", "Wg", "Wg", "Sw", "Wg", "as P13/P14", "S", "W"),
    "P25": ("dead", "dead", "dead", "W", "W", "dead", "W", "n/a", "dead", "W"),
    "P26": ("dead", "dead", "dead", "dead", "dead", "dead", "dead", "n/a", "dead", "dead"),
    "P27": ("dead", "dead", "dead", "W if WP", "W if WP", "dead", "W if WP", "dead", "dead", "W if WP"),
    "P28": ("Z", "all-denied", "open", "dead", "dead", "open", "dead", "satisfied", "open", "dead"),
    "P29": ("closed",) * 10,
}
COLUMNS = ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "P", "R1", "R2"]


def cell(r, column):
    c = CELLS[r.pid][COLUMNS.index(column)]
    if c == "W if WP":
        c = "W" if r.waypoint else "dead"
    if c == "as P13/P14":
        c = "satisfied" if r.transport == "hbone" else "refused"
    if c == "W by Gateway ref":
        c = "dead"  # R2 below has Service refs only; r2-gateway has Gateway refs
    if c == "Sw" and r.identity == "none":
        c = "S0"  # P24 with a sidecar that is not HBONE-capable
    return c


GET, POST = {"method": "GET"}, {"method": "POST"}
BOUND = [n for n, (_, s, _) in SERVERS.items() if s.get("istio.io/use-waypoint") in ("wp", "wp-all")]
PLAIN_TARGETS = ["ambient", "sidecar", "ambient-wwp", "ambient-badwp"]
REFS = services(*BOUND, *PLAIN_TARGETS) + [{"kind": "ServiceEntry", "group": "networking.istio.io", "name": "external-wp"}]
GATEWAY_REFS = gateways("wp", "wp-workload", "wp-all")


def kind_of(policy):
    return f"{policy['kind']} {policy['metadata']['namespace']}/{policy['metadata']['name']}"


def by_service_status(r):
    """A targetRefs Service policy on a path that misses the waypoint: bypassed where another client population of this
    very destination passes through it, inert where none does (design.md section 6)."""
    if r.external():
        return "bypassed"
    if r.server in BOUND:
        return "bypassed"
    return "inert" if r.server in PLAIN_TARGETS else None


def r_status_before_waypoint(r):
    """What a client reads when its CONNECT to the waypoint is refused: nothing behind a ztunnel, 503 of an Envoy."""
    return 503 if r.path[0] in ("sidecar", "gateway") else None


def by_gateway_status(r):
    if r.external() or r.server in BOUND or r.server == "ambient-wwp":
        return "bypassed"
    return None


def with_status(expect, policy, status):
    if status:
        expect = dict(expect)
        expect["policies"] = {kind_of(policy): status}
    return expect


def column(name, key, description, policies, judge, rules, mesh=None):
    flows = []
    for r in rows():
        for text, request, expect in judge(r):
            title = r.title(text).replace(")", "; " + ", ".join(rules) + ")") if rules else r.title(text)
            flows.append(flow(title, r, expect, request=request))
    write(f"columns/{name}.yaml", scenario_text(f"column-{name}", f"policies.md 5.3, column {key}: {description}", flows,
                                                policies=policies, mesh=mesh, manifests=("../manifests/mesh.yaml",)))


def selector_status(r, code):
    if code == "dead":
        return None if r.external() else "inert"
    return {"all-denied": "denies-all", "open": "open"}.get(code, "enforced")


def generate():
    flows = []
    for r in rows():
        expect = dead(r) if r.pid == "P29" else allowed(r)
        flows.append(flow(r.title(), r, expect, request=GET))
    write("paths.yaml", scenario_text("paths", "policies.md 5.2: path, transport and waypoint of every row P01..P29, no policy anywhere", flows))

    # A1, an ALLOW for the client: only paths that keep the client's identity pass.
    allow = authz("allow-client", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"principals": [CLIENT_PRINCIPAL]}}]}]})

    def a1(r):
        code = cell(r, "A1")
        if code == "closed":
            return [("", GET, dead(r))]
        status = selector_status(r, code)
        if code == "dead" or (r.identity == "client"):
            return [("", GET, with_status(allowed(r), allow, status))]
        http = 403 if code[0] == "S" else r.broken_status()
        return [("", GET, with_status(denied(r, r.last, http), allow, status))]
    column("a1-allow-client", "A1", "ALLOW by selector, the client's principal", [allow], a1, ["PO-070", "PO-075", "PO-153"])

    deny = authz("deny-client", {"selector": SRV, "action": "DENY", "rules": [{"from": [{"source": {"principals": [CLIENT_PRINCIPAL]}}]}]})

    def a1_deny(r):
        code = cell(r, "A1")
        if code == "closed":
            return [("", GET, dead(r))]
        status = selector_status(r, code)
        if code == "dead" or r.identity != "client":
            return [("", GET, with_status(allowed(r), deny, status))]
        http = 403 if code[0] == "S" else r.broken_status()
        return [("", GET, with_status(denied(r, r.last, http, "a/deny-client", 0), deny, status))]
    column("a1-deny-client", "A1", "DENY by selector, the client's principal: evaded where the identity changes", [deny], a1_deny,
           ["PO-070", "PO-075", "PO-154"])

    # The other identities, so that it is known which one arrives: w, g and 0 of the cells.
    for who in ("waypoint", "gateway"):
        names = [f"cluster.local/ns/a/sa/{w}" for w in ("wp", "wp-workload", "wp-all")] if who == "waypoint" else ["cluster.local/ns/istio-ingress/sa/gw-istio"]
        other = authz(f"allow-{who}", {"selector": SRV, "action": "ALLOW", "rules": [{"from": [{"source": {"principals": names}}]}]})

        def a1_other(r, who=who, other=other):
            code = cell(r, "A1")
            if code == "closed":
                return [("", GET, dead(r))]
            status = selector_status(r, code)
            if code == "dead" or code[1:] == who[0]:
                return [("", GET, with_status(allowed(r), other, status))]
            return [("", GET, with_status(denied(r, r.last, 403 if code[0] == "S" else r.broken_status()), other, status))]
        column(f"a1-allow-{who}", "A1", f"ALLOW by selector, the {who}'s principal", [other], a1_other, ["PO-070", "PO-153"])
    nobody = authz("deny-nobody", {"action": "DENY", "rules": [{"from": [{"source": {"notPrincipals": ["*"]}}]}]})

    def a1_nobody(r):
        code = cell(r, "A1")
        if code == "closed":
            return [("", GET, dead(r))]
        status = selector_status(r, code)
        if code == "dead" or not code.endswith("0"):
            return [("", GET, with_status(allowed(r), nobody, status))]
        return [("", GET, with_status(denied(r, r.last, 403 if code[0] == "S" else r.broken_status(), "a/deny-nobody", 0), nobody, status))]
    column("a1-deny-nobody", "A1", "DENY of peers without identity, for the whole namespace", [nobody], a1_nobody, ["PO-046", "PO-070"])

    # A2: ALLOW with a method.
    get = authz("allow-get", {"selector": SRV, "action": "ALLOW", "rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]})

    def a2(r):
        code = cell(r, "A2")
        if code == "closed":
            return [("GET", GET, dead(r))]
        status = selector_status(r, code)
        if code == "dead":
            return [("POST", POST, with_status(allowed(r), get, status))]
        if code == "all-denied":
            bad = with_status(denied(r, "ztunnel", r.broken_status()), get, status)
            return [("GET", GET, bad), ("POST", POST, bad)]
        return [("GET", GET, with_status(allowed(r), get, status)),
                ("POST", POST, with_status(denied(r, "sidecar", 403), get, status))]
    column("a2-allow-method", "A2", "ALLOW by selector with an HTTP method", [get], a2, ["PO-057", "PO-151"])

    # A3: DENY with nothing but a method.
    post = authz("deny-post", {"selector": SRV, "action": "DENY", "rules": [{"to": [{"operation": {"methods": ["POST"]}}]}]})

    def a3(r):
        code = cell(r, "A3")
        if code == "closed":
            return [("POST", POST, dead(r))]
        status = selector_status(r, code)
        if code in ("dead", "open"):
            return [("POST", POST, with_status(allowed(r), post, status))]
        return [("GET", GET, with_status(allowed(r), post, status)),
                ("POST", POST, with_status(denied(r, "sidecar", 403, "a/deny-post", 0), post, status))]
    column("a3-deny-method", "A3", "DENY by selector with nothing but an HTTP method", [post], a3, ["PO-058", "PO-152"])

    # PO-058 kills a DENY with a principal and a method, too.
    both = authz("deny-client-post", {"selector": SRV, "action": "DENY", "rules": [
        {"from": [{"source": {"namespaces": ["*"]}}], "to": [{"operation": {"methods": ["POST"]}}]}]})

    def a3_both(r):
        code = cell(r, "A3")
        if code == "closed":
            return [("POST", POST, dead(r))]
        status = selector_status(r, code)
        if code in ("dead", "open") or code == "S0":  # S0: without identity no namespace
            return [("POST", POST, with_status(allowed(r), both, status))]
        return [("POST", POST, with_status(denied(r, "sidecar", 403, "a/deny-client-post", 0), both, status))]
    column("a3-deny-namespace-and-method", "A3", "DENY by selector with a namespace and an HTTP method", [both], a3_both, ["PO-058", "PO-046"])

    # A4, A5: the same at the waypoint.
    def at_waypoint(policy, key, dead_status, code_of):
        def judge(r):
            code = code_of(r)
            if code == "closed":
                return [("POST", POST, dead(r))]
            if code == "dead":
                return [("POST", POST, with_status(allowed(r), policy, dead_status(r)))]
            return [("GET", GET, with_status(allowed(r), policy, "enforced")),
                    ("POST", POST, with_status(denied(r, "waypoint", 403), policy, "enforced"))]
        return judge
    target = authz("allow-get-service", {"targetRefs": REFS, "action": "ALLOW", "rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]})
    column("a4-service-target", "A4", "ALLOW GET, targetRefs Service and ServiceEntry", [target],
           at_waypoint(target, "A4", by_service_status, lambda r: cell(r, "A4")), ["PO-006", "PO-150"])
    target5 = authz("allow-get-gateway", {"targetRefs": GATEWAY_REFS, "action": "ALLOW", "rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]})
    column("a5-gateway-target", "A5", "ALLOW GET, targetRefs Gateway (the waypoints)", [target5],
           at_waypoint(target5, "A5", by_gateway_status, lambda r: cell(r, "A5")), ["PO-009", "PO-011", "PO-150"])

    of_class = authz("allow-get-class", {"targetRefs": [{"kind": "GatewayClass", "group": "gateway.networking.k8s.io", "name": "istio-waypoint"}],
                                         "action": "ALLOW", "rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]}, "istio-system")
    column("a5-gateway-class-target", "A5", "ALLOW GET, targetRefs GatewayClass istio-waypoint", [of_class],
           at_waypoint(of_class, "A5", by_gateway_status, lambda r: cell(r, "A5")), ["PO-008", "PO-077", "PO-150"])

    # PO-157: the gateway's own policies, whatever is behind it.
    own = authz("deny-post-gateway", {"targetRefs": gateways("gw"), "action": "DENY", "rules": [{"to": [{"operation": {"methods": ["POST"]}}]}]}, "istio-ingress")

    def at_gateway(r):
        if r.client != "gateway":
            return []
        return [("GET", GET, with_status(allowed(r), own, "enforced")),
                ("POST", POST, with_status(denied(r, "gateway", 403, "istio-ingress/deny-post-gateway", 0), own, "enforced"))]
    column("gateway-own-policy", "G", "DENY POST, targetRefs Gateway (the ingress gateway)", [own], at_gateway, ["PO-009", "PO-157"])

    # PO-158: with the layered switch a selectorless policy of the waypoint's namespace acts at its entrance, too, and sees
    # the client there.
    layered = authz("deny-client-everywhere", {"action": "DENY", "rules": [{"from": [{"source": {"principals": [CLIENT_PRINCIPAL]}}]}]})

    def at_entrance(r):
        code = cell(r, "A1")
        if code == "closed":
            return [("", GET, dead(r))]
        if r.waypoint and r.client == "cli-amb":
            return [("", GET, denied(r, "waypoint", r_status_before_waypoint(r), "a/deny-client-everywhere", 0))]
        if code == "dead" or r.identity != "client":
            return [("", GET, allowed(r))]
        return [("", GET, denied(r, r.last, 403 if code[0] == "S" else r.broken_status(), "a/deny-client-everywhere", 0))]
    column("a1-deny-client-layered", "A1", "DENY for the namespace, the client's principal, layered policies on", [layered], at_entrance,
           ["PO-012", "PO-158"], {"features": {"ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES": "true"}})

    # A6, A7: CUSTOM, a provider that refuses.
    mesh = {"config": {"extensionProviders": [{"name": "refuser", "envoyExtAuthzHttp": {"service": "authz.example.test", "port": 8000}}]},
            "extAuthz": {"refuser": {"answer": "deny"}}}
    ask = {"action": "CUSTOM", "provider": {"name": "refuser"}, "rules": [{"to": [{"operation": {"paths": ["/"]}}]}]}
    custom = authz("ask", {"selector": SRV, **ask})

    def a6(r):
        code = cell(r, "A6")
        if code == "closed":
            return [("", GET, dead(r))]
        status = selector_status(r, code)
        if code in ("dead", "open"):
            return [("", GET, with_status(allowed(r), custom, status))]
        return [("", GET, with_status(denied(r, "sidecar", 403, "a/ask"), custom, status))]
    column("a6-custom-selector", "A6", "CUSTOM by selector, the provider refuses", [custom], a6, ["PO-018", "PO-161", "PO-165"], mesh)
    custom7 = authz("ask-service", {"targetRefs": REFS, **ask})

    def a7(r):
        code = cell(r, "A7")
        if code == "closed":
            return [("", GET, dead(r))]
        if code == "dead":
            return [("", GET, with_status(allowed(r), custom7, by_service_status(r)))]
        return [("", GET, with_status(denied(r, "waypoint", 403, "a/ask-service"), custom7, "enforced"))]
    column("a7-custom-service-target", "A7", "CUSTOM, targetRefs Service, the provider refuses", [custom7], a7, ["PO-161", "PO-165"], mesh)

    # P: STRICT.
    strict = security("PeerAuthentication", "strict", {"mtls": {"mode": "STRICT"}})

    def peer(r):
        code = cell(r, "P")
        if code == "closed":
            return [("", GET, dead(r))]
        if code == "n/a":
            return [("", GET, allowed(r))]
        if code in ("dead", "satisfied"):
            return [("", GET, with_status(allowed(r), strict, "inert" if code == "dead" else "enforced"))]
        refused = denied(r, r.last, r.broken_status(),
                         ztunnel_policy="istio-system/istio_converted_static_strict" if r.last == "ztunnel" else None)
        return [("", GET, with_status(refused, strict, "enforced"))]
    column("p-strict", "P", "PeerAuthentication STRICT for the namespace", [strict], peer, ["PO-156", "DP-080"])

    # PO-080, PO-083, PO-089: the same for the whole mesh; gateways and waypoints do not ask it.
    strict_mesh = security("PeerAuthentication", "strict", {"mtls": {"mode": "STRICT"}}, "istio-system")

    def peer_mesh(r):
        out = []
        for text, request, expect in peer(r):
            expect = dict(expect)
            if "policies" in expect:
                expect["policies"] = {kind_of(strict_mesh): status for status in expect["policies"].values()}
            out.append((text, request, expect))
        return out
    column("p-strict-mesh", "P", "PeerAuthentication STRICT for the mesh", [strict_mesh], peer_mesh, ["PO-080", "PO-083", "PO-089", "PO-156"])

    # DISABLE refuses nobody: clients of sidecars follow it (auto-mTLS), HBONE has its own port (PO-085) and ztunnel cannot
    # refuse mutual TLS (PO-090).
    disable = security("PeerAuthentication", "disable", {"mtls": {"mode": "DISABLE"}})

    def open_to_all(r):
        if cell(r, "P") == "closed":
            return [("", GET, dead(r))]
        return [("", GET, allowed(r, transport="plaintext" if r.transport == "mtls" else r.transport))]
    column("p-disable", "P", "PeerAuthentication DISABLE for the namespace", [disable], open_to_all, ["PO-084", "PO-085", "PO-086", "PO-090"])

    # R1, R2: a token that is not valid.
    bad = {"method": "GET", "jwt": {"issuer": "https://issuer.example.test", "subject": "somebody", "valid": False, "invalidReason": "expired"}}
    token_rules = {"jwtRules": [{"issuer": "https://issuer.example.test", "jwksUri": "https://issuer.example.test/keys"}]}
    r1 = security("RequestAuthentication", "tokens", {"selector": SRV, **token_rules})

    def judge_r1(r):
        code = cell(r, "R1")
        if code == "closed":
            return [("", bad, dead(r))]
        status = selector_status(r, code)
        if code in ("dead", "open"):
            return [("", bad, with_status(allowed(r), r1, status))]
        return [("", bad, with_status(denied(r, "sidecar", 401, "a/tokens"), r1, status))]
    column("r1-selector", "R1", "RequestAuthentication by selector, an expired token", [r1], judge_r1, ["PO-101", "PO-104", "PO-152"])

    def judge_r2(policy, status_of, code_of):
        def judge(r):
            code = code_of(r)
            if code == "closed":
                return [("", bad, dead(r))]
            if code == "dead":
                return [("", bad, with_status(allowed(r), policy, status_of(r)))]
            return [("", bad, with_status(denied(r, "waypoint", 401, f"a/{policy['metadata']['name']}"), policy, "enforced"))]
        return judge
    r2 = security("RequestAuthentication", "tokens-service", {"targetRefs": REFS, **token_rules})
    column("r2-service-target", "R2", "RequestAuthentication, targetRefs Service, an expired token", [r2],
           judge_r2(r2, by_service_status, lambda r: cell(r, "R2")), ["PO-100", "PO-104", "PO-150"])
    r2g = security("RequestAuthentication", "tokens-gateway", {"targetRefs": GATEWAY_REFS, **token_rules})
    column("r2-gateway-target", "R2", "RequestAuthentication, targetRefs Gateway, an expired token", [r2g],
           judge_r2(r2g, by_gateway_status, lambda r: "W" if r.pid == "P18" else cell(r, "R2")), ["PO-100", "PO-011", "PO-104"])
