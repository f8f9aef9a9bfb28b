// The topology as dot and GraphML text, for tools that draw graphs.
#include <sstream>

#include <boost/graph/graphml.hpp>
#include <boost/graph/graphviz.hpp>
#include <boost/property_map/function_property_map.hpp>

#include "models/mesh/topology.h"

namespace meshsim::models {

namespace {

std::string dot_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string Topology::dot() const {
  std::ostringstream out;
  boost::write_graphviz(
      out, graph_,
      [&](std::ostream& o, Vertex v) {
        const TopologyVertex& vertex = graph_[v];
        static constexpr const char* kShapes[] = {"folder", "house", "ellipse", "hexagon", "box", "cylinder"};
        std::string text = vertex.label;
        if (!vertex.mode.empty()) text += " (" + vertex.mode + ')';
        o << "[label=" << dot_text(text) << ",shape=" << kShapes[static_cast<std::size_t>(vertex.kind)]
          << ",tooltip=" << dot_text(vertex.id) << ']';
      },
      [&](std::ostream& o, auto e) { o << "[label=\"" << to_string(graph_[e].kind) << "\"]"; },
      [](std::ostream& o) { o << "rankdir=LR;\n"; });
  return out.str();
}

std::string Topology::graphml() const {
  boost::dynamic_properties properties;
  const auto vertex = [&](auto member) {
    return boost::make_function_property_map<Vertex>([this, member](Vertex v) { return member(graph_[v]); });
  };
  using Edge = boost::graph_traits<Graph>::edge_descriptor;
  properties.property("id", vertex([](const TopologyVertex& v) { return v.id; }));
  properties.property("kind", vertex([](const TopologyVertex& v) { return std::string(to_string(v.kind)); }));
  properties.property("label", vertex([](const TopologyVertex& v) { return v.label; }));
  properties.property("namespace", vertex([](const TopologyVertex& v) { return v.ns; }));
  properties.property("mode", vertex([](const TopologyVertex& v) { return v.mode; }));
  properties.property("relation", boost::make_function_property_map<Edge>(
                                      [this](Edge e) { return std::string(to_string(graph_[e].kind)); }));
  properties.property("count", boost::make_function_property_map<Edge>(
                                   [this](Edge e) { return static_cast<std::uint64_t>(graph_[e].count); }));
  std::ostringstream out;
  boost::write_graphml(out, graph_, properties, true);
  return out.str();
}

}  // namespace meshsim::models
