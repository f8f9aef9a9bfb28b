"""istio.io/docs/tasks/observability: metrics (telemetry-api, customize-metrics, querying-metrics, tcp-metrics) and gateways (remote access to addons);
the metrics of the Telemetry reference (comments of istio/api telemetry/v1alpha1 at b8f8791). Logs and spans are not among what tests/conformance compares."""
from docs_mesh import *

fresh()
RV, RT, DT, PP = (svc(n) for n in ("reviews", "ratings", "details", "productpage"))
P = "default/productpage-v1"
BASE = [ROOT, ns("default", "sidecar")] + bookinfo()
RT_ = "istio_requests_total"


def telemetry(name, spec, where="istio-system"):
    return d(f"apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ metrics: [{{ providers: [{{ name: prometheus }}], overrides: [{spec}] }}] }}\n")


def seen(present=(), absent=(), metric=RT_, **labels):
    """present: reporters that report the metric (with labels); absent: reporters that do not."""
    base = {"destination_service": DT, **labels}
    return ok(http_metrics=[{"metric": metric, "labels": {"reporter": r, **base}} for r in present], metrics_absent=[{"metric": metric, "labels": {"reporter": r}} for r in absent])


def details(name, expect):
    return get(name, P, DT, 9080, expect)


BOTH = ("source", "destination")
DURATION = "istio_request_duration_milliseconds"
case("metrics telemetry-api 0 default", BASE, [details("requests", seen(BOTH)), details("durations", seen(BOTH, metric=DURATION))])
case("metrics telemetry-api 1 remove a tag", BASE + telemetry("remove-tags", "{ match: { mode: CLIENT_AND_SERVER, metric: REQUEST_COUNT }, tagOverrides: { response_flags: { operation: REMOVE } } }"), [
    details("requests", ok(http_metrics=[{"metric": RT_, "labels": {"reporter": r}, "absent_labels": ["response_flags"]} for r in BOTH])), details("durations", seen(BOTH, metric=DURATION, response_flags="-"))])
grpc = [service("grpc-server", [("grpc", 7070, 7070)]), deployment("grpc-server", "grpc-server", "default", [7070])] + curl()
for title, extra, labels in (("kept", [], {"labels": {"grpc_response_status": "0"}, "absent_labels": []}), ("removed", telemetry("remove-tags", "{ match: { mode: CLIENT_AND_SERVER, metric: REQUEST_COUNT }, tagOverrides: { grpc_response_status: { operation: REMOVE } } }"), {"labels": {}, "absent_labels": ["grpc_response_status"]})):
    case(f"metrics telemetry-api 1 grpc status {title}", [ROOT, ns("default", "sidecar")] + grpc + extra, [get("grpc", "default/curl", svc("grpc-server"), 7070, {"outcome": "allowed", "http_metrics": [
        {"metric": RT_, "labels": {"reporter": r, "request_protocol": "grpc", **labels["labels"]}, "absent_labels": labels["absent_labels"]} for r in BOTH]}, protocol="grpc")])
CUSTOM = telemetry("custom-tags", "{ match: { metric: REQUEST_COUNT, mode: CLIENT }, tagOverrides: { destination_x: { value: filter_state.upstream_peer.app } } }, { match: { metric: REQUEST_COUNT, mode: SERVER }, tagOverrides: { source_x: { value: filter_state.downstream_peer.app } } }")
case("metrics telemetry-api 2 custom tags", BASE + CUSTOM, [details("requests", ok(http_metrics=[
    {"metric": RT_, "labels": {"reporter": "source", "destination_x": "details"}, "absent_labels": ["source_x"]}, {"metric": RT_, "labels": {"reporter": "destination", "source_x": "productpage"}, "absent_labels": ["destination_x"]}]))])
for title, match, requests, durations in (("all", "mode: CLIENT_AND_SERVER, metric: ALL_METRICS", (), ()), ("request count", "mode: CLIENT_AND_SERVER, metric: REQUEST_COUNT", (), BOTH),
                                          ("client", "mode: CLIENT, metric: REQUEST_COUNT", ("destination",), BOTH), ("server", "mode: SERVER, metric: REQUEST_COUNT", ("source",), BOTH)):
    case(f"metrics telemetry-api 3 disable {title}", BASE + telemetry("remove", "{ disabled: true, match: { " + match + " } }"), [
        details("requests", seen(requests, [r for r in BOTH if r not in requests])), details("durations", seen(durations, [r for r in BOTH if r not in durations], metric=DURATION))])
# The same at a waypoint, which is a server.
WPT = [ROOT, ns("default", "ambient", **{"istio.io/use-waypoint": "waypoint"}), waypoint()] + bookinfo()
case("metrics telemetry-api waypoint", WPT, [details("requests", seen(("waypoint",), BOTH))])
case("metrics telemetry-api waypoint disable all", WPT + telemetry("remove", "{ disabled: true, match: { mode: CLIENT_AND_SERVER, metric: ALL_METRICS } }"), [details("requests", seen((), ("waypoint",) + BOTH))])
# customize-metrics
case("customize-metrics", BASE + telemetry("namespace-metrics", "{ match: { metric: REQUEST_COUNT }, tagOverrides: { destination_port: { value: string(destination.port) }, request_host: { value: request.host } } }"), [
    details("requests", ok(http_metrics=[{"metric": RT_, "labels": {"reporter": r, "request_host": f"{DT}:9080"}} for r in BOTH] + [{"metric": RT_, "labels": {"reporter": "destination", "destination_port": "9080"}}]))])
# querying-metrics
GW = classic_bookinfo_gateway()
case("querying-metrics", BASE + GW, [
    call("browser", "bookinfo.example.test", 80, ok(http_metrics=[{"metric": RT_, "labels": {"destination_service": PP, "response_code": "200", "reporter": r}} for r in BOTH]), outside=True, gateway=GATE, path="/productpage"),
    get("reviews", P, RV, 9080, ok(http_metrics=[{"metric": RT_, "labels": {"destination_service": RV, "destination_version": "v3", "response_code": "200"}}]))])
# tcp-metrics: ratings v2 speaks to mongodb.
MONGO = [service("mongodb", [("mongo", 27017, 27017)]), deployment("mongodb-v1", "mongodb", "default", [27017], version="v1"), account("bookinfo-ratings-v2", "default"), deployment("ratings-v2", "ratings", "default", [9080], account="bookinfo-ratings-v2", version="v2")]
TCP = [{"metric": f"istio_tcp_{m}_total", "labels": {"reporter": r, "destination_version": "v1", "destination_service": svc("mongodb"), "source_workload": "ratings-v2", "source_version": "v2", "request_protocol": "tcp"}}
       for m in ("connections_opened", "connections_closed", "sent_bytes", "received_bytes") for r in BOTH]
case("tcp-metrics", BASE + MONGO, [get("mongodb", "default/ratings-v2", svc("mongodb"), 27017, {"outcome": "allowed", "tcp_metrics": TCP, "metrics_absent": [{"metric": RT_, "labels": {}}]}, protocol="tcp")])
case("tcp-metrics ambient", [ROOT, ns("default", "ambient")] + bookinfo() + MONGO, [get("mongodb", "default/ratings-v2", svc("mongodb"), 27017, {"outcome": "allowed", "tcp_metrics": TCP}, protocol="tcp")])

# gateways: the addons behind the ingress gateway, http and https; their pods have no sidecar.
ADDONS = {"grafana": 3000, "kiali": 20001, "prometheus": 9090, "tracing": 80}
apps = [o for n, p in ADDONS.items() for o in [service(n, [("http", p, p)], where="istio-system"), deployment(n, n, "istio-system", [p])]]
SECRET = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "telemetry-gw-cert", "namespace": "istio-system"}, "data": {"tls.crt": "eA==", "tls.key": "eA=="}}


def addon(n, port, secure):
    server = "{ number: 443, name: https-%s, protocol: HTTPS }, tls: { mode: SIMPLE, credentialName: telemetry-gw-cert }" % n if secure else "{ number: 80, name: http-%s, protocol: HTTP }" % n
    return d(f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: {n}-gateway }}
spec: {{ selector: {{ istio: ingressgateway }}, servers: [{{ port: {server}, hosts: [{n}.example.com] }}] }}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: {n}-vs }}
spec: {{ hosts: [{n}.example.com], gateways: [{n}-gateway], http: [{{ route: [{{ destination: {{ host: {n}, port: {{ number: {port} }} }} }}] }}] }}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{ name: {n} }}
spec: {{ host: {n}, trafficPolicy: {{ tls: {{ mode: DISABLE }} }} }}
""", "istio-system")


for secure in (False, True):
    case(f"gateways {'https' if secure else 'http'}", [ROOT] + apps + ingressgateway() + ([SECRET] if secure else []) + [o for n, p in ADDONS.items() for o in addon(n, p, secure)],
         [call(n, f"{n}.example.com", 443 if secure else 80, ok(routed_to=n, transport="plaintext", target_port=p), outside=True, gateway=GATE, host=f"{n}.example.com", protocol="https" if secure else "http", **({"sni": f"{n}.example.com"} if secure else {}))
          for n, p in ADDONS.items()])

# --- the reference: scopes, order, what a selector or targetRefs reaches
FOO_BAR = [ROOT, ns("default", "sidecar"), ns("foo", "sidecar")] + curl() + app("bar", "foo", [("http", 80, 8080)]) + app("other", "foo", [("http", 80, 8080)])


def resource(name, where, metrics, scope=""):
    return d(f"apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {{ name: {name}, namespace: {where} }}\nspec: {{ {scope}metrics: [{{ providers: [{{ name: prometheus }}], overrides: [{metrics}] }}] }}\n")


def to(name, expect, where="foo", src="default/curl"):
    return get(name, src, svc(name, where), 80, expect)


def tags(source, destination, metric=RT_):
    """(labels that must be there, labels that must not) of each side's series."""
    return ok(http_metrics=[{"metric": metric, "labels": {"reporter": r, **have}, "absent_labels": list(lack)} for r, (have, lack) in (("source", source), ("destination", destination))])


NO_SERVER, SERVER_AGAIN = "{ match: { metric: ALL_METRICS, mode: SERVER }, disabled: true }", "{ match: { metric: ALL_METRICS, mode: SERVER }, disabled: false }"
one = lambda *there: ok(http_metrics=[{"metric": RT_, "labels": {"reporter": r}} for r in there], metrics_absent=[{"metric": m, "labels": {"reporter": r}} for r in BOTH if r not in there for m in (RT_, DURATION)])
case("reference server side off", FOO_BAR + resource("mesh-default", "istio-system", NO_SERVER), [to("bar", one("source")), to("other", one("source"))])
case("reference server side off in a namespace", FOO_BAR + app("bar", "default", [("http", 80, 8080)]) + resource("m", "foo", NO_SERVER), [to("bar", one("source")), to("bar", one(*BOTH), where="default")])
case("reference namespace after mesh", FOO_BAR + resource("mesh-default", "istio-system", NO_SERVER) + resource("m", "foo", SERVER_AGAIN), [to("bar", one(*BOTH))])
NAMED = "selector: { matchLabels: { service.istio.io/canonical-name: bar } }, "
APP = "selector: { matchLabels: { app: bar } }, "
for title, scope in (("app", APP), ("canonical name", NAMED)):
    case(f"reference workload after namespace {title}", FOO_BAR + resource("m", "foo", NO_SERVER) + resource("w", "foo", SERVER_AGAIN, scope), [to("bar", one(*BOTH)), to("other", one("source"))])
    codes = ", ".join(f"{{ match: {{ metric: {m} }}, tagOverrides: {{ response_code: {{ operation: REMOVE }} }} }}" for m in ("REQUEST_COUNT", "REQUEST_DURATION", "REQUEST_SIZE", "RESPONSE_SIZE"))
    have, lack = ({"response_code": "200"}, ()), ({}, ("response_code",))
    case(f"reference remove response_code {title}", FOO_BAR + resource("remove-response-code", "foo", codes, scope), [{**to("bar", tags(have, lack, m)), "name": m} for m in (RT_, DURATION)] + [to("other", tags(have, have))])
# Any later override of the same side takes the removal of all metrics back (mergeMetrics in pilot/pkg/model/telemetry.go).
case("reference a later override wins", FOO_BAR + resource("mesh-default", "istio-system", "{ disabled: true }, { match: { metric: REQUEST_COUNT }, disabled: false }"), [to("bar", tags(({}, ()), ({}, ()), m)) | {"name": m} for m in (RT_, DURATION)])
case("reference add tags in a namespace", FOO_BAR + resource("namespace-metrics", "foo", "{ tagOverrides: { request_method: { value: request.method }, request_host: { value: request.host } } }"), [
    {**to("bar", tags(({}, ("request_method", "request_host")), ({"request_method": "GET", "request_host": svc("bar", "foo")}, ()), m)), "name": m} for m in (RT_, DURATION)])
case("reference other kinds of telemetry leave metrics alone", FOO_BAR + d("apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: { name: mesh-default, namespace: istio-system }\nspec: { tracing: [{ randomSamplingPercentage: 10.00 }], accessLogging: [{ providers: [{ name: envoy }] }] }\n"), [to("bar", one(*BOTH))])
# A waypoint takes the resource that names it or its Service; one with a selector does not reach it.
AMB = [ROOT, ns("default", "ambient"), ns("foo", "ambient", **{"istio.io/use-waypoint": "waypoint"}), waypoint("foo")] + curl() + app("bar", "foo", [("http", 80, 8080)]) + app("other", "foo", [("http", 80, 8080)])
OFF, ON = ok(metrics_absent=[{"metric": RT_, "labels": {}}]), ok(http_metrics=[{"metric": RT_, "labels": {"reporter": "waypoint"}}])
for title, scope, bar, other in (("gateway", "targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: waypoint }], ", OFF, OFF), ("service", "targetRefs: [{ group: '', kind: Service, name: bar }], ", OFF, ON),
                                 ("namespace", "", OFF, OFF), ("selector", APP, ON, ON)):
    case(f"reference waypoint {title}", AMB + resource("w", "foo", "{ disabled: true }", scope), [to("bar", bar), to("other", other)])

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "docs_observability")
