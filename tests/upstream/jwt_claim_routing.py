"""istio/istio tests/integration/pilot/common/routing.go jwtClaimRoute (86c9f01): claim-based routing at the ingress gateway (DP-226, PO-104)."""
from echo_mesh import *

ISSUER = "test-issuer-1@istio.io"
TOKENS = {
    "token": {"issuer": ISSUER, "subject": "sub-1", "claims": {"iss": ISSUER, "sub": "sub-1", "nested": {"key1": ["valueA", "valueB"], "nested-2": {"key1": ["valueA", "valueB"]}}}},
    "token2": {"issuer": ISSUER, "subject": "sub-1", "claims": {"iss": ISSUER, "sub": "sub-1", "nested": {"key2": "valueC", "nested-2": {"key2": "valueC"}}}},
    "token3": {"issuer": ISSUER, "subject": "sub-1", "claims": {"iss": ISSUER, "sub": "sub-1", "test-issuer-1@istio.io/simple": "valueC",
                                                              "test-issuer-1@istio.io/nested": {"key1": "valueC"}}},
    "expired": {"issuer": ISSUER, "subject": "sub-1", "claims": {"iss": ISSUER}, "valid": False, "invalid_reason": "expired"},
    None: None,
}
AUTHENTICATION = documents(f"""
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{ name: default, namespace: istio-system }}
spec:
  jwtRules:
  - issuer: {ISSUER}
    jwksUri: https://keys.example.test/jwks.json
    outputClaimToHeaders:
    - {{ header: x-jwt-nested-key, claim: nested.nested-2.key2 }}
    - {{ header: x-jwt-iss, claim: iss }}
    - {{ header: x-jwt-wrong-header, claim: wrong_claim }}
""")


def config(with_headers, without):
    def block(name, rows):
        return f"      {name}: {json.dumps({k: {m: v} for k, m, v in rows})}\n" if rows else ""
    return documents(f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{ name: gateway }}
spec:
  selector: {{ istio: ingressgateway }}
  servers:
  - port: {{ number: 80, name: http, protocol: HTTP }}
    hosts: ["*"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{ name: default }}
spec:
  hosts: [b.foo.bar]
  gateways: [gateway]
  http:
  - match:
    - uri: {{ prefix: / }}
{block("headers", with_headers)}{block("withoutHeaders", without)}    route:
    - destination: {{ host: b }}
""")


def row(name, with_headers, without, token, code, authentication=True, headers=None):
    for mode in ("sidecar", "ambient"):
        request = {"headers": headers or {}}
        if token:
            request["jwt"] = TOKENS[token]
        expect = ok() if code == 200 else {"outcome": "denied" if code == 401 else "unreachable", "http_status": code}
        case(f"{name}-{mode}".replace("/", "_"), standard(mode) + classic_gateway() + (AUTHENTICATION if authentication else []) + config(with_headers, without),
             [call("x", "b.foo.bar", 80, expect, outside=True, gateway="istio-system/istio-ingressgateway", **request)])


row("claim to header", [("X-Jwt-Nested-Key", "exact", "valueC")], [], "token2", 200, headers={"X-Jwt-Nested-Key": "value_to_be_replaced"})
row("claims to headers", [("X-Jwt-Nested-Key", "exact", "valueC"), ("X-Jwt-Iss", "exact", ISSUER)], [], "token2", 200)
row("added header is deleted", [("x-jwt-wrong-header", "exact", "header_to_be_deleted")], [], "token2", 404, headers={"x-jwt-wrong-header": "header_to_be_deleted"})
WORD = r"(\W|^)(sub-1|sub-2)(\W|$)"
for usage, nested, sub in (("dots", "@request.auth.claims.nested.key1", "@request.auth.claims.sub"),
                           ("brackets", "@request.auth.claims[nested][key1]", "@request.auth.claims[sub]")):
    a = (nested, "exact", "valueA")
    no = (nested, "exact", "value-not-matched")
    row(f"{usage} nested", [a], [], "token", 200)
    row(f"{usage} single", [(sub, "prefix", "sub")], [], "token", 200)
    row(f"{usage} regex", [(sub, "regex", WORD)], [], "token", 200)
    row(f"{usage} multiple", [a, (sub, "prefix", "sub")], [], "token", 200)
    row(f"{usage} without claim", [], [no], "token", 200)
    row(f"{usage} without matching claim", [], [a], "token", 404)
    row(f"{usage} with and without", [(sub, "prefix", "sub")], [no], "token", 200)
    row(f"{usage} unmatched multiple", [a, (sub, "exact", "value-not-matched")], [], "token", 404)
    row(f"{usage} unmatched", [(sub, "exact", "value-not-matched")], [], "token", 404)
    row(f"{usage} invalid token", [a], [], "expired", 401)
    row(f"{usage} no token", [a], [], None, 404)
    row(f"{usage} same header", [a], [], None, 404, headers={"request.auth.claims.nested.key1": "valueA"})
    row(f"{usage} no request authentication", [a], [], "token", 404, authentication=False)
for name, claim, value, code in (("simple", "[test-issuer-1@istio.io/simple]", "valueC", 200), ("simple unmatched", "[test-issuer-1@istio.io/simple]", "no", 404),
                                 ("nested", "[test-issuer-1@istio.io/nested][key1]", "valueC", 200), ("nested unmatched", "[test-issuer-1@istio.io/nested][key1]", "no", 404)):
    row(f"collision resistant {name}", [("@request.auth.claims" + claim, "exact", value)], [], "token3", code)

if __name__ == "__main__":
    import sys
    write(sys.argv[1], "jwt-claim-routing")
