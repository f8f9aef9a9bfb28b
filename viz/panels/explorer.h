#pragma once
// Explorer: what is in the mesh as a tree: namespaces with their workloads, services, gateways and policies. A policy
// has a tick: without it, it is parked. The context menu changes modes and labels.
#include <QMenu>
#include <QTreeWidget>
#include <QWidget>

#include "viz/session/session.h"

namespace meshsim::viz {

class Explorer : public QWidget {
  Q_OBJECT
 public:
  explicit Explorer(Session& session, QWidget* parent = nullptr);
  QTreeWidget* tree() { return tree_; }
  // The menu for a namespace, workload, service or gateway: "namespace/shop", "workload/shop/api", ...
  QMenu* menu_for(const QString& id, QWidget* parent);
  QTreeWidgetItem* find(const QString& id) const;

 signals:
  void edit_policy(const QString& key);
  void new_policy(const QString& ns);
  void label_wanted(const QString& object);

 private:
  void refresh();
  void follow_selection();
  void chosen();
  void ticked(QTreeWidgetItem* item, int column);
  Session& session_;
  QTreeWidget* tree_;
  bool filling_ = false;
};

// "ns/Deployment/api" for the id of a workload; the object that labels go to.
std::string object_of(const Analysis& analysis, const MeshGraph& graph, const std::string& id);

}  // namespace meshsim::viz
