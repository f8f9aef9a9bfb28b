// Lines with Qt Charts. A chart never gets raw samples: at most two points for each of a thousand columns, handed over
// with replace() (appending to a series that is in a chart is quadratic in Qt 6.4).
#include <QAreaSeries>
#include <QChart>
#include <QChartView>
#include <QLegend>
#include <QLineSeries>
#include <QLogValueAxis>
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

constexpr std::size_t kColumns = 1000;

class LineDrawing : public ChartDrawing {
 public:
  explicit LineDrawing(LineData data) : data_(std::move(data)), view_(make_view(data_.title)) {
    QChart* chart = view_->chart();
    double left = 1e300, right = -1e300, top = 0;
    for (LineData::Series& s : data_.series) {
      s.points = decimated(s.points, kColumns);
      QList<QPointF> points;
      points.reserve(static_cast<qsizetype>(s.points.size()));
      for (const auto& [x, y] : s.points) {
        left = std::min(left, x);
        right = std::max(right, x);
        top = std::max(top, y);
        points << QPointF(data_.log_x ? std::max(x, 1e-9) : x, y);
      }
      auto* line = new QLineSeries(view_.get());
      line->setName(QString::fromStdString(s.name));
      line->replace(points);
      lines_.push_back(line);
      const auto n = lines_.size() - 1;
      if (std::any_of(data_.bands.begin(), data_.bands.end(),
                      [n](const LineData::Band& b) { return b.lower == n || b.upper == n; }))
        continue;  // an edge of an area, which shows it
      chart->addSeries(line);
      QObject::connect(line, &QXYSeries::clicked, view_.get(), [this, n = lines_.size() - 1] {
        if (chosen) chosen(data_.series[n].flows, data_.series[n].name);
      });
      QObject::connect(line, &QXYSeries::hovered, view_.get(), [this, line](const QPointF& at, bool on) {
        if (!on) return QToolTip::hideText();
        QToolTip::showText(QCursor::pos(), QStringLiteral("%1\n%2: %3\n%4: %5")
                                               .arg(line->name(), QString::fromStdString(data_.x_title))
                                               .arg(at.x(), 0, 'g', 4)
                                               .arg(QString::fromStdString(data_.y_title))
                                               .arg(at.y(), 0, 'g', 4));
      });
    }
    for (const LineData::Band& band : data_.bands) {
      auto* area = new QAreaSeries(lines_[band.upper], lines_[band.lower]);
      area->setName(QString::fromStdString(band.name));
      chart->addSeries(area);
      areas_.push_back(area);
      QObject::connect(area, &QAreaSeries::clicked, view_.get(), [this, n = band.upper] {
        if (chosen) chosen(data_.series[n].flows, data_.series[n].name);
      });
    }
    for (const auto& [name, value] : data_.thresholds) {
      top = std::max(top, value);
      auto* line = new QLineSeries;
      line->setName(QString::fromStdString(name));
      line->replace(QList<QPointF>{{left, value}, {right, value}});
      chart->addSeries(line);
      thresholds_.push_back(line);
    }
    QAbstractAxis* x = nullptr;
    if (data_.log_x && left < 1e300) {
      auto* axis = new QLogValueAxis;
      axis->setBase(10);
      axis->setLabelFormat(QStringLiteral("%g"));
      // A hair below the power of ten: Qt counts its ticks by a rounded quotient and would leave the first label out.
      const double low = std::pow(10, std::floor(std::log10(std::max(left, 1e-9))));
      axis->setRange(low * 0.999999, std::pow(10, std::ceil(std::log10(std::max(right, low * 10)))));
      axis->setMinorTickCount(8);
      x = axis;
    } else {
      auto* axis = new QValueAxis;
      // Ticks at round numbers, and no empty stretch behind the last point.
      if (left >= 1e300) left = right = 0;
      if (left > 0 && left < (right - left) / 10) left = 0;
      right = std::max(right, left + 1e-9);
      const double rough = (right - left) / 7, power = std::pow(10, std::floor(std::log10(rough)));
      double step = power;
      for (const double nice : {2.0, 5.0, 10.0})
        if (step < rough) step = power * nice;
      axis->setRange(left, right);
      axis->setTickType(QValueAxis::TicksDynamic);
      axis->setTickAnchor(0);
      axis->setTickInterval(step);
      axis->setLabelFormat(QStringLiteral("%g"));
      x = axis;
    }
    auto* y = new QValueAxis;
    y->setRange(0, top > 0 ? top : 1);
    y->applyNiceNumbers();
    y->setLabelFormat(QStringLiteral("%g"));
    x->setTitleText(QString::fromStdString(data_.x_title));
    y->setTitleText(QString::fromStdString(data_.y_title));
    chart->addAxis(x, Qt::AlignBottom);
    chart->addAxis(y, Qt::AlignLeft);
    for (QAbstractSeries* series : chart->series()) {
      series->attachAxis(x);
      series->attachAxis(y);
    }
    // The shape of an area is drawn empty.
    chart->legend()->setMarkerShape(data_.bands.empty() ? QLegend::MarkerShapeFromSeries
                                                        : QLegend::MarkerShapeRectangle);
    chart->legend()->setVisible(data_.series.size() + data_.thresholds.size() > 1);
    set_theme();
  }

  QWidget* widget() override { return view_.get(); }
  TextTable table() const override { return table_of(data_); }
  FlowSet flows_at(int row, int column) const override {
    return viz::flows_at(data_, static_cast<std::size_t>(row), static_cast<std::size_t>(column));
  }
  std::string finding() const override { return data_.finding; }
  bool empty() const override { return data_.series.empty(); }
  void render(QPainter& painter, const QSize& size) override { render_chart(*view_, painter, size); }
  void set_theme() override {
    theme_chart(*view_->chart());
    for (std::size_t i = 0; i < lines_.size(); ++i)
      lines_[i]->setPen(
          QPen(series_colour(data_.series[i].number), 2, data_.series[i].dashed ? Qt::DashLine : Qt::SolidLine));
    for (std::size_t i = 0; i < areas_.size(); ++i) {
      QColor colour = series_colour(data_.series[data_.bands[i].upper].number);
      areas_[i]->setPen(QPen(colour, 1));
      colour.setAlphaF(0.28F);
      areas_[i]->setBrush(colour);
    }
    for (QLineSeries* line : thresholds_) line->setPen(QPen(theme().bypassed, 1.5, Qt::DashLine));
  }

 private:
  LineData data_;
  std::unique_ptr<QChartView> view_;
  std::vector<QLineSeries*> lines_, thresholds_;
  std::vector<QAreaSeries*> areas_;
};

}  // namespace

std::unique_ptr<ChartDrawing> draw_lines(LineData data) { return std::make_unique<LineDrawing>(std::move(data)); }

}  // namespace meshsim::viz
