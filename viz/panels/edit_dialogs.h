#pragma once
// The small dialogs that change the document: a policy as YAML, the labels of an object. They only ask; the session
// makes the edit.
#include <QDialog>
#include <QLabel>
#include <QPlainTextEdit>
#include <QTableWidget>

#include "viz/session/session.h"

namespace meshsim::viz {

class PolicyDialog : public QDialog {
  Q_OBJECT
 public:
  // `key`: "AuthorizationPolicy shop/viewer"; empty: a new one in `ns`.
  PolicyDialog(Session& session, const QString& key, const QString& ns, QWidget* parent = nullptr);
  QPlainTextEdit* text() { return text_; }
  QString problem() const { return problem_->text(); }

 public slots:
  void accept() override;

 private:
  Session& session_;
  QPlainTextEdit* text_;
  QLabel* problem_;
};

class LabelDialog : public QDialog {
  Q_OBJECT
 public:
  LabelDialog(Session& session, const QString& object, QWidget* parent = nullptr);
  QTableWidget* table() { return table_; }

 public slots:
  void accept() override;

 private:
  Session& session_;
  std::string object_;
  std::map<std::string, std::string> before_;
  QTableWidget* table_;
};

}  // namespace meshsim::viz
