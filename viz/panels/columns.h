#pragma once
// ShareColumns: the columns of a tree share its width, as long as nobody drags them.
#include <QApplication>
#include <QEvent>
#include <QHeaderView>
#include <QTreeView>
#include <algorithm>
#include <vector>

namespace meshsim::viz {

class ShareColumns : public QObject {
 public:
  // In percent; the last column takes what is left. Never narrower together than `least` letters.
  ShareColumns(QTreeView* tree, std::vector<int> percent, int least)
      : QObject(tree), tree_(tree), percent_(std::move(percent)), least_(least) {
    tree->viewport()->installEventFilter(this);
    connect(tree->header(), &QHeaderView::sectionResized, this,
            [this] { dragged_ = dragged_ || QApplication::mouseButtons() != Qt::NoButton; });
  }

 protected:
  bool eventFilter(QObject*, QEvent* event) override {
    if (event->type() != QEvent::Resize || dragged_) return false;
    const int room = std::max(tree_->viewport()->width(), least_ * tree_->fontMetrics().averageCharWidth());
    for (std::size_t c = 0; c < percent_.size(); ++c)
      tree_->setColumnWidth(static_cast<int>(c), room * percent_[c] / 100);
    return false;
  }

 private:
  QTreeView* tree_;
  std::vector<int> percent_;
  int least_;
  bool dragged_ = false;
};

}  // namespace meshsim::viz
