#include "viz/graph/layout.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

#include "viz/graph/layout_ranks.h"

namespace meshsim::viz {

namespace {

constexpr double kNodeHeight = 44, kRowGap = 20, kColumnGap = 76, kPad = 16, kHeader = 28, kBoxGap = 22;
constexpr double kLaneHeight = 8, kLaneGap = 8;
constexpr double kSmallest = 104, kLargest = 232, kLetter = 8.4, kIcon = 56;
constexpr double kUnknown = 1e18;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

double width_of(const GraphNode& n) {
  const double letters = std::max(static_cast<double>(n.label.size()), static_cast<double>(n.detail.size()) * 0.82);
  return std::clamp(letters * kLetter + kIcon, kSmallest, kLargest);
}

std::string lane_key(const std::string& from, const std::string& to, std::size_t layer) {
  return from + '>' + to + '#' + std::to_string(layer);
}

class Layouter {
 public:
  Layouter(const MeshGraph& graph, const EarlierOrder& earlier);
  void order_as_earlier();
  void place();
  void sweep(bool forward);
  void swap_neighbours();
  void order_boxes();
  Layout finish();
  // Little of the graph was there before: it is laid out anew.
  bool mostly_new() const {
    return static_cast<std::size_t>(std::count_if(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(n_),
                                                  [](const Item& item) { return item.earlier == kUnknown; })) *
               2 >=
           n_;
  }

 private:
  // A node, or a lane: the place of an edge in a layer that it passes.
  struct Item {
    std::size_t node = kNone;
    std::vector<std::size_t> before, next;
    double height = kNodeHeight, gap = kRowGap;
    double earlier = kUnknown;
  };
  struct Group {
    std::string ns;
    std::vector<std::vector<std::size_t>> layers;  // items, by rank
    std::size_t first = 0, last = 0;
    double top = 0, bottom = 0, earlier = kUnknown;
  };
  using Ends = std::pair<std::size_t, std::size_t>;

  void rank(const std::set<Ends>& edges);
  void group();
  void add_lanes(const std::set<Ends>& edges);
  double earlier(const std::string& key) const;
  double tall(const std::vector<std::size_t>& layer) const;
  double mean(const std::vector<std::size_t>& items, double fallback) const;
  std::size_t crossings(std::size_t upper, std::size_t lower) const;
  double stretch() const;
  void route(Layout& out) const;
  bool wants_lane(std::size_t from, std::size_t to) const {
    return rank_[to] > rank_[from] + 1 && drawn_.contains({from, to}) && !around_.contains({from, to});
  }

  const MeshGraph& graph_;
  const EarlierOrder& earlier_;
  std::size_t n_;
  std::vector<Item> items_;  // the nodes, then the lanes
  std::vector<std::size_t> rank_;
  std::vector<double> middle_;  // of items
  std::vector<Group> groups_;
  // By edge: its items, from left to right. Outside of boxes it passes freely, beside what stands there.
  std::map<Ends, std::vector<std::size_t>> lanes_;
  std::vector<double> wide_, left_;  // of columns
  std::set<Ends> drawn_;             // edges, without those that only hold a waypoint between its ends
  std::set<Ends> around_;            // edges drawn as an arc around a waypoint
};

Layouter::Layouter(const MeshGraph& graph, const EarlierOrder& earlier)
    : graph_(graph), earlier_(earlier), n_(graph.nodes.size()), items_(n_) {
  std::set<Ends> edges;
  for (const GraphEdge& e : graph.edges) {
    if (e.from == e.to) continue;
    edges.emplace(e.from, e.to);
    drawn_.emplace(e.from, e.to);
    // The waypoint that is passed by stands between the two ends.
    if (!e.skipped) continue;
    around_.emplace(e.from, e.to);
    if (e.from != *e.skipped) edges.emplace(e.from, *e.skipped);
    if (e.to != *e.skipped) edges.emplace(*e.skipped, e.to);
  }
  for (std::size_t v = 0; v < n_; ++v) {
    items_[v].node = v;
    items_[v].earlier = this->earlier(graph.nodes[v].id);
  }
  rank(edges);
  group();
  add_lanes(edges);
  for (const auto& [from, to] : edges) {
    const auto it = lanes_.find({from, to});
    std::size_t last = from;
    if (it != lanes_.end())
      for (const std::size_t lane : it->second) {
        items_[last].next.push_back(lane);
        items_[lane].before.push_back(last);
        last = lane;
      }
    items_[last].next.push_back(to);
    items_[to].before.push_back(last);
  }
  middle_.assign(items_.size(), 0);
}

double Layouter::earlier(const std::string& key) const {
  const auto it = earlier_.find(key);
  return it == earlier_.end() ? kUnknown : it->second;
}

void Layouter::rank(const std::set<Ends>& edges) {
  std::vector<std::vector<std::size_t>> next(n_);
  for (const auto& [from, to] : edges) next[from].push_back(to);
  // Outside clients and gateways first: traffic enters there.
  std::vector<bool> first(n_);
  for (std::size_t v = 0; v < n_; ++v)
    first[v] = graph_.nodes[v].kind == NodeKind::Outside || graph_.nodes[v].kind == NodeKind::Gateway;
  rank_ = rank_nodes(next, first).rank;
}

void Layouter::group() {
  std::vector<bool> busy(n_, false);
  for (const GraphEdge& e : graph_.edges) {
    if (e.from == e.to) continue;
    busy[e.from] = busy[e.to] = true;
    if (e.skipped) busy[*e.skipped] = true;
  }
  std::map<std::string, Group> groups;
  std::map<std::string, std::vector<std::size_t>> lonely;
  const auto add = [&](Group& g, std::size_t v, std::size_t rank) {
    if (g.layers.size() <= rank) g.layers.resize(rank + 1);
    g.layers[rank].push_back(v);
    rank_[v] = rank;
  };
  for (std::size_t v = 0; v < n_; ++v) {
    const std::string& ns = graph_.nodes[v].ns;
    Group& g = groups[ns];
    g.ns = ns;
    const double box = earlier("box/" + ns);
    g.earlier = box == kUnknown ? std::min(g.earlier, items_[v].earlier) : box;
    if (busy[v]) {
      add(g, v, rank_[v]);
    } else {
      lonely[ns].push_back(v);
    }
  }
  for (auto& [ns, list] : lonely) {
    Group& g = groups[ns];
    std::size_t first = 0;
    while (first < g.layers.size() && g.layers[first].empty()) ++first;
    if (first == g.layers.size()) first = 0;
    const std::size_t last = std::max(g.layers.empty() ? 0 : g.layers.size() - 1, first + (list.size() > 6 ? 3 : 1));
    for (const std::size_t v : list) {
      std::size_t best = first;
      for (std::size_t c = first; c <= last; ++c) {
        const auto size = [&](std::size_t i) { return i < g.layers.size() ? g.layers[i].size() : 0; };
        if (size(c) < size(best)) best = c;
      }
      add(g, v, best);
    }
  }
  for (auto& [ns, g] : groups) {
    while (g.layers[g.first].empty()) ++g.first;
    g.last = g.layers.size() - 1;
    groups_.push_back(std::move(g));
  }
  std::stable_sort(groups_.begin(), groups_.end(), [](const Group& a, const Group& b) {
    return std::make_tuple(a.earlier, a.first, b.last - b.first) <
           std::make_tuple(b.earlier, b.first, a.last - a.first);
  });
}

// A lane belongs to the namespace of the callee where that reaches so far, else to the caller's, else to none.
void Layouter::add_lanes(const std::set<Ends>& edges) {
  std::size_t wanted = 0;
  for (const auto& [from, to] : edges)
    if (wants_lane(from, to)) wanted += rank_[to] - rank_[from] - 1;
  if (wanted > 3 * n_ + 60) return;  // more lanes than one could follow
  std::map<std::string, Group*> by_ns;
  for (Group& g : groups_) by_ns[g.ns] = &g;
  for (const auto& [from, to] : edges) {
    if (!wants_lane(from, to)) continue;
    std::vector<std::size_t>& lane = lanes_[{from, to}];
    for (std::size_t c = rank_[from] + 1; c < rank_[to]; ++c) {
      Group* home = nullptr;
      for (const std::size_t end : {to, from}) {
        Group* g = by_ns[graph_.nodes[end].ns];
        if (home == nullptr && !g->ns.empty() && g->first <= c && c <= g->last) home = g;
      }
      if (home == nullptr) continue;
      Item item;
      item.height = kLaneHeight;
      item.gap = kLaneGap;
      item.earlier = earlier(lane_key(graph_.nodes[from].id, graph_.nodes[to].id, c));
      lane.push_back(items_.size());
      home->layers[c].push_back(items_.size());
      items_.push_back(std::move(item));
      rank_.push_back(c);
    }
  }
}

// What was there keeps its order; what is new stands near its neighbours.
void Layouter::order_as_earlier() {
  for (Item& item : items_) {
    if (item.earlier != kUnknown) continue;
    double sum = 0, known = 0;
    for (const auto* near : {&item.before, &item.next})
      for (const std::size_t u : *near)
        if (items_[u].earlier != kUnknown) {
          sum += items_[u].earlier;
          ++known;
        }
    if (known > 0) item.earlier = sum / known;
  }
  for (Group& g : groups_)
    for (auto& layer : g.layers)
      std::stable_sort(layer.begin(), layer.end(),
                       [&](std::size_t a, std::size_t b) { return items_[a].earlier < items_[b].earlier; });
}

double Layouter::tall(const std::vector<std::size_t>& layer) const {
  double out = 0;
  for (const std::size_t i : layer) out += items_[i].height + items_[i].gap;
  return layer.empty() ? 0 : out - items_[layer.back()].gap;
}

void Layouter::place() {
  std::size_t columns = 0;
  for (const Group& g : groups_) columns = std::max(columns, g.last + 1);
  if (wide_.empty()) {
    wide_.assign(columns, kSmallest);
    left_.assign(columns, kPad);
    for (std::size_t v = 0; v < n_; ++v) wide_[rank_[v]] = std::max(wide_[rank_[v]], width_of(graph_.nodes[v]));
    for (std::size_t c = 1; c < columns; ++c) left_[c] = left_[c - 1] + wide_[c - 1] + kColumnGap;
  }
  std::vector<double> low(columns, 0);
  for (Group& g : groups_) {
    double tallest = 0;
    g.top = 0;
    for (std::size_t c = g.first; c <= g.last; ++c) {
      g.top = std::max(g.top, low[c]);
      tallest = std::max(tallest, tall(g.layers[c]));
    }
    const double inner = g.top + (g.ns.empty() ? 0 : kHeader) + kPad / 2;
    for (std::size_t c = g.first; c <= g.last; ++c) {
      double y = inner + (tallest - tall(g.layers[c])) / 2;
      for (const std::size_t i : g.layers[c]) {
        middle_[i] = y + items_[i].height / 2;
        y += items_[i].height + items_[i].gap;
      }
    }
    g.bottom = inner + tallest + kPad;
    for (std::size_t c = g.first; c <= g.last; ++c) low[c] = g.bottom + kBoxGap;
  }
}

double Layouter::mean(const std::vector<std::size_t>& items, double fallback) const {
  if (items.empty()) return fallback;
  double sum = 0;
  for (const std::size_t i : items) sum += middle_[i];
  return sum / static_cast<double>(items.size());
}

void Layouter::sweep(bool forward) {
  std::vector<std::pair<double, std::size_t>> keyed;
  for (Group& g : groups_)
    for (auto& layer : g.layers) {
      keyed.clear();
      for (const std::size_t i : layer)
        keyed.emplace_back(mean(forward ? items_[i].before : items_[i].next, middle_[i]), i);
      std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = keyed[i].second;
    }
}

// Crossings of the lines of two items, when `upper` stands above `lower`.
std::size_t Layouter::crossings(std::size_t upper, std::size_t lower) const {
  std::size_t out = 0;
  for (const bool forward : {false, true})
    for (const std::size_t a : forward ? items_[upper].next : items_[upper].before)
      for (const std::size_t b : forward ? items_[lower].next : items_[lower].before)
        if (middle_[a] > middle_[b]) ++out;
  return out;
}

void Layouter::swap_neighbours() {
  for (Group& g : groups_)
    for (auto& layer : g.layers)
      for (std::size_t i = 0; i + 1 < layer.size(); ++i)
        if (crossings(layer[i], layer[i + 1]) > crossings(layer[i + 1], layer[i])) std::swap(layer[i], layer[i + 1]);
}

// How far lines climb and fall, all together.
double Layouter::stretch() const {
  double out = 0;
  for (std::size_t i = 0; i < items_.size(); ++i)
    for (const std::size_t t : items_[i].next) out += std::abs(middle_[i] - middle_[t]);
  return out;
}

// Boxes beside those they speak to, where that makes lines shorter.
void Layouter::order_boxes() {
  const std::vector<Group> before = groups_;
  const double was = stretch();
  for (Group& g : groups_) {
    double sum = 0, count = 0;
    for (const auto& layer : g.layers)
      for (const std::size_t i : layer)
        for (const auto* near : {&items_[i].before, &items_[i].next})
          for (const std::size_t u : *near) {
            sum += middle_[u] - middle_[i];
            ++count;
          }
    g.earlier = (g.top + g.bottom) / 2 + (count > 0 ? sum / count : 0);
  }
  std::stable_sort(groups_.begin(), groups_.end(),
                   [](const Group& a, const Group& b) { return a.earlier < b.earlier; });
  place();
  if (stretch() < was) return;
  groups_ = before;
  place();
}

void Layouter::route(Layout& out) const {
  out.bends.resize(graph_.edges.size());
  if (lanes_.empty()) return;
  // What stands in a column: nodes, and the names of boxes.
  std::vector<std::vector<std::pair<double, double>>> taken(left_.size());
  for (std::size_t v = 0; v < n_; ++v)
    taken[rank_[v]].emplace_back(middle_[v] - kNodeHeight / 2 - 8, middle_[v] + kNodeHeight / 2 + 8);
  for (const Group& g : groups_)
    for (std::size_t c = g.first; !g.ns.empty() && c <= g.last; ++c) taken[c].emplace_back(g.top - 6, g.top + kHeader);
  for (auto& column : taken) {
    std::sort(column.begin(), column.end());
    std::vector<std::pair<double, double>> merged;
    for (const auto& one : column)
      if (!merged.empty() && one.first <= merged.back().second) {
        merged.back().second = std::max(merged.back().second, one.second);
      } else {
        merged.push_back(one);
      }
    column = std::move(merged);
  }
  const auto free_near = [&](std::size_t c, double y) {
    for (const auto& [top, bottom] : taken[c])
      if (top < y && y < bottom) return y - top < bottom - y ? top : bottom;
    return y;
  };
  for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
    const Ends ends{graph_.edges[e].from, graph_.edges[e].to};
    const auto it = lanes_.find(ends);
    if (it == lanes_.end()) continue;
    double y = middle_[ends.first];
    auto lane = it->second.begin();
    for (std::size_t c = rank_[ends.first] + 1; c < rank_[ends.second]; ++c) {
      if (lane != it->second.end() && rank_[*lane] == c) {
        y = middle_[*lane++];
      } else {
        const double goal = lane != it->second.end() ? middle_[*lane] : middle_[ends.second];
        const auto until = static_cast<double>((lane != it->second.end() ? rank_[*lane] : rank_[ends.second]) - c + 1);
        y = free_near(c, y + (goal - y) / until);
      }
      out.bends[e].push_back({left_[c] - 4, left_[c] + wide_[c] + 4, y, c});
    }
  }
}

Layout Layouter::finish() {
  Layout out;
  out.nodes.resize(n_);
  for (std::size_t v = 0; v < n_; ++v) {
    const double w = width_of(graph_.nodes[v]);
    const std::size_t c = rank_[v];
    out.nodes[v] = {left_[c] + (wide_[c] - w) / 2, middle_[v] - kNodeHeight / 2, w, kNodeHeight, c};
  }
  for (const Group& g : groups_) {
    if (!g.ns.empty())
      out.boxes.push_back({g.ns,
                           {left_[g.first] - kPad, g.top, left_[g.last] + wide_[g.last] - left_[g.first] + 2 * kPad,
                            g.bottom - g.top, 0}});
    out.height = std::max(out.height, g.bottom);
  }
  if (!left_.empty()) out.width = left_.back() + wide_.back() + kPad;
  route(out);
  return out;
}

}  // namespace

Layout lay_out(const MeshGraph& graph, const EarlierOrder& earlier, const std::atomic<bool>* cancelled) {
  Layouter layouter(graph, earlier);
  const auto give_up = [&] { return cancelled != nullptr && *cancelled; };
  if (!layouter.mostly_new()) {
    layouter.order_as_earlier();
    layouter.place();
    return layouter.finish();
  }
  layouter.place();
  constexpr int kPasses = 8;
  for (int i = 0; i < kPasses && !give_up(); ++i) {
    layouter.sweep(i % 2 == 0);
    layouter.place();
    if (i >= 2) {
      layouter.swap_neighbours();
      layouter.place();
    }
    if (i == 3) layouter.order_boxes();
  }
  return layouter.finish();
}

EarlierOrder order_of(const MeshGraph& graph, const Layout& layout) {
  EarlierOrder out;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) out[graph.nodes[i].id] = layout.nodes[i].middle();
  for (const NamespaceBox& box : layout.boxes) out["box/" + box.ns] = box.place.y;
  for (std::size_t e = 0; e < layout.bends.size(); ++e)
    for (const Bend& bend : layout.bends[e])
      out[lane_key(graph.nodes[graph.edges[e].from].id, graph.nodes[graph.edges[e].to].id, bend.layer)] = bend.y;
  return out;
}

}  // namespace meshsim::viz
