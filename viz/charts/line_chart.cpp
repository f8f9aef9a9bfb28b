// Lines with Qt Charts. A chart never gets raw samples: at most two points for each of a thousand columns, handed over
// with replace() (appending to a series that is in a chart is quadratic in Qt 6.4).
#include <QAreaSeries>
#include <QChart>
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
constexpr double kKeyStep = 0.01;  // of the time shown, for an arrow key

// 1, 2 or 5 times a power of ten, not above (or below) the value.
double round_to(double value, bool up) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  double below = power;
  for (const double nice : {1.0, 2.0, 5.0, 10.0}) {
    if (up && power * nice >= value * (1 - 1e-9)) return power * nice;
    if (power * nice <= value * (1 + 1e-9)) below = power * nice;
  }
  return below;
}

class LineDrawing : public ChartDrawing {
 public:
  explicit LineDrawing(LineData data) : data_(std::move(data)), frame_(std::make_unique<ChartFrame>(data_.title)) {
    QChart& chart = frame_->chart();
    double top = 0;
    for (LineData::Series& s : data_.series) {
      s.points = decimated(s.points, kColumns);
      QList<QPointF> points;
      points.reserve(static_cast<qsizetype>(s.points.size()));
      for (const auto& [x, y] : s.points) {
        left_ = std::min(left_, x);
        right_ = std::max(right_, x);
        top = std::max(top, y);
        points << QPointF(data_.log_x ? std::max(x, 1e-9) : x, y);
      }
      auto* line = new QLineSeries(frame_.get());
      line->setName(QString::fromStdString(s.name));
      line->replace(points);
      lines_.push_back(line);
      const auto n = lines_.size() - 1;
      if (edge_of_band(n)) continue;  // the area shows it
      chart.addSeries(line);
      const auto lead = [this, n] {
        if (chosen) chosen(data_.series[n].flows, data_.series[n].name);
      };
      // Over time a click moves the cursor.
      if (data_.over_time) {
        QObject::connect(line, &QXYSeries::doubleClicked, frame_.get(), lead);
      } else {
        QObject::connect(line, &QXYSeries::clicked, frame_.get(), lead);
      }
      QObject::connect(line, &QXYSeries::hovered, frame_.get(), [this, line](const QPointF& at, bool on) {
        if (!on) return QToolTip::hideText();
        QToolTip::showText(
            QCursor::pos(),
            QStringLiteral("%1\n%2: %3\n%4: %5")
                .arg(line->name(), QString::fromStdString(data_.x_title), QString::fromStdString(short_number(at.x())),
                     QString::fromStdString(data_.y_title), QString::fromStdString(short_number(at.y()))));
      });
    }
    for (const LineData::Band& band : data_.bands) {
      auto* area = new QAreaSeries(lines_[band.upper], lines_[band.lower]);
      area->setName(QString::fromStdString(band.name));
      chart.addSeries(area);
      areas_.push_back(area);
      const auto lead = [this, n = band.upper] {
        if (chosen) chosen(data_.series[n].flows, data_.series[n].name);
      };
      if (data_.over_time) {
        QObject::connect(area, &QAreaSeries::doubleClicked, frame_.get(), lead);
      } else {
        QObject::connect(area, &QAreaSeries::clicked, frame_.get(), lead);
      }
    }
    for (const auto& [name, value] : data_.thresholds) {
      top = std::max(top, value);
      auto* line = new QLineSeries;
      line->setName(QString::fromStdString(name));
      line->replace(QList<QPointF>{{left_, value}, {right_, value}});
      chart.addSeries(line);
      thresholds_.push_back(line);
    }
    QAbstractAxis* x = data_.log_x && left_ < 1e300 ? logarithmic() : linear();
    auto* y = new QValueAxis;
    set_ticks(*y, 0, top > 0 ? top : 1, false, true);
    x->setTitleText(QString::fromStdString(data_.x_title));
    y->setTitleText(QString::fromStdString(data_.y_title));
    chart.addAxis(x, Qt::AlignBottom);
    chart.addAxis(y, Qt::AlignLeft);
    for (QAbstractSeries* series : chart.series()) {
      series->attachAxis(x);
      series->attachAxis(y);
    }
    frame_->legend().chosen = [this](std::size_t entry) {
      if (chosen && entry < behind_.size())
        chosen(data_.series[behind_[entry]].flows, data_.series[behind_[entry]].name);
    };
    if (data_.over_time) {
      frame_->plot().over = [this](QPainter& painter) { draw_cursor(painter); };
      frame_->plot().pressed = [this](const QPointF& at) { go_to(frame_->chart().mapToValue(at).x()); };
      frame_->plot().key = [this](int key) { return walk(key); };
    }
    set_theme();
  }

  QWidget* widget() override { return frame_.get(); }
  TextTable table() const override { return table_of(data_); }
  FlowSet flows_at(int row, int column) const override {
    return viz::flows_at(data_, static_cast<std::size_t>(row), static_cast<std::size_t>(column));
  }
  std::string title() const override { return data_.title; }
  std::string finding() const override { return data_.finding; }
  bool empty() const override { return data_.series.empty(); }
  void render(QPainter& painter, const QSize& size) override { frame_->render_to(painter, size); }
  void set_time(std::optional<double> at) override {
    if (!data_.over_time || at == time_) return;
    time_ = at;
    frame_->plot().viewport()->update();
  }
  std::optional<double> shown_time() const override { return time_; }

  void set_theme() override {
    std::vector<LegendEntry> entries;
    behind_.clear();
    for (std::size_t i = 0; i < areas_.size(); ++i) {
      const LineData::Series& upper = data_.series[data_.bands[i].upper];
      QColor colour = series_colour(upper.number);
      areas_[i]->setPen(QPen(colour, 1));
      colour.setAlphaF(0.28F);
      areas_[i]->setBrush(colour);
      entries.push_back({areas_[i]->name(), QPen(series_colour(upper.number), 2), areas_[i]->brush(), true});
      behind_.push_back(data_.bands[i].upper);
    }
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const LineData::Series& s = data_.series[i];
      lines_[i]->setPen(QPen(series_colour(s.number), 2, s.dashed ? Qt::DashLine : Qt::SolidLine));
      const bool with_band = std::any_of(data_.bands.begin(), data_.bands.end(), [&](const LineData::Band& band) {
        return data_.series[band.upper].number == s.number;
      });
      if (with_band) continue;
      entries.push_back({lines_[i]->name(), lines_[i]->pen(), Qt::NoBrush, true});
      behind_.push_back(i);
    }
    for (QLineSeries* line : thresholds_) {
      line->setPen(QPen(theme().bypassed, 1.5, Qt::DashLine));
      entries.push_back({line->name(), line->pen(), Qt::NoBrush, true});
    }
    if (entries.size() < 2) entries.clear();
    frame_->legend().set_entries(std::move(entries));
    frame_->set_theme();
  }

 private:
  bool edge_of_band(std::size_t n) const {
    return std::any_of(data_.bands.begin(), data_.bands.end(),
                       [n](const LineData::Band& b) { return b.lower == n || b.upper == n; });
  }

  QAbstractAxis* logarithmic() {
    auto* axis = new QLogValueAxis;
    axis->setBase(10);
    axis->setLabelFormat(QStringLiteral("%g"));
    const double least = std::max(left_, 1e-9), most = std::max(right_, least * 1.1);
    double low = round_to(least, false), high = round_to(most, true);
    // Only powers of ten get a label: at least two of them.
    if (std::floor(std::log10(high) + 1e-9) - std::ceil(std::log10(low) - 1e-9) < 1) {
      low = std::pow(10, std::floor(std::log10(least)));
      high = std::pow(10, std::ceil(std::log10(std::max(most, low * 10))));
    }
    // A hair below: Qt counts its ticks by a rounded quotient and would leave the first label out.
    axis->setRange(low * 0.999999, high);
    axis->setMinorTickCount(8);
    return axis;
  }

  // Ticks at round numbers, and no empty stretch behind the last point.
  QAbstractAxis* linear() {
    auto* axis = new QValueAxis;
    if (left_ >= 1e300) left_ = right_ = 0;
    if (left_ > 0 && left_ < (right_ - left_) / 10) left_ = 0;
    right_ = std::max(right_, left_ + 1e-9);
    set_ticks(*axis, left_, right_, false, false);
    return axis;
  }

  void go_to(double at) {
    if (time_chosen) time_chosen(std::max(0.0, at));
  }

  bool walk(int key) {
    const double now = time_.value_or(0), step = (right_ - left_) * kKeyStep;
    switch (key) {
      case Qt::Key_Left:
        go_to(now - step);
        return true;
      case Qt::Key_Right:
        go_to(now + step);
        return true;
      case Qt::Key_Home:
        go_to(0);
        return true;
      case Qt::Key_End:
        go_to(right_);
        return true;
      default:
        return false;
    }
  }

  void draw_cursor(QPainter& painter) {
    if (!time_) return;
    const QRectF plot = frame_->chart().plotArea();
    const double x = frame_->chart().mapToPosition({*time_, 0}).x();
    if (x < plot.left() - 0.5 || x > plot.right() + 0.5) return;
    painter.setPen(QPen(theme().text, 1.6));
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    const QString text = QStringLiteral("%1 s").arg(*time_, 0, 'f', 1);
    painter.setFont(frame_->font());
    const QFontMetricsF metrics(frame_->font());
    const double width = metrics.horizontalAdvance(text) + 8;
    const QRectF box(x + 2 + width > plot.right() ? x - 2 - width : x + 2, plot.top(), width, metrics.height());
    painter.fillRect(box, theme().base);
    painter.drawText(box, Qt::AlignCenter, text);
  }

  LineData data_;
  std::unique_ptr<ChartFrame> frame_;
  double left_ = 1e300, right_ = -1e300;
  std::optional<double> time_;
  std::vector<QLineSeries*> lines_, thresholds_;
  std::vector<QAreaSeries*> areas_;
  std::vector<std::size_t> behind_;  // the series of each entry of the legend
};

}  // namespace

std::unique_ptr<ChartDrawing> draw_lines(LineData data) { return std::make_unique<LineDrawing>(std::move(data)); }

}  // namespace meshsim::viz
