#include "viz/charts/chart_panel.h"

#include <QBuffer>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QImageWriter>
#include <QPainter>
#include <QSvgGenerator>
#include <QVBoxLayout>

#include "scenarios/report/report.h"
#include "viz/look/theme.h"

namespace meshsim::viz {

namespace {
constexpr int kMostRows = 20'000;
const QSize kExport(960, 540);
constexpr qreal kExportRatio = 2;
}  // namespace

ChartPanel::ChartPanel(const QString& name, Make make, const QString& none, QWidget* parent)
    : QWidget(parent),
      make_(std::move(make)),
      pages_(new QStackedWidget(this)),
      finding_(new QLabel(this)),
      none_(new QLabel(none, this)),
      table_(new QTableWidget(this)),
      table_button_(new QToolButton(this)),
      export_button_(new QToolButton(this)) {
  setObjectName(QStringLiteral("chart.") + name);
  finding_->setWordWrap(true);
  none_->setAlignment(Qt::AlignCenter);
  none_->setWordWrap(true);
  table_->setAccessibleName(tr("The chart as a table"));
  table_->setObjectName(QStringLiteral("chartTable.") + name);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  table_button_->setIcon(pictogram("table"));
  table_button_->setCheckable(true);
  table_button_->setToolTip(tr("Show as a table"));
  table_button_->setAccessibleName(tr("Show as a table"));
  export_button_->setIcon(pictogram("export"));
  export_button_->setToolTip(tr("Export as PNG, SVG or CSV"));
  export_button_->setAccessibleName(tr("Export"));
  for (QToolButton* button : {table_button_, export_button_}) {
    button->setAutoRaise(true);
    button->setMinimumSize(26, 26);
  }
  auto* top = new QHBoxLayout;
  top->addWidget(finding_, 1);
  top->addWidget(table_button_);
  top->addWidget(export_button_);
  pages_->addWidget(none_);
  pages_->addWidget(table_);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(8, 4, 8, 6);
  box->setSpacing(2);
  box->addLayout(top);
  box->addWidget(pages_, 1);
  connect(table_, &QTableWidget::cellActivated, this, [this](int row, int column) {
    if (drawing_ == nullptr || !drawing_->chosen) return;
    drawing_->chosen(drawing_->flows_at(row, column), table_->item(row, 0)->text().toStdString());
  });
  connect(table_button_, &QToolButton::toggled, this, &ChartPanel::show_table);
  connect(export_button_, &QToolButton::clicked, this, &ChartPanel::export_wanted);
}

void ChartPanel::set_result(const Result& result) {
  result_ = result;
  drawn_ = false;
  if (isVisible()) draw_now();
}

void ChartPanel::draw_now() {
  if (drawn_ || result_ == nullptr) return;
  drawn_ = true;
  if (drawing_ != nullptr) pages_->removeWidget(drawing_->widget());
  drawing_ = make_(*result_);
  const bool something = drawing_ != nullptr && !drawing_->empty();
  table_button_->setEnabled(something);
  export_button_->setEnabled(something);
  const QString finding = something ? QString::fromStdString(drawing_->finding()) : QString();
  finding_->setText(something
                        ? QStringLiteral("<b>%1</b>&nbsp;&nbsp; %2")
                              .arg(QString::fromStdString(drawing_->title()).toHtmlEscaped(), finding.toHtmlEscaped())
                        : QString());
  if (!something) {
    pages_->setCurrentWidget(none_);
    return;
  }
  drawing_->chosen = [this](const FlowSet& flows, const std::string& what) {
    if (!flows.empty()) emit flows_wanted(flows, QString::fromStdString(what));
  };
  drawing_->time_chosen = [this](double at) { emit time_wanted(at); };
  drawing_->set_time(time_);
  drawing_->widget()->setAccessibleName(QString::fromStdString(drawing_->title()));
  drawing_->widget()->setAccessibleDescription(finding);
  pages_->addWidget(drawing_->widget());
  show_table(table_button_->isChecked());
}

bool ChartPanel::show_table(bool on) {
  if (table_button_->isChecked() != on) table_button_->setChecked(on);
  if (drawing_ == nullptr || drawing_->empty()) return false;
  if (on) fill_table();
  pages_->setCurrentWidget(on ? static_cast<QWidget*>(table_) : drawing_->widget());
  return true;
}

void ChartPanel::set_time(std::optional<double> at) {
  time_ = at;
  if (drawing_ != nullptr) drawing_->set_time(at);
}

void ChartPanel::fill_table() {
  const TextTable rows = drawing_->table();
  table_->clear();
  table_->setColumnCount(static_cast<int>(rows.headers.size()));
  table_->setRowCount(std::min(kMostRows, static_cast<int>(rows.rows.size())));
  QStringList headers;
  for (const std::string& header : rows.headers) headers << QString::fromStdString(header);
  table_->setHorizontalHeaderLabels(headers);
  for (int r = 0; r < table_->rowCount(); ++r)
    for (int c = 0; c < table_->columnCount(); ++c)
      table_->setItem(r, c,
                      new QTableWidgetItem(
                          QString::fromStdString(rows.rows[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)])));
  if (table_->rowCount() < 500) table_->resizeColumnsToContents();
}

QString ChartPanel::export_to(const QString& path, const QString& title) {
  draw_now();
  if (drawing_ == nullptr || drawing_->empty()) return tr("There is nothing to export.");
  const QString kind = QFileInfo(path).suffix().toLower();
  QByteArray bytes;
  if (kind == QLatin1String("csv")) {
    bytes = QByteArray::fromStdString(csv_of(drawing_->table()));
  } else {
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (kind == QLatin1String("svg")) {
      QSvgGenerator generator;
      generator.setOutputDevice(&buffer);
      generator.setSize(kExport);
      generator.setViewBox(QRect(QPoint(), kExport));
      generator.setTitle(title);
      QPainter painter(&generator);
      drawing_->render(painter, kExport);
    } else {
      QImage image(kExport * kExportRatio, QImage::Format_ARGB32_Premultiplied);
      image.setDevicePixelRatio(kExportRatio);
      image.fill(theme().base);
      QPainter painter(&image);
      drawing_->render(painter, kExport);
      painter.end();
      QImageWriter writer(&buffer, "png");
      writer.setText(QStringLiteral("Title"), title);
      if (!writer.write(image)) return writer.errorString();
    }
  }
  const auto problem = scenarios::write_file(
      path.toStdString(), std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
  return problem ? QString::fromStdString(*problem) : QString();
}

void ChartPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  draw_now();
}

void ChartPanel::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && drawing_ != nullptr) drawing_->set_theme();
}

}  // namespace meshsim::viz
