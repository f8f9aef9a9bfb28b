#include "viz/panels/filter_edit.h"

#include <QKeyEvent>
#include <QPainter>

#include "viz/graph/filter.h"
#include "viz/look/theme.h"

namespace meshsim::viz {

FilterEdit::FilterEdit(QWidget* parent) : QLineEdit(parent) {
  setClearButtonEnabled(true);
  QPixmap sign(32, 32);
  sign.fill(Qt::transparent);
  QPainter painter(&sign);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(QColor(0xd5, 0x5e, 0x00), 3));
  painter.drawPolygon(QPolygonF({{16, 4}, {29, 27}, {3, 27}}));
  painter.drawLine(16, 12, 16, 19);
  painter.drawPoint(16, 23);
  painter.end();
  sign_ = new QAction(QIcon(sign), tr("Not understood"), this);
  plain_tip_ =
      tr("For example: namespace = shop, mode = ambient, bypassed, policy contains viewer. OR binds tighter than "
         "AND, as in Kiali; parentheses work. Tab completes.");
  setToolTip(plain_tip_);
}

void FilterEdit::show_problem(const QString& problem) {
  if (problem == problem_) return;
  problem_ = problem;
  if (problem.isEmpty()) {
    removeAction(sign_);
  } else if (!actions().contains(sign_)) {
    addAction(sign_, QLineEdit::TrailingPosition);
  }
  sign_->setToolTip(problem);
  setToolTip(problem.isEmpty() ? plain_tip_ : problem);
  setAccessibleDescription(problem.isEmpty() ? plain_tip_ : tr("Not understood: %1").arg(problem));
}

bool FilterEdit::complete() {
  const QString before = text().left(cursorPosition());
  qsizetype start = before.size();
  while (start > 0 && (before[start - 1].isLetterOrNumber() || before[start - 1] == ':')) --start;
  const QString word = before.mid(start);
  if (word.isEmpty()) return false;
  QStringList fits;
  for (const auto* list : {&filter_fields(), &filter_words()})
    for (const std::string& one : *list)
      if (QString::fromStdString(one).startsWith(word, Qt::CaseInsensitive)) fits << QString::fromStdString(one);
  if (fits.isEmpty()) return false;
  QString common = fits.first();
  for (const QString& one : fits)
    while (!one.startsWith(common)) common.chop(1);
  if (common.size() <= word.size() && fits.size() > 1) return true;
  setSelection(static_cast<int>(start), static_cast<int>(word.size()));
  insert(fits.size() == 1 ? common + ' ' : common);
  return true;
}

bool FilterEdit::event(QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Tab && key->modifiers() == Qt::NoModifier && complete()) return true;
    if (key->key() == Qt::Key_Escape && !text().isEmpty()) {
      clear();
      return true;
    }
  }
  return QLineEdit::event(event);
}

}  // namespace meshsim::viz
