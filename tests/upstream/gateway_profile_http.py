"""kubernetes-sigs/gateway-api (4564255a) conformance/tests/httproute-*.go: what each test of HTTPRoutes at a gateway applies, asks and expects. Flows are
(path, backend or status, {request; `up`: what the backend must see; `redirect`: fields of the location; `response`: headers of the answer})."""
import sys

from gateway_profile import *

test("httproute-303-redirect", "same-namespace", [
    o("HTTPRoute", "303-redirect", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/see-other")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 303}}]}]}),
], [
    ("/see-other", 303, {"method": "POST", "redirect": {"Path": "/see-other"}}),
])
test("httproute-307-redirect", "same-namespace", [
    o("HTTPRoute", "307-redirect", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/temporary")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 307}}]}]}),
], [
    ("/temporary", 307, {"redirect": {"Path": "/temporary"}}),
])
test("httproute-308-redirect", "same-namespace", [
    o("HTTPRoute", "308-redirect", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/permanent")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 308}}]}]}),
], [
    ("/permanent", 308, {"redirect": {"Path": "/permanent"}}),
])
test("httproute-backend-protocol-h2c", "same-namespace", [
    o("HTTPRoute", "backend-protocol-h2c", {"parentRefs": [ref("same-namespace")], "rules": [{"backendRefs": [back("infra-backend-v1", 8081)]}]}),
], [
    ("/", "infra-backend-v1"),
])
test("httproute-cors", "same-namespace", [
    o("HTTPRoute", "cors-multiple-origins-methods-headers", {"parentRefs": [ref("same-namespace")], "rules": [{"filters": [{"type": "CORS", "cors": {"allowOrigins": ["https://www.foo.com", "https://*.bar.com"], "allowMethods": ["GET", "OPTIONS"], "allowHeaders": ["x-header-1", "x-header-2"], "exposeHeaders": ["x-header-3", "x-header-4"], "allowCredentials": True, "maxAge": 3600}}], "matches": [path("/cors-1")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "cors-wildcard-methods", {"parentRefs": [ref("same-namespace")], "rules": [{"filters": [{"type": "CORS", "cors": {"allowOrigins": ["https://www.foo.com"], "allowMethods": ["*"]}}], "matches": [path("/cors-2")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "cors-wildcard-origin", {"parentRefs": [ref("same-namespace")], "rules": [{"filters": [{"type": "CORS", "cors": {"allowOrigins": ["*"], "allowMethods": ["PUT"], "allowCredentials": False}}], "matches": [path("/cors-wildcard-origin")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "cors-wildcard-methods-headers", {"parentRefs": [ref("same-namespace")], "rules": [{"filters": [{"type": "CORS", "cors": {"allowOrigins": ["*"], "allowMethods": ["*"], "allowHeaders": ["*"], "allowCredentials": True}}], "matches": [path("/cors-wildcard-methods-headers")], "backendRefs": [back("infra-backend-v1")]}, {"filters": [{"type": "CORS", "cors": {"allowOrigins": ["*"], "allowMethods": ["*"], "allowHeaders": ["*"], "allowCredentials": False}}], "matches": [path("/cors-wildcard-methods-headers-unauth")], "backendRefs": [back("infra-backend-v1")]}]}),
], [
    ("/cors-1", 200, {"method": "OPTIONS", "headers": {"Origin": "https://www.foo.com", "access-control-request-method": "GET", "access-control-request-headers": "x-header-1, x-header-2"}, "response": {"access-control-allow-origin": "https://www.foo.com", "access-control-allow-methods": "GET,OPTIONS", "access-control-allow-headers": "x-header-1,x-header-2", "access-control-expose-headers": "x-header-3,x-header-4", "access-control-max-age": "3600", "access-control-allow-credentials": "true"}}),
    ("/cors-1", 200, {"method": "OPTIONS", "headers": {"Origin": "https://www.bar.com", "access-control-request-method": "GET", "access-control-request-headers": "x-header-1, x-header-2"}, "response": {"access-control-allow-origin": "https://www.bar.com", "access-control-allow-methods": "GET,OPTIONS", "access-control-allow-headers": "x-header-1,x-header-2", "access-control-expose-headers": "x-header-3,x-header-4", "access-control-max-age": "3600", "access-control-allow-credentials": "true"}}),
    ("/cors-1", 200, {"method": "OPTIONS", "headers": {"Origin": "https://xpto.www.bar.com", "access-control-request-method": "GET", "access-control-request-headers": "x-header-1, x-header-2"}, "response": {"access-control-allow-origin": "https://xpto.www.bar.com", "access-control-allow-methods": "GET,OPTIONS", "access-control-allow-headers": "x-header-1,x-header-2", "access-control-expose-headers": "x-header-3,x-header-4", "access-control-max-age": "3600", "access-control-allow-credentials": "true"}}),
    ("/cors-1", 200, {"method": "OPTIONS", "headers": {"Origin": "https://foobar.com", "access-control-request-method": "GET"}, "response": {"access-control-allow-origin": ""}}),
    ("/cors-1", 200, {"method": "GET", "headers": {"Origin": "https://www.foo.com", "access-control-request-method": "GET", "access-control-request-headers": "x-header-1, x-header-2"}, "response": {"access-control-allow-origin": "https://www.foo.com"}}),
    ("/cors-1", 200, {"method": "GET", "headers": {"Origin": "https://www.bar.com", "access-control-request-method": "GET", "access-control-request-headers": "x-header-1, x-header-2"}, "response": {"access-control-allow-origin": "https://www.bar.com"}}),
    ("/cors-1", 200, {"method": "GET", "headers": {"Origin": "https://foobar.com", "access-control-request-method": "GET"}, "response": {"access-control-allow-origin": ""}}),
    ("/cors-2", 200, {"method": "OPTIONS", "headers": {"Origin": "https://www.foo.com", "access-control-request-method": "POST"}, "response": {"access-control-allow-origin": "https://www.foo.com", "access-control-allow-methods": "POST", "access-control-allow-credentials": ""}}),
    ("/cors-2", 200, {"method": "OPTIONS", "headers": {"Origin": "https://www.foo.com", "access-control-request-method": "POST"}, "response": {"Access-Control-Allow-Credentials": ""}}),
    ("/cors-wildcard-origin", 200, {"method": "OPTIONS", "headers": {"Origin": "https://foobar.com", "access-control-request-method": "PUT"}, "response": {"access-control-allow-origin": "https://foobar.com", "access-control-allow-methods": "PUT", "Access-Control-Allow-Credentials": ""}}),
    ("/cors-wildcard-origin", 200, {"method": "OPTIONS", "headers": {"Origin": "https://foobar.com:12345", "access-control-request-method": "PUT"}, "response": {"access-control-allow-origin": "https://foobar.com:12345", "access-control-allow-methods": "PUT", "Access-Control-Allow-Credentials": ""}}),
    ("/cors-wildcard-origin", 200, {"method": "PUT", "headers": {"Origin": "https://foobar.com:12345"}, "response": {"access-control-allow-origin": "https://foobar.com:12345"}}),
    ("/cors-wildcard-origin", 200, {"method": "PUT", "headers": {"Origin": "https://foobar.com"}, "response": {"access-control-allow-origin": "https://foobar.com", "Access-Control-Allow-Credentials": ""}}),
    ("/cors-wildcard-methods-headers", 200, {"method": "OPTIONS", "headers": {"Origin": "https://other.foo.com", "access-control-request-method": "PUT", "access-control-request-headers": "x-header-1, x-header-2"}, "response": {"access-control-allow-origin": "https://other.foo.com", "access-control-allow-methods": "PUT", "access-control-allow-headers": "x-header-1, x-header-2", "access-control-allow-credentials": "true"}}),
    ("/cors-wildcard-methods-headers-unauth", 200, {"method": "OPTIONS", "headers": {"Origin": "https://other.foo.com", "access-control-request-method": "PUT", "access-control-request-headers": "x-header-1, x-header-2"}, "response": {"access-control-allow-origin": "https://other.foo.com", "access-control-allow-methods": "PUT", "access-control-allow-headers": "x-header-1, x-header-2", "access-control-allow-credentials": ""}}),
    ("/cors-wildcard-methods-headers", 200, {"method": "GET", "headers": {"Origin": "https://other.foo.com"}, "response": {"access-control-allow-origin": "https://other.foo.com", "access-control-allow-credentials": "true"}}),
    ("/cors-wildcard-methods-headers-unauth", 200, {"method": "GET", "headers": {"Origin": "https://other.foo.com"}, "response": {"access-control-allow-origin": "https://other.foo.com", "access-control-allow-credentials": ""}}),
])
test("httproute-cross-namespace", "backend-namespaces", [
    o("HTTPRoute", "cross-namespace", {"parentRefs": [parent("backend-namespaces")], "rules": [{"backendRefs": [back("web-backend")]}]}, ns=WEB),
], [
    ("/", "web-backend", {"ns": WEB}),
])
test("httproute-exact-path-matching", "same-namespace", [
    o("HTTPRoute", "exact-matching", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/one", "Exact")], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/two", "Exact")], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/one", "infra-backend-v1"), ("/two", "infra-backend-v2"), ("/", 404), ("/one/example", 404), ("/two/", 404), ("/Two", 404),
])
test("httproute-header-matching", "same-namespace", [
    o("HTTPRoute", "header-matching", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [{"headers": [nv("version", "one")]}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [{"headers": [nv("version", "two")]}], "backendRefs": [back("infra-backend-v2")]}, {"matches": [{"headers": [nv("version", "two"), nv("color", "orange")]}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [{"headers": [nv("color", "blue")]}, {"headers": [nv("color", "green")]}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [{"headers": [nv("color", "red")]}, {"headers": [nv("color", "yellow")]}], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/", "infra-backend-v1", {"headers": {"Version": "one"}}), ("/", "infra-backend-v2", {"headers": {"Version": "two"}}),
    ("/", "infra-backend-v1", {"headers": {"Version": "two", "Color": "orange"}}), ("/", "infra-backend-v2", {"headers": {"Version": "two", "Color": "blue"}}),
    ("/", 404, {"headers": {"Color": "orange"}}), ("/", 404, {"headers": {"Some-Other-Header": "one"}}), ("/", "infra-backend-v1", {"headers": {"Color": "blue"}}),
    ("/", "infra-backend-v1", {"headers": {"Color": "green"}}), ("/", "infra-backend-v2", {"headers": {"Color": "red"}}), ("/", "infra-backend-v2", {"headers": {"Color": "yellow"}}),
    ("/", 404, {"headers": {"Color": "purple"}}),
])
test("httproute-hostname-intersection", "httproute-hostname-intersection", [
    o("Gateway", "httproute-hostname-intersection", {"listeners": [on("listener-1", host="very.specific.com", source="Same"), on("listener-2", host="*.wildcard.io", source="Same"), on("listener-3", host="*.anotherwildcard.io", source="Same")]}),
    o("Gateway", "httproute-hostname-intersection-all", {"listeners": [on("listener-1", source="Same")]}),
    o("HTTPRoute", "specific-host-matches-listener-specific-host", {"parentRefs": [parent("httproute-hostname-intersection")], "hostnames": ["non.matching.com", "*.nonmatchingwildcard.io", "very.specific.com"], "rules": [{"matches": [path("/s1")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "specific-host-matches-listener-wildcard-host", {"parentRefs": [parent("httproute-hostname-intersection")], "hostnames": ["non.matching.com", "wildcard.io", "foo.wildcard.io", "bar.wildcard.io", "foo.bar.wildcard.io"], "rules": [{"matches": [path("/s2")], "backendRefs": [back("infra-backend-v2")]}]}),
    o("HTTPRoute", "wildcard-host-matches-listener-specific-host", {"parentRefs": [parent("httproute-hostname-intersection")], "hostnames": ["non.matching.com", "*.specific.com"], "rules": [{"matches": [path("/s3")], "backendRefs": [back("infra-backend-v3")]}]}),
    o("HTTPRoute", "wildcard-host-matches-listener-wildcard-host", {"parentRefs": [parent("httproute-hostname-intersection")], "hostnames": ["*.anotherwildcard.io"], "rules": [{"matches": [path("/s4")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "no-intersecting-hosts", {"parentRefs": [parent("httproute-hostname-intersection")], "hostnames": ["specific.but.wrong.com", "wildcard.io"], "rules": [{"matches": [path("/s5")], "backendRefs": [back("infra-backend-v2")]}]}),
    o("HTTPRoute", "httproute-hostname-intersection-all", {"parentRefs": [parent("httproute-hostname-intersection-all")], "hostnames": ["first.com", "sub.first.com", "second.com", "sub.second.com"], "rules": [{"backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/s1", "infra-backend-v1", {"host": "very.specific.com"}), ("/s1", "infra-backend-v1", {"host": "very.specific.com:1234"}), ("/s1", 404, {"host": "non.matching.com"}),
    ("/s1", 404, {"host": "foo.nonmatchingwildcard.io"}), ("/s1", 404, {"host": "foo.wildcard.io"}), ("/non-matching-prefix", 404, {"host": "very.specific.com"}),
    ("/s2", "infra-backend-v2", {"host": "foo.wildcard.io"}), ("/s2", "infra-backend-v2", {"host": "bar.wildcard.io"}), ("/s2", "infra-backend-v2", {"host": "foo.bar.wildcard.io"}),
    ("/s2", 404, {"host": "non.matching.com"}), ("/s2", 404, {"host": "wildcard.io"}), ("/s2", 404, {"host": "very.specific.com"}), ("/non-matching-prefix", 404, {"host": "foo.wildcard.io"}),
    ("/s3", "infra-backend-v3", {"host": "very.specific.com"}), ("/s3", 404, {"host": "non.matching.com"}), ("/s3", 404, {"host": "foo.specific.com"}), ("/s3", 404, {"host": "foo.wildcard.io"}),
    ("/non-matching-prefix", 404, {"host": "very.specific.com"}), ("/s4", "infra-backend-v1", {"host": "foo.anotherwildcard.io"}), ("/s4", "infra-backend-v1", {"host": "bar.anotherwildcard.io"}),
    ("/s4", "infra-backend-v1", {"host": "foo.bar.anotherwildcard.io"}), ("/s4", 404, {"host": "anotherwildcard.io"}), ("/s4", 404, {"host": "foo.wildcard.io"}),
    ("/s4", 404, {"host": "very.specific.com"}), ("/non-matching-prefix", 404, {"host": "foo.anotherwildcard.io"}), ("/s5", 404, {"host": "specific.but.wrong.com"}),
    ("/s5", 404, {"host": "wildcard.io"}), ("/", "infra-backend-v2", {"host": "first.com", "gw": "httproute-hostname-intersection-all"}),
    ("/", "infra-backend-v2", {"host": "sub.first.com", "gw": "httproute-hostname-intersection-all"}), ("/", "infra-backend-v2", {"host": "second.com", "gw": "httproute-hostname-intersection-all"}),
    ("/", "infra-backend-v2", {"host": "sub.second.com", "gw": "httproute-hostname-intersection-all"}), ("/", 404, {"host": "third.com", "gw": "httproute-hostname-intersection-all"}),
    ("/", 404, {"host": "sub.third.com", "gw": "httproute-hostname-intersection-all"}),
])
test("httproute-invalid-backendref-unknown-kind", "same-namespace", [
    o("HTTPRoute", "invalid-backend-ref-unknown-kind", {"parentRefs": [ref("same-namespace")], "rules": [{"backendRefs": [{"group": "unknownkind.example.com", "kind": "NonExistent", "name": "infra-backend-v1", "port": 8080}]}]}),
], [
    ("/v2", 500, {"method": "GET"}),
])
test("httproute-invalid-cross-namespace-backend-ref", "same-namespace", [
    o("HTTPRoute", "invalid-cross-namespace-backend-ref", {"parentRefs": [ref("same-namespace")], "rules": [{"backendRefs": [back("web-backend", namespace=WEB)]}]}),
], [
    ("/", 500, {"method": "GET"}),
])
test("httproute-invalid-nonexistent-backendref", "same-namespace", [
    o("HTTPRoute", "invalid-nonexistent-backend-ref", {"parentRefs": [ref("same-namespace")], "rules": [{"backendRefs": [back("nonexistent", namespace=INFRA)]}]}),
], [
    ("/", 500, {"method": "GET"}),
])
test("httproute-invalid-reference-grant", "same-namespace", [
    o("ReferenceGrant", "reference-grant-wrong-namespace", {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": INFRA}], "to": [{"group": "", "kind": "Service", "name": "web-backend"}]}),
    o("ReferenceGrant", "reference-grant-wrong-from-group", {"from": [{"group": "not-the-group-youre-looking-for", "kind": "HTTPRoute", "namespace": INFRA}], "to": [{"group": "", "kind": "Service", "name": "web-backend"}]}, ns=WEB),
    o("ReferenceGrant", "reference-grant-wrong-from-kind", {"from": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": INFRA}], "to": [{"group": "", "kind": "Service", "name": "web-backend"}]}, ns=WEB),
    o("ReferenceGrant", "reference-grant-wrong-from-namespace", {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "not-the-namespace-youre-looking-for"}], "to": [{"group": "", "kind": "Service", "name": "web-backend"}]}, ns=WEB),
    o("ReferenceGrant", "reference-grant-wrong-to-group", {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": INFRA}], "to": [{"group": "not-the-group-youre-looking-for", "kind": "Service", "name": "web-backend"}]}, ns=WEB),
    o("ReferenceGrant", "reference-grant-wrong-to-kind", {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": INFRA}], "to": [{"group": "", "kind": "Secret", "name": "web-backend"}]}, ns=WEB),
    o("ReferenceGrant", "reference-grant-wrong-to-name", {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": INFRA}], "to": [{"group": "", "kind": "Secret", "name": "not-the-service-youre-looking-for"}]}, ns=WEB),
    o("HTTPRoute", "reference-grant", {"parentRefs": [ref("same-namespace")], "rules": [{"backendRefs": [back("web-backend", namespace=WEB)]}]}),
], [
    ("/", 500, {"method": "GET", "ns": WEB}),
])
test("httproute-listener-hostname-matching", "httproute-listener-hostname-matching", [
    o("Gateway", "httproute-listener-hostname-matching", {"listeners": [on("listener-1", host="bar.com", source="Same"), on("listener-2", host="foo.bar.com", source="Same"), on("listener-3", host="*.bar.com", source="Same"), on("listener-4", host="*.foo.com", source="Same")]}),
    o("HTTPRoute", "backend-v1", {"parentRefs": [parent("httproute-listener-hostname-matching", section="listener-1")], "rules": [{"backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "backend-v2", {"parentRefs": [parent("httproute-listener-hostname-matching", section="listener-2")], "rules": [{"backendRefs": [back("infra-backend-v2")]}]}),
    o("HTTPRoute", "backend-v3", {"parentRefs": [parent("httproute-listener-hostname-matching", section="listener-3"), parent("httproute-listener-hostname-matching", section="listener-4")], "rules": [{"backendRefs": [back("infra-backend-v3")]}]}),
], [
    ("/", "infra-backend-v1", {"host": "bar.com"}), ("/", "infra-backend-v2", {"host": "foo.bar.com"}), ("/", "infra-backend-v3", {"host": "baz.bar.com"}),
    ("/", "infra-backend-v3", {"host": "boo.bar.com"}), ("/", "infra-backend-v3", {"host": "multiple.prefixes.bar.com"}), ("/", "infra-backend-v3", {"host": "multiple.prefixes.foo.com"}),
    ("/", 404, {"host": "foo.com"}), ("/", 404, {"host": "no.matching.host"}),
])
test("httproute-listener-port-matching", "httproute-listener-port-matching", [
    o("Gateway", "httproute-listener-port-matching", {"listeners": [on("listener-1", host="foo.com", source="Same"), on("listener-2", port=8080, host="foo.com", source="Same"), on("listener-3", port=8080, host="bar.com", source="Same"), on("listener-4", port=8090, host="foo.com", source="Same"), on("listener-5", port=8090, host="bar.com", source="Same")]}),
    o("HTTPRoute", "backend-v1", {"parentRefs": [back("httproute-listener-port-matching", 80, namespace=INFRA)], "rules": [{"backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "backend-v2", {"parentRefs": [back("httproute-listener-port-matching", namespace=INFRA)], "rules": [{"backendRefs": [back("infra-backend-v2")]}]}),
    o("HTTPRoute", "backend-v3", {"parentRefs": [{"name": "httproute-listener-port-matching", "namespace": INFRA, "port": 8090, "sectionName": "listener-4"}], "rules": [{"backendRefs": [back("infra-backend-v3")]}]}),
], [
    ("/", "infra-backend-v1", {"host": "foo.com"}), ("/", "infra-backend-v2", {"host": "foo.com:8080", "port": 8080}), ("/", "infra-backend-v2", {"host": "bar.com:8080", "port": 8080}),
    ("/", "infra-backend-v3", {"host": "foo.com:8090", "port": 8090}), ("/", 404, {"host": "bar.com:8090", "port": 8090}),
])
test("httproute-matching-across-routes", "same-namespace", [
    o("HTTPRoute", "matching-part1", {"parentRefs": [ref("same-namespace")], "hostnames": ["example.com", "example.net"], "rules": [{"matches": [path("/"), {"headers": [nv("version", "one")]}], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "matching-part2", {"hostnames": ["example.com"], "parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/v2"), {"headers": [nv("version", "two")]}], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/", "infra-backend-v1", {"host": "example.com"}), ("/example", "infra-backend-v1", {"host": "example.com"}), ("/example", "infra-backend-v1", {"host": "example.net"}),
    ("/example", "infra-backend-v1", {"host": "example.com", "headers": {"Version": "one"}}), ("/v2", "infra-backend-v2", {"host": "example.com"}),
    ("/v2", "infra-backend-v1", {"host": "example.net"}), ("/v2/example", "infra-backend-v2", {"host": "example.com"}),
    ("/", "infra-backend-v2", {"host": "example.com", "headers": {"Version": "two"}}),
])
test("httproute-matching", "same-namespace", [
    o("HTTPRoute", "matching", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/"), {"headers": [nv("version", "one")]}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/v2"), {"headers": [nv("version", "two")]}], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/", "infra-backend-v1"), ("/example", "infra-backend-v1"), ("/", "infra-backend-v1", {"headers": {"Version": "one"}}), ("/v2", "infra-backend-v2"), ("/v2/example", "infra-backend-v2"),
    ("/", "infra-backend-v2", {"headers": {"Version": "two"}}), ("/v2/", "infra-backend-v2"), ("/v2example", "infra-backend-v1"), ("/foo/v2/example", "infra-backend-v1"),
])
test("httproute-method-matching", "same-namespace", [
    o("HTTPRoute", "method-matching", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [{"method": "POST"}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [{"method": "GET"}], "backendRefs": [back("infra-backend-v2")]}, {"matches": [path("/path1", method="GET")], "backendRefs": [back("infra-backend-v1")]}, {"matches": [{"headers": [nv("version", "one")], "method": "PUT"}], "backendRefs": [back("infra-backend-v2")]}, {"matches": [path("/path2", headers=[nv("version", "two")], method="POST")], "backendRefs": [back("infra-backend-v3")]}, {"matches": [path("/path3", method="PATCH"), path("/path4", headers=[nv("version", "three")], method="DELETE")], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/path5")], "backendRefs": [back("infra-backend-v1")]}, {"matches": [{"method": "PATCH"}], "backendRefs": [back("infra-backend-v2")]}, {"matches": [{"headers": [nv("version", "four")]}], "backendRefs": [back("infra-backend-v3")]}]}),
], [
    ("/", "infra-backend-v1", {"method": "POST"}), ("/", "infra-backend-v2", {"method": "GET"}), ("/", 404, {"method": "HEAD"}),
])
test("httproute-multiple-gateways", "same-namespace", [
    o("HTTPRoute", "multiple-gateways-shared-route", {"parentRefs": [ref("same-namespace"), ref("all-namespaces")], "rules": [{"matches": [path("/shared")], "backendRefs": [back("infra-backend-v1")]}]}),
    o("HTTPRoute", "same-namespace-dedicated-route", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/")], "backendRefs": [back("infra-backend-v2")]}]}),
    o("HTTPRoute", "all-namespaces-dedicated-route", {"parentRefs": [ref("all-namespaces")], "rules": [{"matches": [path("/")], "backendRefs": [back("infra-backend-v3")]}]}),
], [
    ("/shared", "infra-backend-v1"), ("/", "infra-backend-v2"), ("/shared", "infra-backend-v1", {"gw": "all-namespaces"}), ("/", "infra-backend-v3", {"gw": "all-namespaces"}),
])
test("httproute-named-rule", "same-namespace", [
    o("HTTPRoute", "http-named-rules", {"parentRefs": [ref("same-namespace")], "rules": [{"name": "named-rule", "matches": [path("/named")], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/unnamed")], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/named", 200), ("/unnamed", 200),
])
test("httproute-omitted-backendrefs", "same-namespace", [
    o("HTTPRoute", "omitted-backendrefs", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/omitted-no-forward", "Exact")]}, {"matches": [path("/empty-no-forward", "Exact")], "backendRefs": []}, {"matches": [path("/")], "backendRefs": [back("infra-backend-v1")]}]}),
], [
    ("/forward", "infra-backend-v1"), ("/omitted-no-forward", 500), ("/empty-no-forward", 500),
])
test("httproute-partially-invalid-via-invalid-reference-grant", "same-namespace", [
    o("ReferenceGrant", "invalid-reference-grant", {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": INFRA}], "to": [{"group": "", "kind": "Service", "name": "app-backend-v1"}]}, ns=APP),
    o("HTTPRoute", "invalid-reference-grant", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/v2")], "backendRefs": [back("app-backend-v2", namespace=APP)]}, {"backendRefs": [back("app-backend-v1", namespace=APP)]}]}),
], [
    ("/v2", 500, {"method": "GET"}), ("/", "app-backend-v1", {"method": "GET", "ns": APP}),
])
test("httproute-path-match-order", "same-namespace", [
    o("HTTPRoute", "path-matching-order", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/match", "Exact")], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/match/exact", "Exact")], "backendRefs": [back("infra-backend-v2")]}, {"matches": [path("/match/exact/one", "Exact")], "backendRefs": [back("infra-backend-v3")]}, {"matches": [path("/match/")], "backendRefs": [back("infra-backend-v3")]}, {"matches": [path("/match/prefix/")], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/match/prefix/one")], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/match/exact/one", "infra-backend-v3"), ("/match/exact", "infra-backend-v2"), ("/match", "infra-backend-v1"), ("/match/prefix/one/any", "infra-backend-v2"),
    ("/match/prefix/any", "infra-backend-v1"), ("/match/any", "infra-backend-v3"),
])
test("httproute-query-param-matching", "same-namespace", [
    o("HTTPRoute", "query-param-matching", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [{"queryParams": [nv("animal", "whale")]}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [{"queryParams": [nv("animal", "dolphin")]}], "backendRefs": [back("infra-backend-v2")]}, {"matches": [{"queryParams": [nv("animal", "dolphin"), nv("color", "blue")]}, {"queryParams": [nv("ANIMAL", "Whale")]}], "backendRefs": [back("infra-backend-v3")]}, {"matches": [path("/path1", queryParams=[nv("animal", "whale")])], "backendRefs": [back("infra-backend-v1")]}, {"matches": [{"headers": [nv("version", "one")], "queryParams": [nv("animal", "whale")]}], "backendRefs": [back("infra-backend-v2")]}, {"matches": [path("/path2", headers=[nv("version", "two")], queryParams=[nv("animal", "whale")])], "backendRefs": [back("infra-backend-v3")]}, {"matches": [path("/path3", queryParams=[nv("animal", "shark")]), path("/path4", headers=[nv("version", "three")], queryParams=[nv("animal", "kraken")])], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/path5")], "backendRefs": [back("infra-backend-v1")]}, {"matches": [{"queryParams": [nv("animal", "hydra")]}], "backendRefs": [back("infra-backend-v2")]}, {"matches": [{"headers": [nv("version", "four")]}], "backendRefs": [back("infra-backend-v3")]}]}),
], [
    ("/?animal=whale", "infra-backend-v1"), ("/?animal=dolphin", "infra-backend-v2"), ("/?animal=dolphin&color=blue", "infra-backend-v3"), ("/?ANIMAL=Whale", "infra-backend-v3"),
    ("/?animal=whale&otherparam=irrelevant", "infra-backend-v1"), ("/?animal=dolphin&color=yellow", "infra-backend-v2"), ("/?color=blue", 404), ("/?animal=dog", 404), ("/?animal=whaledolphin", 404),
    ("/", 404),
])
test("httproute-redirect-host-and-status", "same-namespace", [
    o("HTTPRoute", "redirect-host-and-status", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/hostname-redirect")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org"}}]}, {"matches": [path("/host-and-status")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 301, "hostname": "example.org"}}]}]}),
], [
    ("/hostname-redirect", 302, {"redirect": {"Host": "example.org"}}), ("/host-and-status", 301, {"redirect": {"Host": "example.org"}}),
])
test("httproute-redirect-path", "same-namespace", [
    o("HTTPRoute", "redirect-path", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/original-prefix")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/replacement-prefix"}}}]}, {"matches": [path("/full")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/full-path-replacement"}}}]}, {"matches": [path("/path-and-host")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org", "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/replacement-prefix"}}}]}, {"matches": [path("/path-and-status")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/replacement-prefix"}, "statusCode": 301}}]}, {"matches": [path("/full-path-and-host")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org", "path": {"type": "ReplaceFullPath", "replaceFullPath": "/replacement-full"}}}]}, {"matches": [path("/full-path-and-status")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/replacement-full"}, "statusCode": 301}}]}]}),
], [
    ("/original-prefix/lemon", 302, {"redirect": {"Path": "/replacement-prefix/lemon"}}), ("/full/path/original", 302, {"redirect": {"Path": "/full-path-replacement"}}),
    ("/path-and-host", 302, {"redirect": {"Host": "example.org", "Path": "/replacement-prefix"}}), ("/path-and-status", 301, {"redirect": {"Path": "/replacement-prefix"}}),
    ("/full-path-and-host", 302, {"redirect": {"Host": "example.org", "Path": "/replacement-full"}}), ("/full-path-and-status", 301, {"redirect": {"Path": "/replacement-full"}}),
])
test("httproute-redirect-port-and-scheme", "same-namespace-with-https-listener", [
    o("Gateway", "same-namespace-with-http-listener-on-8080", {"listeners": [on("http", port=8080, source="Same")]}),
    o("HTTPRoute", "http-route-for-listener-on-port-80", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/scheme-nil-and-port-nil")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org"}}]}, {"matches": [path("/scheme-nil-and-port-80")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 80, "hostname": "example.org"}}]}, {"matches": [path("/scheme-nil-and-port-8080")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 8080, "hostname": "example.org"}}]}, {"matches": [path("/scheme-https-and-port-nil")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "hostname": "example.org"}}]}, {"matches": [path("/scheme-https-and-port-443")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "port": 443, "hostname": "example.org"}}]}, {"matches": [path("/scheme-https-and-port-8443")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "port": 8443, "hostname": "example.org"}}]}]}),
    o("HTTPRoute", "http-route-for-listener-on-port-8080", {"parentRefs": [ref("same-namespace-with-http-listener-on-8080")], "rules": [{"matches": [path("/scheme-nil-and-port-nil")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org"}}]}, {"matches": [path("/scheme-nil-and-port-80")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 80, "hostname": "example.org"}}]}, {"matches": [path("/scheme-https-and-port-nil")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "hostname": "example.org"}}]}]}),
    o("HTTPRoute", "http-route-for-listener-on-port-443", {"parentRefs": [ref("same-namespace-with-https-listener")], "rules": [{"matches": [path("/scheme-nil-and-port-nil")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org"}}]}, {"matches": [path("/scheme-nil-and-port-443")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 443, "hostname": "example.org"}}]}, {"matches": [path("/scheme-nil-and-port-8443")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 8443, "hostname": "example.org"}}]}, {"matches": [path("/scheme-http-and-port-nil")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "http", "hostname": "example.org"}}]}, {"matches": [path("/scheme-http-and-port-80")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "http", "port": 80, "hostname": "example.org"}}]}, {"matches": [path("/scheme-http-and-port-8080")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "http", "port": 8080, "hostname": "example.org"}}]}]}),
], [
    ("/scheme-nil-and-port-nil", 302, {"host": "example.org", "redirect": {"Scheme": "http", "Host": "example.org"}, "gw": "same-namespace"}),
    ("/scheme-nil-and-port-80", 302, {"host": "example.org", "redirect": {"Scheme": "http", "Host": "example.org"}, "gw": "same-namespace"}),
    ("/scheme-nil-and-port-8080", 302, {"host": "example.org", "redirect": {"Scheme": "http", "Port": "8080", "Host": "example.org"}, "gw": "same-namespace"}),
    ("/scheme-https-and-port-nil", 302, {"host": "example.org", "redirect": {"Scheme": "https", "Host": "example.org"}, "gw": "same-namespace"}),
    ("/scheme-https-and-port-443", 302, {"host": "example.org", "redirect": {"Scheme": "https", "Host": "example.org"}, "gw": "same-namespace"}),
    ("/scheme-https-and-port-8443", 302, {"host": "example.org", "redirect": {"Scheme": "https", "Port": "8443", "Host": "example.org"}, "gw": "same-namespace"}),
    ("/scheme-nil-and-port-nil", 302, {"host": "example.org", "redirect": {"Scheme": "http", "Port": "8080", "Host": "example.org"}, "gw": "same-namespace-with-http-listener-on-8080"}),
    ("/scheme-nil-and-port-80", 302, {"host": "example.org", "redirect": {"Scheme": "http", "Host": "example.org"}, "gw": "same-namespace-with-http-listener-on-8080"}),
    ("/scheme-https-and-port-nil", 302, {"host": "example.org", "redirect": {"Scheme": "https", "Host": "example.org"}, "gw": "same-namespace-with-http-listener-on-8080"}),
    ("/scheme-nil-and-port-nil", 302, {"host": "example.org", "sni": "example.org", "redirect": {"Scheme": "https", "Host": "example.org"}}),
    ("/scheme-nil-and-port-443", 302, {"host": "example.org", "sni": "example.org", "redirect": {"Scheme": "https", "Host": "example.org"}}),
    ("/scheme-nil-and-port-8443", 302, {"host": "example.org", "sni": "example.org", "redirect": {"Scheme": "https", "Port": "8443", "Host": "example.org"}}),
    ("/scheme-http-and-port-nil", 302, {"host": "example.org", "sni": "example.org", "redirect": {"Scheme": "http", "Host": "example.org"}}),
    ("/scheme-http-and-port-80", 302, {"host": "example.org", "sni": "example.org", "redirect": {"Scheme": "http", "Host": "example.org"}}),
    ("/scheme-http-and-port-8080", 302, {"host": "example.org", "sni": "example.org", "redirect": {"Scheme": "http", "Port": "8080", "Host": "example.org"}}),
])
test("httproute-redirect-port", "same-namespace", [
    o("HTTPRoute", "redirect-port", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/port")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 8083}}]}, {"matches": [path("/port-and-host")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org", "port": 8083}}]}, {"matches": [path("/port-and-status")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 8083, "statusCode": 301}}]}, {"matches": [path("/port-and-host-and-status")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 8083, "hostname": "example.org", "statusCode": 302}}]}]}),
], [
    ("/port", 302, {"redirect": {"Port": "8083"}}), ("/port-and-host", 302, {"redirect": {"Host": "example.org", "Port": "8083"}}), ("/port-and-status", 301, {"redirect": {"Port": "8083"}}),
    ("/port-and-host-and-status", 302, {"redirect": {"Port": "8083", "Host": "example.org"}}),
])
test("httproute-redirect-scheme", "same-namespace", [
    o("HTTPRoute", "redirect-scheme", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/scheme")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]}, {"matches": [path("/scheme-and-host")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org", "scheme": "https"}}]}, {"matches": [path("/scheme-and-status")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]}, {"matches": [path("/scheme-and-host-and-status")], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 302, "hostname": "example.org"}}]}]}),
], [
    ("/scheme", 302, {"redirect": {"Scheme": "https"}}), ("/scheme-and-host", 302, {"redirect": {"Host": "example.org", "Scheme": "https"}}),
    ("/scheme-and-status", 301, {"redirect": {"Scheme": "https"}}), ("/scheme-and-host-and-status", 302, {"redirect": {"Scheme": "https", "Host": "example.org"}}),
])
test("httproute-reference-grant", "same-namespace", [
    o("ReferenceGrant", "reference-grant", {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": INFRA}], "to": [{"group": "", "kind": "Service", "name": "web-backend"}]}, ns=WEB),
    o("HTTPRoute", "reference-grant", {"parentRefs": [ref("same-namespace")], "rules": [{"backendRefs": [back("web-backend", namespace=WEB)]}]}),
], [
    ("/", "web-backend", {"method": "GET", "ns": WEB}),
])
test("httproute-request-header-modifier", "same-namespace", [
    o("HTTPRoute", "request-header-modifier", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/set")], "backendRefs": [back("infra-backend-v1", filters=[{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")]}}])]}, {"matches": [path("/add")], "backendRefs": [back("infra-backend-v1", filters=[{"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [nv("X-Header-Add", "add-appends-values")]}}])]}, {"matches": [path("/remove")], "backendRefs": [back("infra-backend-v1", filters=[{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["X-Header-Remove"]}}])]}, {"matches": [path("/multiple")], "backendRefs": [back("infra-backend-v1", filters=[{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set-1", "header-set-1"), nv("X-Header-Set-2", "header-set-2")], "add": [nv("X-Header-Add-1", "header-add-1"), nv("X-Header-Add-2", "header-add-2"), nv("X-Header-Add-3", "header-add-3")], "remove": ["X-Header-Remove-1", "X-Header-Remove-2"]}}])]}, {"matches": [path("/case-insensitivity")], "backendRefs": [back("infra-backend-v1", filters=[{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "header-set")], "add": [nv("X-Header-Add", "header-add")], "remove": ["X-Header-Remove"]}}])]}]}),
    o("HTTPRoute", "request-header-modifier", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/set")], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/add")], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [nv("X-Header-Add", "add-appends-values")]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/remove")], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["X-Header-Remove"]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/multiple")], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set-1", "header-set-1"), nv("X-Header-Set-2", "header-set-2")], "add": [nv("X-Header-Add-1", "header-add-1"), nv("X-Header-Add-2", "header-add-2"), nv("X-Header-Add-3", "header-add-3")], "remove": ["X-Header-Remove-1", "X-Header-Remove-2"]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/case-insensitivity")], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "header-set")], "add": [nv("X-Header-Add", "header-add")], "remove": ["X-Header-Remove"]}}], "backendRefs": [back("infra-backend-v1")]}]}),
], [
    ("/set", "infra-backend-v1", {"headers": {"Some-Other-Header": "val"}, "up": {"headers": {"Some-Other-Header": "val", "X-Header-Set": "set-overwrites-values"}}}),
    ("/set", "infra-backend-v1", {"headers": {"Some-Other-Header": "val", "X-Header-Set": "some-other-value"}, "up": {"headers": {"Some-Other-Header": "val", "X-Header-Set": "set-overwrites-values"}}}),
    ("/add", "infra-backend-v1", {"headers": {"Some-Other-Header": "val"}, "up": {"headers": {"Some-Other-Header": "val", "X-Header-Add": "add-appends-values"}}}),
    ("/add", "infra-backend-v1", {"headers": {"Some-Other-Header": "val", "X-Header-Add": "some-other-value"}, "up": {"headers": {"Some-Other-Header": "val", "X-Header-Add": "some-other-value,add-appends-values"}}}),
    ("/remove", "infra-backend-v1", {"headers": {"X-Header-Remove": "val"}, "up": {"headers_absent": ["X-Header-Remove"]}}),
    ("/multiple", "infra-backend-v1", {"headers": {"X-Header-Set-2": "set-val-2", "X-Header-Add-2": "add-val-2", "X-Header-Remove-2": "remove-val-2", "Another-Header": "another-header-val"}, "up": {"headers": {"X-Header-Set-1": "header-set-1", "X-Header-Set-2": "header-set-2", "X-Header-Add-1": "header-add-1", "X-Header-Add-2": "add-val-2,header-add-2", "X-Header-Add-3": "header-add-3", "Another-Header": "another-header-val"}, "headers_absent": ["X-Header-Remove-1", "X-Header-Remove-2"]}}),
    ("/case-insensitivity", "infra-backend-v1", {"headers": {"x-header-set": "original-val-set", "x-header-add": "original-val-add", "x-header-remove": "original-val-remove", "Another-Header": "another-header-val"}, "up": {"headers": {"X-Header-Set": "header-set", "X-Header-Add": "original-val-add,header-add", "Another-Header": "another-header-val"}, "headers_absent": ["x-header-remove", "X-Header-Remove"]}}),
])
test("httproute-request-mirror", "same-namespace", [
    o("HTTPRoute", "request-mirror", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/mirror")], "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": back("infra-backend-v2", namespace=INFRA)}}], "backendRefs": [back("infra-backend-v1", namespace=INFRA)]}, {"matches": [path("/mirror-and-modify-headers")], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")], "add": [nv("X-Header-Add", "header-val-1"), nv("X-Header-Add-Append", "header-val-2")], "remove": ["X-Header-Remove"]}}, {"type": "RequestMirror", "requestMirror": {"backendRef": back("infra-backend-v2", namespace=INFRA)}}], "backendRefs": [back("infra-backend-v1", namespace=INFRA)]}]}),
], [
    ("/mirror", "infra-backend-v1", {"mirrored": [["infra-backend-v2", None]]}),
    ("/mirror-and-modify-headers", "infra-backend-v1", {"headers": {"X-Header-Remove": "remove-val", "X-Header-Add-Append": "append-val-1"}, "up": {"headers": {"X-Header-Add": "header-val-1", "X-Header-Add-Append": "append-val-1,header-val-2", "X-Header-Set": "set-overwrites-values"}, "headers_absent": ["X-Header-Remove"]}, "mirrored": [["infra-backend-v2", None]]}),
])
test("httproute-request-multiple-mirrors", "same-namespace", [
    o("HTTPRoute", "request-multiple-mirrors", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/multi-mirror")], "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": back("infra-backend-v2", namespace=INFRA)}}, {"type": "RequestMirror", "requestMirror": {"backendRef": back("infra-backend-v3", namespace=INFRA)}}], "backendRefs": [back("infra-backend-v1", namespace=INFRA)]}, {"matches": [path("/multi-mirror-and-modify-request-headers")], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")], "add": [nv("X-Header-Add", "header-val-1"), nv("X-Header-Add-Append", "header-val-2")], "remove": ["X-Header-Remove"]}}, {"type": "RequestMirror", "requestMirror": {"backendRef": back("infra-backend-v2", namespace=INFRA)}}, {"type": "RequestMirror", "requestMirror": {"backendRef": back("infra-backend-v3", namespace=INFRA)}}], "backendRefs": [back("infra-backend-v1", namespace=INFRA)]}]}),
], [
    ("/multi-mirror", "infra-backend-v1", {"mirrored": [["infra-backend-v2", None], ["infra-backend-v3", None]]}),
    ("/multi-mirror-and-modify-request-headers", "infra-backend-v1", {"headers": {"X-Header-Remove": "remove-val", "X-Header-Add-Append": "append-val-1"}, "up": {"headers": {"X-Header-Add": "header-val-1", "X-Header-Add-Append": "append-val-1,header-val-2", "X-Header-Set": "set-overwrites-values"}, "headers_absent": ["X-Header-Remove"]}, "mirrored": [["infra-backend-v2", None], ["infra-backend-v3", None]]}),
])
test("httproute-request-percentage-mirror", "same-namespace", [
    o("HTTPRoute", "request-percentage-mirror", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/percent-mirror")], "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": back("infra-backend-v2", namespace=INFRA), "percent": 20}}], "backendRefs": [back("infra-backend-v1", namespace=INFRA)]}, {"matches": [path("/percent-mirror-fraction")], "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": back("infra-backend-v2", namespace=INFRA), "fraction": {"numerator": 25, "denominator": 50}}}], "backendRefs": [back("infra-backend-v1", namespace=INFRA)]}, {"matches": [path("/percent-mirror-and-modify-headers")], "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")], "add": [nv("X-Header-Add", "header-val-1"), nv("X-Header-Add-Append", "header-val-2")], "remove": ["X-Header-Remove"]}}, {"type": "RequestMirror", "requestMirror": {"backendRef": back("infra-backend-v2", namespace=INFRA), "percent": 35}}], "backendRefs": [back("infra-backend-v1", namespace=INFRA)]}]}),
], [
    ("/percent-mirror", "infra-backend-v1", {"mirrored": [["infra-backend-v2", 20]]}), ("/percent-mirror-fraction", "infra-backend-v1", {"mirrored": [["infra-backend-v2", 50]]}),
    ("/percent-mirror-and-modify-headers", "infra-backend-v1", {"headers": {"X-Header-Remove": "remove-val", "X-Header-Add-Append": "append-val-1"}, "up": {"headers": {"X-Header-Add": "header-val-1", "X-Header-Add-Append": "append-val-1,header-val-2", "X-Header-Set": "set-overwrites-values"}, "headers_absent": ["X-Header-Remove"]}, "mirrored": [["infra-backend-v2", 35]]}),
])
test("httproute-response-header-modifier", "same-namespace", [
    o("HTTPRoute", "response-header-modifier", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/set")], "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/add")], "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {"add": [nv("X-Header-Add", "add-appends-values")]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/remove")], "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["X-Header-Remove"]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/multiple")], "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [nv("X-Header-Set-1", "header-set-1"), nv("X-Header-Set-2", "header-set-2")], "add": [nv("X-Header-Add-1", "header-add-1"), nv("X-Header-Add-2", "header-add-2"), nv("X-Header-Add-3", "header-add-3")], "remove": ["X-Header-Remove-1", "X-Header-Remove-2"]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/case-insensitivity")], "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [nv("X-Header-Set", "header-set")], "add": [nv("X-Header-Add", "header-add"), nv("x-lowercase-add", "lowercase-add"), nv("x-Mixedcase-ADD-1", "mixedcase-add-1"), nv("X-mixeDcase-add-2", "mixedcase-add-2"), nv("X-UPPERCASE-ADD", "uppercase-add")], "remove": ["X-Header-Remove"]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/response-and-request-header-modifiers")], "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [nv("X-Header-Set-1", "header-set-1"), nv("X-Header-Set-2", "header-set-2")], "add": [nv("X-Header-Add-1", "header-add-1"), nv("X-Header-Add-2", "header-add-2")], "remove": ["X-Header-Remove-1", "X-Header-Remove-2"]}}, {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")], "add": [nv("X-Header-Add", "header-val-1"), nv("X-Header-Add-Append", "header-val-2")], "remove": ["X-Header-Remove"]}}], "backendRefs": [back("infra-backend-v1")]}]}),
], [
    ("/set", "infra-backend-v1", {"response": {"X-Header-Set": "set-overwrites-values"}}), ("/set", "infra-backend-v1"),
    ("/add", "infra-backend-v1", {"response": {"X-Header-Add": "add-appends-values"}}), ("/add", "infra-backend-v1"), ("/remove", "infra-backend-v1", {"response": {"X-Header-Remove": ""}}),
    ("/multiple", "infra-backend-v1", {"response": {"X-Header-Set-1": "header-set-1", "X-Header-Add-1": "header-add-1", "X-Header-Add-3": "header-add-3", "X-Header-Remove-1": "", "X-Header-Remove-2": ""}}),
    ("/case-insensitivity", "infra-backend-v1", {"response": {"X-Lowercase-Add": "lowercase-add", "X-Mixedcase-Add-1": "mixedcase-add-1", "X-Mixedcase-Add-2": "mixedcase-add-2", "X-Uppercase-Add": "uppercase-add", "x-header-remove": "", "X-Header-Remove": ""}}),
    ("/response-and-request-header-modifiers", "infra-backend-v1", {"headers": {"X-Header-Remove": "remove-val", "X-Header-Add-Append": "append-val-1", "X-Header-Echo": "echo"}, "up": {"headers": {"X-Header-Add": "header-val-1", "X-Header-Set": "set-overwrites-values", "X-Header-Add-Append": "append-val-1,header-val-2", "X-Header-Echo": "echo"}, "headers_absent": ["X-Header-Remove"]}, "response": {"X-Header-Set-1": "header-set-1", "X-Header-Add-1": "header-add-1", "X-Header-Remove-1": "", "X-Header-Remove-2": ""}}),
])
test("httproute-rewrite-host", "same-namespace", [
    o("HTTPRoute", "rewrite-host", {"hostnames": ["rewrite.example"], "parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/one")], "filters": [{"type": "URLRewrite", "urlRewrite": {"hostname": "one.example.org"}}], "backendRefs": [back("infra-backend-v1")]}, {"filters": [{"type": "URLRewrite", "urlRewrite": {"hostname": "example.org"}}], "backendRefs": [back("infra-backend-v2")]}, {"matches": [path("/rewrite-host-and-modify-headers")], "filters": [{"type": "URLRewrite", "urlRewrite": {"hostname": "test.example.org"}}, {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")], "add": [nv("X-Header-Add", "header-val-1"), nv("X-Header-Add-Append", "header-val-2")], "remove": ["X-Header-Remove"]}}], "backendRefs": [back("infra-backend-v2")]}]}),
], [
    ("/one", "infra-backend-v1", {"host": "rewrite.example", "up": {"host": "one.example.org"}}), ("/two", "infra-backend-v2", {"host": "rewrite.example", "up": {"host": "example.org"}}),
    ("/rewrite-host-and-modify-headers", "infra-backend-v2", {"host": "rewrite.example", "headers": {"X-Header-Remove": "remove-val", "X-Header-Add-Append": "append-val-1"}, "up": {"headers": {"X-Header-Add": "header-val-1", "X-Header-Add-Append": "append-val-1,header-val-2", "X-Header-Set": "set-overwrites-values"}, "headers_absent": ["X-Header-Remove"], "host": "test.example.org"}}),
])
test("httproute-rewrite-path", "same-namespace", [
    o("HTTPRoute", "rewrite-path", {"parentRefs": [ref("same-namespace")], "rules": [{"matches": [path("/prefix/one")], "filters": [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/one"}}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/strip-prefix")], "filters": [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/full/one")], "filters": [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/one"}}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/full/rewrite-path-and-modify-headers")], "filters": [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/test"}}}, {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")], "add": [nv("X-Header-Add", "header-val-1"), nv("X-Header-Add-Append", "header-val-2")], "remove": ["X-Header-Remove"]}}], "backendRefs": [back("infra-backend-v1")]}, {"matches": [path("/prefix/rewrite-path-and-modify-headers")], "filters": [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/prefix"}}}, {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [nv("X-Header-Set", "set-overwrites-values")], "add": [nv("X-Header-Add", "header-val-1"), nv("X-Header-Add-Append", "header-val-2")], "remove": ["X-Header-Remove"]}}], "backendRefs": [back("infra-backend-v1")]}]}),
], [
    ("/prefix/one/two", "infra-backend-v1", {"up": {"path": "/one/two"}}), ("/strip-prefix/three", "infra-backend-v1", {"up": {"path": "/three"}}),
    ("/strip-prefix", "infra-backend-v1", {"up": {"path": "/"}}), ("/full/one/two", "infra-backend-v1", {"up": {"path": "/one"}}),
    ("/full/rewrite-path-and-modify-headers/test", "infra-backend-v1", {"headers": {"X-Header-Remove": "remove-val", "X-Header-Add-Append": "append-val-1", "X-Header-Set": "set-val"}, "up": {"headers": {"X-Header-Add": "header-val-1", "X-Header-Add-Append": "append-val-1,header-val-2", "X-Header-Set": "set-overwrites-values"}, "headers_absent": ["X-Header-Remove"], "path": "/test"}}),
    ("/prefix/rewrite-path-and-modify-headers/one", "infra-backend-v1", {"headers": {"X-Header-Remove": "remove-val", "X-Header-Add-Append": "append-val-1", "X-Header-Set": "set-val"}, "up": {"headers": {"X-Header-Add": "header-val-1", "X-Header-Add-Append": "append-val-1,header-val-2", "X-Header-Set": "set-overwrites-values"}, "headers_absent": ["X-Header-Remove"], "path": "/prefix/one"}}),
])
test("httproute-simple-same-namespace", "same-namespace", [
    o("HTTPRoute", "gateway-conformance-infra-test", {"parentRefs": [ref("same-namespace")], "rules": [{"backendRefs": [back("infra-backend-v1")]}]}),
], [
    ("/", "infra-backend-v1"),
])

write(sys.argv[1], "gateway-api")
