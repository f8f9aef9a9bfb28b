#pragma once
// FlowModel: the flows of a result as rows, each under its worst outcome. FlowFilter: the rows that a filter text and
// the selection leave.
#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <set>

#include "viz/graph/filter.h"
#include "viz/session/analysis.h"

namespace meshsim::viz {

class FlowModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Verdict, Name, From, To, Request, Path, Transport, Policies, Expected, ColumnCount };
  enum Role { SortRole = Qt::UserRole + 1, FlowRole };
  using QAbstractTableModel::QAbstractTableModel;
  void set_result(Result result);
  const Result& result() const { return result_; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString text(int row, int column) const;
  Result result_;
};

class FlowFilter : public QSortFilterProxyModel {
  Q_OBJECT
 public:
  explicit FlowFilter(QObject* parent = nullptr);
  QString set_text(const QString& text);  // what is wrong with it, or empty
  void set_only(std::optional<std::set<std::size_t>> flows);
  bool restricted() const { return only_.has_value(); }

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

 private:
  Filter filter_;
  std::optional<std::set<std::size_t>> only_;
};

// The outcome that stands for a flow: the most alarming one.
const models::Outcome& telling_outcome(const models::FlowResult& result);

}  // namespace meshsim::viz
