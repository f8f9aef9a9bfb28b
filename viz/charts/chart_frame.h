#pragma once
// What all Qt charts of this program share: the plot with its legend beside it, ticks at round numbers, a cursor in
// simulated time, and pictures of any size. Internal to viz/charts.
#include <QChartView>
#include <QScrollArea>
#include <QWidget>
#include <functional>
#include <optional>
#include <string>

#include "viz/charts/legend.h"

class QValueAxis;

namespace meshsim::viz {

// The plot. What is drawn over it and what the mouse and the keys do in it comes from the chart.
class PlotView : public QChartView {
 public:
  explicit PlotView(QChart* chart);
  std::function<void(QPainter&)> over;          // after the chart, in its coordinates
  std::function<QString(const QPointF&)> tip;   // at a point of the chart
  std::function<void(const QPointF&)> pressed;  // pressed or dragged inside the plot
  std::function<bool(int key)> key;             // true: it was for the chart

 protected:
  void drawForeground(QPainter* painter, const QRectF& area) override;
  bool viewportEvent(QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
};

class ChartFrame : public QWidget {
 public:
  explicit ChartFrame(std::string title);
  QChart& chart() { return *plot_->chart(); }
  PlotView& plot() { return *plot_; }
  ChartLegend& legend() { return *legend_; }
  // Before the plot is laid out for a size: what depends on it.
  std::function<void(const QSize&)> before_layout;
  // Lower than this the plot is scrolled, not squeezed.
  void set_least_height(int height) { plot_->setMinimumHeight(height); }
  // Colours of ground, axes and legend; series are the caller's.
  void set_theme();
  // With title and legend, laid out for `size`, whatever the size on the screen.
  void render_to(QPainter& painter, const QSize& size);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  std::string title_;
  PlotView* plot_;
  QScrollArea* scroll_;
  ChartLegend* legend_;
};

// A value axis from 0 or `from` to `to` with about five ticks at round numbers; whole numbers where only they make
// sense. Returns the end of the axis.
double set_ticks(QValueAxis& axis, double from, double to, bool whole, bool round_end);

}  // namespace meshsim::viz
