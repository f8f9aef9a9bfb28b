"""istio/istio tests/integration/pilot/common/routing.go (86c9f01): what each case configures and checks."""
from echo_mesh import *

B = "b.echo.svc.cluster.local"
C = "c.echo.svc.cluster.local"


def vs(http, name="default", hosts=("b",), extra=""):
    return documents(f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: {name} }}
spec:
  hosts: {json.dumps(list(hosts))}
{extra}
  http:
{http}
""")


ROUTE = """
    route:
    - destination: { host: b }
"""


def both(name, config, flows, modes=("sidecar", "waypoint")):
    """workloadAgnostic cases run from every captured client to every captured server: here in sidecar mode and behind a waypoint."""
    for mode in modes:
        case(f"{name}-{mode}", standard(mode) + config, flows)


def simple(name, http, calls, modes=("sidecar", "waypoint")):
    both(name, vs(http), [call(n, B, PORTS[p][0], e, **{"protocol": "http", **r}) for n, p, r, e in calls], modes)


def headers(kind, where, key, value):
    edit = f"headers: {{ request: {{ {kind}: {{ '{key}': {value} }} }} }}"
    if where == "route":
        return f"  - route:\n    - destination: {{ host: b }}\n    {edit}\n"
    return f"  - route:\n    - destination: {{ host: b }}\n      {edit}\n"


simple("added header", headers("add", "route", "istio-custom-header", "user-defined-value"),
       [("x", "http", {}, ok(upstream={"headers": {"istio-custom-header": "user-defined-value"}}))])
simple("set header", headers("set", "route", "x-custom", "some-value"), [("x", "http", {}, ok(upstream={"headers": {"x-custom": "some-value"}}))])
for where in ("route", "destination"):
    for key in ("Host", ":authority"):
        simple(f"set {key.strip(':').lower()} header in {where}", headers("set", where, key, "my-custom-authority"),
               [("x", "http", {}, ok(upstream={"host": "my-custom-authority"}))])
simple("set host header in route and destination", """
  - route:
    - destination: { host: b }
      headers: { request: { set: { Host: dest-authority } } }
    headers: { request: { set: { ":authority": route-authority } } }
""", [("x", "http", {}, ok(upstream={"host": "route-authority"}))])
simple("set host header in route and multi destination", """
  - route:
    - destination: { host: b }
      headers: { request: { set: { Host: dest-authority } } }
      weight: 50
    - destination: { host: b }
      weight: 50
    headers: { request: { set: { ":authority": route-authority } } }
""", [("x", "http", {}, ok(upstream={"host": "route-authority"}))])
simple("redirect", """
  - match: [{ uri: { exact: /foo } }]
    redirect: { uri: /new/path }
  - match: [{ uri: { exact: /new/path } }]
    route:
    - destination: { host: b }
""", [("first", "http", {"path": "/foo?key=value"}, {**status(301), "response_headers": {"location": f"http://{B}/new/path?key=value"}}),
      ("followed", "http", {"path": "/new/path?key=value"}, ok(upstream={"path": "/new/path?key=value"}))])
simple("redirect port and scheme", """
  - match: [{ uri: { exact: /foo } }]
    redirect: { derivePort: FROM_REQUEST_PORT, scheme: https }
""", [("x", "http", {"path": "/foo"}, {**status(301), "response_headers": {"location": f"https://{B}:80/foo"}})])
simple("redirect request port", """
  - match: [{ uri: { exact: /foo } }]
    redirect: { derivePort: FROM_REQUEST_PORT }
""", [("default", "http", {"path": "/foo", "host": "b"}, {**status(301), "response_headers": {"location": "http://b/foo"}}),
      ("default with port", "http", {"path": "/foo", "host": "b:80"}, {**status(301), "response_headers": {"location": "http://b:80/foo"}}),
      ("other", "http2", {"path": "/foo", "host": "b"}, {**status(301), "response_headers": {"location": "http://b:85/foo"}}),
      ("other with port", "http2", {"path": "/foo", "host": "b:85"}, {**status(301), "response_headers": {"location": "http://b:85/foo"}})])
simple("redirect prefix_rewrite", """
  - match: [{ uri: { prefix: /foo/ } }]
    redirect: { prefixRewrite: /new/ }
  - match: [{ uri: { prefix: /new/ } }]
    route:
    - destination: { host: b }
""", [("first", "http", {"path": "/foo/bar"}, {**status(301), "response_headers": {"location": f"http://{B}/new/bar"}}),
      ("followed", "http", {"path": "/new/bar"}, ok(upstream={"path": "/new/bar"}))])
ABSURD = "a!#$%&'*+-.^_`|~z"
simple("weird header matches", f"""
  - match: [{{ headers: {{ {json.dumps(ABSURD)}: {{ exact: why }} }} }}]{ROUTE}""",
       [("no match", "http", {}, status(404)), ("match", "http", {"headers": {ABSURD: "why"}}, OK)])
simple("pseudo header matches", """
  - match: [{ headers: { ":method": { exact: GET } } }]""" + ROUTE,
       [("no match", "http", {"method": "POST"}, status(404)), ("match", "http", {"method": "GET"}, OK)])
simple("rewrite uri", "  - match: [{ uri: { exact: /foo } }]\n    rewrite: { uri: /new/path }" + ROUTE,
       [("x", "http", {"path": "/foo?key=value"}, ok(upstream={"path": "/new/path?key=value"})),
        ("hash", "http", {"path": "/foo?key=value#hash"}, ok(upstream={"path": "/new/path?key=value"}))])
simple("rewrite authority", "  - match: [{ uri: { exact: /foo } }]\n    rewrite: { authority: new-authority }" + ROUTE,
       [("x", "http", {"path": "/foo"}, ok(upstream={"host": "new-authority"}))])
simple("cors", """
  - corsPolicy:
      allowOrigins: [{ exact: cors.com }]
      allowMethods: [POST, GET]
      allowCredentials: false
      allowHeaders: [X-Foo-Bar, X-Foo-Baz]
      maxAge: 24h""" + ROUTE,
       [("preflight", "http", {"method": "OPTIONS", "headers": {"Origin": "cors.com", "Access-Control-Request-Method": "DELETE"}},
         {"http_status": 200, "response_headers": {"Access-Control-Allow-Origin": "cors.com", "Access-Control-Allow-Methods": "POST,GET",
                                                  "Access-Control-Allow-Headers": "X-Foo-Bar,X-Foo-Baz", "Access-Control-Max-Age": "86400"}}),
        ("get", "http", {"headers": {"Origin": "cors.com"}}, ok(response_headers={"Access-Control-Allow-Origin": "cors.com"})),
        ("get no origin", "http", {}, ok(response_headers={"Access-Control-Allow-Origin": ""})),
        ("get other origin", "http", {"headers": {"Origin": "other.com"}}, ok(response_headers={"Access-Control-Allow-Origin": ""}))])
simple("retry conditions", """
  - route:
    - destination: { host: b }
    retries: { attempts: 3, perTryTimeout: 2s, retryOn: "gateway-error,connect-failure,refused-stream,reset-before-request", retryRemoteLocalities: true }
""", [("x", "http", {}, OK)])
simple("fault abort", "  - route:\n    - destination: { host: b }\n    fault: { abort: { percentage: { value: 100 }, httpStatus: 418 } }\n",
       [("x", "http", {}, status(418))])
simple("fault abort gRPC", "  - route:\n    - destination: { host: b }\n    fault: { abort: { percentage: { value: 100 }, grpcStatus: UNAVAILABLE } }\n",
       [("x", "grpc", {"protocol": "grpc"}, {"grpc_status": "UNAVAILABLE"})])
simple("catch all route short circuit the other routes", """
  - match: [{ uri: { regex: .* } }]
    route:
    - destination: { host: b }
    fault: { abort: { percentage: { value: 100 }, httpStatus: 418 } }
  - route:
    - destination: { host: b }
""", [("x", "http", {}, status(418))])
for split in ((50, 25, 25), (80, 10, 10)):
    dests = "".join(f"    - destination: {{ host: {h} }}\n      weight: {w}\n" for h, w in zip(("b", "c", "naked"), split))
    both(f"shifting-{split[0]}", vs("  - route:\n" + dests),
         [call("x", B, 80, {"distribution": {w: {"share": s / 100, "tolerance": 0.001} for w, s in zip(("b-v1", "c-v1", "naked-v1"), split)}})])
WITHOUT = """
  - match: [{ withoutHeaders: { end-user: { %s } } }]
    route:
    - destination: { host: b }
    fault: { abort: { percentage: { value: 100 }, httpStatus: 403 } }
  - route:
    - destination: { host: b }
"""
simple("without headers", WITHOUT % "exact: jason",
       [("jason", "http", {"path": "/foo", "headers": {"end-user": "jason"}}, OK),
        ("not jason", "http", {"path": "/foo", "headers": {"end-user": "not-jason"}}, {"http_status": 403}),
        ("none", "http", {"path": "/foo"}, {"http_status": 403})])
simple("without headers regex star", WITHOUT % 'regex: "*"',
       [("value", "http", {"path": "/foo", "headers": {"end-user": "jason"}}, OK),
        ("empty", "http", {"path": "/foo", "headers": {"end-user": ""}}, OK),
        ("none", "http", {"path": "/foo"}, {"http_status": 403})])
simple("without headers regex any", WITHOUT % "regex: .*",
       [("value", "http", {"path": "/foo", "headers": {"end-user": "jason"}}, OK),
        ("empty", "http", {"path": "/foo", "headers": {"end-user": ""}}, OK), ("none", "http", {"path": "/foo"}, OK)])

# useClientProtocolCases, destinationRuleCases
USE_CLIENT = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: use-client-protocol }
spec:
  host: %s
  trafficPolicy: { connectionPool: { http: { useClientProtocol: true } } }
"""
case("use client protocol", standard() + documents(USE_CLIENT % "c"),
     [call("h2", C, 80, ok(upstream={"http_version": "HTTP/2"}), http_version="HTTP/2"),
      call("h1", C, 80, ok(upstream={"http_version": "HTTP/1.1"}), http_version="HTTP/1.1")])
case("only idletimeout", standard() + documents("""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: idletimeout-dr }
spec: { host: c, trafficPolicy: { connectionPool: { http: { idleTimeout: 100s } } } }
"""), [call("x", C, 80, OK, http_version="HTTP/2")])

# trafficLoopCases
case("traffic loop", standard(), [call(str(p), {"pod": "echo/b-v1"}, p, {"outcome": "unreachable"}) for p in (15001, 15006)])

# autoPassthroughCases: no combination of SNI and ALPN reaches anything.
GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: %s, namespace: %s }
spec:
  selector: { istio: ingressgateway }
  servers:
  - port: { number: %d, name: %s, protocol: %s }
    hosts: ["%s"]
%s
"""
INGRESS = "istio-system/istio-ingressgateway"
for mode in ("STRICT", "PERMISSIVE", "DISABLE"):
    snis = [f"outbound{sep}{port}{sep}{sep}{host}" if sep == "|" else f"outbound_.{port}_._.{host}"
            for host in ("a.echo.svc.cluster.local", "naked.echo.svc.cluster.local") for port in (80, 9443) for sep in ("|", "_")]
    case(f"auto passthrough {mode}", standard() + classic_gateway() +
         documents(f"apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{ name: default, namespace: istio-system }}\nspec: {{ mtls: {{ mode: {mode} }} }}\n") +
         documents(GATEWAY % ("cross-network-gateway-test", "istio-system", 443, "tls", "TLS", "*.local", "    tls: { mode: AUTO_PASSTHROUGH }")),
         [call(sni, sni, 443, {"outcome": "unreachable"}, outside=True, gateway=INGRESS, protocol="tls", sni=sni)
          for sni in snis])


# gatewayCases
def gw(hosts="*", tls="", port=80, name="http", protocol="HTTP"):
    return documents(GATEWAY % ("gateway", "echo", port, name, protocol, hosts, tls))


def gw_vs(host=B, port=80, dest=None, match=""):
    return documents(f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: v }}
spec:
  gateways: [gateway]
  hosts: ["{host}"]
  http:
  - route:
    - destination: {{ host: {dest or host}, port: {{ number: {port} }} }}
{match}
""")


def ingress(name, config, flows, modes=("sidecar", "ambient")):
    for mode in modes:
        case(f"gateway {name}-{mode}", standard(mode) + classic_gateway() + config, flows)


def via(name, expect, to=B, port=80, **request):
    return call(name, to, port, expect, outside=True, gateway=INGRESS, **request)


REDIRECT = "    tls: { httpsRedirect: true }"
ingress("404", gw() + gw_vs(), [via("x", status(404), to="foo.bar")])
ingress("https redirect", gw(tls=REDIRECT), [via("x", {**status(301)})])
ingress("http redirect when vs port is https", gw(tls=REDIRECT) + gw_vs(port=443), [via("x", status(301))])
ingress("client protocol http1", gw() + gw_vs(port=81), [via("x", ok(upstream={"http_version": "HTTP/1.1"}))])
ingress("client protocol http2", gw() + gw_vs(port=81), [via("x", ok(upstream={"http_version": "HTTP/1.1"}), http_version="HTTP/2")])
ingress("wildcard hostname", gw("*.example.com") + gw_vs("*.example.com", dest=B),
        [via(h, OK, to="foo.example.com", host=h) for h in ("foo.example.com", "foo.example.com:80", "foo.example.com:12345")])
for port in ("auto-http", "http", "http2"):
    for h2 in (True, False):
        v = "HTTP/2" if h2 else "HTTP/1.1"
        ingress(f"use client protocol {v[5]} {port}", gw() + gw_vs(port=PORTS[port][0]) + documents(USE_CLIENT % B),
                [via("x", ok(upstream={"http_version": v}), http_version=v)], modes=("sidecar",))
ingress("HTTP", gw() + gw_vs(), [via("x", OK)])
ingress("HTTPS", gw(B, "    tls: { mode: SIMPLE, credentialName: cred }", 443, "https", "HTTPS") + gw_vs(), [via("x", OK, port=443, protocol="https", sni=B)])
ingress("optional mTLS", gw(B, "    tls: { mode: OPTIONAL_MUTUAL, credentialName: cred }", 443, "https", "HTTPS") + gw_vs(),
        [via("x", OK, port=443, protocol="https", sni=B)])
for scheme, port, tls in (("http", 80, ""), ("https", 443, "    tls: { mode: SIMPLE, credentialName: cred }")):
    ingress(f"{scheme} scheme match", gw(B if tls else "*", tls, port, scheme, scheme.upper()) +
            gw_vs(match=f"    match: [{{ scheme: {{ exact: {scheme} }} }}]\n    headers: {{ request: {{ add: {{ istio-custom-header: user-defined-value }} }} }}"),
            [via("x", ok(upstream={"headers": {"istio-custom-header": "user-defined-value"}}), port=port, protocol="https" if tls else "http",
                 **({"sni": B} if tls else {}))])
ingress("HTTPS re-encrypt", gw(B, "    tls: { mode: SIMPLE, credentialName: cred }", 443, "https", "HTTPS") + gw_vs(port=443) + documents(f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: b-origination, namespace: istio-system }}
spec: {{ host: {B}, trafficPolicy: {{ tls: {{ mode: SIMPLE, insecureSkipVerify: true }} }} }}
"""), [via("x", OK, port=443, protocol="https", sni=B)], modes=("sidecar",))

# hostCases: every way to name a headless Service reaches it by mTLS.
H = "headless"
FQ = "headless.echo.svc.cluster.local"
for port in ("auto-http", "http"):
    number = PORTS[port][1]
    hosts = [FQ, f"{FQ}:{number}", f"{FQ}:12345", "headless.echo.svc", f"headless.echo.svc:{number}", "headless.echo.svc:12345", H, f"{H}:{number}",
             f"{H}:12345", f"some-instances.{FQ}:{number}", f"some-instances.{FQ}:12345", "some-instances.headless.echo.svc",
             "some-instances.headless.echo.svc:12345", f"some-instances.{H}", f"some-instances.{H}:{number}", f"some-instances.{H}:12345"]
    case(f"host {port}", standard(), [call(h, FQ, PORTS[port][0], ok(transport="mtls"), host=h) for h in hosts])

# serviceCases
for n, port, target, proto in ((1, 80, 18080, "http"), (2, 80, 19000, "tcp"), (3, 12345, 18080, "http"), (4, 12346, 19001, "http")):
    name = f"b-alt-{n}"
    case(f"service case {n}", standard() + documents(f"""
apiVersion: v1
kind: Service
metadata: {{ name: {name}, labels: {{ app: b }} }}
spec:
  ports: [{{ name: {proto}, port: {port}, targetPort: {target} }}]
  selector: {{ app: b }}
"""), [call("x", f"{name}.echo.svc.cluster.local", port, {"outcome": "allowed", "http_status": 200 if proto == "http" else None, "target_port": target,
                                                        "routed_to": "b-v1"}, protocol=proto)])

# externalNameCases
EXT = """
apiVersion: v1
kind: Service
metadata: { name: b-ext }
spec:
  type: ExternalName
  externalName: b.echo.svc.cluster.local
"""
EXT_PORT = "  ports: [{ name: http, port: 80, protocol: TCP, targetPort: 18080 }]\n"


def four(host):
    return [call(p, host, PORTS[p][0], {"outcome": "allowed", "http_status": 200 if "http" in p and p != "https" else None, "routed_to": "b-v1",
                                        "transport": "mtls" if p in ("http", "auto-http") else None},
                 protocol={"tcp": "tcp", "https": "https"}.get(p, "http")) for p in ("http", "auto-http", "tcp", "https")]


case("external name without port", standard() + documents(EXT), four("b-ext.echo.svc.cluster.local"))
case("external name with port", standard() + documents(EXT + EXT_PORT), four("b-ext.echo.svc.cluster.local"))
case("external name routed", standard() + documents(EXT + EXT_PORT.replace("18080", "80")) + documents("""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ext-route }
spec:
  gateways: [mesh]
  hosts: [c]
  http:
  - route:
    - destination: { host: b-ext.echo.svc.cluster.local, port: { number: 80 } }
"""), [call(p, C, PORTS[p][0], {"outcome": "allowed", "http_status": 200, "routed_to": "b-v1", "transport": "mtls"}) for p in ("http", "auto-http")])
ingress("external name", documents(EXT) + gw() + gw_vs("b-ext.echo.svc.cluster.local"), [via("x", ok(routed_to="b-v1"), to="b-ext.echo.svc.cluster.local")],
        modes=("sidecar",))

# selfCallsCases
case("self", standard(), [call("to service", "a.echo.svc.cluster.local", 80, ok(upstream={"headers": {"x-envoy-attempt-count": "1"}})),
                          call("to pod", {"pod": "echo/a-v1"}, 18080, ok(upstream={"headers_absent": ["x-envoy-attempt-count"]}))])

# protocolSniffingCases
for mode in ("sidecar", "waypoint", "ambient"):
    case(f"sniffing {mode}", standard(mode),
         [call(p, B, PORTS[p][0], {"outcome": "allowed", "http_status": None if proto == "tcp" else 200,
                                   "upstream": None if proto == "tcp" else {"host": B if p == "http" else f"{B}:{PORTS[p][0]}"}}, protocol=proto)
          for p, proto in (("http", "http"), ("auto-http", "http"), ("tcp", "tcp"), ("auto-tcp", "tcp"), ("grpc", "grpc"), ("auto-grpc", "grpc"))])
case("http10", standard(), [call("to http", B, 80, {"http_status": 426}, http_version="HTTP/1.0"),
                            call("to auto", B, 81, OK, http_version="HTTP/1.0")])

# instanceIPTests: Sidecar ingress with defaultEndpoint; the container listens on its own address, on localhost, on all.
for name, endpoint, port, code in (
        ("instance IP wildcard sidecar", "0.0.0.0", "http-instance", 200), ("instance IP empty sidecar", "", "http-instance", 200),
        ("localhost IP localhost sidecar", "127.0.0.1", "http-localhost", 200), ("wildcard IP wildcard sidecar", "0.0.0.0", "http", 200),
        ("wildcard IP localhost sidecar", "127.0.0.1", "http", 200), ("wildcard IP empty sidecar", "", "http", 200)):
    number = PORTS[port][1]
    case(name, standard() + documents(f"""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{ name: sidecar }}
spec:
  workloadSelector: {{ labels: {{ app: b }} }}
  egress: [{{ hosts: ["./*"] }}]
  ingress:
  - port: {{ number: {number}, protocol: HTTP }}
    defaultEndpoint: "{endpoint}:{number}"
"""), [call("x", B, PORTS[port][0], {"http_status": code})])

# serverFirstTestCases
for port in ("tcp-server", "auto-tcp-server"):
    auto = port.startswith("auto")
    for client, server, success in (("DISABLE", "DISABLE", True), ("DISABLE", "PERMISSIVE", False), ("DISABLE", "STRICT", False), ("ISTIO_MUTUAL", "DISABLE", False),
                                    ("ISTIO_MUTUAL", "PERMISSIVE", True), ("ISTIO_MUTUAL", "STRICT", True)):
        good = success and not auto
        case(f"server first {port} {client} {server}", standard() + documents(f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: c }}
spec: {{ host: c, trafficPolicy: {{ tls: {{ mode: {client} }} }} }}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{ name: c }}
spec:
  selector: {{ matchLabels: {{ app: c }} }}
  mtls: {{ mode: {server} }}
"""), [call("x", C, PORTS[port][0], {"outcome": "allowed" if good else "reset"}, protocol="tcp", server_first=True)])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "routing")
