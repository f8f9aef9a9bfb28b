#include "viz/graph/layout.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace meshsim::viz {

namespace {

constexpr double kNodeHeight = 44, kRowGap = 20, kColumnGap = 76, kPad = 16, kHeader = 28, kBoxGap = 22;
constexpr double kSmallest = 104, kLargest = 232, kLetter = 8.4, kIcon = 56;

double width_of(const GraphNode& n) {
  const double letters = std::max(static_cast<double>(n.label.size()), static_cast<double>(n.detail.size()) * 0.82);
  return std::clamp(letters * kLetter + kIcon, kSmallest, kLargest);
}

class Layouter {
 public:
  Layouter(const MeshGraph& graph, const EarlierOrder& earlier) : graph_(graph), n_(graph.nodes.size()) {
    next_.resize(n_);
    before_.resize(n_);
    std::set<std::pair<std::size_t, std::size_t>> edges;
    for (const GraphEdge& e : graph.edges) {
      if (e.from == e.to) continue;
      edges.emplace(e.from, e.to);
      // The waypoint that is passed by stands between the two ends.
      if (e.skipped) {
        edges.emplace(e.from, *e.skipped);
        edges.emplace(*e.skipped, e.to);
      }
    }
    for (const auto& [from, to] : edges) next_[from].push_back(to);
    order_.resize(n_);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    const auto height = [&](std::size_t i) {
      const auto it = earlier.find(graph_.nodes[i].id);
      return it == earlier.end() ? 1e18 : it->second;
    };
    if (!earlier.empty())
      std::stable_sort(order_.begin(), order_.end(),
                       [&](std::size_t a, std::size_t b) { return height(a) < height(b); });
  }

  void cut_cycles();
  void rank();
  void group();
  Layout place();
  void sweep(const Layout& layout, bool forward);

 private:
  const MeshGraph& graph_;
  std::size_t n_;
  std::vector<std::vector<std::size_t>> next_, before_;
  std::vector<std::size_t> order_, rank_;
  struct Group {
    std::string ns;
    std::vector<std::vector<std::size_t>> layers;  // by rank
    std::size_t first = 0, last = 0;
  };
  std::vector<Group> groups_;
};

void Layouter::cut_cycles() {
  std::vector<int> indegree(n_, 0), colour(n_, 0);
  for (const auto& targets : next_)
    for (const std::size_t t : targets) ++indegree[t];
  std::vector<std::vector<std::size_t>> kept(n_);
  const auto walk = [&](std::size_t root) {
    if (colour[root] != 0) return;
    std::vector<std::pair<std::size_t, std::size_t>> stack{{root, 0}};
    colour[root] = 1;
    while (!stack.empty()) {
      auto& [v, i] = stack.back();
      if (i == next_[v].size()) {
        colour[v] = 2;
        stack.pop_back();
        continue;
      }
      const std::size_t t = next_[v][i++];
      if (colour[t] == 1) continue;  // closes a cycle: drawn backwards
      kept[v].push_back(t);
      if (colour[t] == 0) {
        colour[t] = 1;
        stack.emplace_back(t, 0);
      }
    }
  };
  // Outside clients and gateways first: traffic enters there.
  for (const int round : {0, 1, 2})
    for (std::size_t i = 0; i < n_; ++i) {
      const NodeKind kind = graph_.nodes[i].kind;
      const bool edge = kind == NodeKind::Outside || kind == NodeKind::Gateway;
      if (round == 2 || (indegree[i] == 0 && (round == 1 || edge))) walk(i);
    }
  next_ = std::move(kept);
  for (std::size_t v = 0; v < n_; ++v)
    for (const std::size_t t : next_[v]) before_[t].push_back(v);
}

void Layouter::rank() {
  rank_.assign(n_, 0);
  std::vector<std::size_t> waiting(n_), ready;
  for (std::size_t v = 0; v < n_; ++v) {
    waiting[v] = before_[v].size();
    if (waiting[v] == 0) ready.push_back(v);
  }
  for (std::size_t i = 0; i < ready.size(); ++i)
    for (const std::size_t t : next_[ready[i]]) {
      rank_[t] = std::max(rank_[t], rank_[ready[i]] + 1);
      if (--waiting[t] == 0) ready.push_back(t);
    }
  // A caller stands right before what it calls.
  for (std::size_t v = 0; v < n_; ++v) {
    if (!before_[v].empty() || next_[v].empty()) continue;
    std::size_t nearest = rank_[next_[v].front()];
    for (const std::size_t t : next_[v]) nearest = std::min(nearest, rank_[t]);
    rank_[v] = nearest - 1;
  }
}

void Layouter::group() {
  std::map<std::string, Group> groups;
  std::map<std::string, std::vector<std::size_t>> lonely;
  const auto add = [&](Group& g, std::size_t v, std::size_t rank) {
    if (g.layers.size() <= rank) g.layers.resize(rank + 1);
    g.layers[rank].push_back(v);
    rank_[v] = rank;
  };
  for (const std::size_t v : order_) {
    const std::string& ns = graph_.nodes[v].ns;
    groups[ns].ns = ns;
    if (next_[v].empty() && before_[v].empty()) {
      lonely[ns].push_back(v);
    } else {
      add(groups[ns], v, rank_[v]);
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
    g.first = 0;
    while (g.layers[g.first].empty()) ++g.first;
    g.last = g.layers.size() - 1;
    groups_.push_back(std::move(g));
  }
  std::map<std::string, std::size_t> seen;  // first place in the order: keeps namespaces where they were
  for (std::size_t i = 0; i < order_.size(); ++i) seen.try_emplace(graph_.nodes[order_[i]].ns, i);
  std::stable_sort(groups_.begin(), groups_.end(), [&](const Group& a, const Group& b) {
    return std::make_tuple(a.first, -static_cast<long>(a.last - a.first), seen[a.ns]) <
           std::make_tuple(b.first, -static_cast<long>(b.last - b.first), seen[b.ns]);
  });
}

Layout Layouter::place() {
  Layout out;
  out.nodes.resize(n_);
  std::size_t columns = 0;
  for (const Group& g : groups_) columns = std::max(columns, g.last + 1);
  std::vector<double> wide(columns, kSmallest), left(columns, kPad), low(columns, 0);
  for (std::size_t v = 0; v < n_; ++v) wide[rank_[v]] = std::max(wide[rank_[v]], width_of(graph_.nodes[v]));
  for (std::size_t c = 1; c < columns; ++c) left[c] = left[c - 1] + wide[c - 1] + kColumnGap;
  for (const Group& g : groups_) {
    const bool boxed = !g.ns.empty();
    double top = 0, tallest = 0;
    for (std::size_t c = g.first; c <= g.last; ++c) {
      top = std::max(top, low[c]);
      tallest = std::max(tallest, static_cast<double>(g.layers[c].size()) * (kNodeHeight + kRowGap) - kRowGap);
    }
    const double inner = top + (boxed ? kHeader : 0) + kPad / 2;
    for (std::size_t c = g.first; c <= g.last; ++c) {
      const double high = static_cast<double>(g.layers[c].size()) * (kNodeHeight + kRowGap) - kRowGap;
      double y = inner + (tallest - high) / 2;
      for (const std::size_t v : g.layers[c]) {
        const double w = width_of(graph_.nodes[v]);
        out.nodes[v] = {left[c] + (wide[c] - w) / 2, y, w, kNodeHeight, c};
        y += kNodeHeight + kRowGap;
      }
    }
    const double bottom = inner + tallest + kPad;
    for (std::size_t c = g.first; c <= g.last; ++c) low[c] = bottom + kBoxGap;
    if (boxed)
      out.boxes.push_back(
          {g.ns, {left[g.first] - kPad, top, left[g.last] + wide[g.last] - left[g.first] + 2 * kPad, bottom - top, 0}});
    out.height = std::max(out.height, bottom);
  }
  out.width = columns == 0 ? 0 : left.back() + wide.back() + kPad;
  return out;
}

void Layouter::sweep(const Layout& layout, bool forward) {
  const auto& near = forward ? before_ : next_;
  for (Group& g : groups_)
    for (auto& layer : g.layers) {
      std::vector<std::pair<double, std::size_t>> keyed;
      for (const std::size_t v : layer) {
        double sum = 0;
        for (const std::size_t u : near[v]) sum += layout.nodes[u].middle();
        keyed.emplace_back(near[v].empty() ? layout.nodes[v].middle() : sum / static_cast<double>(near[v].size()), v);
      }
      std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = keyed[i].second;
    }
}

}  // namespace

Layout lay_out(const MeshGraph& graph, const EarlierOrder& earlier, const std::atomic<bool>* cancelled) {
  Layouter layouter(graph, earlier);
  layouter.cut_cycles();
  layouter.rank();
  layouter.group();
  Layout out = layouter.place();
  // With an order given, one pass settles what is new; the rest stays where it was.
  const int passes = earlier.empty() ? 8 : 2;
  for (int i = 0; i < passes && (cancelled == nullptr || !*cancelled); ++i) {
    layouter.sweep(out, i % 2 == 0);
    out = layouter.place();
  }
  return out;
}

EarlierOrder order_of(const MeshGraph& graph, const Layout& layout) {
  EarlierOrder out;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) out[graph.nodes[i].id] = layout.nodes[i].y;
  return out;
}

}  // namespace meshsim::viz
