#include "scenarios/explore/question.h"

#include <algorithm>
#include <charconv>

#include "scenarios/report/matrix_report.h"

namespace meshsim::scenarios {

using models::Client;
using models::Flow;
using models::NodeKind;
using models::TreeBuilder;

namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

void text(TreeBuilder& builder, std::string_view key, std::string_view value) {
  builder.key(key);
  builder.string(value);
}

void yes(TreeBuilder& builder, std::string_view key) {
  builder.key(key);
  builder.scalar(NodeKind::Bool, "true");
}

void port(TreeBuilder& builder, unsigned number) {
  builder.key("port");
  builder.scalar(NodeKind::Int, std::to_string(number));
}

}  // namespace

void write_questions(TreeBuilder& builder, const models::World& world) {
  MatrixOptions options;
  options.one_client_per_population = true;
  builder.begin_sequence();
  for (const PairQuestion& pair : pair_questions(world, options)) {
    const Flow& flow = pair.flow;
    builder.begin_mapping();
    text(builder, "name",
         pair.population + (pair.population == pair.client ? "" : " client " + pair.client) + " -> " + flow.to.host +
             ':' + std::to_string(flow.to.port));
    builder.key("from");
    builder.begin_mapping();
    if (flow.from.kind == Client::Kind::Outside) {
      yes(builder, "outside");
    } else {
      text(builder, flow.from.kind == Client::Kind::Gateway ? "gateway" : "workload",
           flow.from.ns + '/' + flow.from.name);
    }
    builder.end();
    builder.key("to");
    builder.begin_mapping();
    text(builder, "host", flow.to.host);
    port(builder, flow.to.port);
    builder.end();
    text(builder, "protocol", to_string(flow.protocol));
    builder.end();
  }
  builder.end();
}

TypedText typed_flow(std::string_view from, std::string_view to, std::string_view protocol, std::string_view request) {
  from = trimmed(from);
  to = trimmed(to);
  request = trimmed(request);
  if (from.empty()) return {nullptr, "from: a client as namespace/workload, \"outside\" or \"gateway namespace/name\""};
  TreeBuilder builder("typed flow");
  builder.begin_mapping();
  text(builder, "name",
       std::string(from) + " -> " + std::string(to) + (request.empty() ? "" : ' ' + std::string(request)));
  builder.key("from");
  builder.begin_mapping();
  if (from == "outside" || from.starts_with("outside ")) {
    yes(builder, "outside");
    if (const auto ip = trimmed(from.substr(7)); !ip.empty()) text(builder, "ip", ip);
  } else if (from.starts_with("gateway ")) {
    text(builder, "gateway", trimmed(from.substr(8)));
  } else if (from.find('/') == std::string_view::npos) {
    return {nullptr, "from: \"" + std::string(from) + "\" names no namespace; write namespace/workload"};
  } else {
    text(builder, "workload", from);
  }
  builder.end();
  std::string_view gateway;
  if (const auto at = to.find(" at "); at != std::string_view::npos) {
    gateway = trimmed(to.substr(at + 4));
    to = trimmed(to.substr(0, at));
  }
  const auto colon = to.rfind(':');
  unsigned number = 0;
  const std::string_view digits = colon == std::string_view::npos ? std::string_view() : to.substr(colon + 1);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || parsed.ptr != digits.data() + digits.size() || number == 0 || number > 65535)
    return {nullptr, "to: write host:port, for example reviews.bookinfo:9080"};
  std::string_view host = to.substr(0, colon);
  builder.key("to");
  builder.begin_mapping();
  if (host.starts_with("pod ")) {
    text(builder, "pod", trimmed(host.substr(4)));
  } else {
    text(builder, "host", host);
  }
  port(builder, number);
  if (!gateway.empty()) text(builder, "gateway", gateway);
  builder.end();
  text(builder, "protocol", protocol);
  if (!request.empty() && protocol != "tcp" && protocol != "tls") {
    builder.key("request");
    builder.begin_mapping();
    const auto blank = request.find_first_of(kBlank);
    const bool method_only = blank == std::string_view::npos && !request.starts_with('/');
    const std::string_view path =
        method_only ? "" : trimmed(request.substr(blank == std::string_view::npos ? 0 : blank));
    if (!request.starts_with('/')) text(builder, "method", request.substr(0, std::min(blank, request.size())));
    if (!path.empty()) text(builder, "path", path);
    builder.end();
  }
  builder.end();
  return {builder.finish(), {}};
}

std::vector<ScenarioFlow> flows_of_typed(const TypedText& typed, models::Diagnostics& diagnostics, bool& broken) {
  TreeBuilder builder("typed flow");
  builder.begin_sequence();
  builder.copy(typed.tree->root());
  builder.end();
  const auto list = builder.finish();
  return read_flow_list(list, list->root(), diagnostics, broken);
}

}  // namespace meshsim::scenarios
