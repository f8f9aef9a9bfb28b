// Traces become a call graph. First every span finds its place: a visit (one request at one service, with all spans
// that the service and the sidecar before it made of it) or a call of a visit (with the client spans that proxies and
// applications on the caller's side made of it, and what gateways and waypoints add). Then visits of one workload are
// compared: which calls there were, how many of the visits made them, which of them overlapped.
#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "scenarios/callgraph/bind.h"
#include "scenarios/callgraph/visits.h"

namespace meshsim::scenarios {

using models::kNone;
using models::Source;

namespace {

constexpr std::uint32_t kNobody = TraceSpan::kNobody;

// "outbound|80|v1|cart.shop.svc.cluster.local", "inbound-vip|80|http|cart.shop...", "inbound|8080||".
struct Cluster {
  bool own_application = false;
  std::string host;
  std::uint16_t port = 0;
};

Cluster parse_cluster(std::string_view text) {
  Cluster out;
  std::string_view parts[4];
  for (std::size_t i = 0; i < 4; ++i) {
    const auto bar = i < 3 ? text.find('|') : std::string_view::npos;
    parts[i] = text.substr(0, bar);
    if (bar == std::string_view::npos) break;
    text.remove_prefix(bar + 1);
  }
  out.own_application = parts[0] == "inbound";
  if (out.own_application || parts[3].empty()) return out;
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), out.port);
  out.host = std::string(parts[3]);
  return out;
}

class VisitFinder {
 public:
  VisitFinder(const Traces& traces, MeshNames& names, Visits& out) : traces_(traces), names_(names), out_(out) {
    for (const SpanRequest& request : traces.requests) clusters_.push_back(parse_cluster(request.cluster));
    parties_.resize(traces.parties.size());
    known_.resize(traces.parties.size());
    places_.resize(traces.spans.size());
    children_.resize(traces.spans.size());
  }

  void run() {
    for (std::size_t t = 0; t + 1 < traces_.begins.size(); ++t) walk(traces_.begins[t], traces_.begins[t + 1]);
    if (incomplete_ > 0)
      names_.warn(first_incomplete_, "MSH0016",
                  fmt::format("{} of {} traces lack spans that others name as their parent; what hangs on those is "
                              "left out",
                              incomplete_, traces_.begins.size() - 1));
    if (messages_ > 0)
      names_.warn(first_message_, "MSH0016",
                  fmt::format("{} spans receive messages, or follow without being waited for: these are no calls, and "
                              "what they do counts as asked from outside",
                              messages_));
  }

 private:
  struct Place {
    std::uint32_t visit = kNobody, call = kNobody;
  };

  const MeshNames::Party& party(const TraceSpan& span) {
    if (!known_[span.party]) {
      known_[span.party] = true;
      parties_[span.party] = names_.find_or_report(traces_.parties[span.party], traces_.source(span));
    }
    return parties_[span.party];
  }

  void walk(std::size_t begin, std::size_t end) {
    std::vector<std::uint32_t> ready, lost;
    for (std::size_t i = begin; i < end; ++i) {
      const TraceSpan& span = traces_.spans[i];
      if (span.parent != kNobody) children_[span.parent].push_back(static_cast<std::uint32_t>(i));
      if (span.parent == kNobody) (span.lost_parent ? lost : ready).push_back(static_cast<std::uint32_t>(i));
    }
    // A trace that begins with an uninstrumented client has one span whose parent nobody recorded.
    if (ready.empty() && lost.size() == 1) std::swap(ready, lost);
    std::size_t reached = 0;
    for (; reached < ready.size(); ++reached) {
      place(ready[reached]);
      for (const std::uint32_t child : children_[ready[reached]]) ready.push_back(child);
    }
    if (reached < end - begin && incomplete_++ == 0) {
      std::vector<bool> seen(end - begin, false);
      for (const std::uint32_t i : ready) seen[i - begin] = true;
      first_incomplete_ = traces_.source(
          traces_.spans[begin + static_cast<std::size_t>(std::find(seen.begin(), seen.end(), false) - seen.begin())]);
    }
    for (std::size_t i = begin; i < end; ++i) children_[i] = {};
  }

  std::uint32_t new_call(std::uint32_t visit, const TraceSpan& span) {
    const auto id = static_cast<std::uint32_t>(out_.calls.size());
    ObservedCall call;
    call.start_ns = span.start_ns;
    call.end_ns = span.end_ns;
    call.source = traces_.source(span);
    out_.calls.push_back(std::move(call));
    if (visit != kNobody)
      out_.visits[visit].calls.push_back(id);
    else
      out_.from_outside.push_back(id);
    return id;
  }

  std::uint32_t new_visit(const TraceSpan& span, const MeshNames::Party& at) {
    Visit visit;
    visit.workloads = at.workloads;
    visit.start_ns = span.start_ns;
    visit.end_ns = span.end_ns;
    visit.by_proxy = span.proxy;
    visit.error = span.error;
    out_.visits.push_back(std::move(visit));
    return static_cast<std::uint32_t>(out_.visits.size() - 1);
  }

  // What this span knows of where its call goes; the first that knows is right, since later ones lie behind it.
  void describe(ObservedCall& call, const TraceSpan& span) {
    const SpanRequest& request = traces_.requests[span.request];
    const Cluster& cluster = clusters_[span.request];
    if (call.cluster_host.empty() && !cluster.host.empty()) {
      call.cluster_host = cluster.host;
      call.port = cluster.port;
    }
    if (call.host.empty()) {
      call.host = request.host;
      if (call.cluster_host.empty()) call.port = request.port;
    }
    if (call.peer.empty()) call.peer = request.peer;
    if (call.method.empty()) call.method = request.method;
    if (call.path.empty()) call.path = request.path;
    if (!call.protocol || (request.protocol && *request.protocol == models::FlowProtocol::Grpc))
      call.protocol = request.protocol ? request.protocol : call.protocol;
    if (call.request_bytes == 0) call.request_bytes = span.request_bytes;
    if (call.response_bytes == 0) call.response_bytes = span.response_bytes;
    call.error |= span.error;
  }

  void place(std::uint32_t index) {
    const TraceSpan& span = traces_.spans[index];
    Place where = span.parent == kNobody ? Place{} : places_[span.parent];
    const bool root = where.visit == kNobody && where.call == kNobody;
    const MeshNames::Party& at = party(span);
    const bool internal = clusters_[span.request].own_application && span.kind == SpanKind::Client;
    if (span.kind == SpanKind::Consumer) {
      if (messages_++ == 0) first_message_ = traces_.source(span);
      where = {};
      if (!at.workloads.empty()) where.visit = origin(span, at);
    } else if (!at.known()) {
      // Before the first known party it is transparent; behind one, what it calls is called by nobody of the mesh.
      if (!root) where = {};
    } else if (at.gateway != kNone) {
      if (where.call == kNobody) {
        where.call = new_call(where.visit, span);
        if (where.visit == kNobody) out_.calls[where.call].gateway = at.gateway;
      }
      describe(out_.calls[where.call], span);
    } else if (where.call != kNobody && span.kind != SpanKind::Client) {
      arrive(where, span, at);
    } else if (where.visit != kNobody && out_.visits[where.visit].workloads == at.workloads) {
      stay(where, span, internal);
    } else if (span.kind == SpanKind::Server) {
      where.call = new_call(where.visit, span);
      arrive(where, span, at);
    } else if (where.visit == kNobody && where.call == kNobody) {
      where.visit = origin(span, at);
      stay(where, span, internal);
    } else {  // the span of its arrival is missing: how long it took is unknown
      if (where.call == kNobody) where.call = new_call(where.visit, span);
      arrive(where, span, at);
      out_.visits[where.visit].whole = false;
      stay(where, span, internal);
    }
    places_[index] = where;
  }

  std::uint32_t origin(const TraceSpan& span, const MeshNames::Party& at) {
    const std::uint32_t visit = new_visit(span, at);
    out_.visits[visit].origin = true;
    out_.visits[visit].whole = false;
    return visit;
  }

  void arrive(Place& where, const TraceSpan& span, const MeshNames::Party& at) {
    ObservedCall& call = out_.calls[where.call];
    describe(call, span);
    const std::uint32_t visit = new_visit(span, at);
    call.visit = visit;
    call.callee_name = traces_.parties[span.party].name;
    where = {visit, kNobody};
  }

  void stay(Place& where, const TraceSpan& span, bool internal) {
    if (span.kind == SpanKind::Client && !internal) {
      if (where.call == kNobody) where.call = new_call(where.visit, span);
      describe(out_.calls[where.call], span);
    } else if (span.kind == SpanKind::Server && where.call == kNobody) {
      Visit& visit = out_.visits[where.visit];  // the application's own span, behind its sidecar's
      if (visit.by_proxy && !span.proxy) {
        visit.by_proxy = false;
        visit.start_ns = span.start_ns;
        visit.end_ns = span.end_ns;
      }
      visit.error |= span.error;
    }
  }

  const Traces& traces_;
  MeshNames& names_;
  Visits& out_;
  std::vector<Cluster> clusters_;
  std::vector<MeshNames::Party> parties_;
  std::vector<bool> known_;
  std::vector<Place> places_;
  std::vector<std::vector<std::uint32_t>> children_;
  std::size_t incomplete_ = 0, messages_ = 0;
  Source first_incomplete_, first_message_;
};

}  // namespace

Visits find_visits(const Traces& traces, MeshNames& names) {
  Visits out;
  VisitFinder(traces, names, out).run();
  return out;
}

CallGraph graph_of_traces(const Traces& traces, const models::Mesh& mesh, double proxy_ns, MeshNames& names) {
  return summarise(find_visits(traces, names), mesh, proxy_ns, names);
}

}  // namespace meshsim::scenarios
