#include "scenarios/expect/test_expansion.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "scenarios/read/nearest_name.h"

namespace meshsim::scenarios {
namespace {

using namespace models;

// Values that replace "{name}": a row of a parameter table, and the client and destination of a matrix.
struct Substitution {
  Node row;
  std::vector<std::pair<std::string, std::string>> extra;
};

std::string substituted(std::string_view text, const Substitution& by) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    const auto close = open == std::string_view::npos ? open : text.find('}', open);
    out += text.substr(0, open);
    if (close == std::string_view::npos) {
      if (open != std::string_view::npos) out += text.substr(open);
      break;
    }
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const auto extra =
        std::find_if(by.extra.begin(), by.extra.end(), [&](const auto& pair) { return pair.first == name; });
    if (extra != by.extra.end()) {
      out += extra->second;
    } else if (by.row[name].is_scalar()) {
      out += by.row[name].text();
    } else {
      out += text.substr(open, close - open + 1);  // not ours: URI templates have braces, too
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

void copy(TreeBuilder& out, Node node, const Substitution& by) {
  switch (node.kind()) {
    case NodeKind::Mapping:
      out.begin_mapping(node.position());
      for (const Node child : node) {
        out.key(substituted(child.key(), by), child.key_position());
        copy(out, child, by);
      }
      out.end();
      return;
    case NodeKind::Sequence:
      out.begin_sequence(node.position());
      for (const Node child : node) copy(out, child, by);
      out.end();
      return;
    case NodeKind::String: {
      const std::string_view text = node.text();
      if (text.size() > 2 && text.front() == '{' && text.find('}') == text.size() - 1)
        if (const Node value = by.row[text.substr(1, text.size() - 2)]; value.exists()) {
          if (value.is_scalar()) {
            out.scalar(value.kind(), value.text(), node.position());
          } else {
            out.copy(value);
          }
          return;
        }
      out.string(substituted(text, by), node.position());
      return;
    }
    default:
      out.scalar(node.kind(), node.text(), node.position());
  }
}

// "{name}" in a key or text of this tree.
bool mentions(Node node, const std::string& braced) {
  if (node.is_string() && node.text().find(braced) != std::string_view::npos) return true;
  if (!node.is_mapping() && !node.is_sequence()) return false;
  for (const Node child : node)
    if ((node.is_mapping() && child.key().find(braced) != std::string_view::npos) || mentions(child, braced))
      return true;
  return false;
}

std::map<std::string, Position> only_expected(Node one, Node row) {
  std::map<std::string, Position> out;
  for (const Node value : row) {
    const std::string name(value.key()), braced = '{' + name + '}';
    bool elsewhere = false;
    for (const Node field : one)
      elsewhere = elsewhere || (field.key() != "expect" && field.key() != "name" && field.key() != "parameters" &&
                                mentions(field, braced));
    if (value.is_scalar() && !elsewhere) out.emplace(name, value.key_position());
  }
  return out;
}

class Expansion {
 public:
  Expansion(const Mesh& mesh, Diagnostics& diagnostics, const std::string& file)
      : mesh_(mesh), diagnostics_(diagnostics), file_(file), out_(file) {}

  ExpandedCases expand(Node cases) {
    out_.begin_sequence(cases.position());
    if (!cases.is_sequence()) error(cases.position(), "a MeshTest needs `cases`, a list of named cases");
    for (const Node one : cases) expand_case(one);
    out_.end();
    return {out_.finish(), std::move(cases_)};
  }
  bool broken() const { return broken_; }

 private:
  struct Target {
    std::string host;
    std::uint16_t port = 0;
    std::string protocol;
  };
  void error(Position at, std::string message) {
    broken_ = true;
    diagnostics_.push_back({Severity::Error, "MSH0011", "", file_, at, std::move(message)});
  }
  void expand_case(Node one);
  void emit(Node one, const Substitution& by, const std::string* client, const Target* target);
  std::vector<std::string> clients(Node from);
  std::vector<Target> targets(Node to);

  const Mesh& mesh_;
  Diagnostics& diagnostics_;
  std::string file_;
  TreeBuilder out_;
  std::vector<TestCase> cases_;
  bool broken_ = false;
};

std::vector<std::string> Expansion::clients(Node from) {
  std::vector<std::string> out;
  for (const Node name : from.is_sequence() ? from : Node()) out.emplace_back(name.string_or());
  if (const auto ns = from["namespace"].string_or(); from.is_mapping() && !ns.empty())
    for (const Workload& w : mesh_.workloads)
      if (w.ns == ns && !w.external && w.role == ProxyRole::None) out.push_back(w.ns + '/' + w.name);
  if (out.empty())
    error(from.position(), "matrix.from must be {namespace: NAME} of a namespace with workloads, or a list of ns/name");
  return out;
}

std::string_view flow_protocol_of(Protocol p) {
  if (p == Protocol::Grpc) return "grpc";
  if (models::is_http(p) || p == Protocol::Unset) return "http";
  return p == Protocol::Https ? "https" : p == Protocol::Tls ? "tls" : "tcp";
}

// The Services of gateways and waypoints are no destinations of a matrix.
bool fronts_a_proxy(const Mesh& mesh, const Service& service) {
  return !service.endpoints.empty() && service.endpoints.front().workload != kNone &&
         mesh.workloads[service.endpoints.front().workload].role != ProxyRole::None;
}

std::vector<Expansion::Target> Expansion::targets(Node to) {
  std::vector<Target> out;
  for (const Node one : to.is_sequence() ? to : Node()) {
    const std::string_view text = one.string_or();
    const auto colon = text.rfind(':');
    const std::string digits(colon == std::string_view::npos ? "" : text.substr(colon + 1));
    const bool number = !digits.empty() && digits.size() <= 5 &&
                        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    const int port = number ? std::stoi(digits) : 0;
    if (port < 1 || port > 65535) {
      error(one.position(), "matrix.to holds \"host:port\", not \"" + std::string(text) + "\"");
    } else {
      out.push_back({std::string(text.substr(0, colon)), static_cast<std::uint16_t>(port), ""});
    }
  }
  const auto ns = to["namespace"].string_or();
  if (to.is_mapping() && !ns.empty())
    for (const Service& s : mesh_.services)
      if (s.ns == ns && s.kubernetes && !fronts_a_proxy(mesh_, s))
        for (const ServicePort& p : s.ports)
          if (p.protocol != Protocol::Udp)
            out.push_back({s.hostname, p.port, std::string(flow_protocol_of(p.protocol))});
  if (out.empty())
    error(to.position(),
          "matrix.to must be {namespace: NAME} of a namespace with Services, or a list of \"host:port\"");
  return out;
}

void Expansion::emit(Node one, const Substitution& by, const std::string* client, const Target* target) {
  static constexpr std::array<std::string_view, 4> kOurs = {"tags", "xfail", "parameters", "matrix"};
  out_.begin_mapping(one.position());
  for (const Node field : one) {
    if (std::find(kOurs.begin(), kOurs.end(), field.key()) != kOurs.end()) continue;
    out_.key(field.key(), field.key_position());
    if (client != nullptr && field.key() == "name") {
      std::string name = substituted(field.string_or(), by);
      if (name == field.string_or())
        name += ": " + *client + " -> " + target->host + ':' + std::to_string(target->port);
      out_.string(name, field.position());
    } else {
      copy(out_, field, by);
    }
  }
  if (client != nullptr) {
    const Position at = one["matrix"].position();
    out_.key("from", at);
    out_.begin_mapping(at);
    out_.key("workload", at);
    out_.string(*client, at);
    out_.end();
    out_.key("to", at);
    out_.begin_mapping(at);
    out_.key("host", at);
    out_.string(target->host, at);
    out_.key("port", at);
    out_.scalar(NodeKind::Int, std::to_string(target->port), at);
    out_.end();
    if (!target->protocol.empty() && !one["protocol"].exists()) {
      out_.key("protocol", at);
      out_.string(target->protocol, at);
    }
  }
  out_.end();
  TestCase test;
  test.flow = cases_.size();
  for (const Node tag : one["tags"]) test.tags.emplace_back(tag.string_or());
  test.xfail = one["xfail"].string();
  test.has_parameters = one["parameters"].exists() || client != nullptr;
  test.expected = only_expected(one, by.row);
  cases_.push_back(std::move(test));
}

void Expansion::expand_case(Node one) {
  if (!one.is_mapping() || one["name"].string_or().empty() || !one["expect"].is_mapping())
    return error(one.position(), "a case needs at least `name` and `expect`");
  if (one["xfail"].exists() && one["xfail"].string_or().empty())
    return error(one["xfail"].position(), "xfail must say why, in a string");
  if (one["tags"].exists() && !one["tags"].is_sequence())
    return error(one["tags"].position(), "tags must be a list of strings");
  std::vector<Node> rows;
  for (const Node row : one["parameters"]) {
    rows.push_back(row);
    if (!row.is_mapping())
      return error(row.position(), "each entry of parameters must be a mapping of names to values");
  }
  if (one["parameters"].exists() && rows.empty())
    return error(one["parameters"].position(), "parameters must be a list with at least one entry");
  if (rows.empty()) rows.emplace_back();

  const std::size_t first = cases_.size();
  const auto count = [&] {
    for (std::size_t i = first; i < cases_.size(); ++i) {
      cases_[i].siblings = cases_.size() - first;
      cases_[i].of_row = cases_[i].siblings / rows.size();
    }
  };
  const Node matrix = one["matrix"];
  if (!matrix.exists()) {
    for (const Node row : rows) emit(one, {row, {}}, nullptr, nullptr);
    return count();
  }
  if (one["from"].exists() || one["to"].exists())
    return error(matrix.key_position(), "a case has either matrix, or from and to");
  const auto from = clients(matrix["from"]);
  const auto to = targets(matrix["to"]);
  for (const Node row : rows)
    for (const std::string& client : from)
      for (const Target& target : to)
        emit(one, {row, {{"from", client}, {"to", target.host}, {"port", std::to_string(target.port)}}}, &client,
             &target);
  count();
}

}  // namespace

ExpandedCases expand_cases(Node cases, const Mesh& mesh, Diagnostics& diagnostics, bool& broken) {
  Expansion expansion(mesh, diagnostics, cases.tree() == nullptr ? "" : cases.tree()->file());
  ExpandedCases out = expansion.expand(cases);
  broken = broken || expansion.broken();
  return out;
}

std::shared_ptr<const Tree> shared_scenario(const Tree& document) {
  TreeBuilder out(document.file());
  out.begin_mapping(document.root().position());
  for (const Node field : document.root()) {
    if (field.key() == "cases") continue;
    out.copy_key(field);
    if (field.key() == "kind") {
      out.string("Scenario", field.position());
    } else {
      out.copy(field);
    }
  }
  out.end();
  return out.finish();
}

}  // namespace meshsim::scenarios
