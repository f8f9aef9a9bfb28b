#pragma once
// Preferences: what is remembered between two starts: recent files, theme, layout. Everything goes through QSettings,
// so that a test can point it at a folder of its own.
#include <QByteArray>
#include <QString>
#include <QStringList>

#include "viz/look/theme.h"

namespace meshsim::viz {

// Most recent first, ten at most; a file that is gone stays in the list (and is shown as gone).
QStringList recent_files();
void remember_file(const QString& path);
void forget_files();

ThemeMode preferred_theme();
void prefer_theme(ThemeMode mode);

QByteArray stored_layout(const QString& part);
void store_layout(const QString& part, const QByteArray& state);

// Folders with scenarios that come with the program: name and path, sorted. Beside the program when it is installed, in
// the source tree when it was just built.
struct ShippedScenario {
  QString topic, name, path, description;
};
QList<ShippedScenario> shipped_scenarios();

}  // namespace meshsim::viz
