#include "viz/panels/flow_model.h"

#include <QFont>
#include <algorithm>

#include "viz/graph/facts.h"
#include "viz/look/theme.h"

namespace meshsim::viz {

using models::Outcome;
using models::PolicyFinding;
using models::PolicyStatus;

namespace {

QString q(std::string_view s) { return QString::fromUtf8(s.data(), static_cast<qsizetype>(s.size())); }

// Most alarming first: what got through although it should not leads.
int rank(EdgeClass word) {
  switch (word) {
    case EdgeClass::Bypassed:
      return 0;
    case EdgeClass::Open:
      return 1;
    case EdgeClass::Unknown:
      return 2;
    case EdgeClass::Failed:
      return 3;
    case EdgeClass::Denied:
      return 4;
    case EdgeClass::Allowed:
      return 5;
    case EdgeClass::Enforced:
      return 6;
    case EdgeClass::Structure:
      break;
  }
  return 7;
}

}  // namespace

const Outcome& telling_outcome(const models::FlowResult& result) {
  const auto it =
      std::min_element(result.outcomes.begin(), result.outcomes.end(),
                       [](const Outcome& a, const Outcome& b) { return rank(class_of(a)) < rank(class_of(b)); });
  return *it;
}

void FlowModel::set_result(Result result) {
  beginResetModel();
  result_ = std::move(result);
  endResetModel();
}

int FlowModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || result_ == nullptr ? 0 : static_cast<int>(result_->run.flows.size());
}

int FlowModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString FlowModel::text(int row, int column) const {
  const scenarios::FlowRun& run = result_->run.flows[static_cast<std::size_t>(row)];
  const Outcome& o = telling_outcome(run.result);
  switch (column) {
    case Verdict: {
      QString out = q(to_string(o.verdict));
      if (class_of(o) == EdgeClass::Bypassed) out += tr(", bypassed");
      if (class_of(o) == EdgeClass::Open) out += tr(", open");
      if (o.http_status && *o.http_status != 200) out += QStringLiteral(" %1").arg(*o.http_status);
      double share = 0;
      for (const Outcome& other : run.result.outcomes)
        if (class_of(other) == class_of(o) && other.http_status == o.http_status) share += other.probability;
      if (share < 0.9995) out += QStringLiteral(" (%1 %)").arg(share * 100, 0, 'g', 3);
      return out;
    }
    case Name:
      return QString::fromStdString(run.result.flow.name);
    case From:
      return QString::fromStdString(client_text(run.result.flow));
    case To:
      return QString::fromStdString(destination_text(run.result.flow));
    case Request:
      return QString::fromStdString(request_text(run.result.flow));
    case Path:
      return QString::fromStdString(path_text(o));
    case Transport:
      return o.transport ? q(to_string(*o.transport)) : QString();
    case Policies: {
      QStringList out;
      for (const PolicyStatus status : {PolicyStatus::Bypassed, PolicyStatus::Open, PolicyStatus::DeniesAll,
                                        PolicyStatus::NotEvaluated, PolicyStatus::Enforced, PolicyStatus::DryRun})
        for (const PolicyFinding& f : o.policies)
          if (f.status == status) out << glyph(status) + ' ' + QString::fromStdString(f.policy.name);
      return out.join(QStringLiteral("  "));
    }
    case Expected:
      if (!run.expectations.stated) return {};
      return run.expectations.failed.empty()
                 ? tr("as expected")
                 : tr("%n differ(s)", nullptr, static_cast<int>(run.expectations.failed.size()));
    default:
      return {};
  }
}

QVariant FlowModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || result_ == nullptr || index.row() >= rowCount()) return {};
  const scenarios::FlowRun& run = result_->run.flows[static_cast<std::size_t>(index.row())];
  const Outcome& o = telling_outcome(run.result);
  const EdgeClass word = class_of(o);
  switch (role) {
    case Qt::DisplayRole:
      return index.column() == Verdict ? glyph(word) + ' ' + text(index.row(), Verdict)
                                       : text(index.row(), index.column());
    case Qt::AccessibleTextRole:
      return text(index.row(), index.column());
    case Qt::ToolTipRole: {
      QString out = text(index.row(), Name) + '\n' + text(index.row(), Verdict) + '\n' + text(index.row(), Path);
      for (const PolicyFinding& f : o.policies)
        if (f.status == PolicyStatus::Bypassed || f.status == PolicyStatus::Open)
          out += QStringLiteral("\n%1: %2").arg(QString::fromStdString(f.policy.text()), QString::fromStdString(f.why));
      const QString source = QString::fromStdString(run.result.flow.source.text());
      return source.isEmpty() ? out : out + '\n' + source;
    }
    case Qt::ForegroundRole:
      if (index.column() == Verdict) return theme().colour(word);
      if (index.column() == Expected && !run.expectations.failed.empty()) return theme().bypassed;
      return {};
    case Qt::FontRole:
      if (index.column() == Verdict || (index.column() == Name && result_->changed(run.result.flow.name))) {
        QFont bold;
        bold.setBold(true);
        return bold;
      }
      return {};
    case SortRole:
      if (index.column() == Verdict) return rank(word);
      return text(index.row(), index.column());
    case FlowRole:
      return index.row();
    default:
      return {};
  }
}

QVariant FlowModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
    return QAbstractTableModel::headerData(section, orientation, role);
  switch (section) {
    case Verdict:
      return tr("Verdict");
    case Name:
      return tr("Flow");
    case From:
      return tr("From");
    case To:
      return tr("To");
    case Request:
      return tr("Request");
    case Path:
      return tr("Path");
    case Transport:
      return tr("Transport");
    case Policies:
      return tr("Policies");
    case Expected:
      return tr("Expected");
    default:
      return {};
  }
}

FlowFilter::FlowFilter(QObject* parent) : QSortFilterProxyModel(parent) {
  setSortRole(FlowModel::SortRole);
  setDynamicSortFilter(true);
}

QString FlowFilter::set_text(const QString& text) {
  Filter parsed = Filter::parse(text.toStdString());
  if (!parsed.problem().empty()) return QString::fromStdString(parsed.problem());
  filter_ = std::move(parsed);
  invalidateFilter();
  return {};
}

void FlowFilter::set_only(std::optional<std::set<std::size_t>> flows) {
  only_ = std::move(flows);
  invalidateFilter();
}

bool FlowFilter::filterAcceptsRow(int row, const QModelIndex&) const {
  const auto* model = static_cast<const FlowModel*>(sourceModel());
  const auto flow = static_cast<std::size_t>(row);
  if (only_ && !only_->contains(flow)) return false;
  return !filter_.active() || filter_.matches(flow_facts(*model->result(), flow));
}

}  // namespace meshsim::viz
