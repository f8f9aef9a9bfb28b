#pragma once
// FlowPanel: the flow table with its filter. Selecting a node, an edge or a policy elsewhere leaves its flows.
#include <QLabel>
#include <QTableView>
#include <QToolButton>
#include <QWidget>

#include "viz/panels/filter_edit.h"
#include "viz/panels/flow_model.h"
#include "viz/session/session.h"

namespace meshsim::viz {

class FlowPanel : public QWidget {
  Q_OBJECT
 public:
  explicit FlowPanel(Session& session, QWidget* parent = nullptr);
  void step(int by);          // next or previous flow, without focus
  void step_finding(int by);  // next or previous flow that is bypassed, open or unexpected
  void set_filter(const QString& text) { filter_edit_->setText(text); }
  void show_only(std::set<std::size_t> flows, const QString& why);
  QString csv(bool only_selection) const;

  QTableView* table() { return table_; }
  FlowFilter* filter() { return filter_; }
  FilterEdit* filter_edit() { return filter_edit_; }

 private:
  void take_result();
  void follow_selection();
  void row_chosen();
  void update_count();
  void select_row(int row);
  void go_to(int row);

  Session& session_;
  FlowModel* model_;
  FlowFilter* filter_;
  FilterEdit* filter_edit_;
  QTableView* table_;
  QLabel *count_, *only_why_;
  QToolButton* all_;
  bool following_ = false, choosing_ = false;
};

}  // namespace meshsim::viz
