#include "viz/panels/explorer.h"

#include <QHeaderView>
#include <QPainter>
#include <QVBoxLayout>
#include <map>
#include <tuple>

#include "viz/graph/node_item.h"
#include "viz/look/empty_note.h"
#include "viz/look/theme.h"
#include "viz/look/word_delegate.h"

namespace meshsim::viz {

using namespace models;
using scenarios::Edit;

namespace {

QString q(const std::string& s) { return QString::fromStdString(s); }

// Drawn once for each theme: there are thousands of workloads and a handful of pictures.
QIcon kind_icon(NodeKind kind, const QString& mode) {
  static std::map<std::tuple<NodeKind, QString, bool>, QIcon> made;
  QIcon& icon = made[{kind, mode, theme().dark}];
  if (!icon.isNull()) return icon;
  QPixmap map(36, 36);
  map.setDevicePixelRatio(2);
  map.fill(Qt::transparent);
  QPainter painter(&map);
  paint_kind(painter, QRectF(2, 2, 14, 14), kind, mode);
  painter.end();
  return icon = QIcon(map);
}

constexpr int kId = Qt::UserRole, kPolicy = Qt::UserRole + 1;

bool is_policy(const std::string& kind) {
  return kind == "AuthorizationPolicy" || kind == "PeerAuthentication" || kind == "RequestAuthentication";
}

}  // namespace

std::string object_of(const Analysis& a, const MeshGraph& graph, const std::string& id) {
  if (id.starts_with("namespace/")) return id;
  const Mesh& mesh = a.mesh();
  // Also for nodes that a collapsed namespace hides: by name.
  std::string kind = id.substr(0, id.find('/')), rest = id.substr(std::min(id.find('/') + 1, id.size()));
  const std::string ns = rest.substr(0, rest.find('/')), name = rest.substr(std::min(rest.find('/') + 1, rest.size()));
  (void)graph;
  if (kind == "workload") {
    const std::size_t w = mesh.find_workload(ns, name.substr(0, name.find('#')));
    return w == kNone ? std::string() : scenarios::edit_name(mesh.workloads[w].owner);
  }
  if (kind == "service") {
    const std::size_t s = mesh.find_service(ns, name);
    return s == kNone ? std::string() : scenarios::edit_name(mesh.services[s].ref);
  }
  const std::size_t g = mesh.find_gateway(ns, name);
  return g == kNone ? std::string() : scenarios::edit_name(mesh.gateways[g].ref);
}

Explorer::Explorer(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), tree_(new QTreeWidget(this)) {
  tree_->setObjectName(QStringLiteral("explorer"));
  tree_->setAccessibleName(tr("Explorer"));
  tree_->setHeaderHidden(true);
  tree_->setColumnCount(2);
  tree_->setUniformRowHeights(true);
  tree_->setIndentation(14);
  tree_->setColumnHidden(1, true);  // the word of a row stands beside its name
  tree_->setItemDelegate(new WordDelegate(tree_));
  new EmptyNote(tree_, tr("Nothing in the mesh"));
  tree_->setContextMenuPolicy(Qt::CustomContextMenu);
  tree_->setMinimumWidth(200);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->addWidget(tree_);
  connect(&session, &Session::result_changed, this, [this] { session_.steps().add(this, [this] { refresh(); }); });
  connect(&session, &Session::selection_changed, this, &Explorer::follow_selection);
  connect(tree_, &QTreeWidget::currentItemChanged, this, &Explorer::chosen);
  connect(tree_, &QTreeWidget::itemChanged, this, &Explorer::ticked);
  connect(tree_, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) {
    if (const QString key = item->data(0, kPolicy).toString(); !key.isEmpty()) emit edit_policy(key);
  });
  connect(tree_, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
    QTreeWidgetItem* item = tree_->itemAt(at);
    if (item == nullptr) return;
    const QString key = item->data(0, kPolicy).toString();
    QMenu* menu = nullptr;
    if (!key.isEmpty()) {
      menu = new QMenu(this);
      menu->addAction(tr("Edit\u2026"), this, [this, key] { emit edit_policy(key); });
    } else {
      menu = menu_for(item->data(0, kId).toString(), this);
    }
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->popup(tree_->viewport()->mapToGlobal(at));
  });
}

QMenu* Explorer::menu_for(const QString& id, QWidget* parent) {
  auto* menu = new QMenu(parent);
  if (session_.result() == nullptr) return menu;
  const std::string object = object_of(*session_.result(), session_.picture()->graph, id.toStdString());
  const bool ns = id.startsWith("namespace/");
  if (!object.empty() && (ns || id.startsWith("workload/"))) {
    QMenu* modes = menu->addMenu(tr("Dataplane mode"));
    for (const auto& [word, text] :
         {std::pair{"ambient", tr("Ambient")}, {"sidecar", tr("Sidecar")}, {"none", tr("Not in the mesh")}}) {
      const std::string mode = word;
      modes->addAction(text, this, [this, object, mode] {
        Edit edit;
        edit.kind = Edit::Kind::Mode;
        edit.object = object;
        edit.value = mode;
        edit.revision = session_.result()->mesh().settings.revision;
        session_.apply(edit);
      });
    }
  }
  if (!object.empty()) menu->addAction(tr("Labels\u2026"), this, [this, object] { emit label_wanted(q(object)); });
  const QString in = ns ? id.section('/', 1) : id.section('/', 1, 1);
  menu->addAction(tr("New policy here\u2026"), this, [this, in] { emit new_policy(in); });
  return menu;
}

void Explorer::refresh() {
  if (session_.result() == nullptr) return;
  filling_ = true;
  std::set<QString> open;
  const bool first = tree_->topLevelItemCount() == 0;
  for (QTreeWidgetItemIterator it(tree_); *it != nullptr; ++it)
    if ((*it)->isExpanded()) open.insert((*it)->data(0, kId).toString());
  tree_->clear();
  const Analysis& a = *session_.result();
  const Mesh& mesh = a.mesh();
  std::map<std::string, QTreeWidgetItem*> spaces;
  const auto space = [&](const std::string& ns) {
    QTreeWidgetItem*& item = spaces[ns];
    if (item == nullptr) {
      item = new QTreeWidgetItem({q(ns)});
      item->setData(0, kId, "namespace/" + q(ns));
      item->setIcon(0, kind_icon(NodeKind::Namespace, {}));
      const auto& labels = mesh.namespace_labels(ns);
      if (const auto mode = models::find(labels, "istio.io/dataplane-mode")) item->setText(1, q(std::string(*mode)));
      if (models::find(labels, "istio-injection") == "enabled") item->setText(1, tr("injected"));
    }
    return item;
  };
  const auto add = [&](const std::string& ns, const QString& name, const QString& what, const QString& id,
                       const QIcon& icon) {
    auto* item = new QTreeWidgetItem(space(ns), {name, what});
    item->setData(0, kId, id);
    item->setIcon(0, icon);
    item->setForeground(1, theme().dim);
    item->setToolTip(0, what.isEmpty() ? name : name + QStringLiteral(": ") + what);
    item->setData(0, Qt::AccessibleTextRole, item->toolTip(0));
    return item;
  };
  for (const Workload& w : mesh.workloads) {
    if (w.role != ProxyRole::None) continue;
    const QString mode = q(std::string(mode_word(w.mode, w.role)));
    add(w.ns, q(w.name), mode, "workload/" + q(w.ns + '/' + w.name), kind_icon(NodeKind::Workload, mode))
        ->setToolTip(0, q(w.owner.text()) + QStringLiteral(": ") + mode);
  }
  std::set<std::size_t> of_gateways;  // the Service of a gateway is the gateway
  for (const Gateway& g : mesh.gateways) of_gateways.insert(g.service);
  for (std::size_t i = 0; i < mesh.services.size(); ++i) {
    const Service& s = mesh.services[i];
    if (of_gateways.contains(i)) continue;
    add(s.ns, q(s.kubernetes ? s.name : s.hostname), s.waypoint.bound() ? tr("via waypoint") : QString(),
        "service/" + q(s.ns + '/' + (s.kubernetes ? s.name : s.hostname)), kind_icon(NodeKind::Service, {}));
  }
  for (const Gateway& g : mesh.gateways) {
    const bool waypoint = g.kind == Gateway::Kind::Waypoint;
    add(g.ns, q(g.name), waypoint ? tr("waypoint") : tr("gateway"),
        q((waypoint ? "waypoint/" : "gateway/") + g.ns + '/' + g.name),
        kind_icon(waypoint ? NodeKind::Waypoint : NodeKind::Gateway, {}));
  }
  std::map<std::string, PolicyStatus> statuses;
  for (const auto& p : a.summary.policies) statuses[p.policy.text()] = p.status;
  for (const Object& object : a.loaded().scenario.objects) {
    if (!is_policy(object.kind)) continue;
    const std::string key = object.ref().text();
    const auto status = statuses.find(key);
    const bool parked = scenarios::is_parked(object);
    auto* item =
        add(object.ns, q(object.name),
            parked                     ? tr("disabled")
            : status == statuses.end() ? tr("not read")
                                       : glyph(status->second) + ' ' + q(std::string(to_string(status->second))),
            "policy/" + q(key), QIcon());
    item->setData(0, kPolicy, q(key));
    item->setToolTip(0, q(key) + QStringLiteral(": ") + item->text(1));
    item->setData(0, Qt::AccessibleTextRole, item->toolTip(0));
    item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
    item->setCheckState(0, parked ? Qt::Unchecked : Qt::Checked);
    if (!parked && status != statuses.end()) item->setForeground(1, theme().colour(status->second));
  }
  for (const auto& [ns, item] : spaces) tree_->addTopLevelItem(item);
  for (const auto& [ns, item] : spaces)
    item->setExpanded(first ? spaces.size() <= 6 : open.contains(item->data(0, kId).toString()));
  filling_ = false;
  follow_selection();
}

QTreeWidgetItem* Explorer::find(const QString& id) const {
  for (QTreeWidgetItemIterator it(tree_); *it != nullptr; ++it)
    if ((*it)->data(0, kId).toString() == id) return *it;
  return nullptr;
}

void Explorer::follow_selection() {
  const Selection& s = session_.selection();
  const QString id = s.kind == Selection::Kind::Node     ? q(s.key)
                     : s.kind == Selection::Kind::Policy ? "policy/" + q(s.key)
                                                         : QString();
  filling_ = true;
  if (QTreeWidgetItem* item = id.isEmpty() ? nullptr : find(id)) {
    tree_->setCurrentItem(item);
  } else {
    tree_->setCurrentItem(nullptr);
  }
  filling_ = false;
}

void Explorer::chosen() {
  QTreeWidgetItem* item = tree_->currentItem();
  if (filling_ || item == nullptr) return;
  if (const QString key = item->data(0, kPolicy).toString(); !key.isEmpty()) {
    session_.select({Selection::Kind::Policy, key.toStdString(), 0, -1});
  } else {
    session_.select({Selection::Kind::Node, item->data(0, kId).toString().toStdString(), 0, -1});
  }
}

void Explorer::ticked(QTreeWidgetItem* item, int column) {
  const QString key = item->data(0, kPolicy).toString();
  if (filling_ || column != 0 || key.isEmpty()) return;
  Edit edit;
  edit.kind = Edit::Kind::Enabled;
  edit.enabled = item->checkState(0) == Qt::Checked;
  // "Kind ns/name" as edits name it.
  const std::string text = key.toStdString();
  const auto blank = text.find(' '), slash = text.find('/', blank);
  edit.object = text.substr(blank + 1, slash - blank - 1) + '/' + text.substr(0, blank) + text.substr(slash);
  session_.apply(edit);
}

}  // namespace meshsim::viz
