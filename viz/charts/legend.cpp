#include "viz/charts/legend.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

#include "viz/look/theme.h"

namespace meshsim::viz {

namespace {
constexpr int kGap = 8;
constexpr int kMostShare = 3;  // a third of the chart at most
}  // namespace

ChartLegend::ChartLegend(QWidget* parent) : QWidget(parent) { setObjectName(QStringLiteral("chartLegend")); }

void ChartLegend::set_entries(std::vector<LegendEntry> entries) {
  entries_ = std::move(entries);
  QStringList names;
  for (const LegendEntry& entry : entries_) names << entry.name;
  setAccessibleName(names.join(QStringLiteral(", ")));
  updateGeometry();
  update();
}

int ChartLegend::row() const { return fontMetrics().height() * 3 / 2; }
int ChartLegend::sample() const { return fontMetrics().height() * 9 / 4; }

QSize ChartLegend::sizeHint() const {
  int widest = 0;
  for (const LegendEntry& entry : entries_) widest = std::max(widest, fontMetrics().horizontalAdvance(entry.name));
  return {widest + sample() + 3 * kGap + 4, row() * static_cast<int>(entries_.size()) + kGap};
}

int ChartLegend::width_in(int chart) const {
  return entries_.empty() ? 0 : std::min(sizeHint().width(), chart / kMostShare);
}

QString ChartLegend::shown(std::size_t entry, int width) const {
  return fontMetrics().elidedText(entries_[entry].name, Qt::ElideMiddle, width - sample() - 3 * kGap);
}

int ChartLegend::top_in(int height) const {
  return std::max(0, (height - row() * static_cast<int>(entries_.size())) / 2);
}

QString ChartLegend::tip_at(const QPoint& at) const {
  const int n = (at.y() - top_in(height())) / std::max(1, row());
  if (at.y() < top_in(height()) || n >= static_cast<int>(entries_.size())) return {};
  const auto entry = static_cast<std::size_t>(n);
  return shown(entry, width()) == entries_[entry].name ? QString() : entries_[entry].name;
}

void ChartLegend::paint(QPainter& p, const QRect& area) const {
  p.save();
  p.setFont(font());
  int top = area.top() + top_in(area.height());
  for (std::size_t i = 0; i < entries_.size(); ++i, top += row()) {
    const LegendEntry& entry = entries_[i];
    const QRectF box(area.left() + kGap, top + row() * 0.2, sample(), row() * 0.6);
    if (entry.line) {
      if (entry.brush.style() != Qt::NoBrush) p.fillRect(box, entry.brush);
      p.setPen(entry.pen);
      p.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()));
    } else {
      p.setPen(entry.pen);
      p.setBrush(entry.brush);
      p.drawRect(box.adjusted(box.width() * 0.25, 0.5, 0, -0.5));
    }
    p.setPen(theme().text);
    p.drawText(QRectF(box.right() + kGap, top, area.right() - box.right() - kGap, row()),
               Qt::AlignVCenter | Qt::AlignLeft, shown(i, area.width()));
  }
  p.restore();
}

void ChartLegend::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  paint(painter, rect());
}

bool ChartLegend::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  auto* help = static_cast<QHelpEvent*>(event);
  QToolTip::showText(help->globalPos(), tip_at(help->pos()), this);
  return true;
}

void ChartLegend::mouseReleaseEvent(QMouseEvent* event) {
  const int n = (static_cast<int>(event->position().y()) - top_in(height())) / std::max(1, row());
  if (chosen && n >= 0 && n < static_cast<int>(entries_.size())) chosen(static_cast<std::size_t>(n));
}

}  // namespace meshsim::viz
