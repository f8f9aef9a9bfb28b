"""istio/istio tests/integration/security/{authz,jwt}_test.go (86c9f01): the test's own templates (istio-security/), calls and checks."""
import re

from echo_mesh import *

SA = "cluster.local/ns/{}/sa/{}"
IPS = {("ns1", "a"): "10.10.1.1", ("ns1", "b"): "10.10.1.2", ("ns2", "a"): "10.10.2.1"}
JWKS = "https://keys.example.test/jwks.json"
SLOW = "https://keys.example.test/slow.json"


def render(file, to=("ns1", "b"), ns="ns1", allowed=("ns1", "a"), denied=("ns2", "a"), services=("b",), provider=""):
    text = (pathlib.Path(__file__).parent / "istio-security" / (file + ".yaml.tmpl")).read_text()
    text = re.sub(r"\{\{-? range \$svc := \.Services \}\}(.*?)\{\{-? end \}\}", lambda m: "".join(
        m.group(1).replace("{{ $svc.ServiceName }}", s) for s in services), text, flags=re.S)
    text = re.sub(r"\{\{ ?\(? ?\.To\.PortForName [`\"]([\w-]+)[`\"] ?\)\.WorkloadPort \}\}", lambda m: str(PORTS[m.group(1)][1]), text)
    text = re.sub(r"\{\{ ?\( ?\.To\.PortForName [`\"]([\w-]+)[`\"] ?\)\.ServicePort \}\}", lambda m: str(PORTS[m.group(1)][0]), text)
    for who, (n, s) in (("To", to), ("Allowed", allowed), ("Denied", denied), ("From", (ns, "x"))):
        for k, v in (("ServiceName", s), ("NamespaceName", n), ("NamespacedName", f"{n}/{s}"), ("SpiffeIdentity", SA.format(n, s)),
                     ("ClusterLocalFQDN", f"{s}.{n}.svc.cluster.local"), ("Config.Namespace.Prefix", n),
                     ("MustWorkloads.Addresses | toJson", json.dumps([IPS.get((n, s), "")]))):
            text = text.replace("{{ .%s.%s }}" % (who, k), v)
    text = text.replace("{{ .Namespace.Prefix }}", ns).replace("{{ .JWTServer.JwksURI }}", JWKS).replace("{{ .Provider.Name }}", provider)
    text = text.replace("{{ .SystemNamespace.Name }}", "istio-system")
    text = re.sub(r"\{\{ ?\.\w+ \| default \.SystemNamespace\.Name \}\}", "istio-system", text)
    text = re.sub(r"\{\{ ?\.\w+ \| default \"([^\"]*)\" ?\}\}", lambda m: m.group(1), text)
    assert "{{" not in text, re.findall(r"\{\{.*?\}\}", text)
    return documents(text, ns)


def mesh(mode="sidecar"):
    out = [ROOT, namespace("ns1"), namespace("ns2")]
    for ns in ("ns1", "ns2"):
        for name in "abc":
            out += echo(name, ns=ns, mode=mode)
    for o in out:
        if o["kind"] == "Deployment":
            ip = IPS.get((o["metadata"]["namespace"], o["metadata"]["name"][0]))
            if ip:  # stated addresses: the pods themselves, as a cluster shows them
                t = o["spec"]["template"]
                o.update({"apiVersion": "v1", "kind": "Pod", "spec": t["spec"], "status": {"podIP": ip, "phase": "Running"}})
                o["metadata"]["labels"] = t["metadata"]["labels"]
    return out


def workload(ns, name):
    return f"{name}-v1"


def run(title, files, rows, sources=(("ns1", "a"), ("ns2", "a")), to=("ns1", "b"), extra=(), **meshargs):
    """rows: (ports, request, allowed or function of the source)."""
    flows = []
    for src in sources:
        for ports, request, allow in rows:
            good = allow(src) if callable(allow) else allow
            for port in ports.split():
                protocol = "tcp" if port == "tcp" else "grpc" if port == "grpc" else "http"
                r = {} if protocol != "http" else {"path": "/", **request}
                if protocol == "grpc":
                    r = {"path": "/proto.EchoTestService/Echo", "method": "POST", **{k: v for k, v in request.items() if k != "path"}}
                e = {"outcome": "allowed"} if good else {"outcome": "denied"}
                if protocol == "http":
                    e["http_status"] = 200 if good else 403
                elif protocol == "tcp" and not good:
                    e["outcome"] = "denied"
                flows.append(call(f"{src} {port} {request}", f"{to[1]}.{to[0]}.svc.cluster.local", PORTS[port][0], e, src=workload(*src), ns=src[0], protocol=protocol, **r))
    case(title, mesh() + [d for f in files for d in (f if isinstance(f, list) else render(f, to))] + list(extra), flows, jwks={JWKS: "ok"}, **meshargs)


A1 = ("ns1", "a")


def mine(src):
    return src == A1


def paths(*pairs):
    return [("http http2", {"path": p + q}, allow) for p, allow in pairs for q in ("", "?param=value")]


for name in ("principal", "serviceaccount", "namespace"):
    run(f"allow {name}", ["mtls", f"allow-{name}"], [("grpc tcp", {}, mine)] + paths(("/allow", mine), ("/deny", False)))
run("trust domain", ["mtls", "allow-trust-domain"], [("grpc tcp", {}, True)] + [
    ("http http2", {"path": p}, a) for p, a in (("/allow", True), ("/deny", False), ("/not-trust-domain", False), ("/not-deny", True))])
for name in ("principal", "namespace"):
    run(f"deny {name}", ["mtls", render("deny-global", ns="istio-system"), f"deny-{name}"],
        [("grpc tcp", {}, mine)] + paths(("/deny", mine), ("/deny/allow", True), ("/allow", True), ("/global-deny", False), ("/global-deny/allow", True)))
run("not namespace", ["mtls", "not-namespace"], [("grpc tcp http http2", {}, mine)])
run("not method", ["not-method"], [("http http2", {"method": "GET"}, True), ("http http2", {"method": "PUT"}, False)], sources=(A1,))
run("not port", ["not-port"], [("http", {}, True), ("http2", {}, False)], sources=(A1,))
run("deny plaintext", [render("plaintext")], [("grpc tcp http http2", {}, mine)])

ISS1, ISS2, ISS3 = "test-issuer-1@istio.io", "test-issuer-2@istio.io", "test-issuer-3@istio.io"


def token(issuer, sub, valid=True, where=None, reason=None, **claims):
    t = {"issuer": issuer, "subject": sub, "claims": {"iss": issuer, "sub": sub, **claims}, "valid": valid}
    if where:
        t["in"] = where
    if reason:
        t["invalid_reason"] = reason
    return t


T1 = token(ISS1, "sub-1", groups=["group-1"], iat=1562182722, exp=4715782722)
T2 = token(ISS2, "sub-2", groups=["group-2"], iat=1562182783, exp=4715782783)
T3 = token(ISS3, "sub-1", groups=["group-1"])
EXPIRED = token(ISS1, "sub-1", False, reason="expired", groups=["group-1"])
PERMISSION = token(ISS2, "sub-2", permission="read write")
SCOPE = token(ISS2, "sub-2", scope="write read")
CUSTOM = token(ISS2, "sub-2", custom_scope="admin user")
AUD = token(ISS1, "sub-1", aud="foo")
AUDS = token(ISS1, "sub-1", aud=["foo", "buzz"])
N1 = token(ISS1, "sub-1", nested={"key1": ["valueA", "valueB"], "nested-2": {"key1": ["valueA", "valueB"]}})
N2 = token(ISS1, "sub-1", iat=1604008018, nested={"key2": "valueC", "nested-2": {"key2": "valueC"}})
JWT = [(None, "/token1", 0), (None, "/token2", 0), (T1, "/token1", 1), (T1, "/token2", 0), (T2, "/token1", 0), (T2, "/token2", 1), (T1, "/token3", 0),
       (T2, "/token3", 1), (T1, "/tokenAny", 1), (T2, "/tokenAny", 1), (T1, "/permission", 0), (T2, "/permission", 0), (PERMISSION, "/permission", 1),
       (SCOPE, "/scope", 1), (SCOPE, "/otherscope", 0), (CUSTOM, "/custom-scope-admin", 1), (CUSTOM, "/custom-scope-user", 1), (None, "/custom-scope-admin", 0),
       (None, "/custom-scope-user", 0), (T1, "/custom-scope-admin", 0), (N1, "/nested-key1", 1), (N2, "/nested-key1", 0), (N1, "/nested-key2", 0),
       (N2, "/nested-key2", 1), (N1, "/nested-2-key1", 1), (N2, "/nested-2-key1", 0), (N1, "/nested-non-exist", 0), (N2, "/nested-non-exist", 0),
       (None, "/tokenAny", 0), (AUD, "/audiences", 1), (AUDS, "/audiences", 1)]
run("jwt", ["jwt"], [("http http2", {"path": p, **({"jwt": t} if t else {})}, bool(a)) for t, p, a in JWT], sources=(A1,))

run("workload selector", ["workload", "workload-bad", render("workload-ns", ns="ns1"), render("workload-ns", ns="ns2"), render("workload-system-ns", ns="istio-system")],
    [("http http2", {"path": p}, a) for p, a in (("/policy-ns1-b-bad", False), ("/policy-ns1-all", True), ("/policy-ns2-all", False), ("/policy-ns1-b", True),
                                                ("/policy-system-b", True), ("/policy-ns1-c", False), ("/policy-system-c", False))], sources=(A1,))
run("path precedence", ["path-precedence"], paths(("/allow/admin", False), ("/allow", True)), sources=(A1,))
TEMPLATES = [("/allow/admin/", 1), ("/allow/admin", 0), ("/allow/user/", 0), ("/allow/admin?param=value", 0), ("/allow", 0), ("/allow/admin/temp", 1),
             ("/allow/admin/temp.txt", 1), ("/allow/admin/foo/temp.txt", 1), ("/foo/buzz/bar/bat.txt", 1), ("/foo/buzz/bar/bat.temp.txt", 1),
             ("/foo/buzz/bar/bat/fuzz.txt", 1), ("/foo/bar/bat.txt", 0), ("/foo//bar/bat.txt", 0), ("/foo/buzz/bar/bat", 1), ("/store//cart", 1),
             ("/store/cart", 0), ("/store/foo/cart", 1), ("/store/foo/bar/cart", 1)]
run("path templates", ["path-templating"], [("http http2", {"path": p}, bool(a)) for p, a in TEMPLATES], sources=(A1,))
run("path normalization", ["path-normalization"], [("http", {"path": p}, a) for p, a in (
    ("/public", True), ("/public/../public", True), ("/private", False), ("/public/../private", False), ("/public/./../private", False),
    ("/public/.././private", False), ("/public/%2E%2E/private", False), ("/public/%2e/%2e%2e/private", False), ("/public/%2e%2e/%2e/private", False))], sources=(A1,))
run("conditions", ["mtls", "conditions"], [("http", {"path": p, "headers": h}, a) for p, h, a in (
    ("/request-headers", {"x-foo": "foo"}, True), ("/request-headers", {"x-foo": "bar"}, False), ("/request-headers", {}, False),
    ("/request-headers-notValues", {"x-foo": "foo"}, True), ("/request-headers-notValues", {"x-foo": "bar"}, False),
    ("/source-ip", {}, mine), ("/source-ip-notValues", {}, mine), ("/source-namespace", {}, mine), ("/source-namespace-notValues", {}, mine),
    ("/source-principal", {}, mine), ("/source-principal-notValues", {}, mine), ("/source-trust-domain", {}, True), ("/source-trust-domain-notValues", {}, True),
    ("/destination-ip-good", {}, True), ("/destination-ip-bad", {}, False), ("/destination-ip-notValues", {}, False), ("/destination-port-good", {}, True),
    ("/destination-port-bad", {}, False), ("/destination-port-notValues", {}, False), ("/connection-sni-good", {}, True), ("/connection-sni-bad", {}, False),
    ("/connection-sni-notValues", {}, False), ("/other", {}, False))])

INGRESS = "istio-system/istio-ingressgateway"
DENY = ["deny.b.com", "DENY.b.COM", "Deny.b.Com", "deny.suffix.b.com", "DENY.SUFFIX.b.COM", "Deny.Suffix.b.Com", "prefix.b.com", "PREFIX.b.COM", "Prefix.b.Com"]
ROWS = [(h, "/", None, 0) for h in DENY] + [
    ("www.b.com", "/", "172.16.0.1", 1), ("www.b.com", "/private", "172.16.0.1", 0), ("www.b.com", "/public", "172.16.0.1", 1), ("internal.b.com", "/", "172.16.0.1", 0),
    ("internal.b.com", "/private", "172.16.0.1", 0), ("remoteipblocks.b.com", "/", "172.17.72.46", 0), ("remoteipblocks.b.com", "/", "192.168.5.233", 0),
    ("remoteipblocks.b.com", "/", "10.4.5.6", 1), ("notremoteipblocks.b.com", "/", "10.2.3.4", 0), ("notremoteipblocks.b.com", "/", "172.23.242.188", 1),
    ("remoteipattr.b.com", "/", "10.242.5.7", 0), ("remoteipattr.b.com", "/", "10.124.99.10", 0), ("remoteipattr.b.com", "/", "10.4.5.6", 1)]
case("ingress gateway", mesh() + classic_gateway() + render("ingress-gateway", ns="ns1"),
     [call(f"{h}{p} {ip}", h, 80, ok() if a else {"outcome": "denied", "http_status": 403}, outside=True, gateway=INGRESS, host=h, path=p,
           headers={"x-forwarded-for": ip} if ip else {}) for h, p, ip, a in ROWS], num_trusted_proxies=1)
case("not host", mesh() + classic_gateway() + render("not-host"),
     [call(h, h, 80, ok() if a else {"outcome": "denied", "http_status": 403}, outside=True, gateway=INGRESS, host=h) for h, a in (("allow.b.com", 1), ("deny.b.com", 0))])

EGRESS = [("www.company.com", "/allow", None, True), ("www.company.com", "/deny", None, False), ("a-ns1-only.com", "/", None, mine), ("jwt-only.com", "/", T1, True),
          ("jwt-only.com", "/", T2, False), ("jwt-and-a-ns1-only.com", "/", T1, mine), ("jwt-and-a-ns1-only.com", "/", T2, False)]
for src in (A1, ("ns2", "a")):
    case(f"egress gateway {src}", mesh() + classic_gateway("istio-egressgateway", "egressgateway") + render("egress-gateway", ns=src[0]),
         [call(f"{h}{p}", "10.4.4.4", 80, {"http_status": 200 if (a(src) if callable(a) else a) else 403}, src="a-v1", ns=src[0], host=h, path=p, **({"jwt": t} if t else {}))
          for h, p, t, a in EGRESS], jwks={JWKS: "ok"})

# CUSTOM: HTTP and gRPC providers allow by a header, TCP by the client's account.
CUSTOM_ROWS = [("http http2 grpc", {"path": "/custom", "headers": {"x-ext-authz": "allow"}}, True), ("http http2 grpc", {"path": "/custom", "headers": {"x-ext-authz": "deny"}}, False),
               ("http http2", {"path": "/health", "headers": {"x-ext-authz": "allow"}}, True), ("http http2", {"path": "/health", "headers": {"x-ext-authz": "deny"}}, True)]
for kind in ("envoyExtAuthzHttp", "envoyExtAuthzGrpc"):
    config = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"},
               "data": {"mesh": yaml.safe_dump({"extensionProviders": [{"name": "p", kind: {"service": "ext-authz.istio-system.svc.cluster.local", "port": 8000,
                                                                                           **({"includeRequestHeadersInCheck": ["x-ext-authz"]} if kind.endswith("Http") else {})}}]})}}]
    run(f"custom {kind}", [render("custom-provider", provider="p")], CUSTOM_ROWS + ([("tcp", {}, lambda s: s == A1)] if kind.endswith("Grpc") else []),
        sources=(A1,), extra=config, ext_authz={"p": {"http_allow_if_header": {"x-ext-authz": "allow"}, "tcp_allow_if_principal_suffix": "/ns/ns1/sa/a"}})


# --- jwt_test.go -----------------------------------------------------------------------------------------------------
def requests(title, file, rows, to=("ns1", "b"), **meshargs):
    for mode in ("sidecar",):
        case(f"requestauthn {title}", mesh(mode) + render(file, to),
             [call(n, "b.ns1.svc.cluster.local", 80, e, src="a-v1", ns="ns1", **r) for n, r, e in rows], **{"jwks": {JWKS: "ok"}, **meshargs})


NO = {"outcome": "denied", "http_status": 403}
UN = {"outcome": "denied", "http_status": 401}
requests("authn only", "authn-only", [
    ("valid", {"jwt": T1}, ok(upstream={"headers_absent": ["authorization"], "headers_present": ["x-test-payload"], "headers": {"x-jwt-iss": ISS1, "x-jwt-iat": "1562182722"}})),
    ("valid 2", {"jwt": T2}, ok(upstream={"headers_absent": ["authorization"], "headers_present": ["x-test-payload"]})),
    ("expired", {"jwt": EXPIRED}, UN),
    ("cors", {"jwt": EXPIRED, "method": "OPTIONS", "headers": {"access-control-request-method": "POST", "origin": "https://istio.io"}}, ok()),
    ("bad cors", {"jwt": EXPIRED, "method": "OPTIONS", "headers": {"access-control-request-method": "POST"}}, UN),
    ("none", {}, ok()),
    ("nested", {"jwt": N2, "headers": {"x-jwt-nested-claim": "value_to_be_replaced"}},
     ok(upstream={"headers": {"x-jwt-iss": ISS1, "x-jwt-iat": "1604008018", "x-jwt-nested-claim": "valueC"}}))])
requests("authn authz", "authn-authz", [("valid", {"jwt": T1}, ok()), ("expired", {"jwt": EXPIRED}, UN), ("none", {}, NO)])
requests("forward", "forward", [("valid", {"jwt": T1}, ok(upstream={"headers_present": ["x-test-payload"]}))])
requests("aud", "aud", [("invalid", {"jwt": T1}, NO), ("valid", {"jwt": AUD}, ok()), ("combined", {"jwt": T2}, ok())])


def at(**where):
    return lambda t: {**t, "in": where}


Q, Q2 = at(query_param="token"), at(query_param="secondary_token")
requests("headers params", "headers-params", [
    ("param", {"jwt": Q(T1)}, ok()), ("secondary", {"jwt": Q2(T1)}, ok()), ("other param", {"jwt": at(query_param="token_value")(T1)}, NO),
    ("set", {"jwts": [Q(T1), Q2(T1)]}, ok()), ("invalid set", {"jwts": [Q(T1), Q2(EXPIRED)]}, UN),
    ("header", {"jwt": at(header="x-jwt-token", prefix="Value ")(T1)}, ok()), ("second header", {"jwt": at(header="auth-token", prefix="Token ")(T1)}, ok()),
    ("other header", {"jwt": at(header="auth-header-param", prefix="Bearer ")(T1)}, NO)])

case("requestauthn ingress in mesh", mesh() + classic_gateway() + render("global-jwt", ns="istio-system") + render("ingress", ns="ns1"),
     [call("expired", "b.ns1.svc.cluster.local", 80, UN, ns="ns1", jwt=EXPIRED), call("none", "b.ns1.svc.cluster.local", 80, ok(), ns="ns1")], jwks={JWKS: "ok"})
GATE = [("healthz", "/healthz", "example", None, ok()), ("no token", "/", "example", None, NO), ("sub-1", "/", "example", T1, ok()), ("sub-2", "/", "example", T2, NO),
        ("expired", "/", "example", EXPIRED, UN), ("any sub-1", "/", "any-request-principal-ok", T1, ok()), ("any sub-2", "/", "any-request-principal-ok", T2, ok()),
        ("any none", "/", "any-request-principal-ok", None, NO), ("other", "/", "other-host", T1, NO)]
case("requestauthn ingress", mesh() + classic_gateway() + render("global-jwt", ns="istio-system") + render("ingress", ns="ns1"),
     [call(n, f"{h}.b.com", 80, e, outside=True, gateway=INGRESS, path=p, host=f"{h}.b.com", **({"jwt": t} if t else {})) for n, p, h, t, e in GATE], jwks={JWKS: "ok"})
# With policy attachment only (policy_attachment_only/jwt_gateway_test.go) selectors do not reach a Gateway API gateway: issuer 3 stays unknown.
for title, selectors, third in (("", "true", ok()), (" attachment only", "false", UN)):
    case("requestauthn gateway api" + title, mesh() + render("gateway-api", ns="ns1") + render("gateway-jwt", ns="ns1"),
         [call(n, f"{h}.b.com", 80, e, outside=True, gateway="ns1/b-gateway", path=p, host=f"{h}.b.com", **({"jwt": t} if t else {}))
          for n, p, h, t, e in GATE + [("sub-1 of issuer 3", "/", "example", T3, third)]], jwks={JWKS: "ok"}, features={"ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY": selectors})

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "security")
