"""kubernetes-sigs/gateway-api (4564255a) conformance/tests: gateway-http-listener-isolation.go, grpcroute-*.go, listenerset-*.go, tcproute-*.go, tlsroute-*.go,
backendtlspolicy*.go, gateway-secret-*.go, gateway-with-clientcertificate-validation*.go and those of httproute-*.go that `gateway_profile_http.py` has not. Where a
test looks at a status (a listener or a route is accepted or not), a request shows it here: a route to infra-backend-v1 is put on the listener in question."""
import sys

from gateway_profile import *

test("gateway-http-listener-isolation", "http-listener-isolation-with-hostname-intersection", [
    o("Gateway", "http-listener-isolation", {"listeners": [on("empty-hostname"), on("wildcard-example-com", host="*.example.com"), on("wildcard-foo-example-com", host="*.foo.example.com"), on("abc-foo-example-com", host="abc.foo.example.com")]}),
    o("HTTPRoute", "attaches-to-empty-hostname", {"parentRefs": [parent("http-listener-isolation", section="empty-hostname")], "rules": [{"matches": [path("/empty-hostname")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "attaches-to-wildcard-example-com", {"parentRefs": [parent("http-listener-isolation", section="wildcard-example-com")], "rules": [{"matches": [path("/wildcard-example-com")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "attaches-to-wildcard-foo-example-com", {"parentRefs": [parent("http-listener-isolation", section="wildcard-foo-example-com")], "rules": [{"matches": [path("/wildcard-foo-example-com")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "attaches-to-abc-foo-example-com", {"parentRefs": [parent("http-listener-isolation", section="abc-foo-example-com")], "rules": [{"matches": [path("/abc-foo-example-com")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("Gateway", "http-listener-isolation-with-hostname-intersection", {"listeners": [on("empty-hostname"), on("wildcard-example-com", host="*.example.com"), on("wildcard-foo-example-com", host="*.foo.example.com"), on("abc-foo-example-com", host="abc.foo.example.com")]}),
    o("HTTPRoute", "attaches-to-empty-hostname-with-hostname-intersection", {"parentRefs": [parent("http-listener-isolation-with-hostname-intersection", section="empty-hostname")], "hostnames": ["bar.com", "*.example.com", "*.foo.example.com", "abc.foo.example.com"], "rules": [{"matches": [path("/empty-hostname")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "attaches-to-wildcard-example-com-with-hostname-intersection", {"parentRefs": [parent("http-listener-isolation-with-hostname-intersection", section="wildcard-example-com")], "hostnames": ["bar.com", "*.example.com", "*.foo.example.com", "abc.foo.example.com"], "rules": [{"matches": [path("/wildcard-example-com")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "attaches-to-wildcard-foo-example-com-with-hostname-intersection", {"parentRefs": [parent("http-listener-isolation-with-hostname-intersection", section="wildcard-foo-example-com")], "hostnames": ["bar.com", "*.example.com", "*.foo.example.com", "abc.foo.example.com"], "rules": [{"matches": [path("/wildcard-foo-example-com")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "attaches-to-abc-foo-example-com-with-hostname-intersection", {"parentRefs": [parent("http-listener-isolation-with-hostname-intersection", section="abc-foo-example-com")], "hostnames": ["bar.com", "*.example.com", "*.foo.example.com", "abc.foo.example.com"], "rules": [{"matches": [path("/abc-foo-example-com")], "backendRefs": [back("infra-backend-v1")]}]}),
], [
    ("/empty-hostname", "infra-backend-v1", {"host": "bar.com", "gw": "http-listener-isolation"}), ("/wildcard-example-com", 404, {"host": "bar.com", "gw": "http-listener-isolation"}),
    ("/wildcard-foo-example-com", 404, {"host": "bar.com", "gw": "http-listener-isolation"}), ("/abc-foo-example-com", 404, {"host": "bar.com", "gw": "http-listener-isolation"}),
    ("/empty-hostname", 404, {"host": "bar.example.com", "gw": "http-listener-isolation"}),
    ("/wildcard-example-com", "infra-backend-v1", {"host": "bar.example.com", "gw": "http-listener-isolation"}),
    ("/wildcard-foo-example-com", 404, {"host": "bar.example.com", "gw": "http-listener-isolation"}), ("/abc-foo-example-com", 404, {"host": "bar.example.com", "gw": "http-listener-isolation"}),
    ("/empty-hostname", 404, {"host": "bar.foo.example.com", "gw": "http-listener-isolation"}), ("/wildcard-example-com", 404, {"host": "bar.foo.example.com", "gw": "http-listener-isolation"}),
    ("/wildcard-foo-example-com", "infra-backend-v1", {"host": "bar.foo.example.com", "gw": "http-listener-isolation"}),
    ("/abc-foo-example-com", 404, {"host": "bar.foo.example.com", "gw": "http-listener-isolation"}), ("/empty-hostname", 404, {"host": "abc.foo.example.com", "gw": "http-listener-isolation"}),
    ("/wildcard-example-com", 404, {"host": "abc.foo.example.com", "gw": "http-listener-isolation"}),
    ("/wildcard-foo-example-com", 404, {"host": "abc.foo.example.com", "gw": "http-listener-isolation"}),
    ("/abc-foo-example-com", "infra-backend-v1", {"host": "abc.foo.example.com", "gw": "http-listener-isolation"}), ("/empty-hostname", "infra-backend-v1", {"host": "bar.com"}),
    ("/wildcard-example-com", 404, {"host": "bar.com"}), ("/wildcard-foo-example-com", 404, {"host": "bar.com"}), ("/abc-foo-example-com", 404, {"host": "bar.com"}),
    ("/empty-hostname", 404, {"host": "bar.example.com"}), ("/wildcard-example-com", "infra-backend-v1", {"host": "bar.example.com"}), ("/wildcard-foo-example-com", 404, {"host": "bar.example.com"}),
    ("/abc-foo-example-com", 404, {"host": "bar.example.com"}), ("/empty-hostname", 404, {"host": "bar.foo.example.com"}), ("/wildcard-example-com", 404, {"host": "bar.foo.example.com"}),
    ("/wildcard-foo-example-com", "infra-backend-v1", {"host": "bar.foo.example.com"}), ("/abc-foo-example-com", 404, {"host": "bar.foo.example.com"}),
    ("/empty-hostname", 404, {"host": "abc.foo.example.com"}), ("/wildcard-example-com", 404, {"host": "abc.foo.example.com"}), ("/wildcard-foo-example-com", 404, {"host": "abc.foo.example.com"}),
    ("/abc-foo-example-com", "infra-backend-v1", {"host": "abc.foo.example.com"}),
])
test("grpcroute-exact-method-matching", "same-namespace", [
    o("GRPCRoute", "exact-matching", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [{"method": {"service": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "method": "Echo"}}], "backendRefs": [back("grpc-infra-backend-v1")]}, {"matches": [{"method": {"service": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "method": "EchoTwo"}}], "backendRefs": [back("grpc-infra-backend-v2")]}]}),
], [
    ("grpc:Echo", "grpc-infra-backend-v1"), ("grpc:EchoTwo", "grpc-infra-backend-v2"), ("grpc:EchoThree", "UNIMPLEMENTED"),
])
test("grpcroute-header-matching", "same-namespace", [
    o("GRPCRoute", "grpc-header-matching", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [{"headers": [nv("version", "one")]}], "backendRefs": [back("grpc-infra-backend-v1")]}, {"matches": [{"headers": [nv("version", "two")]}], "backendRefs": [back("grpc-infra-backend-v2")]}, {"matches": [{"headers": [nv("version", "two"), nv("color", "orange")]}], "backendRefs": [back("grpc-infra-backend-v1")]}, {"matches": [{"headers": [nv("color", "blue")]}, {"headers": [nv("color", "green")]}], "backendRefs": [back("grpc-infra-backend-v1")]}, {"matches": [{"headers": [nv("color", "red")]}, {"headers": [nv("color", "yellow")]}], "backendRefs": [back("grpc-infra-backend-v2")]}]}),
], [
    ("grpc:Echo", "grpc-infra-backend-v1", {"headers": {"Version": "one"}}), ("grpc:Echo", "grpc-infra-backend-v2", {"headers": {"Version": "two"}}),
    ("grpc:Echo", "grpc-infra-backend-v1", {"headers": {"Version": "two", "Color": "orange"}}), ("grpc:Echo", "grpc-infra-backend-v2", {"headers": {"Version": "two", "Color": "blue"}}),
    ("grpc:Echo", "UNIMPLEMENTED", {"headers": {"Color": "orange"}}), ("grpc:Echo", "UNIMPLEMENTED", {"headers": {"Some-Other-Header": "one"}}),
    ("grpc:Echo", "grpc-infra-backend-v1", {"headers": {"Color": "blue"}}), ("grpc:Echo", "grpc-infra-backend-v1", {"headers": {"Color": "green"}}),
    ("grpc:Echo", "grpc-infra-backend-v2", {"headers": {"Color": "red"}}), ("grpc:Echo", "grpc-infra-backend-v2", {"headers": {"Color": "yellow"}}),
    ("grpc:Echo", "UNIMPLEMENTED", {"headers": {"Color": "purple"}}),
])
test("grpcroute-listener-hostname-matching", "grpcroute-listener-hostname-matching", [
    o("Gateway", "grpcroute-listener-hostname-matching", {"listeners": [on("listener-1", host="bar.com", source="Same"), on("listener-2", host="foo.bar.com", source="Same"), on("listener-3", host="*.bar.com", source="Same"), on("listener-4", host="*.foo.com", source="Same")]}),
    o("GRPCRoute", "backend-v1", {"parentRefs": [parent("grpcroute-listener-hostname-matching", section="listener-1")], "rules": [{"backendRefs": [back("grpc-infra-backend-v1")]}]}),
    o("GRPCRoute", "backend-v2", {"parentRefs": [parent("grpcroute-listener-hostname-matching", section="listener-2")], "rules": [{"backendRefs": [back("grpc-infra-backend-v2")]}]}),
    o("GRPCRoute", "backend-v3", {"parentRefs": [parent("grpcroute-listener-hostname-matching", section="listener-3"), parent("grpcroute-listener-hostname-matching", section="listener-4")], "rules": [{"backendRefs": [back("grpc-infra-backend-v3")]}]}),
], [
    ("grpc:Echo", "grpc-infra-backend-v1", {"host": "bar.com"}), ("grpc:Echo", "grpc-infra-backend-v2", {"host": "foo.bar.com"}), ("grpc:Echo", "grpc-infra-backend-v3", {"host": "baz.bar.com"}),
    ("grpc:Echo", "grpc-infra-backend-v3", {"host": "boo.bar.com"}), ("grpc:Echo", "grpc-infra-backend-v3", {"host": "multiple.prefixes.bar.com"}),
    ("grpc:Echo", "grpc-infra-backend-v3", {"host": "multiple.prefixes.foo.com"}), ("grpc:Echo", "UNIMPLEMENTED", {"host": "foo.com"}), ("grpc:Echo", "UNIMPLEMENTED", {"host": "no.matching.host"}),
])
test("grpcroute-named-rule", "same-namespace", [
    o("GRPCRoute", "grpc-named-rules", {"parentRefs": [ref("same-namespace")], "rules": [{"name": "named-rule", "matches": [{"method": {"service": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "method": "Echo"}}], "backendRefs": [back("grpc-infra-backend-v1")]}, {"matches": [{"method": {"service": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "method": "EchoTwo"}}], "backendRefs": [back("grpc-infra-backend-v2")]}]}),
], [
    ("grpc:Echo", "grpc-infra-backend-v1"), ("grpc:EchoTwo", "grpc-infra-backend-v2"),
])
test("grpcroute-request-header-modifier", "same-namespace", [
    o("GRPCRoute", "grpc-request-header-modifier", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [{"method": {"service": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "method": "Echo"}}], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")]}}], "backendRefs": [back("grpc-infra-backend-v1")]}, {"matches": [{"method": {"service": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "method": "Echo"}}], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [nv("X-Header-Add", "add-appends-values")]}}], "backendRefs": [back("grpc-infra-backend-v1")]}, {"matches": [{"method": {"service": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "method": "Echo"}}], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["X-Header-Remove"]}}], "backendRefs": [back("grpc-infra-backend-v1")]}, {"matches": [{"method": {"service": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "method": "EchoTwo"}}], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set-1", "header-set-1"), nv("X-Header-Set-2", "header-set-2")], "add": [nv("X-Header-Add-1", "header-add-1"), nv("X-Header-Add-2", "header-add-2")], "remove": ["X-Header-Remove-1", "X-Header-Remove-2"]}}], "backendRefs": [back("grpc-infra-backend-v2")]}]}),
], [
    ("grpc:Echo", "grpc-infra-backend-v1", {"host": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "headers": {"Some-Other-Header": "this-header-should-be-set"}}),
    ("grpc:Echo", "grpc-infra-backend-v1", {"host": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "headers": {"Some-Other-Header": "this-header-should-be-set", "X-Header-Set": "this-value-should-be-overwritten"}}),
    ("grpc:Echo", "grpc-infra-backend-v1", {"host": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "headers": {"Some-Other-Header": "this-header-should-be-set"}}),
    ("grpc:Echo", "grpc-infra-backend-v1", {"host": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "headers": {"Some-Other-Header": "this-header-should-be-set", "X-Header-Add": "this-value-should-be-appended"}}),
    ("grpc:Echo", "grpc-infra-backend-v1", {"host": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "headers": {"X-Header-Remove": "this-should-be-removed"}}),
    ("grpc:EchoTwo", "grpc-infra-backend-v2", {"host": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "headers": {"X-Header-Set-2": "set-header-2", "X-Header-Add-2": "add-header-2", "X-Header-Remove-2": "should-be-removed-2", "Some-Other-Header": "another-header-val"}}),
    ("grpc:EchoTwo", "grpc-infra-backend-v2", {"host": "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho", "headers": {"x-header-set-1": "original-set-1", "x-header-add-1": "existing-add-1", "x-header-remove-1": "should-be-removed-1"}}),
])
test("listenerset-allowed-routes-namespaces", "gateway-with-listener-sets-test-allowed-routes", [
    o("Gateway", "gateway-with-listener-sets-test-allowed-routes", {"listeners": [on("gateway-listener", host="gateway-listener.com")], "allowedListeners": {"namespaces": {"from": "All"}}}),
    o("ListenerSet", "listenerset-test-allowed-routes-namespaces", {"parentRef": parent("gateway-with-listener-sets-test-allowed-routes"), "listeners": [on("listener-set-listener-allowed-routes-all", host="listener-set-listener-allowed-routes-all.com"), on("listener-set-listener-allowed-routes-same", host="listener-set-listener-allowed-routes-same.com", source="Same"), on("listener-set-listener-allowed-routes-selector", host="listener-set-listener-allowed-routes-selector.com", allowed={"namespaces": {"from": "Selector", "selector": {"matchLabels": {"allowed": "ns"}}}})]}),
    o("HTTPRoute", "route-in-same-namespace", {"parentRefs": [parent("listenerset-test-allowed-routes-namespaces", kind="ListenerSet")], "rules": [{"matches": [path("/route-in-same-namespace")], "backendRefs": [back("infra-backend-v1")]}]}),
    namespace("gateway-api-routes-allowed-ns", **{"allowed": "ns"}),
    o("HTTPRoute", "route-in-selected-namespace", {"parentRefs": [parent("listenerset-test-allowed-routes-namespaces", kind="ListenerSet")], "rules": [{"matches": [path("/route-in-selected-namespace")], "backendRefs": [back("infra-backend-v2", namespace=INFRA)]}]}, ns="gateway-api-routes-allowed-ns"),
    namespace("gateway-api-routes-not-allowed-ns"),
    o("HTTPRoute", "route-not-in-selected-namespace", {"parentRefs": [parent("listenerset-test-allowed-routes-namespaces", kind="ListenerSet")], "rules": [{"matches": [path("/route-not-in-selected-namespace")], "backendRefs": [back("infra-backend-v3", namespace=INFRA)]}]}, ns="gateway-api-routes-not-allowed-ns"),
    namespace("gateway-api-ls-cross-ns"),
    o("ListenerSet", "listenerset-test-allowed-routes-cross-ns", {"parentRef": parent("gateway-with-listener-sets-test-allowed-routes"), "listeners": [on("listener-set-listener-allowed-routes-cross-ns-same", host="listener-set-listener-allowed-routes-cross-ns-same.com", source="Same")]}, ns="gateway-api-ls-cross-ns"),
    o("HTTPRoute", "route-in-listenerset-namespace", {"parentRefs": [parent("listenerset-test-allowed-routes-cross-ns", ns="gateway-api-ls-cross-ns", kind="ListenerSet")], "rules": [{"matches": [path("/route-in-listenerset-namespace")], "backendRefs": [back("infra-backend-v1", namespace=INFRA)]}]}, ns="gateway-api-ls-cross-ns"),
    o("HTTPRoute", "route-in-gateway-namespace", {"parentRefs": [parent("listenerset-test-allowed-routes-cross-ns", ns="gateway-api-ls-cross-ns", kind="ListenerSet")], "rules": [{"matches": [path("/route-in-gateway-namespace")], "backendRefs": [back("infra-backend-v2")]}]}),
    o("ReferenceGrant", "listenerset-test-allowed-routes-namespaces-reference-grant", {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "gateway-api-routes-allowed-ns"}, {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "gateway-api-routes-not-allowed-ns"}, {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "gateway-api-ls-cross-ns"}], "to": [{"group": "", "kind": "Service"}]}),
], [
    ("/route-in-same-namespace", "infra-backend-v1", {"host": "listener-set-listener-allowed-routes-all.com"}),
    ("/route-in-selected-namespace", "infra-backend-v2", {"host": "listener-set-listener-allowed-routes-all.com"}),
    ("/route-not-in-selected-namespace", "infra-backend-v3", {"host": "listener-set-listener-allowed-routes-all.com"}),
    ("/route-in-same-namespace", "infra-backend-v1", {"host": "listener-set-listener-allowed-routes-same.com"}),
    ("/route-in-selected-namespace", 404, {"host": "listener-set-listener-allowed-routes-same.com"}),
    ("/route-not-in-selected-namespace", 404, {"host": "listener-set-listener-allowed-routes-same.com"}),
    ("/route-in-same-namespace", 404, {"host": "listener-set-listener-allowed-routes-selector.com"}),
    ("/route-in-selected-namespace", "infra-backend-v2", {"host": "listener-set-listener-allowed-routes-selector.com"}),
    ("/route-not-in-selected-namespace", 404, {"host": "listener-set-listener-allowed-routes-selector.com"}),
    ("/route-in-listenerset-namespace", "infra-backend-v1", {"host": "listener-set-listener-allowed-routes-cross-ns-same.com"}),
    ("/route-in-gateway-namespace", 404, {"host": "listener-set-listener-allowed-routes-cross-ns-same.com"}),
])
test("listenerset-dual-parentref-independence", "gateway-dual-parentref", [
    o("Gateway", "gateway-dual-parentref", {"listeners": [on("gw-dual-parentref-listener", host="gw-dual.com", source="Same")], "allowedListeners": {"namespaces": {"from": "Same"}}}),
    o("ListenerSet", "ls-dual-parentref", {"parentRef": parent("gateway-dual-parentref"), "listeners": [on("ls-dual-parentref-listener", host="ls-dual.com", source="Same")]}),
    o("HTTPRoute", "route-dual-parentref-both", {"parentRefs": [parent("gateway-dual-parentref"), parent("ls-dual-parentref", kind="ListenerSet")], "rules": [{"matches": [path("/dualboth")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "route-dual-parentref-one", {"parentRefs": [parent("gateway-dual-parentref", section="ls-dual-parentref-listener"), parent("ls-dual-parentref", section="ls-dual-parentref-listener", kind="ListenerSet")], "rules": [{"matches": [path("/dualone")], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/dualboth", "infra-backend-v1", {"host": "gw-dual.com"}), ("/dualboth", "infra-backend-v1", {"host": "ls-dual.com"}), ("/dualone", "infra-backend-v2", {"host": "ls-dual.com"}),
    ("/dualone", 404, {"host": "gw-dual.com"}),
])
test("listenerset-gateway-parent-section-name-not-found", "gateway-section-name", [
    o("Gateway", "gateway-section-name", {"listeners": [on("gw-listener", host="gw-section.com", source="Same")], "allowedListeners": {"namespaces": {"from": "Same"}}}),
    o("ListenerSet", "listenerset-section-name", {"parentRef": parent("gateway-section-name"), "listeners": [on("ls-only-listener", host="ls-section-name.com", source="Same")]}),
    o("HTTPRoute", "route-via-listenerset", {"parentRefs": [parent("listenerset-section-name", section="ls-only-listener", kind="ListenerSet")], "rules": [{"matches": [path("/goodsection")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "route-via-gateway", {"parentRefs": [parent("gateway-section-name", section="ls-only-listener")], "rules": [{"matches": [path("/badsection")], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/goodsection", "infra-backend-v1", {"host": "ls-section-name.com"}), ("/badsection", 404, {"host": "gw-section.com"}),
])
test("listenerset-http-routing", "gateway-with-listener-sets-http-routing", [
    o("Gateway", "gateway-with-listener-sets-http-routing", {"listeners": [on("gateway-listener-1", host="gateway-listener-1.com"), on("gateway-listener-2", host="gateway-listener-2.com")], "allowedListeners": {"namespaces": {"from": "All"}}}),
    o("ListenerSet", "listener-set-http-routing-1", {"parentRef": parent("gateway-with-listener-sets-http-routing"), "listeners": [on("listener-set-http-routing-1-listener-1", host="listener-set-http-routing-1-listener-1.com"), on("listener-set-http-routing-1-listener-2", host="listener-set-http-routing-1-listener-2.com")]}),
    o("ListenerSet", "listener-set-http-routing-2", {"parentRef": parent("gateway-with-listener-sets-http-routing"), "listeners": [on("listener-set-http-routing-2-listener-1", host="listener-set-http-routing-2-listener-1.com"), on("listener-set-http-routing-2-listener-2", host="listener-set-http-routing-2-listener-2.com")]}),
    o("HTTPRoute", "attaches-to-all-listeners", {"parentRefs": [parent("gateway-with-listener-sets-http-routing"), parent("listener-set-http-routing-1", kind="ListenerSet"), parent("listener-set-http-routing-2", kind="ListenerSet")], "rules": [{"matches": [path("/route")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "gateway-route", {"parentRefs": [parent("gateway-with-listener-sets-http-routing")], "rules": [{"matches": [path("/gateway-route")], "backendRefs": [back("infra-backend-v2")]}]}),
    o("HTTPRoute", "gateway-section-route", {"parentRefs": [parent("gateway-with-listener-sets-http-routing", section="gateway-listener-1")], "rules": [{"matches": [path("/gateway-section-route")], "backendRefs": [back("infra-backend-v3")]}]}),
    o("HTTPRoute", "listener-set-http-routing-1-route", {"parentRefs": [parent("listener-set-http-routing-1", kind="ListenerSet")], "rules": [{"matches": [path("/listener-set-http-routing-1-route")], "backendRefs": [back("infra-backend-v2")]}]}),
    o("HTTPRoute", "listener-set-http-routing-1-section-route", {"parentRefs": [parent("listener-set-http-routing-1", section="listener-set-http-routing-1-listener-1", kind="ListenerSet")], "rules": [{"matches": [path("/listener-set-http-routing-1-section-route")], "backendRefs": [back("infra-backend-v3")]}]}),
    o("HTTPRoute", "listener-set-http-routing-2-route", {"parentRefs": [parent("listener-set-http-routing-2", kind="ListenerSet")], "rules": [{"matches": [path("/listener-set-http-routing-2-route")], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/route", "infra-backend-v1", {"host": "gateway-listener-1.com"}), ("/route", "infra-backend-v1", {"host": "gateway-listener-2.com"}),
    ("/route", "infra-backend-v1", {"host": "listener-set-http-routing-1-listener-1.com"}), ("/route", "infra-backend-v1", {"host": "listener-set-http-routing-1-listener-2.com"}),
    ("/route", "infra-backend-v1", {"host": "listener-set-http-routing-2-listener-1.com"}), ("/route", "infra-backend-v1", {"host": "listener-set-http-routing-2-listener-2.com"}),
    ("/gateway-route", "infra-backend-v2", {"host": "gateway-listener-1.com"}), ("/gateway-route", "infra-backend-v2", {"host": "gateway-listener-2.com"}),
    ("/gateway-route", 404, {"host": "listener-set-http-routing-1-listener-1.com"}), ("/gateway-route", 404, {"host": "listener-set-http-routing-1-listener-2.com"}),
    ("/gateway-route", 404, {"host": "listener-set-http-routing-2-listener-1.com"}), ("/gateway-route", 404, {"host": "listener-set-http-routing-2-listener-2.com"}),
    ("/gateway-section-route", "infra-backend-v3", {"host": "gateway-listener-1.com"}), ("/gateway-section-route", 404, {"host": "gateway-listener-2.com"}),
    ("/gateway-section-route", 404, {"host": "listener-set-http-routing-1-listener-1.com"}), ("/gateway-section-route", 404, {"host": "listener-set-http-routing-1-listener-2.com"}),
    ("/gateway-section-route", 404, {"host": "listener-set-http-routing-2-listener-1.com"}), ("/gateway-section-route", 404, {"host": "listener-set-http-routing-2-listener-2.com"}),
    ("/listener-set-http-routing-1-route", 404, {"host": "gateway-listener-1.com"}), ("/listener-set-http-routing-1-route", 404, {"host": "gateway-listener-2.com"}),
    ("/listener-set-http-routing-1-route", "infra-backend-v2", {"host": "listener-set-http-routing-1-listener-1.com"}),
    ("/listener-set-http-routing-1-route", "infra-backend-v2", {"host": "listener-set-http-routing-1-listener-2.com"}),
    ("/listener-set-http-routing-1-route", 404, {"host": "listener-set-http-routing-2-listener-1.com"}),
    ("/listener-set-http-routing-1-route", 404, {"host": "listener-set-http-routing-2-listener-2.com"}), ("/listener-set-http-routing-1-section-route", 404, {"host": "gateway-listener-1.com"}),
    ("/listener-set-http-routing-1-section-route", 404, {"host": "gateway-listener-2.com"}),
    ("/listener-set-http-routing-1-section-route", "infra-backend-v3", {"host": "listener-set-http-routing-1-listener-1.com"}),
    ("/listener-set-http-routing-1-section-route", 404, {"host": "listener-set-http-routing-1-listener-2.com"}),
    ("/listener-set-http-routing-1-section-route", 404, {"host": "listener-set-http-routing-2-listener-1.com"}),
    ("/listener-set-http-routing-1-section-route", 404, {"host": "listener-set-http-routing-2-listener-2.com"}), ("/listener-set-http-routing-2-route", 404, {"host": "gateway-listener-1.com"}),
    ("/listener-set-http-routing-2-route", 404, {"host": "gateway-listener-2.com"}), ("/listener-set-http-routing-2-route", 404, {"host": "listener-set-http-routing-1-listener-1.com"}),
    ("/listener-set-http-routing-2-route", 404, {"host": "listener-set-http-routing-1-listener-2.com"}),
    ("/listener-set-http-routing-2-route", "infra-backend-v2", {"host": "listener-set-http-routing-2-listener-1.com"}),
    ("/listener-set-http-routing-2-route", "infra-backend-v2", {"host": "listener-set-http-routing-2-listener-2.com"}),
])

SAME = "same-namespace"


def probe(gateway, section=None, kind=None, name="probe", **more):
    """A route that shows whether a listener takes routes."""
    return o("HTTPRoute", name, {"parentRefs": [parent(gateway, section=section, kind=kind)], "rules": [{"backendRefs": [back("infra-backend-v1")]}]}, **more)


def shares(**weights):
    return {"distribution": {f"{INFRA}/{k.replace('_', '-')}": {"share": v, "tolerance": .0001} for k, v in weights.items()}}


for kind, prefix in (("HTTPRoute", ""), ("GRPCRoute", "grpc-")):
    test(f"{kind.lower()}-weight", SAME, [o(kind, "weighted-backends", {"parentRefs": [ref(SAME)], "rules": [{"backendRefs": [
        back(f"{prefix}infra-backend-v1", weight=70), back(f"{prefix}infra-backend-v2", weight=30), back(f"{prefix}infra-backend-v3", weight=0)]}]})], [
        ("grpc:Echo" if prefix else "/", {"distribution": {f"{INFRA}/{prefix}infra-backend-v1": {"share": .7, "tolerance": .0001}, f"{INFRA}/{prefix}infra-backend-v2": {"share": .3, "tolerance": .0001}}})])
test("httproute-https-listener", "same-namespace-with-https-listener", [
    o("HTTPRoute", "httproute-https-test", {"parentRefs": [ref("same-namespace-with-https-listener")], "hostnames": ["example.org"], "rules": [{"backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "httproute-https-test-no-hostname", {"parentRefs": [parent("same-namespace-with-https-listener", section="https-with-hostname")], "rules": [{"backendRefs": [back("infra-backend-v2")]}]}),
], [("/", want, {"host": host, "sni": host}) for host, want in (("example.org", "infra-backend-v1"), ("unknown-example.org", 404), ("second-example.org", "infra-backend-v2"))])


def slices(service):
    return [{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": f"{service}-ip4", "namespace": INFRA, "labels": {"kubernetes.io/service-name": service}},
             "addressType": "IPv4", "ports": [{"name": "first-port", "port": 3000, "protocol": "TCP"}], "endpoints": [{"addresses": ["10.244.9.9"], "conditions": {"ready": True}}]}]


PORT = [{"name": "first-port", "protocol": "TCP", "port": 8080, "targetPort": 3000}]
BACKEND_POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "echo", "namespace": INFRA, "labels": {"app": "slice-backend"}}, "spec": {"containers": [
    {"name": "echo", "image": "registry.example.test/app:1", "ports": [{"containerPort": 3000}]}]}, "status": {"podIP": "10.244.9.9", "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
test("httproute-service-types", SAME, [
    o("HTTPRoute", "service-types", {"parentRefs": [ref(SAME)], "rules": [{"matches": [path("/" + n, "Exact")], "backendRefs": [back(n)]} for n in ("manual-endpointslices", "headless", "headless-manual-endpointslices")]}),
    svc("manual-endpointslices", INFRA, {"ports": PORT}), svc("headless", INFRA, {"clusterIP": "None", "selector": {"app": "slice-backend"}, "ports": PORT}),
    svc("headless-manual-endpointslices", INFRA, {"clusterIP": "None", "ports": PORT}), BACKEND_POD, *slices("manual-endpointslices"), *slices("headless-manual-endpointslices"),
], [("/" + n, "echo") for n in ("manual-endpointslices", "headless-manual-endpointslices", "headless")])
# Every request is answered by the backend that its header names: none that names the other.
test("httproute-request-header-modifier-backend-weights", SAME, [o("HTTPRoute", "request-header-modifier-backend-weights", {"parentRefs": [ref(SAME)], "rules": [{"backendRefs": [
    back(n, weight=10, filters=[{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("Backend", n)]}}]) for n in ("infra-backend-v1", "infra-backend-v2")]}]})], [
    ("/", {**OK, **shares(infra_backend_v1=.5, infra_backend_v2=.5), "upstream": {"headers_present": ["backend"]}})])
for what in ("request", "backendRequest"):
    test(f"httproute-timeout-{what.lower()}", SAME, [o("HTTPRoute", "timeout", {"parentRefs": [ref(SAME)], "rules": [
        {"matches": [path("/timeout")], "backendRefs": [back("infra-backend-v1")], "timeouts": {what: "500ms"}}, {"matches": [path("/disable-timeout")], "backendRefs": [back("infra-backend-v1")], "timeouts": {what: "0s"}}]})], [
        ("/timeout", "infra-backend-v1"), ("/disable-timeout", "infra-backend-v1")])

# Routes that no listener takes.
for title, gateway, objects, section, port in (
        ("disallowed-kind", "tlsroutes-only", [o("Gateway", "tlsroutes-only", {"listeners": [on("tls", 443, "TLS", allowed={"namespaces": {"from": "Same"}, "kinds": [{"kind": "TLSRoute"}]}, tls={"mode": "Passthrough"})]})], None, None),
        ("invalid-parentref-not-matching-listener-port", SAME, [], None, 81), ("invalid-parentref-not-matching-section-name", SAME, [], "http1", 80),
        ("invalid-parentref-section-name-not-matching-port", "one-listener", [o("Gateway", "one-listener", {"listeners": [on("http", allowed={"kinds": [{"kind": "HTTPRoute"}], "namespaces": {"from": "All"}})]})], "http", 81)):
    route = probe(gateway, section)
    if port:
        route["spec"]["parentRefs"][0]["port"] = port
    where = ("/", {"outcome": "unreachable", "http_status": None}, {"sni": "example.org"}) if title == "disallowed-kind" else ("/", 404)
    test("httproute-" + title, gateway, objects + [route], [where])
test("httproute-invalid-cross-namespace-parent-ref", SAME, [o("HTTPRoute", "invalid-cross-namespace-parent-ref", {"parentRefs": [parent(SAME)], "rules": [{"backendRefs": [back("web-backend")]}]}, ns=WEB)], [("/", 404)])
test("httproute-reference-grant, deleted", SAME, [o("HTTPRoute", "reference-grant", {"parentRefs": [ref(SAME)], "rules": [{"backendRefs": [back("web-backend", namespace=WEB)]}]})], [("/", 500)])
for title, kinds, takes in (("only", ["InvalidRoute"], False), ("supported-and", ["InvalidRoute", "HTTPRoute"], True)):
    test(f"gateway-invalid-route-kind, {title}", "kinds", [o("Gateway", "kinds", {"listeners": [on("http", allowed={"namespaces": {"from": "All"}, "kinds": [{"kind": k} for k in kinds]})]}), probe("kinds")], [("/", "infra-backend-v1" if takes else 404)])

# ListenerSets: which are allowed, and which listener keeps a port.
ELSEWHERE = "gateway-api-listenerset-ns"


def listener_set(name, gateway, listeners, ns=INFRA, age=0):
    return o("ListenerSet", name, {"parentRef": parent(gateway), "listeners": listeners}, ns=ns, creationTimestamp=f"2026-01-01T00:00:0{age}Z")


for title, allowed, same, other in (("none", {"namespaces": {"from": "None"}}, 404, 404), ("same", {"namespaces": {"from": "Same"}}, "infra-backend-v1", 404),
                                    ("selector", {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"allowed": "ns"}}}}, 404, "infra-backend-v1"), ("default", None, 404, 404)):
    test(f"listenerset-allowed-namespace-{title}", "sets", [
        o("Gateway", "sets", {"listeners": [on("gateway-listener", host="gateway-listener.com")], **({"allowedListeners": allowed} if allowed else {})}), namespace(ELSEWHERE, allowed="ns"),
        listener_set("here", "sets", [on("one", host="here.com")]), listener_set("there", "sets", [on("one", host="there.com")], ns=ELSEWHERE), probe("sets"), probe("here", kind="ListenerSet", name="in-set"),
        o("HTTPRoute", "in-other", {"parentRefs": [parent("there", ns=ELSEWHERE, kind="ListenerSet")], "rules": [{"backendRefs": [back("infra-backend-v1")]}]})], [
        ("/", "infra-backend-v1", {"host": "gateway-listener.com"}), ("/", same, {"host": "here.com"}), ("/", other, {"host": "there.com"})])
LISTED = [("gateway", "clash", "Gateway"), ("set-1", "clash", "ListenerSet"), ("set-1", "clash-of-sets", "ListenerSet"), ("set-2", "clash", "ListenerSet"), ("set-3", "clash-of-sets", "ListenerSet"), ("set-4", "clash-of-sets", "ListenerSet")]
for title, loser in (("hostname", lambda n: on(n, host=n + ".com")), ("protocol", lambda n: on(n, protocol="TCP"))):
    test(f"listenerset-{title}-conflict", "gateway", [
        o("Gateway", "gateway", {"allowedListeners": {"namespaces": {"from": "Same"}}, "listeners": [on("own", host="own.com"), on("clash", host="clash.com")]}),
        listener_set("set-1", "gateway", [on("one", host="one.com"), loser("clash"), on("clash-of-sets", host="clash-of-sets.com")], age=1), listener_set("set-2", "gateway", [loser("clash")], age=2),
        listener_set("set-3", "gateway", [on("three", host="three.com"), loser("clash-of-sets")], age=3), listener_set("set-4", "gateway", [loser("clash-of-sets")], age=4)] + [
        o("HTTPRoute", f"route-{i}", {"parentRefs": [parent(owner, section=section, kind=kind if kind != "Gateway" else None)], "rules": [{"matches": [path(f"/{owner}/{section}")], "backendRefs": [back("infra-backend-v1")]}]})
        for i, (owner, section, kind) in enumerate(LISTED + [("gateway", "own", "Gateway"), ("set-1", "one", "ListenerSet"), ("set-3", "three", "ListenerSet")])], [
        (f"/{owner}/{section}", "infra-backend-v1" if owner == "gateway" or (owner, section) == ("set-1", "clash-of-sets") else 404, {"host": section + ".com"}) for owner, section, _ in LISTED] + [
        ("/gateway/own", "infra-backend-v1", {"host": "own.com"}), ("/set-1/one", "infra-backend-v1", {"host": "one.com"}), ("/set-3/three", "infra-backend-v1", {"host": "three.com"})])
SECRET = {"certificateRefs": [{"group": "", "kind": "Secret", "name": "certificate", "namespace": WEB}]}


def grant(to_name=None, from_kind="Gateway", from_ns=INFRA, to_kind="Secret", group="gateway.networking.k8s.io", to_group="", ns=WEB):
    return o("ReferenceGrant", "grant", {"from": [{"group": group, "kind": from_kind, "namespace": from_ns}], "to": [{"group": to_group, "kind": to_kind, **({"name": to_name} if to_name else {})}]}, ns=ns)


NO_LISTENER = {"outcome": "unreachable"}
SETS = [o("Gateway", "gateway", {"listeners": [on("own", 443, "HTTPS", "own.com", tls=SECRET)], "allowedListeners": {"namespaces": {"from": "All"}}}), namespace(ELSEWHERE), grant(),
        {**grant(from_kind="ListenerSet"), "metadata": {"name": "for-sets", "namespace": WEB}}, listener_set("granted", "gateway", [on("one", 443, "HTTPS", "granted.com", tls=SECRET)]),
        listener_set("not-granted", "gateway", [on("one", 443, "HTTPS", "not-granted.com", tls=SECRET)], ns=ELSEWHERE), probe("granted", kind="ListenerSet"),
        o("HTTPRoute", "other", {"parentRefs": [parent("not-granted", ns=ELSEWHERE, kind="ListenerSet")], "rules": [{"backendRefs": [back("infra-backend-v1")]}]})]
test("listenerset-reference-grant", "gateway", SETS, [("/", "infra-backend-v1", {"host": "granted.com", "sni": "granted.com"}), ("/", NO_LISTENER, {"host": "not-granted.com", "sni": "not-granted.com"})])
for title, grants, ok in (("missing", [], False), ("specific", [grant("certificate")], True), ("all-in-namespace", [grant()], True), ("wrong-namespace", [grant("certificate", ns=APP)], False),
                          ("wrong-from-group", [grant("certificate", group="not-the-group-youre-looking-for")], False), ("wrong-from-kind", [grant("certificate", from_kind="HTTPRoute")], False),
                          ("wrong-from-namespace", [grant("certificate", from_ns="not-the-namespace-youre-looking-for")], False), ("wrong-to-group", [grant("certificate", to_group="not-the-group-youre-looking-for")], False),
                          ("wrong-to-kind", [grant("certificate", to_kind="Service")], False), ("wrong-to-name", [grant("not-the-certificate-youre-looking-for")], False)):
    test(f"gateway-secret-reference-grant, {title}", "secret", [o("Gateway", "secret", {"listeners": [on("https", 443, "HTTPS", tls=SECRET)]}), *grants, probe("secret")], [("/", "infra-backend-v1" if ok else NO_LISTENER, {"sni": "example.org"})])
# A client without certificate: where a bad or missing one is taken, on a port without validation, and on a plain port. (A client of meshsim has what is asked for.)
FALLBACK = {"validation": {"mode": "AllowInsecureFallback", "caCertificateRefs": [{"kind": "ConfigMap", "group": "", "name": "ca"}]}}
test("gateway-with-clientcertificate-validation-insecure-fallback", "validates", [
    o("Gateway", "validates", {"tls": {"frontend": {"default": FALLBACK, "perPort": [{"port": 8443, "tls": FALLBACK}, {"port": 9443, "tls": {}}]}}, "listeners": [
        on("https", 443, "HTTPS", tls=CERT), on("per-port", 8443, "HTTPS", tls=CERT), on("none", 9443, "HTTPS", tls=CERT), on("http", 80)]}), probe("validates")], [
    ("/", "infra-backend-v1", {"sni": "example.org", "section": s}) for s in ("https", "per-port", "none")] + [("/", "infra-backend-v1", {"section": "http"})])

# TCPRoutes
TCP = {"protocol": "tcp"}
ONLY = {"kinds": [{"kind": "TCPRoute"}]}


def tcp_backend(name, ns=INFRA):
    return backend(name, ns, ((None, 3000, 3000),))


def tcp_route(name, gateway, target, ns=None, created=None, **parent_ref):
    return o("TCPRoute", name, {"parentRefs": [{"name": gateway, **parent_ref}], "rules": [{"backendRefs": [back(target, 3000, **({"namespace": ns} if ns else {}))]}]}, **({"creationTimestamp": created} if created else {}))


def lands(name, ns=INFRA):
    return {"outcome": "allowed", "routed_to": f"{ns}/{name}"}


NOWHERE = {"outcome": "unreachable"}
test("tcproute-weighted-routing", "weighted", [*tcp_backend("tcp-backend-v1"), *tcp_backend("tcp-backend-v2"), *tcp_backend("tcp-backend-v3"), o("Gateway", "weighted", {"listeners": [on("tcp", 9300, "TCP", allowed=ONLY)]}),
     o("TCPRoute", "weighted", {"parentRefs": [parent("weighted", section="tcp")], "rules": [{"backendRefs": [back("tcp-backend-v1", 3000, weight=70), back("tcp-backend-v2", 3000, weight=30), back("tcp-backend-v3", 3000, weight=0)]}]})], [
    ("", shares(tcp_backend_v1=.7, tcp_backend_v2=.3), TCP)])
test("tcproute-multiple-routes-attachment", "multi", [*tcp_backend("one"), *tcp_backend("two"), o("Gateway", "multi", {"listeners": [on("tcp", 9310, "TCP", allowed={**ONLY, "namespaces": {"from": "Same"}})]}),
     tcp_route("z-older", "multi", "one", created="2026-01-01T00:00:00Z", sectionName="tcp"), tcp_route("a-newer", "multi", "two", created="2026-01-01T00:00:01Z", sectionName="tcp")], [("", lands("one"), TCP)])
FOUR = o("Gateway", "four", {"listeners": [on(n, p, "TCP", allowed=ONLY) for n, p in (("one", 9310), ("two", 9311), ("three", 9312), ("four", 9313))]})
test("tcproute-parentref-attach-all", "four", [*tcp_backend("all"), FOUR, tcp_route("all", "four", "all")], [("", lands("all"), {**TCP, "section": n}) for n in ("one", "two", "three", "four")])
test("tcproute-parentref-port-and-section-name", "four", [*tcp_backend("one"), *tcp_backend("two"), *tcp_backend("three"), FOUR, tcp_route("by-port", "four", "one", port=9310), tcp_route("by-section", "four", "two", sectionName="two"),
     tcp_route("by-both", "four", "three", sectionName="three", port=9312)], [("", lands(n), {**TCP, "section": n}) for n in ("one", "two", "three")])
TCP_GRANT = grant("far", from_kind="TCPRoute", to_kind="Service")
FAR = [*tcp_backend("far", WEB), o("Gateway", "far", {"listeners": [on("tcp", 9320, "TCP", allowed=ONLY)]}), tcp_route("far", "far", "far", WEB, sectionName="tcp")]
test("tcproute-reference-grant", "far", [*FAR, TCP_GRANT], [("", lands("far", WEB), TCP)])
test("tcproute-invalid-cross-namespace-backend-ref", "far", FAR, [("", NOWHERE, TCP)])
test("tcproute-invalid-backendref-nonexistent", "four", [FOUR, tcp_route("none", "four", "nonexistent-service")], [("", NOWHERE, {**TCP, "section": "one"})])
test("tcproute-invalid-non-tcp-listener", "mixed", [*tcp_backend("one"), o("Gateway", "mixed", {"listeners": [on("only-http", 5300, allowed={"kinds": [{"kind": "HTTPRoute"}]})]}), tcp_route("one", "mixed", "one", sectionName="only-http")], [("/", 404)])

# TLSRoutes
TLS_ONLY = {"namespaces": {"from": "Same"}, "kinds": [{"kind": "TLSRoute"}]}
PASSES, ENDS = {"mode": "Passthrough"}, {"mode": "Terminate", "certificateRefs": [ref("tls-terminate-checks-certificate")]}


def tls_gateway(name, host=None, port=443, tls=PASSES, **more):
    return o("Gateway", name, {"listeners": [on("tls", port, "TLS", host, allowed=more.get("allowed", TLS_ONLY), tls=tls)]})


def tls_route(name, gateway, hosts, target, port=443, ns=None, **more):
    return o("TLSRoute", name, {"parentRefs": [parent(gateway, **more)], "hostnames": hosts, "rules": [{"backendRefs": [back(target, port, **({"namespace": ns} if ns else {}))]}]})


def sni(host, **more):
    return {"host": host, "sni": host, "protocol": "https", **more}


test("tlsroute-hostname-intersection", None, [
    tls_gateway("x-1", "abc.example.com"), tls_gateway("x-2", "*.example.com"), tls_gateway("x-3", "*.com"), tls_gateway("x-4"), tls_route("r-1", "x-1", ["*.example.com"], "tls-backend"),
    tls_route("r-2", "x-2", ["abc.example.com"], "tls-backend"), tls_route("w-2", "x-2", ["*.com"], "tls-backend-2"), tls_route("r-3", "x-3", ["abc.example.com"], "tls-backend"), tls_route("w-3", "x-3", ["*.example.com"], "tls-backend-2"),
    tls_route("r-4", "x-4", ["abc.example.com"], "tls-backend"), tls_route("w-4", "x-4", ["*.com"], "tls-backend-2")], [
    ("", lands("tls-backend"), sni("abc.example.com", gw=f"x-{n}")) for n in (1, 2, 3, 4)] + [("", lands("tls-backend-2"), sni("other.example.com", gw=f"x-{n}")) for n in (2, 3, 4)] + [
    ("", NO_LISTENER, sni("non.matching.com", gw="x-1")), ("", NO_LISTENER, sni("non.matching.com", gw="x-2")), ("", NO_LISTENER, sni("non.matching.com", gw="x-3")), ("", NO_LISTENER, sni("non.matching.org", gw="x-4"))])
TCP_BACKEND = backend("tcp-backend", ports=((None, 3000, 3000), (None, 8443, 8443)))
# Port 8443 of that backend speaks TLS.
TCP_BACKEND[0]["spec"]["ports"][1]["name"] = "tls-8443"
test("tlsroute-simple-same-namespace", "passes", [*TCP_BACKEND, tls_gateway("passes", "*.example.com"), tls_route("r", "passes", ["abc.example.com"], "tcp-backend", 8443)], [("", lands("tcp-backend"), sni("abc.example.com"))])
test("tlsroute-terminate-simple-same-namespace", "ends", [*TCP_BACKEND, tls_gateway("ends", "tls.example.com", 8443, ENDS), tls_route("r", "ends", ["tls.example.com"], "tcp-backend", 3000)], [("", lands("tcp-backend"), sni("tls.example.com"))])
test("tlsroute-mixed-termination-same-namespace", "mixed", [
    *TCP_BACKEND, o("Gateway", "mixed", {"listeners": [on("tls-terminate", 8883, "TLS", "tls.example.com", allowed=TLS_ONLY, tls=ENDS), on("tls-passthrough", 8883, "TLS", "abc.example.com", allowed=TLS_ONLY, tls=PASSES)]}),
    tls_route("p", "mixed", ["abc.example.com"], "tcp-backend", 8443), tls_route("t", "mixed", ["tls.example.com"], "tcp-backend", 3000)], [
    ("", {**lands("tcp-backend"), "target_port": 3000}, sni("tls.example.com")), ("", {**lands("tcp-backend"), "target_port": 8443}, sni("abc.example.com"))])
test("tlsroute-invalid-backendref-nonexistent", "passes", [tls_gateway("passes"), tls_route("r", "passes", ["example.com"], "nonexistent")], [("", NOWHERE, sni("example.com"))])
UNKNOWN = tls_route("r", "passes", ["example.com"], "tls-backend")
UNKNOWN["spec"]["rules"][0]["backendRefs"][0].update(group="unknownkind.example.com", kind="NonExistent")
test("tlsroute-invalid-backendref-unknown-kind", "passes", [tls_gateway("passes"), UNKNOWN], [("", NOWHERE, sni("example.com"))])
test("tlsroute-invalid-no-matching-listener-hostname", None, [tls_gateway("exact", "www.example.com"), tls_gateway("wild", "*.example.com"), tls_route("one", "exact", ["www.nomatch.com", "*.nomatch.com"], "tls-backend"),
     tls_route("two", "wild", ["www.different.com", "*.different.com"], "tls-backend")], [("", NO_LISTENER, sni(h, gw=g)) for g, h in (("exact", "www.nomatch.com"), ("exact", "www.example.com"), ("wild", "www.different.com"), ("wild", "www.example.com"))])
test("tlsroute-invalid-no-matching-listener", None, [
    tls_gateway("passes"), o("Gateway", "http", {"listeners": [on("http", source="Same")]}), o("Gateway", "https", {"listeners": [on("https", 443, "HTTPS", source="Same", tls={"mode": "Terminate", **CERT})]}),
    tls_route("h", "http", ["tls.example.com"], "tls-backend"), tls_route("s", "https", ["tls.example.com"], "tls-backend"), tls_route("n", "passes", ["tls.example.com"], "tls-backend", section="nonexistent-listener")], [
    ("/", 404, {"host": "tls.example.com", "gw": "http"}), ("/", 404, {"host": "tls.example.com", "sni": "tls.example.com", "gw": "https"}), ("", NO_LISTENER, sni("tls.example.com", gw="passes"))])
WRONG = [("wrong-namespace", grant("tls-backend", "TLSRoute", to_kind="Service", ns=INFRA)), ("wrong-from-group", grant("tls-backend", "TLSRoute", to_kind="Service", group="not-the-group-youre-looking-for", ns=APP)),
         ("wrong-from-kind", grant("tls-backend", "Gateway", to_kind="Service", ns=APP)), ("wrong-from-namespace", grant("tls-backend", "TLSRoute", "not-the-namespace-youre-looking-for", "Service", ns=APP)),
         ("wrong-to-group", grant("tls-backend", "TLSRoute", to_kind="Service", to_group="not-the-group-youre-looking-for", ns=APP)), ("wrong-to-kind", grant("tls-backend", "TLSRoute", ns=APP)),
         ("wrong-to-name", grant("not-the-service-youre-looking-for", "TLSRoute", to_kind="Service", ns=APP)), ("right", grant("tls-backend", "TLSRoute", to_kind="Service", ns=APP))]
for title, object_ in WRONG:
    test(f"tlsroute-invalid-reference-grant, {title}", "passes", [tls_gateway("passes", "*.example.com"), object_, tls_route("r", "passes", ["abc.example.com"], "tls-backend", ns=APP)], [
        ("", lands("tls-backend", APP) if title == "right" else NOWHERE, sni("abc.example.com"))])

# BackendTLSPolicies: the backend takes nothing but TLS; which name the gateway asks for is seen at the conflicts.
CA = {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "tls-checks-ca-certificate"}]}


def secured(name, ports=(("https", 443),), selector="tls-backend"):
    return svc(name, INFRA, {"selector": {"app": selector}, "ports": [{"name": n, "protocol": "TCP", "port": p, "targetPort": 8443} for n, p in ports]})


def policy(name, target, hostname="abc.example.com", section=None, age=0, **more):
    return o("BackendTLSPolicy", name, {"targetRefs": [{"group": "", "kind": "Service", "name": target, **({"sectionName": section} if section else {})}], "validation": {**CA, "hostname": hostname, **more}},
             creationTimestamp=f"2026-01-01T00:00:0{age}Z")


def to_secured(*names, gateway=SAME, host="abc.example.com"):
    return o("HTTPRoute", "secured", {"parentRefs": [ref(gateway)], "hostnames": [host], "rules": [{"matches": [path("/" + n, "Exact")], "backendRefs": [back(n, 443)]} for n in names]})


TLS_UP = {**OK, "routed_to": f"{INFRA}/tls-backend", "transport": "tls"}
test("backendtlspolicy", SAME, [secured("normative"), policy("normative", "normative", section="https"), to_secured("normative"),
     o("HTTPRoute", "reencrypt", {"parentRefs": [ref("same-namespace-with-https-listener")], "hostnames": ["https-listener.org"], "rules": [{"backendRefs": [back("normative", 443)]}]})], [
    ("/normative", TLS_UP, {"host": "abc.example.com"}), ("/normative", TLS_UP, {"host": "https-listener.org", "sni": "https-listener.org", "gw": "same-namespace-with-https-listener"})])
test("backendtlspolicy-conflict-resolution", SAME, [
    secured("without"), secured("with", (("https-1", 443), ("https-2", 8443))), secured("both", (("https-1", 443), ("https-2", 8443))), policy("without-1", "without", "other.example.com", age=1), policy("without-2", "without", age=2),
    policy("with-1", "with", "other.example.com", "https-1", age=1), policy("with-2", "with", section="https-1", age=2), policy("both-1", "both", "other.example.com", "https-1"), policy("both-2", "both"), to_secured("without", "with", "both"),
    o("HTTPRoute", "second", {"parentRefs": [ref(SAME)], "hostnames": ["second.example.com"], "rules": [{"matches": [path("/both")], "backendRefs": [back("both", 8443)]}]})], [
    ("/" + n, TLS_UP, {"host": "abc.example.com"}) for n in ("without", "with", "both")] + [("/both", TLS_UP, {"host": "second.example.com"})])

write(sys.argv[1], "gateway-api")
