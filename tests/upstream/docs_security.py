"""istio.io/docs/tasks/security (authentication, authorization) and ops/configuration/security/security-policy-examples: every stage of each task."""
from docs_mesh import *

fresh()
TRIO = ("foo", "bar", "legacy")


def trio(mode="sidecar", httpbin_in=TRIO):
    out = [ROOT]
    for n in TRIO:
        out += [ns(n, None if n == "legacy" else mode)] + curl(n, "sleep") + (httpbin(n) if n in httpbin_in else [])
    return out


BIN = [svc("httpbin", n) for n in TRIO]


def matrix(refused=(), to=TRIO):
    """sleep.X to httpbin.Y: 200, or 000 with exit code 56 for the pairs of `refused`."""
    return [get(f"sleep.{a} to httpbin.{b}", f"{a}/sleep", svc("httpbin", b), 8000, CUT if (a, b) in refused else ok(), path="/ip") for a in TRIO for b in to]


OVER = ", selector: { matchLabels: { app: httpbin } }"
L = "legacy"
for mode in ("sidecar", "ambient"):
    # --- authentication/authn-policy; ambient: the same outcome wherever DISABLE plays no part.
    case(f"authn-policy 0 {mode}", trio(mode), matrix())
    case(f"authn-policy 1 strict mesh {mode}", trio(mode) + peer("STRICT"), matrix({(L, "foo"), (L, "bar")}))
    foo = peer("STRICT", "foo")
    case(f"authn-policy 2 strict namespace {mode}", trio(mode) + foo, matrix({(L, "foo")}))
    case(f"authn-policy 3 strict workload {mode}", trio(mode) + foo + peer("STRICT", "bar", "httpbin", OVER), matrix({(L, "foo"), (L, "bar")}))
    case(f"mtls-migration 0 {mode}", trio(mode, ("foo", "bar")), matrix(to=("foo", "bar")))
    case(f"mtls-migration 1 namespace {mode}", trio(mode, ("foo", "bar")) + foo, matrix({(L, "foo")}, ("foo", "bar")))
    case(f"mtls-migration 2 mesh {mode}", trio(mode, ("foo", "bar")) + foo + peer("STRICT"), matrix({(L, "foo"), (L, "bar")}, ("foo", "bar")))
case("authn-policy 4 port disabled", trio() + foo + peer("STRICT", "bar", "httpbin", OVER + ", portLevelMtls: { 8080: { mode: DISABLE } }"), matrix({(L, "foo")}))
case("authn-policy 5 overwrite", trio() + foo + peer("DISABLE", "foo", "overwrite-example", OVER), matrix())
# The page's earlier form had DestinationRules beside the policies.
def rule(name, where, tls, port=None):
    more = f", portLevelSettings: [{{ port: {{ number: 8000 }}, tls: {{ mode: {port} }} }}]" if port else ""
    return d(f"apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ host: httpbin.{where}.svc.cluster.local, trafficPolicy: {{ tls: {{ mode: {tls} }}{more} }} }}\n")


strict_bar = peer("STRICT", "bar", "httpbin", OVER)
case("authn-policy 3 with DestinationRule", trio() + foo + strict_bar + rule("httpbin", "bar", "ISTIO_MUTUAL"), matrix({(L, "foo"), (L, "bar")}))
case("authn-policy 4 with DestinationRule", trio() + foo + peer("STRICT", "bar", "httpbin", OVER + ", portLevelMtls: { 8080: { mode: DISABLE } }") + rule("httpbin", "bar", "ISTIO_MUTUAL", "DISABLE"), matrix({(L, "foo")}))
case("authn-policy 5 with DestinationRule", trio() + foo + peer("DISABLE", "foo", "overwrite-example", OVER) + rule("overwrite-example", "foo", "DISABLE"), matrix())
case("authn-policy auto mtls", trio(), [
    get("foo to foo", "foo/sleep", BIN[0], 8000, ok(transport="mtls", upstream={"xfcc_uri": "spiffe://cluster.local/ns/foo/sa/sleep", "headers_present": ["x-forwarded-client-cert"]}), path="/headers"),
    get("foo to legacy", "foo/sleep", BIN[2], 8000, ok(transport="plaintext", upstream={"headers_absent": ["x-forwarded-client-cert"]}), path="/headers")])

CLASSIC = d("""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: httpbin-gateway, namespace: foo }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: httpbin, namespace: foo }
spec: { hosts: ["*"], gateways: [httpbin-gateway], http: [{ route: [{ destination: { port: { number: 8000 }, host: httpbin.foo.svc.cluster.local } }] }] }
""")
GWAPI = d("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: httpbin-gateway, namespace: foo }
spec: { gatewayClassName: istio, listeners: [{ name: http, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: Same } } }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: httpbin, namespace: foo }
spec: { parentRefs: [{ name: httpbin-gateway }], rules: [{ matches: [{ path: { type: PathPrefix, value: / } }], backendRefs: [{ name: httpbin, port: 8000 }] }] }
""")
AT = {"classic": (ingressgateway() + CLASSIC, GATE, "istio-system", "selector: { matchLabels: { istio: ingressgateway } }"),
      "gateway api": (GWAPI, "foo/httpbin-gateway", "foo", "targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: httpbin-gateway }]")}
JW = {"jwks": {JWKS: "ok"}}


def reqauth(name, where, scope, more=""):
    return d(f'apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ {scope}, jwtRules: [{{ issuer: "{ISSUER}", jwksUri: "{JWKS}"{more} }}] }}\n')


for title, (gate, address, where, scope) in AT.items():
    base = [ROOT, ns("foo", "sidecar")] + httpbin("foo") + gate

    def out(name, expect, path="/headers", **r):
        return call(name, "httpbin.example.test", 80, expect, outside=True, gateway=address, path=path, **r)

    ra = reqauth("jwt-example", where, scope)
    case(f"authn-policy 6 {title} before", base, [out("none", ok())], **JW)
    tokens = [out("bad token", unauthorized(denied_by={"proxy": "gateway", "policy": f"{where}/jwt-example"}), jwt=NO_TOKEN_AT_ALL), out("valid", ok(), jwt=DEMO),
              out("expired", unauthorized(), jwt={**DEMO, "valid": False, "invalid_reason": "expired"})]
    case(f"authn-policy 7 {title} jwt", base + ra, [out("none", ok())] + tokens, **JW)
    need = "{ " + scope + ", action: DENY, rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }]%s }] }"
    case(f"authn-policy 8 {title} token required", base + ra + authz("frontend-ingress", where, need % ""), [
        out("none", denied("gateway", f"{where}/frontend-ingress"))] + tokens, **JW)
    case(f"authn-policy 9 {title} token required per path", base + ra + authz("frontend-ingress", where, need % ", to: [{ operation: { paths: [/headers] } }]"), [
        out("none", denied("gateway", f"{where}/frontend-ingress")), out("none at ip", ok(), path="/ip")] + tokens, **JW)
    # --- authentication/jwt-route
    if title == "classic":
        routed = ingressgateway() + CLASSIC[:1] + d("""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: httpbin, namespace: foo }
spec:
  hosts: ["*"]
  gateways: [httpbin-gateway]
  http:
  - match: [{ uri: { prefix: /headers }, headers: { "@request.auth.claims.groups": { exact: group1 } } }]
    route: [{ destination: { port: { number: 8000 }, host: httpbin } }]
""")
        case("jwt-route 0", base, [out("none", ok())], **JW)
        case("jwt-route 1", [ROOT, ns("foo", "sidecar")] + httpbin("foo") + routed + reqauth("ingress-jwt", where, scope), [
            out("none", status(404)), out("invalid", unauthorized(), jwt=NO_TOKEN_AT_ALL), out("group", ok(), jwt=GROUPS), out("no group", status(404), jwt=DEMO),
            out("another path", status(404), path="/ip", jwt=GROUPS)], **JW)
    # --- authorization/authz-ingress: the client is 192.168.10.15.
    ME = "192.168.10.15"

    def ip(name, expect, addr=ME, **r):
        f = out(name, expect, **r)
        f["from"]["ip"] = addr
        return f

    case(f"authz-ingress 0 {title}", base, [ip("me", ok())])
    for kind, hops in (("ipBlocks", 0), ("remoteIpBlocks", 0), ("remoteIpBlocks", 1)):
        def who(name, expect, addr=ME):
            return ip(name, expect, "10.0.0.1", headers={"x-forwarded-for": addr}) if hops else ip(name, expect, addr)

        conf = {"num_trusted_proxies": 1} if hops else {}
        rule = "{ " + scope + ", action: %s, rules: [{ from: [{ source: { " + kind + ": [%s] } }] }] }"
        mark = f"{title} {kind} {'XFF' if hops else 'direct'}"
        case(f"authz-ingress 1 {mark} allow list", base + authz("ingress-policy", where, rule % ("ALLOW", "1.2.3.4, 5.6.7.0/24")), [
            who("me", denied("gateway")), who("address", ok(), "1.2.3.4"), who("range", ok(), "5.6.7.200"), who("outside the range", denied("gateway"), "5.6.8.1")], **conf)
        case(f"authz-ingress 2 {mark} allow me", base + authz("ingress-policy", where, rule % ("ALLOW", f"1.2.3.4, 5.6.7.0/24, {ME}")), [who("me", ok())], **conf)
        case(f"authz-ingress 3 {mark} deny me", base + authz("ingress-policy", where, rule % ("DENY", ME)), [
            who("me", denied("gateway", f"{where}/ingress-policy")), who("another", ok(), "192.168.10.16")], **conf)

# --- authentication/claim-to-header
FOO = [ROOT, ns("foo", "sidecar")] + httpbin("foo") + curl("foo", "sleep")
SEL = "selector: { matchLabels: { app: httpbin } }"


def foo_get(name, expect, path="/headers", **r):
    return get(name, "foo/sleep", BIN[0], 8000, expect, path=path, **r)


case("claim-to-header 0", FOO, [foo_get("ip", ok(), "/ip")])
case("claim-to-header 1", FOO + reqauth("jwt-example", "foo", SEL, ', outputClaimToHeaders: [{ header: x-jwt-claim-foo, claim: foo }]'), [
    foo_get("invalid", unauthorized(denied_by={"proxy": "sidecar", "policy": "foo/jwt-example"}), jwt=NO_TOKEN_AT_ALL),
    foo_get("valid", ok(upstream={"headers": {"x-jwt-claim-foo": "bar"}}), jwt=DEMO), foo_get("none", ok(upstream={"headers_absent": ["x-jwt-claim-foo"]}))], **JW)

# --- authorization/authz-jwt
RA = reqauth("jwt-example", "foo", SEL)
NEED = "{ " + SEL + ", action: ALLOW, rules: [{ from: [{ source: { requestPrincipals: ['" + ISSUER + "/" + ISSUER + "'] } }]%s }] }"
case("authz-jwt 0", FOO, [foo_get("ip", ok(), "/ip")])
case("authz-jwt 1 authentication", FOO + RA, [foo_get("invalid", unauthorized(), jwt=NO_TOKEN_AT_ALL), foo_get("none", ok())], **JW)
case("authz-jwt 2 principal", FOO + RA + authz("require-jwt", "foo", NEED % ""), [
    foo_get("valid", ok(), jwt=DEMO), foo_get("none", denied("sidecar")), foo_get("invalid", unauthorized(), jwt=NO_TOKEN_AT_ALL)], **JW)
case("authz-jwt 3 group", FOO + RA + authz("require-jwt", "foo", NEED % ", when: [{ key: 'request.auth.claims[groups]', values: [group1] }]"), [
    foo_get("group", ok(), jwt=GROUPS), foo_get("no group", denied("sidecar"), jwt=DEMO)], **JW)

# --- authorization/authz-deny
GET_DENIED = "{ " + SEL + ", action: DENY, rules: [{ to: [{ operation: { methods: [GET] } }]%s }] }"
case("authz-deny 0", FOO, [foo_get("ip", ok(), "/ip")])
case("authz-deny 1 get", FOO + authz("deny-method-get", "foo", GET_DENIED % ""), [foo_get("get", denied("sidecar", "foo/deny-method-get"), "/get"), foo_get("post", ok(), "/post", method="POST")])
UNLESS = authz("deny-method-get", "foo", GET_DENIED % ", when: [{ key: 'request.headers[x-token]', notValues: [admin] }]")
ADMIN, GUEST = {"headers": {"x-token": "admin"}}, {"headers": {"x-token": "guest"}}
case("authz-deny 2 header", FOO + UNLESS, [foo_get("admin", ok(), "/get", **ADMIN), foo_get("guest", denied("sidecar", "foo/deny-method-get"), "/get", **GUEST), foo_get("neither", denied("sidecar"), "/get")])
case("authz-deny 3 allow and deny", FOO + UNLESS + authz("allow-path-ip", "foo", "{ " + SEL + ", action: ALLOW, rules: [{ to: [{ operation: { paths: [/ip] } }] }] }"), [
    foo_get("guest ip", denied("sidecar", "foo/deny-method-get"), "/ip", **GUEST), foo_get("admin ip", ok(), "/ip", **ADMIN), foo_get("admin get", denied("sidecar"), "/get", **ADMIN)])

# --- authorization/authz-dry-run
for title, note, good in (("dry-run", '{ "istio.io/dry-run": "true" }', True), ("dry-run off", '{ "istio.io/dry-run": "false" }', False), ("enforced", "{}", False)):
    p = authz("deny-path-headers", "foo", "{ " + SEL + ", action: DENY, rules: [{ to: [{ operation: { paths: [/headers] } }] }] }")
    import yaml
    p[0]["metadata"]["annotations"] = yaml.safe_load(note)
    case(f"authz-dry-run {title}", FOO + p, [foo_get("headers", ok() if good else denied("sidecar", "foo/deny-path-headers")), foo_get("ip", ok(), "/ip")])

# --- authorization/authz-custom
AUTHORIZER = [service("ext-authz", [("http", 8000, 8000), ("grpc", 9000, 9000)], where="foo"), account("ext-authz", "foo"), deployment("ext-authz", "ext-authz", "foo", [8000, 9000], account="ext-authz")]
PROVIDERS = mesh_config("""
extensionProviders:
- { name: sample-ext-authz-grpc, envoyExtAuthzGrpc: { service: ext-authz.foo.svc.cluster.local, port: 9000 } }
- { name: sample-ext-authz-http, envoyExtAuthzHttp: { service: ext-authz.foo.svc.cluster.local, port: 8000, includeRequestHeadersInCheck: [x-ext-authz] } }
""")
EXT = {"ext_authz": {f"sample-ext-authz-{k}": {"http_allow_if_header": {"x-ext-authz": "allow"}} for k in ("grpc", "http")}}
X = [{"headers": {"x-ext-authz": v}} for v in ("deny", "allow")]
for kind in ("grpc", "http"):
    custom = authz("ext-authz", "foo", "{ " + SEL + f", action: CUSTOM, provider: {{ name: sample-ext-authz-{kind} }}, rules: [{{ to: [{{ operation: {{ paths: [/headers] }} }}] }}] }}")
    case(f"authz-custom {kind}", FOO + AUTHORIZER + PROVIDERS + custom, [
        foo_get("deny", denied("sidecar", "foo/ext-authz"), **X[0]), foo_get("none", denied("sidecar", "foo/ext-authz")), foo_get("allow", ok(), **X[1]), foo_get("another path", ok(), "/ip"),
        foo_get("another path, deny", ok(), "/ip", **X[0])], **EXT)
case("authz-custom before", FOO + AUTHORIZER + PROVIDERS, [foo_get("deny", ok(), **X[0]), foo_get("ip", ok(), "/ip")], **EXT)
case("authz-custom unknown provider", FOO + AUTHORIZER + PROVIDERS + authz("ext-authz", "foo", "{ " + SEL + ", action: CUSTOM, provider: { name: missing }, rules: [{ to: [{ operation: { paths: [/headers] } }] }] }"), [
    foo_get("x", denied("sidecar"), **X[1])], **EXT)

# --- authorization/authz-tcp
ECHO = [ROOT, ns("foo", "sidecar"), service("tcp-echo", [("tcp", 9000, 9000), ("tcp-other", 9001, 9001)], where="foo"), deployment("tcp-echo", "tcp-echo", "foo", [9000, 9001, 9002], version="v1")] + curl("foo", "sleep")


def tcp(*good):
    def one(port, to):
        return call(f"port {port}", to, port, {"outcome": "allowed"} if port in good else CUT, src="sleep", ns="foo", protocol="tcp")
    return [one(9000, svc("tcp-echo", "foo")), one(9001, svc("tcp-echo", "foo")), one(9002, {"pod": "foo/tcp-echo"})]


def tcp_policy(action, operation):
    return authz("tcp-policy", "foo", "{ selector: { matchLabels: { app: tcp-echo } }, action: " + action + ", rules: [{ to: [{ operation: { " + operation + " } }] }] }")


case("authz-tcp 0", ECHO, tcp(9000, 9001, 9002))
case("authz-tcp 1 allow ports", ECHO + tcp_policy("ALLOW", "ports: ['9000', '9001']"), tcp(9000, 9001))
case("authz-tcp 2 allow with a method", ECHO + tcp_policy("ALLOW", "methods: [GET], ports: ['9000']"), tcp())
case("authz-tcp 3 deny a method", ECHO + tcp_policy("DENY", "methods: [GET]"), tcp())
case("authz-tcp 4 deny a method and a port", ECHO + tcp_policy("DENY", "methods: [GET], ports: ['9000']"), tcp(9001, 9002))

# --- authorization/authz-td-migration
TD = [ROOT, ns("default", "sidecar"), ns("sleep-allow", "sidecar")] + httpbin() + curl(name="sleep") + curl("sleep-allow", "sleep") + authz(
    "service-httpbin.default.svc.cluster.local", "default", "{ " + SEL + ", rules: [{ from: [{ source: { principals: [old-td/ns/sleep-allow/sa/sleep] } }], to: [{ operation: { methods: [GET] } }] }] }")
for title, good, conf in (("0 old", True, {"trust_domain": "old-td"}), ("1 new without aliases", False, {"trust_domain": "new-td"}), ("2 new with aliases", True, {"trust_domain": "new-td", "trust_domain_aliases": ["old-td"]})):
    case(f"authz-td-migration {title}", TD, [get("default", "default/sleep", svc("httpbin"), 8000, denied("sidecar"), path="/ip"),
                                            get("sleep-allow", "sleep-allow/sleep", svc("httpbin"), 8000, ok() if good else denied("sidecar"), path="/ip")], **conf)

# --- authorization/authz-http: what productpage shows of each service. The check routes reviews to v3.
V3 = d("""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec: { hosts: [reviews], http: [{ route: [{ destination: { host: reviews, subset: v3 } }] }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec: { host: reviews, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }, { name: v3, labels: { version: v3 } }] }
""")
SA = "cluster.local/ns/default/sa/bookinfo-"


def viewer(app_name, who=None):
    source = f"from: [{{ source: {{ principals: [{SA}{who}] }} }}], " if who else ""
    return authz(f"{app_name}-viewer", "default", f"{{ selector: {{ matchLabels: {{ app: {app_name} }} }}, action: ALLOW, rules: [{{ {source}to: [{{ operation: {{ methods: [GET] }} }}] }}] }}")


NOTHING = authz("allow-nothing", "default", "{}")
STEPS = [("0 no policy", [], 4), ("1 allow nothing", NOTHING, 0), ("2 productpage", NOTHING + viewer("productpage"), 1),
         ("3 details and reviews", NOTHING + viewer("productpage") + viewer("details", "productpage") + viewer("reviews", "productpage"), 3),
         ("4 ratings", NOTHING + viewer("productpage") + viewer("details", "productpage") + viewer("reviews", "productpage") + viewer("ratings", "reviews"), 4)]
NO = denied("sidecar")
for api in ("classic", "gateway api"):
    gate = classic_bookinfo_gateway() if api == "classic" else bookinfo_gateway()
    address = GATE if api == "classic" else "default/bookinfo-gateway"
    for title, objects, level in STEPS:
        # With Gateway API the gateway is in namespace default, so that allow-nothing applies to it, too.
        own = [] if api == "classic" or level == 0 or not objects else authz("bookinfo-gateway-viewer", "default", "{ selector: { matchLabels: { gateway.networking.k8s.io/gateway-name: bookinfo-gateway } }, action: ALLOW, rules: [{ to: [{ operation: { methods: [GET] } }] }] }")
        at_gate = api == "gateway api" and level == 0
        refused = denied("gateway") if at_gate else NO
        flows = [call("browser", "bookinfo.example.test", 80, ok() if level else refused, outside=True, gateway=address, path="/productpage"),
                 get("productpage to details", "default/productpage-v1", svc("details"), 9080, ok() if level >= 3 else NO),
                 get("productpage to reviews", "default/productpage-v1", svc("reviews"), 9080, ok(routed_to="reviews-v3") if level >= 3 else NO),
                 get("reviews to ratings", "default/reviews-v3", svc("ratings"), 9080, ok() if level >= 4 else NO)]
        if objects and level:
            flows.append(call("post", "bookinfo.example.test", 80, denied("gateway") if api != "classic" else NO, outside=True, gateway=address, path="/productpage", method="POST"))
            flows.append(get("sleep to ratings", "default/sleep", svc("ratings"), 9080, NO))
        case(f"authz-http {title} {api}", [ROOT, ns("default", "sidecar")] + bookinfo() + curl(name="sleep") + gate + V3 + objects + own, flows)
case("authz-http 2 gateway api without its own policy", [ROOT, ns("default", "sidecar")] + bookinfo() + bookinfo_gateway() + NOTHING + viewer("productpage"), [
    call("browser", "bookinfo.example.test", 80, denied("gateway"), outside=True, gateway="default/bookinfo-gateway", path="/productpage")])

# --- ops/configuration/security/security-policy-examples
HOSTS = authz("jwt-per-host", "istio-system", "{ selector: { matchLabels: { istio: ingressgateway } }, action: ALLOW, rules: ["
              "{ from: [{ source: { requestPrincipals: ['*@example.com'] } }], to: [{ operation: { hosts: [example.com, '*.example.com'] } }] }, "
              "{ from: [{ source: { requestPrincipals: ['*@another.org'] } }], to: [{ operation: { hosts: [.another.org, '*.another.org'] } }] }] }")
TWO_ISSUERS = d(f'apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{ name: issuers, namespace: istio-system }}\nspec: {{ selector: {{ matchLabels: {{ istio: ingressgateway }} }}, jwtRules: [{{ issuer: "a@example.com", jwksUri: "{JWKS}" }}, {{ issuer: "b@another.org", jwksUri: "{JWKS}" }}] }}\n')


def token(mail):
    return {"issuer": mail, "subject": mail, "claims": {}, "valid": True}


def at_host(name, host, expect, **r):
    return call(name, host, 80, expect, outside=True, gateway=GATE, host=host, **r)


INGRESS = [ROOT, ns("foo", "sidecar")] + httpbin("foo") + ingressgateway() + CLASSIC
case("policy examples jwt per host", INGRESS + TWO_ISSUERS + HOSTS, [
    at_host("a at example.com", "example.com", ok(), jwt=token("a@example.com")), at_host("a at a subdomain", "www.example.com", ok(), jwt=token("a@example.com")),
    at_host("b at another.org", "www.another.org", ok(), jwt=token("b@another.org")), at_host("b at example.com", "example.com", denied("gateway"), jwt=token("b@another.org")),
    at_host("a at another.org", "www.another.org", denied("gateway"), jwt=token("a@example.com")), at_host("none", "example.com", denied("gateway"))], **JW)
case("policy examples mandatory token", INGRESS + TWO_ISSUERS + authz("require-jwt", "istio-system", "{ selector: { matchLabels: { istio: ingressgateway } }, action: DENY, rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }] }] }"), [
    at_host("none", "example.com", denied("gateway", "istio-system/require-jwt")), at_host("token", "example.com", ok(), jwt=token("a@example.com"))], **JW)
GWSA = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
ISOLATED = trio() + ingressgateway() + CLASSIC


def isolation(own, other, plain, outside):
    return [get("own namespace", "foo/sleep", BIN[0], 8000, own), get("another namespace", "bar/sleep", BIN[0], 8000, other), get("plaintext", "legacy/sleep", BIN[0], 8000, plain), at_host("ingress", "example.com", outside)]


case("policy examples isolation", ISOLATED + authz("foo-isolation", "foo", "{ action: ALLOW, rules: [{ from: [{ source: { namespaces: [foo] } }] }] }"), isolation(ok(), NO, NO, NO))
case("policy examples isolation except ingress", ISOLATED + authz("ns-isolation-except-ingress", "foo", f"{{ action: ALLOW, rules: [{{ from: [{{ source: {{ namespaces: [foo] }} }}, {{ source: {{ principals: [{GWSA}] }} }}] }}] }}"), isolation(ok(), NO, NO, ok()))
case("policy examples require mtls", ISOLATED + authz("require-mtls", "foo", "{ action: DENY, rules: [{ from: [{ source: { notPrincipals: ['*'] } }] }] }"), isolation(ok(), ok(), NO, ok()))
case("policy examples isolation except ingress, deny", ISOLATED + authz("ns-isolation-except-ingress", "foo", f"{{ action: DENY, rules: [{{ from: [{{ source: {{ notNamespaces: [foo], notPrincipals: [{GWSA}] }} }}] }}] }}"), isolation(ok(), NO, NO, ok()))

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_security")
