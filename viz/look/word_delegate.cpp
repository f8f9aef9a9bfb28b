#include "viz/look/word_delegate.h"

#include <QApplication>
#include <QPainter>

#include "viz/look/theme.h"

namespace meshsim::viz {

namespace {
constexpr int kGap = 10;
}

QString WordDelegate::fitting(const QFontMetrics& metrics, const QString& word, int name, int room) {
  if (word.isEmpty() || name + kGap + metrics.horizontalAdvance(word) <= room) return word;
  // A glyph is the news in short, and is worth letters of the name.
  return word[0].isLetterOrNumber() ? QString() : QString(word[0]);
}

void WordDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyleOptionViewItem row = option;
  initStyleOption(&row, index);
  const QStyle* style = row.widget == nullptr ? QApplication::style() : row.widget->style();
  const QModelIndex beside = index.siblingAtColumn(index.column() + 1);
  const QVariant word = role_ >= 0 ? index.data(role_) : beside.data(Qt::DisplayRole);
  const QVariant ink = role_ >= 0 ? QVariant() : beside.data(Qt::ForegroundRole);
  const QRect text = style->subElementRect(QStyle::SE_ItemViewItemText, &row, row.widget).adjusted(4, 0, -4, 0);
  const QString shown =
      fitting(row.fontMetrics, word.toString(), row.fontMetrics.horizontalAdvance(row.text), text.width());
  const int taken = shown.isEmpty() ? 0 : row.fontMetrics.horizontalAdvance(shown) + kGap;
  row.text = row.fontMetrics.elidedText(row.text, Qt::ElideMiddle, text.width() - taken);
  style->drawControl(QStyle::CE_ItemViewItem, &row, painter, row.widget);
  if (shown.isEmpty()) return;
  painter->save();
  painter->setFont(row.font);
  const bool selected = (row.state & QStyle::State_Selected) != 0;
  painter->setPen(selected ? row.palette.color(QPalette::HighlightedText)
                           : (ink.canConvert<QBrush>() ? ink.value<QBrush>().color() : theme().dim));
  painter->drawText(text, Qt::AlignRight | Qt::AlignVCenter, shown);
  painter->restore();
}

QSize WordDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QSize size = QStyledItemDelegate::sizeHint(option, index);
  size.setHeight(std::max(size.height(), option.fontMetrics.height() * 3 / 2));
  return size;
}

}  // namespace meshsim::viz
