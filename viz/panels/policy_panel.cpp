#include "viz/panels/policy_panel.h"

#include <QHeaderView>
#include <QVBoxLayout>

#include "viz/look/empty_note.h"
#include "viz/look/theme.h"

namespace meshsim::viz {

namespace {
QString q(std::string_view s) { return QString::fromUtf8(s.data(), static_cast<qsizetype>(s.size())); }
}  // namespace

PolicyPanel::PolicyPanel(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), head_(new QLabel(this)), table_(new QTableWidget(this)) {
  head_->setWordWrap(true);
  table_->setObjectName(QStringLiteral("policies"));
  table_->setAccessibleName(tr("Policies by client population"));
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setAlternatingRowColors(false);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->setWordWrap(false);
  new EmptyNote(table_, tr("There is no policy in what is open."));
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  table_->horizontalHeader()->setHighlightSections(false);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(6, 6, 6, 6);
  box->addWidget(head_);
  box->addWidget(table_);
  connect(&session, &Session::result_changed, this, [this] { session_.steps().add(this, [this] { refresh(); }); });
  connect(table_, &QTableWidget::currentCellChanged, this, [this](int row) {
    if (filling_ || row < 0) return;
    session_.select(
        {Selection::Kind::Policy, table_->item(row, 0)->data(Qt::UserRole).toString().toStdString(), 0, -1});
  });
  connect(table_, &QTableWidget::cellActivated, this,
          [this](int row) { emit edit_policy(table_->item(row, 0)->data(Qt::UserRole).toString()); });
}

void PolicyPanel::refresh() {
  if (session_.result() == nullptr) return;
  filling_ = true;
  const scenarios::Summary& summary = session_.result()->summary;
  head_->setText(q(summary.headline()));
  std::set<std::string> populations;
  for (const auto& p : summary.policies)
    for (const auto& [population, statuses] : p.by_population) populations.insert(population);
  table_->clear();
  table_->setRowCount(static_cast<int>(summary.policies.size()));
  table_->setColumnCount(static_cast<int>(populations.size()) + 2);
  QStringList headers{tr("Policy")};
  for (const std::string& population : populations)
    headers << (population == "none" ? tr("clients without proxy") : tr("%1 clients").arg(q(population)));
  headers << tr("Why");
  table_->setHorizontalHeaderLabels(headers);
  int row = 0;
  for (const auto& p : summary.policies) {
    auto* name = new QTableWidgetItem(q(p.policy.text()));
    name->setData(Qt::UserRole, q(p.policy.text()));
    name->setToolTip(name->text() + '\n' + q(p.policy.source.text()));
    table_->setItem(row, 0, name);
    int column = 1;
    for (const std::string& population : populations) {
      const auto it = p.by_population.find(population);
      auto* cell = new QTableWidgetItem;
      if (it != p.by_population.end()) {
        auto worst = it->second.begin()->first;
        QStringList words;
        for (const auto& [status, count] : it->second) {
          if (scenarios::alarm(status) < scenarios::alarm(worst)) worst = status;
          words << QStringLiteral("%1 %2").arg(q(to_string(status))).arg(count);
        }
        // A status that holds for part of the flows only says so.
        cell->setText(glyph(worst) + ' ' + q(to_string(worst)) +
                      (it->second.size() > 1 && worst != models::PolicyStatus::NotApplicable &&
                               !(it->second.size() == 2 && it->second.contains(models::PolicyStatus::NotApplicable))
                           ? tr(" in part")
                           : QString()));
        cell->setToolTip(words.join('\n'));
        const bool quiet = worst == models::PolicyStatus::NotApplicable || worst == models::PolicyStatus::Inert;
        cell->setBackground(theme().tint(theme().colour(worst), quiet ? 0.06 : 0.2));
        cell->setForeground(quiet ? theme().dim : theme().text);
        cell->setData(Qt::AccessibleTextRole, tr("%1 for %2 clients").arg(q(to_string(worst)), q(population)));
      } else {
        cell->setText(QStringLiteral("\u00b7"));
        cell->setForeground(theme().dim);
        cell->setToolTip(tr("No flow of these clients meets it."));
      }
      table_->setItem(row, column++, cell);
    }
    auto* why = new QTableWidgetItem(p.why.empty() ? tr("no flow meets it")
                                                   : q((p.rules.empty() ? "" : p.rules.back() + ": ") + p.why));
    why->setToolTip(why->text());
    table_->setItem(row++, column, why);
  }
  const int letters = table_->fontMetrics().averageCharWidth();
  for (int c = 0; c < table_->columnCount(); ++c) {
    table_->resizeColumnToContents(c);
    table_->setColumnWidth(c, std::min(table_->columnWidth(c) + 14, letters * (c == 0 ? 56 : 90)));
  }
  table_->horizontalHeader()->setStretchLastSection(true);
  filling_ = false;
}

QString PolicyPanel::csv() const {
  QString out;
  const auto quoted = [](QString text) { return '"' + text.replace('"', QStringLiteral("\"\"")) + '"'; };
  QStringList line;
  for (int c = 0; c < table_->columnCount(); ++c) line << quoted(table_->horizontalHeaderItem(c)->text());
  out = line.join(',') + '\n';
  for (int r = 0; r < table_->rowCount(); ++r) {
    line.clear();
    for (int c = 0; c < table_->columnCount(); ++c) line << quoted(table_->item(r, c)->text());
    out += line.join(',') + '\n';
  }
  return out;
}

}  // namespace meshsim::viz
