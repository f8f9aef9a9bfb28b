// The window in German: menus, plurals, charts; and what stays English by design.
#include "viz/look/language.h"

#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <map>
#include <memory>

#include "tests/viz/support.h"
#include "viz/charts/registry.h"
#include "viz/panels/ask_panel.h"
#include "viz/panels/changes_panel.h"
#include "viz/panels/explorer.h"
#include "viz/panels/findings_panel.h"

namespace meshsim::viz::test {
namespace {

QString plain(QString text) { return text.remove('&'); }

QChar letter(const QString& text) {
  const auto at = text.indexOf('&');
  return at < 0 || at + 1 >= text.size() || text[at + 1] == '&' ? QChar() : text[at + 1].toLower();
}

class LanguageTest : public testing::Test {
 protected:
  void SetUp() override { QSettings().clear(); }
  void TearDown() override { speak(*QCoreApplication::instance(), QLocale::c()); }
  void open(const char* language) {
    speak(*QCoreApplication::instance(), QLocale(QString::fromLatin1(language)));
    write(folder.filePath("shop.yaml"), kShop);
    window = std::make_unique<MainWindow>();
    window->show();
    window->open({folder.filePath("shop.yaml")});
    ASSERT_TRUE(wait_until_idle(*window));
  }
  QTemporaryDir folder;
  std::unique_ptr<MainWindow> window;
};

TEST_F(LanguageTest, MenusAndPanelsAreGerman) {
  open("de_DE");
  QStringList menus;
  for (const QAction* one : window->menuBar()->actions()) menus << plain(one->text());
  EXPECT_EQ(menus.join(' ').toStdString(), QStringLiteral("Datei Bearbeiten Gehe zu Lauf Ansicht Hilfe").toStdString());
  EXPECT_EQ(plain(window->action("open")->text()), QString::fromUtf8("Öffnen…"));
  EXPECT_EQ(window->dock("flows")->windowTitle(), QString::fromUtf8("Flüsse"));
  EXPECT_EQ(chart_entries().front().title, QString("Durchsetzung"));
  window->session().apply(WindowTest::mode("namespace/clients", "ambient"));
  ASSERT_TRUE(wait_until_idle(*window));
  EXPECT_EQ(window->changes().headline(), QString::fromUtf8("1 von 3 Flüssen weichen ab vom Stand davor"));
  window->session().undo_stack()->setClean();
}

// Verdicts and statuses are words of the result files.
TEST_F(LanguageTest, WordsOfTheResultStayEnglish) {
  open("de_AT");  // a country without a translation of its own
  window->ask().set_question("clients/web", "api.shop:80", "DELETE /x");
  window->ask().ask();
  EXPECT_TRUE(window->ask().message().contains("allowed")) << window->ask().message().toStdString();
  EXPECT_TRUE(window->ask().message().contains("Richtlinie"));
}

TEST_F(LanguageTest, ALanguageThatIsNotThereIsEnglishWithPlurals) {
  open("fr_FR");
  EXPECT_EQ(plain(window->menuBar()->actions().front()->text()), QString("File"));
  EXPECT_EQ(window->findChild<QLabel*>("flowCount")->text(), QString("3 flows"));
  window->session().apply(WindowTest::mode("namespace/clients", "ambient"));
  ASSERT_TRUE(wait_until_idle(*window));
  EXPECT_EQ(window->changes().headline(), QString("1 of 3 flows differ from the state before"));
  window->session().undo_stack()->setClean();
}

// A letter that opens two things opens neither: in a menu, and among what is in the window beside the menu bar.
TEST_F(LanguageTest, NoTwoMnemonicsAtOnePlaceInAnyLanguage) {
  for (const char* language : {"en", "de"}) {
    open(language);
    int seen = 0;
    const auto check = [&](const QStringList& texts, const QString& where) {
      std::map<QChar, QString> letters;
      for (const QString& text : texts) {
        const QChar key = letter(text);
        if (key.isNull()) continue;
        ++seen;
        EXPECT_TRUE(letters.emplace(key, text).second) << language << ", " << where.toStdString() << ": "
                                                       << text.toStdString() << " and " << letters[key].toStdString();
      }
    };
    const auto texts_of = [](const QList<QAction*>& actions) {
      QStringList out;
      for (const QAction* one : actions) out << one->text();
      return out;
    };
    const QStringList bar = texts_of(window->menuBar()->actions());
    for (const QAction* one : window->menuBar()->actions())
      EXPECT_FALSE(letter(one->text()).isNull()) << one->text().toStdString();
    for (QMenu* menu : window->findChildren<QMenu*>()) check(texts_of(menu->actions()), menu->title());
    const auto inside = [](QWidget* root) {
      QStringList out;
      for (const QLabel* label : root->findChildren<QLabel*>())
        if (label->buddy() != nullptr) out << label->text();
      for (const QPushButton* button : root->findChildren<QPushButton*>()) out << button->text();
      return out;
    };
    check(bar + inside(&window->ask()), "ask");
    check(bar + inside(window->view("start")), "start page");
    for (const char* name : {"dialog-until", "dialog-policy", "dialog-labels", "dialog-commands"}) {
      QWidget* dialog = window->dialog(QString::fromLatin1(name));
      if (dialog == nullptr) continue;
      check(inside(dialog), QString::fromLatin1(name));
      dialog->close();
    }
    EXPECT_GT(seen, 40);
    window.reset();
  }
}

}  // namespace
}  // namespace meshsim::viz::test
