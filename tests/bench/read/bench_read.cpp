// Reading 50 MB of Kubernetes YAML: Pods with injected sidecars and status, Services, AuthorizationPolicies. CPU time,
// least of five, MB/s, beside libyaml's bare events over the same text in the same run. Usage: bench_read [MB], or
// bench_read FOLDER: seconds to read the manifests that are there, the measure for what lint adds to it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

#include <sys/resource.h>
#include <yaml.h>

#include "scenarios/read/document_reader.h"
#include "scenarios/read/manifest_reader.h"
#include "scenarios/read/scenario.h"

namespace {

std::string make_text(std::size_t bytes, bool json) {
  std::string out;
  out.reserve(bytes + 4096);
  for (std::size_t i = 0; out.size() < bytes; ++i) {
    const std::string n = std::to_string(i);
    if (json) {
      out += "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"svc-" + n +
             "\",\"namespace\":\"team\",\"labels\":{\"app\":\"app-" + n +
             "\",\"tier\":\"backend\"}},\"spec\":{\"clusterIP\":\"10.0.0.1\","
             "\"selector\":{\"app\":\"app-" +
             n + "\"},\"ports\":[{\"name\":\"http\",\"port\":80,\"targetPort\":8080,\"protocol\":\"TCP\"}]}}\n";
      continue;
    }
    out += "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: pod-" + n +
           "\n  namespace: team\n  labels:\n    app: app-" + n +
           "\n    security.istio.io/tlsMode: istio\n  annotations:\n    sidecar.istio.io/status: "
           "'{\"containers\":[\"istio-proxy\"]}'\n"
           "spec:\n  serviceAccountName: sa-" +
           n + "\n  nodeName: node-1\n  containers:\n";
    for (const char* container : {"app", "istio-proxy"}) {
      out += std::string("  - name: ") + container + "\n    image: registry.example.test/" + container +
             ":1.2.3\n    args:\n"
             "    - proxy\n    - sidecar\n    - --domain\n    - $(POD_NAMESPACE).svc.cluster.local\n    env:\n";
      for (const char* env : {"POD_NAME", "POD_NAMESPACE", "INSTANCE_IP", "SERVICE_ACCOUNT", "HOST_IP"})
        out += std::string("    - name: ") + env +
               "\n      valueFrom:\n        fieldRef:\n          apiVersion: v1\n          fieldPath: metadata.name\n";
      out +=
          "    ports:\n    - containerPort: 8080\n      protocol: TCP\n    resources:\n      limits:\n        cpu: "
          "\"2\"\n        memory: 1Gi\n";
    }
    out +=
        "status:\n  phase: Running\n  podIP: 10.1.2.3\n  conditions:\n  - type: Ready\n    status: \"True\"\n    "
        "lastTransitionTime: \"2025-01-01T00:00:00Z\"\n"
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: svc-" +
        n + "\n  namespace: team\nspec:\n  selector:\n    app: app-" + n +
        "\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n"
        "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: ap-" +
        n + "\n  namespace: team\nspec:\n  selector:\n    matchLabels:\n      app: app-" + n +
        "\n  rules:\n  - from:\n    - source:\n        principals: [\"cluster.local/ns/team/sa/client\"]\n    to:\n    "
        "- operation:\n        methods: [GET, HEAD]\n        paths: [\"/api/*\"]\n";
  }
  return out;
}

template <class Work>
double least_seconds(const Work& work) {
  double least = 1e9;
  for (int i = 0; i < 5; ++i) {
    const std::clock_t begin = std::clock();
    work();
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

std::size_t count_events(const std::string& text) {
  yaml_parser_t parser;
  yaml_parser_initialize(&parser);
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::size_t count = 0;
  for (bool done = false; !done; ++count) {
    yaml_event_t event;
    if (yaml_parser_parse(&parser, &event) == 0) break;
    done = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace meshsim;
  if (argc > 1 && std::filesystem::is_directory(argv[1])) {
    std::printf("%.2f\n", least_seconds([&] { scenarios::read_scenario({argv[1]}, scenarios::ReadOptions()); }));
    return 0;
  }
  const std::size_t megabytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 50;
  const std::string yaml = make_text(megabytes << 20, false), json = make_text(megabytes << 20, true);
  const double size = static_cast<double>(yaml.size()) / 1e6, json_size = static_cast<double>(json.size()) / 1e6;
  const auto print = [](const char* what, double mb, double seconds) {
    std::printf("%-44s %7.2f s %8.1f MB/s\n", what, seconds, mb / seconds);
  };
  std::size_t sink = 0;
  print("libyaml, events only", size, least_seconds([&] { sink += count_events(yaml); }));
  print("read_documents, YAML stream", size, least_seconds([&] {
          models::Diagnostics diagnostics;
          sink += scenarios::read_documents(yaml, "bench.yaml", {}, diagnostics).trees.size();
        }));
  print("read_manifest_text, YAML stream", size,
        least_seconds([&] { sink += scenarios::read_manifest_text(yaml, "bench.yaml").objects.size(); }));
  print("read_documents, JSON stream", json_size, least_seconds([&] {
          models::Diagnostics diagnostics;
          sink += scenarios::read_documents(json, "bench.json", {}, diagnostics).trees.size();
        }));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak memory %ld MB, %zu\n", usage.ru_maxrss / 1024, sink);
}
