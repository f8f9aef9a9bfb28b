// Speed of the window without a display: start to first paint, a label flipped on a mesh of 1,000 workloads, a chart of
// a million samples, the longest pause of the event loop meanwhile. Least of five. Prints; asserts nothing.
#include <QApplication>
#include <QElapsedTimer>
#include <QPainter>
#include <QScrollBar>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>

#include "viz/app/main_window.h"
#include "viz/app/screenshot.h"
#include "viz/charts/chart_panel.h"
#include "viz/graph/graph_view.h"
#include "viz/look/theme.h"

namespace {

using namespace meshsim;
using namespace meshsim::viz;

constexpr int kRounds = 5;

void report(const char* what, const std::function<double()>& once) {
  double least = 1e300;
  for (int i = 0; i < kRounds; ++i) least = std::min(least, once());
  std::printf("%-52s %8.1f ms\n", what, least);
  std::fflush(stdout);
}

// Forty namespaces of twenty-five; every third has sidecars, every service of every fifth a waypoint.
std::string thousand_workloads() {
  std::string out = "apiVersion: meshsim/v1\nkind: Scenario\nmetadata: { name: thousand }\nlabels:\n";
  const auto ns = [](int i) { return "ns-" + std::to_string(i / 25); };
  for (int n = 0; n < 40; n += 5)
    out += "  - { object: namespace/ns-" + std::to_string(n) + ", set: { istio.io/use-waypoint: waypoint } }\n";
  out += "workloads:\n";
  for (int i = 0; i < 1000; ++i)
    out += "  - { name: w-" + std::to_string(i) + ", namespace: " + ns(i) +
           ", mode: " + (i / 25 % 3 == 0 ? "sidecar" : "ambient") +
           ", ports: [{ port: 80, targetPort: 8080, name: http }] }\n";
  out += "gateways:\n";
  for (int n = 0; n < 40; n += 5)
    out += "  - { name: waypoint, namespace: ns-" + std::to_string(n) + ", kind: waypoint, for: service }\n";
  out += "policies:\n";
  for (int n = 0; n < 40; n += 5)
    out +=
        "  - { apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: { name: read-only, namespace: "
        "ns-" +
        std::to_string(n) +
        " }, spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: waypoint }], action: ALLOW, "
        "rules: [{ to: [{ operation: { methods: [GET] } }] }] } }\n";
  out += "flows:\n";
  unsigned random = 1;
  const auto next = [&] { return (random = random * 1664525U + 1013904223U) >> 8; };
  for (int i = 0; i < 3000; ++i) {
    const int from = static_cast<int>(next() % 1000), to = static_cast<int>(next() % 1000);
    out += "  - { name: f-" + std::to_string(i) + ", from: { workload: " + ns(from) + "/w-" + std::to_string(from) +
           " }, to: { host: w-" + std::to_string(to) + "." + ns(to) +
           ".svc.cluster.local, port: 80 }, protocol: http }\n";
  }
  return out;
}

// Painted, and painted sharply.
void show_graph(MainWindow& window) {
  window.graph().viewport()->repaint();
  while (!window.graph().settled()) QApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 5);
  window.graph().viewport()->repaint();
}

// The longest time between two beats of a timer while `work` runs.
double longest_pause(const std::function<void()>& work) {
  QElapsedTimer clock;
  double longest = 0;
  clock.start();
  QTimer beat;
  beat.setInterval(0);
  QObject::connect(&beat, &QTimer::timeout, [&] {
    longest = std::max(longest, static_cast<double>(clock.nsecsElapsed()) / 1e6);
    clock.restart();
  });
  beat.start();
  work();
  return longest;
}

}  // namespace

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QElapsedTimer start;
  start.start();
  QApplication application(argc, argv);
  const QTemporaryDir folder;
  QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder.path());
  QApplication::setOrganizationName("meshsim");
  QApplication::setApplicationName("bench");
  apply_theme(application, ThemeMode::Light);
  const QString path = folder.filePath("thousand.yaml");
  std::ofstream(path.toStdString()) << thousand_workloads();
  {
    MainWindow window;
    window.show();
    window.grab();
    std::printf("%-52s %8.1f ms\n", "start to first paint (start page, once)",
                static_cast<double>(start.nsecsElapsed()) / 1e6);
  }
  report("window made, shown and painted", [] {
    QElapsedTimer clock;
    clock.start();
    MainWindow window;
    window.show();
    window.grab();
    return static_cast<double>(clock.nsecsElapsed()) / 1e6;
  });
  MainWindow window;
  window.resize(1600, 1000);
  window.show();
  QElapsedTimer clock;
  clock.start();
  window.session().open({path});
  wait_until_idle(window);
  std::printf("%-52s %8.1f ms\n", "open 1,000 workloads, 3,000 flows (once)",
              static_cast<double>(clock.nsecsElapsed()) / 1e6);
  const auto flip = [&] {
    static bool on = false;
    scenarios::Edit edit;
    edit.object = "ns-5/deployment/w-125";
    edit.set["istio.io/dataplane-mode"] = (on = !on) ? "none" : "ambient";
    QElapsedTimer timer;
    timer.start();
    window.session().apply(edit);
    wait_until_idle(window);
    show_graph(window);
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
  };
  report("flip a label, namespaces collapsed, to new graph", flip);
  window.action("expandAll")->trigger();
  wait_until_idle(window);
  report("flip a label, everything expanded, to new graph", flip);
  const auto timed = [](const std::function<void()>& what) {
    QElapsedTimer timer;
    timer.start();
    what();
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
  };
  QWidget* port = window.graph().viewport();
  for (const bool whole : {true, false}) {
    const std::string part = whole ? "whole" : "readable part";
    whole ? window.graph().zoom_to_fit() : window.graph().zoom_reset();
    show_graph(window);
    report(("graph, " + part + ": sharp edges after a zoom").c_str(), [&] {
      window.graph().zoom_by(1.01);
      return timed([&] { show_graph(window); });
    });
    // The worst of a hundred frames, each a step further or closer.
    const auto frames = [&](const std::function<void(int)>& step) {
      double worst = 0;
      for (int i = 0; i < 100; ++i) {
        step(i);
        worst = std::max(worst, timed([&] { port->repaint(); }));
        QApplication::processEvents();
      }
      return worst;
    };
    report(("graph, " + part + ": worst frame of 100 while panning").c_str(), [&] {
      return frames([&](int i) {
        auto* bar = window.graph().verticalScrollBar();
        bar->setValue(bar->value() + (i < 50 ? 24 : -24));
      });
    });
    report(("graph, " + part + ": worst frame of 100 while zooming").c_str(),
           [&] { return frames([&](int i) { window.graph().zoom_by(i < 50 ? 1.02 : 1 / 1.02); }); });
  }
  report("longest pause of the event loop during a flip", [&] { return longest_pause([&] { flip(); }); });
  std::vector<std::pair<double, double>> samples;
  for (int i = 0; i < 1'000'000; ++i) samples.emplace_back(i, std::sin(i * 1e-4) * 50 + i % 17);
  report("chart of 1,000,000 samples, decimated and painted", [&] {
    QElapsedTimer timer;
    timer.start();
    LineData data;
    data.title = "samples";
    data.series.push_back({"a", 0, false, samples, {}});
    const auto drawing = draw_lines(std::move(data));
    QImage image(1000, 600, QImage::Format_ARGB32_Premultiplied);
    QPainter painter(&image);
    drawing->render(painter, {1000, 600});
    painter.end();
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
  });
  window.session().undo_stack()->setClean();
  return 0;
}
