#pragma once
// GraphView: the mesh graph as a widget: zoom, pan, selection by mouse and keyboard, find and hide. It shows the
// picture of the session and tells the session what was selected.
#include <QGraphicsScene>
#include <QGraphicsView>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "viz/graph/edge_layer.h"
#include "viz/graph/filter.h"
#include "viz/graph/node_item.h"
#include "viz/session/session.h"

namespace meshsim::viz {

class GraphView : public QGraphicsView {
  Q_OBJECT
 public:
  explicit GraphView(Session& session, QWidget* parent = nullptr);

  void set_find(const QString& text);
  void set_hide(const QString& text);
  const Filter& find_filter() const { return find_; }
  int found() const { return static_cast<int>(matches_.size()); }
  void find_next(int step);

  void zoom_by(double factor);
  void zoom_to_fit();
  // The whole graph if it can be read then; else a readable part, around what needs attention.
  void zoom_to_read();
  void zoom_reset();
  void centre_on(std::size_t node);

  // Tests and screenshots.
  const std::vector<NodeItem*>& node_items() const { return nodes_; }
  EdgeLayer& edges() { return *edges_; }
  // False while a sharper picture of the edges is on its way.
  bool settled() const { return edges_->sharp(); }
  void select_node(std::size_t node);
  void select_edge(std::size_t edge);
  void toggle_namespace(const std::string& ns);
  // The whole graph as a picture or drawing, independent of the zoom.
  QImage image(qreal ratio) const;
  bool write_svg(const QString& path, const QString& title) const;
  QString tooltip_of_node(std::size_t node) const;
  QString tooltip_of_edge(std::size_t edge) const;
  // What is said where there is nothing to draw; else empty.
  QString nothing() const;

 signals:
  void node_menu(const QString& id, const QPoint& at);
  void activated();  // Return on the selection: the inspector is wanted
  void filter_problem(bool hide, const QString& problem);

 protected:
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool viewportEvent(QEvent* event) override;
  void drawBackground(QPainter* painter, const QRectF& rect) override;
  void drawForeground(QPainter* painter, const QRectF& rect) override;

 private:
  void rebuild();
  void show_boxes();
  void show_nodes();
  void fit();
  void make_readable();
  void update_presence();
  void update_marks();
  std::optional<std::size_t> node_at(const QPoint& at) const;
  std::optional<std::size_t> edge_at(const QPoint& at) const;
  void walk(int key);
  std::optional<std::size_t> selected_node() const;
  std::optional<std::size_t> selected_edge() const;
  std::optional<std::size_t> neighbour(std::size_t node, int dx, int dy) const;

  Session& session_;
  EdgeRenderer renderer_;
  QGraphicsScene scene_;
  EdgeLayer* edges_;
  std::vector<NodeItem*> nodes_;
  struct Box {
    BoxItem* frame = nullptr;
    BoxLabel* label = nullptr;
  };
  std::map<std::string, Box> boxes_;  // by namespace
  PictureResult picture_;             // what is drawn
  Result result_;
  Filter find_, hide_;
  std::vector<std::size_t> matches_;
  int match_ = -1;
  // What the zoom follows when window or graph change; nothing once the user zooms.
  enum class Fit { Nothing, Whole, Readable } fit_ = Fit::Readable;
  bool fitting_ = false;
  QPoint press_;
  bool panning_ = false;
};

// "from|to" of an edge: its key in a Selection.
std::string edge_key(const MeshGraph& graph, const GraphEdge& edge);

}  // namespace meshsim::viz
