#pragma once
// Inspector: everything about the selection: the hops of a flow with every policy considered and why, a node, an edge,
// a policy; nothing selected: the summary. Back and forward go through what was looked at.
#include <QTextBrowser>
#include <QWidget>

#include "viz/session/session.h"

namespace meshsim::viz {

class Inspector : public QWidget {
  Q_OBJECT
 public:
  explicit Inspector(Session& session, QWidget* parent = nullptr);
  void step_hop(int by);
  void go(int by);  // view history
  // A flow typed by hand: shown, not part of the document.
  void show_flow(const scenarios::FlowRun& run);
  QTextBrowser* text() { return text_; }

 signals:
  void open_source(const QString& file, int line);
  void edit_policy(const QString& key);
  void disable_policy(const QString& key);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void refresh();
  void follow(const QUrl& link);

  Session& session_;
  QTextBrowser* text_;
  std::vector<Selection> history_;
  std::size_t at_ = 0;
  bool walking_ = false;
};

}  // namespace meshsim::viz
