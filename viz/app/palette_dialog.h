#pragma once
// The command palette (Ctrl+K) and the list of shortcuts (?): both show the actions of the window as they are.
#include <QAction>
#include <QDialog>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>

namespace meshsim::viz {

class PaletteDialog : public QDialog {
  Q_OBJECT
 public:
  explicit PaletteDialog(const QList<QAction*>& actions, QWidget* parent = nullptr);
  QLineEdit* line() { return line_; }
  QListWidget* list() { return list_; }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refill();
  void run_current();
  QList<QAction*> actions_;
  QLineEdit* line_;
  QListWidget* list_;
};

// Rich text: every command with a shortcut, by menu, in two columns.
QString shortcut_table(const QList<QMenu*>& menus);

}  // namespace meshsim::viz
