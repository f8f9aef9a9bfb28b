#include "viz/panels/flow_panel.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QVBoxLayout>

#include "viz/graph/graph_view.h"
#include "viz/look/empty_note.h"
#include "viz/panels/flow_model.h"

namespace meshsim::viz {

namespace {

constexpr int kLetters[] = {29, 44, 25, 29, 20, 24, 13, 36, 15};  // widths of the columns

int width_of(const QWidget& table, int column) {
  return kLetters[column] * std::max(table.fontMetrics().averageCharWidth(), 1);
}

// The names of the flows take the room that is left: they are what is cut first.
class NamesTakeTheRest : public QObject {
 public:
  explicit NamesTakeTheRest(QTableView* table) : QObject(table), table_(table) {
    table->viewport()->installEventFilter(this);
  }

 protected:
  bool eventFilter(QObject*, QEvent* event) override {
    if (event->type() == QEvent::Resize && table_->model()->rowCount() > 0) {
      int others = 0;
      for (int c = 0; c < FlowModel::ColumnCount; ++c)  // the last one is stretched anyway
        others += c == FlowModel::Name              ? 0
                  : c + 1 == FlowModel::ColumnCount ? width_of(*table_, c)
                                                    : table_->columnWidth(c);
      const int least = width_of(*table_, FlowModel::Name);
      table_->setColumnWidth(FlowModel::Name, std::clamp(table_->viewport()->width() - others, least, 2 * least));
    }
    return false;
  }

 private:
  QTableView* table_;
};

}  // namespace

FlowPanel::FlowPanel(Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      model_(new FlowModel(this)),
      filter_(new FlowFilter(this)),
      filter_edit_(new FilterEdit(this)),
      table_(new QTableView(this)),
      count_(new QLabel(this)),
      only_why_(new QLabel(this)),
      all_(new QToolButton(this)) {
  filter_->setSourceModel(model_);
  filter_edit_->setObjectName(QStringLiteral("flowFilter"));
  filter_edit_->setPlaceholderText(tr("Filter flows: verdict = denied, from contains web, bypassed"));
  filter_edit_->setAccessibleName(tr("Filter of the flow table"));
  table_->setObjectName(QStringLiteral("flows"));
  table_->setAccessibleName(tr("Flows"));
  table_->setModel(filter_);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setSortingEnabled(true);
  table_->sortByColumn(-1, Qt::AscendingOrder);
  table_->setAlternatingRowColors(true);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(table_->fontMetrics().height() * 7 / 4);
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  table_->setTabKeyNavigation(false);
  table_->horizontalHeader()->setStretchLastSection(true);
  new NamesTakeTheRest(table_);
  new EmptyNote(table_, tr("No flow fits."));
  all_->setText(tr("Show all"));
  all_->setAutoRaise(true);
  all_->hide();
  only_why_->hide();
  count_->setObjectName(QStringLiteral("flowCount"));
  auto* top = new QHBoxLayout;
  top->addWidget(filter_edit_, 1);
  top->addWidget(only_why_);
  top->addWidget(all_);
  top->addWidget(count_);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(6, 6, 6, 6);
  box->addLayout(top);
  box->addWidget(table_, 1);
  connect(filter_edit_, &QLineEdit::textChanged, this, [this](const QString& text) {
    filter_edit_->show_problem(filter_->set_text(text));
    update_count();
  });
  connect(all_, &QToolButton::clicked, this, [this] {
    filter_->set_only(std::nullopt);
    all_->hide();
    only_why_->hide();
    update_count();
  });
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &FlowPanel::row_chosen);
  connect(&session, &Session::result_changed, this, &FlowPanel::take_result);
  connect(&session, &Session::selection_changed, this, &FlowPanel::follow_selection);
}

void FlowPanel::take_result() {
  following_ = true;
  const bool first = model_->result() == nullptr;
  filter_->set_only(std::nullopt);
  all_->hide();
  only_why_->hide();
  model_->set_result(session_.result());
  if (first)
    for (int c = 0; c < FlowModel::ColumnCount; ++c) table_->setColumnWidth(c, width_of(*table_, c));
  following_ = false;
  update_count();
  follow_selection();
}

void FlowPanel::update_count() {
  const int shown = filter_->rowCount(), all = model_->rowCount();
  count_->setText(shown == all ? tr("%n flow(s)", nullptr, all) : tr("%1 of %n flow(s)", nullptr, all).arg(shown));
}

void FlowPanel::show_only(std::set<std::size_t> flows, const QString& why) {
  filter_->set_only(std::move(flows));
  only_why_->setText(why);
  only_why_->show();
  all_->show();
  update_count();
}

void FlowPanel::select_row(int row) {
  following_ = true;
  go_to(row);
  table_->scrollTo(filter_->index(row, 0));
  following_ = false;
}

// Not QTableView::selectRow(), which asks the keyboard: with Ctrl held it would take back what is selected.
void FlowPanel::go_to(int row) {
  table_->selectionModel()->setCurrentIndex(filter_->index(row, 0),
                                            QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

void FlowPanel::follow_selection() {
  const Selection& s = session_.selection();
  const Result& result = session_.result();
  const PictureResult& picture = session_.picture();
  if (result == nullptr || picture == nullptr) return;
  if (s.kind == Selection::Kind::Flow) {
    if (choosing_) return;  // it came from here, and the table selects as the mouse and the keys say
    std::size_t nth = s.nth;
    for (std::size_t i = 0; i < result->run.flows.size(); ++i) {
      if (result->run.flows[i].result.flow.name != s.key || nth-- > 0) continue;
      const QModelIndex row = filter_->mapFromSource(model_->index(static_cast<int>(i), 0));
      if (row.isValid()) select_row(row.row());
      return;
    }
    return;
  }
  std::set<std::size_t> flows;
  QString why;
  const MeshGraph& graph = picture->graph;
  const auto take = [&](const GraphEdge& e) {
    for (const FlowPart& part : e.flows) flows.insert(part.flow);
  };
  if (s.kind == Selection::Kind::Edge) {
    for (const GraphEdge& e : graph.edges)
      if (edge_key(graph, e) == s.key) {
        take(e);
        why = QStringLiteral("%1 %2 %3")
                  .arg(QString::fromStdString(graph.nodes[e.from].label), QChar(0x2192),
                       QString::fromStdString(graph.nodes[e.to].label));
      }
  } else if (s.kind == Selection::Kind::Node) {
    if (const auto node = graph.find(s.key)) {
      why = QString::fromStdString(graph.nodes[*node].label);
      for (const GraphEdge& e : graph.edges)
        if (e.from == *node || e.to == *node || e.skipped == *node) take(e);
    }
  } else if (s.kind == Selection::Kind::Policy) {
    why = QString::fromStdString(s.key);
    for (std::size_t i = 0; i < result->run.flows.size(); ++i)
      for (const models::Outcome& o : result->run.flows[i].result.outcomes)
        for (const models::PolicyFinding& f : o.policies)
          if (f.policy.text() == s.key && f.status != models::PolicyStatus::NotApplicable) flows.insert(i);
  }
  if (why.isEmpty()) {
    filter_->set_only(std::nullopt);
    all_->hide();
    only_why_->hide();
    update_count();
  } else {
    show_only(std::move(flows), why);
  }
}

void FlowPanel::row_chosen() {
  if (following_ || session_.result() == nullptr) return;
  const QModelIndex current = table_->currentIndex();
  if (!current.isValid()) return;
  const auto flow = static_cast<std::size_t>(current.data(FlowModel::FlowRole).toInt());
  const auto& flows = session_.result()->run.flows;
  const std::string& name = flows[flow].result.flow.name;
  std::size_t nth = 0;
  for (std::size_t i = 0; i < flow; ++i) nth += flows[i].result.flow.name == name ? 1 : 0;
  choosing_ = true;
  session_.select({Selection::Kind::Flow, name, nth, -1});
  choosing_ = false;
}

void FlowPanel::step(int by) {
  const int count = filter_->rowCount();
  if (count == 0) return;
  const int now = table_->currentIndex().row();
  const int next = now < 0 ? (by > 0 ? 0 : count - 1) : std::clamp(now + by, 0, count - 1);
  go_to(next);
}

void FlowPanel::step_finding(int by) {
  const int count = filter_->rowCount();
  const int now = table_->currentIndex().row();
  for (int i = 1; i <= count; ++i) {
    const int row = ((now < 0 && by < 0 ? count : now) + by * i + count * 2) % count;
    const auto flow = static_cast<std::size_t>(filter_->index(row, 0).data(FlowModel::FlowRole).toInt());
    const scenarios::FlowRun& run = session_.result()->run.flows[flow];
    const EdgeClass word = class_of(telling_outcome(run.result));
    if (word != EdgeClass::Bypassed && word != EdgeClass::Open && word != EdgeClass::Unknown &&
        run.expectations.failed.empty())
      continue;
    return go_to(row);
  }
}

QString FlowPanel::csv(bool only_selection) const {
  const auto quoted = [](QString text) {
    if (text.contains(',') || text.contains('"') || text.contains('\n'))
      text = '"' + text.replace('"', QStringLiteral("\"\"")) + '"';
    return text;
  };
  QString out;
  QStringList line;
  for (int c = 0; c < FlowModel::ColumnCount; ++c)
    line << quoted(filter_->headerData(c, Qt::Horizontal, Qt::DisplayRole).toString());
  out += line.join(',') + '\n';
  for (int r = 0; r < filter_->rowCount(); ++r) {
    if (only_selection && !table_->selectionModel()->isRowSelected(r)) continue;
    line.clear();
    for (int c = 0; c < FlowModel::ColumnCount; ++c)
      line << quoted(filter_->index(r, c).data(Qt::AccessibleTextRole).toString());
    out += line.join(',') + '\n';
  }
  return out;
}

}  // namespace meshsim::viz
