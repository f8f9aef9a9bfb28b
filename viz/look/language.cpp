#include "viz/look/language.h"

#include <QLibraryInfo>
#include <QTranslator>

namespace meshsim::viz {

void speak(QCoreApplication& application, const QLocale& locale) {
  const auto old = application.findChildren<QTranslator*>(QStringLiteral("language"), Qt::FindDirectChildrenOnly);
  for (QTranslator* one : old) {
    QCoreApplication::removeTranslator(one);
    delete one;
  }
  const QString folder = QStringLiteral(":/i18n"), name = QStringLiteral("meshsim"), sign = QStringLiteral("_");
  const auto install = [&](const QLocale& language, const QString& file, const QString& in) {
    auto* one = new QTranslator(&application);
    one->setObjectName(QStringLiteral("language"));
    if (one->load(language, file, sign, in)) QCoreApplication::installTranslator(one);
  };
  // The last one is asked first: English answers what the other does not have.
  install(QLocale(QLocale::English), name, folder);
  install(locale, QStringLiteral("qtbase"), QLibraryInfo::path(QLibraryInfo::TranslationsPath));
  if (locale.language() != QLocale::English && locale.language() != QLocale::C) install(locale, name, folder);
}

}  // namespace meshsim::viz
