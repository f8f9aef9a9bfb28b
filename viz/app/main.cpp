#include <QApplication>
#include <QCommandLineParser>
#include <QFontMetricsF>
#include <QSettings>
#include <cstdio>
#include <optional>

#include <malloc.h>

#include "viz/app/main_window.h"
#include "viz/app/preferences.h"
#include "viz/app/screenshot.h"
#include "viz/look/language.h"

namespace {

using namespace meshsim::viz;

// The exit codes of the command line: 0 fine, 2 it could not be done, 64 wrong usage.
constexpr int kUsage = 64, kInternal = 2;

int complain(const QString& text, int code) {
  std::fprintf(stderr, "meshsim-gui: %s\n", qPrintable(text));
  return code;
}

std::optional<QSize> size_of(const QString& text) {
  const QStringList parts = text.split('x');
  bool wide = false, high = false;
  const QSize size = parts.size() == 2 ? QSize(parts[0].toInt(&wide), parts[1].toInt(&high)) : QSize();
  if (!wide || !high || size.width() < 200 || size.height() < 150 || size.width() > 16000 || size.height() > 16000)
    return std::nullopt;
  return size;
}

}  // namespace

int main(int argc, char** argv) {
  // glibc sweeps its lists of small free blocks whenever a large one is freed; a result holds millions of small ones,
  // and judging a thousand workloads would spend half of its time there.
  mallopt(M_MXFAST, 0);
  QApplication application(argc, argv);
  speak(application, QLocale::system());
  QApplication::setApplicationName(QStringLiteral("meshsim"));
  QApplication::setOrganizationName(QStringLiteral("meshsim"));
  QApplication::setApplicationVersion(QStringLiteral(MESHSIM_VERSION));
  QApplication::setApplicationDisplayName(QString());
  QGuiApplication::setDesktopFileName(QStringLiteral("meshsim-gui"));
  QCommandLineParser parser;
  parser.setApplicationDescription(QApplication::translate("main", "Explore a mesh of sidecar and ambient workloads."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument("FILE", QApplication::translate("main", "Scenario files, manifests or folders."),
                               "[FILE...]");
  const auto option = [&](const char* name, const char* text, const char* value) {
    QCommandLineOption made(QString::fromLatin1(name), QApplication::translate("main", text),
                            QString::fromLatin1(value));
    parser.addOption(made);
    return made;
  };
  const auto screenshot =
      option("screenshot", QT_TRANSLATE_NOOP("main", "Write a picture of the window and quit."), "FILE");
  const auto size = option("size", QT_TRANSLATE_NOOP("main", "Size of the picture, 1280x800 unless given."), "WxH");
  const auto view = option("view", QT_TRANSLATE_NOOP("main", "What to show: window, start, graph, flows, ..."), "NAME");
  const auto select =
      option("select", QT_TRANSLATE_NOOP("main", "flow:NAME, node:ID or policy:KIND NS/NAME; repeatable."), "KEY");
  const auto edit = option(
      "edit", QT_TRANSLATE_NOOP("main", "A change to make first: namespace/shop=ambient; repeatable."), "CHANGE");
  const auto find = option("find", QT_TRANSLATE_NOOP("main", "Text of the find field."), "TEXT");
  const QCommandLineOption simulate(QStringLiteral("simulate"),
                                    QApplication::translate("main", "Simulate before the picture is taken."));
  parser.addOption(simulate);
  const auto at =
      option("at", QT_TRANSLATE_NOOP("main", "The moment of a simulated run that is shown, in seconds."), "SECONDS");
  const QCommandLineOption whole(
      QStringLiteral("whole"),
      QApplication::translate("main", "The window with the view in front, not the view alone."));
  const QCommandLineOption table(QStringLiteral("table"), QApplication::translate("main", "A chart as its table."));
  parser.addOptions({whole, table});
  const auto theme = option("theme", QT_TRANSLATE_NOOP("main", "system, light or dark."), "NAME");
  if (!parser.parse(QApplication::arguments())) return complain(parser.errorText(), kUsage);
  if (parser.isSet(QStringLiteral("help"))) parser.showHelp(0);
  if (parser.isSet(QStringLiteral("version"))) parser.showVersion();
  if (!QFontMetricsF(QApplication::font()).inFont('i'))
    complain(QApplication::translate("main", "no font was found; install fonts-dejavu-core"), 0);
  ThemeMode mode = preferred_theme();
  if (parser.isSet(theme)) {
    const QString word = parser.value(theme);
    if (word != "system" && word != "light" && word != "dark")
      return complain(QApplication::translate("main", "there is no theme %1").arg(word), kUsage);
    mode = word == "light" ? ThemeMode::Light : word == "dark" ? ThemeMode::Dark : ThemeMode::System;
  }
  apply_theme(application, mode);
  MainWindow window;
  if (parser.isSet(screenshot)) {
    Screenshot wanted;
    wanted.file = parser.value(screenshot);
    if (parser.isSet(size)) {
      const auto given = size_of(parser.value(size));
      if (!given)
        return complain(QApplication::translate("main", "--size wants WIDTHxHEIGHT, for example 1280x800"), kUsage);
      wanted.size = *given;
    }
    if (parser.isSet(view)) wanted.view = parser.value(view);
    wanted.select = parser.values(select);
    wanted.edits = parser.values(edit);
    wanted.find = parser.value(find);
    wanted.simulate = parser.isSet(simulate);
    wanted.at = parser.value(at).toDouble();
    wanted.whole = parser.isSet(whole);
    wanted.table = parser.isSet(table);
    if (!picture_names(window).contains(wanted.view))
      return complain(QApplication::translate("main", "there is no view %1; there are %2")
                          .arg(wanted.view, picture_names(window).join(", ")),
                      kUsage);
    window.session().open(parser.positionalArguments());
    const QString problem = take_screenshot(window, wanted);
    return problem.isEmpty() ? 0 : complain(problem, kInternal);
  }
  window.show();
  window.open(parser.positionalArguments());
  return QApplication::exec();
}
