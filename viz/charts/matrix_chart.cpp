// Matrices and heat maps: Qt Charts has none, and a table is reachable by keyboard.
#include <QAbstractButton>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QTableWidget>
#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "viz/charts/chart_panel.h"
#include "viz/charts/chart_style.h"

namespace meshsim::viz {

namespace {

// Columns and rows grow with the window, to twice what their text needs.
class FillingTable : public QTableWidget {
 public:
  void set_natural(std::vector<int> widths) {
    natural_ = std::move(widths);
    fill();
  }

 protected:
  void resizeEvent(QResizeEvent* event) override {
    QTableWidget::resizeEvent(event);
    fill();
  }

 private:
  static constexpr int kRow = 28;
  void fill() {
    const int sum = std::accumulate(natural_.begin(), natural_.end(), 0), rows = rowCount() * kRow;
    if (sum == 0 || rows == 0) return;
    const double wide = std::clamp(static_cast<double>(viewport()->width() - 1) / sum, 1.0, 2.0),
                 high = std::clamp(static_cast<double>(viewport()->height() - 1) / rows, 1.0, 2.0);
    for (int c = 0; c < columnCount(); ++c)
      setColumnWidth(c, static_cast<int>(natural_[static_cast<std::size_t>(c)] * wide));
    verticalHeader()->setDefaultSectionSize(static_cast<int>(kRow * high));
  }
  std::vector<int> natural_;
};

// Which axis is which, in the corner that a table leaves empty.
void label_corner(QTableWidget& table, const QString& text) {
  auto* corner = table.findChild<QAbstractButton*>(QString(), Qt::FindDirectChildrenOnly);
  if (corner == nullptr || text.isEmpty()) return;
  auto* label = new QLabel(text, corner);
  auto* box = new QHBoxLayout(corner);
  box->setContentsMargins(6, 0, 6, 0);
  box->addWidget(label);
  corner->setAccessibleName(text);
  table.verticalHeader()->setMinimumWidth(label->sizeHint().width() + 14);
}

class MatrixDrawing : public ChartDrawing {
 public:
  explicit MatrixDrawing(MatrixData data) : data_(std::move(data)), table_(std::make_unique<FillingTable>()) {
    QTableWidget& t = *table_;
    t.setEditTriggers(QAbstractItemView::NoEditTriggers);
    t.setSelectionMode(QAbstractItemView::SingleSelection);
    t.setTabKeyNavigation(false);
    t.setShowGrid(true);
    t.setRowCount(static_cast<int>(data_.rows.size()));
    t.setColumnCount(static_cast<int>(data_.columns.size()));
    QStringList rows, columns;
    for (const std::string& row : data_.rows) rows << QString::fromStdString(row);
    for (const std::string& column : data_.columns) columns << QString::fromStdString(column);
    QStringList headers;  // "requests, source" in two lines
    for (const QString& column : columns)
      headers << QString(column).replace(QStringLiteral(", "), QStringLiteral(",\n"));
    t.setHorizontalHeaderLabels(headers);
    t.setVerticalHeaderLabels(rows);
    t.horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    t.verticalHeader()->setMinimumSectionSize(20);
    for (int r = 0; r < t.rowCount(); ++r)
      for (int c = 0; c < t.columnCount(); ++c) {
        const MatrixData::Cell& cell = data_.cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
        auto* item = new QTableWidgetItem(cell.empty ? QStringLiteral("\u00b7")
                                          : cell.look.status && !cell.share && cell.text.find(' ') != std::string::npos
                                              ? glyph(*cell.look.status) + ' ' + QString::fromStdString(cell.text)
                                              : QString::fromStdString(cell.text));
        item->setToolTip(QString::fromStdString(cell.tip));
        item->setTextAlignment(Qt::AlignCenter);
        item->setData(
            Qt::AccessibleTextRole,
            QStringLiteral("%1, %2: %3").arg(rows[r], columns[c], cell.empty ? QStringLiteral("none") : item->text()));
        t.setItem(r, c, item);
      }
    t.resizeColumnsToContents();
    std::vector<int> widths;
    for (int c = 0; c < t.columnCount(); ++c) widths.push_back(std::clamp(t.columnWidth(c), 68, 260));
    table_->set_natural(std::move(widths));
    label_corner(t, QString::fromStdString(data_.corner));
    QObject::connect(&t, &QTableWidget::cellClicked, &t, [this](int r, int c) { pick(r, c); });
    QObject::connect(&t, &QTableWidget::cellActivated, &t, [this](int r, int c) { pick(r, c); });
    set_theme();
  }

  QWidget* widget() override { return table_.get(); }
  TextTable table() const override { return table_of(data_); }
  FlowSet flows_at(int row, int column) const override {
    return viz::flows_at(data_, static_cast<std::size_t>(row), static_cast<std::size_t>(column));
  }
  std::string title() const override { return data_.title; }
  std::string finding() const override { return data_.finding; }
  bool empty() const override { return data_.rows.empty() || data_.columns.empty(); }
  void render(QPainter& painter, const QSize& size) override {
    const QSize before = table_->size();
    const int head = table_->fontMetrics().height() * 2;
    table_->resize(size - QSize(0, head));
    painter.fillRect(QRect(QPoint(), size), theme().base);
    QFont bold = table_->font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.setPen(theme().text);
    painter.drawText(QRect(0, 0, size.width(), head), Qt::AlignCenter, QString::fromStdString(data_.title));
    table_->render(&painter, QPoint(0, head));
    table_->resize(before);
  }
  void set_theme() override {
    for (int r = 0; r < table_->rowCount(); ++r)
      for (int c = 0; c < table_->columnCount(); ++c) {
        const MatrixData::Cell& cell = data_.cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
        QTableWidgetItem* item = table_->item(r, c);
        if (cell.empty) {
          item->setForeground(theme().dim);
        } else if (cell.share) {
          const QColor ground = heat(*cell.share);
          item->setBackground(ground);
          item->setForeground(theme().ink_on(ground));
        } else if (cell.look.status) {
          const bool quiet = *cell.look.status == models::PolicyStatus::NotApplicable ||
                             *cell.look.status == models::PolicyStatus::Inert;
          item->setBackground(theme().tint(theme().colour(*cell.look.status), quiet ? 0.06 : 0.22));
          item->setForeground(quiet ? theme().dim : theme().text);
        }
      }
  }

 private:
  void pick(int r, int c) {
    if (chosen)
      chosen(data_.cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)].flows,
             data_.rows[static_cast<std::size_t>(r)] + ", " + data_.columns[static_cast<std::size_t>(c)]);
  }
  MatrixData data_;
  std::unique_ptr<FillingTable> table_;
};

}  // namespace

std::unique_ptr<ChartDrawing> draw_matrix(MatrixData data) { return std::make_unique<MatrixDrawing>(std::move(data)); }

}  // namespace meshsim::viz
