"""The sample applications of the Istio and OpenShift Service Mesh documents (bookinfo, httpbin, curl, tcp-echo, helloworld), cut down to what
decides a flow, and short forms of the objects that the documents apply. Facts from istio/istio samples/ at 86c9f01 and the documents named in
the docs_*.py files; a check of a document (`200`, `403`, `command terminated with exit code 56`, a named version) is an expectation here."""
import echo_mesh
from echo_mesh import ROOT, call, case, documents, namespace, ok, status, write

JWKS = "https://raw.githubusercontent.com/istio/istio/master/security/tools/jwt/samples/jwks.json"
ISSUER = "testing@secure.istio.io"
DEMO = {"issuer": ISSUER, "subject": ISSUER, "claims": {"foo": "bar"}, "valid": True}  # demo.jwt
GROUPS = {"issuer": ISSUER, "subject": ISSUER, "claims": {"groups": ["group1", "group2"], "scope": ["scope1", "scope2"]}, "valid": True}  # groups-scope.jwt
NO_TOKEN_AT_ALL = {"issuer": ISSUER, "subject": ISSUER, "claims": {}, "valid": False, "invalid_reason": "not a token"}  # "deadbeef", "invalidToken"
CUT = {"outcome": "denied"}  # curl's exit code 56: the connection ends without an answer
GATE = "istio-system/istio-ingressgateway"


def fresh():
    echo_mesh.CASES.clear()


def forbidden(**more):
    return {"outcome": "denied", "http_status": 403, **more}


def unauthorized(**more):
    return {"outcome": "denied", "http_status": 401, **more}


def denied(proxy, policy=None, code=403):
    return {"outcome": "denied", **({"http_status": code} if code else {}), "denied_by": {"proxy": proxy, "policy": policy}}


def ns(name, mode=None, **labels):
    """mode: sidecar = istio-injection=enabled (or kube-inject), ambient = istio.io/dataplane-mode=ambient."""
    more = {"sidecar": {"istio-injection": "enabled"}, "ambient": {"istio.io/dataplane-mode": "ambient"}}.get(mode, {})
    return namespace(name, **more, **labels)


def service(name, ports, selector=None, where="default", labels=None, annotations=None, **spec):
    """ports: (name, port, targetPort)"""
    meta = {"name": name, "namespace": where, "labels": {"app": name, **(labels or {})}}
    if annotations:
        meta["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta,
            "spec": {"selector": selector or {"app": name}, "ports": [{"name": n, "port": p, "targetPort": t} for n, p, t in ports], **spec}}


def deployment(name, app, where, ports, account=None, version=None, labels=None, annotations=None, replicas=1):
    mark = {"app": app, **({"version": version} if version else {})}
    meta = {"labels": {**mark, **(labels or {})}}
    if annotations:
        meta["annotations"] = annotations
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": where},
            "spec": {"replicas": replicas, "selector": {"matchLabels": mark},
                     "template": {"metadata": meta, "spec": {**({"serviceAccountName": account} if account else {}),
                                                             "containers": [{"name": app, "image": "registry.example.test/app:1",
                                                                             "ports": [{"containerPort": p} for p in ports]}]}}}}


def account(name, where):
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": where}}


def app(name, where="default", ports=(), version=None, **more):
    """One account, Service and Deployment of one name."""
    out = [account(name, where)]
    if ports:
        out.append(service(name, ports, where=where))
    return out + [deployment(name, name, where, sorted({t for _, _, t in ports}), account=name, version=version, **more)]


def httpbin(where="default", **more):
    return app("httpbin", where, [("http", 8000, 8080)], version="v1", **more)


def curl(where="default", name="curl", **more):
    return app(name, where, [("http", 80, 80)], **more)


def bookinfo(where="default", versions=False, labels=None, annotations=None, service_labels=None):
    """samples/bookinfo/platform/kube/bookinfo.yaml; versions: bookinfo-versions.yaml too."""
    out = []
    for name, vs in (("details", ["v1"]), ("ratings", ["v1"]), ("reviews", ["v1", "v2", "v3"]), ("productpage", ["v1"])):
        out += [account(f"bookinfo-{name}", where),
                service(name, [("http", 9080, 9080)], where=where, labels={"service": name, **((service_labels or {}).get(name) or {})})]
        for v in vs:
            out.append(deployment(f"{name}-{v}", name, where, [9080], account=f"bookinfo-{name}", version=v,
                                  labels=(labels or {}).get(f"{name}-{v}"), annotations=annotations))
            if versions:
                out.append(service(f"{name}-{v}", [("http", 9080, 9080)], selector={"app": name, "version": v}, where=where))
    return out


def bookinfo_gateway(where="default"):
    """samples/bookinfo/gateway-api/bookinfo-gateway.yaml"""
    return documents(f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: bookinfo-gateway, namespace: {where} }}
spec:
  gatewayClassName: istio
  listeners: [{{ name: http, port: 80, protocol: HTTP, allowedRoutes: {{ namespaces: {{ from: Same }} }} }}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: bookinfo, namespace: {where} }}
spec:
  parentRefs: [{{ name: bookinfo-gateway }}]
  rules:
  - matches:
    - {{ path: {{ type: Exact, value: /productpage }} }}
    - {{ path: {{ type: PathPrefix, value: /static }} }}
    - {{ path: {{ type: Exact, value: /login }} }}
    - {{ path: {{ type: Exact, value: /logout }} }}
    - {{ path: {{ type: PathPrefix, value: /api/v1/products }} }}
    backendRefs: [{{ name: productpage, port: 9080 }}]
""")


def classic_bookinfo_gateway(where="default"):
    """samples/bookinfo/networking/bookinfo-gateway.yaml"""
    return ingressgateway() + documents(f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: bookinfo-gateway, namespace: {where} }}
spec:
  selector: {{ istio: ingressgateway }}
  servers: [{{ port: {{ number: 8080, name: http, protocol: HTTP }}, hosts: ["*"] }}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: bookinfo, namespace: {where} }}
spec:
  hosts: ["*"]
  gateways: [bookinfo-gateway]
  http:
  - match:
    - {{ uri: {{ exact: /productpage }} }}
    - {{ uri: {{ prefix: /static }} }}
    - {{ uri: {{ exact: /login }} }}
    - {{ uri: {{ exact: /logout }} }}
    - {{ uri: {{ prefix: /api/v1/products }} }}
    route: [{{ destination: {{ host: productpage, port: {{ number: 9080 }} }} }}]
""")


def ingressgateway(name="istio-ingressgateway", istio="ingressgateway", ports=(("http2", 80, 8080), ("https", 443, 8443)), where="istio-system"):
    labels = {"app": name, "istio": istio}
    return [account(f"{name}-service-account", where), service(name, ports, selector=labels, where=where, labels=labels, type="LoadBalancer"),
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": where},
             "spec": {"selector": {"matchLabels": labels},
                      "template": {"metadata": {"labels": {**labels, "sidecar.istio.io/inject": "true"}, "annotations": {"inject.istio.io/templates": "gateway"}},
                                   "spec": {"serviceAccountName": f"{name}-service-account", "containers": [{"name": "istio-proxy", "image": "auto"}]}}}}]


def waypoint(where="default", name="waypoint", traffic="service", allowed=None):
    """What `istioctl waypoint apply` writes; traffic None: no label."""
    listener = {"name": "mesh", "port": 15008, "protocol": "HBONE"}
    if allowed:
        listener["allowedRoutes"] = {"namespaces": allowed}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "metadata": {"name": name, "namespace": where, "labels": {"istio.io/waypoint-for": traffic} if traffic else {}},
            "spec": {"gatewayClassName": "istio-waypoint", "listeners": [listener]}}


def d(text, where="default"):
    return documents(text, where)


def authz(name, where, spec):
    return d(f"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {spec}\n")


def peer(mode, where="istio-system", name="default", more=""):
    return d(f"apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{ name: {name}, namespace: {where} }}\n"
             f"spec: {{ mtls: {{ mode: {mode} }}{more} }}\n")


def mesh_config(text):
    return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": text}}]


def get(name, src, to, port, expect, protocol="http", **request):
    """src: namespace/workload, or `outside`; to: name.namespace (a Service)."""
    if src == "outside":
        return call(name, to, port, expect, outside=True, protocol=protocol, **request)
    where, workload = src.split("/")
    return call(name, to, port, expect, src=workload, ns=where, protocol=protocol, **request)


def svc(name, where="default"):
    return f"{name}.{where}.svc.cluster.local"
