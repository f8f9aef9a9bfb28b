#include "scenarios/run/cluster_timeline.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <queue>

#include "scenarios/read/object_name.h"
#include "scenarios/read/scenario_parts.h"
#include "scenarios/run/pod_objects.h"
#include "scenarios/run/ztunnel_rollout.h"

namespace meshsim::scenarios {

using models::Disturbance;
using models::Object;
using Action = TimelineEvent::Action;

namespace {

std::string key_of(const Object& o) { return o.api_group + '|' + o.kind + '|' + o.ns + '|' + o.name; }

// "25%" or a number, of `replicas`.
std::int64_t share_of(models::Node value, std::int64_t replicas, bool up) {
  if (const auto number = value.integer()) return std::max<std::int64_t>(0, *number);
  double percent = 25;
  if (value.is_string() && value.text().ends_with('%')) percent = std::atof(std::string(value.text()).c_str());
  const double exact = static_cast<double>(replicas) * percent / 100;
  return static_cast<std::int64_t>(up ? std::ceil(exact) : std::floor(exact));
}

class Unfolder {
 public:
  explicit Unfolder(const Scenario& scenario) : scenario_(scenario), objects_(scenario.objects) {}
  ClusterTimeline run();

 private:
  struct Happening {
    std::int64_t at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator>(const Happening& o) const { return at != o.at ? at > o.at : order > o.order; }
  };
  struct Rollout {
    std::string owner;  // ns/Kind/name
    int generation = 0;
    std::vector<Object> fresh;  // pods of the new template that are not ready yet
  };

  void at(std::int64_t when, std::function<void()> what) { queue_.push({when, order_++, std::move(what)}); }
  std::shared_ptr<const models::Mesh> resolve() const { return models::resolve(objects_, scenario_.mesh); }
  Object* find(const ObjectName& name);
  const Object* owner_of_pods(const TimelineEvent& event);
  void replace_ztunnels(const TimelineEvent& event, const Object* daemon_set);
  std::vector<std::string> pods_owned_by(const std::string& owner) const;
  void put(Object object);
  void remove_key(const std::string& key) {
    std::erase_if(objects_, [&](const Object& o) { return key_of(o) == key; });
  }
  void freeze();
  void happen(const TimelineEvent& event);
  void apply(const TimelineEvent& event);
  void remove(const Object& object);
  void label(const TimelineEvent& event);
  void scale(const TimelineEvent& event);
  void restart(const Object& owner);
  void create(const std::shared_ptr<Rollout>& rollout);
  void ready(const std::shared_ptr<Rollout>& rollout, std::size_t count);
  void fail_or_heal(const TimelineEvent& event);
  void set_readiness(const std::vector<std::string>& keys, bool ready, std::int64_t when, bool errors_only = false);
  void missing(const TimelineEvent& event, const std::string& what);
  std::vector<Object> admitted_now(const Object& owner, int generation) const;

  const Scenario& scenario_;
  std::vector<Object> objects_;
  std::vector<std::string> nodes_;
  std::map<std::string, int> generations_;
  std::priority_queue<Happening, std::vector<Happening>, std::greater<>> queue_;
  std::uint64_t order_ = 0;
  std::int64_t now_ = 0;
  bool changed_ = false;
  std::string what_;
  ClusterTimeline out_;
};

std::string describe(const TimelineEvent& event) {
  constexpr std::string_view words[] = {"restart", "apply", "delete", "label", "scale", "fail", "heal"};
  std::string out(words[static_cast<std::size_t>(event.action)]);
  out += ' ' + event.target;
  if (event.target.empty())
    for (const Object& o : event.objects) out += (&o == &event.objects.front() ? "" : ", ") + o.ref().text();
  for (const auto& [key, value] : event.set) out += ' ' + key + (value ? '=' + *value : "-");
  if (event.replicas) out += " to " + std::to_string(*event.replicas);
  if (event.errors) out += " by errors";
  return out;
}

Object* Unfolder::find(const ObjectName& name) {
  for (Object& o : objects_)
    if (matches(name, o)) return &o;
  return nullptr;
}

// The object whose pods the event means. What istiod deploys for a Gateway becomes an object when something happens to
// it.
const Object* Unfolder::owner_of_pods(const TimelineEvent& event) {
  if (!event.object) return nullptr;
  const Object* found = find(*event.object);
  if (found != nullptr && found->kind != "Gateway") return found;
  const auto mesh = resolve();
  for (const models::Workload& w : mesh->workloads) {
    if (w.gateway == models::kNone || w.ns != event.object->ns) continue;
    const bool meant = found != nullptr ? mesh->gateways[w.gateway].ref.kind == "Gateway" &&
                                              mesh->gateways[w.gateway].name == found->name
                                        : w.owner.kind == event.object->kind && w.name == event.object->name;
    if (!meant) continue;
    const auto is_owner = [&](const Object& o) {
      return o.kind == w.owner.kind && o.ns == w.owner.ns && o.name == w.owner.name;
    };
    if (std::none_of(objects_.begin(), objects_.end(), is_owner)) {
      Object deployment = managed_deployment(w, scenario_.file);
      for (Object& pod : pods_of(deployment, w, 0, nodes_)) put(std::move(pod));
      put(std::move(deployment));
    }
    return &*std::find_if(objects_.begin(), objects_.end(), is_owner);
  }
  return nullptr;
}

void Unfolder::replace_ztunnels(const TimelineEvent& event, const Object* daemon_set) {
  std::vector<std::string> nodes = nodes_;
  if (daemon_set == nullptr) {
    nodes = {event.target.substr(event.target.find('/') + 1)};
    if (std::find(nodes_.begin(), nodes_.end(), nodes.front()) == nodes_.end())
      return missing(event, "node " + nodes.front());
    for (const Object& o : objects_)
      if (is_ztunnel(o)) daemon_set = &o;
  }
  for (models::Disturbance& d : ztunnel_rollout(daemon_set, nodes, now_, scenario_.costs.pod_start_ns))
    out_.disturbances.push_back(std::move(d));
}

std::vector<std::string> Unfolder::pods_owned_by(const std::string& owner) const {
  std::vector<std::string> out;
  for (const Object& o : objects_)
    if (o.kind == "Pod" && o.api_group.empty() && owner_of(o) == owner) out.push_back(key_of(o));
  return out;
}

void Unfolder::put(Object object) {
  const std::string key = key_of(object);
  const auto it = std::find_if(objects_.begin(), objects_.end(), [&](const Object& o) { return key_of(o) == key; });
  if (it != objects_.end()) {
    *it = std::move(object);
  } else {
    objects_.push_back(std::move(object));
  }
  changed_ = true;
}

void Unfolder::missing(const TimelineEvent& event, const std::string& what) {
  out_.diagnostics.push_back({models::Severity::Error, "MSH0013", "", scenario_.file, event.node.position(),
                              "timeline: there is no " + what + " at that time"});
}

// Every template that has no live pods becomes pods.
void Unfolder::freeze() {
  const auto mesh = resolve();
  std::vector<Object> pods;
  for (const models::Workload& w : mesh->workloads) {
    const auto owner = std::find_if(objects_.begin(), objects_.end(), [&](const Object& o) {
      return o.kind == w.owner.kind && o.ns == w.owner.ns && o.name == w.owner.name;
    });
    if (owner == objects_.end() || w.role == models::ProxyRole::Ztunnel) continue;
    if (owner->kind == "Pod" && owner->uid.empty()) {
      pods.push_back(pods_of(*owner, w, 0, nodes_).front());
    } else if (has_pod_template(*owner) && pods_owned_by(owner->ns + '/' + owner->kind + '/' + owner->name).empty()) {
      for (Object& pod : pods_of(*owner, w, 0, nodes_)) pods.push_back(std::move(pod));
    }
  }
  for (Object& pod : pods) put(std::move(pod));
}

std::vector<Object> Unfolder::admitted_now(const Object& owner, int generation) const {
  // The owner without its pods is a template that passes admission now.
  const std::string name = owner.ns + '/' + owner.kind + '/' + owner.name;
  std::vector<Object> objects;
  for (const Object& o : objects_) {
    if (o.kind == "Pod" && o.api_group.empty() && owner_of(o) == name) continue;
    objects.push_back(key_of(o) == key_of(owner) ? without_injection_marks(o) : o);
  }
  const auto mesh = models::resolve(std::move(objects), scenario_.mesh);
  for (const std::size_t w : mesh->workloads_named(owner.ns, owner.name))
    if (mesh->workloads[w].owner.kind == owner.kind) return pods_of(owner, mesh->workloads[w], generation, nodes_);
  return {};
}

void Unfolder::restart(const Object& owner) {
  auto rollout = std::make_shared<Rollout>();
  rollout->owner = owner.ns + '/' + owner.kind + '/' + owner.name;
  rollout->generation = ++generations_[rollout->owner];
  const models::Node strategy = owner.spec()["strategy"];
  const auto replicas = static_cast<std::int64_t>(pods_owned_by(rollout->owner).size());
  const bool one_by_one = owner.kind != "Deployment";
  std::int64_t unavailable = share_of(strategy["rollingUpdate"]["maxUnavailable"], replicas, false);
  if (one_by_one) unavailable = 1;
  if (strategy["type"].text() == "Recreate") unavailable = replicas;
  std::vector<std::string> old = pods_owned_by(rollout->owner);
  for (std::int64_t i = 0; i < unavailable && !old.empty(); ++i) {
    remove_key(old.back());
    old.pop_back();
    changed_ = true;
  }
  create(rollout);
}

// The next batch of new pods is created (and admitted) now; it is ready after the start of a pod.
void Unfolder::create(const std::shared_ptr<Rollout>& rollout) {
  const auto owner = std::find_if(objects_.begin(), objects_.end(), [&](const Object& o) {
    return o.ns + '/' + o.kind + '/' + o.name == rollout->owner;
  });
  if (owner == objects_.end() || generations_[rollout->owner] != rollout->generation) return;  // superseded
  std::vector<Object> all = admitted_now(*owner, rollout->generation);
  const auto is_new = [&](const std::string& key) {
    return std::any_of(all.begin(), all.end(), [&](const Object& o) { return key_of(o) == key; });
  };
  std::size_t old = 0, fresh = 0;
  for (const std::string& key : pods_owned_by(rollout->owner)) ++(is_new(key) ? fresh : old);
  const auto replicas = static_cast<std::int64_t>(all.size());
  std::int64_t surge = share_of(owner->spec()["strategy"]["rollingUpdate"]["maxSurge"], replicas, true);
  if (owner->kind != "Deployment" || owner->spec()["strategy"]["type"].text() == "Recreate") surge = 0;
  const std::int64_t room = replicas + surge - static_cast<std::int64_t>(old + fresh);
  const std::int64_t batch = std::min(std::max<std::int64_t>(1, room), replicas - static_cast<std::int64_t>(fresh));
  if (batch <= 0) {  // all new ones are there: the last old ones go
    for (const std::string& key : pods_owned_by(rollout->owner))
      if (!is_new(key)) {
        remove_key(key);
        changed_ = true;
      }
    return;
  }
  rollout->fresh.clear();
  for (Object& pod : all) {
    if (static_cast<std::int64_t>(rollout->fresh.size()) == batch) break;
    const std::string key = key_of(pod);
    const bool there = std::any_of(objects_.begin(), objects_.end(), [&](const Object& o) { return key_of(o) == key; });
    if (!there) rollout->fresh.push_back(std::move(pod));
  }
  const auto count = rollout->fresh.size();
  at(now_ + scenario_.costs.pod_start_ns, [this, rollout, count] { ready(rollout, count); });
}

void Unfolder::ready(const std::shared_ptr<Rollout>& rollout, std::size_t count) {
  if (generations_[rollout->owner] != rollout->generation) return;
  std::vector<std::string> old;
  for (const std::string& key : pods_owned_by(rollout->owner))
    if (key.find("-g" + std::to_string(rollout->generation) + '-') == std::string::npos) old.push_back(key);
  for (Object& pod : rollout->fresh) put(std::move(pod));
  rollout->fresh.clear();
  for (std::size_t i = 0; i < count && !old.empty(); ++i) {
    remove_key(old.back());
    old.pop_back();
  }
  changed_ = true;
  create(rollout);
}

void Unfolder::remove(const Object& object) {
  const std::string owner = object.ns + '/' + object.kind + '/' + object.name;
  if (has_pod_template(object)) {
    for (const std::string& key : pods_owned_by(owner)) remove_key(key);
    ++generations_[owner];
  }
  if (object.kind == "Namespace") std::erase_if(objects_, [&](const Object& o) { return o.ns == object.name; });
  remove_key(key_of(object));
  changed_ = true;
}

void Unfolder::apply(const TimelineEvent& event) {
  std::vector<Object> restarted;
  for (const Object& object : event.objects) {
    const std::string key = key_of(object);
    const auto old = std::find_if(objects_.begin(), objects_.end(), [&](const Object& o) { return key_of(o) == key; });
    const bool changed_template = old != objects_.end() && has_pod_template(object) &&
                                  !equal_values(old->spec()["template"], object.spec()["template"]);
    put(object);
    if (changed_template) restarted.push_back(object);
  }
  for (Object& ns : make_namespaces(objects_, {})) put(std::move(ns));
  freeze();
  for (const Object& owner : restarted) restart(owner);
}

void Unfolder::label(const TimelineEvent& event) {
  std::vector<Object> restarted;
  bool found = false;
  for (Object& o : objects_) {
    if (!event.object || !matches(*event.object, o)) continue;
    found = changed_ = true;
    o = with_labels(o, event.set);
    if (has_pod_template(o)) restarted.push_back(o);
  }
  if (!found) return missing(event, event.target);
  for (const Object& owner : restarted) restart(owner);
}

void Unfolder::scale(const TimelineEvent& event) {
  const Object* owner = owner_of_pods(event);
  if (owner == nullptr || !has_pod_template(*owner)) return missing(event, "workload " + event.target);
  const std::string name = owner->ns + '/' + owner->kind + '/' + owner->name;
  std::vector<std::string> pods = pods_owned_by(name);
  const auto wanted = static_cast<std::size_t>(event.replicas.value_or(1));
  while (pods.size() > wanted) {
    remove_key(pods.back());
    pods.pop_back();
    changed_ = true;
  }
  if (pods.size() >= wanted || pods.size() > 100'000) return;
  // More pods like those that a rollout would make now.
  const int generation = ++generations_[name];
  std::vector<Object> like = admitted_now(*owner, generation);
  if (like.empty()) return;
  models::Workload w;
  const auto mesh = resolve();
  std::vector<Object> objects;
  for (const Object& o : objects_)
    if (!(o.kind == "Pod" && o.api_group.empty() && owner_of(o) == name))
      objects.push_back(key_of(o) == key_of(*owner) ? without_injection_marks(o) : o);
  const auto bare = models::resolve(std::move(objects), scenario_.mesh);
  for (const std::size_t i : bare->workloads_named(owner->ns, owner->name))
    if (bare->workloads[i].owner.kind == owner->kind) w = bare->workloads[i];
  w.pods.assign(wanted - pods.size(), models::PodInstance{});
  auto fresh = std::make_shared<std::vector<Object>>(pods_of(*owner, w, generation, nodes_));
  at(now_ + scenario_.costs.pod_start_ns, [this, fresh] {
    for (Object& pod : *fresh) put(std::move(pod));
  });
}

void Unfolder::set_readiness(const std::vector<std::string>& keys, bool ready, std::int64_t when, bool errors_only) {
  if (errors_only) return;  // kubelet and istiod see nothing of it
  at(when, [this, keys, ready] {
    for (Object& o : objects_)
      if (std::find(keys.begin(), keys.end(), key_of(o)) != keys.end()) {
        o = with_readiness(o, ready);
        changed_ = true;
      }
  });
}

void Unfolder::fail_or_heal(const TimelineEvent& event) {
  Disturbance d;
  d.at_ns = now_;
  d.heal = event.action == Action::Heal;
  d.errors = event.errors;
  const std::string& target = event.target;
  const auto rest = [&](std::size_t prefix) { return target.substr(prefix); };
  const auto pods = [&](const auto& wanted) {
    std::vector<std::string> keys;
    for (const Object& o : objects_)
      if (o.kind == "Pod" && o.api_group.empty() && wanted(o)) keys.push_back(key_of(o));
    return keys;
  };
  const auto seen = [&](std::int64_t after) { return now_ + after; };
  if (target == "istiod") {
    d.kind = Disturbance::Kind::ControlPlane;
    d.name = target;
  } else if (target.starts_with("node/")) {
    d.kind = Disturbance::Kind::Node;
    d.name = rest(5);
    const auto keys = pods([&](const Object& o) { return o.spec()["nodeName"].text() == d.name; });
    if (keys.empty() && std::find(nodes_.begin(), nodes_.end(), d.name) == nodes_.end())
      return missing(event, "node " + d.name);
    set_readiness(keys, d.heal,
                  seen(d.heal ? scenario_.costs.pod_failure_seen_ns : scenario_.costs.node_failure_seen_ns));
  } else if (target.starts_with("ztunnel/")) {
    d.kind = Disturbance::Kind::Ztunnel;
    d.name = rest(8);
    if (std::find(nodes_.begin(), nodes_.end(), d.name) == nodes_.end()) return missing(event, "node " + d.name);
  } else if (target.starts_with("link/")) {
    d.kind = Disturbance::Kind::Link;
    const std::string both = rest(5);
    d.name = both.substr(0, both.find('/'));
    d.other = both.substr(both.find('/') + 1);
    for (const std::string& node : {d.name, d.other})
      if (std::find(nodes_.begin(), nodes_.end(), node) == nodes_.end()) return missing(event, "node " + node);
  } else if (target.starts_with("certificate/")) {
    d.kind = Disturbance::Kind::Certificate;
    d.name = rest(12);
  } else if (event.object) {
    const ObjectName& name = *event.object;
    d.name = name.ns + '/' + name.name;
    if (name.kind == "Gateway") {
      d.kind = Disturbance::Kind::Gateway;
    } else if (name.kind == "Pod") {
      d.kind = Disturbance::Kind::Pod;
      const auto keys = pods([&](const Object& o) { return o.ns == name.ns && o.name == name.name; });
      if (keys.empty()) return missing(event, target);
      set_readiness(keys, d.heal, seen(scenario_.costs.pod_failure_seen_ns), event.errors.has_value());
    } else {
      d.kind = Disturbance::Kind::Workload;
      const auto keys =
          pods([&](const Object& o) { return owner_of(o) == name.ns + '/' + name.kind + '/' + name.name; });
      if (keys.empty()) return missing(event, target);
      set_readiness(keys, d.heal, seen(scenario_.costs.pod_failure_seen_ns), event.errors.has_value());
    }
  }
  out_.disturbances.push_back(std::move(d));
}

void Unfolder::happen(const TimelineEvent& event) {
  if (!what_.empty()) what_ += "; ";
  what_ += describe(event);
  switch (event.action) {
    case Action::Apply:
      return apply(event);
    case Action::Delete: {
      if (event.object) {
        const Object* object = find(*event.object);
        if (object == nullptr) return missing(event, event.target);
        return remove(Object(*object));
      }
      for (const Object& object : event.objects) {
        const std::string key = key_of(object);
        const bool there =
            std::any_of(objects_.begin(), objects_.end(), [&](const Object& o) { return key_of(o) == key; });
        if (there) {
          remove(object);
        } else {
          missing(event, object.ref().text());
        }
      }
      return;
    }
    case Action::Label:
      return label(event);
    case Action::Scale:
      return scale(event);
    case Action::Restart: {
      if (!event.object) return replace_ztunnels(event, nullptr);
      const Object* owner = owner_of_pods(event);
      if (owner == nullptr || !has_pod_template(*owner)) return missing(event, "workload " + event.target);
      if (is_ztunnel(*owner)) return replace_ztunnels(event, owner);
      return restart(Object(*owner));
    }
    case Action::Fail:
    case Action::Heal:
      return fail_or_heal(event);
  }
}

ClusterTimeline Unfolder::run() {
  for (const Object& o : objects_)
    if (o.kind == "Node" && o.api_group.empty()) nodes_.push_back(o.name);
  if (nodes_.empty())
    for (std::uint32_t i = 0; i < std::max(1u, scenario_.costs.nodes); ++i)
      nodes_.push_back("node-" + std::to_string(i + 1));
  if (!scenario_.timeline.empty()) freeze();
  out_.states.push_back({0, "", objects_});
  for (const TimelineEvent& event : scenario_.timeline) at(event.at_ns, [this, &event] { happen(event); });
  while (!queue_.empty()) {
    now_ = queue_.top().at;
    changed_ = false;
    what_.clear();
    while (!queue_.empty() && queue_.top().at == now_) {
      const auto what = queue_.top().what;
      queue_.pop();
      what();
    }
    if (changed_) out_.states.push_back({now_, what_, objects_});
  }
  return std::move(out_);
}

}  // namespace

ClusterTimeline unfold_timeline(const Scenario& scenario) { return Unfolder(scenario).run(); }

}  // namespace meshsim::scenarios
