"""istio.io/docs/reference/config/security: the examples of AuthorizationPolicy, RequestAuthentication and PeerAuthentication and the sentences around
them (comments of istio/api security/v1beta1/*.proto at b8f8791), its page on conditions, and the examples of istio.io/docs/concepts/security.
With sidecars, and behind a waypoint where a policy may name the Service."""
from docs_mesh import *

fresh()
GOOGLE, FOO, BAR = "https://accounts.google.com", "issuer-foo", "issuer-bar"
KEYS = "https://example.com/.well-known/jwks.json"
JW = {"jwks": {KEYS: "ok"}}
HB = svc("httpbin", "foo")


def token(issuer, valid=True, where=None, subject="sub-1", **claims):
    return {"issuer": issuer, "subject": subject, "claims": {"iss": issuer, "sub": subject, **claims}, "valid": valid, **({} if valid else {"invalid_reason": "signature"}),
            **({"in": where} if where else {})}


def world(mode, version=None):
    """httpbin in foo; callers sleep in default, curl in test, dev and foo; outside is in no mesh."""
    inside = "ambient" if mode == "waypoint" else mode
    out = [ROOT, ns("default", inside), ns("test", inside), ns("dev", inside), ns("outside"), ns("bar", inside)]
    out += [ns("foo", inside, **({"istio.io/use-waypoint": "waypoint"} if mode == "waypoint" else {}))] + ([waypoint("foo")] if mode == "waypoint" else [])
    for where, name in (("default", "sleep"), ("default", "curl"), ("test", "curl"), ("dev", "curl"), ("foo", "curl"), ("outside", "curl")):
        out += curl(where, name)
    for where in ("foo", "bar"):
        out += app("httpbin", where, [("http", 8000, 8080), ("tcp-data", 9000, 9000)], version="v1") + app("other", where, [("http", 8000, 8080)], version="v2")
    return out


SCOPE = {"sidecar": "selector: { matchLabels: { app: httpbin } }", "waypoint": "targetRefs: [{ group: '', kind: Service, name: httpbin }]"}
PROXY = {"sidecar": "sidecar", "waypoint": "waypoint", "ambient": "ztunnel"}


def at(mode):
    return SCOPE[mode] + ", "


def hb(name, src, expect, **r):
    return get(name, src, HB, 8000, expect, **r)


def policy(spec, where="foo", name="httpbin", more=""):
    return d(f"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{ name: {name}, namespace: {where}{more} }}\nspec: {{ {spec} }}\n")


def requests(spec, where="foo", name="httpbin"):
    return d(f"apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ {spec} }}\n")


def deny(mode, policy=None):
    return denied(PROXY[mode], policy)


# --- AuthorizationPolicy
ALLOW_EXAMPLE = ("action: ALLOW, rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/sleep] } }, { source: { namespaces: [test] } }], "
                 "to: [{ operation: { methods: [GET], paths: [/info*] } }, { operation: { methods: [POST], paths: [/data] } }], "
                 f"when: [{{ key: 'request.auth.claims[iss]', values: ['{GOOGLE}'] }}] }}]")
for mode in ("sidecar", "waypoint"):
    no, G = deny(mode), {"jwt": token(GOOGLE)}
    issuer = requests(f"{at(mode)}jwtRules: [{{ issuer: '{GOOGLE}', jwksUri: '{KEYS}' }}, {{ issuer: {BAR}, jwksUri: '{KEYS}' }}]")
    case(f"allow example {mode}", world(mode) + issuer + policy(at(mode) + ALLOW_EXAMPLE), [
        hb("sleep info", "default/sleep", ok(), path="/info", **G), hb("sleep infos", "default/sleep", ok(), path="/information/1", **G),
        hb("test info", "test/curl", ok(), path="/info", **G), hb("test data", "test/curl", ok(), path="/data", method="POST", **G),
        hb("data is exact", "test/curl", no, path="/data/1", method="POST", **G), hb("get data", "default/sleep", no, path="/data", **G),
        hb("post info", "default/sleep", no, path="/info", method="POST", **G), hb("no token", "default/sleep", no, path="/info"),
        hb("another issuer", "default/sleep", no, path="/info", jwt=token(BAR)), hb("bad token", "default/sleep", unauthorized(), path="/info", jwt=token(GOOGLE, False)),
        hb("another account", "default/curl", no, path="/info", **G), hb("another namespace", "dev/curl", no, path="/info", **G),
        hb("no identity", "outside/curl", no, path="/info", **G) if mode == "sidecar" else hb("no identity", "outside/curl", ok(waypoint_traversed=False), path="/info", **G),
        get("another workload", "dev/curl", svc("other", "foo"), 8000, ok())], **JW)
    case(f"deny example {mode}", world(mode) + policy(at(mode) + "action: DENY, rules: [{ from: [{ source: { namespaces: [dev] } }], to: [{ operation: { methods: [POST] } }] }]"), [
        hb("dev post", "dev/curl", deny(mode, "foo/httpbin"), method="POST"), hb("dev get", "dev/curl", ok()), hb("test post", "test/curl", ok(), method="POST")])
    case(f"all actions {mode}", world(mode) + policy(at(mode) + "action: DENY, rules: [{ to: [{ operation: { paths: [/secret*] } }] }]", name="deny") +
         policy(at(mode) + "rules: [{ to: [{ operation: { methods: [GET] } }] }]", name="allow"), [
        hb("deny before allow", "default/sleep", deny(mode, "foo/deny"), path="/secret"), hb("allowed", "default/sleep", ok(), path="/open"),
        hb("no allow matches", "default/sleep", no, path="/open", method="POST")])
    case(f"audit {mode}", world(mode) + policy(at(mode) + "action: AUDIT, rules: [{ to: [{ operation: { methods: [GET], paths: [/user/profile/*] } }] }]"), [
        hb("audited", "default/sleep", ok(), path="/user/profile/1"), hb("not audited", "default/sleep", ok(), path="/")])
    case(f"dry run {mode}", world(mode) + policy(at(mode) + "action: DENY, rules: [{ to: [{ operation: { paths: [/headers] } }] }]", more=', annotations: { istio.io/dry-run: "true" }'), [
        hb("headers", "default/sleep", ok(), path="/headers")])
    case(f"two allow policies {mode}", world(mode) + policy(at(mode) + "rules: [{ to: [{ operation: { paths: [/a] } }] }]", name="a") + policy(at(mode) + "rules: [{ to: [{ operation: { paths: [/b] } }] }]", name="b"), [
        hb(p, "default/sleep", ok() if p != "/c" else no, path=p) for p in ("/a", "/b", "/c")])
    for title, spec, want in (("no rules", "", no), ("an empty rule", "rules: [{}]", ok()), ("deny without rules", "action: DENY", ok()), ("deny an empty rule", "action: DENY, rules: [{}]", deny(mode, "foo/httpbin"))):
        case(f"{title} {mode}", world(mode) + policy((at(mode) + spec).rstrip(", ")), [hb("any", "default/sleep", want), get("another workload", "default/sleep", svc("other", "foo"), 8000, ok())])
    # string matches and the templates of the operation's comments
    for title, field, rows in (
            ("exact", "paths: [/abc]", {"/abc": 1, "/abcd": 0, "/xabc": 0}), ("prefix", "paths: ['/abc*']", {"/abc": 1, "/abcd": 1, "/ab": 0}),
            ("suffix", "paths: ['*abc']", {"/abc": 1, "/xabc": 1, "/abcd": 0}), ("presence", "paths: ['*']", {"/": 1, "/abc": 1}),
            ("not", "notPaths: ['/abc*']", {"/abc": 0, "/abd": 1}), ("both", "paths: ['/a*'], notPaths: ['*z']", {"/a": 1, "/az": 0, "/b": 0}),
            ("template one", "paths: ['/foo/{*}']", {"/foo/bar": 1, "/foo/bar/baz": 0}), ("template many", "paths: ['/foo/{**}/']", {"/foo/bar/": 1, "/foo/bar/baz.txt/": 1, "/foo//": 1, "/foo/bar": 0}),
            ("template both", "paths: ['/foo/{*}/bar/{**}']", {"/foo/buzz/bar/": 1, "/foo/buzz/bar/baz": 1, "/foo/bar/baz": 0})):
        case(f"paths {title} {mode}", world(mode) + policy(at(mode) + f"rules: [{{ to: [{{ operation: {{ {field} }} }}] }}]"), [
            hb(p, "default/sleep", ok() if want else no, path=p) for p, want in rows.items()])
    case(f"methods and hosts {mode}", world(mode) + policy(at(mode) + "rules: [{ to: [{ operation: { hosts: [Example.com, '*.bar.com'], notMethods: [DELETE] } }] }]"), [
        hb(f"{m} {h}", "default/sleep", ok() if want else no, host=h, method=m) for h, m, want in (
            ("example.com", "GET", 1), ("EXAMPLE.COM", "GET", 1), ("a.bar.com", "PUT", 1), ("A.Bar.Com", "PUT", 1), ("bar.com", "GET", 0), ("example.com", "DELETE", 0), ("foo.com", "GET", 0))])
    # sources: fields are ANDed, entries ORed; accounts with and without namespace
    src = ("default/sleep", "default/curl", "test/curl", "dev/curl", "foo/curl")
    for title, source, yes in (
            ("principals and namespaces", "principals: [cluster.local/ns/default/sa/sleep, cluster.local/ns/test/sa/curl], namespaces: [default]", ("default/sleep",)),
            ("principals by suffix", "principals: ['*/sa/curl']", ("default/curl", "test/curl", "dev/curl", "foo/curl")),
            ("principals by prefix", "principals: ['cluster.local/ns/default/*']", ("default/sleep", "default/curl")), ("any principal", "principals: ['*']", src),
            ("not principals", "notPrincipals: ['*/sa/sleep']", src[1:]), ("namespaces prefix", "namespaces: ['de*']", ("default/sleep", "default/curl", "dev/curl")),
            ("not namespaces", "notNamespaces: [default, foo]", ("test/curl", "dev/curl")), ("accounts", "serviceAccounts: [default/sleep, curl]", ("default/sleep", "foo/curl")),
            ("not accounts", "notServiceAccounts: [default/curl, curl]", ("default/sleep", "test/curl", "dev/curl"))):
        case(f"source {title} {mode}", world(mode) + policy(at(mode) + f"rules: [{{ from: [{{ source: {{ {source} }} }}] }}]"), [
            hb(s, s, ok() if s in yes else no) for s in src])
    two = "rules: [{ from: [{ source: { namespaces: [default] } }], to: [{ operation: { methods: [GET] } }], when: [{ key: 'request.headers[x-a]', values: ['1', '2*'] }, { key: 'request.headers[x-b]', notValues: ['no'] }] }]"
    case(f"source, operation and conditions {mode}", world(mode) + policy(at(mode) + two), [
        hb("all", "default/sleep", ok(), headers={"x-a": "1"}), hb("prefix", "default/sleep", ok(), headers={"x-a": "22", "x-b": "yes"}), hb("one missing", "default/sleep", no, headers={"x-b": "yes"}),
        hb("refused value", "default/sleep", no, headers={"x-a": "1", "x-b": "no"}), hb("another method", "default/sleep", no, method="PUT", headers={"x-a": "1"}), hb("another source", "test/curl", no, headers={"x-a": "1"})])

# DENY with an HTTP attribute on TCP: what is missing counts as a match
DENY_POST = "action: DENY, rules: [{ to: [{ operation: { methods: [POST]%s } }] }]"


def data(name, src, expect):
    return get(name, src, HB, 9000, expect, protocol="tcp")


for mode, http in (("sidecar", forbidden()), ("ambient", CUT)):
    # Without a port nothing of the rule is left for ztunnel: no effect (httpDenyNoEffectBoilerplate in istiod's ambient/authorization.go).
    whole = [hb("post", "default/sleep", http, method="POST"), data("TCP", "default/sleep", CUT)] if mode == "sidecar" else [
        hb("post", "default/sleep", ok(), method="POST"), data("TCP", "default/sleep", {"outcome": "allowed"})]
    case(f"deny post at a port {mode}", world(mode) + policy(DENY_POST % ", ports: ['8080']"), [
        hb("post", "default/sleep", http, method="POST"), hb("get", "default/sleep", ok() if mode == "sidecar" else CUT), data("another port", "default/sleep", {"outcome": "allowed"})])
    case(f"deny post at a TCP port {mode}", world(mode) + policy(DENY_POST % ", ports: ['9000']"), [
        hb("post", "default/sleep", ok(), method="POST"), data("TCP", "default/sleep", CUT)])
    case(f"deny post {mode}", world(mode) + policy(DENY_POST % ""), whole)
    refuse = forbidden() if mode == "sidecar" else CUT
    # scope
    everywhere = lambda a, b, c, e: [hb("httpbin.foo", "test/curl", a), get("other.foo", "test/curl", svc("other", "foo"), 8000, b), get("httpbin.bar", "test/curl", svc("httpbin", "bar"), 8000, c), get("other.bar", "test/curl", svc("other", "bar"), 8000, e)]
    for title, spec, where, want in (("namespace", "", "foo", (refuse, refuse, ok(), ok())), ("allow all", "rules: [{}]", "foo", (ok(), ok(), ok(), ok())),
                                     ("selected", SCOPE["sidecar"], "bar", (ok(), ok(), refuse, ok())), ("version in all namespaces", "selector: { matchLabels: { version: v1 } }", "istio-system", (refuse, ok(), refuse, ok())),
                                     ("mesh", "", "istio-system", (refuse,) * 4)):
        case(f"scope {title} {mode}", world(mode) + policy(spec, where, "allow-nothing"), everywhere(*want))
    case(f"nothing, then one {mode}", world(mode) + policy("", "foo", "allow-nothing") + policy("rules: [{ from: [{ source: { namespaces: [test] } }] }]", "foo", "allow-test"), [
        hb("test", "test/curl", ok()), hb("dev", "dev/curl", refuse), hb("no identity", "outside/curl", refuse)])

# --- RequestAuthentication
REQUIRE = "rules: [{ from: [{ source: { requestPrincipals: ['*'] } }] }]"
ONE = f"jwtRules: [{{ issuer: {FOO}, jwksUri: '{KEYS}' }}]"


def tokens(mode, *more):
    return [hb("valid", "default/sleep", ok(), jwt=token(FOO)), hb("invalid", "default/sleep", unauthorized(), jwt=token(FOO, False)),
            hb("unknown issuer", "default/sleep", unauthorized(), jwt=token("somebody")), *more]


for mode in ("sidecar", "waypoint"):
    no = deny(mode)
    case(f"jwt alone {mode}", world(mode) + requests(at(mode) + ONE), tokens(mode, hb("none", "default/sleep", ok())), **JW)
    case(f"jwt required {mode}", world(mode) + requests(at(mode) + ONE) + policy(at(mode) + REQUIRE), tokens(mode, hb("none", "default/sleep", no), get("another workload", "default/sleep", svc("other", "foo"), 8000, ok())), **JW)
    both = f"jwtRules: [{{ issuer: {FOO}, jwksUri: '{KEYS}' }}, {{ issuer: {BAR}, jwksUri: '{KEYS}' }}]"
    hosts = f"rules: [{{ from: [{{ source: {{ requestPrincipals: [{FOO}/*] }} }}], to: [{{ operation: {{ hosts: [example.com] }} }}] }}, {{ from: [{{ source: {{ requestPrincipals: [{BAR}/*] }} }}], to: [{{ operation: {{ hosts: [another-host.com] }} }}] }}]"
    case(f"jwt of a host {mode}", world(mode) + requests(at(mode) + both) + policy(at(mode) + hosts), [
        hb(f"{i} at {h}", "default/sleep", ok() if good else no, host=h, **({"jwt": token(i)} if i else {})) for i, h, good in (
            (FOO, "example.com", 1), (BAR, "another-host.com", 1), (FOO, "another-host.com", 0), (BAR, "example.com", 0), (None, "example.com", 0), (FOO, "third.com", 0))], **JW)
    case(f"jwt except healthz {mode}", world(mode) + requests(at(mode) + ONE) + policy(at(mode) + REQUIRE[:-1] + ", { to: [{ operation: { paths: [/healthz] } }] }]"), [
        hb("healthz", "default/sleep", ok(), path="/healthz"), hb("none", "default/sleep", no, path="/x"), hb("valid", "default/sleep", ok(), path="/x", jwt=token(FOO)),
        hb("invalid at healthz", "default/sleep", unauthorized(), path="/healthz", jwt=token(FOO, False))], **JW)
    aud = f"jwtRules: [{{ issuer: {FOO}, jwksUri: '{KEYS}', audiences: [bookstore_android.apps.example.com, bookstore_web.apps.example.com] }}]"
    case(f"jwt audiences {mode}", world(mode) + requests(at(mode) + aud), [
        hb("one", "default/sleep", ok(), jwt=token(FOO, aud="bookstore_web.apps.example.com")), hb("a list", "default/sleep", ok(), jwt=token(FOO, aud=["x", "bookstore_android.apps.example.com"])),
        hb("another", "default/sleep", forbidden(), jwt=token(FOO, aud="x")), hb("none", "default/sleep", ok())], **JW)
    # where the token is: a rule acts only on a token at its place
    for title, field, inside, bad in (("header", "fromHeaders: [{ name: x-goog-iap-jwt-assertion }]", {"header": "x-goog-iap-jwt-assertion"}, {"header": "authorization", "prefix": "Bearer "}),
                                      ("prefixed header", "fromHeaders: [{ name: x-jwt-assertion, prefix: 'Bearer ' }]", {"header": "x-jwt-assertion", "prefix": "Bearer "}, {"header": "x-other"}),
                                      ("param", "fromParams: [my_token]", {"query_param": "my_token"}, {"query_param": "other"}),
                                      ("cookie", "fromCookies: [auth-token]", {"cookie": "auth-token"}, {"cookie": "other"}),
                                      ("default param", "", {"query_param": "access_token"}, {"query_param": "my_token"})):
        place = f"jwtRules: [{{ issuer: {FOO}, jwksUri: '{KEYS}'{', ' + field if field else ''} }}]"
        case(f"jwt in {title} {mode}", world(mode) + requests(at(mode) + place) + policy(at(mode) + REQUIRE), [
            hb("there", "default/sleep", ok(), jwt=token(FOO, where=inside)), hb("elsewhere", "default/sleep", no, jwt=token(FOO, where=bad)),
            hb("bad there", "default/sleep", unauthorized(), jwt=token(FOO, False, inside)), hb("bad elsewhere", "default/sleep", no, jwt=token(FOO, False, bad))], **JW)
    spaces = f"jwtRules: [{{ issuer: {FOO}, jwksUri: '{KEYS}', spaceDelimitedClaims: [custom_scope, roles] }}]"
    case(f"jwt space delimited {mode}", world(mode) + requests(at(mode) + spaces) + policy(at(mode) + "rules: [{ when: [{ key: 'request.auth.claims[custom_scope]', values: [write] }] }]"), [
        hb("one of them", "default/sleep", ok(), jwt=token(FOO, custom_scope="read write admin")), hb("none of them", "default/sleep", no, jwt=token(FOO, custom_scope="read admin")),
        hb("another claim", "default/sleep", no, jwt=token(FOO, other="write"))], **JW)
    claims = f"jwtRules: [{{ issuer: {FOO}, jwksUri: '{KEYS}', outputClaimToHeaders: [{{ header: x-my-company-jwt-group, claim: my-group }}, {{ header: x-test-environment-flag, claim: test-flag }}, {{ header: x-jwt-claim-group, claim: nested.key.group }}] }}]"
    case(f"jwt claims to headers {mode}", world(mode) + requests(at(mode) + claims), [
        hb("all", "default/sleep", ok(upstream={"headers": {"x-my-company-jwt-group": "a", "x-test-environment-flag": "true", "x-jwt-claim-group": "deep"}}), jwt=token(FOO, **{"my-group": "a", "test-flag": True, "nested": {"key": {"group": "deep"}}})),
        hb("missing", "default/sleep", ok(upstream={"headers_absent": ["x-my-company-jwt-group", "x-jwt-claim-group"]}), jwt=token(FOO)),
        hb("no token", "default/sleep", ok(upstream={"headers_absent": ["x-my-company-jwt-group"]}))], **JW)
    for title, keep in (("removed", ""), ("kept", ", forwardOriginalToken: true")):
        case(f"jwt token {title} {mode}", world(mode) + requests(at(mode) + f"jwtRules: [{{ issuer: {FOO}, jwksUri: '{KEYS}'{keep} }}]"), [
            hb("valid", "default/sleep", ok(upstream={"headers_present" if keep else "headers_absent": ["authorization"]}), jwt=token(FOO))], **JW)
case("jwt for all", world("sidecar") + requests(ONE, "istio-system", "req-authn-for-all") + policy(REQUIRE, "istio-system", "require-jwt-for-all"), [
    hb("valid", "default/sleep", ok(), jwt=token(FOO)), hb("none", "default/sleep", deny("sidecar")), get("another namespace", "default/sleep", svc("httpbin", "bar"), 8000, deny("sidecar")),
    get("another namespace with a token", "default/sleep", svc("other", "bar"), 8000, ok(), jwt=token(FOO)), get("invalid", "default/sleep", svc("other", "bar"), 8000, unauthorized(), jwt=token(FOO, False))], **JW)
ROUTE_JWT = [ns("prod", "sidecar")] + app("foo", "prod", [("http", 80, 8080)], version="v1") + [deployment("foo-v2", "foo", "prod", [8080], account="foo", version="v2")] + ingressgateway() + requests("selector: { matchLabels: { app: istio-ingressgateway } }, jwtRules: [{ issuer: example.com, jwksUri: 'https://example.com/.well-known/jwks.json' }]", "istio-system", "jwt-on-ingress") + \
    policy("selector: { matchLabels: { app: istio-ingressgateway } }, " + REQUIRE, "istio-system", "require-jwt") + d("""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: istio-ingressgateway }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: foo }
spec: { host: foo.prod.svc.cluster.local, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: route-jwt }
spec:
  hosts: [foo.prod.svc.cluster.local]
  gateways: [istio-ingressgateway]
  http:
  - { name: v2, match: [{ headers: { "@request.auth.claims.sub": { exact: dev } } }], route: [{ destination: { host: foo.prod.svc.cluster.local, subset: v2 } }] }
  - { name: default, route: [{ destination: { host: foo.prod.svc.cluster.local, subset: v1 } }] }
""", "istio-system")


def claim(name, expect, **r):
    return get(name, "outside", svc("foo", "prod"), 80, expect, gateway=GATE, **r)


case("jwt routes", [ROOT] + ROUTE_JWT, [
    claim("dev", ok(routed_to="foo-v2"), jwt=token("example.com", subject="dev")), claim("another", ok(routed_to="foo"), jwt=token("example.com", subject="ops")),
    claim("none", denied("gateway")), claim("invalid", unauthorized(), jwt=token("example.com", False, subject="dev"))], **JW)

# --- PeerAuthentication
FIN = app("finance", "foo", [("http", 80, 8080), ("http-admin", 81, 9090)]) + app("shop", "foo", [("http", 80, 8080)])


def fin(name, src, port, expect):
    return get(name, src, svc("finance", "foo"), port, expect)


def shop(name, src, expect):
    return get(name, src, svc("shop", "foo"), 80, expect)


IN, OUT = "default/sleep", "outside/curl"
for mode in ("sidecar", "ambient"):
    safe = ok(transport="mtls" if mode == "sidecar" else "hbone")
    plain = ok(transport="plaintext")
    base = world(mode) + FIN
    own = "selector: { matchLabels: { app: finance } }"
    sel = lambda mtls, ports="", where="foo", name="finance": d(f"apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ {own}, mtls: {{ mode: {mtls} }}{ports} }}\n")
    case(f"peer none {mode}", base, [fin("mesh", IN, 80, safe), fin("outside", OUT, 80, plain)])
    case(f"peer strict namespace {mode}", base + peer("STRICT", "foo"), [fin("mesh", IN, 80, safe), fin("outside", OUT, 80, CUT), shop("shop", OUT, CUT), get("another namespace", OUT, svc("httpbin", "bar"), 8000, plain)])
    case(f"peer strict finance {mode}", base + peer("PERMISSIVE", "foo") + sel("STRICT"), [fin("mesh", IN, 80, safe), fin("outside", OUT, 80, CUT), shop("shop", OUT, plain), shop("shop from the mesh", IN, safe)])
    case(f"peer strict, port disabled {mode}", base + sel("STRICT", ", portLevelMtls: { 8080: { mode: DISABLE } }"), [
        fin("outside at the port", OUT, 80, plain), fin("outside elsewhere", OUT, 81, CUT), fin("mesh elsewhere", IN, 81, safe), fin("mesh at the port", IN, 80, plain if mode == "sidecar" else safe)])
    case(f"peer service port is not a port {mode}", base + sel("STRICT", ", portLevelMtls: { 80: { mode: DISABLE } }"), [fin("outside", OUT, 80, CUT), fin("mesh", IN, 80, safe)])
    for title, parent, elsewhere in (("strict", peer("STRICT", "foo"), CUT), ("mesh strict", peer("STRICT"), CUT), ("nothing", [], plain)):
        case(f"peer unset inherits {title} {mode}", base + parent + sel("UNSET", ", portLevelMtls: { 8080: { mode: DISABLE } }"), [
            # istiod attaches the exception to an ambient workload for PERMISSIVE ports alone where STRICT is inherited (ambient/authorization.go).
            fin("outside at the port", OUT, 80, plain if mode == "sidecar" or not parent else CUT), fin("outside elsewhere", OUT, 81, elsewhere), fin("mesh elsewhere", IN, 81, safe)])
    case(f"peer port strict {mode}", base + sel("PERMISSIVE", ", portLevelMtls: { 8080: { mode: STRICT } }"), [fin("outside at the port", OUT, 80, CUT), fin("outside elsewhere", OUT, 81, plain)])
    case(f"peer namespace over mesh {mode}", base + peer("STRICT") + peer("PERMISSIVE", "foo"), [fin("finance", OUT, 80, plain), get("another namespace", OUT, svc("httpbin", "bar"), 8000, CUT)])
    case(f"peer namespace disable {mode}", base + peer("DISABLE", "foo"), [fin("outside", OUT, 80, plain), fin("mesh", IN, 80, plain if mode == "sidecar" else safe)])
    case(f"peer unset mesh {mode}", base + peer("UNSET"), [fin("outside", OUT, 80, plain), fin("mesh", IN, 80, safe)])
case("peer selector in the root namespace", world("sidecar") + FIN + d("apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: { name: finance, namespace: istio-system }\nspec: { selector: { matchLabels: { app: finance } }, mtls: { mode: STRICT } }\n"), [
    fin("outside", OUT, 80, ok(transport="plaintext"))])

# --- concepts/security
GETPOST = "rules: [{ %sto: [{ operation: { methods: [GET, POST] } }] }]"
ANYBODY = "from: [{ source: { principals: ['*'] } }], "
for mode in ("sidecar", "waypoint"):
    no, G, space = deny(mode), {"jwt": token(GOOGLE)}, world(mode)
    issuer = requests(f"{at(mode)}jwtRules: [{{ issuer: '{GOOGLE}', jwksUri: '{KEYS}' }}]")
    both = policy(at(mode) + f"action: ALLOW, rules: [{{ from: [{{ source: {{ principals: [cluster.local/ns/default/sa/sleep] }} }}, {{ source: {{ namespaces: [dev] }} }}], to: [{{ operation: {{ methods: [GET] }} }}], when: [{{ key: 'request.auth.claims[iss]', values: ['{GOOGLE}'] }}] }}]")
    case(f"concept two sources {mode}", space + issuer + both, [hb("sleep", "default/sleep", ok(), **G), hb("dev", "dev/curl", ok(), **G), hb("test", "test/curl", no, **G), hb("post", "dev/curl", no, method="POST", **G), hb("no token", "dev/curl", no)], **JW)
    outsiders = policy(at(mode) + "action: DENY, rules: [{ from: [{ source: { notNamespaces: [foo] } }] }]", name="httpbin-deny")
    case(f"concept deny others {mode}", space + outsiders, [hb("foo", "foo/curl", ok()), hb("default", "default/sleep", deny(mode, "foo/httpbin-deny"))])
    case(f"concept deny over allow {mode}", space + issuer + both + outsiders, [hb("allowed and denied", "default/sleep", deny(mode, "foo/httpbin-deny"), **G), hb("neither", "foo/curl", no)], **JW)
    case(f"concept allow-read {mode}", space + policy(at(mode) + "action: ALLOW, rules: [{ to: [{ operation: { methods: [GET, HEAD] } }] }]", name="allow-read"), [hb(m, "default/sleep", ok() if m in ("GET", "HEAD") else no, method=m) for m in ("GET", "HEAD", "PUT")])
    case(f"concept paths {mode}", space + policy(at(mode) + "rules: [{ to: [{ operation: { paths: [/test/*, '*/info'] } }] }]"), [hb(p, "default/sleep", ok() if yes else no, path=p) for p, yes in (("/test/a", 1), ("/a/info", 1), ("/test", 0), ("/info/a", 0), ("/test/", 1))])
    case(f"concept healthz {mode}", space + issuer + policy(at(mode) + "rules: [{ to: [{ operation: { notPaths: [/healthz] } }], from: [{ source: { requestPrincipals: ['*'] } }] }]"), [
        hb("token", "default/sleep", ok(), path="/x", **G), hb("no token", "default/sleep", no, path="/x"), hb("the rule does not match there", "default/sleep", no, path="/healthz")], **JW)
    case(f"concept admin {mode}", space + issuer + policy(at(mode) + "action: DENY, rules: [{ to: [{ operation: { paths: [/admin] } }], from: [{ source: { notRequestPrincipals: ['*'] } }] }]"), [
        hb("no token", "default/sleep", deny(mode, "foo/httpbin"), path="/admin"), hb("token", "default/sleep", ok(), path="/admin", **G), hb("elsewhere", "default/sleep", ok(), path="/x")], **JW)
    all_ = lambda name, action, rules: policy(f"{at(mode)}action: {action}{rules}", name=name)
    ALL, DENY_ALL, NOTHING = all_("allow-all", "ALLOW", ", rules: [{}]"), all_("deny-all", "DENY", ", rules: [{}]"), all_("allow-nothing", "ALLOW", "")
    for title, objects, want in (("allow-nothing", NOTHING, no), ("allow-nothing and allow-all", NOTHING + ALL, ok()), ("deny-all over allow-all", DENY_ALL + ALL, deny(mode, "foo/deny-all")), ("allow-all", ALL, ok())):
        case(f"concept {title} {mode}", space + objects, [hb("any", "default/sleep", want)])
    case(f"concept version header {mode}", space + policy(at(mode) + "rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/sleep] } }], to: [{ operation: { methods: [GET] } }], when: [{ key: 'request.headers[version]', values: [v1, v2] }] }]"), [
        hb(f"version {v}", "default/sleep", ok() if v in ("v1", "v2") else no, headers={"version": v}) for v in ("v1", "v2", "v3")] + [hb("no version", "default/sleep", no), hb("another source", "dev/curl", no, headers={"version": "v1"})])
    case(f"concept everybody {mode}", space + policy(at(mode) + GETPOST % ""), [hb("mesh", "default/sleep", ok()), hb("post", "default/sleep", ok(), method="POST"), hb("delete", "default/sleep", no, method="DELETE"), hb("outside", "outside/curl", ok())])
    case(f"concept the authenticated {mode}", space + policy(at(mode) + GETPOST % ANYBODY), [hb("mesh", "default/sleep", ok()), hb("delete", "default/sleep", no, method="DELETE")] + ([hb("outside", "outside/curl", no)] if mode == "sidecar" else []))
    # conditions
    P = {"jwt": token("accounts.my-svc.com", subject="104958560606", aud="my-svc.com", azp="123456789012.my-svc.com", email="a@foo.com")}
    Q = {"jwt": token("accounts.my-svc.com", subject="other", aud="other.com", azp="other", email="a@bar.com")}
    mine = requests(f"{at(mode)}jwtRules: [{{ issuer: accounts.my-svc.com, jwksUri: '{KEYS}' }}]")
    for key, value, yes, none in (
            ("request.headers[User-Agent]", "Mozilla/*", {"headers": {"user-agent": "Mozilla/5.0"}}, {"headers": {"user-agent": "curl/8"}}), ("source.namespace", "default", {}, None), ("source.principal", "cluster.local/ns/default/sa/sleep", {}, None),
            ("request.auth.principal", "accounts.my-svc.com/104958560606", P, Q), ("request.auth.audiences", "my-svc.com", P, Q), ("request.auth.presenter", "123456789012.my-svc.com", P, Q), ("request.auth.claims[email]", "*@foo.com", P, Q),
            ("destination.port", "8080", {}, None)):
        case(f"condition {key.replace('[', ' ').strip(']')} {mode}", space + mine + policy(at(mode) + f"rules: [{{ when: [{{ key: '{key}', values: ['{value}'] }}] }}]"), [
            hb("the value", "default/sleep", ok() if mode == "sidecar" or key != "destination.port" else {}, **yes), *([hb("another", "default/sleep", no, **none), hb("none", "default/sleep", no)] if none is not None else [hb("another source", "dev/curl", no)] if key.startswith("source") else [])], **JW)
    case(f"condition not {mode}", space + policy(at(mode) + "rules: [{ when: [{ key: 'request.headers[x-a]', notValues: ['1'] }] }]"), [hb("the value", "default/sleep", no, headers={"x-a": "1"}), hb("another", "default/sleep", ok(), headers={"x-a": "2"}), hb("none", "default/sleep", ok())])
MONGO = app("mongodb", "default", [("mongo", 27017, 27017)]) + [deployment(n, n, "default", [9080], account=n) for n in ("bookinfo-ratings-v2", "bookinfo-ratings")] + [account(n, "default") for n in ("bookinfo-ratings-v2", "bookinfo-ratings")]
for mode in ("sidecar", "ambient"):
    mongo = lambda n, who, e: get(n, f"default/{who}", svc("mongodb"), 27017, e, protocol="tcp")
    case(f"concept mongodb {mode}", world(mode) + MONGO + policy("selector: { matchLabels: { app: mongodb } }, action: ALLOW, rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/bookinfo-ratings-v2] } }], to: [{ operation: { ports: ['27017'] } }] }]", "default", "mongodb-policy"), [
        mongo("ratings-v2", "bookinfo-ratings-v2", {"outcome": "allowed"}), mongo("ratings", "bookinfo-ratings", CUT)])
    # One port of a workload disabled, the others as the namespace has it; the port is the container's.
    EX = [account("example-app", "foo"), service("example-service", [("http", 8000, 80), ("http-2", 8001, 81)], selector={"app": "example-app"}, where="foo"), deployment("example-app", "example-app", "foo", [80, 81], account="example-app")]
    PORT80 = d("apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: { name: example-workload-policy, namespace: foo }\nspec: { selector: { matchLabels: { app: example-app } }, portLevelMtls: { 80: { mode: DISABLE } } }\n")
    case(f"concept port 80 {mode}", world(mode) + EX + peer("STRICT", "foo", "example-policy") + PORT80, [
        # istiod keeps STRICT on an ambient workload's DISABLE port where STRICT is inherited (see above).
        get("port 80", "outside/curl", svc("example-service", "foo"), 8000, ok() if mode == "sidecar" else CUT), get("another port", "outside/curl", svc("example-service", "foo"), 8001, CUT), get("mesh", "default/sleep", svc("example-service", "foo"), 8001, ok())])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_reference")
