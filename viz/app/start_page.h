#pragma once
// StartPage: what one sees before anything is open: what was open lately, and the scenarios that come with the program.
#include <QListWidget>
#include <QTreeWidget>
#include <QWidget>

namespace meshsim::viz {

class StartPage : public QWidget {
  Q_OBJECT
 public:
  explicit StartPage(QWidget* parent = nullptr);
  void refresh();
  QListWidget* recent() { return recent_; }
  QTreeWidget* shipped() { return shipped_; }

 signals:
  void open_wanted(const QStringList& paths);
  void choose_file();
  void choose_folder();

 private:
  QListWidget* recent_;
  QTreeWidget* shipped_;
};

}  // namespace meshsim::viz
