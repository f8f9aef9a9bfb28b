#pragma once
// TimelinePanel: a simulated run over its time: when changes were made, and in which windows a flow was exposed,
// failed, met a policy in another state, or lost a signal. One cursor: dragged, stepped from event to event (F4), or
// played.
#include <QComboBox>
#include <QDialog>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QScrollArea>
#include <QSlider>
#include <QTimer>
#include <QToolButton>
#include <QWidget>
#include <optional>
#include <vector>

#include "viz/session/session.h"

namespace meshsim::viz {

struct TimelineBar {
  double from = 0, until = 0;  // s
  QString word, tip;
  QColor colour;
  QString sign;
  int lane = 0;
};
struct TimelineRow {
  std::string flow;
  QString title;  // in full, for the tooltip
  QString label;  // the flow, or below it what its bars are about
  bool head = false;
  std::vector<TimelineBar> bars;
  int lanes = 1;  // bars that overlap in time lie below each other
};

// Gives overlapping bars lanes of their own.
void lay_out_bars(TimelineRow& row);

class TimelineCanvas : public QWidget {
  Q_OBJECT
 public:
  explicit TimelineCanvas(QWidget* parent = nullptr);
  void set_rows(std::vector<TimelineRow> rows, std::vector<std::pair<double, QString>> changes, double duration);
  void set_cursor(double at);
  const std::vector<TimelineRow>& rows() const { return rows_; }
  // Where a bar is painted.
  QRectF bar_box(std::size_t row, const TimelineBar& bar) const;
  QSize sizeHint() const override;

 signals:
  void moved(double at);
  void chosen(const QString& flow);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void paint_changes(QPainter& painter) const;
  double x_of(double at) const;
  double at_of(double x) const;
  int left() const;  // where the time begins
  int row_height() const;
  int top() const;
  // The row at this height, and where it begins; -1: none.
  int row_at(double y, int* begin) const;
  std::vector<TimelineRow> rows_;
  std::vector<std::pair<double, QString>> changes_;
  double duration_ = 0, cursor_ = 0;
};

class TimelinePanel : public QWidget {
  Q_OBJECT
 public:
  explicit TimelinePanel(Session& session, QWidget* parent = nullptr);
  // To the next change or border of a window; simulates on to the next entry of the timeline where there is none yet.
  void step_event(int by);
  // Simulates so far as it is not yet, and shows that moment.
  void run_until(double at);
  void play(bool on);
  void set_time(double at);
  double time() const { return now_; }
  bool has_run() const { return duration_ > 0; }
  const std::vector<double>& events() const { return events_; }
  TimelineCanvas* canvas() { return canvas_; }
  QString words() const { return words_->text(); }

 signals:
  void time_changed(double at);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void refresh();
  Session& session_;
  TimelineCanvas* canvas_;
  QSlider* slider_;
  QToolButton *play_, *back_, *next_;
  QComboBox* speed_;
  QLabel *clock_, *words_;
  QTimer beat_;
  std::vector<double> events_;
  double now_ = 0, duration_ = 0;
  std::optional<double> goal_;  // what to show when the simulation arrives
};

// Until which moment? A time, or an entry of the timeline.
class RunUntilDialog : public QDialog {
  Q_OBJECT
 public:
  RunUntilDialog(Session& session, TimelinePanel& timeline, QWidget* parent = nullptr);
  QDoubleSpinBox* time() { return time_; }
  QComboBox* events() { return events_; }
  void accept() override;

 private:
  TimelinePanel& timeline_;
  QDoubleSpinBox* time_;
  QComboBox* events_;
};

}  // namespace meshsim::viz
