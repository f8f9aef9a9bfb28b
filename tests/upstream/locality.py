"""istio/istio (86c9f01) pilot/pkg/networking/core/loadbalancer/loadbalancer_test.go: TestApplyLocalitySetting (weights, failover by region, zone and subzone, failoverPriority) and TestGetEffectiveLbSetting
(which of MeshConfig, DestinationRule and Service decides). A priority shows in who answers while all better ones are not ready. Left out: zone-aware settings, endpoints without locality."""
import sys

import yaml
from echo_mesh import ROOT, call, case, namespace, ok, write

HOME = "region1/zone1/subzone1"
OUTLIER = {"consecutive5xxErrors": 1, "interval": "1s", "baseEjectionTime": "1m"}


def pod(name, place, ready=True, **labels):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", "labels": {"sidecar.istio.io/inject": "true", **labels}},
            "spec": {"nodeName": place.replace("/", "-").strip("-"), "containers": [{"name": "app", "image": "registry.example.test/app:1", "ports": [{"containerPort": 8080}]}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": str(ready)}]}}


def nodes(places):
    keys = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone")
    return [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": p.replace("/", "-").strip("-"), "labels": {k: v for k, v in zip(keys, p.split("/")) if v}}} for p in dict.fromkeys(places)]


def spread(title, endpoints, shares, mesh=None, lb=None, outlier=OUTLIER, client=None, down=(), service=None):
    """endpoints: {pod: (place, labels)}; shares: {pod: share}."""
    policy = {**({"loadBalancer": lb} if lb else {}), **({"outlierDetection": outlier} if outlier else {})}
    objects = [ROOT, namespace("default"), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": yaml.safe_dump({"localityLbSetting": mesh} if mesh is not None else {})}},
               {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "server", "namespace": "default"}, "spec": {"selector": {"app": "server"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}], **(service or {})}},
               *nodes([HOME, *(p for p, _ in endpoints.values())]), *(pod(n, p, n not in down, app="server", **labels) for n, (p, labels) in endpoints.items()), pod("client", HOME, app="client", **(client or {}))]
    if policy:
        objects.append({"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": "server", "namespace": "default"}, "spec": {"host": "server", "trafficPolicy": policy}})
    case(title, objects, [call("shares", "server.default", 80, ok(distribution={n: {"share": shares.get(n, 0), "tolerance": 0.001} for n in endpoints}), src="client", ns="default", path="/")])


def tiers(title, endpoints, order, **more):
    gone = []
    for i, tier in enumerate(order):
        spread(f"{title}: priority {i}", endpoints, {n: 1 / len(tier) for n in tier}, down=tuple(gone), **more)
        gone += tier


CLUSTER = {n: (p, {}) for n, p in (("s1a", HOME), ("s1b", HOME), ("s2", "region1/zone1/subzone2"), ("s3", "region1/zone1/subzone3"), ("z2", "region1/zone2/"), ("r2", "region2//"), ("r3", "region3//"))}
spread("distribution between subzones", CLUSTER, {"s1a": .4, "s1b": .4, "s2": .15, "s3": .05}, mesh={"distribute": [{"from": HOME, "to": {HOME: 80, "region1/zone1/subzone2": 15, "region1/zone1/subzone3": 5}}]})
FAILOVER = {"failover": [{"from": "region1", "to": "region2"}]}
tiers("failover, all priorities", CLUSTER, [("s1a", "s1b"), ("s2", "s3"), ("z2",), ("r2",), ("r3",)], mesh=FAILOVER)
tiers("failover, priorities with gaps", {"a": ("region1/zone1/subzone2", {}), "b": ("region2/zone1/subzone2", {}), "c": ("region2/zone1/subzone2", {})}, [("a",), ("b", "c")], mesh=FAILOVER)

# failoverPriority: `net` and `cl` stand for the test's network and cluster labels.
SIX = {n: (f"region{r}/zone{r}/subzone{r}", {k: v for k, v in (("key", key), ("net", net), ("cl", cl)) if v}) for n, r, key, net, cl in (
    ("e1", 1, None, "n1", "c1"), ("e2", 1, "value", "n2", "c2"), ("e3", 2, "value", "n1", "c3"), ("e4", 2, "value", "n2", "c4"), ("e5", 3, "value", "n1", "c1"), ("e6", 3, "value", "n2", "c2"))}
for title, priority, labels, order in (("match none label", ["net", "cl"], {"net": "test", "cl": "test"}, [("e1", "e2", "e3", "e4", "e5", "e6")]),
                                       ("match network label", ["net", "cl"], {"net": "n1", "cl": "test"}, [("e1", "e3", "e5"), ("e2", "e4", "e6")]),
                                       ("match all labels", ["key", "net", "cl"], {"key": "value", "net": "n2", "cl": "c2"}, [("e2", "e6"), ("e4",), ("e3", "e5"), ("e1",)]),
                                       ("priority as per the overridden value", ["net=n1"], {"net": "n2", "cl": "test"}, [("e1", "e3", "e5"), ("e2", "e4", "e6")]),
                                       ("no endpoints with the overridden value", ["net=n3"], {"net": "n2", "cl": "test"}, [("e1", "e2", "e3", "e4", "e5", "e6")])):
    tiers("failoverPriority, " + title, SIX, order, mesh={"failoverPriority": priority}, client=labels)

TWO = {"near": (HOME, {}), "far": ("region2/zone2/subzone2", {})}
NEAR, EVEN = {"near": 1}, {"near": .5, "far": .5}
ON, OFF = {"enabled": True}, {"enabled": False}
for title, mesh, dr, want, more in (("mesh locality only", ON, None, NEAR, {}), ("dr locality only", OFF, {"localityLbSetting": ON}, NEAR, {}), ("mesh locality disabled", OFF, None, EVEN, {}), ("dr locality disabled overrides mesh locality enabled", ON, {"localityLbSetting": OFF}, EVEN, {}),
                                    ("prefer same zone service over mesh locality", OFF, None, NEAR, {"service": {"trafficDistribution": "PreferSameZone"}, "outlier": None}), ("prefer same node service", OFF, None, NEAR, {"service": {"trafficDistribution": "PreferSameNode"}, "outlier": None}),
                                    ("mesh locality without outlier detection", ON, None, EVEN, {"outlier": None})):
    spread("effective: " + title, TWO, want, mesh=mesh, lb=dr, **more)

write(sys.argv[1], "locality")
