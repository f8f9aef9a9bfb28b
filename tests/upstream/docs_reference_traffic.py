"""istio.io/docs/reference/config/networking: the examples of VirtualService, DestinationRule, Gateway, ServiceEntry and Sidecar and the sentences
around them (comments of istio/api networking/v1alpha3/*.proto at b8f8791). With sidecars, and at a waypoint where it reads the object."""
from docs_mesh import *

fresh()
RV, RT = svc("reviews", "prod"), svc("ratings", "prod")
NEVER = {"allowed_share": {"value": 0, "exact": True}}
API = "apiVersion: networking.istio.io/v1\n"
C = "prod/curl"
SUBSETS = d(API + "kind: DestinationRule\nmetadata: { name: reviews-destination, namespace: prod }\nspec: { host: reviews.prod.svc.cluster.local, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }\n---\n" +
            API + "kind: DestinationRule\nmetadata: { name: ratings, namespace: prod }\nspec: { host: ratings.prod.svc.cluster.local, subsets: [{ name: v1, labels: { version: v1 } }, { name: testversion, labels: { version: v3 } }] }\n")


def versions(name, where, *vs, ports=(("http", 9080, 9080),)):
    return [account(name, where), service(name, ports, where=where)] + [deployment(f"{name}-{v}", name, where, sorted({t for _, _, t in ports}), account=name, version=v) for v in vs]


def world(mode, *more):
    labels = {"istio.io/use-waypoint": "waypoint"} if mode == "waypoint" else {}
    inside = "sidecar" if mode == "sidecar" else "ambient"
    out = [ROOT, ns("prod", inside, **labels), ns("default", inside)] + ([waypoint("prod")] if labels else [])
    out += versions("reviews", "prod", "v1", "v2") + versions("ratings", "prod", "v1", "v3") + curl("prod") + curl("default") + SUBSETS
    return out + [o for m in more for o in m]


def vs(name, host, body, where="prod", more=""):
    return d(f"{API}kind: VirtualService\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ hosts: [{host}]{more}, {body} }}\n")


def to(host, subset=None, weight=None, more=""):
    return f"{{ destination: {{ host: {host}{f', subset: {subset}' if subset else ''} }}{f', weight: {weight}' if weight else ''}{more} }}"


def shares(name, **kw):
    return {"distribution": {f"{name}-{v}": {"share": s, "tolerance": 0.001} for v, s in kw.items()}}


def rv(name, expect, **r):
    return get(name, r.pop("src", C), RV, 9080, expect, **r)


def rt(name, expect, **r):
    return get(name, r.pop("src", C), RT, 9080, expect, **r)


CATALOG = "http: [{ name: reviews-v2-routes, match: [{ uri: { prefix: /wpcatalog } }, { uri: { prefix: /consumercatalog } }], rewrite: { uri: /newcatalog }, route: [%s] }, { name: reviews-v1-route, route: [%s] }]"
V1 = "http: [{ match: [{ uri: { exact: /v1/getProductRatings } }], %s }, { route: [" + to(RT) + "] }]"
MODES = ("sidecar", "waypoint")
for mode in MODES:
    for title, host in (("full name", RV), ("short name", "reviews")):
        case(f"catalog {title} {mode}", world(mode, vs("reviews-route", host, CATALOG % (to(host, "v2"), to(host, "v1")))), [
            rv("first", ok(routed_to="reviews-v2", upstream={"path": "/newcatalog/a"}), path="/wpcatalog/a"), rv("second", ok(routed_to="reviews-v2", upstream={"path": "/newcatalog"}), path="/consumercatalog"),
            rv("query", ok(routed_to="reviews-v2", upstream={"path": "/newcatalog?x=1"}), path="/wpcatalog?x=1"), rv("any other", ok(routed_to="reviews-v1", upstream={"path": "/other"}), path="/other"),
            rv("prefix of no segment", ok(routed_to="reviews-v2", upstream={"path": "/newcatalogs"}), path="/wpcatalogs"), rv("case matters", ok(routed_to="reviews-v1"), path="/WPcatalog")])
    case(f"a short name is of the rule's namespace {mode}", world(mode, vs("reviews-route", "reviews", "http: [{ directResponse: { status: 418 } }]", where="default")), [rv("prod's is another", ok())])
    case(f"headers {mode}", world(mode, vs("reviews-route", RV, f"http: [{{ headers: {{ request: {{ set: {{ test: 'true' }} }} }}, route: [{to(RV, 'v2', 25)}, {to(RV, 'v1', 75, ', headers: { response: { remove: [foo] } }')}] }}]")), [
        rv("weights", ok(**shares("reviews", v2=.25, v1=.75), upstream={"headers": {"test": "true"}})), rv("replaced", ok(upstream={"headers": {"test": "true"}}), headers={"test": "false"})])
    case(f"weights {mode}", world(mode, vs("reviews-route", RV, f"http: [{{ route: [{to(RV, 'v2', 25)}, {to(RV, 'v1', 75)}] }}]")), [rv("any", ok(**shares("reviews", v2=.25, v1=.75)))])
    case(f"no ignoreUriCase {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ match: [{{ headers: {{ end-user: {{ exact: jason }} }}, uri: {{ prefix: /ratings/v2/ }} }}], route: [{to(RT, 'testversion')}] }}, {{ route: [{to(RT, 'v1')}] }}]")), [
        rt("exact", ok(routed_to="ratings-v3"), path="/ratings/v2/1", headers={"end-user": "jason"}), rt("another case", ok(routed_to="ratings-v1"), path="/Ratings/V2/1", headers={"end-user": "jason"})])
    case(f"ignoreUriCase {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ match: [{{ headers: {{ end-user: {{ exact: jason }} }}, uri: {{ prefix: /ratings/v2/ }}, ignoreUriCase: true }}], route: [{to(RT, 'testversion')}] }}, {{ route: [{to(RT, 'v1')}] }}]")), [
        rt("exact", ok(routed_to="ratings-v3"), path="/ratings/v2/1", headers={"end-user": "jason"}), rt("another case", ok(routed_to="ratings-v3"), path="/Ratings/V2/1", headers={"end-user": "jason"}),
        rt("the header's case matters", ok(routed_to="ratings-v1"), path="/ratings/v2/1", headers={"end-user": "Jason"}), rt("the path alone", ok(routed_to="ratings-v1"), path="/ratings/v2/1"), rt("the header alone", ok(routed_to="ratings-v1"), headers={"end-user": "jason"})])
    case(f"no rule matches {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ match: [{{ headers: {{ end-user: {{ exact: jason }} }}, uri: {{ prefix: /ratings/v2/ }}, ignoreUriCase: true }}], route: [{to(RT)}] }}]")), [
        rt("the rule", ok(), path="/ratings/v2/1", headers={"end-user": "jason"}), rt("none", status(404), path="/other")])
    case(f"redirect {mode}", world(mode, vs("ratings-route", RT, V1 % "redirect: { uri: /v1/bookRatings, authority: newratings.default.svc.cluster.local }")), [
        rt("redirected", {**status(301), "response_headers": {"location": "http://newratings.default.svc.cluster.local/v1/bookRatings"}}, path="/v1/getProductRatings"), rt("any other", ok(), path="/v1/getProductRatings/1")])
    case(f"redirect code {mode}", world(mode, vs("ratings-route", RT, V1 % "redirect: { uri: /new, redirectCode: 308, scheme: https, port: 8443 }")), [
        rt("redirected", {**status(308), "response_headers": {"location": f"https://{RT}:8443/new"}}, path="/v1/getProductRatings")])
    for title, match, rewrite, path, want in (("slash at the end", "/foo/", "/", "/foo/baz", "/baz"), ("longer", "/foo", "/bar", "/foo/baz", "/bar/baz"), ("two slashes", "/foo", "/", "/foo/baz", "//baz")):
        case(f"redirect prefix {title} {mode}", world(mode, vs("foo-redirect", RT, f"http: [{{ match: [{{ uri: {{ prefix: {match} }} }}], redirect: {{ authority: foo.example.com, prefixRewrite: {rewrite} }} }}]")), [
            rt("redirected", {**status(301), "response_headers": {"location": "http://foo.example.com" + want}}, path=path)])
    for title, more in (("text", "directResponse: { status: 503, body: { string: unknown error } }"), ("bytes", "directResponse: { status: 503, body: { bytes: dW5rbm93biBlcnJvcg== } }"),
                        ("type", "directResponse: { status: 503, body: { string: '{\"error\": \"unknown error\"}' } }, headers: { response: { set: { content-type: text/plain } } }")):
        case(f"direct response {title} {mode}", world(mode, vs("ratings-route", RT, V1 % more)), [
            rt("answered", {**status(503), "answered_by": mode, **({"response_headers": {"content-type": "text/plain"}} if title == "type" else {})}, path="/v1/getProductRatings"), rt("any other", ok(), path="/v1/x")])
    case(f"rewrite {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ match: [{{ uri: {{ prefix: /ratings }} }}], rewrite: {{ uri: /v1/bookRatings }}, route: [{to(RT, 'v1')}] }}]")), [
        rt("prefix", ok(routed_to="ratings-v1", upstream={"path": "/v1/bookRatings/7"}), path="/ratings/7"), rt("no rule", status(404), path="/other")])
    case(f"rewrite authority {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ rewrite: {{ authority: other.example.com }}, route: [{to(RT, 'v1')}] }}]")), [rt("any", ok(upstream={"host": "other.example.com", "path": "/a"}), path="/a")])
    for title, match, rewrite, path, want in (("groups", "'^/service/([^/]+)(/.*)$'", "'/customprefix/\\2/\\1'", "/service/update/v1/api", "/customprefix//v1/api/update"), ("case", "'(?i)/xxx/'", "/yyy/", "/aaa/XxX/bbb", "/aaa/yyy/bbb")):
        case(f"rewrite regex {title} {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ rewrite: {{ uriRegexRewrite: {{ match: {match}, rewrite: {rewrite} }} }}, route: [{to(RT, 'v1')}] }}]")), [rt("path", ok(upstream={"path": want}), path=path)])
    case(f"cors {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ route: [{to(RT, 'v1')}], corsPolicy: {{ allowOrigins: [{{ exact: 'https://example.com' }}], allowMethods: [POST, GET], allowCredentials: false, allowHeaders: [X-Foo-Bar], maxAge: 24h }} }}]")), [
        rt("preflight", {"http_status": 200, "answered_by": mode, "response_headers": {"access-control-allow-origin": "https://example.com", "access-control-allow-methods": "POST,GET", "access-control-allow-headers": "X-Foo-Bar", "access-control-max-age": "86400"}},
           method="OPTIONS", headers={"origin": "https://example.com", "access-control-request-method": "POST"}),
        rt("origin", ok(response_headers={"access-control-allow-origin": "https://example.com"}), headers={"origin": "https://example.com"}),
        rt("another origin", ok(response_headers={"access-control-allow-origin": ""}), headers={"origin": "https://other.com"})])
    case(f"abort one in a thousand {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ route: [{to(RT, 'v1')}], fault: {{ abort: {{ percentage: {{ value: 0.1 }}, httpStatus: 400 }} }} }}]")), [rt("share", {"allowed_share": {"value": .999, "tolerance": 0.0001}})])
    case(f"abort all {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ route: [{to(RT, 'v1')}], fault: {{ abort: {{ percentage: {{ value: 100 }}, httpStatus: 400 }} }} }}]")), [rt("all", {**status(400), "answered_by": mode})])
    case(f"a delay is no failure {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ route: [{to(RT, 'v1')}], fault: {{ delay: {{ percentage: {{ value: 0.1 }}, fixedDelay: 5s }} }} }}]")), [rt("all", ok(routed_to="ratings-v1"))])
    case(f"retries, timeout {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ route: [{to(RT, 'v1')}], timeout: 5s, retries: {{ attempts: 3, perTryTimeout: 2s, retryOn: 'gateway-error,connect-failure,refused-stream' }} }}]")), [rt("all", ok(routed_to="ratings-v1"))])
    case(f"subset not sent to {mode}", world(mode), [rt("both versions", ok(**shares("ratings", v1=.5, v3=.5)))])
    case(f"subset that nobody declares {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ route: [{to(RT, 'v9')}] }}]")), [rt("no cluster", status(503))])
    for lb in ("loadBalancer: { simple: LEAST_REQUEST }", "loadBalancer: { simple: ROUND_ROBIN }", "loadBalancer: { consistentHash: { httpCookie: { name: user, ttl: 0s } } }",
               "connectionPool: { tcp: { maxConnections: 100 }, http: { http2MaxRequests: 1000, maxRequestsPerConnection: 10 } }, outlierDetection: { consecutive5xxErrors: 7, interval: 5m, baseEjectionTime: 15m }"):
        one = [o for o in world(mode) if o["kind"] != "DestinationRule"] + d(f"{API}kind: DestinationRule\nmetadata: {{ name: bookinfo-ratings, namespace: prod }}\nspec: {{ host: {RT}, trafficPolicy: {{ {lb} }} }}\n")
        case(f"policy {lb.split(':')[0]} {lb.split('{')[1].split(':')[0].strip()} {lb[-20:].strip(' }').replace(':', '').replace('/', '')} {mode}", one, [rt("reached", ok())])
    case(f"query, method, scheme, port {mode}", world(mode, vs("ratings-route", RT, f"http: [{{ match: [{{ queryParams: {{ key: {{ exact: 'true' }} }} }}], route: [{to(RT, 'testversion')}] }}, {{ match: [{{ method: {{ exact: PUT }} }}], route: [{to(RT, 'testversion')}] }}, "
         f"{{ match: [{{ uri: {{ regex: '/re[0-9]+' }} }}], route: [{to(RT, 'testversion')}] }}, {{ match: [{{ withoutHeaders: {{ x-keep: {{}} }}, uri: {{ exact: /without }} }}], route: [{to(RT, 'testversion')}] }}, {{ match: [{{ authority: {{ exact: wrong.example.com }} }}, {{ port: 81 }}], directResponse: {{ status: 418 }} }}, {{ route: [{to(RT, 'v1')}] }}]")), [
        rt(n, ok(routed_to=w), **r) for n, w, r in (
            ("query", "ratings-v3", {"path": "/?key=true"}), ("another value", "ratings-v1", {"path": "/?key=false"}), ("no query", "ratings-v1", {}), ("method", "ratings-v3", {"method": "PUT"}), ("regex", "ratings-v3", {"path": "/re42"}),
            ("whole regex", "ratings-v1", {"path": "/re42/x"}), ("without", "ratings-v3", {"path": "/without"}), ("with", "ratings-v1", {"path": "/without", "headers": {"x-keep": "1"}}))])

# sourceLabels and a rule elsewhere: sidecars alone, for a waypoint has no caller's labels
ENV = [deployment("prod-client", "prod-client", "prod", [80], labels={"env": "prod"})]
case("source labels", world("sidecar", ENV, vs("reviews-route", RV, f"http: [{{ match: [{{ sourceLabels: {{ env: prod }} }}], route: [{to(RV, 'v1')}] }}, {{ route: [{to(RV, 'v2')}] }}]")), [
    rv("labelled", ok(routed_to="reviews-v1"), src="prod/prod-client"), rv("another", ok(routed_to="reviews-v2"))])
case("source namespace", world("sidecar", vs("reviews-route", RV, f"http: [{{ match: [{{ sourceNamespace: default }}], route: [{to(RV, 'v1')}] }}, {{ route: [{to(RV, 'v2')}] }}]")), [
    rv("from it", ok(routed_to="reviews-v1"), src="default/curl"), rv("from another", ok(routed_to="reviews-v2"))])
case("a rule of the root namespace", world("sidecar", vs("my-reviews-rule", RV, f"http: [{{ timeout: 5s, route: [{to(RV, 'v2')}] }}]", where="istio-system")), [rv("ignores the rule's namespace", ok(routed_to="reviews-v2"), src="default/curl")])
case("exportTo own namespace", world("sidecar", vs("reviews-route", RV, f"http: [{{ route: [{to(RV, 'v2')}] }}]", more=", exportTo: ['.']")), [
    rv("same namespace", ok(routed_to="reviews-v2")), rv("another namespace", ok(**shares("reviews", v1=.5, v2=.5)), src="default/curl")])
WIKI = d(f"""
{API}kind: ServiceEntry
metadata: {{ name: external-svc-wikipedia }}
spec: {{ hosts: [wikipedia.org], location: MESH_EXTERNAL, ports: [{{ number: 80, name: example-http, protocol: HTTP }}], resolution: DNS }}
---
{API}kind: VirtualService
metadata: {{ name: my-wiki-rule }}
spec: {{ hosts: [wikipedia.org], http: [{{ timeout: 5s, route: [{{ destination: {{ host: wikipedia.org }} }}] }}] }}
""")
case("wikipedia", world("sidecar", WIKI), [get("timeout", "default/curl", "wikipedia.org", 80, ok())])
case("two domains", world("sidecar", d(f"""
{API}kind: ServiceEntry
metadata: {{ name: reviews }}
spec: {{ hosts: [reviews.com, dev.reviews.com], location: MESH_EXTERNAL, ports: [{{ number: 80, name: http, protocol: HTTP }}], resolution: DNS }}
---
{API}kind: VirtualService
metadata: {{ name: reviews-route-two-domains }}
spec: {{ hosts: [reviews.com], http: [{{ route: [{{ destination: {{ host: dev.reviews.com }}, weight: 25 }}, {{ destination: {{ host: reviews.com }}, weight: 75 }}] }}] }}
""")), [get("both", "default/curl", "reviews.com", 80, ok(http_metrics=[{"metric": "istio_requests_total", "labels": {"destination_service": h}} for h in ("reviews.com", "dev.reviews.com")]))])
case("mongo moves", world("sidecar", [ns("backup", "sidecar")], versions("mongo", "prod", "v1", ports=(("tcp", 27017, 27017),)), [account("mongo", "backup"), service("mongo", (("tcp", 5555, 5556),), where="backup"), deployment("mongo-backup", "mongo", "backup", [5556], account="mongo")],
     vs("bookinfo-mongo", svc("mongo", "prod"), "tcp: [{ match: [{ port: 27017 }], route: [{ destination: { host: mongo.backup.svc.cluster.local, port: { number: 5555 } } }] }]")), [
    get("redirected", C, svc("mongo", "prod"), 27017, {"outcome": "allowed", "routed_to": "mongo-backup", "target_port": 5556}, protocol="tcp")])

# --- delegates, gateways
PODS = [ns("nsA", "sidecar"), ns("nsB", "sidecar")] + app("productpage", "nsA", [("http", 9080, 9080)], version="v2") + app("productpage-v1", "nsA", [("http", 9080, 9080)], version="v1") + app("reviews", "nsB", [("http", 9080, 9080)])


def gate(where, servers, name="mygateway"):
    return d(f"{API}kind: Gateway\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ selector: {{ istio: ingressgateway }}, servers: [{servers}] }}\n")


def via(name, host, expect, port=80, **r):
    return get(name, "outside", host, port, expect, gateway=GATE, **r)


def http_server(hosts, port=80, name="http", tls=""):
    return f"{{ port: {{ number: {port}, name: {name}, protocol: HTTP }}, hosts: [{hosts}]{tls} }}"


DELEGATE = d(f"""
{API}kind: VirtualService
metadata: {{ name: bookinfo }}
spec:
  hosts: [bookinfo.com]
  gateways: [mygateway]
  http:
  - {{ match: [{{ uri: {{ prefix: /productpage }} }}], delegate: {{ name: productpage, namespace: nsA }} }}
  - {{ match: [{{ uri: {{ prefix: /reviews }} }}], delegate: {{ name: reviews, namespace: nsB }} }}
---
{API}kind: VirtualService
metadata: {{ name: productpage, namespace: nsA }}
spec:
  http:
  - {{ match: [{{ uri: {{ prefix: /productpage/v1/ }} }}], route: [{{ destination: {{ host: productpage-v1.nsA.svc.cluster.local }} }}] }}
  - {{ route: [{{ destination: {{ host: productpage.nsA.svc.cluster.local }} }}] }}
---
{API}kind: VirtualService
metadata: {{ name: reviews, namespace: nsB }}
spec: {{ http: [{{ route: [{{ destination: {{ host: reviews.nsB.svc.cluster.local }} }}] }}] }}
""")
case("delegates", world("sidecar", PODS, ingressgateway(), gate("default", http_server("'*'")), DELEGATE), [
    via("v1", "bookinfo.com", ok(routed_to="productpage-v1"), path="/productpage/v1/x"), via("page", "bookinfo.com", ok(routed_to="productpage"), path="/productpage"),
    via("reviews", "bookinfo.com", ok(routed_to="reviews"), path="/reviews/1"), via("neither", "bookinfo.com", status(404), path="/other"), via("another host", "other.com", status(404), path="/reviews/1")])
SNI = [o for n in ("login", "reviews2") for o in app(n, "prod", [("tls", 443, 8443)])]
PASS = "{ port: { number: 443, name: tls, protocol: TLS }, hosts: ['*.bookinfo.com'], tls: { mode: PASSTHROUGH } }"
case("sni", world("sidecar", SNI, ingressgateway(), gate("prod", PASS), vs("bookinfo-sni", "'*.bookinfo.com'", "gateways: [mygateway], tls: [" + ", ".join(
    f"{{ match: [{{ port: 443, sniHosts: [{s}.bookinfo.com] }}], route: [{{ destination: {{ host: {h}.prod.svc.cluster.local }} }}] }}" for s, h in (("login", "login"), ("reviews", "reviews2"))) + "]")), [
    via("login", "login.bookinfo.com", {"outcome": "allowed", "routed_to": "login"}, port=443, protocol="https", sni="login.bookinfo.com"),
    via("reviews", "reviews.bookinfo.com", {"outcome": "allowed", "routed_to": "reviews2"}, port=443, protocol="https", sni="reviews.bookinfo.com"),
    via("another", "other.bookinfo.com", NEVER, port=443, protocol="https", sni="other.bookinfo.com")])
BIG = ingressgateway(ports=(("http", 80, 80), ("https", 443, 443), ("https-9443", 9443, 9443), ("http-wildcard", 9080, 9080), ("mongo", 27017, 27017)))
HOSTS = "uk.bookinfo.com, eu.bookinfo.com"
TLS = "tls: { mode: SIMPLE, credentialName: bookinfo-secret }"
SECRET = [{"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "bookinfo-secret", "namespace": "istio-system"}, "data": {"tls.crt": "Yw==", "tls.key": "aw=="}}]
MY = gate("some-config-namespace", ", ".join([
    http_server(HOSTS, tls=", tls: { httpsRedirect: true }"), f"{{ port: {{ number: 443, name: https-443, protocol: HTTPS }}, hosts: [{HOSTS}], {TLS} }}",
    f"{{ port: {{ number: 9443, name: https-9443, protocol: HTTPS }}, hosts: ['bookinfo-namespace/*.bookinfo.com'], {TLS} }}", http_server("'*'", 9080, "http-wildcard"), "{ port: { number: 27017, name: mongo, protocol: MONGO }, hosts: ['*'] }"]), "my-gateway")
RULE = d(f"""
{API}kind: VirtualService
metadata: {{ name: bookinfo-rule, namespace: bookinfo-namespace }}
spec:
  hosts: [reviews.prod.svc.cluster.local, uk.bookinfo.com, eu.bookinfo.com]
  gateways: [some-config-namespace/my-gateway, mesh]
  http:
  - {{ match: [{{ headers: {{ cookie: {{ exact: "user=dev-123" }} }} }}], route: [{{ destination: {{ port: {{ number: 7777 }}, host: reviews.qa.svc.cluster.local }} }}] }}
  - match: [{{ uri: {{ prefix: /reviews/ }} }}]
    route: [{{ destination: {{ port: {{ number: 9080 }}, host: reviews.prod.svc.cluster.local }}, weight: 80 }}, {{ destination: {{ host: reviews.qa.svc.cluster.local, port: {{ number: 9080 }} }}, weight: 20 }}]
---
{API}kind: VirtualService
metadata: {{ name: bookinfo-mongo, namespace: bookinfo-namespace }}
spec: {{ hosts: [mongosvr.prod.svc.cluster.local], gateways: [some-config-namespace/my-gateway], tcp: [{{ match: [{{ port: 27017 }}], route: [{{ destination: {{ host: mongo.prod.svc.cluster.local, port: {{ number: 5555 }} }} }}] }}] }}
""")
QA = [ns("some-config-namespace"), ns("bookinfo-namespace"), ns("qa", "sidecar")] + [account("reviews", "qa"), service("reviews", (("http", 9080, 9080), ("http-dev", 7777, 7777)), where="qa"), deployment("reviews-qa", "reviews", "qa", [9080, 7777], account="reviews")] + \
    app("mongo", "prod", [("tcp", 5555, 5555)]) + app("mongosvr", "prod", [("tcp", 27017, 27017)])
SPLIT = {"distribution": {"reviews-v1": {"share": .4, "tolerance": .001}, "reviews-v2": {"share": .4, "tolerance": .001}, "reviews-qa": {"share": .2, "tolerance": .001}}}
COOKIE = {"headers": {"cookie": "user=dev-123"}}
case("my-gateway", world("sidecar", QA, BIG, SECRET, MY, RULE), [
    via("http is sent to https", "uk.bookinfo.com", {**status(301), "response_headers": {"location": "https://uk.bookinfo.com/reviews/1"}}, path="/reviews/1"),
    *[via(f"{h} {p}", h, ok(**SPLIT), port=p, path="/reviews/1", **({"protocol": "https", "sni": h} if p != 9080 else {})) for h in ("uk.bookinfo.com", "eu.bookinfo.com") for p in (443, 9443, 9080)],
    via("cookie", "uk.bookinfo.com", ok(routed_to="reviews-qa", target_port=7777), port=9080, **COOKIE), via("another path", "uk.bookinfo.com", status(404), port=9080, path="/x"),
    via("unknown host", "us.bookinfo.com", status(404), port=9080, path="/reviews/1"),
    rv("mesh", ok(**SPLIT), path="/reviews/1"), rv("mesh cookie", ok(routed_to="reviews-qa"), **COOKIE), rv("mesh, no rule", status(404), path="/x"),
    get("mongo outside", "outside", svc("mongosvr", "prod"), 27017, {"outcome": "allowed", "routed_to": "mongo", "target_port": 5555}, gateway=GATE, protocol="tcp"),
    get("mongo inside", C, svc("mongosvr", "prod"), 27017, {"outcome": "allowed", "routed_to": "mongosvr"}, protocol="tcp")])
BIND = [ns("some-config-namespace"), ns("ns1", "sidecar"), ns("ns2", "sidecar")] + app("one", "ns1", [("http", 80, 8080)]) + app("two", "ns2", [("http", 80, 8080)])
HOSTED = [o for where, w, hosts in (("ns1", "one", ("a.bar.com",)), ("ns2", "two", ("foo.bar.com", "b.bar.com"))) for h in hosts for o in
          vs(h.replace(".", "-"), h, f"gateways: [some-config-namespace/my-gateway], http: [{{ route: [{to(svc(w, where))}] }}]", where=where)]
case("who may bind", world("sidecar", BIND, ingressgateway(), gate("some-config-namespace", http_server("ns1/*, ns2/foo.bar.com"), "my-gateway"), HOSTED), [
    via("any of ns1", "a.bar.com", ok(routed_to="one")), via("the host of ns2", "foo.bar.com", ok(routed_to="two")), via("another of ns2", "b.bar.com", status(404))])
case("who may bind own namespace", world("sidecar", BIND, ingressgateway(), gate("ns1", http_server("./*"), "my-gateway"), vs("own", "a.bar.com", f"gateways: [my-gateway], http: [{{ route: [{to(svc('one', 'ns1'))}] }}]", where="ns1"),
     vs("foreign", "c.bar.com", f"gateways: [ns1/my-gateway], http: [{{ route: [{to(svc('two', 'ns2'))}] }}]", where="ns2")), [via("own", "a.bar.com", ok(routed_to="one")), via("foreign", "c.bar.com", status(404))])
case("suffix of a server's host", world("sidecar", BIND, ingressgateway(), gate("ns1", http_server("'*.example.com'"), "my-gateway"), *[
    vs(h.replace(".", "-"), h, f"gateways: [my-gateway], http: [{{ route: [{to(svc('one', 'ns1'))}] }}]", where="ns1") for h in ("dev.example.com", "prod.example.com", "example.com", "newexample.com")]), [
    via(h, h, ok(routed_to="one") if good else status(404)) for h, good in (("dev.example.com", 1), ("prod.example.com", 1), ("example.com", 0), ("newexample.com", 0))])
case("not exported to the gateway", world("sidecar", BIND, ingressgateway(), gate("istio-system", http_server("'*'"), "my-gateway"), vs("private", "a.bar.com", f"gateways: [istio-system/my-gateway], http: [{{ route: [{to(svc('one', 'ns1'))}] }}]", where="ns1", more=", exportTo: ['.']")), [
    via("private", "a.bar.com", status(404))])

# --- ServiceEntry
OUT = {"outcome": "allowed"}


def ext(name, host, expect, protocol="https", port=443, src="default/curl", **r):
    return get(name, src, host, port, expect, protocol=protocol, **({"sni": host} if protocol == "https" else {}), **r)


def entry(name, spec, where="default"):
    return d(f"{API}kind: ServiceEntry\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ {spec} }}\n")


ONLY = mesh_config("outboundTrafficPolicy: { mode: REGISTRY_ONLY }")
APIS = entry("external-svc-https", "hosts: [api.dropboxapi.com, www.googleapis.com, api.facebook.com], location: MESH_EXTERNAL, ports: [{ number: 443, name: https, protocol: TLS }], resolution: DNS")
case("external APIs", world("sidecar", APIS, ONLY), [*[ext(h, h, OUT) for h in ("api.dropboxapi.com", "www.googleapis.com", "api.facebook.com")], ext("another", "www.example.com", NEVER)])
WILD = entry("external-svc-redirect", "hosts: [wikipedia.org, '*.wikipedia.org'], location: MESH_EXTERNAL, ports: [{ number: 443, name: https, protocol: TLS }], resolution: NONE")
FIREWALL = [ns("ns1", "sidecar")] + app("internal-egress-firewall", "ns1", [("tls", 443, 8443)])
STEER = d(f"{API}kind: VirtualService\nmetadata: {{ name: tls-routing }}\nspec: {{ hosts: [wikipedia.org, '*.wikipedia.org'], tls: [{{ match: [{{ sniHosts: [wikipedia.org, '*.wikipedia.org'] }}], route: [{{ destination: {{ host: internal-egress-firewall.ns1.svc.cluster.local }} }}] }}] }}\n")
case("wikipedia as it is", world("sidecar", WILD, ONLY), [ext("domain", "wikipedia.org", OUT), ext("subdomain", "en.wikipedia.org", OUT), ext("another", "wikipedia.com", NEVER)])
case("wikipedia through a firewall", world("sidecar", WILD, FIREWALL, STEER), [ext(h, h, {"outcome": "allowed", "routed_to": "internal-egress-firewall"}) for h in ("wikipedia.org", "en.wikipedia.org")])
BAR = entry("external-svc-wildcard-example", "hosts: ['*.bar.com'], location: MESH_EXTERNAL, ports: [{ number: 80, name: http, protocol: HTTP }], resolution: NONE")
case("a wildcard", world("sidecar", BAR, ONLY), [ext("of it", "foo.bar.com", ok(), protocol="http", port=80), ext("not of it", "bar.com", status(502), protocol="http", port=80)])
EGRESS = [ns("egress", "sidecar")] + curl("egress") + ingressgateway("istio-egressgateway", "egressgateway", ports=(("http2", 80, 80),)) + entry("external-svc-httpbin", "hosts: [example.com], exportTo: ['.'], location: MESH_EXTERNAL, ports: [{ number: 80, name: http, protocol: HTTP }], resolution: DNS", "egress")
case("own namespace's entry", world("sidecar", EGRESS, ONLY), [ext("egress", "example.com", ok(), protocol="http", port=80, src="egress/curl"), ext("another namespace", "example.com", status(502), protocol="http", port=80)])
US = entry("external-svc-dns", "hosts: [foo.bar.com], location: MESH_EXTERNAL, ports: [{ number: 80, name: http, protocol: HTTP }], resolution: DNS, endpoints: [{ address: us.foo.bar.com, ports: { http: 8080 } }, { address: uk.foo.bar.com, ports: { http: 9080 } }, { address: in.foo.bar.com, ports: { http: 7080 } }]")
case("three domains", world("sidecar", US, ONLY), [ext("any", "foo.bar.com", ok(http_metrics=[{"metric": "istio_requests_total", "labels": {"destination_service": "foo.bar.com"}}]), protocol="http", port=80)])
DETAILS = [{"apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry", "metadata": {"name": f"details-vm-{i}", "namespace": "default"}, "spec": {"serviceAccount": "details", "address": a, "labels": {"app": "details", "instance-id": f"vm{i}"}}} for i, a in ((1, "2.2.2.2"), (2, "3.3.3.3"))] + \
    [account("details", "default"), deployment("details", "details", "default", [80], account="details")] + entry("details-svc", "hosts: [details.bookinfo.com], location: MESH_INTERNAL, ports: [{ number: 80, name: http, protocol: HTTP }], resolution: STATIC, workloadSelector: { labels: { app: details } }")
case("machines and pods", world("sidecar", DETAILS), [ext("pods' share", "details.bookinfo.com", ok(distribution={"details": {"share": 1 / 3, "tolerance": .001}}), protocol="http", port=80)])

# --- Sidecar: what is not imported is unmatched traffic
NSS = ("prod-us1", "prod-us2", "prod-apis", "istio-system")
US1 = [ROOT] + [ns(n, "sidecar") for n in NSS[:3]] + [o for n in NSS[:3] for o in versions("web", n, "v1", ports=(("http", 80, 8080),)) + curl(n)] + versions("web", "istio-system", "v1", ports=(("http", 80, 8080),)) + \
    [o for n in NSS[:3] for o in vs("web", svc("web", n), "http: [{ directResponse: { status: 418 } }]", where=n)]


def sidecar(where, hosts, more="", name="default"):
    return d(f"{API}kind: Sidecar\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ {more}egress: [{{ hosts: [{hosts}] }}] }}\n")


def seen(src, **want):
    """1: the rule is known to the caller (418). 0: it is not: passed through, or refused by REGISTRY_ONLY."""
    return lambda only: [get(n, f"{src}/curl", svc("web", n), 80, status(418) if w else status(502) if only else ok()) for n, w in ((k.replace("_", "-"), v) for k, v in want.items())]


for only in (False, True):
    mesh = US1 + (ONLY if only else [])
    t = " registry only" if only else ""
    case("no Sidecar" + t, mesh, seen("prod-us1", prod_us1=1, prod_us2=1, prod_apis=1)(only))
    case("root default" + t, mesh + sidecar("istio-system", "./*, istio-system/*"), seen("prod-us1", prod_us1=1, prod_us2=0, prod_apis=0)(only))
    case("namespace over root" + t, mesh + sidecar("istio-system", "./*, istio-system/*") + sidecar("prod-us1", "prod-us1/*, prod-apis/*, istio-system/*"), seen("prod-us1", prod_us1=1, prod_us2=0, prod_apis=1)(only))
    case("another namespace keeps the root's" + t, mesh + sidecar("istio-system", "./*, istio-system/*") + sidecar("prod-us1", "prod-us1/*, prod-apis/*, istio-system/*"), seen("prod-us2", prod_us1=0, prod_us2=1, prod_apis=0)(only))
    case("excluded" + t, mesh + sidecar("prod-us1", "'*/*', '~prod-us2/*'"), seen("prod-us1", prod_us1=1, prod_us2=0, prod_apis=1)(only))
    case("one host" + t, mesh + sidecar("prod-us1", "prod-us2/" + svc("web", "prod-us2")), seen("prod-us1", prod_us1=0, prod_us2=1, prod_apis=0)(only))
    case("selected over namespace" + t, mesh + sidecar("prod-us1", "prod-us1/*") + sidecar("prod-us1", "prod-apis/*", "workloadSelector: { labels: { app: curl } }, ", "curl"), seen("prod-us1", prod_us1=0, prod_us2=0, prod_apis=1)(only))
    case("selects somebody else" + t, mesh + sidecar("prod-us1", "prod-apis/*", "workloadSelector: { labels: { app: other } }, ", "other"), seen("prod-us1", prod_us1=1, prod_us2=1, prod_apis=1)(only))
    case("Sidecar sets REGISTRY_ONLY" + t, mesh + sidecar("prod-us1", "./*", "outboundTrafficPolicy: { mode: REGISTRY_ONLY }, "), seen("prod-us1", prod_us1=1, prod_us2=0)(True))

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_reference_traffic")
