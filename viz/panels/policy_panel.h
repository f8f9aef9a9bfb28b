#pragma once
// PolicyPanel: which policy acts on which population of clients: a matrix of statuses. Each cell says it with a glyph,
// a word and a colour; a cell leads to the flows behind it.
#include <QLabel>
#include <QTableWidget>
#include <QWidget>

#include "viz/session/session.h"

namespace meshsim::viz {

class PolicyPanel : public QWidget {
  Q_OBJECT
 public:
  explicit PolicyPanel(Session& session, QWidget* parent = nullptr);
  QTableWidget* table() { return table_; }
  QString csv() const;

 signals:
  void edit_policy(const QString& key);

 private:
  void refresh();
  Session& session_;
  QLabel* head_;
  QTableWidget* table_;
  bool filling_ = false;
};

}  // namespace meshsim::viz
