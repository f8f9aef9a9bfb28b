#pragma once
// NodeItem: one node of the mesh graph. The shape on its left tells the kind, the mark in it the dataplane mode.
// BoxItem: a namespace.
#include <QFont>
#include <QGraphicsItem>
#include <algorithm>

#include "viz/graph/edge_layer.h"
#include "viz/graph/layout.h"

namespace meshsim::viz {

class NodeItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 1 };
  NodeItem(const GraphNode& node, const Place& place, std::size_t index);
  // The same node in another picture: most of a picture is as it was, and making items anew takes longer.
  void show_node(const GraphNode& node, const Place& place, std::size_t index);
  int type() const override { return Type; }
  QRectF boundingRect() const override { return QRectF(-8, -12, width_ + 20, height_ + 20); }
  QRectF frame() const { return QRectF(0, 0, width_, height_); }
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

  std::size_t index() const { return index_; }
  const GraphNode& node() const { return node_; }
  void set_presence(Presence presence);
  void set_marks(bool selected, bool related, bool quiet, bool changed);
  Presence presence() const { return presence_; }

 private:
  GraphNode node_;
  qreal width_ = 0, height_ = 0;
  std::size_t index_ = 0;
  Presence presence_ = Presence::Shown;
  bool selected_ = false, related_ = false, quiet_ = false, changed_ = false;
  QString label_, detail_;  // as they fit; measured when first painted
};

class BoxItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 2 };
  BoxItem();
  void show_box(const NamespaceBox& box);
  int type() const override { return Type; }
  QRectF boundingRect() const override { return QRectF(-2, -2, box_.place.width + 4, box_.place.height + 4); }
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  NamespaceBox box_;
};

// The name of a namespace and how it is enrolled, above the edges; stays in sight while its box is scrolled sideways.
class BoxLabel : public QGraphicsItem {
 public:
  enum { Type = UserType + 3 };
  BoxLabel();
  // `named`: false where the box holds one node that bears its name.
  void show_box(const NamespaceBox& box, bool named, const QString& mode_word);
  int type() const override { return Type; }
  QRectF boundingRect() const override { return QRectF(0, 0, box_.place.width, box_.place.height); }
  const std::string& ns() const { return box_.ns; }
  const QString& mode_word() const { return mode_; }
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  NamespaceBox box_;
  bool named_ = true;
  QString mode_;
  // The name as it fits at the zoom it was last painted at: measuring text costs more than painting it.
  qreal fitted_scale_ = 0;
  QFont font_;
  QString shown_, shown_mode_;
  qreal high_ = 0, used_ = 0;
  void fit(qreal scale, const QFont& plain);
};

// The shape of a kind with its mode, inside `area`; also for legends and trees.
void paint_kind(QPainter& painter, const QRectF& area, NodeKind kind, const QString& mode);

}  // namespace meshsim::viz
