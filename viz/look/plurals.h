#pragma once
// EnglishPlurals: the source texts are English and write "%n flow(s)"; this gives "1 flow" and "3 flows" where no
// translation is installed. A real translation brings its own plural forms.
#include <QTranslator>

namespace meshsim::viz {

class EnglishPlurals : public QTranslator {
 public:
  using QTranslator::QTranslator;
  bool isEmpty() const override { return false; }
  QString translate(const char*, const char* source, const char*, int n) const override {
    QString text = QString::fromUtf8(source);
    if (n < 0 || !text.contains(QLatin1String("(s)"))) return {};
    if (text.contains(QLatin1String("policy(s)")))
      text.replace(QLatin1String("policy(s)"), n == 1 ? QStringLiteral("policy") : QStringLiteral("policies"));
    // "2 differ", "1 differs": a verb takes its s in the singular.
    const bool verb = text.contains(QLatin1String("differ(s)"));
    return text.replace(QLatin1String("(s)"), (n == 1) == verb ? QStringLiteral("s") : QString());
  }
};

}  // namespace meshsim::viz
