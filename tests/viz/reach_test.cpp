// Who uses the window: with a screen reader, in a language with longer words, while the files are edited elsewhere.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QComboBox>
#include <QDockWidget>
#include <QGraphicsView>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSlider>
#include <QTabBar>
#include <QTextBrowser>
#include <QToolButton>
#include <QTranslator>

#include "tests/viz/support.h"
#include "viz/app/palette_dialog.h"
#include "viz/charts/registry.h"
#include "viz/graph/graph_view.h"
#include "viz/panels/edit_dialogs.h"
#include "viz/panels/explorer.h"
#include "viz/panels/filter_edit.h"
#include "viz/panels/timeline_panel.h"

namespace meshsim::viz::test {
namespace {

using ReachTest = WindowTest;

// What a person can put the focus on, not the parts that such a widget is made of.
bool is_control(const QWidget* w) {
  if (w->objectName().startsWith("qt_") || qobject_cast<const QHeaderView*>(w) != nullptr) return false;
  for (const QWidget* p = w->parentWidget(); p != nullptr; p = p->parentWidget())
    if (qobject_cast<const QComboBox*>(p) != nullptr || qobject_cast<const QAbstractSpinBox*>(p) != nullptr ||
        qobject_cast<const QTabBar*>(p) != nullptr || qobject_cast<const QLineEdit*>(p) != nullptr ||
        p->inherits("QTableCornerButton") || p->inherits("QMenuBar") || p->inherits("QToolBar"))
      return false;
  if (w->inherits("QTableCornerButton") || w->inherits("QMenuBarExtension") || w->inherits("QToolBarExtension"))
    return false;
  return qobject_cast<const QAbstractButton*>(w) != nullptr || qobject_cast<const QLineEdit*>(w) != nullptr ||
         qobject_cast<const QComboBox*>(w) != nullptr || qobject_cast<const QSlider*>(w) != nullptr ||
         qobject_cast<const QAbstractItemView*>(w) != nullptr || qobject_cast<const QAbstractSpinBox*>(w) != nullptr ||
         qobject_cast<const QTextEdit*>(w) != nullptr || qobject_cast<const QPlainTextEdit*>(w) != nullptr ||
         qobject_cast<const QGraphicsView*>(w) != nullptr;
}

void expect_names(QWidget& root) {
  int seen = 0;
  for (const QWidget* w : root.findChildren<QWidget*>()) {
    if (!is_control(w)) continue;
    ++seen;
    QAccessibleInterface* reader = QAccessible::queryAccessibleInterface(const_cast<QWidget*>(w));
    ASSERT_NE(reader, nullptr) << w->metaObject()->className();
    EXPECT_FALSE(reader->text(QAccessible::Name).isEmpty())
        << w->metaObject()->className() << " '" << w->objectName().toStdString() << "' in "
        << w->parentWidget()->metaObject()->className() << " '" << w->parentWidget()->objectName().toStdString() << "'";
  }
  EXPECT_GT(seen, 0);
}

TEST_F(ReachTest, EveryControlTellsItsName) {
  open(traffic());
  window.session().simulate();
  ASSERT_TRUE(wait_until_idle(window));
  for (const QString& name : window.view_names()) window.view(name);
  expect_names(window);
  PaletteDialog palette(window.commands());
  expect_names(palette);
  PolicyDialog policy(window.session(), "AuthorizationPolicy shop/read-only", {});
  expect_names(policy);
  LabelDialog labels(window.session(), "shop/service/api");
  expect_names(labels);
  RunUntilDialog until(window.session(), window.timeline());
  expect_names(until);
  for (const QAction* one : window.commands()) EXPECT_FALSE(one->text().isEmpty()) << one->objectName().toStdString();
}

// Every translated text 40 % longer; keys stay keys.
class Longer : public QTranslator {
 public:
  bool isEmpty() const override { return false; }
  QString translate(const char*, const char* source, const char*, int n) const override {
    const QString text = QString::fromUtf8(source);
    for (const char* key : {"Ctrl+", "Alt+", "Shift+", "F1", "F3", "F4", "F5", "F6", "F8", "Esc", "?"})
      if (text.startsWith(QLatin1String(key))) return text;
    ++asked;
    QString more;
    while (more.size() * 10 < text.size() * 4) more += QStringLiteral("aeiou ").at(more.size() % 6);
    QString out = text + more.trimmed();
    if (n >= 0) out.replace(QLatin1String("(s)"), QStringLiteral("s"));
    return out;
  }
  mutable int asked = 0;
};

// Labels and buttons that show less than they say.
QStringList cut_texts(const QWidget& root) {
  QStringList out;
  for (const QWidget* w : root.findChildren<QWidget*>()) {
    if (!w->isVisible() || w->visibleRegion().isEmpty()) continue;
    if (const auto* label = qobject_cast<const QLabel*>(w); label != nullptr && !label->text().isEmpty()) {
      const bool fits = label->wordWrap() ? label->heightForWidth(label->width()) <= label->height() + 2
                                          : label->sizeHint().width() <= label->width() + 2;
      if (!fits) out << label->text();
    }
    const auto* button = qobject_cast<const QAbstractButton*>(w);
    if (button == nullptr || button->text().isEmpty() || button->inherits("QToolBarExtension")) continue;
    if (qobject_cast<const QPushButton*>(w) == nullptr && qobject_cast<const QToolButton*>(w) == nullptr) continue;
    if (button->sizeHint().width() > button->width() + 2) out << button->text();
  }
  return out;
}

TEST_F(ReachTest, LongerWordsAreNotCut) {
  Longer longer;
  QCoreApplication::installTranslator(&longer);
  {
    MainWindow shown;
    shown.resize(1280, 800);
    shown.show();
    for (int i = 0; i < 4; ++i) QApplication::processEvents();
    EXPECT_EQ(cut_texts(shown).join("\n").toStdString(), "") << "start page";
    shown.open({traffic()});
    ASSERT_TRUE(wait_until_idle(shown));
    shown.restore_default_layout();
    shown.session().simulate();
    ASSERT_TRUE(wait_until_idle(shown));
    for (const QString& name : shown.view_names()) {
      shown.view(name);
      for (int i = 0; i < 4; ++i) QApplication::processEvents();
      EXPECT_EQ(cut_texts(shown).join("\n").toStdString(), "") << name.toStdString();
    }
    EXPECT_LE(shown.minimumSizeHint().width(), 1280);
    EXPECT_EQ(shown.size(), QSize(1280, 800));
    for (QDialog* dialog :
         std::initializer_list<QDialog*>{new RunUntilDialog(shown.session(), shown.timeline(), &shown),
                                         new LabelDialog(shown.session(), "shop/service/api", &shown)}) {
      dialog->show();
      for (int i = 0; i < 4; ++i) QApplication::processEvents();
      EXPECT_EQ(cut_texts(*dialog).join("\n").toStdString(), "");
      dialog->close();
    }
  }
  EXPECT_GT(longer.asked, 300);
  QCoreApplication::removeTranslator(&longer);
}

// The words of charts are translated as well: none is put together past the translator.
TEST_F(ReachTest, ChartsSpeakTheLanguageOfTheWindow) {
  Longer longer;
  open(traffic());
  window.session().simulate();
  ASSERT_TRUE(wait_until_idle(window));
  QCoreApplication::installTranslator(&longer);
  for (const ChartEntry& entry : chart_entries()) {
    const auto drawing = entry.make(*window.session().simulated());
    EXPECT_TRUE(entry.title.contains("ae")) << entry.name.toStdString();
    EXPECT_NE(drawing->finding().find("aei"), std::string::npos) << entry.name.toStdString();
  }
  QCoreApplication::removeTranslator(&longer);
}

TEST_F(ReachTest, AFileThatChangesLeavesZoomSelectionFilterAndOpenBranches) {
  const QString path = shop();
  open(path);
  GraphView& graph = window.graph();
  graph.zoom_reset();
  graph.zoom_by(1.4);
  window.find_edit().setText("namespace = shop");
  window.session().select({Selection::Kind::Node, "workload/shop/api", 0, -1});
  window.explorer().find("namespace/clients")->setExpanded(false);
  const QTransform zoom = graph.transform();
  const QPointF centre = graph.mapToScene(graph.viewport()->rect().center());
  std::string text = kShop;
  text.replace(text.find("methods: [GET]"), 14, "methods: [PUT]");
  write(path, text);
  window.session().look_at_files();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("shell reads").result.outcomes.front().verdict, models::Verdict::Denied);
  EXPECT_EQ(graph.transform(), zoom);
  EXPECT_LT(QLineF(graph.mapToScene(graph.viewport()->rect().center()), centre).length(), 8);
  EXPECT_EQ(window.session().selection().key, "workload/shop/api");
  EXPECT_GT(graph.found(), 0);
  EXPECT_FALSE(window.explorer().find("namespace/clients")->isExpanded());
  EXPECT_TRUE(window.explorer().find("namespace/shop")->isExpanded());
}

// A mesh of hundreds of edges in sight is painted beside the window; the picture is the one painted directly.
TEST_F(ReachTest, ManyEdgesArePaintedBesideTheWindow) {
  std::string text = "apiVersion: meshsim/v1\nkind: Scenario\nmetadata: { name: many }\nworkloads:\n";
  for (int i = 0; i < 40; ++i)
    text +=
        "  - { name: w-" + std::to_string(i) + ", namespace: n, mode: ambient, ports: [{ port: 80, name: http }] }\n";
  text += "flows:\n";
  for (int i = 0; i < 600; ++i)
    text += "  - { name: f-" + std::to_string(i) + ", from: { workload: n/w-" + std::to_string(i % 40) +
            " }, to: { host: w-" + std::to_string(i * 7 / 40 % 40) +
            ".n.svc.cluster.local, port: 80 }, protocol: http }\n";
  const QString path = folder.filePath("many.yaml");
  write(path, text);
  open(path);
  GraphView& graph = window.graph();
  // It opened at a size that can be read, with scroll bars. The whole is the whole, and stays it when the window grows.
  ASSERT_TRUE(graph.verticalScrollBar()->isVisible());
  const auto whole = [&] {
    const QRect shown = graph.mapFromScene(graph.sceneRect()).boundingRect();
    return graph.viewport()->rect().adjusted(-4, -4, 4, 4).contains(shown);
  };
  graph.zoom_to_fit();
  ASSERT_TRUE(wait_until_idle(window));  // the scroll bars go, and make room
  EXPECT_TRUE(whole());
  window.resize(window.size() + QSize(80, 60));
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_TRUE(whole());
  ASSERT_GT(window.session().picture()->graph.edges.size(), 300U);
  graph.viewport()->repaint();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_TRUE(graph.settled());
  const QImage shown = graph.viewport()->grab().toImage().convertToFormat(QImage::Format_RGB32);
  QImage direct(shown.size(), QImage::Format_RGB32);
  direct.fill(theme().base);
  QPainter painter(&direct);
  painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
  graph.scene()->render(&painter, direct.rect(), graph.mapToScene(graph.viewport()->rect()).boundingRect(),
                        Qt::IgnoreAspectRatio);
  painter.end();
  int lines = 0, different = 0;
  for (int y = 0; y < shown.height(); ++y)
    for (int x = 0; x < shown.width(); ++x) {
      const QColor a = shown.pixelColor(x, y), b = direct.pixelColor(x, y);
      lines += a != theme().base ? 1 : 0;
      different += std::abs(a.lightness() - b.lightness()) > 80 ? 1 : 0;
    }
  EXPECT_GT(lines, 5000);
  EXPECT_LT(different, lines / 5);  // a hair may fall on the next pixel
  // A node in the middle of it all is selected at once, whatever the other thread does.
  graph.select_node(0);
  EXPECT_TRUE(wait_until_idle(window));
}

}  // namespace
}  // namespace meshsim::viz::test
