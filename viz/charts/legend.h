#pragma once
// ChartLegend: what the colours, hatches and dashes of a chart stand for. Qt's own shows a dashed line as a stub that
// cannot be told from a solid one, and cuts long names without a word; this one draws samples of real lines and bars,
// and gives the whole name of what it had to cut.
#include <QBrush>
#include <QPen>
#include <QString>
#include <QWidget>
#include <functional>
#include <vector>

namespace meshsim::viz {

struct LegendEntry {
  QString name;
  QPen pen;
  QBrush brush = Qt::NoBrush;
  bool line = false;  // a line, else a box; with a brush: a line on its band
};

class ChartLegend : public QWidget {
 public:
  explicit ChartLegend(QWidget* parent = nullptr);
  void set_entries(std::vector<LegendEntry> entries);
  const std::vector<LegendEntry>& entries() const { return entries_; }
  // The name of an entry as it is shown in this width.
  QString shown(std::size_t entry, int width) const;
  // What the whole of a cut name is read from; empty where nothing is cut.
  QString tip_at(const QPoint& at) const;
  // So wide, in a chart of this width.
  int width_in(int chart) const;
  void paint(QPainter& painter, const QRect& area) const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {0, 0}; }
  std::function<void(std::size_t entry)> chosen;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  int row() const;     // height
  int sample() const;  // width
  int top_in(int height) const;
  std::vector<LegendEntry> entries_;
};

}  // namespace meshsim::viz
