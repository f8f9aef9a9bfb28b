#include "viz/panels/findings_panel.h"

#include <QHeaderView>
#include <QVBoxLayout>

#include "viz/look/theme.h"

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
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(6, 6, 6, 6);
  box->addWidget(list_);
  connect(&session, &Session::result_changed, this, &FindingsPanel::refresh);
  connect(list_, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) {
    emit open_source(item->data(0, Qt::UserRole).toString(), item->data(0, Qt::UserRole + 1).toInt());
  });
}

void FindingsPanel::refresh() {
  list_->clear();
  int errors = 0, rows = 0;
  const auto& all = session_.result()->loaded().diagnostics;
  QList<QTreeWidgetItem*> items;
  for (const models::Severity wanted : {models::Severity::Error, models::Severity::Warning, models::Severity::Info})
    for (const models::Diagnostic& d : all) {
      if (d.severity != wanted) continue;
      errors += d.severity == models::Severity::Error ? 1 : 0;
      if (++rows > kMostRows) continue;
      const QString sign = wanted == models::Severity::Error     ? tr("\u2715 error")
                           : wanted == models::Severity::Warning ? tr("! warning")
                                                                 : tr("i info");
      const models::Source place{d.file, d.position};
      auto* item = new QTreeWidgetItem({sign, QString::fromStdString(d.code), QString::fromStdString(place.text()),
                                        QString::fromStdString(d.object), QString::fromStdString(d.message)});
      item->setToolTip(4, QString::fromStdString(d.message));
      item->setData(0, Qt::UserRole, QString::fromStdString(d.file));
      item->setData(0, Qt::UserRole + 1, static_cast<int>(d.position.line));
      if (wanted == models::Severity::Error) item->setForeground(0, theme().bypassed);
      items << item;
    }
  list_->addTopLevelItems(items);
  for (int c = 0; c < 4; ++c) {
    list_->resizeColumnToContents(c);
    list_->setColumnWidth(c, std::min(list_->columnWidth(c) + 12, 320));
  }
  emit counted(errors, static_cast<int>(all.size()));
}

}  // namespace meshsim::viz
