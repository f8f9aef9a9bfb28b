// Speed of the window without a display: start to first paint, a label flipped on a mesh of 1,000 workloads, a chart of
// a million samples, the longest pause of the event loop meanwhile. Least of five, in CPU time, so that it does not
// matter what else the machine does: of the window's thread for what happens in it, of all threads together for what
// the worker has part in (the wall clock beside it). Prints; asserts nothing.
#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QPainter>
#include <QScrollBar>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <malloc.h>

#include "viz/app/main_window.h"
#include "viz/app/screenshot.h"
#include "viz/charts/chart_panel.h"
#include "viz/graph/graph_view.h"
#include "viz/look/theme.h"

namespace {

using namespace meshsim;
using namespace meshsim::viz;

constexpr int kRounds = 5;
constexpr double kNever = 1e300;

double cpu_ms(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// CPU time of this thread.
double timed(const std::function<void()>& what) {
  const double start = cpu_ms(CLOCK_THREAD_CPUTIME_ID);
  what();
  return cpu_ms(CLOCK_THREAD_CPUTIME_ID) - start;
}

// CPU time of all threads; the least wall clock so far goes to `wall`.
double timed_all(const std::function<void()>& what, double& wall) {
  QElapsedTimer clock;
  clock.start();
  const double start = cpu_ms(CLOCK_PROCESS_CPUTIME_ID);
  what();
  const double used = cpu_ms(CLOCK_PROCESS_CPUTIME_ID) - start;
  wall = std::min(wall, static_cast<double>(clock.nsecsElapsed()) / 1e6);
  return used;
}

// Words of the command line: only lines that have one of them.
std::vector<std::string> only;

void report(const char* what, const std::function<double()>& once) {
  const auto wanted = [&](const std::string& word) {
    return std::string_view(what).find(word) != std::string_view::npos;
  };
  if (!only.empty() && std::none_of(only.begin(), only.end(), wanted)) return;
  double least = kNever;
  for (int i = 0; i < kRounds; ++i) least = std::min(least, once());
  std::printf("%-60s %8.1f ms\n", what, least);
  std::fflush(stdout);
}

// The same, and below it the least wall clock, which `once` puts where it is told.
void report_both(const char* what, const std::function<double(double&)>& once) {
  double wall = kNever;
  report(what, [&] { return once(wall); });
  if (wall < kNever) std::printf("%-60s %8.1f ms\n", "  wall clock", wall);
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
           ".svc.cluster.local, port: 80 }, protocol: http, rate: 20/s }\n";
  }
  out += "run: { duration: 20s, warmup: 1s }\n";
  return out;
}

// Painted, and painted sharply.
void show_graph(MainWindow& window) {
  window.graph().viewport()->repaint();
  while (!window.graph().settled()) wait_for_events(5);
  window.graph().viewport()->repaint();
}

// The longest that the thread of the window worked between two beats of a timer while `work` runs; by the clock on the
// wall, where others may have had the processor, to `wall`.
double longest_pause(const std::function<void()>& work, double& wall) {
  double longest = 0, longest_wall = 0, since = cpu_ms(CLOCK_THREAD_CPUTIME_ID);
  QElapsedTimer clock;
  clock.start();
  QTimer beat;
  constexpr int kBeat = 1;  // ms
  beat.setInterval(kBeat);
  QObject::connect(&beat, &QTimer::timeout, [&] {
    const double now = cpu_ms(CLOCK_THREAD_CPUTIME_ID);
    longest = std::max(longest, now - since);
    since = now;
    longest_wall = std::max(longest_wall, static_cast<double>(clock.nsecsElapsed()) / 1e6 - kBeat);
    clock.start();
  });
  beat.start();
  work();
  wall = std::min(wall, longest_wall);
  return longest;
}

}  // namespace

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  mallopt(M_MXFAST, 0);  // as in main.cpp
  QApplication application(argc, argv);
  only.assign(argv + 1, argv + argc);
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
    std::printf("%-60s %8.1f ms\n", "start to first paint (start page, once)", cpu_ms(CLOCK_PROCESS_CPUTIME_ID));
  }
  report("window made, shown and painted", [] {
    return timed([] {
      MainWindow window;
      window.show();
      window.grab();
    });
  });
  {  // what the worker does for a flip, by stage
    const std::atomic<bool> go{false};
    const auto opened = scenarios::Document::open({path.toStdString()});
    const Result before = analyse(opened, nullptr, nullptr, go);
    const PictureOptions expanded{{false, true, true}, {}, 0};
    const PictureResult drawn = draw(*before, expanded, {}, go);
    scenarios::Edit edit;
    edit.object = "ns-5/deployment/w-125";
    edit.set["istio.io/dataplane-mode"] = "none";
    std::shared_ptr<const scenarios::Document> changed = opened->with(edit);
    double unused = 0;
    Result after = analyse(changed, before, before, go);
    report("worker: the change read and resolved", [&] { return timed([&] { changed = opened->with(edit); }); });
    report("worker: judged, compared, summed up",
           [&] { return timed_all([&] { after = analyse(changed, before, before, go); }, unused); });
    report("worker: the same, nothing known",
           [&] { return timed_all([&] { after = analyse(changed, before, nullptr, go); }, unused); });
    report("worker: of that, flows judged, one thread",
           [&] { return timed([&] { scenarios::run(changed->loaded(), {}); }); });
    report("worker: of that, compared", [&] { return timed([&] { scenarios::diff(before->run, after->run); }); });
    report("worker: laid out, as before",
           [&] { return timed([&] { draw(*after, expanded, order_of(drawn->graph, drawn->layout), go); }); });
    report("worker: laid out, anew", [&] { return timed([&] { draw(*after, expanded, {}, go); }); });
  }
  MainWindow window;
  window.resize(1600, 1000);
  window.show();
  QElapsedTimer clock;
  clock.start();
  window.session().open({path});
  wait_until_idle(window);
  std::printf("%-60s %8.1f ms\n", "open 1,000 workloads, 3,000 flows (once)",
              static_cast<double>(clock.nsecsElapsed()) / 1e6);
  // To the new graph, painted sharply; what follows is not counted: the other panels, and what lint says.
  const auto timed_edit = [&](const scenarios::Edit& edit, double& wall) {
    const double used = timed_all(
        [&] {
          window.session().apply(edit);
          while (window.session().busy()) wait_for_events(5);
          show_graph(window);
        },
        wall);
    wait_until_idle(window);
    return used;
  };
  const auto flip = [&](double& wall) {
    static bool on = false;
    scenarios::Edit edit;
    edit.object = "ns-5/deployment/w-125";
    edit.set["istio.io/dataplane-mode"] = (on = !on) ? "none" : "ambient";
    return timed_edit(edit, wall);
  };
  // A policy that concerns everything: every flow is judged again.
  const auto park = [&](double& wall) {
    static bool on = true;
    scenarios::Edit edit;
    edit.kind = scenarios::Edit::Kind::Enabled;
    edit.object = "ns-5/AuthorizationPolicy/read-only";
    edit.enabled = on = !on;
    return timed_edit(edit, wall);
  };
  report_both("flip a label, namespaces collapsed, to new graph", flip);
  report_both("disable a policy, namespaces collapsed, to new graph", park);
  window.action("expandAll")->trigger();
  wait_until_idle(window);
  report_both("flip a label, everything expanded, to new graph", flip);
  report_both("disable a policy, everything expanded, to new graph", park);
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
  report_both("longest pause of the event loop during a flip", [&](double& wall) {
    double unused = kNever;
    return longest_pause([&] { flip(unused); }, wall);
  });
  // With something in front that shows it when it arrives.
  for (const QString& name : {QStringLiteral("timeline"), QStringLiteral("charts")}) {
    window.dock(name)->show();
    window.dock(name)->raise();
    wait_until_idle(window);
    report_both(("longest pause, a simulation runs and arrives, " + name.toStdString()).c_str(), [&](double& wall) {
      return longest_pause(
          [&] {
            window.session().simulate();
            wait_until_idle(window, 600'000);
          },
          wall);
    });
  }
  std::vector<std::pair<double, double>> samples;
  for (int i = 0; i < 1'000'000; ++i) samples.emplace_back(i, std::sin(i * 1e-4) * 50 + i % 17);
  report("chart of 1,000,000 samples, decimated and painted", [&] {
    return timed([&] {
      LineData data;
      data.title = "samples";
      data.series.push_back({"a", 0, false, samples, {}});
      const auto drawing = draw_lines(std::move(data));
      QImage image(1000, 600, QImage::Format_ARGB32_Premultiplied);
      QPainter painter(&image);
      drawing->render(painter, {1000, 600});
    });
  });
  window.session().undo_stack()->setClean();
  return 0;
}
