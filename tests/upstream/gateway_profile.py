"""The gateway profile of the Gateway API's conformance suite, which istio runs (tests/integration/pilot/gateway_conformance_test.go): the base objects of
kubernetes-sigs/gateway-api (4564255a) conformance/base/manifests.yaml and the short forms of what its tests apply; gateway_profile_*.py are its tests.
Not tabled: statuses, what `SupportedFeatures` of istio leaves out, UDP, certificates' contents, and answers that need a slow or failing backend."""
import pathlib

import echo_mesh
from echo_mesh import ROOT, call, case, namespace, write

INFRA, WEB, APP = "gateway-conformance-infra", "gateway-conformance-web-backend", "gateway-conformance-app-backend"
API = "gateway.networking.k8s.io/"
VERSION = {"TCPRoute": "v1alpha2", "TLSRoute": "v1", "ReferenceGrant": "v1beta1"}
ECHO = "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho"
OK = {"outcome": "allowed", "http_status": 200}


def o(kind, name, spec, ns=INFRA, **metadata):
    if kind == "Gateway":
        spec = {"gatewayClassName": "istio", **spec}
    return {"apiVersion": API + VERSION.get(kind, "v1"), "kind": kind, "metadata": {"name": name, "namespace": ns, **metadata}, "spec": spec}


def ref(name):
    return {"name": name}


def parent(name, ns=INFRA, section=None, kind=None):
    return {"name": name, "namespace": ns, **({"sectionName": section} if section else {}), **({"kind": kind, "group": "gateway.networking.k8s.io"} if kind else {})}


def back(name, port=8080, **more):
    return {"name": name, "port": port, **more}


def path(value, kind="PathPrefix", **more):
    return {"path": {"type": kind, "value": value}, **more}


def nv(name, value):
    return {"name": name, "value": value}


def is_(name, value):
    return {"type": "Exact", **nv(name, value)}


def on(name, port=80, protocol="HTTP", host=None, source="All", allowed=False, tls=None):
    """A listener; `allowed` None: no allowedRoutes, else instead of `from: source`."""
    out = {"name": name, "port": port, "protocol": protocol}
    if host:
        out["hostname"] = host
    if allowed is not None:
        out["allowedRoutes"] = allowed or {"namespaces": {"from": source}}
    if tls:
        out["tls"] = tls
    return out


def svc(name, ns, spec):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns}, "spec": spec}


def app(name, ns, labels, ports=(3000,)):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ns}, "spec": {"selector": {"matchLabels": labels}, "template": {
        "metadata": {"labels": labels}, "spec": {"containers": [{"name": "echo", "image": "registry.example.test/app:1", "ports": [{"containerPort": p} for p in ports]}]}}}}


def backend(name, ns=INFRA, ports=((None, 8080, 3000),), **more):
    """ports: (appProtocol, port, port of the container)"""
    spec = {"selector": {"app": name}, "ports": [{"name": f"port-{p}", "protocol": "TCP", "port": p, "targetPort": t, **({"appProtocol": a} if a else {})} for a, p, t in ports]}
    return [svc(name, ns, {**spec, **more}), app(name, ns, {"app": name}, tuple(sorted({t for _, _, t in ports})))]


CERT = {"certificateRefs": [{"group": "", "kind": "Secret", "name": "tls-validity-checks-certificate", "namespace": INFRA}]}
H2C = (("kubernetes.io/h2c", 8080, 3000),)
BASE = [ROOT, namespace(INFRA, **{"gateway-conformance": "infra"}), namespace(APP, **{"gateway-conformance": "backend"}), namespace(WEB, **{"gateway-conformance": "backend"}),
        o("Gateway", "same-namespace", {"listeners": [on("http", source="Same")]}), o("Gateway", "all-namespaces", {"listeners": [on("http")]}),
        o("Gateway", "same-namespace-with-https-listener", {"listeners": [
            on("https", 443, "HTTPS", source="Same", tls=CERT), on("https-with-hostname", 443, "HTTPS", "second-example.org", "Same", tls=CERT),
            on("https-with-wildcard-hostname", 443, "HTTPS", "*.wildcard.org", "Same", tls=CERT), on("https-with-hostname-matching-wildcard", 443, "HTTPS", "fourth-example.wildcard.org", "Same", tls=CERT)]}),
        o("Gateway", "backend-namespaces", {"listeners": [on("http", allowed={"namespaces": {"from": "Selector", "selector": {"matchLabels": {"gateway-conformance": "backend"}}}})]}),
        *backend("infra-backend-v1", ports=((None, 8080, 3000), ("kubernetes.io/h2c", 8081, 3001), ("kubernetes.io/ws", 8082, 3000))), *backend("infra-backend-v2"), *backend("infra-backend-v3"),
        *backend("tls-backend", ports=((None, 443, 8443),)), *backend("tls-backend-2", ports=((None, 443, 8443),)), *backend("tls-backend", APP, ((None, 443, 8443),)),
        *backend("app-backend-v1", APP), *backend("app-backend-v2", APP), *backend("web-backend", WEB), *backend("grpc-infra-backend-v1", ports=H2C), *backend("grpc-infra-backend-v2", ports=H2C),
        *backend("grpc-infra-backend-v3", ports=H2C)]


def location(redirect, request, secure):
    scheme = redirect.get("Scheme") or ("https" if secure else "http")
    port = str(redirect.get("Port") or "")
    shown = f":{port}" if port and port != {"http": "80", "https": "443"}[scheme] else ""
    return f"{scheme}://{redirect.get('Host') or request['host']}{shown}{redirect.get('Path') or request['path']}"


def expectation(want, options, request, secure):
    if isinstance(want, dict):
        return want
    if isinstance(want, str) and want.isupper():
        return {"grpc_status": want}
    if isinstance(want, int):
        e = {"http_status": want, **({"outcome": "unreachable"} if want != 200 else {})}  # 200: whoever answers
    else:
        e = {**OK, "routed_to": f"{options.get('ns', INFRA)}/{want}"}
    if "up" in options:
        e["upstream"] = options["up"]
    if "redirect" in options:
        e["response_headers"] = {"location": location(options["redirect"], request, secure)}
    if "mirrored" in options:
        e["mirrored"] = {name: {"share": (p or 100) / 100, "tolerance": .0001} for name, p in options["mirrored"]}
    if "response" in options:
        e["response_headers"] = options["response"]
    return e


def listener_port(objects, gateway, section=None):
    for g in objects:
        if g["kind"] == "Gateway" and g["metadata"]["name"] == gateway:
            return next(x["port"] for x in g["spec"]["listeners"] if section in (None, x["name"]))
    raise KeyError(gateway)


def test(name, gateway, objects, flows):
    calls = []
    for where, want, *more in flows:
        options = more[0] if more else {}
        at = options.get("gw", gateway)
        port = options.get("port") or listener_port(BASE + objects, at, options.get("section"))
        grpc = where.startswith("grpc:")
        request = {"host": options.get("host", "gateway.example.test"), "path": f"/{ECHO}/{where[5:]}" if grpc else where, **{k: options[k] for k in ("method", "headers") if k in options}}
        secure = options.get("sni")
        if secure:
            request["sni"] = secure
        e = expectation(want, options, request, secure)
        protocol = options.get("protocol") or ("grpc" if grpc else "https" if secure else "http")
        if protocol == "tcp":
            request = {}
        calls.append(call(f"{len(calls)} {at} {where}", options.get("host", "gateway.example.test"), port, e, outside=True, gateway=f"{INFRA}/{at}", protocol=protocol, **request))
    case(name, BASE + objects, calls)
