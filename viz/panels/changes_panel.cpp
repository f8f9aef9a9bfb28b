#include "viz/panels/changes_panel.h"

#include <QHeaderView>
#include <QVBoxLayout>

#include "viz/look/theme.h"
#include "viz/panels/columns.h"

namespace meshsim::viz {

ChangesPanel::ChangesPanel(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), head_(new QLabel(this)), tree_(new QTreeWidget(this)) {
  head_->setObjectName(QStringLiteral("changesHead"));
  head_->setWordWrap(true);
  tree_->setObjectName(QStringLiteral("changes"));
  tree_->setAccessibleName(tr("Changes"));
  tree_->setHeaderLabels({tr("Flow"), tr("Before"), tr("After")});
  tree_->setAlternatingRowColors(true);
  tree_->setUniformRowHeights(true);
  new ShareColumns(tree_, {42, 29}, 100);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(6, 6, 6, 6);
  box->addWidget(head_);
  box->addWidget(tree_);
  connect(&session, &Session::result_changed, this, [this] { session_.steps().add(this, [this] { refresh(); }); });
  connect(tree_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
    if (item == nullptr) return;
    while (item->parent() != nullptr) item = item->parent();
    session_.select({Selection::Kind::Flow, item->data(0, Qt::UserRole).toString().toStdString(), 0, -1});
  });
  head_->setText(tr("Change a mode, a label, a policy or the profile, and what flips stands here."));
}

void ChangesPanel::refresh() {
  if (session_.result() == nullptr) return;
  const QSignalBlocker quiet(tree_);
  tree_->clear();
  const Result& result = session_.result();
  if (!result->compared) {
    head_->setText(tr("Change a mode, a label, a policy or the profile, and what flips stands here."));
    return;
  }
  const auto& changes = result->changes;
  head_->setText(
      !session_.compared_with().isEmpty()
          ? tr("%1 of %n flow(s) differ from %2", nullptr, static_cast<int>(changes.compared))
                .arg(changes.changes.size())
                .arg(session_.compared_with().join(", "))
      : session_.compares_with_opened()
          ? tr("%1 of %n flow(s) differ from the state as it was opened", nullptr, static_cast<int>(changes.compared))
                .arg(changes.changes.size())
          : tr("%1 of %n flow(s) differ from the state before", nullptr, static_cast<int>(changes.compared))
                .arg(changes.changes.size()));
  for (const scenarios::FlowChange& change : changes.changes) {
    const QString name = QString::fromStdString(change.flow);
    const QString kind = change.kind == scenarios::FlowChange::Kind::Added     ? tr("+ ")
                         : change.kind == scenarios::FlowChange::Kind::Removed ? tr("\u2212 ")
                                                                               : QString();
    QString before, after;
    for (const scenarios::FieldChange& field : change.fields)
      if (field.field == "verdict") {
        before = QString::fromStdString(field.before);
        after = QString::fromStdString(field.after);
      }
    if (before.isEmpty()) after = tr("%n field(s)", nullptr, static_cast<int>(change.fields.size()));
    auto* item = new QTreeWidgetItem({kind + name, before, after});
    item->setData(0, Qt::UserRole, name);
    item->setToolTip(0, name);
    QFont bold = item->font(0);
    bold.setBold(true);
    item->setFont(0, bold);
    if (!before.isEmpty()) item->setForeground(2, theme().bypassed);
    for (const scenarios::FieldChange& field : change.fields) {
      auto* line = new QTreeWidgetItem({QString::fromStdString(field.field), QString::fromStdString(field.before),
                                        QString::fromStdString(field.after)});
      for (int c = 0; c < 3; ++c) line->setToolTip(c, line->text(c));
      item->addChild(line);
    }
    tree_->addTopLevelItem(item);
    item->setExpanded(changes.changes.size() <= 12);
  }
}

}  // namespace meshsim::viz
