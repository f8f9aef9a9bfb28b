#pragma once
// EmptyNote: what a list says while it has no rows, in its middle.
#include <QAbstractItemView>
#include <QEvent>
#include <QLabel>

namespace meshsim::viz {

class EmptyNote : public QLabel {
 public:
  EmptyNote(QAbstractItemView* view, const QString& text) : QLabel(text, view->viewport()), view_(view) {
    setAlignment(Qt::AlignCenter);
    setWordWrap(true);
    setForegroundRole(QPalette::PlaceholderText);
    setAttribute(Qt::WA_TransparentForMouseEvents);
    view->viewport()->installEventFilter(this);
    const QAbstractItemModel* model = view->model();
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
      connect(model, signal, this, [this] { refresh(); });
    connect(model, &QAbstractItemModel::modelReset, this, [this] { refresh(); });
    connect(model, &QAbstractItemModel::layoutChanged, this, [this] { refresh(); });
    refresh();
  }
  void say(const QString& text) {
    setText(text);
    refresh();
  }

 protected:
  bool eventFilter(QObject*, QEvent* event) override {
    if (event->type() == QEvent::Resize) refresh();
    return false;
  }

 private:
  void refresh() {
    setGeometry(view_->viewport()->rect().adjusted(12, 6, -12, -6));
    setVisible(!text().isEmpty() && view_->model()->rowCount() == 0);
  }
  QAbstractItemView* view_;
};

}  // namespace meshsim::viz
