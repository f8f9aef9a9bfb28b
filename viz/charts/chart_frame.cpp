#include "viz/charts/chart_frame.h"

#include <QAbstractAxis>
#include <QChart>
#include <QGraphicsLayout>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QLegend>
#include <QLogValueAxis>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QValueAxis>
#include <cmath>

#include "viz/charts/chart_data.h"
#include "viz/look/theme.h"

namespace meshsim::viz {

PlotView::PlotView(QChart* chart) : QChartView(chart) {
  setObjectName(QStringLiteral("plot"));
  setRenderHint(QPainter::Antialiasing);
  setMinimumSize(240, 120);
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
}

void PlotView::drawForeground(QPainter* painter, const QRectF& area) {
  QChartView::drawForeground(painter, area);
  if (over) over(*painter);
  if (hasFocus()) {  // the plot has no frame of its own
    painter->setPen(QPen(theme().accent, 1, Qt::DotLine));
    painter->setBrush(Qt::NoBrush);
    painter->drawRect(chart()->plotArea());
  }
}

bool PlotView::viewportEvent(QEvent* event) {
  if (event->type() != QEvent::ToolTip || !tip) return QChartView::viewportEvent(event);
  auto* help = static_cast<QHelpEvent*>(event);
  const QString text = tip(mapToScene(help->pos()));
  if (text.isEmpty()) return QChartView::viewportEvent(event);
  QToolTip::showText(help->globalPos(), text, this);
  return true;
}

void PlotView::mousePressEvent(QMouseEvent* event) {
  QChartView::mousePressEvent(event);
  const QPointF at = mapToScene(event->position().toPoint());
  if (pressed && event->button() == Qt::LeftButton && chart()->plotArea().contains(at)) pressed(at);
}

void PlotView::mouseMoveEvent(QMouseEvent* event) {
  QChartView::mouseMoveEvent(event);
  const QPointF at = mapToScene(event->position().toPoint());
  if (pressed && (event->buttons() & Qt::LeftButton) != 0 && chart()->plotArea().contains(at)) pressed(at);
}

void PlotView::keyPressEvent(QKeyEvent* event) {
  if (!key || !key(event->key())) QChartView::keyPressEvent(event);
}

ChartFrame::ChartFrame(std::string title)
    : title_(std::move(title)),
      plot_(new PlotView(new QChart)),
      scroll_(new QScrollArea(this)),
      legend_(new ChartLegend(this)) {
  QChart* chart = plot_->chart();
  chart->setAnimationOptions(QChart::NoAnimation);
  chart->setMargins(QMargins(2, 2, fontMetrics().height(), 2));
  chart->layout()->setContentsMargins(0, 0, 0, 0);
  chart->setBackgroundRoundness(0);
  chart->legend()->hide();
  scroll_->setWidget(plot_);
  scroll_->setWidgetResizable(true);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setFocusPolicy(Qt::NoFocus);
  scroll_->setMinimumSize(240, 90);
  setFocusProxy(plot_);
  plot_->setAccessibleName(QString::fromStdString(title_));
  setAutoFillBackground(true);
  auto* box = new QHBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(0);
  box->addWidget(scroll_, 1);
  box->addWidget(legend_);
}

void ChartFrame::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const int beside = legend_->width_in(width());
  legend_->setFixedWidth(beside);
  if (before_layout) before_layout({width() - beside, std::max(height(), plot_->minimumHeight())});
}

void ChartFrame::set_theme() {
  const Theme& t = theme();
  QPalette colours = palette();
  colours.setColor(QPalette::Window, t.base);
  setPalette(colours);
  scroll_->setPalette(colours);
  chart().setBackgroundBrush(t.base);
  chart().setBackgroundPen(Qt::NoPen);
  for (QAbstractAxis* axis : chart().axes()) {
    axis->setLabelsColor(t.text);
    axis->setTitleBrush(t.dim);
    QFont plain = axis->titleFont();
    plain.setBold(false);
    axis->setTitleFont(plain);
    axis->setLinePen(QPen(t.line, 1));
    axis->setGridLinePen(QPen(t.grid, 1));
    axis->setMinorGridLinePen(QPen(t.grid, 1, Qt::DotLine));
    axis->setGridLineVisible(axis->type() != QAbstractAxis::AxisTypeBarCategory);
  }
  legend_->setFixedWidth(legend_->width_in(width()));
  legend_->update();
}

void ChartFrame::render_to(QPainter& painter, const QSize& size) {
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(QRect(QPoint(), size), theme().base);
  QFont bold = font();
  bold.setBold(true);
  painter.setFont(bold);
  painter.setPen(theme().text);
  const int head = fontMetrics().height() * 2, beside = legend_->width_in(size.width());
  painter.drawText(QRect(0, 0, size.width(), head), Qt::AlignCenter, QString::fromStdString(title_));
  const QRect area(0, head, size.width() - beside, size.height() - head);
  scroll_->takeWidget();  // else it is laid out for the screen
  const int least = plot_->minimumHeight();
  plot_->setMinimumHeight(0);
  if (before_layout) before_layout(area.size());
  plot_->resize(area.size());
  plot_->render(&painter, QRectF(area));
  plot_->setMinimumHeight(least);
  scroll_->setWidget(plot_);
  plot_->show();
  if (before_layout) before_layout({width() - legend_->width(), std::max(height(), least)});
  legend_->paint(painter, QRect(area.right(), head, beside, area.height()));
}

double set_ticks(QValueAxis& axis, double from, double to, bool whole, bool round_end) {
  const double step = std::max(nice_step(to - from, 6), whole ? 1.0 : 0.0);
  const double end = round_end ? std::ceil(to / step - 1e-9) * step : to;
  axis.setRange(from, end);
  axis.setTickType(QValueAxis::TicksDynamic);
  axis.setTickAnchor(0);
  axis.setTickInterval(step);
  axis.setLabelFormat(QStringLiteral("%g"));
  return end;
}

}  // namespace meshsim::viz
