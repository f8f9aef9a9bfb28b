#pragma once
// FindingsPanel: what was found wrong or odd in the input. Double click or Return opens the place in the manifest.
#include <QTreeWidget>
#include <QWidget>

#include "viz/session/session.h"

namespace meshsim::viz {

class FindingsPanel : public QWidget {
  Q_OBJECT
 public:
  explicit FindingsPanel(Session& session, QWidget* parent = nullptr);
  QTreeWidget* list() { return list_; }
  int count() const { return list_->topLevelItemCount(); }

 signals:
  void open_source(const QString& file, int line);
  void counted(int errors, int all);

 private:
  void refresh();
  Session& session_;
  QTreeWidget* list_;
};

}  // namespace meshsim::viz
