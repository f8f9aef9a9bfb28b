#include "viz/app/palette_dialog.h"

#include <QKeyEvent>
#include <QVBoxLayout>

#include "viz/look/empty_note.h"
#include "viz/look/theme.h"
#include "viz/look/word_delegate.h"

namespace meshsim::viz {

namespace {
QString plain(QString text) { return text.remove('&'); }
constexpr int kKeys = Qt::UserRole + 1;
}  // namespace

PaletteDialog::PaletteDialog(const QList<QAction*>& actions, QWidget* parent)
    : QDialog(parent), actions_(actions), line_(new QLineEdit(this)), list_(new QListWidget(this)) {
  setObjectName(QStringLiteral("palette"));
  setWindowTitle(tr("Commands"));
  line_->setPlaceholderText(tr("Type a command"));
  line_->setAccessibleName(tr("Command"));
  list_->setAccessibleName(tr("Commands"));
  list_->setFocusPolicy(Qt::NoFocus);
  auto* box = new QVBoxLayout(this);
  box->addWidget(line_);
  box->addWidget(list_);
  list_->setItemDelegate(new WordDelegate(list_, kKeys));
  list_->setUniformItemSizes(true);
  new EmptyNote(list_, tr("No command fits."));
  resize(72 * fontMetrics().averageCharWidth(), 28 * fontMetrics().height());
  line_->installEventFilter(this);
  connect(line_, &QLineEdit::textChanged, this, &PaletteDialog::refill);
  connect(line_, &QLineEdit::returnPressed, this, &PaletteDialog::run_current);
  connect(list_, &QListWidget::itemClicked, this, &PaletteDialog::run_current);
  refill();
}

void PaletteDialog::refill() {
  list_->clear();
  const QStringList words = line_->text().split(' ', Qt::SkipEmptyParts);
  for (int i = 0; i < actions_.size(); ++i) {
    QAction* action = actions_[i];
    const QString text = plain(action->text());
    if (!action->isEnabled() || text.isEmpty()) continue;
    const bool fits = std::all_of(words.begin(), words.end(),
                                  [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
    if (!fits) continue;
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    auto* item = new QListWidgetItem(text, list_);
    item->setData(Qt::UserRole, i);
    item->setData(kKeys, keys);
    item->setData(Qt::AccessibleTextRole, keys.isEmpty() ? text : text + QStringLiteral(", ") + keys);
  }
  list_->setCurrentRow(0);
}

void PaletteDialog::run_current() {
  QListWidgetItem* item = list_->currentItem();
  if (item == nullptr) return;
  QAction* action = actions_[item->data(Qt::UserRole).toInt()];
  accept();
  action->trigger();
}

bool PaletteDialog::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Down || key == Qt::Key_Up) {
      list_->setCurrentRow(std::clamp(list_->currentRow() + (key == Qt::Key_Down ? 1 : -1), 0, list_->count() - 1));
      return true;
    }
  }
  return QDialog::eventFilter(watched, event);
}

QString shortcut_table(const QList<QMenu*>& menus) {
  // Blocks go to the column that is shorter so far.
  QString columns[2];
  int filled[2] = {0, 0};
  for (const QMenu* menu : menus) {
    QString block;
    int rows = 0;
    for (const QAction* action : menu->actions()) {
      if (action->shortcut().isEmpty()) continue;
      block += QStringLiteral(
                   "<tr><td style='padding:2px 18px 2px 0;color:%1;white-space:nowrap'>%2</td><td style='padding:2px "
                   "0'>%3</td></tr>")
                   .arg(theme().accent.name(), action->shortcut().toString(QKeySequence::NativeText).toHtmlEscaped(),
                        plain(action->text()).remove(QChar(0x2026)).toHtmlEscaped());
      ++rows;
    }
    if (rows == 0) continue;
    const int to = filled[1] < filled[0] ? 1 : 0;
    filled[to] += rows + 2;
    columns[to] +=
        QStringLiteral("<p style='margin:10px 0 4px 0;font-weight:600'>%1</p><table cellspacing='0'>%2</table>")
            .arg(plain(menu->title()).toHtmlEscaped(), block);
  }
  return QStringLiteral("<table width='100%'><tr><td width='50%'>%1</td><td width='50%'>%2</td></tr></table>")
      .arg(columns[0], columns[1]);
}

}  // namespace meshsim::viz
