#include "viz/panels/edit_dialogs.h"

#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QHeaderView>
#include <QPushButton>
#include <QVBoxLayout>

#include "scenarios/read/object_name.h"

namespace meshsim::viz {

using scenarios::Edit;

namespace {

QString yaml_of(const Analysis& analysis, const std::string& key) {
  for (const models::Object& object : analysis.loaded().scenario.objects)
    if (object.ref().text() == key) return QString::fromStdString(scenarios::scenario_yaml(object.root));
  return {};
}

QString fresh_policy(const QString& ns) {
  return QStringLiteral(
             "apiVersion: security.istio.io/v1\n"
             "kind: AuthorizationPolicy\n"
             "metadata:\n"
             "  name: new-policy\n"
             "  namespace: %1\n"
             "spec:\n"
             "  action: ALLOW\n"
             "  rules:\n"
             "  - to:\n"
             "    - operation:\n"
             "        methods: [GET]\n")
      .arg(ns);
}

}  // namespace

PolicyDialog::PolicyDialog(Session& session, const QString& key, const QString& ns, QWidget* parent)
    : QDialog(parent), session_(session), text_(new QPlainTextEdit(this)), problem_(new QLabel(this)) {
  setObjectName(QStringLiteral("policyDialog"));
  setWindowTitle(key.isEmpty() ? tr("New policy") : tr("Edit %1").arg(key));
  text_->setObjectName(QStringLiteral("policyText"));
  text_->setAccessibleName(tr("The policy as YAML"));
  text_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  text_->setTabChangesFocus(true);
  text_->setPlainText(key.isEmpty() ? fresh_policy(ns) : yaml_of(*session.result(), key.toStdString()));
  problem_->setWordWrap(true);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Apply | QDialogButtonBox::Cancel, this);
  connect(buttons->button(QDialogButtonBox::Apply), &QPushButton::clicked, this, &PolicyDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  buttons->button(QDialogButtonBox::Apply)->setDefault(true);
  auto* box = new QVBoxLayout(this);
  box->addWidget(new QLabel(tr("The change is made to the scenario in the window; files stay as they are."), this));
  box->addWidget(text_, 1);
  box->addWidget(problem_);
  box->addWidget(buttons);
  resize(96 * fontMetrics().averageCharWidth(), 34 * fontMetrics().height());
}

void PolicyDialog::accept() {
  const scenarios::TypedText typed = scenarios::read_typed(text_->toPlainText().toStdString(), "policy");
  if (typed.tree == nullptr) return problem_->setText(tr("\u2715 %1").arg(QString::fromStdString(typed.problem)));
  const models::Node root = typed.tree->root();
  if (!root["kind"].is_string() || !root["apiVersion"].is_string() || !root["metadata"]["name"].is_string())
    return problem_->setText(tr("\u2715 An object needs apiVersion, kind and metadata.name."));
  Edit edit;
  edit.kind = Edit::Kind::Policy;
  edit.tree = typed.tree;
  session_.apply(edit);
  QDialog::accept();
}

LabelDialog::LabelDialog(Session& session, const QString& object, QWidget* parent)
    : QDialog(parent), session_(session), object_(object.toStdString()), table_(new QTableWidget(this)) {
  setObjectName(QStringLiteral("labelDialog"));
  setWindowTitle(tr("Labels of %1").arg(object));
  const auto name = scenarios::parse_object_name(object_);
  for (const models::Object& one : session.result()->loaded().scenario.objects)
    if (name && scenarios::matches(*name, one)) {
      for (const auto& [key, value] : one.labels) before_.emplace(key, value);
      for (const models::Node label : one.spec()["template"]["metadata"]["labels"])
        before_.emplace(std::string(label.key()), std::string(label.text()));
    }
  table_->setObjectName(QStringLiteral("labels"));
  table_->setAccessibleName(tr("Labels"));
  table_->setColumnCount(2);
  table_->setHorizontalHeaderLabels({tr("Label"), tr("Value")});
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  table_->setRowCount(static_cast<int>(before_.size()) + 2);
  int row = 0;
  for (const auto& [key, value] : before_) {
    table_->setItem(row, 0, new QTableWidgetItem(QString::fromStdString(key)));
    table_->setItem(row++, 1, new QTableWidgetItem(QString::fromStdString(value)));
  }
  for (; row < table_->rowCount(); ++row)
    for (int c : {0, 1}) table_->setItem(row, c, new QTableWidgetItem);
  table_->horizontalHeader()->setStretchLastSection(true);
  table_->setColumnWidth(0, 40 * fontMetrics().averageCharWidth());
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Apply | QDialogButtonBox::Cancel, this);
  connect(buttons->button(QDialogButtonBox::Apply), &QPushButton::clicked, this, &LabelDialog::accept);
  buttons->button(QDialogButtonBox::Apply)->setDefault(true);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* box = new QVBoxLayout(this);
  box->addWidget(new QLabel(
      tr("As kubectl label would set them, pod template included. Clear a name to remove the label."), this));
  box->addWidget(table_, 1);
  box->addWidget(buttons);
  resize(80 * fontMetrics().averageCharWidth(), 24 * fontMetrics().height());
}

void LabelDialog::accept() {
  std::map<std::string, std::string> now;
  for (int row = 0; row < table_->rowCount(); ++row) {
    const QString key = table_->item(row, 0) == nullptr ? QString() : table_->item(row, 0)->text().trimmed();
    if (key.isEmpty()) continue;
    now[key.toStdString()] =
        table_->item(row, 1) == nullptr ? "" : table_->item(row, 1)->text().trimmed().toStdString();
  }
  Edit edit;
  edit.kind = Edit::Kind::Labels;
  edit.object = object_;
  for (const auto& [key, value] : now)
    if (const auto it = before_.find(key); it == before_.end() || it->second != value) edit.set[key] = value;
  for (const auto& [key, value] : before_)
    if (!now.contains(key)) edit.set[key] = std::nullopt;
  if (!edit.set.empty()) session_.apply(edit);
  QDialog::accept();
}

}  // namespace meshsim::viz
