// Golden pictures: what the eye would notice and structure cannot say. They hold for one Qt and one font; elsewhere
// they are skipped visibly. MESHSIM_UPDATE_GOLDEN=1 records them anew; the change is then reviewed as pictures.
#include <QFontInfo>
#include <QImage>
#include <QImageReader>
#include <QImageWriter>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "tests/viz/support.h"
#include "viz/charts/chart_panel.h"

namespace meshsim::viz::test {
namespace {

struct Golden {
  const char* name;
  const char* view;
  QSize size;
  qreal ratio = 1;
  bool dark = false;
  bool flipped = false;  // namespace clients to ambient first
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

class GoldenTest : public WindowTest, public testing::WithParamInterface<Golden> {};

QString ground() {
  return QStringLiteral("Qt %1, %2").arg(QString::fromLatin1(qVersion()), QFontInfo(QApplication::font()).family());
}

QImage picture(QWidget& widget, const Golden& golden) {
  QImage image(golden.size * golden.ratio, QImage::Format_ARGB32_Premultiplied);
  image.setDevicePixelRatio(golden.ratio);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  widget.render(&painter);
  painter.end();
  return image.convertToFormat(QImage::Format_RGB32);
}

TEST_P(GoldenTest, LooksAsRecorded) {
  const Golden& golden = GetParam();
  apply_theme(*static_cast<QApplication*>(QApplication::instance()), golden.dark ? ThemeMode::Dark : ThemeMode::Light);
  window.resize(1280, 800);
  open(shop());
  if (golden.flipped) apply(mode("namespace/clients", "ambient"));
  QWidget* view = window.view(golden.view);
  ASSERT_NE(view, nullptr);
  if (ChartPanel* chart = window.chart(golden.view)) chart->draw_now();
  view->setParent(nullptr);
  view->resize(golden.size);
  view->show();
  for (QWidget* child : view->findChildren<QWidget*>()) child->clearFocus();
  for (int i = 0; i < 4; ++i) QApplication::processEvents(QEventLoop::AllEvents, 20);
  const QImage actual = picture(*view, golden);
  delete view;
  apply_theme(*static_cast<QApplication*>(QApplication::instance()), ThemeMode::Light);

  const QString path = QStringLiteral(MESHSIM_SOURCE_DIR "/tests/viz/golden/%1.png").arg(golden.name);
  if (qEnvironmentVariableIsSet("MESHSIM_UPDATE_GOLDEN")) {
    QImageWriter writer(path, "png");
    writer.setText("Ground", ground());
    ASSERT_TRUE(writer.write(actual)) << writer.errorString().toStdString();
    return;
  }
  QImage expected(path);
  ASSERT_FALSE(expected.isNull()) << "no picture " << path.toStdString();
  if (expected.text("Ground") != ground())
    GTEST_SKIP() << "recorded on " << expected.text("Ground").toStdString() << ", this is " << ground().toStdString();
  expected = expected.convertToFormat(QImage::Format_RGB32);
  ASSERT_EQ(actual.size(), expected.size());
  QImage difference(actual.size(), QImage::Format_RGB32);
  int different = 0;
  for (int y = 0; y < actual.height(); ++y)
    for (int x = 0; x < actual.width(); ++x) {
      const QRgb a = actual.pixel(x, y), b = expected.pixel(x, y);
      const int far =
          std::max({std::abs(qRed(a) - qRed(b)), std::abs(qGreen(a) - qGreen(b)), std::abs(qBlue(a) - qBlue(b))});
      different += far > 16 ? 1 : 0;
      difference.setPixel(x, y, far > 16 ? qRgb(255, 0, 0) : a);
    }
  const double share = static_cast<double>(different) / (static_cast<double>(actual.width()) * actual.height());
  if (share > 0.005) {
    actual.save(QStringLiteral("%1-actual.png").arg(golden.name));
    expected.save(QStringLiteral("%1-expected.png").arg(golden.name));
    difference.save(QStringLiteral("%1-difference.png").arg(golden.name));
  }
  EXPECT_LE(share, 0.005) << "pictures are in the working directory of the test";
}

INSTANTIATE_TEST_SUITE_P(Views, GoldenTest,
                         testing::Values(Golden{"graph-light", "graph", {760, 360}},
                                         Golden{"graph-dark", "graph", {760, 360}, 1, true},
                                         Golden{"graph-2x", "graph", {760, 360}, 2},
                                         Golden{"graph-flipped", "graph", {760, 360}, 1, false, true},
                                         Golden{"flows", "flows", {1000, 220}},
                                         Golden{"policies-dark", "policies", {900, 200}, 1, true},
                                         Golden{"changes", "changes", {900, 260}, 1, false, true},
                                         Golden{"chart-points", "chart-points", {700, 320}},
                                         Golden{"chart-paths", "chart-paths", {900, 220}, 1, true},
                                         Golden{"chart-telemetry", "chart-telemetry", {1100, 220}},
                                         Golden{"chart-verdicts", "chart-verdicts", {700, 320}, 1, false, true}),
                         [](const auto& one) {
                           std::string name = one.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace meshsim::viz::test
