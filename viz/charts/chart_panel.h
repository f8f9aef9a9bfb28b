#pragma once
// ChartPanel: one chart with its table view and exports. What is behind a bar, a cell or a line goes out as flows. Qt
// Charts appears only in bar_chart.cpp and line_chart.cpp, so that another library can take its place.
#include <QLabel>
#include <QStackedWidget>
#include <QTableWidget>
#include <QToolButton>
#include <QWidget>
#include <functional>
#include <memory>

#include "viz/charts/chart_data.h"
#include "viz/session/analysis.h"

namespace meshsim::viz {

// The drawing itself.
class ChartDrawing {
 public:
  virtual ~ChartDrawing() = default;
  virtual QWidget* widget() = 0;
  virtual TextTable table() const = 0;
  virtual FlowSet flows_at(int row, int column) const = 0;  // behind a cell of the table
  virtual std::string title() const = 0;
  virtual std::string finding() const = 0;
  virtual bool empty() const = 0;
  // At this size in logical pixels, whatever the size on the screen.
  virtual void render(QPainter& painter, const QSize& size) = 0;
  virtual void set_theme() = 0;
  // The moment of the simulated run that is looked at, in charts over time; nullopt: none is.
  virtual void set_time(std::optional<double>) {}
  virtual std::optional<double> shown_time() const { return std::nullopt; }
  std::function<void(const FlowSet&, const std::string& what)> chosen;
  std::function<void(double)> time_chosen;
};

// set_data() of each kind of drawing.
std::unique_ptr<ChartDrawing> draw_bars(BarData data);
std::unique_ptr<ChartDrawing> draw_matrix(MatrixData data);
std::unique_ptr<ChartDrawing> draw_lines(LineData data);

class ChartPanel : public QWidget {
  Q_OBJECT
 public:
  using Make = std::function<std::unique_ptr<ChartDrawing>(const Analysis&)>;
  // `none`: what to say while there is nothing to draw.
  ChartPanel(const QString& name, Make make, const QString& none, QWidget* parent = nullptr);
  void set_result(const Result& result);
  // Drawn only while it can be seen; forced by tests and exports.
  void draw_now();
  bool show_table(bool on);
  bool shows_table() const { return table_button_->isChecked(); }
  QTableWidget* table() { return table_; }
  ChartDrawing* drawing() { return drawing_.get(); }
  void set_time(std::optional<double> at);
  // .png, .svg or .csv by the name; an error text, or empty.
  QString export_to(const QString& path, const QString& title);

 signals:
  void flows_wanted(const meshsim::viz::FlowSet& flows, const QString& why);
  void export_wanted();
  void time_wanted(double at);

 protected:
  void showEvent(QShowEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void fill_table();
  Make make_;
  Result result_;
  bool drawn_ = false;
  std::optional<double> time_;
  std::unique_ptr<ChartDrawing> drawing_;
  QStackedWidget* pages_;
  QLabel *finding_, *none_;
  QTableWidget* table_;
  QToolButton *table_button_, *export_button_;
};

}  // namespace meshsim::viz
