// Bars with Qt Charts: horizontal, stacked or side by side.
#include <QBarCategoryAxis>
#include <QBarSet>
#include <QChart>
#include <QFontMetricsF>
#include <QHorizontalBarSeries>
#include <QHorizontalStackedBarSeries>
#include <QLineSeries>
#include <QPainter>
#include <QToolTip>
#include <QValueAxis>
#include <algorithm>
#include <cmath>

#include "viz/charts/chart_frame.h"
#include "viz/charts/chart_panel.h"
#include "viz/charts/chart_style.h"

namespace meshsim::viz {

namespace {

constexpr double kNameShare = 0.4;  // of the width at most; the whole name is in its tooltip
constexpr int kMostThick = 40;      // pixels
constexpr double kBarWidth = 0.7;

class BarDrawing : public ChartDrawing {
 public:
  explicit BarDrawing(BarData data) : data_(std::move(data)), frame_(std::make_unique<ChartFrame>(data_.title)) {
    QChart& chart = frame_->chart();
    bars_ = data_.stacked ? static_cast<QAbstractBarSeries*>(new QHorizontalStackedBarSeries)
                          : static_cast<QAbstractBarSeries*>(new QHorizontalBarSeries);
    const std::size_t count = data_.categories.size();
    double most = 0;
    totals_.assign(count, 0);
    for (const BarData::Series& s : data_.series) {
      auto* set = new QBarSet(QString::fromStdString(s.name));
      // Qt lists the categories from the bottom up.
      for (std::size_t i = count; i-- > 0;) *set << s.values[i];
      for (std::size_t i = 0; i < count; ++i) {
        totals_[i] += s.values[i];
        most = std::max(most, data_.stacked ? totals_[i] : s.values[i]);
      }
      sets_.push_back(set);
      bars_->append(set);
    }
    bars_->setBarWidth(kBarWidth);
    chart.addSeries(bars_);
    auto* categories = new QBarCategoryAxis;
    QStringList places;  // names are written by write_names(): Qt cuts them to "..." where rows are low
    for (std::size_t i = 0; i < count; ++i) places << QString::number(i);
    categories->append(places);
    categories->setLabelsVisible(false);
    auto* values = new QValueAxis;
    if (data_.limit) most = std::max(most, *data_.limit);
    set_ticks(*values, 0, most > 0 ? most : 1, data_.whole, true);
    values->setTitleText(QString::fromStdString(data_.value_title));
    chart.addAxis(categories, Qt::AlignLeft);
    chart.addAxis(values, Qt::AlignBottom);
    bars_->attachAxis(categories);
    bars_->attachAxis(values);
    if (data_.limit) {
      limit_ = new QLineSeries;
      limit_->replace(QList<QPointF>{{*data_.limit, -0.5}, {*data_.limit, static_cast<double>(count) - 0.5}});
      chart.addSeries(limit_);
      limit_->attachAxis(categories);
      limit_->attachAxis(values);
    }
    const int line = frame_->fontMetrics().height();
    const auto rows =
        static_cast<int>(data_.stacked ? count : count * std::max<std::size_t>(1, data_.series.size() * 3 / 4));
    frame_->set_least_height(std::max(rows, 2) * line * 3 / 2 + line * 4);
    frame_->before_layout = [this](const QSize& size) { make_room(size); };
    QObject::connect(bars_, &QAbstractBarSeries::clicked, frame_.get(),
                     [this](int index, QBarSet* set) { pick(index, set); });
    QObject::connect(bars_, &QAbstractBarSeries::hovered, frame_.get(), [this](bool on, int index, QBarSet* set) {
      if (!on) return QToolTip::hideText();
      QToolTip::showText(QCursor::pos(),
                         QStringLiteral("%1\n%2: %3").arg(category(index), set->label()).arg(set->at(index)));
    });
    frame_->plot().over = [this](QPainter& painter) {
      write_names(painter);
      write_totals(painter);
    };
    frame_->plot().tip = [this](const QPointF& at) {
      const double y = frame_->chart().mapToValue(at, bars_).y();
      return at.x() < frame_->chart().plotArea().left() ? category(static_cast<int>(std::lround(y))) : QString();
    };
    set_theme();
  }

  QWidget* widget() override { return frame_.get(); }
  TextTable table() const override { return table_of(data_); }
  FlowSet flows_at(int row, int column) const override {
    return viz::flows_at(data_, static_cast<std::size_t>(row), static_cast<std::size_t>(column));
  }
  std::string title() const override { return data_.title; }
  std::string finding() const override { return data_.finding; }
  bool empty() const override { return data_.categories.empty() || data_.series.empty(); }
  void render(QPainter& painter, const QSize& size) override { frame_->render_to(painter, size); }
  void set_theme() override {
    if (limit_ != nullptr) limit_->setPen(QPen(theme().bypassed, 2, Qt::DashLine));
    std::vector<LegendEntry> entries;
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      const Look& look = data_.series[i].look;
      sets_[i]->setBrush(brush_of(look));
      sets_[i]->setPen(QPen(colour_of(look), 1));
      entries.push_back({sets_[i]->label(), sets_[i]->pen(), sets_[i]->brush(), false});
    }
    // Side by side the first one stands lowest.
    if (!data_.stacked) std::reverse(entries.begin(), entries.end());
    if (data_.limit) entries.push_back({QString::fromStdString(data_.limit_name), limit_->pen(), Qt::NoBrush, true});
    if (entries.size() < 2) entries.clear();
    frame_->legend().set_entries(std::move(entries));
    frame_->set_theme();
  }

 private:
  // Names stand left of the plot, totals behind the bars; few bars stay slim.
  void make_room(const QSize& size) {
    const QFontMetrics metrics = frame_->fontMetrics();
    int widest = 0;
    for (const std::string& name : data_.categories)
      widest = std::max(widest, metrics.horizontalAdvance(QString::fromStdString(name)));
    QMargins margins = frame_->chart().margins();
    margins.setLeft(std::min(widest + 16, static_cast<int>(size.width() * kNameShare)));
    margins.setRight(metrics.horizontalAdvance(QStringLiteral("000000")));
    frame_->chart().setMargins(margins);
    const double row = (size.height() - 3.0 * metrics.height()) /
                       static_cast<double>(std::max<std::size_t>(1, data_.categories.size()));
    const double most = data_.stacked ? kMostThick : kMostThick * 0.7 * static_cast<double>(sets_.size());
    bar_width_ = std::clamp(most / std::max(1.0, row), 0.1, kBarWidth);
    bars_->setBarWidth(bar_width_);
  }

  // Cut in the middle, since a name begins and ends with what tells it apart.
  void write_names(QPainter& painter) {
    const QFontMetrics metrics = frame_->fontMetrics();
    painter.setFont(frame_->font());
    painter.setPen(theme().text);
    const int room = static_cast<int>(frame_->chart().plotArea().left()) - 10;
    for (std::size_t i = 0; i < data_.categories.size(); ++i) {
      const double y =
          frame_->chart().mapToPosition({0, static_cast<double>(data_.categories.size() - 1 - i)}, bars_).y();
      painter.drawText(QRectF(0, y - metrics.height(), room, 2 * metrics.height()), Qt::AlignRight | Qt::AlignVCenter,
                       metrics.elidedText(QString::fromStdString(data_.categories[i]), Qt::ElideMiddle, room));
    }
  }

  QString category(int index) const {
    const auto place = static_cast<std::ptrdiff_t>(data_.categories.size()) - 1 - index;
    return place < 0 || index < 0 ? QString()
                                  : QString::fromStdString(data_.categories[static_cast<std::size_t>(place)]);
  }

  void write_totals(QPainter& painter) {
    const QChart& chart = frame_->chart();
    const QFontMetricsF metrics(frame_->font());
    const auto count = static_cast<double>(data_.categories.size()), sets = static_cast<double>(sets_.size());
    const double room = chart.plotArea().height() / std::max(1.0, count * (data_.stacked ? 1 : sets / bar_width_));
    if (room < metrics.height() * 0.95) return;
    painter.setFont(frame_->font());
    painter.setPen(theme().dim);
    const auto write = [&](double value, double y) {
      const QPointF at = frame_->chart().mapToPosition({value, y}, bars_);
      painter.drawText(QPointF(at.x() + 5, at.y() + metrics.ascent() / 2 - 1),
                       QString::fromStdString(short_number(value)));
    };
    for (std::size_t i = 0; i < data_.categories.size(); ++i) {
      const double y = count - 1 - static_cast<double>(i);
      if (data_.stacked) {
        write(totals_[i], y);
      } else {
        for (std::size_t s = 0; s < sets_.size(); ++s)
          write(data_.series[s].values[i], y + bar_width_ * ((static_cast<double>(s) + 0.5) / sets - 0.5));
      }
    }
  }

  void pick(int index, QBarSet* set) {
    const auto it = std::find(sets_.begin(), sets_.end(), set);
    const std::size_t category = data_.categories.size() - 1 - static_cast<std::size_t>(index);
    if (it == sets_.end() || category >= data_.categories.size() || !chosen) return;
    const BarData::Series& s = data_.series[static_cast<std::size_t>(it - sets_.begin())];
    if (category < s.flows.size()) chosen(s.flows[category], s.name + ", " + data_.categories[category]);
  }

  BarData data_;
  std::unique_ptr<ChartFrame> frame_;
  QAbstractBarSeries* bars_ = nullptr;
  std::vector<QBarSet*> sets_;
  std::vector<double> totals_;
  double bar_width_ = kBarWidth;
  QLineSeries* limit_ = nullptr;
};

}  // namespace

std::unique_ptr<ChartDrawing> draw_bars(BarData data) { return std::make_unique<BarDrawing>(std::move(data)); }

}  // namespace meshsim::viz
