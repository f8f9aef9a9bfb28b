#include "viz/panels/source_panel.h"

#include <QFile>
#include <QFontDatabase>
#include <QTextBlock>
#include <QVBoxLayout>

#include "viz/look/theme.h"

namespace meshsim::viz {

namespace {
constexpr qint64 kMostBytes = 4 << 20;
}

SourcePanel::SourcePanel(QWidget* parent) : QWidget(parent), name_(new QLabel(this)), text_(new QPlainTextEdit(this)) {
  text_->setObjectName(QStringLiteral("source"));
  text_->setAccessibleName(tr("Manifest"));
  text_->setReadOnly(true);
  text_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  text_->setLineWrapMode(QPlainTextEdit::NoWrap);
  text_->setPlaceholderText(tr("Follow a link such as policies.yaml:12, or open a finding, to see the place here."));
  name_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(6, 6, 6, 6);
  box->addWidget(name_);
  box->addWidget(text_);
  name_->hide();
}

void SourcePanel::show_place(const QString& file, int line) {
  name_->show();
  QFile input(file);
  if (file.isEmpty() || !input.open(QIODevice::ReadOnly)) {
    name_->setText(file.isEmpty() ? tr("This was made in the window; it stands in no file yet.")
                                  : tr("%1 cannot be read: %2").arg(file, input.errorString()));
    text_->clear();
    return;
  }
  name_->setText(line > 0 ? QStringLiteral("%1:%2").arg(file).arg(line) : file);
  text_->setPlainText(QString::fromUtf8(input.read(kMostBytes)));
  if (line <= 0) return;
  QTextCursor cursor(text_->document()->findBlockByNumber(line - 1));
  text_->setTextCursor(cursor);
  text_->centerCursor();
  QTextEdit::ExtraSelection mark;
  mark.cursor = cursor;
  mark.format.setBackground(theme().tint(theme().accent, 0.22));
  mark.format.setProperty(QTextFormat::FullWidthSelection, true);
  text_->setExtraSelections({mark});
}

}  // namespace meshsim::viz
