#pragma once
// WordDelegate: a row with a name on its left and a word about it on its right: a mode, a status, a key. The name comes
// first: where both do not fit, the word shrinks to its glyph or goes, and only then the name is cut in its middle.
#include <QStyledItemDelegate>

namespace meshsim::viz {

class WordDelegate : public QStyledItemDelegate {
 public:
  // The word is the text of the column behind the name, or data of `role` where one is given.
  explicit WordDelegate(QObject* parent, int role = -1) : QStyledItemDelegate(parent), role_(role) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  // The word as it fits beside a name of this width.
  static QString fitting(const QFontMetrics& metrics, const QString& word, int name, int room);

 private:
  int role_;
};

}  // namespace meshsim::viz
