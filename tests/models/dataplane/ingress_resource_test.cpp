// Kubernetes Ingress as istiod's controller translates it (models/mesh/ingresses.cpp): class, hosts, paths, precedence
// (DP-247, DP-250).
#include <gtest/gtest.h>

#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

constexpr const char* kGateway = R"(
---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec: {type: LoadBalancer, selector: {istio: ingressgateway}, ports: [{name: http2, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  template:
    metadata: {labels: {istio: ingressgateway, sidecar.istio.io/inject: 'true'}, annotations: {inject.istio.io/templates: gateway}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
)";

std::string ingress(std::string_view name, std::string_view head, std::string_view spec,
                    std::string_view age = "2026-01-01T00:00:00Z") {
  std::string out = "\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: ";
  out.append(name).append(", namespace: echo, creationTimestamp: '").append(age).append("'").append(head);
  return out.append("}\nspec: {").append(spec).append("}\n");
}

constexpr const char* kOurs = ", annotations: {kubernetes.io/ingress.class: istio}";

std::string path(std::string_view text, std::string_view type, std::string_view service,
                 std::string_view port = "number: 80") {
  std::string out = "{";
  if (!text.empty()) out.append("path: '").append(text).append("', ");
  if (!type.empty()) out.append("pathType: ").append(type).append(", ");
  return out.append("backend: {service: {name: ").append(service).append(", port: {").append(port).append("}}}}");
}

std::string rule(std::string_view host, const std::string& paths) {
  return (host.empty() ? std::string("{") : "{host: " + std::string(host) + ", ") + "http: {paths: [" + paths + "]}}";
}

// "sidecar", "404", "-" (no server).
std::string sent(const std::string& objects, std::string_view request,
                 std::string_view mesh = "{profile: istio-master}", std::string_view host = "shop.example.com") {
  Flow flow = flow_of("outside", host, 80);
  flow.to.gateway = {"istio-system", "istio-ingressgateway"};
  flow.request.host = std::string(host);
  flow.request.path = request;
  const Outcome o = judge(world_of(echo_mesh(std::string(kGateway) + objects), mesh), flow).outcomes.at(0);
  if (o.verdict == Verdict::Allowed) return o.routed_to->workload.substr(5);
  return o.http_status ? std::to_string(*o.http_status) : "-";
}

TEST(KubernetesIngress, DP247WhoseClass) {
  const std::string rules = "rules: [" + rule("shop.example.com", path("/", "Prefix", "sidecar")) + "]";
  const std::string cls =
      "\n---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: mesh}\nspec: "
      "{controller: istio.io/ingress-controller}\n";
  EXPECT_EQ(sent(ingress("a", kOurs, rules), "/"), "sidecar");
  EXPECT_EQ(sent(ingress("a", ", annotations: {kubernetes.io/ingress.class: nginx}", rules), "/"), "-");
  EXPECT_EQ(sent(ingress("a", "", rules), "/"), "-") << "STRICT is the default mode";
  EXPECT_EQ(sent(ingress("a", "", rules), "/", "{profile: istio-master, config: {ingressControllerMode: DEFAULT}}"),
            "sidecar");
  EXPECT_EQ(sent(ingress("a", kOurs, rules), "/", "{profile: istio-master, config: {ingressControllerMode: 'OFF'}}"),
            "-");
  EXPECT_EQ(sent(ingress("a", kOurs, rules), "/", "{profile: istio-master, config: {ingressClass: other}}"), "-");
  EXPECT_EQ(sent(cls + ingress("a", "", "ingressClassName: mesh, " + rules), "/"), "sidecar");
  EXPECT_EQ(sent(ingress("a", "", "ingressClassName: mesh, " + rules), "/"), "-") << "no such class: the mode decides";
  EXPECT_EQ(sent(ingress("a", kOurs, rules), "/", "{profile: istio-master, config: {ingressSelector: other}}"), "-");
}

TEST(KubernetesIngress, DP250PathsAndPrecedence) {
  const auto at = [](const std::string& paths, std::string_view request) {
    return sent(ingress("a", kOurs, "rules: [" + rule("shop.example.com", paths) + "]"), request);
  };
  const std::string two = path("/foo", "Prefix", "plain") + ", " + path("/foo/bar", "Prefix", "ambient") + ", " +
                          path("/foo/bar", "Exact", "sidecar");
  EXPECT_EQ(at(two, "/foo"), "plain");
  EXPECT_EQ(at(two, "/foo/x"), "plain");
  EXPECT_EQ(at(two, "/foobar"), "404") << "a prefix ends with a segment";
  EXPECT_EQ(at(two, "/foo/bar"), "sidecar") << "exact before prefix";
  EXPECT_EQ(at(two, "/foo/bar/x"), "ambient") << "the longest prefix";
  EXPECT_EQ(at(path("/foo/", "Prefix", "plain"), "/foo"), "plain");
  EXPECT_EQ(at(path("/foo/*", "ImplementationSpecific", "plain"), "/foo/x"), "plain");
  EXPECT_EQ(at(path("/foo", "ImplementationSpecific", "plain"), "/foo/x"), "404");
  EXPECT_EQ(at(path("", "", "plain"), "/any"), "plain");
  EXPECT_EQ(at(path("/", "Prefix", "plain", "name: http"), "/"), "plain") << "a named port";
  EXPECT_EQ(at(path("/", "Prefix", "plain", "name: missing"), "/"), "404");
}

TEST(KubernetesIngress, DP247Hosts) {
  const std::string older =
      ingress("z", kOurs, "rules: [" + rule("shop.example.com", path("/a", "Prefix", "plain")) + "]");
  const std::string newer = ingress(
      "a", kOurs,
      "rules: [" + rule("shop.example.com", path("/a", "Prefix", "sidecar") + ", " + path("/b", "Prefix", "sidecar")) +
          "]",
      "2026-02-01T00:00:00Z");
  EXPECT_EQ(sent(older + newer, "/a"), "plain") << "the older Ingress of one host wins";
  EXPECT_EQ(sent(older + newer, "/b"), "sidecar") << "their paths are merged";
  const std::string any = ingress("any", kOurs, "rules: [" + rule("", path("/", "Prefix", "ambient")) + "]");
  EXPECT_EQ(sent(any, "/"), "ambient");
  EXPECT_EQ(sent(any + older, "/a"), "plain");
  EXPECT_EQ(sent(any + older, "/a", "{profile: istio-master}", "other.example.com"), "ambient");
  EXPECT_EQ(sent(older, "/a", "{profile: istio-master}", "other.example.com"), "404");
}

}  // namespace
}  // namespace meshsim::models::testing
