#pragma once
// The language of the window. Translations are compiled in (viz/translations); English is the language of the source
// and brings only its plurals. What comes from models/ and scenarios/ (verdicts, statuses, reasons, findings) is
// English in every language: those words are in the files that meshsim writes and in the rules that they cite.
#include <QCoreApplication>
#include <QLocale>

namespace meshsim::viz {

// Texts in the first language of `locale` that there is a translation for, English where there is none; Qt's own
// buttons too where Qt's translations are installed. Again: replaces the last language.
void speak(QCoreApplication& application, const QLocale& locale);

}  // namespace meshsim::viz
