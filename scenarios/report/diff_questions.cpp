// The questions of diff where the scenarios have none of their own: every client to every Service port, and visitors
// through gateways, each with the requests that the policies of that Service can tell apart on either side.
#include "scenarios/report/diff_questions.h"

#include <algorithm>
#include <set>

#include "scenarios/lint/representative.h"
#include "scenarios/report/matrix_report.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

// Services that each policy is for.
void add_policies(const LintContext& side,
                  std::map<std::string, std::vector<const policy::AuthorizationPolicy*>>& out) {
  for (const PolicyView& p : side.policies()) {
    std::set<std::size_t> services;
    for (const std::size_t w : p.selected) services.insert(side.services_of(w).begin(), side.services_of(w).end());
    for (const Reach& reach : side.reach(p.spec.ns, p.spec.attachment))
      services.insert(reach.services.begin(), reach.services.end());
    for (const std::size_t s : services) out[side.mesh.services[s].hostname].push_back(&p.spec);
  }
}

std::string named(const Flow& flow) {
  const Request& r = flow.request;
  std::string out = ' ' + r.method + ' ' + r.path;
  if (r.host) out += " host " + *r.host;
  for (const auto& [name, value] : r.headers) out += ' ' + name + '=' + value;
  if (r.sni && flow.to.gateway == std::nullopt) out += " sni " + *r.sni;
  for (const Jwt& token : r.jwts)
    out += (token.valid ? " token " : " bad token ") + token.issuer.value_or("") + '/' + token.subject.value_or("");
  return out;
}

}  // namespace

DiffRequests diff_requests(const LintContext& before, const LintContext& after) {
  std::map<std::string, std::vector<const policy::AuthorizationPolicy*>> policies;
  add_policies(before, policies);
  add_policies(after, policies);
  DiffRequests out;
  for (const auto& [host, some] : policies) out[host] = requests_apart(some, 48);
  return out;
}

std::vector<Flow> diff_questions(const LintContext& side, const DiffRequests& requests) {
  static const std::vector<Request> kPlain(1);
  std::vector<Flow> out;
  const auto ask = [&](const Flow& pair, const std::string& host) {
    if (!is_http(pair.protocol)) {
      out.push_back(pair);
      return;
    }
    const auto found = requests.find(host);
    for (const Request& request : found == requests.end() ? kPlain : found->second) {
      Flow flow = pair;
      flow.request = request;
      flow.name += named(flow);
      out.push_back(std::move(flow));
    }
  };
  for (const Flow& pair : pair_flows(side.world)) ask(pair, pair.to.host);
  for (const Entrance& in : side.entrances()) {
    if (is_http(in.flow.protocol)) ask(in.flow, side.mesh.services[in.service].hostname);
    if (in.flow.request.path != "/" || !is_http(in.flow.protocol)) {
      Flow own = in.flow;
      own.name += named(own);
      out.push_back(std::move(own));
    }
  }
  return out;
}

}  // namespace meshsim::scenarios
