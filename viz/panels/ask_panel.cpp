#include "viz/panels/ask_panel.h"

#include <QCompleter>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "scenarios/explore/question.h"
#include "viz/graph/facts.h"
#include "viz/look/theme.h"
#include "viz/panels/flow_model.h"

namespace meshsim::viz {

namespace {

QComboBox* editable(const QString& name, const QString& example) {
  auto* box = new QComboBox;
  box->setEditable(true);
  box->setInsertPolicy(QComboBox::NoInsert);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(18);
  box->setAccessibleName(name);
  box->lineEdit()->setPlaceholderText(example);
  box->completer()->setFilterMode(Qt::MatchContains);
  box->completer()->setCompletionMode(QCompleter::PopupCompletion);
  return box;
}

}  // namespace

AskPanel::AskPanel(Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      from_(editable(tr("From"), tr("namespace/workload, or outside"))),
      to_(editable(tr("To"), tr("host:port"))),
      protocol_(new QComboBox),
      request_(new QLineEdit),
      message_(new QLabel),
      ask_(new QPushButton(tr("E&xplain"))),
      keep_(new QPushButton(tr("&Keep as a flow"))) {
  from_->setObjectName(QStringLiteral("askFrom"));
  to_->setObjectName(QStringLiteral("askTo"));
  request_->setObjectName(QStringLiteral("askRequest"));
  protocol_->addItems({"http", "http2", "grpc", "https", "tls", "tcp"});
  protocol_->setAccessibleName(tr("Protocol"));
  request_->setPlaceholderText(tr("GET /reviews/1"));
  request_->setAccessibleName(tr("Request"));
  message_->setWordWrap(true);
  message_->setObjectName(QStringLiteral("askMessage"));
  auto* box = new QVBoxLayout(this);
  auto* form = new QFormLayout;
  box->addLayout(form);
  form->addRow(tr("Fr&om"), from_);
  form->addRow(tr("&To"), to_);
  form->addRow(tr("&Protocol"), protocol_);
  form->addRow(tr("Re&quest"), request_);
  // The size hint of a label leaves out what the underline of its mnemonic adds.
  for (QLabel* label : findChildren<QLabel*>())
    if (label->buddy() != nullptr) label->setMinimumWidth(label->sizeHint().width() + 4);
  auto* buttons = new QHBoxLayout;
  buttons->addWidget(ask_);
  buttons->addWidget(keep_);
  buttons->addStretch(1);
  box->addLayout(buttons);
  box->addWidget(message_);
  box->addStretch(1);
  connect(ask_, &QPushButton::clicked, this, &AskPanel::ask);
  connect(keep_, &QPushButton::clicked, this, &AskPanel::keep);
  for (QLineEdit* line : {from_->lineEdit(), to_->lineEdit(), request_})
    connect(line, &QLineEdit::returnPressed, this, &AskPanel::ask);
  connect(&session, &Session::result_changed, this, &AskPanel::refresh);
}

void AskPanel::refresh() {
  const QString from = from_->currentText(), to = to_->currentText();
  const models::Mesh& mesh = session_.result()->mesh();
  const auto fill = [](QComboBox* box, QStringList list, const QString& text) {
    const QSignalBlocker quiet(box);
    list.sort();
    box->clear();
    box->addItems(list);
    box->setEditText(text);
  };
  QStringList clients{QStringLiteral("outside")}, hosts;
  for (const models::Workload& w : mesh.workloads)
    if (w.role == models::ProxyRole::None && !w.external) clients << QString::fromStdString(w.ns + '/' + w.name);
  for (const models::Service& s : mesh.services)
    for (const models::ServicePort& port : s.ports)
      hosts << QString::fromStdString((s.kubernetes ? s.name + '.' + s.ns : s.hostname) + ':' +
                                      std::to_string(port.port));
  clients.removeDuplicates();
  fill(from_, clients, from);
  fill(to_, hosts, to);
}

void AskPanel::set_question(const QString& from, const QString& to, const QString& request) {
  from_->setEditText(from);
  to_->setEditText(to);
  request_->setText(request);
}

void AskPanel::ask() {
  if (session_.result() == nullptr) return message_->setText(tr("Open a scenario or a folder first."));
  const scenarios::TypedText typed =
      scenarios::typed_flow(from_->currentText().toStdString(), to_->currentText().toStdString(),
                            protocol_->currentText().toStdString(), request_->text().toStdString());
  if (typed.tree == nullptr) return message_->setText(QString::fromStdString(typed.problem));
  models::Diagnostics diagnostics;
  bool broken = false;
  // A list of one, as a scenario would hold it.
  const auto flows = scenarios::flows_of_typed(typed, diagnostics, broken);
  if (broken || flows.size() != 1)
    return message_->setText(diagnostics.empty() ? tr("Not understood.")
                                                 : QString::fromStdString(diagnostics.front().message));
  scenarios::FlowRun run;
  run.result = scenarios::judge_flow(session_.result()->loaded(), flows.front().flow, true);
  const models::Outcome& o = telling_outcome(run.result);
  const EdgeClass word = class_of(o);
  message_->setText(
      QStringLiteral("<span style='color:%1;font-weight:600'>%2 %3</span> %4")
          .arg(theme().colour(word).name(), glyph(word),
               QString::fromUtf8(to_string(o.verdict).data(), static_cast<int>(to_string(o.verdict).size())) +
                   (word == EdgeClass::Bypassed ? tr(", a policy is bypassed") : QString()),
               QString::fromStdString(path_text(o)).toHtmlEscaped()));
  emit answered(run);
}

void AskPanel::keep() {
  if (session_.result() == nullptr) return;
  scenarios::TypedText typed =
      scenarios::typed_flow(from_->currentText().toStdString(), to_->currentText().toStdString(),
                            protocol_->currentText().toStdString(), request_->text().toStdString());
  if (typed.tree == nullptr) return message_->setText(QString::fromStdString(typed.problem));
  scenarios::Edit edit;
  edit.kind = scenarios::Edit::Kind::Flow;
  edit.tree = typed.tree;
  session_.apply(edit);
}

}  // namespace meshsim::viz
