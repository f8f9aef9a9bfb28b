#include "viz/app/summary_bar.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

#include "viz/look/theme.h"

namespace meshsim::viz {

using models::PolicyStatus;

SummaryBar::SummaryBar(Session& session, QWidget* parent)
    : QFrame(parent), session_(session), head_(new QLabel(this)), flows_(new QLabel(this)), row_(new QWidget(this)) {
  setObjectName(QStringLiteral("summary"));
  head_->setObjectName(QStringLiteral("headline"));
  head_->setAccessibleName(tr("Summary"));
  head_->setWordWrap(true);
  QFont font = head_->font();
  font.setPointSizeF(font.pointSizeF() * 1.25);
  font.setBold(true);
  head_->setFont(font);
  flows_->setObjectName(QStringLiteral("flowSummary"));
  flows_->setWordWrap(true);
  auto* chips = new QHBoxLayout(row_);
  chips->setContentsMargins(0, 0, 0, 0);
  chips->setSpacing(6);
  auto* below = new QHBoxLayout;
  below->setSpacing(12);
  below->addWidget(flows_, 1);
  below->addWidget(row_, 0, Qt::AlignTop);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(12, 8, 12, 8);
  box->setSpacing(4);
  box->addWidget(head_);
  box->addLayout(below);
  connect(&session, &Session::result_changed, this, &SummaryBar::refresh);
}

void SummaryBar::refresh() {
  const Analysis& a = *session_.result();
  head_->setText(a.loaded().unreadable ? tr("The input was not understood")
                                       : QString::fromStdString(a.summary.headline()));
  QStringList verdicts;
  for (const auto& [verdict, count] : a.summary.verdicts)
    verdicts << QStringLiteral("%1 %2").arg(count).arg(QString::fromUtf8(models::to_string(verdict).data()));
  QString text = tr("%n flow(s)", nullptr, static_cast<int>(a.run.flows.size()));
  if (!verdicts.isEmpty()) text += QStringLiteral(": ") + verdicts.join(QStringLiteral(", "));
  if (a.document->asked_by_meshsim()) text += tr(" (asked by meshsim: one client of every population to every port)");
  if (a.summary.stated > 0)
    text +=
        a.summary.unexpected == 0 ? tr("; all as expected") : tr("; %n not as expected", nullptr, a.summary.unexpected);
  text += tr("   profile %1").arg(QString::fromStdString(a.mesh().settings.profile.name));
  if (a.loaded().unreadable) text = tr("The findings say where, and why.");
  flows_->setText(text);
  qDeleteAll(chips_);
  chips_.clear();
  for (const PolicyStatus status :
       {PolicyStatus::Enforced, PolicyStatus::Bypassed, PolicyStatus::Open, PolicyStatus::DeniesAll}) {
    const auto it = a.summary.count.find(status);
    if (it == a.summary.count.end() || it->second == 0) continue;
    auto* chip = new QToolButton(row_);
    const QString word = QString::fromUtf8(to_string(status).data());
    chip->setText(QStringLiteral("%1 %2 %3").arg(glyph(status)).arg(it->second).arg(word));
    chip->setAccessibleName(tr("%1 policies %2").arg(it->second).arg(word));
    chip->setToolTip(tr("Find the traffic that these policies concern"));
    chip->setMinimumHeight(26);
    const QColor colour = theme().colour(status);
    chip->setStyleSheet(
        QStringLiteral("QToolButton{border:1px solid %1;border-radius:13px;padding:2px 10px;background:%2;color:%3}"
                       "QToolButton:hover,QToolButton:focus{border:2px solid %1}")
            .arg(colour.name(), theme().tint(colour, 0.16).name(), theme().text.name()));
    connect(chip, &QToolButton::clicked, this, [this, status, word] {
      emit find_wanted(status == PolicyStatus::DeniesAll ? QStringLiteral("denied") : word);
    });
    row_->layout()->addWidget(chip);
    chips_ << chip;
    chip->show();
  }
}

StaleBanner::StaleBanner(Session& session, QWidget* parent) : QFrame(parent), text_(new QLabel(this)) {
  setObjectName(QStringLiteral("stale"));
  text_->setWordWrap(true);
  text_->setAccessibleName(tr("The shown result is stale"));
  auto* box = new QHBoxLayout(this);
  box->setContentsMargins(12, 6, 12, 6);
  box->addWidget(text_);
  setAutoFillBackground(true);
  hide();
  connect(&session, &Session::stale_changed, this, [this, &session] {
    QPalette colours = palette();
    colours.setColor(QPalette::Window, theme().tint(theme().bypassed, 0.25));
    setPalette(colours);
    text_->setText(tr("! Stale: the last good result is shown. %1").arg(session.stale()));
    setVisible(!session.stale().isEmpty());
  });
}

}  // namespace meshsim::viz
