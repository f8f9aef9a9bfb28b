// Bars with Qt Charts: horizontal, stacked or side by side.
#include <QBarCategoryAxis>
#include <QBarSet>
#include <QChart>
#include <QChartView>
#include <QGraphicsLayout>
#include <QHorizontalBarSeries>
#include <QHorizontalStackedBarSeries>
#include <QLegendMarker>
#include <QLineSeries>
#include <QPainter>
#include <QToolTip>
#include <QValueAxis>
#include <algorithm>

#include "viz/charts/chart_frame.h"
#include "viz/charts/chart_panel.h"
#include "viz/charts/chart_style.h"

namespace meshsim::viz {

namespace {

class BarDrawing : public ChartDrawing {
 public:
  explicit BarDrawing(BarData data) : data_(std::move(data)), view_(make_view(data_.title)) {
    QChart* chart = view_->chart();
    QAbstractBarSeries* bars = data_.stacked ? static_cast<QAbstractBarSeries*>(new QHorizontalStackedBarSeries)
                                             : static_cast<QAbstractBarSeries*>(new QHorizontalBarSeries);
    const std::size_t count = data_.categories.size();
    double most = 0;
    std::vector<double> total(count, 0);
    for (const BarData::Series& s : data_.series) {
      auto* set = new QBarSet(QString::fromStdString(s.name));
      // Qt lists the categories from the bottom up.
      for (std::size_t i = count; i-- > 0;) *set << s.values[i];
      for (std::size_t i = 0; i < count; ++i) {
        total[i] += s.values[i];
        most = std::max(most, data_.stacked ? total[i] : s.values[i]);
      }
      sets_.push_back(set);
      bars->append(set);
    }
    bars->setBarWidth(count > 3 ? 0.68 : 0.5);
    chart->addSeries(bars);
    QStringList names;
    for (std::size_t i = count; i-- > 0;) names << QString::fromStdString(data_.categories[i]);
    auto* categories = new QBarCategoryAxis;
    categories->append(names);
    auto* values = new QValueAxis;
    if (data_.limit) most = std::max(most, *data_.limit);
    values->setRange(0, most > 0 ? most : 1);
    values->applyNiceNumbers();
    values->setLabelFormat(QStringLiteral("%g"));
    values->setTitleText(QString::fromStdString(data_.value_title));
    chart->addAxis(categories, Qt::AlignLeft);
    chart->addAxis(values, Qt::AlignBottom);
    bars->attachAxis(categories);
    bars->attachAxis(values);
    if (data_.limit) {
      limit_ = new QLineSeries;
      limit_->setName(QString::fromStdString(data_.limit_name));
      limit_->replace(QList<QPointF>{{*data_.limit, -0.5}, {*data_.limit, static_cast<double>(count) - 0.5}});
      chart->addSeries(limit_);
      limit_->attachAxis(categories);
      limit_->attachAxis(values);
    }
    chart->legend()->setMarkerShape(QLegend::MarkerShapeRectangle);
    chart->legend()->setVisible(data_.series.size() > 1 || data_.limit);
    QObject::connect(bars, &QAbstractBarSeries::clicked, view_.get(),
                     [this](int index, QBarSet* set) { pick(index, set); });
    QObject::connect(bars, &QAbstractBarSeries::hovered, view_.get(), [this](bool on, int index, QBarSet* set) {
      if (!on) return QToolTip::hideText();
      const std::size_t category = data_.categories.size() - 1 - static_cast<std::size_t>(index);
      QToolTip::showText(QCursor::pos(), QStringLiteral("%1\n%2: %3")
                                             .arg(QString::fromStdString(data_.categories[category]), set->label())
                                             .arg(set->at(index)));
    });
    set_theme();
  }

  QWidget* widget() override { return view_.get(); }
  TextTable table() const override { return table_of(data_); }
  FlowSet flows_at(int row, int column) const override {
    return viz::flows_at(data_, static_cast<std::size_t>(row), static_cast<std::size_t>(column));
  }
  std::string finding() const override { return data_.finding; }
  bool empty() const override { return data_.categories.empty() || data_.series.empty(); }
  void render(QPainter& painter, const QSize& size) override { render_chart(*view_, painter, size); }
  void set_theme() override {
    theme_chart(*view_->chart());
    if (limit_ != nullptr) limit_->setPen(QPen(theme().bypassed, 2, Qt::DashLine));
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      sets_[i]->setBrush(brush_of(data_.series[i].look));
      sets_[i]->setPen(QPen(colour_of(data_.series[i].look), 1));
    }
  }

 private:
  void pick(int index, QBarSet* set) {
    const auto it = std::find(sets_.begin(), sets_.end(), set);
    const std::size_t category = data_.categories.size() - 1 - static_cast<std::size_t>(index);
    if (it == sets_.end() || category >= data_.categories.size() || !chosen) return;
    const BarData::Series& s = data_.series[static_cast<std::size_t>(it - sets_.begin())];
    if (category < s.flows.size()) chosen(s.flows[category], s.name + ", " + data_.categories[category]);
  }

  BarData data_;
  std::unique_ptr<QChartView> view_;
  std::vector<QBarSet*> sets_;
  QLineSeries* limit_ = nullptr;
};

}  // namespace

std::unique_ptr<ChartDrawing> draw_bars(BarData data) { return std::make_unique<BarDrawing>(std::move(data)); }

}  // namespace meshsim::viz
