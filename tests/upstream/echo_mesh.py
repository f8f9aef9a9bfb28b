"""The echo deployments of istio's integration tests (pkg/test/framework/components/echo/common/{ports,deployment}), and how a case of
those tests is written down here: Istio YAML, calls, what the test checks. Facts from istio/istio at commit 86c9f01."""
import json
import pathlib

import yaml

# name -> (service port, port of the container)
PORTS = {"http": (80, 18080), "http2": (85, 18085), "https": (443, 18443), "grpc": (7070, 17070), "tcp": (9090, 19090),
         "tcp-server": (9091, 16060), "auto-tcp": (9092, 19091), "auto-tcp-server": (9093, 16061), "auto-http": (81, 18081),
         "auto-grpc": (7071, 17071), "auto-https": (9443, 19443), "http-instance": (82, 18082), "http-localhost": (84, 18084)}
ROOT = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system", "labels": {"kubernetes.io/metadata.name": "istio-system"}}}


def service_ports(names):
    out = []
    for n in names or PORTS:
        port = {"name": n, "port": PORTS[n][0], "targetPort": PORTS[n][1]}
        # "auto-" ports of the tests have no prefix that names a protocol.
        out.append(port)
    return out


def echo(name, ns="echo", mode="sidecar", headless=False, service=True, version="v1", waypoint=None, ip=None, ports=None, labels=None, account=None):
    pod = {"app": name, "version": version, **(labels or {})}
    if mode == "ambient":
        pod["istio.io/dataplane-mode"] = "ambient"
    if mode == "sidecar":
        pod["sidecar.istio.io/inject"] = "true"
    out = [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account or name, "namespace": ns}}]
    if service:
        svc = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns, "labels": {"app": name}},
               "spec": {"selector": {"app": name}, "ports": service_ports(ports)}}
        if headless:
            svc["spec"]["clusterIP"] = "None"
        if waypoint:
            svc["metadata"]["labels"]["istio.io/use-waypoint"] = waypoint
        out.append(svc)
    out.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"{name}-{version}", "namespace": ns},
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name, "version": version}},
                         "template": {"metadata": {"labels": pod},
                                      "spec": {"serviceAccountName": account or name,
                                               "containers": [{"name": "app", "image": "registry.example.test/app:1",
                                                               "ports": [{"containerPort": p[1]} for p in PORTS.values()]}]}}}})
    return out


def namespace(name, **labels):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name, **labels}}}


def classic_gateway(name="istio-ingressgateway", istio="ingressgateway", ns="istio-system", ports=((80, 8080), (443, 8443))):
    labels = {"istio": istio, "app": name}
    return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns},
             "spec": {"type": "LoadBalancer", "selector": labels, "ports": [{"name": f"p{a}", "port": a, "targetPort": b} for a, b in ports]}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ns},
             "spec": {"selector": {"matchLabels": labels},
                      "template": {"metadata": {"labels": {**labels, "sidecar.istio.io/inject": "true"},
                                                "annotations": {"inject.istio.io/templates": "gateway"}},
                                   "spec": {"serviceAccountName": name + "-service-account",
                                            "containers": [{"name": "istio-proxy", "image": "auto"}]}}}}]


def waypoint(ns="echo", name="waypoint", traffic="service"):
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "metadata": {"name": name, "namespace": ns, "labels": {"istio.io/waypoint-for": traffic}},
            "spec": {"gatewayClassName": "istio-waypoint", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}}


def standard(mode="sidecar"):
    """Three workloads in `mode`, one without proxy, one headless Service. mode `waypoint`: ambient, each Service behind the waypoint."""
    wp = "waypoint" if mode == "waypoint" else None
    m = "ambient" if mode == "waypoint" else mode
    out = [ROOT, namespace("echo")]
    if wp:
        out.append(waypoint())
    for name in "abc":
        out += echo(name, mode=m, waypoint=wp)
    out += echo("naked", mode="none") + echo("headless", mode=m, headless=True)
    return out


def documents(text, ns="echo"):
    out = []
    for doc in yaml.safe_load_all(text):
        if doc:
            doc["metadata"].setdefault("namespace", ns)
            out.append(doc)
    return out


def call(name, to, port, expect, src="a-v1", ns="echo", protocol="http", outside=False, gateway=None, src_gateway=None, **request):
    flow = {"name": name, "protocol": protocol, "request": request, "expect": expect,
            "from": {"outside": True} if outside else {"gateway": src_gateway} if src_gateway else {"namespace": ns, "workload": src},
            "to": {**(to if isinstance(to, dict) else {"host": to}), "port": port}}
    if gateway:
        flow["to"]["gateway"] = gateway
    return flow


OK = {"outcome": "allowed", "http_status": 200}


def ok(**more):
    return {**OK, **more}


def status(code, outcome="unreachable"):
    return {"outcome": outcome, "http_status": code}


CASES = []
WORKLOADS = {}


def case(name, objects, flows, workloads=None, **mesh):
    """workloads: {"ns/name": mode} that must come out."""
    WORKLOADS[name] = workloads or {}
    CASES.append((name, objects, flows, {"profile": "istio-master", "root_namespace": "istio-system", "trust_domain": "cluster.local", **mesh}))


def write(folder, source):
    for name, objects, flows, mesh in CASES:
        d = pathlib.Path(folder) / source / name
        d.mkdir(parents=True, exist_ok=True)
        (d / "manifests.yaml").write_text(yaml.safe_dump_all(objects, sort_keys=False))
        (d / "expect.json").write_text(json.dumps({"source": source, "mesh": mesh, "notes": "", "flows": flows,
                                                   "workloads": [{"workload": w, "mode": m} for w, m in WORKLOADS[name].items()]}))
