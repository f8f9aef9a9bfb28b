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
  void add(models::Severity severity, const std::string& code, const models::Source& at, const std::string& object,
           const std::string& message, const QString& tip);
  Session& session_;
  std::vector<std::pair<models::Severity, QTreeWidgetItem*>> rows_;  // of the refresh that is going on
  int errors_ = 0;
  QTreeWidget* list_;
};

}  // namespace meshsim::viz
