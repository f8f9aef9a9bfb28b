#include "viz/app/start_page.h"

#include <QDir>
#include <QFileInfo>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>

#include "viz/app/preferences.h"

namespace meshsim::viz {

StartPage::StartPage(QWidget* parent)
    : QWidget(parent), recent_(new QListWidget(this)), shipped_(new QTreeWidget(this)) {
  setObjectName(QStringLiteral("startPage"));
  auto* title = new QLabel(QStringLiteral("meshsim"), this);
  QFont big = title->font();
  big.setPointSizeF(big.pointSizeF() * 2);
  big.setBold(true);
  title->setFont(big);
  auto* words =
      new QLabel(tr("Which way does a request go, which policies are enforced where, and which are silently not? "
                    "Open a scenario, or a folder with the manifests of your mesh."),
                 this);
  words->setWordWrap(true);
  auto* file = new QPushButton(pictogram("open"), tr("Open a &scenario\u2026"), this);
  auto* folder = new QPushButton(pictogram("open"), tr("Open a f&older of manifests\u2026"), this);
  file->setObjectName(QStringLiteral("openScenario"));
  folder->setObjectName(QStringLiteral("openFolder"));
  auto* buttons = new QHBoxLayout;
  buttons->addWidget(file);
  buttons->addWidget(folder);
  buttons->addStretch(1);
  const auto heading = [this](const QString& text) {
    auto* label = new QLabel(text, this);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    return label;
  };
  recent_->setObjectName(QStringLiteral("recent"));
  recent_->setAccessibleName(tr("Recent files"));
  shipped_->setObjectName(QStringLiteral("shipped"));
  shipped_->setAccessibleName(tr("Scenarios that come with meshsim"));
  shipped_->setHeaderHidden(true);
  shipped_->setColumnCount(2);
  shipped_->setRootIsDecorated(true);
  shipped_->setUniformRowHeights(true);
  shipped_->setIndentation(14);
  recent_->setSpacing(3);
  auto* inner = new QWidget(this);
  inner->setMaximumWidth(1500);
  auto* grid = new QGridLayout(inner);
  grid->setSpacing(10);
  grid->addWidget(title, 0, 0, 1, 2);
  grid->addWidget(words, 1, 0, 1, 2);
  grid->addLayout(buttons, 2, 0, 1, 2);
  grid->setRowMinimumHeight(3, 10);
  grid->addWidget(heading(tr("Recent")), 4, 0);
  grid->addWidget(heading(tr("Scenarios that come with meshsim")), 4, 1);
  grid->addWidget(recent_, 5, 0);
  grid->addWidget(shipped_, 5, 1);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 2);
  auto* outer = new QHBoxLayout(this);
  outer->setContentsMargins(36, 28, 36, 28);
  outer->addStretch(1);
  outer->addWidget(inner, 12);
  outer->addStretch(1);
  connect(file, &QPushButton::clicked, this, &StartPage::choose_file);
  connect(folder, &QPushButton::clicked, this, &StartPage::choose_folder);
  connect(recent_, &QListWidget::itemActivated, this,
          [this](QListWidgetItem* item) { emit open_wanted({item->data(Qt::UserRole).toString()}); });
  connect(shipped_, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) {
    if (const QString path = item->data(0, Qt::UserRole).toString(); !path.isEmpty()) emit open_wanted({path});
  });
  refresh();
}

void StartPage::refresh() {
  recent_->clear();
  for (const QString& path : recent_files()) {
    const QFileInfo info(path);
    // Most scenarios are called scenario.yaml: their folder tells them apart.
    const QString name = info.isDir() ? info.fileName() : info.dir().dirName() + '/' + info.fileName();
    auto* item = new QListWidgetItem(name, recent_);
    item->setData(Qt::UserRole, path);
    item->setToolTip(path);
    if (!info.exists()) {
      item->setText(tr("%1 (gone)").arg(name));
      item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
    }
  }
  if (recent_->count() == 0) {
    auto* item = new QListWidgetItem(tr("Nothing yet. Files that you open are listed here."), recent_);
    item->setFlags(Qt::NoItemFlags);
  }
  shipped_->clear();
  QTreeWidgetItem* topic = nullptr;
  for (const ShippedScenario& one : shipped_scenarios()) {
    if (topic == nullptr || topic->text(0) != one.topic) {
      topic = new QTreeWidgetItem(shipped_, {one.topic});
      QFont bold = topic->font(0);
      bold.setBold(true);
      topic->setFont(0, bold);
    }
    auto* item = new QTreeWidgetItem(topic, {one.name, one.description});
    item->setData(0, Qt::UserRole, one.path);
    item->setToolTip(0, one.name + '\n' + one.path);
    item->setToolTip(1, one.description);
    item->setForeground(1, theme().dim);
  }
  shipped_->expandAll();
  shipped_->resizeColumnToContents(0);
  shipped_->setColumnWidth(0, std::min(shipped_->columnWidth(0) + 12, 46 * shipped_->fontMetrics().averageCharWidth()));
}

}  // namespace meshsim::viz
