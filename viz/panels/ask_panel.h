#pragma once
// AskPanel: one flow typed by hand, explained at once; "Keep" makes it a flow of the document.
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QWidget>

#include "viz/session/session.h"

namespace meshsim::viz {

class AskPanel : public QWidget {
  Q_OBJECT
 public:
  explicit AskPanel(Session& session, QWidget* parent = nullptr);
  void ask();
  void keep();
  void focus_first() { from_->setFocus(); }
  void set_question(const QString& from, const QString& to, const QString& request);
  QString message() const { return message_->text(); }

 signals:
  void answered(const meshsim::scenarios::FlowRun& run);

 private:
  void refresh();
  Session& session_;
  QComboBox *from_, *to_, *protocol_;
  QLineEdit* request_;
  QLabel* message_;
  QPushButton *ask_, *keep_;
};

}  // namespace meshsim::viz
