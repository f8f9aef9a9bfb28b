#include "viz/panels/timeline_panel.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

#include "models/simulation/result.h"
#include "viz/charts/chart_data.h"
#include "viz/look/theme.h"

namespace meshsim::viz {

using models::Window;

namespace {

constexpr int kRight = 16, kMargin = 8;
constexpr std::size_t kMostRows = 300;
constexpr int kSteps = 10'000;

double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }
QString q(const std::string& s) { return QString::fromStdString(s); }

TimelineBar bar_of(const Window& w) {
  const Theme& t = theme();
  TimelineBar bar;
  bar.from = seconds(w.from_ns);
  bar.until = seconds(w.until_ns);
  bar.word = q(w.status);
  bar.colour = w.kind == Window::Kind::Exposed     ? t.bypassed
               : w.kind == Window::Kind::Failed    ? t.failed
               : w.kind == Window::Kind::Telemetry ? t.open
               : w.status == "enforced"            ? t.enforced
               : w.status == "bypassed"            ? t.bypassed
               : w.status == "denies-all"          ? t.denied
               : w.status == "open"                ? t.open
                                                   : t.unknown;
  bar.sign = w.kind == Window::Kind::Failed ? QStringLiteral("!")
             : w.status == "enforced"       ? glyph(EdgeClass::Enforced)
                                            : glyph(EdgeClass::Bypassed);
  bar.tip = QStringLiteral("%1\n%2 %3\n%4 s \u2013 %5 s, %6 requests")
                .arg(q(w.flow), q(w.status), q(w.subject))
                .arg(bar.from, 0, 'g', 5)
                .arg(bar.until, 0, 'g', 5)
                .arg(w.requests);
  return bar;
}

}  // namespace

void lay_out_bars(TimelineRow& row) {
  std::sort(row.bars.begin(), row.bars.end(),
            [](const TimelineBar& a, const TimelineBar& b) { return a.from < b.from; });
  std::vector<double> ends;  // of each lane
  for (TimelineBar& bar : row.bars) {
    std::size_t lane = 0;
    while (lane < ends.size() && ends[lane] > bar.from + 1e-9) ++lane;
    if (lane == ends.size()) ends.push_back(0);
    ends[lane] = bar.until;
    bar.lane = static_cast<int>(lane);
  }
  row.lanes = std::max(1, static_cast<int>(ends.size()));
}

TimelineCanvas::TimelineCanvas(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("timelineCanvas"));
  setAccessibleName(tr("Timeline"));
  setMouseTracking(true);
  QFont small = font();
  small.setPointSizeF(small.pointSizeF() * 0.9);
  setFont(small);
}

void TimelineCanvas::set_rows(std::vector<TimelineRow> rows, std::vector<std::pair<double, QString>> changes,
                              double duration) {
  rows_ = std::move(rows);
  changes_ = std::move(changes);
  duration_ = duration;
  setMinimumHeight(sizeHint().height());
  updateGeometry();
  update();
}

void TimelineCanvas::set_cursor(double at) {
  cursor_ = at;
  update();
}

int TimelineCanvas::row_height() const { return fontMetrics().height() * 3 / 2; }
int TimelineCanvas::top() const { return fontMetrics().height() * 4; }
int TimelineCanvas::left() const {
  return std::clamp(width() / 4, 30 * fontMetrics().averageCharWidth(), 60 * fontMetrics().averageCharWidth());
}

QSize TimelineCanvas::sizeHint() const {
  int lanes = 0;
  for (const TimelineRow& row : rows_) lanes += row.lanes;
  return {600, top() + row_height() * lanes + kMargin};
}

double TimelineCanvas::x_of(double at) const {
  return left() + (duration_ > 0 ? at / duration_ : 0) * (width() - left() - kRight);
}
double TimelineCanvas::at_of(double x) const {
  return std::clamp((x - left()) / std::max(1, width() - left() - kRight), 0.0, 1.0) * duration_;
}

int TimelineCanvas::row_at(double y, int* begin) const {
  int from = top();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const int until = from + rows_[i].lanes * row_height();
    if (y >= from && y < until) {
      *begin = from;
      return static_cast<int>(i);
    }
    from = until;
  }
  return -1;
}

QRectF TimelineCanvas::bar_box(std::size_t row, const TimelineBar& bar) const {
  int from = top();
  for (std::size_t i = 0; i < row; ++i) from += rows_[i].lanes * row_height();
  return {x_of(bar.from), static_cast<double>(from + bar.lane * row_height() + 2),
          std::max(3.0, x_of(bar.until) - x_of(bar.from)), static_cast<double>(row_height() - 4)};
}

void TimelineCanvas::paint_changes(QPainter& p) const {
  const Theme& t = theme();
  const QFontMetrics metrics = p.fontMetrics();
  for (const auto& [at, what] : changes_) {
    p.setPen(QPen(t.accent, 1.4, Qt::DashLine));
    p.drawLine(QPointF(x_of(at), metrics.height() * 1.3), QPointF(x_of(at), height()));
  }
  // Two lines of labels in turn, each as long as there is room to the next of its line; the tooltip has it all.
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const double x = x_of(changes_[i].first) + 3;
    const double end = i + 2 < changes_.size() ? x_of(changes_[i + 2].first) - 6 : width() - 2;
    const QString text = metrics.elidedText(changes_[i].second, Qt::ElideRight, static_cast<int>(end - x));
    if (text.size() < 4) continue;
    const QRectF box(x, metrics.height() * (i % 2 == 0 ? 1.35 : 2.45), metrics.horizontalAdvance(text) + 4,
                     metrics.height());
    p.fillRect(box, t.base);
    p.setPen(t.accent);
    p.drawText(box, Qt::AlignLeft | Qt::AlignVCenter, text);
  }
}

void TimelineCanvas::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  p.fillRect(rect(), t.base);
  if (duration_ <= 0) return;
  const double step = nice_step(duration_, 10);
  for (double at = 0; at <= duration_ * (1 + 1e-9); at += step) {
    const double x = x_of(at);
    p.setPen(QPen(t.grid, 1));
    p.drawLine(QPointF(x, top() - 4), QPointF(x, height()));
    p.setPen(t.dim);
    const QString text = QStringLiteral("%1 s").arg(at, 0, 'g', 6);
    const double wide = p.fontMetrics().horizontalAdvance(text) + 2;
    p.drawText(QRectF(std::min(x - wide / 2, width() - wide), 2, wide, p.fontMetrics().height()), Qt::AlignCenter,
               text);
  }
  paint_changes(p);
  double y = top();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const int indent = rows_[i].head ? 0 : 14;
    QFont words = font();
    words.setBold(rows_[i].head);
    p.setFont(words);
    p.setPen(rows_[i].head ? t.text : t.dim);
    const int room = left() - 2 * kMargin - indent;
    p.drawText(QRectF(kMargin + indent, y, room, row_height()), Qt::AlignVCenter | Qt::AlignLeft,
               p.fontMetrics().elidedText(rows_[i].label, Qt::ElideMiddle, room));
    p.setFont(font());
    for (const TimelineBar& bar : rows_[i].bars) {
      const QRectF box = bar_box(i, bar);
      p.setPen(QPen(bar.colour, 1));
      p.setBrush(t.tint(bar.colour, 0.25));
      p.drawRoundedRect(box, 3, 3);
      p.setPen(t.text);
      const QString text =
          p.fontMetrics().elidedText(bar.sign + ' ' + bar.word, Qt::ElideRight, static_cast<int>(box.width()) - 8);
      if (text.size() > 2) p.drawText(box.adjusted(5, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text);
    }
    y += rows_[i].lanes * row_height();
  }
  p.setPen(QPen(t.text, 1.6));
  p.drawLine(QPointF(x_of(cursor_), p.fontMetrics().height() * 1.2), QPointF(x_of(cursor_), height()));
}

void TimelineCanvas::mousePressEvent(QMouseEvent* event) {
  int begin = 0;
  if (const int row = row_at(event->position().y(), &begin); row >= 0)
    emit chosen(q(rows_[static_cast<std::size_t>(row)].flow));
  if (event->position().x() >= left()) emit moved(at_of(event->position().x()));
}

void TimelineCanvas::mouseMoveEvent(QMouseEvent* event) {
  if ((event->buttons() & Qt::LeftButton) != 0 && event->position().x() >= left())
    emit moved(at_of(event->position().x()));
}

bool TimelineCanvas::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  auto* help = static_cast<QHelpEvent*>(event);
  int begin = 0;
  if (const int found = row_at(help->pos().y(), &begin); found >= 0) {
    const auto row = static_cast<std::size_t>(found);
    for (const TimelineBar& bar : rows_[row].bars)
      if (bar_box(row, bar).contains(help->pos())) return QToolTip::showText(help->globalPos(), bar.tip, this), true;
    return QToolTip::showText(help->globalPos(), rows_[row].title, this), true;
  }
  for (const auto& [at, what] : changes_)
    if (std::abs(help->pos().x() - x_of(at)) < 8)
      return QToolTip::showText(help->globalPos(), QStringLiteral("%1 s: %2").arg(at, 0, 'g', 5).arg(what), this), true;
  QToolTip::hideText();
  return true;
}

TimelinePanel::TimelinePanel(Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      canvas_(new TimelineCanvas(this)),
      slider_(new QSlider(Qt::Horizontal, this)),
      play_(new QToolButton(this)),
      back_(new QToolButton(this)),
      next_(new QToolButton(this)),
      speed_(new QComboBox(this)),
      clock_(new QLabel(this)),
      words_(new QLabel(tr("Run > Simulate runs the traffic of the scenario over its timeline."), this)) {
  setFocusPolicy(Qt::StrongFocus);
  slider_->setRange(0, kSteps);
  slider_->setAccessibleName(tr("Simulated time"));
  slider_->setObjectName(QStringLiteral("time"));
  play_->setIcon(pictogram("run"));
  play_->setCheckable(true);
  play_->setToolTip(tr("Play or pause (Space)"));
  play_->setAccessibleName(tr("Play"));
  back_->setText(QStringLiteral("\u25c2"));
  back_->setToolTip(tr("Previous event"));
  back_->setAccessibleName(tr("Previous event"));
  next_->setText(QStringLiteral("\u25b8"));
  next_->setToolTip(tr("Next event (F4)"));
  next_->setAccessibleName(tr("Next event"));
  speed_->addItems({tr("slow"), tr("medium"), tr("fast")});
  speed_->setCurrentIndex(1);
  speed_->setAccessibleName(tr("Speed"));
  clock_->setMinimumWidth(clock_->fontMetrics().horizontalAdvance(QStringLiteral("00000.00 s")));
  clock_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  words_->setWordWrap(true);
  words_->setMinimumHeight(2 * words_->fontMetrics().lineSpacing());  // rows below stay while the cursor moves
  words_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  auto* top = new QHBoxLayout;
  for (QWidget* one : std::initializer_list<QWidget*>{play_, back_, next_, speed_}) top->addWidget(one);
  top->addWidget(slider_, 1);
  top->addWidget(clock_);
  auto* scroll = new QScrollArea(this);
  scroll->setWidget(canvas_);
  scroll->setWidgetResizable(true);
  scroll->setAccessibleName(tr("Timeline"));
  scroll->setFocusPolicy(Qt::NoFocus);  // the panel takes the keys
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(6, 6, 6, 6);
  box->addLayout(top);
  box->addWidget(words_);
  box->addWidget(scroll, 1);
  beat_.setInterval(50);
  connect(&beat_, &QTimer::timeout, this, [this] {
    const double share[] = {0.001, 0.004, 0.016};
    set_time(now_ + duration_ * share[speed_->currentIndex()]);
    if (now_ >= duration_) play(false);
  });
  connect(play_, &QToolButton::toggled, this, &TimelinePanel::play);
  connect(back_, &QToolButton::clicked, this, [this] { step_event(-1); });
  connect(next_, &QToolButton::clicked, this, [this] { step_event(1); });
  connect(slider_, &QSlider::valueChanged, this, [this](int value) { set_time(duration_ * value / kSteps); });
  connect(canvas_, &TimelineCanvas::moved, this, &TimelinePanel::set_time);
  connect(canvas_, &TimelineCanvas::chosen, this, [this](const QString& flow) {
    session_.select({Selection::Kind::Flow, flow.toStdString(), 0, -1});
  });
  connect(&session, &Session::simulation_changed, this, &TimelinePanel::refresh);
}

void TimelinePanel::refresh() {
  play(false);
  events_.clear();
  std::vector<TimelineRow> rows;
  std::vector<std::pair<double, QString>> changes;
  const Result& result = session_.simulated();
  if (result == nullptr) {
    duration_ = 0;
    words_->setText(tr("Run > Simulate runs the traffic of the scenario over its timeline."));
    canvas_->set_rows({}, {}, 0);
    return set_time(0);
  }
  const models::SimulationResult& s = *result->run.simulation;
  duration_ = session_.simulated_until();
  std::set<double> events;
  for (const models::ChangeRecord& change : s.changes)
    if (change.replication == 0) {
      changes.emplace_back(seconds(change.at_ns), q(change.what));
      events.insert(seconds(change.at_ns));
    }
  std::map<std::pair<std::string, std::string>, TimelineRow> by_subject;
  for (const Window& w : s.windows) {
    if (w.replication != 0) continue;
    TimelineRow& row =
        by_subject[{w.flow, w.kind == Window::Kind::Exposed || w.kind == Window::Kind::Failed ? "" : w.subject}];
    row.flow = w.flow;
    row.head = w.subject.empty() || w.kind == Window::Kind::Exposed || w.kind == Window::Kind::Failed;
    // The kind of a policy and its namespace say less than its name; the tooltip has them.
    row.label = row.head ? q(w.flow)
                         : q(w.kind == Window::Kind::Policy ? w.subject.substr(w.subject.rfind('/') + 1) : w.subject);
    row.title = q(w.flow) + (w.subject.empty() ? QString() : QStringLiteral("  \u00b7  ") + q(w.subject));
    row.bars.push_back(bar_of(w));
    events.insert(seconds(w.from_ns));
    events.insert(seconds(w.until_ns));
  }
  for (auto& [key, row] : by_subject) {
    if (rows.size() >= kMostRows) break;
    if (!row.head && (rows.empty() || rows.back().flow != row.flow))
      rows.push_back({row.flow, q(row.flow), q(row.flow), true, {}, 1});
    lay_out_bars(row);
    rows.push_back(std::move(row));
  }
  events_.assign(events.begin(), events.end());
  canvas_->set_rows(std::move(rows), std::move(changes), duration_);
  set_time(goal_.value_or(0));
  goal_.reset();
}

void TimelinePanel::set_time(double at) {
  now_ = std::clamp(at, 0.0, duration_);
  const QSignalBlocker quiet(slider_);
  slider_->setValue(duration_ > 0 ? static_cast<int>(now_ / duration_ * kSteps) : 0);
  clock_->setText(QStringLiteral("%1 s").arg(now_, 0, 'f', 2));
  canvas_->set_cursor(now_);
  emit time_changed(now_);
  if (duration_ <= 0) return;
  QStringList now;
  for (const TimelineRow& row : canvas_->rows())
    for (const TimelineBar& bar : row.bars)
      if (bar.from <= now_ && now_ < bar.until && bar.word != QLatin1String("enforced"))
        now << bar.sign + ' ' + bar.word + QStringLiteral(": ") + row.title;
  words_->setText(now.isEmpty() ? tr("At this moment nothing is exposed, failing or lost.")
                  : now.size() > 3
                      ? now.mid(0, 3).join(QStringLiteral("   ")) + tr("   and %1 more").arg(now.size() - 3)
                      : now.join(QStringLiteral("   ")));
}

void TimelinePanel::step_event(int by) {
  constexpr double kHair = 1e-9;
  if (by > 0) {
    const auto next = std::upper_bound(events_.begin(), events_.end(), now_ + kHair);
    const double whole = session_.simulated_whole();
    if (next != events_.end() && (*next < duration_ || duration_ >= whole)) return set_time(*next);
    if (duration_ >= whole || session_.result() == nullptr) return set_time(duration_);
    const std::vector<double> moments = timeline_moments(session_.result()->loaded());
    const auto moment = std::upper_bound(moments.begin(), moments.end(), std::max(now_, duration_) + kHair);
    run_until(moment == moments.end() || *moment > whole ? whole : *moment);
  } else {
    const auto next = std::lower_bound(events_.begin(), events_.end(), now_ - kHair);
    set_time(next == events_.begin() ? 0 : *std::prev(next));
  }
}

void TimelinePanel::run_until(double at) {
  if (session_.simulating() || session_.result() == nullptr) return;
  if (at <= duration_) return set_time(at);
  const double whole = session_.simulated_whole();
  session_.simulate(at < whole ? at : 0);
  if (session_.simulating()) goal_ = std::min(at, whole);
}

void TimelinePanel::play(bool on) {
  on = on && duration_ > 0;
  if (play_->isChecked() != on) {
    const QSignalBlocker quiet(play_);
    play_->setChecked(on);
  }
  play_->setIcon(pictogram(on ? "stop" : "run"));
  if (on && now_ >= duration_) set_time(0);
  on ? beat_.start() : beat_.stop();
}

void TimelinePanel::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Space:
      return play(!beat_.isActive());
    case Qt::Key_Home:
      return set_time(0);
    case Qt::Key_End:
      return set_time(duration_);
    case Qt::Key_Left:
      return step_event(-1);
    case Qt::Key_Right:
      return step_event(1);
    default:
      QWidget::keyPressEvent(event);
  }
}

RunUntilDialog::RunUntilDialog(Session& session, TimelinePanel& timeline, QWidget* parent)
    : QDialog(parent), timeline_(timeline), time_(new QDoubleSpinBox(this)), events_(new QComboBox(this)) {
  setObjectName(QStringLiteral("runUntil"));
  setWindowTitle(tr("Run until"));
  time_->setObjectName(QStringLiteral("untilTime"));
  time_->setAccessibleName(tr("Simulated time"));
  time_->setDecimals(3);
  time_->setRange(0.001, std::max(0.001, session.simulated_whole()));
  time_->setSuffix(tr(" s"));
  time_->setValue(session.simulated_whole());
  events_->setObjectName(QStringLiteral("untilEvent"));
  events_->setAccessibleName(tr("Event"));
  events_->addItem(tr("the end"), session.simulated_whole());
  if (session.result() != nullptr)
    for (const double at : timeline_moments(session.result()->loaded()))
      events_->addItem(tr("entry of the timeline at %1 s").arg(at, 0, 'g', 6), at);
  for (const double at : timeline.events())
    if (events_->findData(at) < 0) events_->addItem(tr("change at %1 s").arg(at, 0, 'g', 6), at);
  connect(events_, &QComboBox::currentIndexChanged, this,
          [this] { time_->setValue(events_->currentData().toDouble()); });
  auto* form = new QFormLayout;
  form->addRow(tr("&Event"), events_);
  form->addRow(tr("&Time"), time_);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
  buttons->button(QDialogButtonBox::Ok)->setText(tr("&Run"));
  connect(buttons, &QDialogButtonBox::accepted, this, &RunUntilDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, this, &RunUntilDialog::reject);
  auto* box = new QVBoxLayout(this);
  box->addLayout(form);
  box->addWidget(buttons);
}

void RunUntilDialog::accept() {
  timeline_.run_until(time_->value());
  QDialog::accept();
}

}  // namespace meshsim::viz
