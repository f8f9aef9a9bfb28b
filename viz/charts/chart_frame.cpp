#include "viz/charts/chart_frame.h"

#include <QAbstractAxis>
#include <QChart>
#include <QChartView>
#include <QLegend>
#include <QPainter>

#include "viz/look/theme.h"

namespace meshsim::viz {

std::unique_ptr<QChartView> make_view(const std::string& title) {
  auto* chart = new QChart;
  chart->setAnimationOptions(QChart::NoAnimation);
  chart->setTitle(QString::fromStdString(title));
  chart->setMargins(QMargins(4, 4, 4, 4));
  chart->setBackgroundRoundness(0);
  chart->legend()->setAlignment(Qt::AlignRight);
  auto view = std::make_unique<QChartView>(chart);
  view->setRenderHint(QPainter::Antialiasing);
  view->setMinimumSize(320, 180);
  view->setFrameShape(QFrame::NoFrame);
  view->setFocusPolicy(Qt::StrongFocus);
  return view;
}

void theme_chart(QChart& chart) {
  const Theme& t = theme();
  chart.setBackgroundBrush(t.base);
  chart.setBackgroundPen(Qt::NoPen);
  chart.setTitleBrush(t.text);
  QFont bold = chart.titleFont();
  bold.setBold(true);
  chart.setTitleFont(bold);
  chart.legend()->setLabelColor(t.text);
  for (QAbstractAxis* axis : chart.axes()) {
    axis->setLabelsColor(t.text);
    axis->setTitleBrush(t.dim);
    QFont plain = axis->titleFont();
    plain.setBold(false);
    axis->setTitleFont(plain);
    axis->setLinePen(QPen(t.line, 1));
    axis->setGridLinePen(QPen(t.grid, 1));
    axis->setGridLineVisible(axis->type() != QAbstractAxis::AxisTypeBarCategory);
  }
}

void render_chart(QChartView& view, QPainter& painter, const QSize& size) {
  const QSize before = view.size();
  view.resize(size);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(QRect(QPoint(), size), theme().base);
  view.render(&painter, QRectF(QPointF(), size));
  view.resize(before);
}

}  // namespace meshsim::viz
