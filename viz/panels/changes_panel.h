#pragma once
// ChangesPanel: what flips against the state before: flow by flow, field by field.
#include <QLabel>
#include <QTreeWidget>
#include <QWidget>

#include "viz/session/session.h"

namespace meshsim::viz {

class ChangesPanel : public QWidget {
  Q_OBJECT
 public:
  explicit ChangesPanel(Session& session, QWidget* parent = nullptr);
  QTreeWidget* tree() { return tree_; }
  QString headline() const { return head_->text(); }

 private:
  void refresh();
  Session& session_;
  QLabel* head_;
  QTreeWidget* tree_;
};

}  // namespace meshsim::viz
