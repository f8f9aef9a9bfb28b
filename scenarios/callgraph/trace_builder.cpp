// What a span's attributes say, and spans put together to traces.
#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>
#include <unordered_map>

#include "scenarios/callgraph/traces.h"

namespace meshsim::scenarios {

using models::FlowProtocol;

namespace {

constexpr std::size_t kMostFindings = 20;

using Tags = std::map<std::string, std::string>;

const std::string& tag(const Tags& tags, std::initializer_list<const char*> names) {
  static const std::string none;
  for (const char* name : names)
    if (const auto it = tags.find(name); it != tags.end() && !it->second.empty()) return it->second;
  return none;
}

std::uint64_t number_tag(const Tags& tags, std::initializer_list<const char*> names, std::uint64_t most) {
  const std::string& text = tag(tags, names);
  std::uint64_t out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc() && out <= most ? out : 0;
}

// "http://cart:8080/items?x=1" in its parts; what is missing stays as it is.
void split_url(std::string_view url, SpanRequest& into) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    std::string_view rest = url.substr(scheme + 3);
    const auto slash = rest.find_first_of("/?#");
    std::string_view authority = rest.substr(0, slash);
    const bool https = url.substr(0, scheme) == "https";
    url = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
    const auto colon = authority.rfind(':');
    const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    if (into.host.empty()) into.host = std::string(authority.substr(0, has_port ? colon : authority.size()));
    std::uint16_t port = https ? 443 : 80;
    if (has_port) std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), port);
    if (into.port == 0) into.port = port;
  }
  if (into.path.empty()) into.path = std::string(url.substr(0, url.find_first_of("?#")));
}

SpanRequest request_of(const Tags& tags, SpanKind kind) {
  SpanRequest out;
  out.cluster = tag(tags, {"upstream_cluster", "upstream_cluster.name"});
  out.method = tag(tags, {"http.request.method", "http.method"});
  out.path = tag(tags, {"http.route", "url.path", "http.target"});
  out.path = out.path.substr(0, out.path.find_first_of("?#"));
  out.peer = tag(tags, {"peer.service"});
  const bool server = kind == SpanKind::Server;
  // net.peer is the other end: for a server its client.
  out.host = server ? tag(tags, {"server.address", "net.host.name"})
                    : tag(tags, {"server.address", "net.peer.name", "net.peer.ip"});
  out.port = static_cast<std::uint16_t>(server ? number_tag(tags, {"server.port", "net.host.port"}, 65535)
                                               : number_tag(tags, {"server.port", "net.peer.port"}, 65535));
  const std::string& url = tag(tags, {"url.full", "http.url"});
  const bool http = !url.empty() || !out.method.empty() || !out.path.empty();
  split_url(url, out);
  if (out.host.empty()) {
    const std::string& host = tag(tags, {"http.host"});
    split_url(host.empty() ? host : "http://" + host, out);
  }
  const std::string& system = tag(tags, {"rpc.system"});
  if (system == "grpc" || tags.contains("grpc.status_code") || tags.contains("rpc.grpc.status_code")) {
    out.protocol = FlowProtocol::Grpc;
    const std::string &service = tag(tags, {"rpc.service"}), &method = tag(tags, {"rpc.method"});
    if (out.path.empty() && !service.empty()) out.path = '/' + service + '/' + method;
    out.method = "POST";
  } else if (tags.contains("db.system") || tags.contains("db.system.name") || tags.contains("db.type")) {
    out.protocol = FlowProtocol::Tcp;
    out.method.clear();
    out.path.clear();
  } else if (http) {
    out.protocol = FlowProtocol::Http;
  }
  if (!out.path.empty() && out.path.front() != '/') out.path.clear();
  return out;
}

}  // namespace

void TraceBuilder::begin_file(const std::string& file) { out_.files.push_back(file); }

void TraceBuilder::error(models::Position at, std::string message) {
  broken_ = true;
  if (++findings_ > kMostFindings) return;
  if (findings_ == kMostFindings) message = "there are more findings in these traces; they are left out";
  diagnostics_.push_back({models::Severity::Error, "MSH0011", "", out_.files.back(), at, std::move(message)});
}

bool TraceBuilder::add(const SpanDraft& draft) {
  if (full_) return false;
  if (out_.spans.size() >= Traces::kMostSpans) {
    full_ = true;
    error(draft.at, "traces of a call graph hold at most " + std::to_string(Traces::kMostSpans) + " spans");
    return false;
  }
  TraceSpan span;
  const auto [party, new_party] = parties_.emplace(draft.party, static_cast<std::uint32_t>(out_.parties.size()));
  if (new_party) out_.parties.push_back(draft.party);
  span.party = party->second;
  SpanRequest request = request_of(draft.tags, draft.kind);
  const auto [known, added] = requests_.emplace(std::move(request), static_cast<std::uint32_t>(out_.requests.size()));
  if (added) out_.requests.push_back(known->first);
  span.request = known->second;
  span.kind = draft.kind;
  const std::string& status = tag(draft.tags, {"http.response.status_code", "http.status_code"});
  span.error = draft.error || (status.size() == 3 && status.front() == '5') || tag(draft.tags, {"error"}) == "true";
  span.proxy =
      tag(draft.tags, {"component"}) == "proxy" || draft.tags.contains("node_id") || !known->first.cluster.empty();
  span.start_ns = draft.start_ns;
  span.end_ns = draft.end_ns;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50;
  span.request_bytes =
      number_tag(draft.tags, {"http.request.body.size", "http.request_content_length", "request_size"}, kMost);
  span.response_bytes =
      number_tag(draft.tags, {"http.response.body.size", "http.response_content_length", "response_size"}, kMost);
  span.file = static_cast<std::uint32_t>(out_.files.size() - 1);
  span.at = draft.at;
  out_.spans.push_back(span);
  ids_.push_back({draft.trace, draft.id, draft.parent});
  return true;
}

Traces TraceBuilder::finish() {
  std::vector<std::uint32_t> order(out_.spans.size());
  std::iota(order.begin(), order.end(), 0u);
  // Traces by id, spans by time, so that nothing hangs on the order of files.
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (ids_[a].trace != ids_[b].trace) return ids_[a].trace < ids_[b].trace;
    if (out_.spans[a].start_ns != out_.spans[b].start_ns) return out_.spans[a].start_ns < out_.spans[b].start_ns;
    return ids_[a].id < ids_[b].id;
  });
  std::vector<TraceSpan> sorted;
  sorted.reserve(order.size());
  for (std::size_t i = 0, end = 0; i < order.size(); i = end) {
    const std::size_t begin = sorted.size();
    out_.begins.push_back(begin);
    std::vector<const Ids*> ids;
    std::set<std::pair<std::string_view, SpanKind>> seen;
    // Zipkin's clients give both ends of a call one id: then children belong to the server's half.
    std::unordered_map<std::string_view, std::uint32_t> by_id, servers;
    for (end = i; end < order.size() && ids_[order[end]].trace == ids_[order[i]].trace; ++end) {
      const TraceSpan& span = out_.spans[order[end]];
      const Ids& its = ids_[order[end]];
      if (!seen.emplace(its.id, span.kind).second) continue;  // a span that was exported twice
      const auto index = static_cast<std::uint32_t>(sorted.size());
      if (span.kind == SpanKind::Server) servers.emplace(its.id, index);
      if (span.kind != SpanKind::Server) by_id.emplace(its.id, index);
      sorted.push_back(span);
      ids.push_back(&its);
    }
    for (std::size_t k = 0; k < ids.size(); ++k) {
      TraceSpan& span = sorted[begin + k];
      const auto shared = by_id.find(ids[k]->id);
      if (span.kind == SpanKind::Server && shared != by_id.end()) {
        span.parent = shared->second;
        continue;
      }
      if (ids[k]->parent.empty()) continue;
      const auto server = servers.find(ids[k]->parent), other = by_id.find(ids[k]->parent);
      const std::uint32_t parent = server != servers.end() ? server->second
                                   : other != by_id.end()  ? other->second
                                                           : TraceSpan::kNobody;
      span.lost_parent = parent == TraceSpan::kNobody;
      if (parent != begin + k) span.parent = parent;
    }
  }
  out_.begins.push_back(sorted.size());
  out_.spans = std::move(sorted);
  return std::move(out_);
}

}  // namespace meshsim::scenarios
