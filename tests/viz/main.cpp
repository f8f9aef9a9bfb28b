#include <QApplication>
#include <QFontMetricsF>
#include <QLocale>
#include <QSettings>
#include <QTemporaryDir>

#include <gtest/gtest.h>

#include "viz/look/language.h"
#include "viz/look/theme.h"

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  const QTemporaryDir settings;
  QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
  testing::InitGoogleTest(&argc, argv);
  QApplication application(argc, argv);
  meshsim::viz::speak(application, QLocale::c());
  QApplication::setApplicationName(QStringLiteral("meshsim"));
  QApplication::setOrganizationName(QStringLiteral("meshsim"));
  QApplication::setApplicationVersion(QStringLiteral("0.1.0"));
  QLocale::setDefault(QLocale::c());
  meshsim::viz::apply_theme(application, meshsim::viz::ThemeMode::Light);
  return RUN_ALL_TESTS();
}
