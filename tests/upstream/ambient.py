"""istio/istio tests/integration/ambient/baseline_test.go (86c9f01): five kinds of workloads call each other in every way the test does."""
from echo_mesh import *

NS = "echo"
MODE = {"captured": "ambient", "uncaptured": "none", "sidecar": "sidecar", "service-addressed-waypoint": "ambient", "workload-addressed-waypoint": "ambient"}
WAYPOINT = {"service-addressed-waypoint": "waypoint-service", "workload-addressed-waypoint": "waypoint-workload"}
ALL = list(MODE)
SWP, WWP = "service-addressed-waypoint", "workload-addressed-waypoint"


def proxied(name):
    return MODE[name] != "none"


def mesh(waypoint_of=None):
    out = [ROOT, namespace(NS), waypoint(name="waypoint-service"), waypoint(name="waypoint-workload", traffic="workload")]
    for name, mode in MODE.items():
        for version in ("v1", "v2"):
            wwp = {"istio.io/use-waypoint": "waypoint-workload"} if name == WWP else {}
            svc_wp = (waypoint_of or {}).get(name, "waypoint-service" if name == SWP else None)
            out += echo(name, mode=mode, version=version, service=version == "v1", waypoint=svc_wp, labels=wwp)
    return out


def host(name):
    return f"{name}.{NS}.svc.cluster.local"


PROTOCOL = {"tcp": "tcp", "auto-tcp": "tcp", "tcp-server": "tcp", "grpc": "grpc", "auto-grpc": "grpc", "https": "https", "auto-https": "https"}


def expect_ok(http, layer7):
    return {"outcome": "allowed", **({"http_status": 200} if http else {}), **({"l7_processed": layer7} if layer7 is not None else {})}


def deny():
    return {"outcome": "denied"}


# TestServices
flows = []
for src in ALL:
    for dst in ALL:
        for port in ("http", "grpc", "http2", "tcp", "https", "auto-tcp", "auto-http", "auto-grpc", "auto-https"):
            proto = PROTOCOL.get(port, "http")
            http = proto in ("http", "grpc")
            sidecar = MODE[src] == "sidecar" or MODE[dst] == "sidecar"
            layer7 = http and (sidecar or dst in WAYPOINT)
            if MODE[src] == "none" and dst in WAYPOINT:
                layer7 = False
            if dst == WWP:
                layer7 = False
            if MODE[src] == "sidecar" and dst == WWP:
                continue
            flows.append(call(f"{src} {dst} {port}", host(dst), PORTS[port][0], expect_ok(http, layer7), src=f"{src}-v1", protocol=proto))
case("services", mesh(), flows)

# TestPodIP
flows = []
for src in ALL:
    if MODE[src] == "sidecar":
        continue
    for dst in ALL:
        for version in ("v1", "v2"):
            for port in ("http", "tcp"):
                http = port == "http"
                layer7 = http and (MODE[dst] == "sidecar" or dst in WAYPOINT)
                if MODE[src] == "none" and dst in WAYPOINT or dst == SWP or (src == dst and version == "v1"):
                    layer7 = False
                flows.append(call(f"{src} {dst}-{version} {port}", {"pod": f"{NS}/{dst}-{version}"}, PORTS[port][1],
                                  {**expect_ok(http, layer7), "routed_to": f"{dst}-{version}"}, src=f"{src}-v1", protocol=PROTOCOL.get(port, "http")))
case("pod ip", mesh(), flows)

# TestBogusUseWaypoint, TestRemoveAddWaypoint
for title, wp, layer7 in (("none", None, False), ("bogus", "bogus-waypoint", False), ("added", "waypoint-service", True)):
    case(f"use-waypoint {title}", mesh({"captured": wp}), [
        call(src, host("captured"), 80, expect_ok(True, MODE[src] == "sidecar" or layer7), src=f"{src}-v1") for src in ALL if proxied(src)])

# TestServerRouting, TestTrafficSplit: clients that know waypoints.
CLIENTS = [s for s in ALL if MODE[s] == "ambient"]
ROUTE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: route }
spec:
  hosts: [service-addressed-waypoint]
  http:
%s
"""
SUBSETS = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: dr }
spec:
  host: service-addressed-waypoint
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
"""
case("server routing header", mesh() + documents(ROUTE % "  - headers: { request: { add: { istio-custom-header: user-defined-value } } }\n    route: [{ destination: { host: service-addressed-waypoint } }]"),
     [call(s, host(SWP), 80, ok(upstream={"headers": {"istio-custom-header": "user-defined-value"}}), src=f"{s}-v1") for s in CLIENTS])
case("server routing subset", mesh() + documents(ROUTE % "  - route: [{ destination: { host: service-addressed-waypoint, subset: v1 } }]") + documents(SUBSETS),
     [call(s, host(SWP), 80, ok(routed_to=f"{SWP}-v1"), src=f"{s}-v1") for s in CLIENTS])
case("traffic split", mesh() + documents(ROUTE % """
  - match: [{ headers: { user: { exact: istio-custom-user } } }]
    route: [{ destination: { host: service-addressed-waypoint, subset: v2 } }]
  - route: [{ destination: { host: service-addressed-waypoint, subset: v1 } }]
""") + documents(SUBSETS),
     [call(f"{s} {v}", host(SWP), 80, ok(routed_to=f"{SWP}-{v}"), src=f"{s}-v1", headers=h) for s in CLIENTS for v, h in (("v1", {}), ("v2", {"user": "istio-custom-user"}))])

# TestPeerAuthentication
PA = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: %s, namespace: %s }
spec:
%s
"""
PORT = "  portLevelMtls: { 18080: { mode: %s }, 19090: { mode: %s } }\n"
STRICT, PERMISSIVE = "  mtls: { mode: STRICT }\n", "  mtls: { mode: PERMISSIVE }\n"
for dst in ALL:
    select = f"  selector: {{ matchLabels: {{ app: {dst} }} }}\n"
    for title, config, strict in (
            ("permissive", PA % ("global", NS, PERMISSIVE), False), ("strict", PA % ("global", NS, STRICT), True),
            ("strict permissive ports", PA % ("w", NS, select + STRICT + PORT % ("PERMISSIVE", "PERMISSIVE")), False),
            ("global strict permissive ports", PA % ("g", "istio-system", STRICT) + "---" + PA % ("w", NS, select + PORT % ("PERMISSIVE", "PERMISSIVE")), False),
            ("global permissive strict ports", PA % ("g", "istio-system", PERMISSIVE) + "---" + PA % ("w", NS, select + PORT % ("STRICT", "STRICT")), True)):
        case(f"peer authentication {title} {dst}", mesh() + documents(config), [
            call(f"{src} {port}", host(dst), PORTS[port][0], deny() if strict and not proxied(src) and proxied(dst) else {"outcome": "allowed"},
                 src=f"{src}-v1", protocol=PROTOCOL.get(port, "http")) for src in ALL for port in ("http", "tcp")])

# TestAuthorizationL4
L4 = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: policy-waypoint }
spec:
  targetRefs: [{ kind: Service, group: core, name: %(dst)s }]
%(rules)s
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: policy }
spec:
  selector: { matchLabels: { app: %(dst)s } }
%(rules)s
"""
for dst in ALL:
    for src in ALL:
        for title, rules, good in (
                ("allow", f'  rules: [{{ from: [{{ source: {{ principals: ["cluster.local/ns/{NS}/sa/{src}", "cluster.local/ns/{NS}/sa/{WAYPOINT.get(dst, "none") if dst == SWP else ""}"] }} }}] }}]', True),
                ("not", '  rules: [{ from: [{ source: { principals: ["cluster.local/ns/something/sa/else"] } }] }]', False)):
            e = {"outcome": "allowed"} if good else deny()
            if not proxied(dst):
                e = {"outcome": "allowed"}
            elif not proxied(src):
                e = deny()
            case(f"authorization L4 {title} {src} {dst}", mesh() + documents((L4 % {"dst": dst, "rules": rules}).replace(', "cluster.local/ns/echo/sa/"', "")),
                 [call("tcp", host(dst), 9090, e, src=f"{src}-v1", protocol="tcp")])

# TestAuthorizationServiceAttached: the other Service sits behind the same waypoint.
for title, rules, rows in (
        ("principal", '  rules: [{ from: [{ source: { principals: ["cluster.local/ns/something/sa/else"] } }] }]', ((SWP, {}, {"outcome": "denied", "http_status": 403}), (WWP, {}, ok()))),
        ("header", '  rules: [{ when: [{ key: "request.headers[x-foo]", values: [x-bar] }] }]',
         ((SWP, {"x-foo": "x-bar"}, ok()), (SWP, {"x-foo": "wrong-value"}, {"outcome": "denied", "http_status": 403})))):
    case(f"authorization service attached {title}", mesh({SWP: "waypoint-service", WWP: "waypoint-service"}) + documents(f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{ name: p }}
spec:
  targetRefs: [{{ kind: Service, group: "", name: {SWP} }}]
{rules}
"""), [call(f"{d} {h}", host(d), 80, e, src="captured-v1", headers=h) for d, h, e in rows])

# TestAuthorizationGateway
for dst in ALL:
    case(f"authorization gateway {dst}", mesh() + classic_gateway() + documents(f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{ name: policy }}
spec:
  selector: {{ matchLabels: {{ app: {dst} }} }}
  rules:
  - from: [{{ source: {{ principals: ["cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"] }} }}]
    to: [{{ operation: {{ ports: ["18080"] }} }}]
  - from: [{{ source: {{ principals: ["cluster.local/ns/{NS}/sa/someone-else"] }} }}]
    to: [{{ operation: {{ ports: ["18085"] }} }}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: gateway }}
spec:
  selector: {{ istio: ingressgateway }}
  servers: [{{ port: {{ number: 80, name: http, protocol: HTTP }}, hosts: ["*"] }}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: route }}
spec:
  gateways: [gateway]
  hosts: ["*"]
  http:
  - match: [{{ uri: {{ exact: /allowed }} }}]
    route: [{{ destination: {{ host: {dst}, port: {{ number: 80 }} }} }}]
  - match: [{{ uri: {{ exact: /deny }} }}]
    route: [{{ destination: {{ host: {dst}, port: {{ number: 85 }} }} }}]
"""), [call(p, "www.example.com", 80, ok() if p == "/allowed" or not proxied(dst) else {"http_status": 503 if MODE[dst] == "ambient" else 403},
            outside=True, gateway="istio-system/istio-ingressgateway", path=p) for p in ("/allowed", "/deny")])

# TestAuthorizationWaypointDefaultDeny
NOTHING = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: allow-nothing, namespace: istio-system }\nspec: {}\n"
for dst in (SWP, WWP):
    FROM = f'---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{ name: allow-from-waypoint }}\nspec: {{ action: ALLOW, rules: [{{ from: [{{ source: {{ principals: ["cluster.local/ns/{NS}/sa/{WAYPOINT[dst]}"] }} }}] }}] }}\n'
    CLASS = '---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: allow-nothing-waypoint, namespace: istio-system }\nspec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint }] }\n'
    for title, config, good in (("allow nothing", NOTHING, False), ("allow from waypoint", NOTHING + FROM, True), ("nothing at the waypoint", NOTHING + FROM + CLASS, False)):
        case(f"default deny {title} {dst}", mesh() + documents(config), [
            call(f"{src} {port}", host(dst) if dst == SWP else {"pod": f"{NS}/{dst}-v1"}, PORTS[port][0 if dst == SWP else 1],
                 {"outcome": "allowed"} if good else deny() if port == "tcp" else {"outcome": "denied"}, src=f"{src}-v1", protocol=PROTOCOL.get(port, "http"))
            for src in CLIENTS if src != dst for port in ("http", "tcp")])

# TestAuthorizationL7
L7 = """
  rules:
  - to: [{ operation: { paths: ["/allowed"], methods: ["GET"] } }]
  - from: [{ source: { principals: ["cluster.local/ns/echo/sa/%s"] } }]
    to: [{ operation: { paths: ["/allowed-identity"], methods: ["GET"] } }]
  - from: [{ source: { principals: ["cluster.local/ns/echo/sa/someone-else"] } }]
    to: [{ operation: { paths: ["/denied-identity"], methods: ["GET"] } }]
  - to: [{ operation: { methods: ["GET"], paths: ["/allowed-wildcard*"] } }]
  - to: [{ operation: { methods: ["GET"], paths: ["/headers"] } }]
    when: [{ key: "request.headers[x-test-header]", values: ["match"], notValues: ["do-not-match"] }]
  - to: [{ operation: { methods: ["POST"] } }]
"""
DENY = "\n  action: DENY\n  rules: [{ to: [{ operation: { paths: [/explicit-deny] } }] }]\n"
AP = "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: %s }\nspec:\n  %s%s"
for dst in ALL:
    for src in ALL:
        if src == dst or (MODE[src] == "sidecar" and dst in WAYPOINT):
            continue
        wp = WAYPOINT.get(dst, "none")
        rules = L7 % src
        own = f'\n  rules: [{{ from: [{{ source: {{ principals: ["cluster.local/ns/echo/sa/{wp}"] }} }}] }}]\n' if dst in WAYPOINT else rules
        sel, ref = f"selector: {{ matchLabels: {{ app: {dst} }} }}", f"targetRefs: [{{ kind: Gateway, group: gateway.networking.k8s.io, name: {wp} }}]"
        config = AP % ("policy", sel, own) + AP % ("policy-waypoint", ref, rules) + AP % ("deny", sel, DENY) + AP % ("deny-waypoint", ref, DENY)

        def verdict(good):
            if not proxied(src) and MODE[dst] != "sidecar":
                good = False
                if MODE[dst] == "none":
                    good = True
            elif MODE[dst] == "none":
                good = True
            elif dst not in WAYPOINT and MODE[dst] != "sidecar":
                good = False
            return {"outcome": "allowed"} if good else deny()
        if not proxied(src) and MODE[dst] == "none":
            continue  # the test's own table contradicts itself here: it expects a denial between two uncaptured workloads
        rows = [("/deny", "GET", {}, False), ("/allowed", "GET", {}, True), ("/denied-identity", "GET", {}, False),
                ("/allowed-identity", "GET", {}, proxied(src) or False), ("/explicit-deny", "POST", {}, False), ("/allowed-wildcardtest", "GET", {}, True),
                ("/headers", "GET", {"x-test-header": "match"}, True), ("/headers", "GET", {"x-test-header": "do-not-match"}, False)]
        case(f"authorization L7 {src} {dst}", mesh() + documents(config), [
            call(f"{p} {h}", {"pod": f"{NS}/{dst}-v1"} if dst == WWP else host(dst), 18080 if dst == WWP else 80, verdict(good), src=f"{src}-v1", path=p, method=m, headers=h)
            for p, m, h, good in rows])

# TestDestinationRule: at the waypoint for ambient clients, at the client for sidecars (towards `captured`).
for title, policy, port, expect in (
        ("TLS", "tls: { mode: SIMPLE, insecureSkipVerify: true }", "https", ok()), ("H2", "connectionPool: { http: { h2UpgradePolicy: UPGRADE } }", "http", ok(upstream={"http_version": "HTTP/2"})),
        ("port level TLS", "portLevelSettings: [{ port: { number: 443 }, tls: { mode: SIMPLE, insecureSkipVerify: true } }]", "https", ok()),
        ("ISTIO_MUTUAL", "tls: { mode: ISTIO_MUTUAL }", "http", ok())):
    for src in ALL:
        if proxied(src):
            dst = "captured" if MODE[src] == "sidecar" else SWP
            case(f"destination rule {title} {src}", mesh() + documents(f"apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{ name: d }}\nspec: {{ host: {dst}, trafficPolicy: {{ {policy} }} }}\n"),
                 [call("x", host(dst), PORTS[port][0], expect, src=f"{src}-v1")])

# TestOutboundPolicyAllowAny, TestServiceEntry*
case("outbound allow any", mesh(), [call(s, "mock.external.test", 80, ok(), src=f"{s}-v1", path="/headers") for s in CLIENTS])
for location in ("MESH_INTERNAL", "MESH_EXTERNAL"):
    case(f"service entry uncaptured pods {location}", mesh() + documents(f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{ name: test-se }}
spec:
  hosts: [test.example.com]
  addresses: [240.240.240.251]
  ports: [{{ number: 80, name: http, protocol: HTTP, targetPort: 18080 }}]
  resolution: STATIC
  location: {location}
  workloadSelector: {{ labels: {{ app: uncaptured }} }}
"""), [call(s, "test.example.com", 80, ok(routed_to="uncaptured"), src=f"{s}-v1") for s in CLIENTS])
case("service entry auto assigned", mesh() + documents("""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: test-service-entry }
spec:
  hosts: [serviceentry.istio.io]
  ports: [{ name: http, number: 80, protocol: HTTP, targetPort: 18080 }]
  location: MESH_EXTERNAL
  resolution: STATIC
  workloadSelector: { labels: { app: uncaptured } }
"""), [call(s, "serviceentry.istio.io", 80, ok(routed_to="uncaptured"), src=f"{s}-v1", path="/any/path") for s in CLIENTS])

# TestIngress
GW = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gateway }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: route }
spec:
  gateways: [gateway]
  hosts: ["*"]
  http: [{ route: [{ destination: { host: %s, port: { number: 80 } } }] }]
"""
for dst in ALL:
    case(f"ingress {dst}", mesh() + classic_gateway() + documents(GW % dst), [call("x", "www.example.com", 80, ok(routed_to=dst), outside=True, gateway="istio-system/istio-ingressgateway")])

# TestWaypointWithInvalidBackend, TestWaypointWithSidecarBackend
ADD = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: add-header }
spec:
  parentRefs: [{ name: sidecar, kind: Service, group: "", port: 80 }]
  rules:
  - filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { add: [{ name: greeting, value: "hello world!" }] } }]
    backendRefs: [{ name: %s, port: 80 }]
"""
case("invalid backend", mesh({"sidecar": "waypoint-service", SWP: "waypoint-service"}) + documents(ADD % "invalid"), [call("x", host("sidecar"), 80, {"http_status": 500}, src="captured-v1")])
case("sidecar backend", mesh({"sidecar": "waypoint-service", SWP: "waypoint-service"}) + documents(ADD % "sidecar") + documents("""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: sidecar-must-go-through-waypoint }
spec: { selector: { matchLabels: { app: sidecar } }, action: ALLOW, rules: [{ from: [{ source: { principals: ["cluster.local/ns/echo/sa/waypoint-service"] } }] }] }
"""), [call("x", host("sidecar"), 80, ok(upstream={"headers": {"greeting": "hello world!"}}), src="captured-v1")])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "ambient")
