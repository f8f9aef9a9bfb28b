#pragma once
// FilterEdit: a line for the find and hide language: completes the word under the cursor with Tab, marks text that is
// not understood with a sign and a sentence, and keeps quiet otherwise.
#include <QAction>
#include <QLineEdit>

namespace meshsim::viz {

class FilterEdit : public QLineEdit {
  Q_OBJECT
 public:
  explicit FilterEdit(QWidget* parent = nullptr);
  void show_problem(const QString& problem);
  QString problem() const { return problem_; }

 protected:
  bool event(QEvent* event) override;

 private:
  bool complete();
  QAction* sign_;
  QString problem_, plain_tip_;
};

}  // namespace meshsim::viz
