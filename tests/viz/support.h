#pragma once
// A window on a scenario, and what tests want to know of it.
#include <QApplication>
#include <QFile>
#include <QTemporaryDir>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "viz/app/main_window.h"
#include "viz/app/screenshot.h"

namespace meshsim::viz::test {

inline QString case_file(const char* name) {
  return QStringLiteral(MESHSIM_SOURCE_DIR "/scenarios/cases/%1/scenario.yaml").arg(QString::fromLatin1(name));
}

inline void write(const QString& path, const std::string& text) {
  std::ofstream(path.toStdString(), std::ios::binary) << text;
}

// shop/api is ambient behind a waypoint with an L7 policy; a client with a sidecar and one without.
inline const char* kShop = R"(apiVersion: meshsim/v1
kind: Scenario
metadata: { name: shop }
labels:
  - { object: namespace/clients, set: { istio-injection: enabled } }
  - { object: shop/service/api, set: { istio.io/use-waypoint: waypoint } }
workloads:
  - { name: api, namespace: shop, serviceAccount: api, mode: ambient, ports: [{ port: 80, targetPort: 8080, name: http }] }
  - { name: web, namespace: clients, serviceAccount: web }
  - { name: shell, namespace: clients, serviceAccount: shell, mode: ambient }
gateways:
  - { name: waypoint, namespace: shop, kind: waypoint, for: service }
policies:
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: { name: read-only, namespace: shop }
    spec:
      targetRefs: [{ group: "", kind: Service, name: api }]
      action: ALLOW
      rules: [{ to: [{ operation: { methods: [GET] } }] }]
flows:
  - { name: web deletes, from: { workload: clients/web }, to: { host: api.shop.svc.cluster.local, port: 80 }, protocol: http, request: { method: DELETE } }
  - { name: shell deletes, from: { workload: clients/shell }, to: { host: api.shop.svc.cluster.local, port: 80 }, protocol: http, request: { method: DELETE } }
  - { name: shell reads, from: { workload: clients/shell }, to: { host: api.shop.svc.cluster.local, port: 80 }, protocol: http }
)";

class WindowTest : public testing::Test {
 public:
  void open(const QString& path) {
    window.show();
    window.open({path});
    ASSERT_TRUE(wait_until_idle(window));
  }
  QString shop() {
    const QString path = folder.filePath(QStringLiteral("shop.yaml"));
    write(path, kShop);
    return path;
  }
  // The same with traffic: so many simulated seconds; after four the API leaves its waypoint.
  QString traffic(int seconds = 10, int rate = 20) {
    const QString path = folder.filePath(QStringLiteral("traffic.yaml"));
    std::string text = kShop;
    const std::string more = ", rate: " + std::to_string(rate) + "/s";
    for (auto at = text.find(", protocol: http"); at != std::string::npos; at = text.find(", protocol: http", at + 30))
      text.insert(at, more);
    text += "timeline:\n  - { at: 4s, label: shop/service/api, set: { istio.io/use-waypoint: null } }\n";
    text += "run: { duration: " + std::to_string(seconds) + "s, seed: 7 }\n";
    write(path, text);
    return path;
  }
  void apply(const scenarios::Edit& edit) {
    window.session().apply(edit);
    ASSERT_TRUE(wait_until_idle(window));
  }
  static scenarios::Edit mode(const char* object, const char* word) {
    scenarios::Edit edit;
    edit.kind = scenarios::Edit::Kind::Mode;
    edit.object = object;
    edit.value = word;
    return edit;
  }
  const scenarios::FlowRun& flow(const char* name) {
    for (const auto& one : window.session().result()->run.flows)
      if (one.result.flow.name == name) return one;
    ADD_FAILURE() << "no flow " << name;
    return window.session().result()->run.flows.front();
  }
  ~WindowTest() override { window.session().undo_stack()->setClean(); }

  QTemporaryDir folder;
  MainWindow window;
};

}  // namespace meshsim::viz::test
