#include "viz/panels/inspector.h"

#include <QEvent>
#include <QVBoxLayout>

#include "viz/panels/explain_html.h"

namespace meshsim::viz {

Inspector::Inspector(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), text_(new QTextBrowser(this)) {
  text_->setObjectName(QStringLiteral("inspector"));
  text_->setAccessibleName(tr("Inspector"));
  text_->setOpenLinks(false);
  text_->document()->setDocumentMargin(10);
  text_->setMinimumWidth(260);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->addWidget(text_);
  history_.emplace_back();
  connect(text_, &QTextBrowser::anchorClicked, this, &Inspector::follow);
  connect(&session, &Session::result_changed, this, &Inspector::refresh);
  connect(&session, &Session::selection_changed, this, [this] {
    if (!walking_) {
      history_.resize(at_ + 1);
      history_.push_back(session_.selection());
      at_ = history_.size() - 1;
    }
    refresh();
  });
}

void Inspector::refresh() {
  const Result& result = session_.result();
  if (result == nullptr) return text_->clear();
  const Selection& s = session_.selection();
  const MeshGraph& graph = session_.picture()->graph;
  QString html;
  switch (s.kind) {
    case Selection::Kind::Nothing:
      break;
    case Selection::Kind::Flow: {
      std::size_t nth = s.nth;
      for (const scenarios::FlowRun& run : result->run.flows)
        if (run.result.flow.name == s.key && nth-- == 0) {
          html = explain_flow(*result, run, s.hop);
          break;
        }
      break;
    }
    case Selection::Kind::Node:
      if (s.key.starts_with("namespace/")) {
        html = explain_namespace(*result, s.key.substr(10));
      } else if (const auto node = graph.find(s.key)) {
        html = explain_node(*result, graph, *node);
      } else {  // inside a collapsed namespace
        const MeshGraph whole = make_graph(result->run);
        if (const auto hidden = whole.find(s.key)) html = explain_node(*result, whole, *hidden);
      }
      break;
    case Selection::Kind::Edge:
      html = explain_edge(*result, graph, s.key);
      break;
    case Selection::Kind::Policy:
      html = explain_policy(*result, s.key);
      break;
  }
  if (html.isEmpty()) html = explain_overview(*result);
  text_->setHtml(html);
  if (s.kind == Selection::Kind::Flow && s.hop >= 0) text_->scrollToAnchor(QStringLiteral("hop%1").arg(s.hop));
}

void Inspector::show_flow(const scenarios::FlowRun& run) { text_->setHtml(explain_flow(*session_.result(), run, -1)); }

void Inspector::step_hop(int by) {
  Selection s = session_.selection();
  if (s.kind != Selection::Kind::Flow || session_.result() == nullptr) return;
  for (const scenarios::FlowRun& run : session_.result()->run.flows) {
    if (run.result.flow.name != s.key) continue;
    const int hops = static_cast<int>(run.result.outcomes.front().hops.size());
    if (hops == 0) return;
    s.hop = std::clamp(s.hop + by, 0, hops - 1);
    session_.select(s);
    return;
  }
}

void Inspector::go(int by) {
  const long next = static_cast<long>(at_) + by;
  if (next < 0 || next >= static_cast<long>(history_.size())) return;
  at_ = static_cast<std::size_t>(next);
  walking_ = true;
  session_.select(history_[at_]);
  walking_ = false;
}

void Inspector::follow(const QUrl& link) {
  const QString text = link.toString(QUrl::PrettyDecoded);
  const QString kind = text.section(':', 0, 0), rest = text.section(':', 1);
  if (kind == QLatin1String("flow") && session_.result() != nullptr) {
    const auto index = rest.toULong();
    const auto& flows = session_.result()->run.flows;
    if (index >= flows.size()) return;
    std::size_t nth = 0;
    const std::string& name = flows[index].result.flow.name;
    for (std::size_t i = 0; i < index; ++i) nth += flows[i].result.flow.name == name ? 1 : 0;
    session_.select({Selection::Kind::Flow, name, nth, -1});
  } else if (kind == QLatin1String("node")) {
    session_.select({Selection::Kind::Node, rest.toStdString(), 0, -1});
  } else if (kind == QLatin1String("policy")) {
    session_.select({Selection::Kind::Policy, rest.toStdString(), 0, -1});
  } else if (kind == QLatin1String("edit")) {
    emit edit_policy(rest);
  } else if (kind == QLatin1String("disable")) {
    emit disable_policy(rest);
  } else if (kind == QLatin1String("src")) {
    emit open_source(rest.section(':', 0, -2), rest.section(':', -1).toInt());
  }
}

void Inspector::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) refresh();
}

}  // namespace meshsim::viz
