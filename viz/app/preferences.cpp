#include "viz/app/preferences.h"

#include <QCoreApplication>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSettings>

namespace meshsim::viz {

namespace {
constexpr int kMostRecent = 10;
constexpr int kLayoutVersion = 1;
}  // namespace

QStringList recent_files() { return QSettings().value(QStringLiteral("recent")).toStringList(); }

void remember_file(const QString& path) {
  QSettings settings;
  QStringList files = recent_files();
  const QString absolute = QFileInfo(path).absoluteFilePath();
  files.removeAll(absolute);
  files.prepend(absolute);
  settings.setValue(QStringLiteral("recent"), QStringList(files.mid(0, kMostRecent)));
}

void forget_files() { QSettings().remove(QStringLiteral("recent")); }

ThemeMode preferred_theme() {
  const QString word = QSettings().value(QStringLiteral("theme")).toString();
  return word == QLatin1String("light")  ? ThemeMode::Light
         : word == QLatin1String("dark") ? ThemeMode::Dark
                                         : ThemeMode::System;
}

void prefer_theme(ThemeMode mode) {
  QSettings().setValue(QStringLiteral("theme"), mode == ThemeMode::Light  ? QStringLiteral("light")
                                                : mode == ThemeMode::Dark ? QStringLiteral("dark")
                                                                          : QStringLiteral("system"));
}

QByteArray stored_layout(const QString& part) {
  return QSettings().value(QStringLiteral("layout%1/%2").arg(kLayoutVersion).arg(part)).toByteArray();
}

void store_layout(const QString& part, const QByteArray& state) {
  QSettings().setValue(QStringLiteral("layout%1/%2").arg(kLayoutVersion).arg(part), state);
}

QList<ShippedScenario> shipped_scenarios() {
  QDir folder(QCoreApplication::applicationDirPath());
  QString root;
  if (folder.exists(QStringLiteral("../share/meshsim/cases")))
    root = folder.absoluteFilePath(QStringLiteral("../share/meshsim/cases"));
  for (int up = 0; root.isEmpty() && up < 6; ++up) {
    if (folder.exists(QStringLiteral("scenarios/cases")))
      root = folder.absoluteFilePath(QStringLiteral("scenarios/cases"));
    if (!folder.cdUp()) break;
  }
  QList<ShippedScenario> out;
  if (root.isEmpty()) return out;
  QDirIterator it(root, {QStringLiteral("scenario.yaml")}, QDir::Files, QDirIterator::Subdirectories);
  static const QRegularExpression kDescription(QStringLiteral("description:\\s*([^}\\n]+)"));
  while (it.hasNext()) {
    const QFileInfo info(it.next());
    ShippedScenario one;
    one.path = QDir::cleanPath(info.filePath());
    one.name = info.dir().dirName();
    one.topic = QDir(QDir(root).relativeFilePath(info.path())).path().section('/', 0, 0);
    QFile file(info.filePath());
    if (file.open(QIODevice::ReadOnly)) {
      const QString head = QString::fromUtf8(file.read(2048));
      one.description = kDescription.match(head).captured(1).trimmed().remove('"');
      if (one.description.isEmpty()) {  // the comment on top says what it is about
        for (const QString& line : head.split('\n')) {
          if (!line.startsWith('#')) break;
          one.description += line.mid(1).trimmed() + ' ';
        }
        one.description = one.description.trimmed();
      }
    }
    out << one;
  }
  std::sort(out.begin(), out.end(), [](const ShippedScenario& a, const ShippedScenario& b) {
    return std::pair(a.topic, a.name) < std::pair(b.topic, b.name);
  });
  return out;
}

}  // namespace meshsim::viz
