#pragma once
// SummaryBar: the answer first: how many policies act, and how many are silently not. Each part leads to what is behind
// it. StaleBanner: the shown result is older than the files.
#include <QFrame>
#include <QLabel>
#include <QToolButton>
#include <QVector>

#include "viz/session/session.h"

namespace meshsim::viz {

class SummaryBar : public QFrame {
  Q_OBJECT
 public:
  explicit SummaryBar(Session& session, QWidget* parent = nullptr);
  QString headline() const { return head_->text(); }
  QList<QToolButton*> chips() const { return chips_; }

 signals:
  void find_wanted(const QString& filter);

 private:
  void refresh();
  Session& session_;
  QLabel *head_, *flows_;
  QList<QToolButton*> chips_;
  QWidget* row_;
};

class StaleBanner : public QFrame {
  Q_OBJECT
 public:
  explicit StaleBanner(Session& session, QWidget* parent = nullptr);
  QString text() const { return text_->text(); }

 private:
  QLabel* text_;
};

}  // namespace meshsim::viz
