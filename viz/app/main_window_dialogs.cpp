// The dialogs of the main window. Menus open them by what they do, --view takes pictures of them by their names.
#include <QApplication>
#include <QDialogButtonBox>
#include <QMenu>
#include <QMenuBar>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "viz/app/main_window.h"
#include "viz/app/palette_dialog.h"
#include "viz/look/theme.h"
#include "viz/panels/edit_dialogs.h"
#include "viz/panels/explorer.h"
#include "viz/panels/timeline_panel.h"

namespace meshsim::viz {

namespace {

template <class Dialog>
Dialog* opened(Dialog* dialog) {
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->open();
  return dialog;
}

}  // namespace

QDialog* MainWindow::edit_policy(const QString& key, const QString& ns) {
  return session_.result() == nullptr ? nullptr : opened(new PolicyDialog(session_, key, ns, this));
}

QDialog* MainWindow::edit_labels(const QString& object) { return opened(new LabelDialog(session_, object, this)); }

QDialog* MainWindow::open_run_until() { return opened(new RunUntilDialog(session_, *timeline_, this)); }

// Every command, and the modes of the namespaces: what a person types most.
QDialog* MainWindow::open_palette() {
  QList<QAction*> all = commands_;
  auto* owner = new QObject(this);
  if (session_.result() != nullptr)
    for (const auto& [name, info] : session_.result()->mesh().namespaces)
      for (const char* mode : {"ambient", "sidecar", "none"}) {
        scenarios::Edit edit;
        edit.kind = scenarios::Edit::Kind::Mode;
        edit.object = "namespace/" + name;
        edit.value = mode;
        edit.revision = session_.result()->mesh().settings.revision;
        auto* made = new QAction(QString::fromStdString(edit.text()), owner);
        connect(made, &QAction::triggered, this, [this, edit] { session_.apply(edit); });
        all << made;
      }
  auto* dialog = new PaletteDialog(all, this);
  owner->setParent(dialog);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->open();
  return dialog;
}

QDialog* MainWindow::open_shortcuts() {
  auto* dialog = new QDialog(this);
  dialog->setObjectName(QStringLiteral("shortcutList"));
  dialog->setWindowTitle(tr("Keyboard shortcuts"));
  auto* text = new QTextBrowser(dialog);
  text->setObjectName(QStringLiteral("shortcutText"));
  text->setAccessibleName(tr("Keyboard shortcuts"));
  text->document()->setDocumentMargin(12);
  QList<QMenu*> menus;
  for (QAction* one : menuBar()->actions()) menus << one->menu();
  text->setHtml(shortcut_table(menus));
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
  connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
  auto* box = new QVBoxLayout(dialog);
  box->addWidget(text);
  box->addWidget(buttons);
  const int em = fontMetrics().height();
  dialog->resize(48 * em, std::min(44 * em, height() - 2 * em));
  return opened(dialog);
}

QMessageBox* MainWindow::open_about() {
  auto* box = new QMessageBox(
      QMessageBox::NoIcon, tr("About meshsim"),
      QStringLiteral(
          "<p style='font-size:large;font-weight:600'>meshsim %1</p><p>%2</p><p>%3</p><p style='color:%4'>%5</p>")
          .arg(QApplication::applicationVersion().toHtmlEscaped(),
               tr("Simulates Istio and OpenShift Service Mesh with sidecar and ambient workloads side by side: which "
                  "way "
                  "a request goes, which policies are enforced where, and which are silently not."),
               tr("Source under Apache-2.0. This program is linked with Qt Charts and as a whole under GPL-3.0."),
               theme().dim.name(), tr("Qt %1").arg(QString::fromLatin1(qVersion()))),
      QMessageBox::Close, this);
  box->setObjectName(QStringLiteral("about"));
  box->setTextFormat(Qt::RichText);
  return opened(box);
}

QMessageBox* MainWindow::ask_to_save() {
  auto* box =
      new QMessageBox(QMessageBox::Question, tr("Unsaved changes"), tr("The scenario was changed. Save it first?"),
                      QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
  box->setObjectName(QStringLiteral("unsaved"));
  box->setDefaultButton(QMessageBox::Save);
  return box;
}

QStringList MainWindow::dialog_names() const {
  QStringList out{
      QStringLiteral("dialog-policy"), QStringLiteral("dialog-new-policy"), QStringLiteral("dialog-labels"),
      QStringLiteral("dialog-until"),  QStringLiteral("dialog-commands"),   QStringLiteral("dialog-shortcuts"),
      QStringLiteral("dialog-about"),  QStringLiteral("dialog-unsaved"),    QStringLiteral("menu-object")};
  for (QAction* one : menuBar()->actions()) out << one->menu()->objectName();
  return out;
}

QWidget* MainWindow::dialog(const QString& name) {
  for (QAction* one : menuBar()->actions())
    if (one->menu()->objectName() == name) return one->menu();
  if (name == QLatin1String("dialog-commands")) return open_palette();
  if (name == QLatin1String("dialog-shortcuts")) return open_shortcuts();
  if (name == QLatin1String("dialog-about")) return open_about();
  if (name == QLatin1String("dialog-unsaved")) return opened(ask_to_save());
  if (name == QLatin1String("dialog-until")) return open_run_until();
  if (session_.result() == nullptr) return nullptr;
  // Of what is selected; else of the first there is.
  const auto& policies = session_.result()->summary.policies;
  const Selection& s = session_.selection();
  const bool policy = s.kind == Selection::Kind::Policy;
  const std::string key = policy ? s.key : policies.empty() ? std::string() : policies.front().policy.text();
  if (name == QLatin1String("dialog-policy"))
    return edit_policy(QString::fromStdString(key), QStringLiteral("default"));
  if (name == QLatin1String("dialog-new-policy")) return edit_policy({}, QStringLiteral("default"));
  const auto& graph = session_.picture()->graph;
  std::string node = s.kind == Selection::Kind::Node ? s.key : std::string();
  for (const GraphNode& one : graph.nodes)
    if (node.empty() && one.kind == NodeKind::Workload) node = one.id;
  if (name == QLatin1String("menu-object")) return explorer_->menu_for(QString::fromStdString(node), this);
  if (name == QLatin1String("dialog-labels"))
    return edit_labels(QString::fromStdString(object_of(*session_.result(), graph, node)));
  return nullptr;
}

}  // namespace meshsim::viz
