// Matrices and heat maps: Qt Charts has none, and a table is reachable by keyboard.
#include <QHeaderView>
#include <QPainter>
#include <QTableWidget>
#include <algorithm>
#include <map>

#include "viz/charts/chart_panel.h"
#include "viz/charts/chart_style.h"

namespace meshsim::viz {

namespace {

class MatrixDrawing : public ChartDrawing {
 public:
  explicit MatrixDrawing(MatrixData data) : data_(std::move(data)), table_(std::make_unique<QTableWidget>()) {
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
    t.setHorizontalHeaderLabels(columns);
    t.setVerticalHeaderLabels(rows);
    t.horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    t.verticalHeader()->setDefaultSectionSize(28);
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
    for (int c = 0; c < t.columnCount(); ++c) t.setColumnWidth(c, std::clamp(t.columnWidth(c) + 16, 92, 260));
    QObject::connect(&t, &QTableWidget::cellClicked, &t, [this](int r, int c) { pick(r, c); });
    QObject::connect(&t, &QTableWidget::cellActivated, &t, [this](int r, int c) { pick(r, c); });
    set_theme();
  }

  QWidget* widget() override { return table_.get(); }
  TextTable table() const override { return table_of(data_); }
  std::string finding() const override { return data_.finding; }
  bool empty() const override { return data_.rows.empty() || data_.columns.empty(); }
  void render(QPainter& painter, const QSize& size) override {
    const QSize before = table_->size();
    table_->resize(size);
    painter.fillRect(QRect(QPoint(), size), theme().base);
    table_->render(&painter);
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
  std::unique_ptr<QTableWidget> table_;
};

}  // namespace

std::unique_ptr<ChartDrawing> draw_matrix(MatrixData data) { return std::make_unique<MatrixDrawing>(std::move(data)); }

}  // namespace meshsim::viz
