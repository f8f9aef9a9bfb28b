#include "viz/panels/findings_panel.h"

#include <QHeaderView>
#include <QVBoxLayout>
#include <algorithm>

#include "viz/look/empty_note.h"
#include "viz/look/theme.h"
#include "viz/panels/short_place.h"

namespace meshsim::viz {

namespace {
constexpr int kMostRows = 5000;
}

FindingsPanel::FindingsPanel(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), list_(new QTreeWidget(this)) {
  list_->setObjectName(QStringLiteral("findings"));
  list_->setAccessibleName(tr("Findings"));
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setAlternatingRowColors(true);
  list_->setHeaderLabels({tr("Severity"), tr("Code"), tr("Where"), tr("Object"), tr("Finding")});
  new EmptyNote(list_, tr("Nothing was found."));
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(6, 6, 6, 6);
  box->addWidget(list_);
  connect(&session, &Session::result_changed, this, [this] { session_.steps().add(this, [this] { refresh(); }); });
  connect(&session, &Session::findings_changed, this, [this] { session_.steps().add(this, [this] { refresh(); }); });
  list_->header()->setResizeContentsPrecision(100);
  connect(list_, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) {
    emit open_source(item->data(0, Qt::UserRole).toString(), item->data(0, Qt::UserRole + 1).toInt());
  });
}

// Findings of reading at once; when lint is through, its own, which include them.
void FindingsPanel::refresh() {
  if (session_.result() == nullptr) return;
  list_->clear();
  rows_.clear();
  errors_ = 0;
  if (session_.findings() != nullptr) {
    for (const scenarios::LintFinding& f : session_.findings()->findings) {
      if (!f.suppressed.empty()) continue;
      QString tip = QString::fromStdString(f.message);
      if (!f.shows.empty()) tip += "\n" + QString::fromStdString(f.shows);
      if (f.rule != nullptr)
        tip += QStringLiteral("\n\n%1\n%2")
                   .arg(QString::fromUtf8(f.rule->why.data(), static_cast<qsizetype>(f.rule->why.size())),
                        QString::fromUtf8(f.rule->todo.data(), static_cast<qsizetype>(f.rule->todo.size())));
      add(f.severity, f.rule == nullptr ? std::string() : std::string(f.rule->code), f.at, f.object, f.message, tip);
    }
  } else {
    for (const models::Diagnostic& d : session_.result()->loaded().diagnostics)
      add(d.severity, d.code, {d.file, d.position}, d.object, d.message, QString::fromStdString(d.message));
  }
  std::stable_sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  QList<QTreeWidgetItem*> items;
  for (auto& [severity, item] : rows_) {
    if (items.size() < kMostRows) {
      items << item;
    } else {
      delete item;
    }
  }
  list_->addTopLevelItems(items);
  for (int c = 0; c < 4; ++c) {
    list_->resizeColumnToContents(c);
    list_->setColumnWidth(c, std::min(list_->columnWidth(c) + 12, 320));
  }
  emit counted(errors_, static_cast<int>(rows_.size()));
}

void FindingsPanel::add(models::Severity severity, const std::string& code, const models::Source& at,
                        const std::string& object, const std::string& message, const QString& tip) {
  const QString sign = severity == models::Severity::Error     ? tr("\u2715 error")
                       : severity == models::Severity::Warning ? tr("! warning")
                                                               : tr("i info");
  auto* item = new QTreeWidgetItem({sign, QString::fromStdString(code), short_place(at), QString::fromStdString(object),
                                    QString::fromStdString(message)});
  for (int c = 0; c < 4; ++c) item->setToolTip(c, item->text(c));
  item->setToolTip(2, QString::fromStdString(at.text()));
  item->setToolTip(4, tip);
  item->setData(0, Qt::UserRole, QString::fromStdString(at.file));
  item->setData(0, Qt::UserRole + 1, static_cast<int>(at.position.line));
  if (severity == models::Severity::Error) {
    item->setForeground(0, theme().bypassed);
    ++errors_;
  }
  rows_.emplace_back(severity, item);
}

}  // namespace meshsim::viz
